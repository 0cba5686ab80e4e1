"""pg_dump and pg_restore: from the embedded wheel, else from this machine's own."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import IO

from sqlalchemy import make_url

from backend.app.backup_parts import BackupRefused, Part
from backend.embedded import client_program

_CHUNK = 1024 * 1024
#: asyncpg's names of what libpq calls sslmode
_SSL = ("ssl", "sslmode")


def dump(url: str, to: Path) -> Part:
    """Writes one snapshot of the database at `url` (postgresql+asyncpg) to `to`, synced.

    The login must see every row: pg_dump refuses to leave out what row security hides. Schemas that a
    restore set
    aside are not in it. Raises BackupRefused.
    """
    command = [
        _program("pg_dump"),
        "--format=custom",
        "--no-owner",
        "--no-password",
        "--lock-wait-timeout=60s",
        "--exclude-schema=*_before_restore_*",
    ]
    size, digest = 0, hashlib.sha256()
    with (
        to.open("wb") as file,
        # not a pipe: nobody reads it while the dump is read
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd="/",
            env=_login(url),
        ) as process,
    ):
        assert process.stdout is not None
        try:
            while chunk := process.stdout.read(_CHUNK):
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            process.kill()
            raise
        process.wait()
        errors.seek(0)
        said = errors.read()
    if process.returncode != 0:
        raise BackupRefused(f"pg_dump failed: {_last(said)}.{_advice(said)} No backup was made.")
    return Part(size, digest.hexdigest())


def load(url: str, dumped: Path) -> None:
    """Loads a dump into the empty database at `url`, as its owner: all of it or nothing. Raises
    BackupRefused.
    """
    url_parts = make_url(url)
    command = [
        _program("pg_restore"),
        "--no-owner",
        "--no-password",
        "--exit-on-error",
        "--single-transaction",
        f"--dbname={url_parts.database}",
    ]
    with dumped.open("rb") as file:
        done = _run(command, url, file)
    if done.returncode != 0:
        raise BackupRefused(
            f"pg_restore failed: {_last(done.stderr)}. The database is as empty as before; mend the"
            f" cause and run"
            " the restore again."
        )


def _run(command: list[str], url: str, given: IO[bytes]) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(command, check=False, stdin=given, capture_output=True, cwd="/", env=_login(url))


def _program(name: str) -> str:
    program = client_program(name) or shutil.which(name)
    if program is None:
        raise BackupRefused(
            f"{name} is not on this machine. Install PostgreSQL's client programs, version 18."
        )
    return str(program)


def _login(url: str) -> dict[str, str]:
    """libpq's variables for a URL: an argument would show the password in the process list."""
    parts = make_url(url)
    given = {
        "PGHOST": parts.host,
        "PGPORT": str(parts.port) if parts.port else None,
        "PGUSER": parts.username,
        "PGPASSWORD": parts.password,
        "PGDATABASE": parts.database,
        "PGSSLMODE": next((str(parts.query[name]) for name in _SSL if name in parts.query), None),
    }
    kept = {name: value for name, value in given.items() if value}
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC", **kept}


def _last(said: bytes) -> str:
    lines = [line for line in said.decode(errors="replace").strip().splitlines() if line.strip()]
    return " / ".join(lines[:3])[:600] or "it said nothing"


def _advice(said: bytes) -> str:
    if b"row-level security" in said:
        return (
            " The login of TIANGE_DATABASE_URL_BACKUP must see every row: the superuser's, or one made with"
            " BYPASSRLS and pg_read_all_data."
        )
    return ""
