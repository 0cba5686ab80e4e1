"""Runs jobs to their end, each exactly once. What fails `MAX_ATTEMPTS` times is parked, where `tiange doctor`
shows it."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from backend.kernel.actor import Actor
from backend.kernel.crypto import Keys
from backend.kernel.db import is_passing
from backend.kernel.ids import uuid7
from backend.kernel.jobs import AnyHandler, Handler, JobContext, LongHandler
from backend.kernel.settings import Settings
from backend.kernel.uow import Database, UnitOfWork

LEASE = timedelta(seconds=15)
HEARTBEAT_SECONDS = 4
MAX_ATTEMPTS = 8
#: of one attempt, where another transaction stood in the way
TRIES = 3
#: between tries to write down that an attempt failed
NOTE_AGAIN = timedelta(seconds=1)
BACKOFF_SECONDS = (1, 5, 15, 60, 300, 900, 1800, 3600)

log = structlog.get_logger("tiange.jobs")

# what another runner is just claiming is left to it
CLAIM = text(
    "UPDATE job SET state = 'running', lease = :lease, lease_until = :until, attempts = attempts + 1"
    " WHERE id IN (SELECT id FROM job WHERE id = ANY(:ids) AND next_at <= :now"
    "  AND (state = 'ready' OR (state = 'running' AND lease_until < :now))"
    "  ORDER BY id FOR UPDATE SKIP LOCKED)"
    " RETURNING id, handler, payload, request_id, attempts"
)
EXTEND = text(
    "UPDATE job SET lease_until = :until WHERE id = ANY(:ids) AND lease = :lease AND state = 'running'"
)
DONE = text(
    "UPDATE job SET state = 'done', done_at = :now, lease = NULL, error = NULL"
    " WHERE id = ANY(:ids) AND lease = :lease AND state = 'running' RETURNING id"
)
FAILED = text(
    "UPDATE job SET state = :state, next_at = :next_at, lease = NULL, lease_until = NULL, handed_at = NULL,"
    " error = :error WHERE id = :id AND lease = :lease AND state = 'running'"
)
GIVEN_BACK = text(
    "UPDATE job SET state = 'ready', lease = NULL, lease_until = NULL, handed_at = NULL,"
    " attempts = attempts - 1 WHERE id = ANY(:ids) AND lease = :lease AND state = 'running'"
)


class LostLease(RuntimeError):
    """Another worker took the job over; this attempt's effect is rolled back."""


class WorkersDied(RuntimeError):
    """Each worker that took the job died of it, or was stopped: nobody shall try again by itself."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job under this runner's lease."""

    id: UUID
    handler: str
    payload: Mapping[str, Any]
    request_id: str
    attempts: int


