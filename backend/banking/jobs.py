"""Handlers of banking."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from backend.banking import following, lateness
from backend.kernel.uow import UnitOfWork


async def on_people_moved(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`customers.people_moved` {customer_ids}: what names people of these households lies where they live."""
    await following.follow(uow, [UUID(one) for one in payload["customer_ids"]])


LOOK_FOR_LATE = "banking.look_for_late"


async def on_look_for_late(uow: UnitOfWork, _payload: Mapping[str, Any]) -> None:
    """Each morning: which files have not come."""
    await lateness.tell(uow)
