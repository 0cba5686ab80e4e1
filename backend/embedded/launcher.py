"""Starts the embedded servers, brings back one that dies, and stops them in order."""

import asyncio
import contextlib
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Protocol

import msgspec

from backend.embedded.account import Account, choose_account, require_reachable
from backend.embedded.binaries import find_binaries
from backend.embedded.errors import EmbeddedError
from backend.embedded.files import write_whole
from backend.embedded.lock import HomeLock, holder_of
from backend.embedded.postgres import Postgres
from backend.embedded.processes import wait_until
from backend.embedded.urls import Urls
from backend.embedded.valkey import Valkey

#: seconds before the first, second … restart in a row; a server that lived a minute starts over
_BACKOFF = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_STABLE_SECONDS = 60.0


class _Server(Protocol):
    name: str

    @property
    def pid(self) -> int: ...
    def alive(self) -> bool: ...
    def start(self, cancelled: Callable[[], bool]) -> None: ...
    def stop(self) -> None: ...


class _Kept:
    """One server and the record of its restarts."""

    def __init__(self, server: _Server) -> None:
        self.server = server
        self.failures = 0
        self.started = 0.0
        self.due = 0.0


class EmbeddedServers:
    """PostgreSQL and Valkey on one home folder, for as long as this object is started.

    Thread-safe. Also a context manager, plain and async. All processes are started by one thread of its own
    that lives as long as they do, because the kernel ends them with the thread that made them (see
    `dying_with_parent`).
    """

    def __init__(
        self,
        home: Path,
        *,
        postgres: bool = True,
        valkey: bool = True,
        durable: bool = True,
        database: str = "tiange",
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`durable=False` trades safety against a power cut for speed: for tests. `say` hears of deaths."""
        self._home = home.absolute()
        self._wants = (postgres, valkey)
        self._durable = durable
        self._database = database
        self._say = say
        self._lock = HomeLock(self._home)
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._started = threading.Event()
        self._error: BaseException | None = None
        self._postgres: Postgres | None = None
        self._valkey: Valkey | None = None
        self._urls = Urls()

    def start(self) -> Urls:
        """Start both and answer once they can be used.

        Raises HomeHeldError while another launcher runs on this home, EmbeddedError if a server cannot start.
        """
        with self._guard:
            if self._thread is not None:
                return self._urls
            account = choose_account(self._home / "postgres")
            # root's servers run as somebody else, who must pass through; the folders inside are closed
            _make_home(self._home, account)
            require_reachable(self._home, account)
            self._lock.acquire()
            try:
                binaries = find_binaries(self._home, account)
                if self._wants[0]:
                    self._postgres = Postgres(
                        self._home, binaries.postgres, account, database=self._database, durable=self._durable
                    )
                if self._wants[1]:
                    self._valkey = Valkey(self._home, binaries.valkey, account, durable=self._durable)
                self._stopping.clear()
                self._started.clear()
                self._error = None
                self._thread = threading.Thread(target=self._run, name="embedded-servers", daemon=True)
                self._thread.start()
                self._started.wait()
                if self._error is not None:
                    raise self._error
                self._urls = self._find_urls()
                write_whole(_urls_file(self._home), msgspec.json.encode(self._urls))
            except BaseException:
                self._end()
                raise
            return self._urls

    def stop(self) -> None:
        """Stop both cleanly; nothing if they are not started."""
        with self._guard:
            self._end()

    async def astart(self) -> Urls:
        """start() without blocking the event loop."""
        return await asyncio.to_thread(self.start)

    async def astop(self) -> None:
        """stop() without blocking the event loop."""
        await asyncio.to_thread(self.stop)

    @property
    def home(self) -> Path:
        """The folder that holds their data, logs and passwords."""
        return self._home

    @property
    def urls(self) -> Urls:
        """Where they answer; empty before start()."""
        return self._urls

    @property
    def pids(self) -> dict[str, int]:
        """Process numbers by `postgres` and `valkey`; 0 while a server is down."""
        found = {}
        if self._postgres is not None:
            found["postgres"] = self._postgres.pid
        if self._valkey is not None:
            found["valkey"] = self._valkey.pid
        return found

    def __enter__(self) -> Urls:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Urls:
        return await self.astart()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.astop()

    def _end(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._urls != Urls():
            _urls_file(self._home).unlink(missing_ok=True)
            self._urls = Urls()
        self._lock.release()

    def _find_urls(self) -> Urls:
        urls = Urls()
        if self._postgres is not None:
            urls = Urls(
                admin=self._postgres.url("postgres"),
                owner=self._postgres.url("tiange_owner"),
                web=self._postgres.url("tiange_web"),
                worker=self._postgres.url("tiange_worker"),
                nightly=self._postgres.url("tiange_nightly"),
            )
        if self._valkey is not None:
            urls = msgspec.structs.replace(urls, redis=self._valkey.url)
        return urls

    def _run(self) -> None:
        """The thread: start, watch, stop."""
        kept = [_Kept(server) for server in (self._postgres, self._valkey) if server is not None]
        try:
            for each in kept:
                each.server.start(self._stopping.is_set)
                each.started = time.monotonic()
        except BaseException as error:  # noqa: BLE001 - handed to start(), which raises it
            self._error = error
        self._started.set()
        while self._error is None and not self._stopping.wait(0.1):
            for each in kept:
                self._watch(each)
        for each in reversed(kept):
            each.server.stop()

    def _watch(self, each: _Kept) -> None:
        now = time.monotonic()
        if each.server.alive():
            if each.failures and now - each.started > _STABLE_SECONDS:
                each.failures = 0
            return
        if not each.due:
            pause = _BACKOFF[min(each.failures, len(_BACKOFF) - 1)]
            each.due = now + pause
            each.failures += 1
            self._say(f"{each.server.name} has ended; starting it again in {pause:g} s")
        if now < each.due:
            return
        each.due = 0.0
        try:
            each.server.start(self._stopping.is_set)
        except (EmbeddedError, OSError) as error:
            self._say(f"{each.server.name} does not start: {error}")
            return
        each.started = time.monotonic()
        self._say(f"{each.server.name} is back")


def running_servers(home: Path, patience: float = 60.0) -> Urls | None:
    """URLs of the servers that another process keeps on `home`; None if nobody does.

    A launcher that is still starting is waited for. Raises EmbeddedError if it takes over `patience` seconds.
    """
    home = home.absolute()
    path = _urls_file(home)
    if not wait_until(lambda: path.exists() or holder_of(home) is None, patience):
        raise EmbeddedError(f"Another Tiange is starting on {home} and is not ready after {patience:g} s")
    if holder_of(home) is None:
        return None  # the file, if any, was left by one that was killed
    try:
        return msgspec.json.decode(path.read_bytes(), type=Urls)
    except OSError as error:
        raise EmbeddedError(f"{path} cannot be read: {error}") from None


@contextlib.contextmanager
def temporary_home(below: Path | None = None) -> Iterator[Path]:
    """A home for one test run that the servers' user can reach also as root; removed at the end.

    It lies `below` that folder, which must be open to everybody, else where temporary files do.
    """
    home = Path(tempfile.mkdtemp(prefix="tiange-", dir=below))
    try:
        if os.geteuid() == 0:
            home.chmod(0o755)
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _make_home(home: Path, account: Account) -> None:
    """Make the folder. Raises EmbeddedError if it cannot be written."""
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o755 if account.drops_root else 0o700)
    except OSError as error:
        raise EmbeddedError(
            f"{home} cannot be made ({error}). Choose another: TIANGE_HOME=/a/folder"
        ) from None
    if not os.access(home, os.W_OK | os.X_OK):
        raise EmbeddedError(f"{home} cannot be written by us. Choose another: TIANGE_HOME=/a/folder of yours")


def _urls_file(home: Path) -> Path:
    return home / "run" / "servers.json"
