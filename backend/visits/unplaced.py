"""Visits logged past the offline limit, where no list could be read: a typed name finds its household."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from backend.customers import api as customers
from backend.grids import api as grids
from backend.kernel.actor import FIELD
from backend.kernel.clock import millis
from backend.kernel.commands import Applied, CommandType, Envelope
from backend.kernel.errors import Problem
from backend.kernel.projections import Projection
from backend.kernel.uow import UnitOfWork
from backend.notify import api as notify
from backend.visits import queries, service
from backend.visits.matching import Asked, Candidate, How, match, patterns, plain
from backend.visits.models import UnplacedVisit, Visit
from backend.visits.schemas import LogUnplaced, LogVisit, PlaceVisit

KIND = "unplaced"
FIELDS = (
    "staff_id",
    "name",
    "place",
    "at",
    "channel",
    "purpose",
    "outcome",
    "needs",
    "wanted_fen",
    "wanted_for",
    "note",
    "lon",
    "lat",
    "accuracy_m",
    "photos",
    "next_on",
    "next_purpose",
    "offered",
)


async def log(uow: UnitOfWork, body: LogUnplaced, envelope: Envelope) -> None:
    """Keeps the visit whole, and places it where one household of the author's is meant beyond doubt.

    Raises Problem `bad_value`, `id_taken`.
    """
    await service.check(uow, body)
    if await queries.id_taken(uow, body.id):
        raise Problem(
            "id_taken", 409, "The id is taken", detail="Another visit has this id.", remedy=service.KEPT
        )
    asked = await _asked(uow, body)
    alike = await customers.resembling(uow, asked.pinyin, patterns(asked.name))
    found = match(asked, [_candidate(one) for one in alike])
    row = UnplacedVisit(
        id=body.id,
        staff_id=envelope.staff_id,
        staff_role=uow.actor.role.value,
        branch_id=uow.actor.branch_id,
        asked=await _managers(uow, envelope.staff_id, uow.today) if found.customer_id is None else [],
        command_id=envelope.command_id,
        installation_id=envelope.installation_id,
        name=body.name.strip(),
        place=body.place.strip(),
        body=msgspec.to_builtins(body),
        offered=list(found.offered),
        at=envelope.at,
        observed_at=envelope.observed_at,
        offset_minutes=envelope.offset_minutes,
        clock_error_s=envelope.clock_error_s,
        received_at=envelope.received_at,
        customer_id=None,
        how=None,
        placed_at=None,
        placed_by=None,
    )
    uow.session.add(row)
    await uow.session.flush()
    uow.audit("visit.log_unplaced", KIND, row.id, {"offered": len(row.offered)})
    if found.customer_id is not None:
        assert found.how is not None
        await _attach(uow, row, found.customer_id, found.how)
        return
    _touch(uow, row)
    for person in [row.staff_id, *row.asked]:
        await _tell(uow, row, person)


async def place(uow: UnitOfWork, body: PlaceVisit, _envelope: Envelope) -> None:
    """A person says which household it was: the author, a manager of the author's grids, a head.

    Raises Problem `out_of_scope` (visit or household), `conflict_state` where another household was picked.
    """
    row = await uow.session.scalar(
        select(UnplacedVisit)
        .where(UnplacedVisit.id == body.visit_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise customers.out_of_scope("This visit")
    if row.customer_id == body.customer_id:
        return  # two people picked the same one
    if row.customer_id is not None:
        raise Problem(
            "conflict_state",
            409,
            "The visit has its household",
            detail="Somebody else has picked another household for this visit.",
            remedy=service.KEPT,
        )
    await _attach(uow, row, body.customer_id, How.person)


async def _attach(uow: UnitOfWork, row: UnplacedVisit, customer_id: UUID, how: How) -> Visit:
    """The visit in its household, in its author's name and of its own time; its author's task follows."""
    await customers.lock(uow, customer_id)
    kept = {name: value for name, value in row.body.items() if name not in ("name", "place")}
    body = msgspec.convert(kept | {"customer_id": str(customer_id)}, LogVisit)
    envelope = Envelope(
        command_id=row.command_id,
        installation_id=row.installation_id,
        staff_id=row.staff_id,
        at=row.at,
        observed_at=row.observed_at,
        offset_minutes=row.offset_minutes,
        received_at=row.received_at,
        clock_error_s=int(row.clock_error_s),
    )
    async with uow.elevated("the actor holds the household; the visit is its author's, whoever places it"):
        visit = await service.log(uow, body, envelope, staff_role=row.staff_role)
    row.customer_id, row.how = customer_id, how.value
    row.placed_at, row.placed_by = uow.now, uow.actor.require_staff()
    await uow.session.flush()
    uow.audit("visit.place", KIND, row.id, {"customer": str(customer_id), "how": how.value})
    _touch(uow, row)
    uow.emit("visits.placed", {"visit_id": str(visit.id)})
    return visit


def _touch(uow: UnitOfWork, row: UnplacedVisit) -> None:
    books = [f"staff:{one}" for one in (row.staff_id, *row.asked)]
    if row.branch_id is not None:
        books.append(f"team:{row.branch_id}")
    uow.touch_all(books, KIND, row.id, gone=row.customer_id is not None)


async def _asked(uow: UnitOfWork, body: LogUnplaced) -> Asked:
    name = plain(body.name)
    limits = await service.limits_in_force(uow)
    point = (body.point.lon, body.point.lat) if body.point else None
    return Asked(name, customers.pinyin_of(name)[0], body.place, point, limits.distance_m)


def _candidate(row: Any) -> Candidate:
    return Candidate(row.id, (row.name, *row.people), row.pinyin, row.place, row.lon, row.lat)


async def _managers(uow: UnitOfWork, author: UUID, on: date) -> list[UUID]:
    """Who manages now the grids that the author held on the day `on`, the author left out."""
    found = [await grids.facts(uow, one) for one in await grids.held_on(uow, author, on)]
    return sorted({one.manager_id for one in found if one and one.manager_id} - {author})


async def follow_people(uow: UnitOfWork, grid_id: UUID) -> None:
    """A grid's people changed: who manages it now is asked for the households of the visits that wait, and
    who did before keeps nothing of them. Job only."""
    authors = {one.staff_id for one in await grids.history(uow, grid_id)}
    waiting = await uow.session.scalars(
        select(UnplacedVisit)
        .where(UnplacedVisit.customer_id.is_(None), UnplacedVisit.staff_id.in_(authors))
        .order_by(UnplacedVisit.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for row in waiting:
        before = set(row.asked)
        asked = await _managers(uow, row.staff_id, uow.clock.local(row.received_at).date())
        if before == set(asked):
            continue
        row.asked = asked
        await uow.session.flush()
        uow.audit("visit.asked", KIND, row.id, {"before": len(before), "now": len(asked)})
        for person in before - set(asked):
            uow.touch(f"staff:{person}", KIND, row.id, gone=True)
        for person in set(asked) - before:
            uow.touch(f"staff:{person}", KIND, row.id)
            await _tell(uow, row, person)


async def _tell(uow: UnitOfWork, row: UnplacedVisit, person: UUID) -> None:
    await notify.send(
        uow, person, "visit_unplaced", {"visit_id": str(row.id)}, dedupe=f"unplaced:{row.id}:{person}"
    )


async def apply_log(uow: UnitOfWork, body: LogUnplaced, envelope: Envelope) -> Applied:
    """`visit.log_unplaced`."""
    await log(uow, body, envelope)
    return Applied()


async def apply_place(uow: UnitOfWork, body: PlaceVisit, envelope: Envelope) -> Applied:
    """`visit.place`; a household that became part of another stands for that one."""

    async def apply(given: PlaceVisit) -> Applied:
        await place(uow, given, envelope)
        return Applied()

    return await customers.follow(uow, body, apply)


async def load(uow: UnitOfWork, ids: Sequence[str], _projection: str) -> Mapping[str, Sequence[Any]]:
    """Visits that still wait for their household, for those who may pick it."""
    rows = await uow.session.scalars(
        select(UnplacedVisit).where(
            UnplacedVisit.id.in_([UUID(one) for one in ids]), UnplacedVisit.customer_id.is_(None)
        )
    )
    return {str(row.id): _values(row) for row in rows}


def _values(row: UnplacedVisit) -> list[Any]:
    body = msgspec.convert(row.body, LogUnplaced)
    point = body.point
    return [
        str(row.staff_id),
        row.name,
        row.place,
        millis(row.observed_at),
        body.channel,
        body.purpose,
        body.outcome,
        body.needs,
        body.wanted_fen,
        body.wanted_for,
        body.note,
        point.lon if point else None,
        point.lat if point else None,
        round(point.accuracy_m) if point else None,
        len(body.photos),
        body.next_on.isoformat() if body.next_on else None,
        body.next_purpose,
        [str(one) for one in row.offered],
    ]


COMMANDS = (
    CommandType("visit.log_unplaced", {1: LogUnplaced}, FIELD, apply_log),
    CommandType("visit.place", {1: PlaceVisit}, FIELD, apply_place),
)
PROJECTIONS = (
    Projection(KIND, frozenset({"staff", "team"}), {"staff": FIELDS, "agent": FIELDS, "head": FIELDS}, load),
)
