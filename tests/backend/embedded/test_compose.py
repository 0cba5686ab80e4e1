"""The compose file: valid by the published schema, and consistent with what the product expects."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from backend.embedded.postgres_setup import logins_sql
from backend.embedded.secrets_file import Passwords
from backend.kernel.settings import load_settings

REPOSITORY = Path(__file__).resolve().parents[3]
COMPOSE = REPOSITORY / "docker-compose.yml"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return loaded


def check(file: Path) -> subprocess.CompletedProcess[str]:
    """Against the schema of compose files that the checker ships."""
    program = Path(sys.executable).with_name("check-jsonschema")
    return subprocess.run(
        [program, "--builtin-schema", "vendor.compose-spec", file],
        check=False,
        capture_output=True,
        text=True,
    )


def test_it_is_valid_by_the_published_schema() -> None:
    done = check(COMPOSE)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_schema_would_refuse_a_misspelt_key(tmp_path: Path) -> None:
    wrong = tmp_path / "docker-compose.yml"
    wrong.write_text(COMPOSE.read_text().replace("healthcheck:", "healthchek:"))
    assert check(wrong).returncode != 0


def test_only_the_proxy_is_reached_from_outside(compose: dict[str, Any]) -> None:
    assert [name for name, service in compose["services"].items() if service.get("ports")] == ["caddy"]
    assert compose["networks"]["inside"]["internal"] is True
    for name in ("postgres", "valkey", "backup", "migrate", "api"):
        assert compose["services"][name]["networks"] == ["inside"], name


def test_what_is_waited_for_says_when_it_is_ready(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for name, service in services.items():
        for other, how in service.get("depends_on", {}).items():
            assert other in services, f"{name} waits for {other}, which is not there"
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services[other], f"{name} waits for the health of {other}"
            else:
                assert services[other]["restart"] == "no", f"{other} never completes"


def test_everything_that_is_used_is_declared(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert (REPOSITORY / source).exists(), f"{name} mounts {source}"
            else:
                assert source in compose["volumes"], f"{name} mounts {source}"
        for config in service.get("configs", []):
            assert config["source"] in compose["configs"], name
        for network in service["networks"]:
            assert network in compose["networks"], name


def test_what_is_stateless_scales_by_count(compose: dict[str, Any]) -> None:
    for name in ("api", "worker"):
        service = compose["services"][name]
        assert service["deploy"]["replicas"] >= 2
        assert "container_name" not in service
        assert not service.get("ports")


@pytest.mark.parametrize("name", ["migrate", "api", "worker", "backup", "restore"])
def test_each_process_gets_settings_that_load_and_only_its_own_login(
    compose: dict[str, Any], name: str
) -> None:
    environ = {
        variable: re.sub(r"\$\{(\w+)[^}]*\}", lambda found: _value(found[1]), str(value))
        for variable, value in compose["services"][name]["environment"].items()
    }
    settings = load_settings(environ)
    wanted = {
        "migrate": ("database_url", "database_url_worker"),
        "api": ("database_url_web",),
        "worker": ("database_url_worker", "database_url_nightly"),
        "backup": ("database_url_backup", "database_url_worker"),
        "restore": ("database_url", "database_url_worker"),
    }[name]
    settings.require(*wanted, "redis_url")
    urls = (
        "database_url",
        "database_url_backup",
        "database_url_web",
        "database_url_worker",
        "database_url_nightly",
    )
    assert [url for url in urls if getattr(settings, url)] == list(wanted)
    assert settings.environment == "production"
    assert settings.public_url.startswith("https://")


def _value(variable: str) -> str:
    return (
        "Asia/Shanghai" if variable == "TIANGE_TIMEZONE" else f"{variable.lower().replace('_', '-')}.example"
    )


def test_the_logins_are_those_of_the_embedded_servers(compose: dict[str, Any]) -> None:
    script = compose["configs"]["logins"]["content"]
    names = {name: name for name in Passwords.__struct_fields__}
    embedded = logins_sql(Passwords(**names), "tiange").replace('"', "")
    roles = set(re.findall(r"CREATE ROLE (\w+)", embedded))
    assert set(re.findall(r"CREATE ROLE (\w+)", script)) == roles
    assert len(roles) == 4
    assert script.count("NOSUPERUSER NOBYPASSRLS NOINHERIT") == 4
    for line in embedded.splitlines():
        if line.startswith(("GRANT", "REVOKE", "ALTER SCHEMA", "ALTER ROLE tiange_nightly SET")):
            assert line in script


def test_the_scripts_in_it_parse(compose: dict[str, Any]) -> None:
    script = compose["configs"]["logins"]["content"].replace("$$", "$")
    done = subprocess.run(["bash", "-n"], input=script, text=True, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["migrate", "api", "worker", "backup", "restore"])
def test_each_process_is_started_by_a_command_that_exists(compose: dict[str, Any], name: str) -> None:
    """`--help` behind the arguments: they are parsed, and nothing is done."""
    service = compose["services"][name]
    given = [re.sub(r"\$\{\w+:-(\w+)\}", r"\1", one) for one in service["command"]]
    before = service.get("entrypoint", ["tiange"])[1:]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("TIANGE_")}
    done = subprocess.run(
        [sys.executable, "-m", "backend.app.cli", *before, *given, "--help"],
        check=False,
        cwd=REPOSITORY,
        env=environ | {"TIANGE_HOME": "/nonexistent"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_written_has_a_volume_that_may_be_written(compose: dict[str, Any]) -> None:
    """The image is read-only and the user no root: a volume's folder comes from the image, with its owner."""
    made = (REPOSITORY / "Dockerfile").read_text()
    for name in ("backup", "restore", "migrate"):
        assert "keys:/var/lib/tiange/keys" in compose["services"][name]["volumes"]
    assert "nightly:/var/lib/tiange/nightly" in compose["services"]["worker"]["volumes"]
    assert "backups:/backups" in compose["services"]["backup"]["volumes"]
    (installed,) = re.findall(r"install -d -o tiange .*", made)
    for place in ("/var/lib/tiange/keys", "/var/lib/tiange/files", "/var/lib/tiange/nightly", "/backups"):
        assert f" {place}" in installed


def test_the_proxy_knows_the_api_by_name_and_port(compose: dict[str, Any]) -> None:
    caddy = (REPOSITORY / "Caddyfile").read_text()
    assert re.search(r"name api\b", caddy)
    assert f"port {load_settings({}).port}" in caddy
    assert "api" in compose["services"]


def test_the_image_copies_what_exists() -> None:
    for line in (REPOSITORY / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert (REPOSITORY / source).exists(), line
