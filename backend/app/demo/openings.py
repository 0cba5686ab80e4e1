"""Opportunities on the day the county goes live: raised by the product's own rules from what holds then.

Only in the first branch, where the demo people work, the most urgent one of a customer, and only where its
event is pressing: as many as a branch could see to in some weeks, not all that ever held anywhere.
"""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import text

from backend.kernel.uow import UnitOfWork
from backend.opportunities import api as opportunities

Report = Callable[[str, int, int], None]

#: priorities from 1 to 5: these are pressing
PRESSING = 2
#: one customer in so many is looked at: what a branch can see to in some weeks, however rich the catalogue
EVERY = 3
_AT_ONCE = 500
_CUSTOMERS = text("SELECT id FROM customer WHERE branch_id = :branch AND status = 'active' ORDER BY id")


async def raise_some(uow: UnitOfWork, branch_id: UUID, report: Report) -> None:
    """Raises what is pressing with every third of the branch's customers, one for each."""
    ids = list(await uow.session.scalars(_CUSTOMERS, {"branch": branch_id}))[::EVERY]
    for start in range(0, len(ids), _AT_ONCE):
        report("opportunities", start, len(ids))
        await opportunities.raise_standing(uow, ids[start : start + _AT_ONCE], PRESSING)
    report("opportunities", len(ids), len(ids))
