"""Where a customer lay before, and whose it was."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from backend.customers.models import Customer, CustomerMove, CustomerPast
from backend.kernel.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class Home:
    """A customer's place: its grid, owner and branch. `until` is None for the present one."""

    grid_id: UUID | None
    owner_id: UUID | None
    branch_id: UUID
    until: datetime | None


async def lineage(uow: UnitOfWork, customer_id: UUID) -> list[tuple[UUID, datetime | None]]:
    """The household, and those that it became part of, each with when that was (None: it is one of its own).

    Needs the system's sight.
    """
    found: list[tuple[UUID, datetime | None]] = []
    while True:
        row = (
            await uow.session.execute(
                select(CustomerMove.other_id, CustomerMove.moved_at).where(
                    CustomerMove.customer_id == customer_id,
                    CustomerMove.kind == "merge",
                    CustomerMove.undone_at.is_(None),
                )
            )
        ).one_or_none()
        found.append((customer_id, row.moved_at if row is not None else None))
        if row is None:
            return found
        customer_id = row.other_id


async def parts_of(uow: UnitOfWork, customer_id: UUID) -> set[UUID]:
    """The households that became part of this one, and those that had become part of them. Needs the system's
    sight."""
    found: set[UUID] = set()
    fresh = {customer_id}
    while fresh:
        rows = await uow.session.scalars(
            select(CustomerMove.customer_id).where(
                CustomerMove.other_id.in_(fresh),
                CustomerMove.kind == "merge",
                CustomerMove.undone_at.is_(None),
            )
        )
        fresh = set(rows) - found - {customer_id}
        found |= fresh
    return found


async def homes(uow: UnitOfWork, customer_id: UUID, since: datetime) -> list[Home]:
    """The customer's places that ended after `since`, and first the present one; [] if there is none such.

    What a household left behind when it became part of another is its present place still: see `lineage`.
    Needs the system's sight.
    """
    now = (
        await uow.session.execute(
            select(Customer.grid_id, Customer.owner_id, Customer.branch_id).where(Customer.id == customer_id)
        )
    ).one_or_none()
    if now is None:
        return []
    before = await uow.session.execute(
        select(CustomerPast.grid_id, CustomerPast.owner_id, CustomerPast.branch_id, CustomerPast.ended_at)
        .where(CustomerPast.customer_id == customer_id, CustomerPast.ended_at > since)
        .order_by(CustomerPast.ended_at.desc())
    )
    return [Home(*now, None), *(Home(*row) for row in before)]
