"""What phones receive of the bank's own knowledge: `standing`. Agents do not subscribe to it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from backend.banking.queries import standing
from backend.customers import api as customers
from backend.kernel.projections import Projection, online
from backend.kernel.uow import UnitOfWork

FIELDS = (
    "deposits_fen",
    "year_average_fen",
    "loans_fen",
    "granted_fen",
    "overdue_days",
    "next_due_on",
    "products",
    "flow_in_fen",
    "as_of",
    "open_holders",
    "closed_holders",
    "province_grade",
    "province_limit_fen",
    "province_on",
)


async def load_standing(uow: UnitOfWork, ids: Sequence[str], _projection: str) -> Mapping[str, Sequence[Any]]:
    """One row per customer."""
    return {
        str(row.id): [
            row.deposits_fen,
            row.year_average_fen,
            row.loans_fen,
            row.granted_fen,
            row.overdue_days,
            row.next_due.isoformat() if row.next_due else None,
            list(row.products),
            row.flow_in_fen,
            row.as_of.isoformat() if row.as_of else None,
            row.open_holders,
            row.closed_holders,
            row.province_grade,
            row.province_limit_fen,
            row.province_on.isoformat() if row.province_on else None,
        ]
        for row in await standing(uow, [UUID(one) for one in ids])
    }


async def _known(uow: UnitOfWork, customer_id: UUID) -> Sequence[str]:
    """Nothing of whom the bank's systems do not know, as phones have it."""
    return [str(customer_id)] if await customers.has_dealings(uow, customer_id) else []


PROJECTIONS = (
    Projection(
        "standing",
        frozenset({"grid", "care"}),
        {"manager": FIELDS},
        load_standing,
        online=online(FIELDS, _known, load_standing),
    ),
)
