"""Child processes come back when they die, take their helpers with them, and end with their keeper."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from backend.app.children import Child
from backend.embedded.processes import wait_until

REPOSITORY = Path(__file__).resolve().parents[3]

#: a server with a helper process of its own, as a web server with its workers; both names go into a file
SERVER = textwrap.dedent(
    """
    import os, subprocess, sys, time
    helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with open(sys.argv[1], "a") as file:
        file.write(f"{os.getpid()} {helper.pid}\\n")
    print("ready", flush=True)
    time.sleep(600)
    """
)


def started(home: Path) -> list[list[int]]:
    """Numbers of server and helper at each start so far."""
    file = home / "started"
    return (
        [[int(it) for it in line.split()] for line in file.read_text().splitlines()] if file.exists() else []
    )


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    for pids in started(tmp_path):
        for pid in pids:
            if not gone(pid):
                os.kill(pid, signal.SIGKILL)


def child_of(home: Path, said: list[str], code: str = SERVER) -> Child:
    return Child(
        "server",
        [sys.executable, "-c", code, str(home / "started")],
        dict(os.environ) | {"TIANGE_HOME": str(home)},
        home=home,
        say=said.append,
    )


def keep_until(child: Child, holds: object) -> None:
    assert callable(holds)

    def look() -> bool:
        child.watch()
        return bool(holds())

    assert wait_until(look, 30.0)


def test_a_killed_child_comes_back_and_its_helpers_end(home: Path) -> None:
    said: list[str] = []
    child = child_of(home, said)
    child.start()
    keep_until(child, lambda: len(started(home)) == 1)
    first = started(home)[0]

    os.kill(first[0], signal.SIGKILL)
    keep_until(child, lambda: len(started(home)) == 2)

    assert wait_until(lambda: all(gone(pid) for pid in first), 10.0), (
        "the helper of the killed child lives on"
    )
    assert not any(gone(pid) for pid in started(home)[1])
    assert len(said) == 1
    assert "SIGKILL" in said[0]
    child.stop()
    assert wait_until(lambda: all(gone(pid) for pids in started(home) for pid in pids), 10.0)


def test_a_child_that_keeps_ending_is_started_ever_later(home: Path) -> None:
    said: list[str] = []
    child = child_of(home, said, "raise SystemExit(3)")
    child.start()
    keep_until(child, lambda: len(said) == 3)
    child.stop()
    pauses = [float(text.partition("again in ")[2].split()[0]) for text in said]
    assert pauses == sorted(pauses)
    assert pauses[0] < pauses[2]
    assert all("exit code 3" in text for text in said)


def test_its_output_is_kept_and_closed_to_others(home: Path) -> None:
    child = child_of(home, [])
    child.start()
    keep_until(child, lambda: "ready" in child.tail())
    child.stop()
    assert child.log.stat().st_mode & 0o077 == 0


KEEPER = textwrap.dedent(
    """
    import os, sys, time
    from pathlib import Path
    from backend.app.children import Child
    home = Path(sys.argv[1])
    child = Child("server", [sys.executable, "-c", sys.argv[2], str(home / "started")],
                  dict(os.environ) | {"TIANGE_HOME": str(home)}, home=home, say=print)
    child.start()
    time.sleep(600)
    """
)


def test_what_a_killed_keeper_left_is_ended_at_the_next_start(home: Path) -> None:
    keeper = subprocess.Popen([sys.executable, "-c", KEEPER, str(home), SERVER], cwd=REPOSITORY)
    try:
        assert wait_until(lambda: len(started(home)) == 1, 30.0)
    finally:
        keeper.kill()
        keeper.wait()
    left = started(home)[0]
    assert wait_until(lambda: gone(left[0]), 10.0), "the child lives on without its keeper"
    assert not gone(left[1]), "the helper is what this test is about"

    child = child_of(home, [])
    child.start()
    assert wait_until(lambda: gone(left[1]), 10.0), "the helper holds the port of the next start"
    child.stop()


def test_a_stranger_with_a_reused_number_is_left_alone(home: Path) -> None:
    stranger = subprocess.Popen(["sleep", "600"], start_new_session=True)
    try:
        (home / "run").mkdir()
        (home / "run" / "server.json").write_text(f'{{"pid":{stranger.pid},"started":{time.time() - 1e6}}}')
        child = child_of(home, [])
        child.start()
        assert stranger.poll() is None
        child.stop()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()
