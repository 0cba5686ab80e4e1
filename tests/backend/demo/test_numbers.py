"""ID numbers and phones, shares, identifiers: the small pure parts."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.app.demo.numbers import Numbers
from backend.app.demo.seeded import Stream, apportion
from backend.customers.rules import id_check_digit


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014"])
def test_the_check_character_of_the_standard_s_examples(number: str) -> None:
    # both are the examples printed in GB 11643-1999
    assert id_check_digit(number[:17]) == number[17]


def test_numbers_are_given_out_once() -> None:
    grids = [Numbers(0), Numbers(1), Numbers(1_999)]
    phones = {numbers.phone() for numbers in grids for _ in range(500)}
    assert len(phones) == 1_500
    born = date(1980, 2, 29)
    ids = {numbers.id_number(born, sex) for numbers in grids for sex in "mf" for _ in range(400)}
    assert len(ids) == 2_400


def test_more_people_than_a_day_has_numbers_for() -> None:
    numbers = Numbers(0)
    for _ in range(499):
        numbers.id_number(date(1980, 1, 1), "f")
    with pytest.raises(ValueError, match="499"):
        numbers.id_number(date(1980, 1, 1), "f")
    with pytest.raises(ValueError, match="grid 2000"):
        Numbers(2_000)


@given(st.integers(0, 10_000), st.lists(st.floats(0.01, 100), min_size=1, max_size=40))
def test_parts_add_up_and_stay_near_their_share(total: int, weights: list[float]) -> None:
    parts = apportion(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - total * weight / sum(weights)) <= 1


def test_identifiers_are_version_7_of_their_time_and_repeat_with_the_seed() -> None:
    at = datetime(2026, 11, 21, 8, tzinfo=UTC)
    one, same, other = (Stream(seed, "place").id_at(at) for seed in (1, 1, 2))
    assert one == same != other
    assert one.version == 7
    assert one.int >> 80 == int(at.timestamp() * 1000)
