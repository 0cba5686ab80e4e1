"""Handlers of opportunities: what moves of results, of the clock and of people make of them."""

from collections.abc import Mapping
from typing import Any

from backend.kernel.uow import UnitOfWork
from backend.opportunities import falls


async def on_profile_changed(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`strategy.profile_changed` {customer_id, decision_id, tier_before, tier_after, limit_before,
    limit_after}: a fall warns."""
    # events from before the decision was named say of no change which it is
    if "decision_id" in payload:
        await falls.warn(uow, payload)
