"""Reads of grids and assignments.

Each is held to `visible_to`; row-level security holds the same line again.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, true

from backend.grids.models import Grid, GridAssignment
from backend.grids.rules import Duty, GridKind
from backend.grids.schemas import Assignment, GridFacts
from backend.kernel.actor import HEADS, Actor, Role
from backend.kernel.uow import UnitOfWork


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The grids that `actor` may see: an agent the assigned ones, branch staff the branch's too, the bank's
    staff all.
    """
    if actor.role is Role.agent:
        return Grid.id.in_(actor.grid_ids)
    if actor.role is Role.manager or actor.role in HEADS:
        branches = set(actor.branch_ids) | ({actor.branch_id} if actor.branch_id else set())
        return or_(Grid.id.in_(actor.grid_ids), Grid.branch_id.in_(branches))
    return true()


async def grid(uow: UnitOfWork, grid_id: UUID, *, lock: bool = False) -> Grid | None:
    """One grid, or None where it does not exist or may not be seen.

    `lock`: held until the transaction ends.
    """
    query = select(Grid).where(Grid.id == grid_id, visible_to(uow.actor))
    if lock:
        # what an earlier read left in the session may be older than the lock
        query = query.with_for_update().execution_options(populate_existing=True)
    return await uow.session.scalar(query)


async def any_grid(uow: UnitOfWork, grid_id: UUID) -> Grid | None:
    """One grid of the bank, whoever asks."""
    return await uow.session.scalar(select(Grid).where(Grid.id == grid_id))


async def facts_by_code(uow: UnitOfWork, code: str) -> GridFacts | None:
    """The grid with this code, or None where it does not exist or may not be seen."""
    row = await uow.session.scalar(select(Grid).where(Grid.code == code, visible_to(uow.actor)))
    return facts_of(row) if row is not None else None


async def grids(uow: UnitOfWork, ids: Iterable[UUID]) -> list[Grid]:
    """The grids of `ids` that may be seen, in no promised order."""
    rows = await uow.session.scalars(select(Grid).where(Grid.id.in_(list(ids)), visible_to(uow.actor)))
    return list(rows)


async def active_facts(uow: UnitOfWork, branch_id: UUID | None = None) -> list[GridFacts]:
    """The active grids that may be seen (of one branch), by code."""
    query = select(Grid).where(Grid.active, visible_to(uow.actor)).order_by(Grid.code)
    if branch_id is not None:
        query = query.where(Grid.branch_id == branch_id)
    return [facts_of(row) for row in await uow.session.scalars(query)]


async def active_outlines(uow: UnitOfWork) -> Sequence[tuple[UUID, bytes]]:
    """Id and WKB outline (WGS-84) of the active grids that may be seen, by code."""
    rows = await uow.session.execute(
        select(Grid.id, Grid.outline_wkb).where(Grid.active, visible_to(uow.actor)).order_by(Grid.code)
    )
    return [(grid_id, outline) for grid_id, outline in rows]


async def outlines(uow: UnitOfWork, ids: Iterable[UUID]) -> dict[UUID, bytes]:
    """WKB outline (WGS-84) of those grids of `ids` that may be seen."""
    rows = await uow.session.execute(
        select(Grid.id, Grid.outline_wkb).where(Grid.id.in_(list(ids)), visible_to(uow.actor))
    )
    return {row.id: row.outline_wkb for row in rows}


async def by_code(uow: UnitOfWork, codes: Iterable[str]) -> dict[str, Grid]:
    """The grids with these codes, locked in the order of their codes until the transaction ends."""
    rows = await uow.session.scalars(
        select(Grid)
        .where(Grid.code.in_(list(codes)), visible_to(uow.actor))
        .order_by(Grid.code)
        .with_for_update()
    )
    return {row.code: row for row in rows}


async def active_of_branches(uow: UnitOfWork, branch_ids: Iterable[UUID]) -> list[Grid]:
    """The active grids of these branches, by code, locked until the transaction ends."""
    rows = await uow.session.scalars(
        select(Grid)
        .where(Grid.active, Grid.branch_id.in_(list(branch_ids)), visible_to(uow.actor))
        .order_by(Grid.code)
        .with_for_update()
    )
    return list(rows)


async def holders(
    uow: UnitOfWork, grid_id: UUID, on: date, *, duty: Duty | None = None
) -> list[GridAssignment]:
    """The assignments of a grid in force on the day `on`, by duty and start."""
    query = (
        select(GridAssignment)
        .join(Grid, Grid.id == GridAssignment.grid_id)
        .where(GridAssignment.grid_id == grid_id, _in_force(on), visible_to(uow.actor))
        .order_by(GridAssignment.duty, GridAssignment.from_on, GridAssignment.id)
    )
    if duty is not None:
        query = query.where(GridAssignment.duty == duty.value)
    return list(await uow.session.scalars(query))


