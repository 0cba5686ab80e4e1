"""Work behind the answer: events become jobs in a table, arq only wakes the workers.

An event (`uow.emit`) is written with the rows it speaks of. The relay turns it into one `job` row per
handler and hands
the ids to arq. A worker takes a lease on the row, keeps it alive with a heartbeat, and marks the job done
in the same
transaction as its effect; so a lost or empty Valkey, a repeated hand-over or a dead worker neither loses
nor doubles
anything. What fails `MAX_ATTEMPTS` times is parked, where `tiange doctor` shows it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from backend.kernel.actor import Actor
from backend.kernel.crypto import Keys
from backend.kernel.db import encode_json, is_passing
from backend.kernel.ids import uuid7
from backend.kernel.settings import Settings
from backend.kernel.uow import Database, UnitOfWork

LEASE = timedelta(seconds=15)
HEARTBEAT_SECONDS = 4
MAX_ATTEMPTS = 8
#: of one attempt, where another transaction stood in the way
TRIES = 3
HAND_AGAIN = timedelta(seconds=45)
#: between tries to write down that an attempt failed
NOTE_AGAIN = timedelta(seconds=1)
BACKOFF_SECONDS = (1, 5, 15, 60, 300, 900, 1800, 3600)

log = structlog.get_logger("tiange.jobs")

NextAfter = Callable[[UnitOfWork], Awaitable[datetime]]
Run = Callable[[UnitOfWork, Mapping[str, Any]], Awaitable[None]]


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
    once."""

    event: str
    name: str
    run: Run


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


class LostLease(RuntimeError):
    """Another worker took the job over; this attempt's effect is rolled back."""


class WorkersDied(RuntimeError):
    """Each worker that took the job died of it, or was stopped: nobody shall try again by itself."""


WAITING_EVENTS = text(
    "SELECT id, name, payload, request_id FROM outbox_event WHERE expanded_at IS NULL"
    " ORDER BY created_at LIMIT 200 FOR UPDATE SKIP LOCKED"
)
ADD_JOB = text(
    "INSERT INTO job (id, event_id, handler, payload, request_id, created_at, next_at)"
    " VALUES (:id, :event_id, :handler, CAST(:payload AS jsonb), :request_id, :now, :now)"
    " ON CONFLICT (event_id, handler) DO NOTHING"
)
EXPANDED = text("UPDATE outbox_event SET expanded_at = :now WHERE id = ANY(:ids)")
TO_HAND = text(
    "UPDATE job SET handed_at = :now WHERE id IN (SELECT id FROM job WHERE next_at <= :now"
    " AND ((state = 'ready' AND (handed_at IS NULL OR handed_at < :stale))"
    "  OR (state = 'running' AND lease_until < :now))"
    " ORDER BY next_at LIMIT 200 FOR UPDATE SKIP LOCKED) RETURNING id, attempts"
)
DUE_SCHEDULES = text("SELECT name FROM schedule WHERE next_at <= :now FOR UPDATE SKIP LOCKED")
CLAIM = text(
    "UPDATE job SET state = 'running', lease = :lease, lease_until = :until, attempts = attempts + 1"
    " WHERE id = :id AND (state = 'ready' OR (state = 'running' AND lease_until < :now)) AND next_at <= :now"
    " RETURNING handler, payload, request_id, attempts"
)
EXTEND = text("UPDATE job SET lease_until = :until WHERE id = :id AND lease = :lease AND state = 'running'")
DONE = text(
    "UPDATE job SET state = 'done', done_at = :now, lease = NULL, error = NULL"
    " WHERE id = :id AND lease = :lease AND state = 'running' RETURNING id"
)
FAILED = text(
    "UPDATE job SET state = :state, next_at = :next_at, lease = NULL, lease_until = NULL, handed_at = NULL,"
    " error = :error WHERE id = :id AND lease = :lease AND state = 'running'"
)
GIVEN_BACK = text(
    "UPDATE job SET state = 'ready', lease = NULL, lease_until = NULL, handed_at = NULL,"
    " attempts = attempts - 1 WHERE id = :id AND lease = :lease AND state = 'running'"
)
SWEEP_JOBS = text("DELETE FROM job WHERE state = 'done' AND done_at < :before")
SWEEP_EVENTS = text(
    "DELETE FROM outbox_event e WHERE expanded_at < :before"
    " AND NOT EXISTS (SELECT 1 FROM job j WHERE j.event_id = e.id)"
)


