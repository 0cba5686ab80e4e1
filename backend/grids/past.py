"""Until when a person held a grid, by the bank's own record."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import select

from backend.grids.models import GridAssignment
from backend.kernel.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class Held:
    """A person held a grid from a bank day on; `until` is None while they still do."""

    grid_id: UUID
    from_on: date
    until: datetime | None


async def held(uow: UnitOfWork, staff_id: UUID, grid_ids: Iterable[UUID]) -> list[Held]:
    """What `staff_id` held or holds of these grids, whichever the duty, in no promised order."""
    rows = await uow.session.scalars(
        select(GridAssignment).where(
            GridAssignment.staff_id == staff_id, GridAssignment.grid_id.in_(list(grid_ids))
        )
    )
    return [Held(row.grid_id, row.from_on, _until(uow, row)) for row in rows]


def _until(uow: UnitOfWork, row: GridAssignment) -> datetime | None:
    if row.to_on is None or row.to_on > uow.today:
        return None
    # an assignment that was given for a time ends with its last day, long after that day was written down
    midnight = datetime.combine(row.to_on, time(), uow.clock.zone)
    return max(midnight, row.ended_at) if row.ended_at else midnight
