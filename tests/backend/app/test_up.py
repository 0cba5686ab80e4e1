"""`tiange up` as people run it: starts, survives the death of each part, refuses a twin, stops in order."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from backend.embedded import temporary_home
from backend.embedded.processes import wait_until

REPOSITORY = Path(__file__).resolve().parents[3]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


class Installation:
    """One `tiange up` on a home of its own."""

    def __init__(self, home: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.home = home
        self.output = home / "up.txt"
        self.environ = {
            name: value for name, value in os.environ.items() if not name.startswith("TIANGE_")
        } | {"TIANGE_HOME": str(home), "TIANGE_PORT": str(self.port), "TIANGE_ENVIRONMENT": "test"}
        self.process = self.run("up")

    def run(self, *arguments: str) -> subprocess.Popen[bytes]:
        with self.output.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "backend.app.cli", *arguments],
                cwd=REPOSITORY,
                env=self.environ,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        return self.output.read_text()

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def processes(self) -> dict[str, psutil.Process]:
        """The direct children: `postgres`, `valkey-server`, `serve`, `worker`."""
        found = {}
        for child in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.Error):  # it ended meanwhile
                line = child.cmdline()
                found[line[-1] if "backend.app.cli" in line else child.name()] = child
        return found


@pytest.fixture(scope="module")
def up() -> Iterator[Installation]:
    with temporary_home() as home:
        running = Installation(home)
        try:
            started = wait_until(lambda: running.ready() or running.process.poll() is not None, 120.0, 0.2)
            assert started, running.said()
            assert running.process.poll() is None, running.said()
            yield running
        finally:
            if running.process.poll() is None:
                running.process.send_signal(signal.SIGTERM)
                running.process.wait(60)


def test_it_says_where_it_is(up: Installation) -> None:
    assert wait_until(lambda: "is ready" in up.said(), 30.0)
    assert f"http://127.0.0.1:{up.port}" in up.said()
    assert set(up.processes()) == {"postgres", "valkey-server", "serve", "worker"}


@pytest.mark.parametrize("name", ["serve", "worker", "postgres", "valkey-server"])
def test_what_is_killed_comes_back(up: Installation, name: str) -> None:
    assert wait_until(lambda: name in up.processes(), 60.0)
    killed = up.processes()[name]
    killed.send_signal(signal.SIGKILL)

    def back() -> bool:
        other = up.processes().get(name)
        return other is not None and other.pid != killed.pid and up.ready()

    assert wait_until(back, 90.0, 0.2), up.said()


def test_the_process_behind_the_web_server_may_be_killed(up: Installation) -> None:
    assert wait_until(up.ready, 60.0, 0.2)
    # the one that imported the application; beside it only helpers of Python itself
    behind = max(up.processes()["serve"].children(recursive=True), key=lambda it: it.memory_info().rss)
    behind.send_signal(signal.SIGKILL)
    assert wait_until(lambda: not behind.is_running() and up.ready(), 90.0, 0.2), up.said()


def test_a_second_one_is_refused_and_harms_nothing(up: Installation) -> None:
    before = {name: process.pid for name, process in up.processes().items()}
    twin = up.run("up")
    assert twin.wait(60) == 2
    assert f"127.0.0.1:{up.port} cannot be used" in up.said()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    twin = up.run("up", "--port", str(free))
    assert twin.wait(60) == 2
    assert f"process {up.process.pid}" in up.said(), "another port, the same home"
    assert {name: process.pid for name, process in up.processes().items()} == before
    assert up.ready()


def test_other_commands_use_the_servers_that_run(up: Installation) -> None:
    before = {name: process.pid for name, process in up.processes().items()}
    assert up.run("migrate").wait(60) == 0
    assert {name: process.pid for name, process in up.processes().items()} == before


def test_it_stops_in_order_and_leaves_nothing_running() -> None:
    with temporary_home() as home:
        running = Installation(home)
        assert wait_until(lambda: "is ready" in running.said(), 120.0, 0.2), running.said()
        everything = psutil.Process(running.process.pid).children(recursive=True)
        assert len(everything) >= 4
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(60) == 0
        assert "Stopped. Everything is kept" in running.said()
        assert not [it for it in everything if it.is_running() and it.status() != psutil.STATUS_ZOMBIE]