class Relay:
    """Turns events and schedules into jobs and hands waiting jobs on. Several relays may run side by side."""

    def __init__(
        self, database: Database, handlers: Sequence[AnyHandler], periodic: Sequence[Periodic] = ()
    ) -> None:
        self._database = database
        self._by_event: dict[str, list[str]] = {}
        for handler in handlers:
            self._by_event.setdefault(handler.event, []).append(handler.name)
        self._periodic = {one.name: one for one in periodic}
        self._queue = ""
        #: what was handed on before went with an earlier queue, or with the worker whose relay this follows
        self._lost_before: datetime | None = None

    async def expand(self) -> int:
        """Waiting events → jobs. An event that nobody listens to is simply done. Returns how many events."""
        async with self._database.unit(Actor.system("relay")) as uow:
            events = (await uow.session.execute(WAITING_EVENTS)).all()
            for event in events:
                for name in self._by_event.get(event.name, ()):
                    await uow.session.execute(
                        ADD_JOB,
                        {
                            "id": uuid7(),
                            "event_id": event.id,
                            "handler": name,
                            "payload": encode_json(event.payload),
                            "request_id": event.request_id,
                            "now": uow.now,
                        },
                    )
            if events:
                await uow.session.execute(EXPANDED, {"now": uow.now, "ids": [event.id for event in events]})
            return len(events)

    def hand_again(self) -> None:
        """Something that was handed on is lost: the next `take` hands all that waits on again."""
        self._queue = ""

    async def take(self, queue: str = "") -> list[tuple[UUID, int]]:
        """Jobs to hand to workers now, with their attempts so far; those handed long ago or dropped come
        again. `queue` names the life of the queue they will lie in: in a new one nothing lies yet."""
        async with self._database.unit(Actor.system("relay")) as uow:
            stale = uow.now - HAND_AGAIN
            lost_before = uow.now if queue != self._queue else self._lost_before
            if lost_before is not None:
                stale = max(stale, lost_before)
            rows = await uow.session.execute(TO_HAND, {"now": uow.now, "stale": stale})
            taken = [(row.id, row.attempts) for row in rows]
        self._queue, self._lost_before = queue, lost_before
        return taken

    async def tick(self) -> int:
        """Raises the periodic events that are due; each due time once, however many relays run."""
        async with self._database.unit(Actor.system("scheduler")) as uow:
            for periodic in self._periodic.values():
                await uow.session.execute(
                    text("INSERT INTO schedule (name, next_at) VALUES (:name, :at) ON CONFLICT DO NOTHING"),
                    {"name": periodic.name, "at": await periodic.next_after(uow)},
                )
            due = [row.name for row in await uow.session.execute(DUE_SCHEDULES, {"now": uow.now})]
            for name in due:
                known = self._periodic.get(name)
                if known is None:
                    continue
                uow.emit(name, {"on": uow.today.isoformat()})
                await uow.session.execute(
                    text("UPDATE schedule SET next_at = :at WHERE name = :name"),
                    {"name": name, "at": await known.next_after(uow)},
                )
            return len(due)

    async def sweep(self, keep: timedelta = timedelta(days=7)) -> None:
        """Drops finished jobs and their events after `keep`; parked ones stay."""
        async with self._database.unit(Actor.system("sweeper")) as uow:
            await uow.session.execute(SWEEP_JOBS, {"before": uow.now - keep})
            await uow.session.execute(SWEEP_EVENTS, {"before": uow.now - keep})


