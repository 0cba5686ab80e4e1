"""Handlers of customers."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from backend.customers import owners
from backend.grids import api as grids
from backend.kernel.uow import UnitOfWork


async def on_grid_assigned(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`grids.assigned` {grid_id, staff_id, duty, to_on, ended}: a new manager owns what the one before
    owned."""
    if payload["duty"] == "responsible" and payload["to_on"] is None:
        grid_id = UUID(payload["grid_id"])
        before = [UUID(one) for one in payload["ended"]] or await _last_responsible(uow, grid_id)
        await owners.hand_over(uow, grid_id, before, UUID(payload["staff_id"]))
    uow.emit("customers.duties_moved", {"grid_id": payload["grid_id"]})


async def _last_responsible(uow: UnitOfWork, grid_id: UUID) -> list[UUID]:
    """Who was responsible last, where the grid lay without anybody before its new manager came."""
    ended = [
        one
        for one in await grids.history(uow, grid_id)
        if one.duty is grids.Duty.responsible and one.to_on is not None
    ]
    return [ended[-1].staff_id] if ended else []
