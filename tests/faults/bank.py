"""A bank for a series of runs: the real `tiange up` on a home of its own, and the faults of its processes."""

import asyncio
import json
import os
import signal
import socket
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Literal

import psutil
from redis.asyncio import Redis
from redis.exceptions import RedisError

ROOT = Path(__file__).resolve().parents[2]
Part = Literal["web", "worker", "postgres", "valkey"]
PARTS: tuple[Part, ...] = ("web", "worker", "postgres", "valkey")
READY_SECONDS = 180.0


class Bank:
    """`async with Bank() as bank`: PostgreSQL, Valkey, web server and worker, ready to answer on `port`."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="tiange-faults-", ignore_cleanup_errors=True)
        # as root the servers run as somebody else, who must be able to enter
        Path(self._folder.name).chmod(0o755)
        self.folder = Path(self._folder.name)
        self.home = self.folder / "bank"
        self.port = free_port()
        self._up: asyncio.subprocess.Process | None = None
        self._paused: set[int] = set()

    async def __aenter__(self) -> "Bank":
        self.home.mkdir(mode=0o755)
        static = self.folder / "static"
        static.mkdir()
        (static / "index.html").write_text("<!doctype html><title>none</title>")
        environ = dict(os.environ) | {
            "TIANGE_HOME": str(self.home),
            "TIANGE_ENVIRONMENT": "test",
            "TIANGE_DEMO_MODE": "true",
            "TIANGE_CLOCK_FILE": str(self.clock_file),
            "TIANGE_STATIC_DIR": str(static),
            "COLUMNS": "200",
        }
        self._log = (self.folder / "up.log").open("wb")
        self._up = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "backend.app.cli", "up", "--port", str(self.port)),
            cwd=ROOT,
            env=environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=self._log,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            await self.settle(READY_SECONDS)
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Stops everything and removes the home."""
        self.go_on()
        if self._up is not None and self._up.returncode is None:
            self._up.terminate()
            try:
                await asyncio.wait_for(self._up.wait(), 40)
            except TimeoutError:
                self._up.kill()
                await self._up.wait()
        self._log.close()
        self._folder.cleanup()

    @property
    def clock_file(self) -> Path:
        """Seconds to be added to the machine's time by the web server and the worker."""
        return self.home / "clock-offset"

    def move_clock(self, seconds: float) -> None:
        """Sets the server's clock, in seconds from the machine's."""
        fresh = self.clock_file.with_suffix(".new")
        fresh.write_text(f"{seconds:.3f}")
        fresh.replace(self.clock_file)

    def urls(self) -> dict[str, str]:
        """Where the servers answer, as the launcher wrote it down."""
        return dict(json.loads((self.home / "run" / "servers.json").read_text()))

    def pid(self, part: Part) -> int:
        """Process number of a part, 0 while there is none."""
        if part == "postgres":
            file = self.home / "postgres" / "postmaster.pid"
            return int(file.read_text().splitlines()[0]) if file.exists() else 0
        if part == "valkey":
            return next((one.pid for one in self._processes() if "valkey-server" in one.name()), 0)
        file = self.home / "run" / f"{part}.json"
        return int(json.loads(file.read_text())["pid"]) if file.exists() else 0

    def _processes(self) -> Iterator[psutil.Process]:
        if self._up is None:
            return
        for one in psutil.Process(self._up.pid).children(recursive=True):
            try:
                one.name()
            except psutil.Error:
                continue
            yield one

    def _tree(self, part: Part) -> list[int]:
        pid = self.pid(part)
        # a number that was written down may by now be somebody else's
        if pid not in {one.pid for one in self._processes()}:
            return []
        try:
            return [pid, *(one.pid for one in psutil.Process(pid).children(recursive=True))]
        except psutil.Error:
            return []

    def kill(self, part: Part) -> None:
        """kill -9 of the part; the launcher brings it back. PostgreSQL's children are left to notice it."""
        for pid in self._tree(part)[:1] if part == "postgres" else self._tree(part):
            _send(pid, signal.SIGKILL)

    def pause(self, part: Part) -> None:
        """SIGSTOP to the part and its children: connections stay, nobody answers."""
        for pid in self._tree(part):
            _send(pid, signal.SIGSTOP)
            self._paused.add(pid)

    def go_on(self) -> None:
        """Ends every pause."""
        for pid in self._paused:
            _send(pid, signal.SIGCONT)
        self._paused.clear()

    async def flush_all(self) -> None:
        """Empties Valkey."""
        redis = Redis.from_url(self.urls()["redis"])
        try:
            await redis.flushall()
        except (OSError, RedisError):
            pass  # it may be down just now, by another fault
        finally:
            await redis.aclose()

    async def settle(self, seconds: float = 60.0) -> None:
        """Waits until the server answers and the worker runs. Raises TimeoutError with the log's end."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._up is not None and self._up.returncode is not None:
                break
            worker = self.pid("worker")
            if worker and psutil.pid_exists(worker) and await asyncio.to_thread(self._answers):
                return
            await asyncio.sleep(0.1)
        raise TimeoutError(f"the bank is not ready:\n{(self.folder / 'up.log').read_text()[-3000:]}")

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False

    def logs(self) -> dict[str, str]:
        """What the parts said."""
        found = {"up": (self.folder / "up.log").read_text(errors="replace")}
        for path in sorted((self.home / "logs").glob("*.log")):
            found[path.stem] = path.read_text(errors="replace")
        return found


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
