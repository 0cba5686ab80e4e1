"""Handlers of evaluations."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from backend.evaluation import closing, inheriting, reckoning
from backend.kernel.uow import UnitOfWork


async def on_handed_in(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`evaluation.handed_in` {session_id}: results of which enough forms count by now open."""
    await reckoning.reckon(uow, UUID(payload["session_id"]))


async def on_customer_moved(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`customers.moved` {customer_id}: who may see its result follows from where it lives."""
    await reckoning.follow_customer(uow, UUID(payload["customer_id"]))


async def on_customers_merged(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`customers.merged`, `customers.unmerged` {from, to}: the one is shown no more, or again, and what was
    settled of it counts for the other, or no more."""
    ids = [UUID(payload[name]) for name in ("from", "to")]
    for one in ids:
        await reckoning.follow_customer(uow, one)
    await inheriting.settle_heirs(uow, ids)


async def on_close_due(uow: UnitOfWork, _payload: Mapping[str, Any]) -> None:
    """`evaluation.close_due`: what nobody closed ends by the rule."""
    await closing.close_due(uow)
