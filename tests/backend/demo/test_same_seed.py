"""The same seed and day give the same rows to the byte; another seed or day gives others."""

from datetime import timedelta
from pathlib import Path

import pytest

from backend.app import demo
from backend.embedded import Urls
from tests.backend.demo.county import DAY, fingerprints, quiet, settings_for, value

CUSTOMERS = 200


@pytest.mark.slow
def test_two_loads_are_the_same_to_the_byte(empty: Urls, another: Urls, home: Path) -> None:
    for urls in (empty, another):
        demo.run(settings_for(urls, home), CUSTOMERS, 3, DAY, quiet)
    first, second = fingerprints(empty), fingerprints(another)
    assert len(first) > 30
    assert first == second


@pytest.mark.slow
def test_another_seed_is_another_county(empty: Urls, another: Urls, home: Path) -> None:
    demo.run(settings_for(empty, home), CUSTOMERS, 3, DAY, quiet)
    demo.run(settings_for(another, home), CUSTOMERS, 4, DAY, quiet)
    first, second = fingerprints(empty), fingerprints(another)
    for table in (
        "staff",
        "grid",
        "customer",
        "person",
        "person_identity",
        "visit",
        "account",
        "duty",
        "task",
    ):
        assert first[table] != second[table]


class CutOff(Exception):
    """Somebody pulled the plug."""


@pytest.mark.slow
@pytest.mark.parametrize("at", ["customers", "strategy", "duties"])
def test_a_load_that_was_cut_off_ends_as_if_it_had_not_been(
    at: str, empty: Urls, another: Urls, home: Path
) -> None:
    def cut(step: str, done: int, total: int) -> None:
        if step == at and (done == total or step != "strategy"):
            raise CutOff

    settings = settings_for(empty, home)
    with pytest.raises(CutOff):
        demo.run(settings, CUSTOMERS, 3, DAY, cut)
    assert not demo.is_loaded(settings)
    assert (value(empty, "SELECT count(*) FROM customer") == 0) == (at == "customers")
    assert value(empty, "SELECT count(*) FROM staff_secret") == 0

    # the night may have passed: what was begun keeps its day
    again = DAY if at == "customers" else DAY + timedelta(days=1)
    logins = demo.run(settings, CUSTOMERS, 3, again, quiet)
    assert len(logins) == 10
    assert demo.is_loaded(settings)
    demo.run(settings_for(another, home), CUSTOMERS, 3, DAY, quiet)
    assert fingerprints(empty) == fingerprints(another)
