"""Settings: precedence, and an answer that helps for every value that cannot be used."""

from pathlib import Path

import pytest

from backend.kernel.settings import Settings, SettingsError, default_home, load_settings

OWNER = "postgresql://tiange_owner:secret@db.example:5432/tiange"


def load(tmp_path: Path, text: str = "", **environ: str) -> Settings:
    (tmp_path / "tiange.toml").write_text(text)
    return load_settings(
        {"TIANGE_HOME": str(tmp_path)} | {f"TIANGE_{name}": it for name, it in environ.items()}
    )


def refused(tmp_path: Path, text: str = "", **environ: str) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, text, **environ)
    return caught.value


def test_the_environment_goes_over_the_file_over_the_default(tmp_path: Path) -> None:
    assert load(tmp_path).port == 8420
    assert load(tmp_path, "port = 9000").port == 9000
    assert load(tmp_path, "port = 9000", PORT="9001").port == 9001
    assert load(tmp_path, "port = 9000", PORT="").port == 9000


def test_everything_lies_in_home_unless_said_otherwise(tmp_path: Path) -> None:
    settings = load(tmp_path, FILES_DIR="/srv/files")
    assert settings.keys_dir == tmp_path / "keys"
    assert settings.files_dir == Path("/srv/files")
    assert load_settings({}).home == default_home()


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such file"):
        load_settings({}, tmp_path / "missing.toml")


def test_addresses_for_sqlalchemy_speak_asyncpg(tmp_path: Path) -> None:
    for scheme in ("postgres", "postgresql", "postgresql+asyncpg"):
        settings = load(tmp_path, DATABASE_URL=OWNER.replace("postgresql", scheme))
        assert settings.database_url == "postgresql+asyncpg://tiange_owner:secret@db.example:5432/tiange"
    assert load(tmp_path, PUBLIC_URL="https://tiange.example/").public_url == "https://tiange.example"
    assert load(tmp_path, HOST="::", PORT="81").public_url == "http://127.0.0.1:81"


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [
        ("PORT", "eighty", "whole number from 1 to 65535"),
        ("PORT", "0", "whole number from 1 to 65535"),
        ("PORT", "70000", "whole number from 1 to 65535"),
        ("OFFLINE_HOURS", "0", "whole number"),
        ("MAX_UPLOAD_BYTES", "1.5", "whole number"),
        ("ENVIRONMENT", "staging", "one of production, demo, test"),
        ("LOG_LEVEL", "loud", "one of debug"),
        ("TIMEZONE", "Asia/Nowhere", "no time zone"),
        ("DATABASE_URL", "mysql://x/y", "must start with postgresql://"),
        ("DATABASE_URL", "postgresql://db.example:port/tiange", "is no URL"),
        ("DATABASE_URL", "postgresql://db.example", "names no database"),
        ("REDIS_URL", "http://queue", "must start with redis://"),
        ("PUBLIC_URL", "tiange.example", "must start with http://"),
        ("VAPID_SUBJECT", "it@bank.example", "mailto:"),
        ("PUSH_ALLOW_HOSTS", "https://push.example/x", "no host name"),
        ("PUSH_ALLOW_HOSTS_EXTRA", "*", "no host name"),
        ("DEMO_MODE", "perhaps", "yes or no"),
    ],
)
def test_a_bad_value_is_named_with_an_example_that_works(
    tmp_path: Path, variable: str, value: str, problem: str
) -> None:
    error = refused(tmp_path, **{variable: value})
    assert error.variable == f"TIANGE_{variable}"
    assert problem in str(error)
    example = error.example.partition("=")[2] or error.example
    load(tmp_path, ENVIRONMENT="test") if variable == "ENVIRONMENT" else load(
        tmp_path, ENVIRONMENT="test", **{variable: example}
    )


def test_bad_files_are_named(tmp_path: Path) -> None:
    assert "not valid TOML" in str(refused(tmp_path, "port = = 3"))
    assert str(tmp_path / "tiange.toml") in refused(tmp_path, "port = true").variable
    assert "cannot stand in the file" in str(refused(tmp_path, 'home = "/srv"'))


def test_a_misspelt_name_is_refused_and_a_strange_one_is_not(tmp_path: Path) -> None:
    assert "is no setting" in str(refused(tmp_path, "prot = 9000"))
    assert "TIANGE_PORT" in str(refused(tmp_path, PROT="9000"))
    assert "TIANGE_DATABASE_URL" in str(refused(tmp_path, DATABASEURL=OWNER))
    load(tmp_path, REAL_DATA="/srv/data")


@pytest.mark.parametrize("name", ["CLOCK_FILE", "PUSH_TEST_HOSTS"])
def test_test_settings_are_for_tests_only(tmp_path: Path, name: str) -> None:
    value = {name: "127.0.0.1:9"}
    for environment in ("production", "demo"):
        assert "is for tests only" in str(refused(tmp_path, ENVIRONMENT=environment, **value))
    load(tmp_path, ENVIRONMENT="test", **value)


@pytest.mark.parametrize("name", ["DEMO_MODE", "TEST_MODE"])
def test_production_has_no_demo_people_and_no_test_mode(tmp_path: Path, name: str) -> None:
    assert "refused in production" in str(refused(tmp_path, **{name: "yes"}))
    assert load(tmp_path, ENVIRONMENT="demo").demo_mode
    assert not load(tmp_path, ENVIRONMENT="demo").test_mode


def test_no_role_signs_in_as_the_owner(tmp_path: Path) -> None:
    error = refused(tmp_path, DATABASE_URL=OWNER, DATABASE_URL_WEB=OWNER)
    assert error.variable == "TIANGE_DATABASE_URL_WEB"
    assert load(tmp_path, DATABASE_URL=OWNER, DATABASE_URL_WEB=error.example).database_url_web


def test_what_a_process_needs_it_asks_for_by_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"TIANGE_DATABASE_URL_WEB: is needed"):
        load(tmp_path, DATABASE_URL=OWNER).require("database_url", "database_url_web")


def test_a_bank_adds_push_services_to_the_known_ones(tmp_path: Path) -> None:
    hosts = load(tmp_path, PUSH_ALLOW_HOSTS_EXTRA="push.bank.example, *.Push.example").push_allow_hosts
    assert {"fcm.googleapis.com", "push.bank.example", "*.push.example"} <= set(hosts)


def test_shown_settings_hold_no_passwords(tmp_path: Path) -> None:
    settings = load(tmp_path, DATABASE_URL=OWNER, REDIS_URL="redis://:hidden@queue/0")
    assert "secret@" not in repr(settings)
    assert "hidden" not in repr(settings)
    assert "db.example" in repr(settings)