class Runner:
    """Runs one job, or several of one handler, at a time to their end, under a lease."""

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
        claimed = await self._claim([job_id], lease)
        if not claimed:
            return False
        (job,) = claimed
        structlog.contextvars.bind_contextvars(job=str(job_id), handler=job.handler, request=job.request_id)
        beat = asyncio.create_task(self._keep([job_id], lease))
        try:
            if job.attempts > MAX_ATTEMPTS:
                # a failure is parked by its last attempt; here the worker itself went down, each time
                raise WorkersDied(f"{job.attempts - 1} attempts ended without a word")
            await self._perform(job, lease)
            log.info("job_done", attempts=job.attempts)
            return True
        except LostLease:
            log.warning("job_lease_lost", attempts=job.attempts)
            return False
        except asyncio.CancelledError:
            await self._give_back([job_id], lease)
            raise
        except Exception as error:  # noqa: BLE001 - recorded with the job, which comes again or is parked
            await self._fail(job, lease, error)
            return False
        finally:
            await _ended(beat)
            structlog.contextvars.unbind_contextvars("job", "handler", "request")

    async def run_all(self, job_ids: Sequence[UUID]) -> int:
        """Runs jobs of one handler, together where it can do that, those that are free. Returns how many are
        now done; failures are recorded with the job that failed, never raised."""
        if len(job_ids) > 1 and await self._together(job_ids):
            return len(job_ids)
        return sum([await self.run(job_id) for job_id in job_ids])

    async def _together(self, job_ids: Sequence[UUID]) -> bool:
        """Whether all were done in one transaction; if not they are free again, but for what others took."""
        lease = uuid7()
        claimed = await self._claim(job_ids, lease)
        ids = [one.id for one in claimed]
        if not ids:
            return False
        beat = asyncio.create_task(self._keep(ids, lease))
        try:
            handler = self._handlers.get(claimed[0].handler)
            usual = all(one.handler == claimed[0].handler and one.attempts == 1 for one in claimed)
            if not usual or not isinstance(handler, Handler) or handler.together is None:
                await self._give_back(ids, lease)
                return False
            await self._transact(handler, claimed, lease)
            log.info("jobs_done", handler=handler.name, count=len(ids))
            return len(ids) == len(job_ids)
        except asyncio.CancelledError:
            await self._give_back(ids, lease)
            raise
        except Exception as error:  # noqa: BLE001 - one of them is to blame, and running each alone finds out
            log.info("jobs_taken_apart", count=len(ids), error=type(error).__name__)
            await self._give_back(ids, lease)
            return False
        finally:
            await _ended(beat)

    async def _perform(self, job: Claimed, lease: UUID) -> None:
        handler = self._handlers.get(job.handler)
        if handler is None:
            raise LookupError(f"no handler named {job.handler}: was it renamed while jobs waited?")
        if isinstance(handler, LongHandler):
            context = JobContext(
                self._database, self._settings, self._keys, job.id, job.handler, job.request_id
            )
            await handler.run(context, job.payload)
            async with self._database.unit(Actor.system(job.handler, job.request_id)) as uow:
                await self._mark_done(uow, [job], lease)
            return
        await self._transact(handler, [job], lease)

    async def _transact(self, handler: Handler, jobs: Sequence[Claimed], lease: UUID) -> None:
        request_id = jobs[0].request_id
        for left in reversed(range(TRIES)):
            try:
                async with self._database.unit(Actor.system(handler.name, request_id)) as uow:
                    if len(jobs) == 1:
                        await handler.run(uow, jobs[0].payload)
                    else:
                        assert handler.together is not None
                        await handler.together(uow, [one.payload for one in jobs])
                    await self._mark_done(uow, jobs, lease)
                return
            except DBAPIError as error:
                if not is_passing(error) or not left:
                    raise
                log.info("job_retried")

    async def _claim(self, job_ids: Sequence[UUID], lease: UUID) -> list[Claimed]:
        async with self._database.unit(Actor.system("runner")) as uow:
            given = {"ids": list(job_ids), "lease": lease, "until": uow.now + LEASE, "now": uow.now}
            rows = (await uow.session.execute(CLAIM, given)).all()
        return [Claimed(row.id, row.handler, row.payload, row.request_id, row.attempts) for row in rows]

    async def _give_back(self, job_ids: Sequence[UUID], lease: UUID) -> None:
        """Interrupted, by a worker that stops or lost its queue: nobody need wait for the lease's end."""
        with suppress(Exception):  # if the database is away it does end
            async with self._database.unit(Actor.system("runner")) as uow:
                await uow.session.execute(GIVEN_BACK, {"ids": list(job_ids), "lease": lease})

    async def _mark_done(self, uow: UnitOfWork, jobs: Sequence[Claimed], lease: UUID) -> None:
        ids = [one.id for one in jobs]
        done = await uow.session.execute(DONE, {"ids": ids, "lease": lease, "now": uow.now})
        if len(done.all()) != len(ids):
            raise LostLease(str(ids[0]))

    async def _keep(self, job_ids: Sequence[UUID], lease: UUID) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            try:
                async with self._database.unit(Actor.system("runner")) as uow:
                    await uow.session.execute(
                        EXTEND, {"ids": list(job_ids), "lease": lease, "until": uow.now + LEASE}
                    )
            except Exception as error:  # noqa: BLE001 - the lease runs out by itself
                log.warning("job_heartbeat_failed", error=type(error).__name__)

    async def _fail(self, job: Claimed, lease: UUID, error: Exception) -> None:
        parked = job.attempts >= MAX_ATTEMPTS
        wait = BACKOFF_SECONDS[min(job.attempts, len(BACKOFF_SECONDS)) - 1]
        log.error("job_parked" if parked else "job_failed", attempts=job.attempts, exc_info=error)
        # a database that went away, and the job with it, is mostly back before the lease has run out
        for _ in range(int(LEASE / NOTE_AGAIN)):
            with suppress(Exception):
                async with self._database.unit(Actor.system("runner")) as uow:
                    await uow.session.execute(
                        FAILED,
                        {
                            "id": job.id,
                            "lease": lease,
                            "state": "parked" if parked else "ready",
                            "next_at": uow.now + timedelta(seconds=wait),
                            "error": type(error).__name__,
                        },
                    )
                return
            await asyncio.sleep(NOTE_AGAIN.total_seconds())


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
