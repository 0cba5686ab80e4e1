"""What phones receive of grids."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from backend.grids import queries
from backend.kernel.projections import Projection
from backend.kernel.uow import UnitOfWork

FIELDS = ("code", "name", "kind", "township", "lon", "lat", "manager_id", "agent_ids")


async def _load(uow: UnitOfWork, ids: Sequence[str], projection: str) -> Mapping[str, Sequence[Any]]:
    rows = await queries.grids(uow, [UUID(one) for one in ids])
    agents = await queries.agents(uow, [row.id for row in rows], uow.today)
    return {
        str(row.id): (
            row.code,
            row.name,
            row.kind,
            row.township,
            row.lon,
            row.lat,
            str(row.manager_id) if row.manager_id else None,
            [str(one) for one in agents.get(row.id, ())],
        )
        for row in rows
        if row.active
    }


# the same for everybody who holds it: an agent may know where a grid is and whose it is
PROJECTIONS = (Projection("grid", frozenset({"grid", "care"}), {"manager": FIELDS, "agent": FIELDS}, _load),)