class Runner:
    """Runs one job at a time to its end, under a lease."""

    def __init__(
        self, database: Database, settings: Settings, keys: Keys, handlers: Sequence[AnyHandler]
    ) -> None:
        self._database = database
        self._settings = settings
        self._keys = keys
        self._handlers = {handler.name: handler for handler in handlers}

    async def run(self, job_id: UUID) -> bool:
        """Runs the job if it is free. Returns whether it is now done; a failure is recorded, never raised."""
        lease = uuid7()
        claimed = await self._claim(job_id, lease)
        if claimed is None:
            return False
        name, payload, request_id, attempts = claimed
        structlog.contextvars.bind_contextvars(job=str(job_id), handler=name, request=request_id)
        beat = asyncio.create_task(self._keep(job_id, lease))
        try:
            if attempts > MAX_ATTEMPTS:
                # a failure is parked by its last attempt; here the worker itself went down, each time
                raise WorkersDied(f"{attempts - 1} attempts ended without a word")
            await self._perform(job_id, lease, name, payload, request_id)
            log.info("job_done", attempts=attempts)
            return True
        except LostLease:
            log.warning("job_lease_lost", attempts=attempts)
            return False
        except asyncio.CancelledError:
            await self._give_back(job_id, lease)
            raise
        except Exception as error:  # noqa: BLE001 - recorded with the job, which comes again or is parked
            await self._fail(job_id, lease, attempts, error)
            return False
        finally:
            beat.cancel()
            with suppress(asyncio.CancelledError):
                await beat
            structlog.contextvars.unbind_contextvars("job", "handler", "request")

    async def _perform(
        self, job_id: UUID, lease: UUID, name: str, payload: Mapping[str, Any], request_id: str
    ) -> None:
        handler = self._handlers.get(name)
        if handler is None:
            raise LookupError(f"no handler named {name}: was it renamed while jobs waited?")
        if isinstance(handler, LongHandler):
            context = JobContext(self._database, self._settings, self._keys, job_id, name, request_id)
            await handler.run(context, payload)
            async with self._database.unit(Actor.system(name, request_id)) as uow:
                await self._mark_done(uow, job_id, lease)
            return
        for left in reversed(range(TRIES)):
            try:
                async with self._database.unit(Actor.system(name, request_id)) as uow:
                    await handler.run(uow, payload)
                    await self._mark_done(uow, job_id, lease)
                return
            except DBAPIError as error:
                if not is_passing(error) or not left:
                    raise
                log.info("job_retried")

    async def _claim(self, job_id: UUID, lease: UUID) -> tuple[str, Mapping[str, Any], str, int] | None:
        async with self._database.unit(Actor.system("runner")) as uow:
            row = (
                await uow.session.execute(
                    CLAIM, {"id": job_id, "lease": lease, "until": uow.now + LEASE, "now": uow.now}
                )
            ).one_or_none()
        return None if row is None else (row.handler, row.payload, row.request_id, row.attempts)

    async def _give_back(self, job_id: UUID, lease: UUID) -> None:
        """Interrupted, by a worker that stops or lost its queue: nobody need wait for the lease's end."""
        with suppress(Exception):  # if the database is away it does end
            async with self._database.unit(Actor.system("runner")) as uow:
                await uow.session.execute(GIVEN_BACK, {"id": job_id, "lease": lease})

    async def _mark_done(self, uow: UnitOfWork, job_id: UUID, lease: UUID) -> None:
        done = await uow.session.execute(DONE, {"id": job_id, "lease": lease, "now": uow.now})
        if done.one_or_none() is None:
            raise LostLease(str(job_id))

    async def _keep(self, job_id: UUID, lease: UUID) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            try:
                async with self._database.unit(Actor.system("runner")) as uow:
                    await uow.session.execute(
                        EXTEND, {"id": job_id, "lease": lease, "until": uow.now + LEASE}
                    )
            except Exception as error:  # noqa: BLE001 - the lease runs out by itself
                log.warning("job_heartbeat_failed", error=type(error).__name__)

    async def _fail(self, job_id: UUID, lease: UUID, attempts: int, error: Exception) -> None:
        parked = attempts >= MAX_ATTEMPTS
        wait = BACKOFF_SECONDS[min(attempts, len(BACKOFF_SECONDS)) - 1]
        log.error("job_parked" if parked else "job_failed", attempts=attempts, exc_info=error)
        # a database that went away, and the job with it, is mostly back before the lease has run out
        for _ in range(int(LEASE / NOTE_AGAIN)):
            with suppress(Exception):
                async with self._database.unit(Actor.system("runner")) as uow:
                    await uow.session.execute(
                        FAILED,
                        {
                            "id": job_id,
                            "lease": lease,
                            "state": "parked" if parked else "ready",
                            "next_at": uow.now + timedelta(seconds=wait),
                            "error": type(error).__name__,
                        },
                    )
                return
            await asyncio.sleep(NOTE_AGAIN.total_seconds())
