"""Handlers of strategy: what wakes a recalculation.

A visit needs no handler of its own: it raises its customer's `inputs_revision`, which is `customers.changed`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.kernel.actor import Actor
from backend.kernel.jobs import Handler, JobContext, LongHandler, Periodic, at_local_time
from backend.kernel.uow import UnitOfWork
from backend.strategy.everybody import recompute_all
from backend.strategy.progress import Copy
from backend.strategy.runs import RELEASED
from backend.strategy.service import RECOMPUTE_WANTED, recompute
from backend.strategy.simulations import WANTED, forget
from backend.strategy.trying import simulate
from backend.strategy.versions import PUBLISHED, turn

NIGHTLY = "strategy.nightly"
#: just past midnight: a version takes force on the morning of its day
TURN = "strategy.turn"
TURN_MINUTE = 2
NIGHTLY_HOUR = 2
#: customers worked out in one transaction
AT_ONCE = 100


async def on_customer_changed(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`customers.changed` and `strategy.recompute_wanted` {customer_id, cause}: its result anew. Many such
    events of one customer cost a look each, and write once."""
    await recompute(uow, [UUID(payload["customer_id"])], str(payload.get("cause", "changed")))


async def on_customers_changed(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Several `customers.changed` in one go: each customer is looked at once, for the first of its causes."""
    causes: dict[UUID, str] = {}
    for one in payloads:
        causes.setdefault(UUID(one["customer_id"]), str(one.get("cause", "changed")))
    for cause in sorted(set(causes.values())):
        await recompute(uow, [one for one, why in causes.items() if why == cause], cause)


async def everybody(ctx: JobContext, payload: Mapping[str, Any]) -> None:
    """`strategy.published` {version} and `strategy.nightly`: the rules, or the day, moved for everybody."""
    cause = "published" if "version" in payload else "nightly"
    await recompute_all(ctx.database, cause=cause, copy=_copy(ctx))


async def everybody_released(ctx: JobContext, _payload: Mapping[str, Any]) -> None:
    """`strategy.released` {run_id}: somebody let a held run through; from what is known now."""
    await recompute_all(ctx.database, cause="released", resume=False, copy=_copy(ctx))


def _copy(ctx: JobContext) -> Copy:
    return Copy(ctx.settings.database_url_nightly, ctx.settings.home / "nightly")


async def everybody_anew(ctx: JobContext, _payload: Mapping[str, Any]) -> None:
    """`banking.many_changed` {batch_id}: more customers than are worth an event each. From the beginning:
    an interrupted run may have been past some of them when their rows came."""
    await recompute_all(ctx.database, cause="import", resume=False, copy=_copy(ctx))


async def simulated(ctx: JobContext, payload: Mapping[str, Any]) -> None:
    """`strategy.simulation_wanted` {simulation_id}: a draft for everybody, beside what is in force."""
    actor = Actor.system(ctx.handler, ctx.request_id)
    await simulate(ctx.database, actor, _copy(ctx), UUID(payload["simulation_id"]))


async def take_turn(uow: UnitOfWork, _payload: Mapping[str, Any]) -> None:
    """`strategy.turn`: a published version whose day has come takes force; old simulations forget who was in
    them."""
    await forget(uow)
    await turn(uow)


async def every_morning(uow: UnitOfWork) -> datetime:
    """Next just after midnight."""
    return at_local_time(uow, 0, TURN_MINUTE)


async def every_night(uow: UnitOfWork) -> datetime:
    """Next at two in the morning: ages and windows of days move without any event."""
    return at_local_time(uow, NIGHTLY_HOUR, 0)


HANDLERS = (
    Handler(
        "customers.changed",
        "strategy.recompute",
        on_customer_changed,
        together=on_customers_changed,
        at_once=AT_ONCE,
        patient=True,
    ),
    Handler(
        RECOMPUTE_WANTED,
        "strategy.recompute_again",
        on_customer_changed,
        together=on_customers_changed,
        at_once=AT_ONCE,
        patient=True,
    ),
    Handler(TURN, "strategy.turn", take_turn),
    LongHandler(PUBLISHED, "strategy.everybody_published", everybody),
    LongHandler(NIGHTLY, "strategy.everybody_nightly", everybody),
    LongHandler(RELEASED, "strategy.everybody_released", everybody_released),
    LongHandler(WANTED, "strategy.simulate", simulated),
    LongHandler("banking.many_changed", "strategy.everybody_imported", everybody_anew),
)
PERIODIC = (Periodic(TURN, every_morning), Periodic(NIGHTLY, every_night))
