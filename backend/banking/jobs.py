"""Handlers of banking."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from backend.banking import following
from backend.kernel.uow import UnitOfWork


async def on_people_moved(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`customers.people_moved` {customer_ids}: what names people of these households lies where they live."""
    await following.follow(uow, [UUID(one) for one in payload["customer_ids"]])
