"""A tier that falls warns whoever keeps the customer and the heads of the branch."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from backend.customers import api as customers
from backend.identity import api as identity
from backend.kernel.uow import UnitOfWork
from backend.notify import api as notify
from backend.strategy import api as strategy
from backend.tasks import api as tasks


async def warn(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """Tells of one change of a result, if it is a fall; each person once, however often it is asked for the
    same change. Whoever keeps the customer now hears of it, or stands in for them. Job only."""
    before, after = payload["tier_before"], payload["tier_after"]
    if not await strategy.falls(uow, before, after):
        return
    customer_id = UUID(payload["customer_id"])
    customer = next(iter(await customers.visible(uow, [customer_id])), None)
    if customer is None or customer.status != "active":
        return
    keeper = await tasks.keeper_of(uow, customer)
    told = dict.fromkeys([*([keeper] if keeper else []), *await identity.heads_of(uow, customer.branch_id)])
    for person in told:
        await notify.send(
            uow,
            person,
            "tier_fell",
            {"customer_id": str(customer_id), "before": before, "after": after},
            dedupe=f"tier_fell:{payload['decision_id']}:{person}",
        )
