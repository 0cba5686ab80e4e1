"""Reads of visits, under the actor's row security."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select, update

from backend.kernel.bulk import Part, look
from backend.kernel.models import SyncChange
from backend.kernel.uow import UnitOfWork
from backend.visits.models import UnplacedVisit, Visit, VisitPhoto, VisitSupplement
from backend.visits.rules import Fixed

_OfVisit = TypeVar("_OfVisit", VisitPhoto, VisitSupplement)


async def visits(uow: UnitOfWork, ids: Sequence[UUID]) -> list[Visit]:
    """Visits by id."""
    return list(await uow.session.scalars(select(Visit).where(Visit.id.in_(ids))))


async def made_by_actor(uow: UnitOfWork, ids: Sequence[str]) -> set[str]:
    """Those of the visits that the actor made."""
    mine = Visit.id.in_([UUID(one) for one in ids]), Visit.staff_id == uow.actor.require_staff()
    return {str(one) for one in await uow.session.scalars(select(Visit.id).where(*mine))}


async def id_taken(uow: UnitOfWork, visit_id: UUID) -> bool:
    """Whether a visit has this id, placed or not, whosever it is."""
    async with uow.elevated("an id is taken whoever took it; nothing else is answered"):
        for table in (Visit, UnplacedVisit):
            if await uow.session.get(table, visit_id) is not None:
                return True
    return False


async def supplements_of(uow: UnitOfWork, ids: Sequence[UUID]) -> dict[UUID, list[VisitSupplement]]:
    """What was added later, per visit, oldest first."""
    rows = await uow.session.scalars(
        select(VisitSupplement)
        .where(VisitSupplement.visit_id.in_(ids))
        .order_by(VisitSupplement.at, VisitSupplement.id)
    )
    return _by_visit(rows)


async def supplement_taken(uow: UnitOfWork, supplement_id: UUID) -> bool:
    """Whether an addition has this id, whosever it is."""
    async with uow.elevated("an id is taken whoever took it; nothing else is answered"):
        return await uow.session.get(VisitSupplement, supplement_id) is not None


async def photos_of(uow: UnitOfWork, ids: Sequence[UUID]) -> dict[UUID, list[VisitPhoto]]:
    """Photos per visit, in their order."""
    rows = await uow.session.scalars(
        select(VisitPhoto)
        .where(VisitPhoto.visit_id.in_(ids))
        .order_by(VisitPhoto.visit_id, VisitPhoto.position)
    )
    return _by_visit(rows)


def _by_visit(rows: Iterable[_OfVisit]) -> dict[UUID, list[_OfVisit]]:
    found: dict[UUID, list[_OfVisit]] = {}
    for row in rows:
        found.setdefault(row.visit_id, []).append(row)
    return found


async def visited(uow: UnitOfWork, staff_id: UUID, since: datetime, until: datetime) -> list[Fixed]:
    """What a person logged on site between two instants, oldest first."""
    return visited_in(await look(uow.session, visited_part(staff_id, since, until)))


VISITED = (
    "SELECT array_agg(at ORDER BY at, id) AS visited_at, array_agg(id ORDER BY at, id) AS visited_ids,"
    " array_agg(customer_id ORDER BY at, id) AS visited, array_agg(lon ORDER BY at, id) AS visited_lon,"
    " array_agg(lat ORDER BY at, id) AS visited_lat, array_agg(accuracy_m ORDER BY at, id) AS visited_within"
    " FROM visit WHERE staff_id = :staff AND channel = 'onsite' AND at BETWEEN :since AND :until"
)
TAKEN = "SELECT array_agg(id) AS taken FROM visit WHERE id = ANY(CAST(:ids AS uuid[]))"


def visited_part(staff_id: UUID, since: datetime, until: datetime) -> Part:
    """What asks, together with other things, what a person logged on site between two instants."""
    return Part(VISITED, {"staff": staff_id, "since": since, "until": until})


def visited_in(row: Any) -> list[Fixed]:
    """The visits, oldest first, from a row that `visited_part` was asked for."""
    columns = (row.visited_at, row.visited_ids, row.visited, row.visited_lon, row.visited_lat)
    rows = zip(*(one or () for one in columns), row.visited_within or (), strict=True)
    return [
        Fixed(at, visit_id, customer_id, None if lon is None else (lon, lat), within or 0)
        for at, visit_id, customer_id, lon, lat, within in rows
    ]


def taken_part(ids: Sequence[UUID]) -> Part:
    """What asks, together with other things, which of `ids` visits have already (the row's `taken`)."""
    return Part(TAKEN, {"ids": list(ids)})


async def naming_file(uow: UnitOfWork, file_hash: str) -> list[Visit]:
    """Visits that name a photo."""
    return list(
        await uow.session.scalars(
            select(Visit)
            .join(VisitPhoto, VisitPhoto.visit_id == Visit.id)
            .where(VisitPhoto.file_hash == file_hash)
        )
    )


async def of_customer(uow: UnitOfWork, customer_id: UUID) -> Sequence[UUID]:
    """The ids of a customer's visits."""
    return (await uow.session.scalars(select(Visit.id).where(Visit.customer_id == customer_id))).all()


async def books_of_rows(uow: UnitOfWork, kind: str, ids: Sequence[str]) -> dict[str, set[str]]:
    """The partitions in which rows of a kind lie now, by id."""
    rows = await uow.session.execute(
        select(SyncChange.row_id, SyncChange.book).where(
            SyncChange.kind == kind, SyncChange.row_id.in_(ids), SyncChange.gone.is_(False)
        )
    )
    found: dict[str, set[str]] = {}
    for row_id, book in rows:
        found.setdefault(row_id, set()).add(book)
    return found


async def hand_over(uow: UnitOfWork, old: UUID, new: UUID, only: Sequence[UUID] | None) -> list[UUID]:
    """Gives the visits of one customer (`only` those, where given) to another. Returns their ids."""
    which = [Visit.customer_id == old] + ([Visit.id.in_(only)] if only is not None else [])
    moved = await uow.session.scalars(
        update(Visit)
        .where(*which)
        .values(customer_id=new)
        .returning(Visit.id)
        .execution_options(synchronize_session=False)
    )
    return list(moved)
