"""Handlers of visits."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from backend.kernel.uow import UnitOfWork
from backend.visits import service, unplaced


async def on_customer_moved(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`customers.moved` {customer_id}: its visits lie in the books in which it lies."""
    await service.follow_customer(uow, UUID(payload["customer_id"]))


async def on_customers_merged(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`customers.merged` {move_id, from, to}: the visits to the one are visits to the other."""
    await service.follow_merge(uow, UUID(payload["move_id"]), UUID(payload["from"]), UUID(payload["to"]))


async def on_customers_unmerged(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`customers.unmerged` {move_id, from, to}: the visits that the merge moved go back."""
    await service.follow_unmerge(uow, UUID(payload["move_id"]), UUID(payload["from"]), UUID(payload["to"]))


async def on_accompanied(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`visits.accompanied` {visit_id}: the colleague named as companion is told, and can object."""
    await service.tell_companion(uow, UUID(payload["visit_id"]))


async def on_duties_moved(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`customers.duties_moved` {grid_id}: visits without a household wait for those who may know it now."""
    await unplaced.follow_people(uow, UUID(payload["grid_id"]))


async def on_file_received(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`files.received` {hash}: visits that name the photo show it as arrived."""
    moved = await service.file_arrived(uow, payload["hash"])
    if moved:
        uow.emit("visits.photo_arrived", {"visit_ids": [str(one) for one in moved]})
