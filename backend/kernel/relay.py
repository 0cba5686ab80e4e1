"""Turns events and schedules into jobs in a table and hands these on; arq only wakes the workers.

While many phones send at once (`crowded`), what can wait does: handlers that are `patient` get no new work
until it has waited for `PATIENCE`. From then on it is done, whoever sends, so nothing starves.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from backend.kernel.actor import Actor
from backend.kernel.bulk import Part, inserting, write
from backend.kernel.ids import uuid7
from backend.kernel.jobs import AnyHandler, Handler, Periodic
from backend.kernel.models import Job
from backend.kernel.uow import Database

HAND_AGAIN = timedelta(seconds=45)
#: how long patient work stands back at most while phones wait for their turn
PATIENCE = timedelta(seconds=120)
#: events that become jobs, and jobs handed on, in one transaction
AT_ONCE = 500

# the patient ones may go on while nobody is crowded, or where they have waited long
WAITING_EVENTS = text(
    "SELECT id, name, payload, request_id, created_at FROM outbox_event WHERE expanded_at IS NULL"
    " AND (NOT :crowded OR created_at < :before OR NOT name = ANY(:patient))"
    " ORDER BY created_at LIMIT :most FOR UPDATE SKIP LOCKED"
)
EXPANDED = "UPDATE outbox_event SET expanded_at = :now WHERE id = ANY(:ids)"
TO_HAND = text(
    "UPDATE job SET handed_at = :now WHERE id IN (SELECT id FROM job WHERE next_at <= :now"
    " AND ((state = 'ready' AND (handed_at IS NULL OR handed_at < :stale))"
    "  OR (state = 'running' AND lease_until < :now))"
    " AND (NOT :crowded OR created_at < :before OR NOT handler = ANY(:patient))"
    " ORDER BY next_at LIMIT :most FOR UPDATE SKIP LOCKED) RETURNING id, attempts, handler"
)
SCHEDULES = text("SELECT name FROM schedule")
DUE_SCHEDULES = text("SELECT name FROM schedule WHERE next_at <= :now FOR UPDATE SKIP LOCKED")
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
        usual = [one for one in handlers if isinstance(one, Handler)]
        self._patient = [one.name for one in usual if one.patient]
        self._patient_events = [
            event for event, names in self._by_event.items() if set(names) <= set(self._patient)
        ]
        self._at_once = {one.name: one.at_once for one in usual if one.together is not None}
        self._periodic = {one.name: one for one in periodic}
        self._queue = ""
        #: what was handed on before went with an earlier queue, or with the worker whose relay this follows
        self._lost_before: datetime | None = None

    async def expand(self, *, crowded: bool = False) -> int:
        """Waiting events → jobs. An event that nobody listens to is simply done. Returns how many events."""
        async with self._database.unit(Actor.system("relay")) as uow:
            given = {
                "crowded": crowded,
                "before": uow.now - PATIENCE,
                "patient": self._patient_events,
                "most": AT_ONCE,
            }
            events = (await uow.session.execute(WAITING_EVENTS, given)).all()
            jobs = [
                {
                    "id": uuid7(),
                    "event_id": event.id,
                    "handler": name,
                    "payload": event.payload,
                    "request_id": event.request_id,
                    "state": "ready",
                    "attempts": 0,
                    # of the event: what has stood back as that does not do so once more as a job
                    "created_at": event.created_at,
                    "next_at": uow.now,
                }
                for event in events
                for name in self._by_event.get(event.name, ())
            ]
            if events:
                done = Part(EXPANDED, {"now": uow.now, "ids": [event.id for event in events]})
                await write(uow.session, [*inserting(Job, jobs, unless_there=True), done])
            return len(events)

    def hand_again(self) -> None:
        """Something that was handed on is lost: the next `take` hands all that waits on again."""
        self._queue = ""

    async def take(self, queue: str = "", *, crowded: bool = False) -> list[list[UUID]]:
        """Jobs to hand to workers now, in sets that one worker may run together; those handed long ago or
        dropped come again. `queue` names the life of the queue they will lie in: in a new one nothing lies
        yet."""
        async with self._database.unit(Actor.system("relay")) as uow:
            stale = uow.now - HAND_AGAIN
            lost_before = uow.now if queue != self._queue else self._lost_before
            if lost_before is not None:
                stale = max(stale, lost_before)
            given = {
                "now": uow.now,
                "stale": stale,
                "crowded": crowded,
                "before": uow.now - PATIENCE,
                "patient": self._patient,
                "most": AT_ONCE,
            }
            rows = (await uow.session.execute(TO_HAND, given)).all()
        self._queue, self._lost_before = queue, lost_before
        sets: dict[str, list[UUID]] = {}
        alone: list[list[UUID]] = []
        for row in rows:
            # one that has failed before must not pull others down with it
            if row.handler in self._at_once and not row.attempts:
                sets.setdefault(row.handler, []).append(row.id)
            else:
                alone.append([row.id])
        for name, ids in sets.items():
            size = self._at_once[name]
            alone += [ids[start : start + size] for start in range(0, len(ids), size)]
        return alone

    async def tick(self) -> int:
        """Raises the periodic events that are due; each due time once, however many relays run."""
        async with self._database.unit(Actor.system("scheduler")) as uow:
            known = set(await uow.session.scalars(SCHEDULES))
            for periodic in self._periodic.values():
                if periodic.name not in known:
                    await uow.session.execute(
                        text(
                            "INSERT INTO schedule (name, next_at) VALUES (:name, :at) ON CONFLICT DO NOTHING"
                        ),
                        {"name": periodic.name, "at": await periodic.next_after(uow)},
                    )
            due = [row.name for row in await uow.session.execute(DUE_SCHEDULES, {"now": uow.now})]
            for name in due:
                raised = self._periodic.get(name)
                if raised is None:
                    continue
                uow.emit(name, {"on": uow.today.isoformat()})
                await uow.session.execute(
                    text("UPDATE schedule SET next_at = :at WHERE name = :name"),
                    {"name": name, "at": await raised.next_after(uow)},
                )
            return len(due)

    async def sweep(self, keep: timedelta = timedelta(days=7)) -> None:
        """Drops finished jobs and their events after `keep`; parked ones stay."""
        async with self._database.unit(Actor.system("sweeper")) as uow:
            await uow.session.execute(SWEEP_JOBS, {"before": uow.now - keep})
            await uow.session.execute(SWEEP_EVENTS, {"before": uow.now - keep})
