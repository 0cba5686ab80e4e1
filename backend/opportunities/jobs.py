"""Handlers of opportunities: what moves of results, of the clock and of people make of them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from backend.customers import api as customers
from backend.kernel.jobs import JobContext
from backend.kernel.uow import UnitOfWork
from backend.opportunities import falls, queries, service
from backend.opportunities.raising import Change, results_moved
from backend.policy import api as policy

#: raised by the clock
EXPIRE = "opportunities.expire"
DEAL = "opportunities.deal"
#: customers looked at in one transaction
AT_ONCE = 200


async def on_profile_changed(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`strategy.profile_changed` {customer_id, decision_id, tier_before, tier_after, limit_before,
    limit_after, events_raised, events_ended}: a fall warns, a rise is an opportunity."""
    await on_profiles_changed(uow, [payload])


async def on_profiles_changed(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Several `strategy.profile_changed` in one go."""
    # events from before the decision was named do not say which change they are of
    known = [one for one in payloads if "decision_id" in one]
    await results_moved(uow, [Change.told(one) for one in known])
    for one in known:
        await falls.warn(uow, one)


async def expire_due(ctx: JobContext, _payload: Mapping[str, Any]) -> None:
    """`opportunities.expire`, nightly: what is past its last day ends."""
    while True:
        async with ctx.unit() as uow:
            ids = await queries.overdue(uow, uow.today, AT_ONCE)
            if not ids:
                return
            await service.expire(uow, ids)


async def deal_shares(ctx: JobContext, _payload: Mapping[str, Any]) -> None:
    """`opportunities.deal`, as the day begins: what waits since a run over everybody is dealt out, everyone
    their day's share, before the coming night raises more."""
    async with ctx.unit() as uow:
        most = int(await policy.figure(uow, "opportunities_open_most"))
        share = int(await policy.figure(uow, "opportunities_day_most"))
        ids = await queries.in_turn(uow, uow.today, most, share)
    for start in range(0, len(ids), AT_ONCE):
        async with ctx.unit() as uow:
            await service.deal(uow, ids[start : start + AT_ONCE])


async def on_duties_moved(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`customers.duties_moved` {grid_id}: opportunities follow the people."""
    await service.follow_people(uow, await queries.customers_of_grid(uow, UUID(payload["grid_id"])))


async def on_customer_moved(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`customers.moved` {customer_id}: they belong to whoever keeps it there."""
    await service.follow_people(uow, [UUID(payload["customer_id"])])


async def on_customers_merged(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`customers.merged` {move_id, from, to}: one household, one set of opportunities."""
    move_id, old, new = (UUID(payload[one]) for one in ("move_id", "from", "to"))
    if await customers.stands(uow, move_id):
        await service.follow_merge(uow, move_id, old, new)


async def on_customers_unmerged(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`customers.unmerged` {move_id, from, to}: what went along goes back."""
    await service.follow_unmerge(uow, *(UUID(payload[one]) for one in ("move_id", "from", "to")))
