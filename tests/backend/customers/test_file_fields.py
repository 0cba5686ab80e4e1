"""Fields of a file that hold one value each: one declaration for the bank's checks and the phone's forms."""

from pathlib import Path

import pytest

from backend.customers.file_fields import PHONE, WORDS, file_fields, for_phone, words_for_phone
from backend.customers.rules import value_error

ROOT = Path(__file__).parents[3]


def test_the_phone_has_the_same_declaration() -> None:
    assert (ROOT / PHONE).read_text() == for_phone(), "run `python -m backend.customers.file_fields`"
    assert (ROOT / WORDS).read_text() == words_for_phone(), "run `python -m backend.customers.file_fields`"


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("income_wages_fen", 100_000_000_000, True),
        ("income_wages_fen", 100_000_000_001, False),
        ("income_wages_fen", -1, False),
        ("residence_years", 120, True),
        ("residence_years", 121, False),
        ("staff_count", True, False),
        ("hukou", "local", True),
        ("hukou", "moon", False),
        ("hukou", 3, False),
        ("harmony", None, True),
        ("minimum_living", "yes", True),
        ("minimum_living", 1, False),
        ("income_wages_expected_fen", 100_000_000_001, False),
        ("licence_from", "2020-02-30", False),
        ("licence_from", "2020-2-3", False),
        ("licence_from", "2020-W19-3", False),
        ("licence_from", "1899-12-31", False),
        ("licence_until", "2100-12-31", True),
        ("licence_until", "2101-01-01", False),
        ("power_year_kwh", 100_000_001, False),
        ("tax_year_fen", -1, False),
        ("trade", "f99", False),
    ],
)
def test_what_a_field_may_hold(name: str, value: int | str | None, right: bool) -> None:
    assert (value_error(file_fields()[name], value) is None) == right
