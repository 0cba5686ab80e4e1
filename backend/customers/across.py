"""People of two branches who may be one (decision 0030): what a head is told of the other branch's.

They become one within one branch: a head hands the household over (`customer.move`), and where both lie then
it is decided as ever.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from backend.customers.schemas import AcrossPeople
from backend.kernel.uow import UnitOfWork

#: households shown at once, the likeliest first
MOST = 100

# row security shows a pair to nobody who does not see both; the function answers a head, and little
_ACROSS = text("SELECT * FROM customers_pairs_across()")
_IS_ACROSS = text(
    "SELECT EXISTS (SELECT 1 FROM customers_pairs_across() WHERE person_id = :here AND other_id = :there)"
)


async def groups(uow: UnitOfWork) -> list[list[Any]]:
    """Rows of the function by the two households, the likeliest first; none but for a head."""
    if not uow.actor.is_head:
        return []
    found: dict[tuple[UUID, UUID], list[Any]] = {}
    for row in (await uow.session.execute(_ACROSS)).all():
        key = (row.customer_id, row.other_customer_id)
        if key in found or len(found) < MOST:
            found.setdefault(key, []).append(row)
    return list(found.values())


def people(row: Any) -> AcrossPeople:
    """Without the households."""
    return AcrossPeople(
        row.person_id,
        row.name,
        row.born,
        row.other_id,
        row.other_name,
        row.other_born,
        row.other_numbered,
        row.per_mille,
        row.reasons,
    )


async def waits(uow: UnitOfWork, here: UUID, there: UUID) -> bool:
    """Whether the actor is asked, as a head, if somebody of theirs is somebody of another branch."""
    given = {"here": here, "there": there}
    return uow.actor.is_head and bool(await uow.session.scalar(_IS_ACROSS, given))