async def agents(uow: UnitOfWork, grid_ids: Iterable[UUID], on: date) -> dict[UUID, list[UUID]]:
    """Who holds grids as their agents on the day `on`."""
    rows = await uow.session.execute(
        select(GridAssignment.grid_id, GridAssignment.staff_id)
        .where(
            GridAssignment.grid_id.in_(list(grid_ids)),
            GridAssignment.duty == Duty.agent.value,
            _in_force(on),
        )
        .order_by(GridAssignment.grid_id, GridAssignment.from_on, GridAssignment.staff_id)
    )
    found: dict[UUID, list[UUID]] = {}
    for row in rows:
        found.setdefault(row.grid_id, []).append(row.staff_id)
    return found


async def history(uow: UnitOfWork, grid_id: UUID) -> list[Assignment]:
    """Everybody who ever held the grid, oldest first."""
    rows = await uow.session.scalars(
        select(GridAssignment)
        .join(Grid, Grid.id == GridAssignment.grid_id)
        .where(GridAssignment.grid_id == grid_id, visible_to(uow.actor))
        .order_by(GridAssignment.from_on, GridAssignment.id)
    )
    return [assignment_of(row) for row in rows]


async def assigned_grids(uow: UnitOfWork, staff_id: UUID, on: date) -> list[Assignment]:
    """What `staff_id` holds on the day `on`, of active grids that may be seen, by grid code."""
    rows = await uow.session.scalars(
        select(GridAssignment)
        .join(Grid, Grid.id == GridAssignment.grid_id)
        .where(GridAssignment.staff_id == staff_id, _in_force(on), Grid.active, visible_to(uow.actor))
        .order_by(Grid.code, GridAssignment.duty)
    )
    return [assignment_of(row) for row in rows]


async def held_on(uow: UnitOfWork, staff_id: UUID, on: date) -> list[UUID]:
    """The grids that a person held at some hour of the day `on`, in order."""
    rows = await uow.session.scalars(
        select(GridAssignment.grid_id)
        .join(Grid, Grid.id == GridAssignment.grid_id)
        .where(
            GridAssignment.staff_id == staff_id,
            GridAssignment.from_on <= on,
            or_(GridAssignment.to_on.is_(None), GridAssignment.to_on >= on),
            Grid.active,
            visible_to(uow.actor),
        )
        .distinct()
        .order_by(GridAssignment.grid_id)
    )
    return list(rows)


def facts_of(row: Grid) -> GridFacts:
    """What other domains see of a row."""
    return GridFacts(
        id=row.id,
        code=row.code,
        name=row.name,
        kind=GridKind(row.kind),
        township=row.township,
        branch_id=row.branch_id,
        manager_id=row.manager_id,
        lon=row.lon,
        lat=row.lat,
        active=row.active,
    )


def assignment_of(row: GridAssignment) -> Assignment:
    """An assignment as a value."""
    return Assignment(row.grid_id, row.staff_id, Duty(row.duty), row.from_on, row.to_on)


def _in_force(on: date) -> ColumnElement[bool]:
    return (GridAssignment.from_on <= on) & or_(GridAssignment.to_on.is_(None), GridAssignment.to_on > on)


async def covers(uow: UnitOfWork, grid_id: UUID) -> list[GridAssignment]:
    """Stand-ins of a grid that are not over, by their first day."""
    rows = await uow.session.scalars(
        select(GridAssignment)
        .where(
            GridAssignment.grid_id == grid_id,
            GridAssignment.duty == Duty.stand_in.value,
            GridAssignment.to_on > uow.today,
        )
        .order_by(GridAssignment.from_on, GridAssignment.id)
    )
    return list(rows)


async def turned_covers(uow: UnitOfWork) -> list[UUID]:
    """Grids where a stand-in began or ended in the last days; some, because a worker may have been away."""
    since = uow.today - timedelta(days=7)
    rows = await uow.session.scalars(
        select(GridAssignment.grid_id)
        .where(
            GridAssignment.duty == Duty.stand_in.value,
            or_(
                GridAssignment.from_on.between(since, uow.today),
                GridAssignment.to_on.between(since, uow.today),
            ),
        )
        .distinct()
        .order_by(GridAssignment.grid_id)
    )
    return list(rows)
