"""Work behind the answer: what wakes which handler, and when.

An event (`uow.emit`) is written with the rows it speaks of. The relay (`relay`) turns it into one `job` row
per handler and hands the ids to arq. A worker (`runner`) takes a lease on the row, keeps it alive with a
heartbeat, and marks the job done in the same transaction as its effect; so a lost or empty Valkey, a repeated
hand-over or a dead worker neither loses nor doubles anything.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from backend.kernel.actor import Actor
from backend.kernel.crypto import Keys
from backend.kernel.settings import Settings
from backend.kernel.uow import Database, UnitOfWork

NextAfter = Callable[[UnitOfWork], Awaitable[datetime]]
Run = Callable[[UnitOfWork, Mapping[str, Any]], Awaitable[None]]
RunTogether = Callable[[UnitOfWork, Sequence[Mapping[str, Any]]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a handler of several transactions works with. Each `unit()` is one transaction of the system
    actor."""

    database: Database
    settings: Settings
    keys: Keys
    job_id: UUID
    handler: str
    request_id: str

    @asynccontextmanager
    async def unit(self) -> AsyncIterator[UnitOfWork]:
        """A unit of work of this job."""
        async with self.database.unit(Actor.system(self.handler, self.request_id)) as uow:
            yield uow


LongRun = Callable[[JobContext, Mapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Handler:
    """`run(uow, payload)` answers one event in one transaction, which also marks the job done: exactly
    once.

    `together` answers several events at once, up to `at_once`, with the effect of `run` one by one; where it
    raises, each is answered alone. `patient`: stands back while many phones send (`relay.PATIENCE`).
    """

    event: str
    name: str
    run: Run
    together: RunTogether | None = None
    at_once: int = 1
    patient: bool = False


@dataclass(frozen=True, slots=True)
class LongHandler:
    """`run(ctx, payload)` opens its own transactions and may speak to the outside: at least once, so
    idempotent."""

    event: str
    name: str
    run: LongRun


AnyHandler = Handler | LongHandler


@dataclass(frozen=True, slots=True)
class Periodic:
    """An event raised by the clock: `next_after(uow)` says when it is due next (UTC), after `uow.now`."""

    name: str
    next_after: NextAfter


def every(seconds: int) -> NextAfter:
    """Due again after a fixed time."""

    async def next_after(uow: UnitOfWork) -> datetime:
        return uow.now + timedelta(seconds=seconds)

    return next_after


def at_local_time(uow: UnitOfWork, hour: int, minute: int) -> datetime:
    """The next instant after now at which the bank's clocks show `hour`:`minute`."""
    local = uow.clock.local(uow.now)
    due = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return (due if due > local else due + timedelta(days=1)).astimezone(UTC)
