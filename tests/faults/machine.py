"""How the machine did while a run went on: evidence that tells a stall from a machine with too much to do."""

import asyncio
import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

EVERY_SECONDS = 0.25
LOAD, PRESSURE = Path("/proc/loadavg"), Path("/proc/pressure/cpu")


@dataclass(frozen=True)
class Reading:
    """`seconds` on the wall; `own`: the same as if each process that can run had a core to itself (a second
    in which four want two cores is half a second); `starved`: share of the time in which something waited for
    a core (None where the system does not say); `queue`: processes that ran or wanted to, on average; `most`
    at a time."""

    seconds: float
    own: float
    starved: float | None
    queue: float
    most: int

    def told(self) -> str:
        """In a line of evidence."""
        said = (
            "" if self.starved is None else f", some process waited for a core {self.starved:.0%} of the time"
        )
        queue = f"run queue {self.queue:.1f} (at most {self.most})"
        return f"{self.seconds:.1f} s, {self.own:.1f} s of its own, {queue}{said}"


class Machine:
    """`async with Machine() as machine`: reads the run queue four times a second."""

    def __init__(
        self,
        runnable: Callable[[], int] | None = None,
        cores: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._runnable = runnable or _runnable
        self._cores = cores or len(os.sched_getaffinity(0))
        self._own = self._sum = 0.0
        self._samples = self._most = 0
        self.clock = clock
        self._at = clock()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Machine":
        self._at = self.clock()
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            self.look()

    def look(self) -> None:
        """One more reading, which stands for the time since the last."""
        now, wanting = self.clock(), self._runnable()
        # the harness, which is reading, is one of them
        self._own += (now - self._at) * min(1.0, self._cores / max(wanting, 1))
        self._at = now
        self._samples += 1
        self._sum += wanting
        self._most = max(self._most, wanting)

    def mark(self) -> "Mark":
        """From now on."""
        self.look()
        return Mark(self, self.clock(), self._own, self._sum, self._samples, _starved())

    def since(self, mark: "Mark") -> Reading:
        """What has been since a mark; `most` since the beginning."""
        self.look()
        seconds = self.clock() - mark.at
        starved = _starved()
        share = None
        if starved is not None and mark.starved is not None and seconds > 0:
            share = min(1.0, (starved - mark.starved) / seconds)
        samples = max(self._samples - mark.samples, 1)
        return Reading(seconds, self._own - mark.own, share, (self._sum - mark.sum) / samples, self._most)


@dataclass(frozen=True)
class Mark:
    """A moment."""

    machine: Machine
    at: float
    own: float
    sum: float
    samples: int
    starved: float | None

    @property
    def own_seconds(self) -> float:
        """Passed since, in seconds of an idle machine's."""
        return self.machine.since(self).own


def _runnable() -> int:
    """Processes that run or could."""
    try:
        return int(LOAD.read_text().split()[3].partition("/")[0])
    except (OSError, ValueError, IndexError):
        return 1


def _starved() -> float | None:
    """Seconds since the machine started in which some process waited for a core."""
    try:
        return int(PRESSURE.read_text().split("\n", 1)[0].rpartition("=")[2]) / 1e6
    except (OSError, ValueError):
        return None
