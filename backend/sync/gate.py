"""Pushes take turns: a few at a time in each process, in the order in which they came.

More at a time would not be faster: they share one processor and one database, and each holds a connection and
its rows' locks the longer, the more run beside it. Who would wait too long is told when to come again, before
anything of theirs is looked at; otherwise phones would give up waiting and bring the same again, and the bank
would be busy with work that nobody hears the answer of.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from math import ceil

from backend.kernel.errors import Problem

#: one waits for the database while the next uses the processor
AT_A_TIME = 4
#: far below the half minute for which a phone waits for an answer
LONGEST_WAIT_S = 10.0
#: bodies of those that wait lie in memory, up to some MiB each
MOST_WAITING = 256
#: at the earliest, and at the latest, that who was sent away comes again
SOONEST_S, LATEST_S = 2, 30


class Gate:
    """The turns of one process. `observe` hears how long each waited, in seconds; `crowded` each time that
    one has to wait."""

    def __init__(
        self,
        observe: Callable[[float], None] = lambda _seconds: None,
        *,
        crowded: Callable[[], None] = lambda: None,
        at_a_time: int = AT_A_TIME,
        most_waiting: int = MOST_WAITING,
        longest_wait_s: float = LONGEST_WAIT_S,
    ) -> None:
        # first come, first served
        self._turns = asyncio.Semaphore(at_a_time)
        self._observe = observe
        self._crowded = crowded
        self._at_a_time = at_a_time
        self._most_waiting = most_waiting
        self._longest_wait_s = longest_wait_s
        self._waiting = 0
        #: how long a turn took lately, seconds
        self._turn_s = 0.0

    def refuse_if_full(self) -> None:
        """Before anything is known of who comes, which costs nothing. Raises Problem `try_again`."""
        if self._waiting >= self._most_waiting or self._expected_s() > self._longest_wait_s:
            self._crowded()
            raise self._busy()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """One turn. Raises Problem `try_again` where too many wait, or where it does not come in time."""
        self.refuse_if_full()
        if self._turns.locked():
            self._crowded()
        began = time.perf_counter()
        self._waiting += 1
        try:
            async with asyncio.timeout(self._longest_wait_s):
                await self._turns.acquire()
        except TimeoutError:
            raise self._busy() from None
        finally:
            self._waiting -= 1
            self._observe(time.perf_counter() - began)
        begun = time.perf_counter()
        try:
            yield
        finally:
            self._turns.release()
            self._turn_s += (time.perf_counter() - begun - self._turn_s) / 8

    def _expected_s(self) -> float:
        """How long who came now would wait."""
        return self._waiting * self._turn_s / self._at_a_time

    def _busy(self) -> Problem:
        """When those that wait will be through; spread out, so that who was sent away together does not come
        together again."""
        through = min(max(self._expected_s(), SOONEST_S), LATEST_S / 2)
        return Problem(
            "try_again",
            503,
            "The server is busy",
            detail="Many phones are sending just now. Nothing is lost.",
            remedy="The phone sends again by itself in a few seconds.",
            retry_after_s=ceil(through * random.uniform(1, 2)),
        )
