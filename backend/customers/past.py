"""Where a customer lay before, and whose it was."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from backend.customers.models import Customer, CustomerPast
from backend.kernel.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class Home:
    """A customer's place: its grid, owner and branch. `until` is None for the present one."""

    grid_id: UUID | None
    owner_id: UUID | None
    branch_id: UUID
    until: datetime | None


async def homes(uow: UnitOfWork, customer_id: UUID, since: datetime) -> list[Home]:
    """The customer's places that ended after `since`, and first the present one; [] if there is none such.

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
