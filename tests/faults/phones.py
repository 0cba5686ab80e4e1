"""Simulated phones: the app's engine in a process each, driven by lines of JSON, killed like an app."""

import asyncio
import contextlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.faults.bank import ROOT

HERE = Path(__file__).resolve().parent
START = HERE / "phone" / "start.cjs"


class PhoneDied(Exception):
    """The process ended before it answered."""


class PhoneRefused(Exception):
    """The engine refused: `code` is its stable code, where it has one."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(str(error))
        self.code = error.get("code")
        self.name = error.get("name")


def build_driver(folder: Path) -> Path:
    """Bundles driver and engine into one file. Raises CalledProcessError."""
    out = folder / "driver.cjs"
    subprocess.run(["node", str(HERE / "phone" / "build.mjs"), str(out)], check=True, cwd=ROOT)
    subprocess.run(["node", str(START), str(out), "cache"], check=True, cwd=ROOT)
    return out


def build_browser(folder: Path) -> Path:
    """Bundles the driver of real browsers. Raises CalledProcessError."""
    out = folder / "chromium.cjs"
    command = ["node", str(HERE / "phone" / "build.mjs"), str(out), "chromium.ts"]
    subprocess.run(command, check=True, cwd=ROOT)
    return out


class Phone:
    """One phone: its folder outlives its process."""

    #: until it must have answered
    patience = 130.0

    def __init__(
        self, driver: Path, folder: Path, url: str, login: str, *, plant: str = "", seed: int = 0
    ) -> None:
        self.folder = folder
        self.login = login
        self._command = [str(START), str(driver), str(folder), url]
        self._plant = plant
        self._seed = seed
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._next = 0
        #: errors that nobody caught in the phone
        self.strays: list[str] = []

    @property
    def ledger(self) -> Path:
        """What the driver wrote of saves."""
        return self.folder / "ledger"

    @property
    def disk(self) -> Path:
        """The journal under its IndexedDB."""
        return self.folder / "disk"

    def twin(self, folder: Path) -> "Phone":
        """Another phone of the same person that will live in `folder`."""
        driver, _, url = self._command[1:]
        return Phone(Path(driver), folder, url, self.login, plant=self._plant, seed=self._seed + 7)

    @property
    def running(self) -> bool:
        """Its process is there."""
        return self._process is not None and self._process.returncode is None

    async def start(self, lose: int = 0, deleted: str = "") -> None:
        """Opens the app. `lose`: so many writes that nobody flushed went with a power cut; `deleted`: the
        browser threw away the database of the "person", or "all" of them."""
        self._process = await asyncio.create_subprocess_exec(
            "node",
            *self._command,
            *(str(lose), self._plant, str(self._seed), deleted),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=dict(os.environ) | {"TIANGE_PACKAGES": f"{ROOT}/pwa/node_modules/"},
            limit=64 * 1024 * 1024,
        )
        up = asyncio.get_running_loop().create_future()
        self._waiting[0] = up
        self._reader = asyncio.create_task(self._read(self._process))
        await asyncio.wait_for(up, self.patience)

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        while line := await process.stdout.readline():
            told = json.loads(line)
            if "stray" in told:
                self.strays.append(told["stray"])
                continue
            future = self._waiting.pop(0 if told.get("up") else told["id"], None)
            if future is None or future.done():
                continue
            if "error" in told:
                future.set_exception(PhoneRefused(told["error"]))
            else:
                future.set_result(told.get("ok"))
        said = (await process.stderr.read()).decode(errors="replace")
        await process.wait()
        if process.returncode and process.returncode > 0:
            self.strays.append(said[-2000:])
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(PhoneDied(said[-500:]))
                future.exception()  # whoever waits hears of it; nobody has to
        self._waiting.clear()

    async def do(self, what: str, /, patience: float | None = None, **given: Any) -> Any:
        """Asks the phone; `patience` in seconds. Raises PhoneDied, PhoneRefused, TimeoutError."""
        if self._process is None or self._process.stdin is None or self._process.returncode is not None:
            raise PhoneDied("it is not running")
        self._next += 1
        future = asyncio.get_running_loop().create_future()
        self._waiting[self._next] = future
        try:
            self._process.stdin.write(json.dumps({"id": self._next, "do": what, **given}).encode() + b"\n")
            await self._process.stdin.drain()
        except (ConnectionError, RuntimeError) as error:
            raise PhoneDied(str(error)) from None
        return await asyncio.wait_for(future, patience or self.patience)

    async def kill(self) -> None:
        """kill -9."""
        if self._process is None:
            return
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        if self._reader is not None:
            await self._reader
        await self._process.wait()

    def journal(self) -> bytes:
        """What lies on its disk, to be searched for words in the clear."""
        return self.disk.read_bytes()


class BrowserPhone(Phone):
    """A phone that is a real browser with a profile of its own."""

    patience = 400.0

    async def kill(self) -> None:
        """kill -9 of the browser with all its processes, then of what drives it."""
        with contextlib.suppress(PhoneDied, PhoneRefused, TimeoutError):
            await self.do("die", patience=30.0)
        await super().kill()

    def journal(self) -> bytes:
        """Nothing: tests/e2e/profile.test.ts searches a whole profile."""
        return b""
