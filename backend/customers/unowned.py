"""What waits for a word about a household that nobody looks after lies in its branch's team partition.

The heads are told of it, and their phones hold no household of the branch: the row itself says whose it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from backend.customers.models import Customer, CustomerDispute, CustomerSuggestion
from backend.grids import api as grids
from backend.kernel.models import SyncChange
from backend.kernel.projections import Load, Projection, online
from backend.kernel.uow import UnitOfWork

KINDS: Mapping[str, type[CustomerSuggestion] | type[CustomerDispute]] = {
    "suggestion": CustomerSuggestion,
    "dispute": CustomerDispute,
}
#: the projection of a team's partition, and what a row says there beside the rest
HEAD, NAME = "head", "customer_name"

Key = tuple[str, str]


async def regroup(uow: UnitOfWork, customer_ids: Iterable[UUID]) -> None:
    """Open suggestions and disputes lie with the heads while nobody else looks after their household.

    To be called after what opens or closes one, or changes who looks after a household or where it lies.
    """
    async with uow.elevated("where a row lies follows from who looks after the household"):
        rows = await _rows(uow, list(customer_ids))
        if not rows:
            return
        held = await _held(uow, rows)
        wanted = {
            key: f"team:{row.branch_id}"
            for key, row in rows.items()
            if row.state == "open" and row.status == "active" and await _alone(uow, row)
        }
    for book, key in held:
        if wanted.get(key) != book:
            books = rows[key].books
            uow.touch(book, *key, gone=True, moved_to=books[0] if books else None)
    for key, book in sorted(wanted.items()):
        # also where it lies there already: a further value may have come in
        uow.touch(book, *key)


async def moved(uow: UnitOfWork, customer: Customer, kind: str, row_id: UUID) -> None:
    """A suggestion or dispute about the customer opened, changed or closed."""
    uow.touch_all(customer.books, kind, row_id)
    await regroup(uow, [customer.id])


async def of_grid(uow: UnitOfWork, grid_id: UUID) -> None:
    """`regroup` for the households of a grid. Job only."""
    about: set[UUID] = set()
    for model in KINDS.values():
        found = await uow.session.scalars(
            select(model.customer_id)
            .join(Customer, Customer.id == model.customer_id)
            .where(Customer.grid_id == grid_id, model.state == "open")
        )
        about |= set(found)
    await regroup(uow, sorted(about))


def projection(kind: str, fields: tuple[str, ...], load: Load) -> Projection:
    """Who receives such rows, and as what: those who look after the household, or its branch's heads."""
    model = KINDS[kind]

    async def ids_of(uow: UnitOfWork, customer_id: UUID) -> Sequence[str]:
        rows = select(model.id).where(model.customer_id == customer_id).order_by(model.id)
        return [str(one) for one in await uow.session.scalars(rows)]

    return Projection(
        kind,
        frozenset({"grid", "care", "team"}),
        {"manager": fields, HEAD: (*fields, NAME)},
        load,
        sort="customer_id",
        online=online(fields, ids_of, load),
    )


async def names(uow: UnitOfWork, customer_ids: Iterable[UUID], projection: str) -> Mapping[UUID, str] | None:
    """What the households are called, for a projection whose phones do not hold them; None for others."""
    if projection != HEAD:
        return None
    rows = await uow.session.execute(
        select(Customer.id, Customer.name).where(Customer.id.in_(list(customer_ids)))
    )
    return {row.id: row.name for row in rows}


def named(values: list[Any], customer_id: UUID, known: Mapping[UUID, str] | None) -> list[Any]:
    """A row's values with its household's name behind them, where that is wanted."""
    return values if known is None else [*values, known.get(customer_id, "")]


async def _rows(uow: UnitOfWork, customer_ids: Sequence[UUID]) -> dict[Key, Any]:
    found: dict[Key, Any] = {}
    for kind, model in KINDS.items():
        rows = await uow.session.execute(
            select(
                model.id,
                model.state,
                Customer.owner_id,
                Customer.grid_id,
                Customer.branch_id,
                Customer.status,
                Customer.books,
            )
            .join(Customer, Customer.id == model.customer_id)
            .where(model.customer_id.in_(customer_ids))
        )
        found |= {(kind, str(row.id)): row for row in rows}
    return found


async def _alone(uow: UnitOfWork, row: Row[Any]) -> bool:
    if row.owner_id is not None:
        return False
    ground = await grids.facts_anywhere(uow, row.grid_id) if row.grid_id else None
    return ground is None or ground.manager_id is None


async def _held(uow: UnitOfWork, rows: Iterable[Key]) -> list[tuple[str, Key]]:
    """In which teams' partitions the rows lie now."""
    found = await uow.session.execute(
        select(SyncChange.book, SyncChange.kind, SyncChange.row_id)
        .where(
            SyncChange.row_id.in_([row_id for _, row_id in rows]),
            SyncChange.kind.in_(list(KINDS)),
            SyncChange.book.startswith("team:"),
            SyncChange.gone.is_(False),
        )
        .order_by(SyncChange.book, SyncChange.kind, SyncChange.row_id)
    )
    return [(row.book, (row.kind, row.row_id)) for row in found]
