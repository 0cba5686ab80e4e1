"""When no county is made, and that nothing changes then; new logins."""

from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from backend.app import demo
from backend.embedded import Urls
from tests.backend.demo.conftest import LoadedCounty
from tests.backend.demo.county import DAY, fingerprints, quiet, rows, settings_for, value

pytestmark = pytest.mark.slow


def test_production_takes_no_demo_people(empty: Urls, home: Path) -> None:
    settings = settings_for(empty, home, environment="production")
    with pytest.raises(demo.DemoRefused, match="production"):
        demo.run(settings, 200, 1, DAY, quiet)
    with pytest.raises(demo.DemoRefused, match="production"):
        demo.reset_logins(settings)
    assert value(empty, "SELECT count(*) FROM staff") == 0


@pytest.mark.parametrize("customers", [0, 99, 1_000_001])
def test_a_size_that_makes_no_county(customers: int, empty: Urls, home: Path) -> None:
    with pytest.raises(demo.DemoRefused, match="100 to 1,000,000"):
        demo.run(settings_for(empty, home), customers, 1, DAY, quiet)


def test_a_bank_s_own_data_is_left_alone(empty: Urls, home: Path) -> None:
    rows(
        empty,
        "INSERT INTO org_unit (id, kind, code, name) VALUES (gen_random_uuid(), 'hq', 'HQ', '某行')"
        " RETURNING id",
    )
    before = fingerprints(empty)
    with pytest.raises(demo.DemoRefused, match="branches of its own; nothing was changed"):
        demo.run(settings_for(empty, home), 200, 1, DAY, quiet)
    assert fingerprints(empty) == before
    assert not demo.is_loaded(settings_for(empty, home))
    with pytest.raises(demo.DemoRefused, match="no demo county"):
        demo.reset_logins(settings_for(empty, home))


def test_the_same_county_again_is_there_already(county: LoadedCounty) -> None:
    before = fingerprints(county.urls)
    assert demo.is_loaded(county.settings)
    assert demo.run(county.settings, 2_500, 1, DAY, quiet) == []
    assert demo.run(county.settings, 2_500, 1, None, quiet) == []
    assert fingerprints(county.urls) == before


@pytest.mark.parametrize(("customers", "seed", "days"), [(2_500, 2, 0), (2_400, 1, 0), (2_500, 1, 1)])
def test_another_county_on_top_is_refused(customers: int, seed: int, days: int, county: LoadedCounty) -> None:
    before = fingerprints(county.urls)
    with pytest.raises(demo.DemoRefused, match="already holds a demo county"):
        demo.run(county.settings, customers, seed, DAY + timedelta(days=days), quiet)
    assert fingerprints(county.urls) == before


def test_new_logins_replace_the_old_ones(empty: Urls, home: Path) -> None:
    settings = settings_for(empty, home)
    old = {login.login: login.password for login in demo.run(settings, 100, 1, DAY, quiet)}
    rows(
        empty,
        "INSERT INTO session (id, token_hash, staff_id, created_at, expires_at)"
        " SELECT gen_random_uuid(), 'x', id, now(), now() + interval '1 day' FROM staff"
        " WHERE login = 'manager01' RETURNING id",
    )
    new = {login.login: login.password for login in demo.reset_logins(settings)}
    assert set(new) == set(old)
    kept = value(
        empty,
        "SELECT password_hash FROM staff JOIN staff_secret ON staff_id = id WHERE login = 'manager01'",
    )
    assert PasswordHasher().verify(kept, new["manager01"])
    with pytest.raises(VerifyMismatchError):
        PasswordHasher().verify(kept, old["manager01"])
    assert value(empty, "SELECT count(*) FROM session WHERE ended_at IS NULL") == 0


def test_the_logins_as_they_are_shown(county: LoadedCounty) -> None:
    text = demo.logins_text(county.logins)
    for login in county.logins:
        assert f"{login.login:<11} {login.password}" in text
    assert demo.logins_text([]) == ""
