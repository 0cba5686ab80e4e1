"""Handlers of customers."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from backend.customers import owners
from backend.kernel.uow import UnitOfWork


async def on_grid_assigned(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`grids.assigned` {grid_id, staff_id, duty, to_on, ended}: a new manager owns what the one before
    owned."""
    if payload["duty"] == "responsible" and payload["to_on"] is None:
        before = [UUID(one) for one in payload["ended"]]
        await owners.hand_over(uow, UUID(payload["grid_id"]), before, UUID(payload["staff_id"]))
    uow.emit("customers.duties_moved", {"grid_id": payload["grid_id"]})
