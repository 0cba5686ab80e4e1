"""What phones receive of grids."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from backend.grids import queries
from backend.kernel.projections import Projection
from backend.kernel.uow import UnitOfWork

FIELDS = ("code", "name", "kind", "township", "lon", "lat", "manager_id")


async def _load(uow: UnitOfWork, ids: Sequence[str], projection: str) -> Mapping[str, Sequence[Any]]:
    rows = await queries.grids(uow, [UUID(one) for one in ids])
    return {
        str(row.id): (
            row.code,
            row.name,
            row.kind,
            row.township,
            row.lon,
            row.lat,
            str(row.manager_id) if row.manager_id else None,
        )
        for row in rows
        if row.active
    }


# the same for everybody who holds it: an agent may know where a grid is and whose it is
PROJECTIONS = (Projection("grid", frozenset({"grid", "care"}), {"manager": FIELDS, "agent": FIELDS}, _load),)
