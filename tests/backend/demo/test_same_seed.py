"""The same seed and day give the same rows to the byte; another seed or day gives others."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from backend.app import demo
from backend.embedded import Urls
from backend.kernel.crypto import Keys
from tests.backend.demo.county import DAY, fingerprints, quiet, settings_for, value

CUSTOMERS = 200
SEED = 3
Rows = Mapping[str, str]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all: what is sealed is the same with the same keys only."""
    folder = tmp_path_factory.mktemp("home")
    Keys.load_or_create(folder / "keys")
    return folder


@pytest.fixture(scope="module")
def loaded() -> dict[int, Rows]:
    """What whole loads gave, by seed."""
    return {}


@pytest.fixture
def whole(loaded: dict[int, Rows], another: Urls, home: Path) -> Rows:
    """The rows of a load that nobody disturbed; it is done once."""
    if SEED not in loaded:
        demo.run(settings_for(another, home), CUSTOMERS, SEED, DAY, quiet)
        loaded[SEED] = fingerprints(another)
    return loaded[SEED]


@pytest.mark.slow
def test_two_loads_are_the_same_to_the_byte(empty: Urls, whole: Rows, home: Path) -> None:
    demo.run(settings_for(empty, home), CUSTOMERS, SEED, DAY, quiet)
    assert len(whole) > 30
    assert fingerprints(empty) == whole


@pytest.mark.slow
def test_another_seed_is_another_county(empty: Urls, whole: Rows, home: Path) -> None:
    demo.run(settings_for(empty, home), CUSTOMERS, SEED + 1, DAY, quiet)
    other = fingerprints(empty)
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
        assert whole[table] != other[table]


class CutOff(Exception):
    """Somebody pulled the plug."""


@pytest.mark.slow
@pytest.mark.parametrize("at", ["customers", "strategy", "duties"])
def test_a_load_that_was_cut_off_ends_as_if_it_had_not_been(
    at: str, empty: Urls, whole: Rows, home: Path
) -> None:
    def cut(step: str, done: int, total: int) -> None:
        if step == at and (done == total or step != "strategy"):
            raise CutOff

    settings = settings_for(empty, home)
    with pytest.raises(CutOff):
        demo.run(settings, CUSTOMERS, SEED, DAY, cut)
    assert not demo.is_loaded(settings)
    assert (value(empty, "SELECT count(*) FROM customer") == 0) == (at == "customers")
    assert value(empty, "SELECT count(*) FROM staff_secret") == 0

    # the night may have passed: what was begun keeps its day
    again = DAY if at == "customers" else DAY + timedelta(days=1)
    logins = demo.run(settings, CUSTOMERS, SEED, again, quiet)
    assert len(logins) == 10
    assert demo.is_loaded(settings)
    assert fingerprints(empty) == whole
