"""What each role's phone receives of visits. Row security leaves an agent their own."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from backend.kernel.projections import Projection, online
from backend.kernel.uow import UnitOfWork
from backend.visits import queries
from backend.visits.rows import FIELDS, visit_rows


async def load_visits(uow: UnitOfWork, ids: Sequence[str], _projection: str) -> Mapping[str, Sequence[Any]]:
    """Visits with their photos and which of those have arrived."""
    return await visit_rows(uow, ids)


async def _ids_of(uow: UnitOfWork, customer_id: UUID) -> Sequence[str]:
    return [str(one) for one in await queries.of_customer(uow, customer_id)]


PROJECTIONS = (
    Projection(
        "visit",
        frozenset({"grid", "care"}),
        {"manager": FIELDS, "agent": FIELDS},
        load_visits,
        sort="customer_id",
        recorded=queries.made_by_actor,
        online=online(FIELDS, _ids_of, load_visits),
    ),
)
