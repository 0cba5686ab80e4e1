"""Handlers of evaluations."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from backend.evaluation import reckoning
from backend.kernel.uow import UnitOfWork


async def on_handed_in(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`evaluation.handed_in` {session_id}: results of which enough forms count by now open."""
    await reckoning.reckon(uow, UUID(payload["session_id"]))


async def on_customer_moved(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`customers.moved` {customer_id}: who may see its result follows from where it lives."""
    await reckoning.follow_customer(uow, UUID(payload["customer_id"]))


async def on_customers_merged(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`customers.merged`, `customers.unmerged` {from, to}: the one is shown no more, or again."""
    await reckoning.follow_customer(uow, UUID(payload["from"]))
