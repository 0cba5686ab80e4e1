"""`tiange backup` and `tiange restore` as people run them, with the embedded servers."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.embedded import EmbeddedServers, temporary_home

REPOSITORY = Path(__file__).resolve().parents[3]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def home() -> Iterator[Path]:
    with temporary_home() as made:
        yield made


def tiange(home: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and everything said."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("TIANGE_")}
    done = subprocess.run(
        [sys.executable, "-m", "backend.app.cli", *arguments],
        check=False,
        cwd=REPOSITORY,
        env=environ | {"TIANGE_HOME": str(home), "TIANGE_ENVIRONMENT": "test"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout


def test_from_backup_to_restore_on_one_machine(home: Path) -> None:
    assert tiange(home, "restore", str(home))[0] == 2
    assert tiange(home, "restore")[0] == 2
    code, said = tiange(home, "backup")
    assert (code, "tiange migrate" in said) == (2, True), said
    assert tiange(home, "migrate")[0] == 0
    code, said = tiange(home, "backup")
    assert code == 0, said
    assert "Keys are not in it" in said
    backups = home / "backups"
    code, said = tiange(home, "restore", str(backups))
    assert (code, "--over" in said) == (2, True), said
    with EmbeddedServers(home, durable=False):
        code, said = tiange(home, "restore", str(backups), "--over")
        assert (code, "Stop it" in said) == (2, True), said
    code, said = tiange(home, "restore", str(backups), "--over")
    assert code == 0, said
    assert "New epoch" in said
    assert list(home.glob("postgres.before-restore-*/PG_VERSION"))
    assert tiange(home, "migrate")[0] == 0
    # the set-aside database in its old place is another life, and nothing starts on it
    old = next(home.glob("postgres.before-restore-*"))
    (home / "postgres").rename(home / "postgres.restored")
    old.rename(home / "postgres")
    code, said = tiange(home, "migrate")
    assert (code, "tiange restore --accept" in said) == (2, True), said
    code, said = tiange(home, "restore", "--accept")
    assert (code, "New epoch" in said) == (0, True), said
    assert tiange(home, "migrate")[0] == 0
