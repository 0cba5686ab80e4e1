"""A bank for a series of runs: the real `tiange up` on a home of its own, and the faults of its parts.

Its servers are kept by a process apart (servers.py), so that links lie between them and web server and
worker. Where it may, its home is a small disk of its own (tmpfs), which a fault can fill.
"""

import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal
from urllib.parse import unquote, urlsplit, urlunsplit

import msgspec
import psutil
from arq import create_pool
from arq.connections import RedisSettings
from redis.asyncio import Redis
from redis.exceptions import RedisError

from tests.faults.links import Link
from tests.faults.sql import asking

ROOT = Path(__file__).resolve().parents[2]
Part = Literal["web", "worker", "postgres", "valkey"]
PARTS: tuple[Part, ...] = ("web", "worker", "postgres", "valkey")
LINKS = ("postgres", "valkey")
#: on a machine with too much to do it takes minutes
READY_SECONDS = 900.0
#: of a small disk: a bank of a series takes under half of it
DISK_BYTES = 1024**3
LEFT_BYTES = 256 * 1024


class Bank:
    """`async with Bank() as bank`: PostgreSQL, Valkey, web server and worker, ready to answer on `port`.

    `durable`: as in production, each commit is on the disk (fsync); then its home is no small disk. `app`:
    the built app, for phones that are browsers; they find the bank at the port `phones_at`.
    """

    def __init__(self, *, durable: bool = False, app: Path | None = None, phones_at: int = 0) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="tiange-faults-", ignore_cleanup_errors=True)
        # as root the servers run as somebody else, who must be able to enter
        Path(self._folder.name).chmod(0o755)
        self.folder = Path(self._folder.name)
        self.home = self.folder / "bank"
        self.port = free_port()
        self.durable = durable
        #: its disk can be filled
        self.small = False
        self.links: dict[str, Link] = {}
        self._app = app
        self._phones_at = phones_at
        self._servers: asyncio.subprocess.Process | None = None
        self._up: asyncio.subprocess.Process | None = None
        self._paused: set[int] = set()

    async def __aenter__(self) -> "Bank":
        self.home.mkdir(mode=0o755)
        self.small = not self.durable and self._mount()
        if self._app is None:
            self._app = self.folder / "static"
            self._app.mkdir()
            (self._app / "index.html").write_text("<!doctype html><title>none</title>")
        self._log = (self.folder / "up.log").open("wb")
        try:
            await self._start_servers()
            for name in LINKS:
                self.links[name] = Link(lambda make, name=name: self._onward(name, make))  # type: ignore[misc]
                await self.links[name].start()
            await self.start()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _mount(self) -> bool:
        if os.geteuid() != 0:
            return False
        command = ("mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=0755", "tmpfs", str(self.home))
        return subprocess.run(command, check=False, capture_output=True).returncode == 0

    async def _start_servers(self) -> None:
        self._servers = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.faults.servers", str(self.home), "durable" if self.durable else "quick"),
            cwd=ROOT,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=self._log,
            stderr=asyncio.subprocess.STDOUT,
        )
        deadline = time.monotonic() + READY_SECONDS
        while not (self.home / "run" / "servers.json").exists():
            if self._servers.returncode is not None or time.monotonic() > deadline:
                raise TimeoutError(f"no servers:\n{(self.folder / 'up.log').read_text()[-3000:]}")
            await asyncio.sleep(0.1)
        # the launcher of tests lets a killed server's last commits go; a killed process must lose nothing
        name = urlsplit(self.urls()["admin"]).path[1:]
        await asking(
            lambda: self.urls()["admin"],
            lambda connection: connection.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = on'),
        )

    async def _onward(self, name: str, make: Any) -> Any:
        loop = asyncio.get_running_loop()
        urls = self.urls()
        if name == "postgres":
            place = urlsplit(urls["admin"])
            return await loop.create_connection(make, str(place.hostname), place.port or 0)
        return await loop.create_unix_connection(make, unquote(urlsplit(urls["redis"]).path))

    def environ(self, *, direct: bool = False) -> dict[str, str]:
        """Of a process of this bank; `direct`: past the links."""
        urls = self.urls()
        through = {name: urls[name] for name in ("owner", "web", "worker", "nightly", "admin", "redis")}
        if not direct:
            for name in ("owner", "web", "worker", "nightly"):
                place = urlsplit(urls[name])
                login = place.netloc.rpartition("@")[0]
                port = self.links["postgres"].port
                through[name] = urlunsplit(place._replace(netloc=f"{login}@127.0.0.1:{port}"))
            through["redis"] = f"redis://127.0.0.1:{self.links['valkey'].port}/0"
        return dict(os.environ) | {
            "TIANGE_HOME": str(self.home),
            "TIANGE_ENVIRONMENT": "test",
            "TIANGE_DEMO_MODE": "true",
            "TIANGE_CLOCK_FILE": str(self.clock_file),
            "TIANGE_STATIC_DIR": str(self._app),
            "TIANGE_DATABASE_URL": through["owner"],
            "TIANGE_DATABASE_URL_WEB": through["web"],
            "TIANGE_DATABASE_URL_WORKER": through["worker"],
            "TIANGE_DATABASE_URL_NIGHTLY": through["nightly"],
            "TIANGE_DATABASE_URL_BACKUP": through["admin"],
            "TIANGE_REDIS_URL": through["redis"],
            "TIANGE_PUBLIC_URL": f"http://127.0.0.1:{self._phones_at or self.port}",
            "COLUMNS": "200",
        }

    async def start(self) -> None:
        """`tiange up`, until it answers."""
        self._up = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "backend.app.cli", "up", "--port", str(self.port)),
            cwd=ROOT,
            env=self.environ(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=self._log,
            stderr=asyncio.subprocess.STDOUT,
        )
        await self.settle(READY_SECONDS)

    async def halt(self, *, kill: bool) -> None:
        """Ends web server and worker with their launcher; the servers run on."""
        assert self._up is not None
        if kill:
            for pid in (self._up.pid, *self._tree("web"), *self._tree("worker")):
                _send(pid, signal.SIGKILL)
        await _end(self._up)

    async def command(self, *arguments: str) -> tuple[int, str]:
        """`tiange ARGUMENTS…` at this bank: exit code, and what it said."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "backend.app.cli", *arguments),
            cwd=ROOT,
            env=self.environ(direct=True),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        return process.returncode or 0, said.decode(errors="replace")

    async def close(self) -> None:
        """Stops everything and removes the home."""
        self.go_on()
        self.empty_disk()
        for process in (self._up, self._servers):
            if process is not None:
                await _end(process)
        for link in self.links.values():
            await link.stop()
        self._log.close()
        if os.path.ismount(self.home):
            await asyncio.to_thread(subprocess.run, ("umount", "-l", str(self.home)), check=False)
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
        for process in (self._up, self._servers):
            if process is None or process.returncode is not None:
                continue
            for one in psutil.Process(process.pid).children(recursive=True):
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

    async def ring_again(self, rng: random.Random, since: datetime) -> None:
        """Bells that come twice, late and in another order: jobs of the last minutes, done ones too."""

        async def ask(connection: Any) -> list[str]:
            query = "SELECT id::text FROM job WHERE created_at > $1 ORDER BY created_at DESC LIMIT 60"
            return [row[0] for row in await connection.fetch(query, since)]

        redis = None
        try:
            jobs = await asking(lambda: self.urls()["admin"], ask)
            rng.shuffle(jobs)
            redis = await create_pool(
                RedisSettings(unix_socket_path=unquote(urlsplit(self.urls()["redis"]).path), conn_retries=1),
                job_serializer=msgspec.msgpack.encode,
                default_queue_name="tiange:jobs",
            )
            # in sets, as they are handed on, and some of them in two
            for start in range(0, len(jobs), 3):
                await redis.enqueue_job("run_job", jobs[start : start + rng.randint(1, 5)])
        except (OSError, RedisError):
            pass  # it may be down just now, by another fault
        finally:
            if redis is not None:
                await redis.aclose()

    async def fill_disk(self) -> None:
        """Nothing more can be written; needs a small disk."""

        def fill() -> None:
            # two runs may fill it at once; what one of them could not take any more is full already
            with contextlib.suppress(OSError), (self.home / "ballast").open("ab") as file:
                free = os.statvfs(self.home)
                left = free.f_bavail * free.f_frsize - LEFT_BYTES
                os.posix_fallocate(file.fileno(), file.tell(), max(left, 1))

        # memory is filled, which takes a moment, and links must not stand still meanwhile
        await asyncio.to_thread(fill)

    def empty_disk(self) -> None:
        """There is room again."""
        (self.home / "ballast").unlink(missing_ok=True)

    def heal(self) -> None:
        """Ends all that was done to it, but what is dead has to come back."""
        self.go_on()
        self.empty_disk()
        for link in self.links.values():
            link.heal()

    async def settle(self, seconds: float = 60.0) -> None:
        """Waits until the server answers and the worker runs. Raises TimeoutError with the log's end."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._up is not None and self._up.returncode is not None:
                break
            worker = self.pid("worker")
            if worker and self._tree("worker") and await asyncio.to_thread(self._answers):
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


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 40)
        except TimeoutError:
            process.kill()
    await process.wait()


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
