"""A tier that falls warns the customer's manager and the branch's heads, once for each fall."""

import asyncio
from typing import Any

from sqlalchemy import text

from backend.app.wiring import HANDLERS
from backend.kernel.actor import Actor
from backend.kernel.crypto import Keys
from backend.kernel.relay import Relay
from backend.kernel.runner import Runner
from backend.kernel.settings import Settings
from backend.kernel.uow import Database, UnitOfWork
from backend.strategy.jobs import NIGHTLY
from backend.strategy.service import PROFILE_CHANGED
from tests.support.field_phone import FieldPhone
from tests.support.signing import sign
from tests.support.till import Till
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work
from tests.sync.test_team import numbered_household, rich

POOR = {"deposits": "100.00", "loan": "0.00"}


async def _warnings(phone: FieldPhone) -> list[dict[str, Any]]:
    await phone.pull()
    return [one["params"] for one in phone.of("inbox").values() if one["kind"] == "tier_fell"]


async def test_a_fall_is_told_once_to_manager_and_heads_and_a_rise_to_nobody(
    phone_of: PhoneOf, world: World, work: Work, till: Till
) -> None:
    manager, head, agent, other = [await phone_of(one) for one in ("manager", "head", "agent", "manager2")]
    customer_id = await numbered_household(manager, world)
    await sign(manager, customer_id, "head")
    await rich(till, 3)
    await work()
    assert await _warnings(manager) == [], "the first result is no fall, and a rise none either"
    await manager.pull()
    high = manager.of("profile")[customer_id]["tier"]
    await rich(till, 2, **POOR)
    await work()
    await manager.pull()
    low = manager.of("profile")[customer_id]["tier"]
    told = [{"customer_id": customer_id, "before": high, "after": low}]
    assert (high, low != high) == ("high_end", True)
    assert await _warnings(manager) == told
    assert await _warnings(head) == told
    assert await _warnings(await phone_of("deputy")) == told
    assert await _warnings(agent) == [], "an agent knows no tier"
    assert await _warnings(other) == []


async def test_the_same_change_told_again_warns_nobody_again_and_a_second_fall_does(
    phone_of: PhoneOf,
    world: World,
    work: Work,
    till: Till,
    worker_db: Database,
    settings: Settings,
    keys: Keys,
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    customer_id = await numbered_household(manager, world)
    await sign(manager, customer_id, "head")
    told: list[dict[str, Any]] = []
    for round_ in (1, 2):
        await rich(till, 6 - 2 * round_)
        await work()
        await rich(till, 5 - 2 * round_, **POOR)
        await work()
        for phone in (manager, head):
            told = await _warnings(phone)
            assert len(told) == round_, "a dip, a return and a dip again are two"
    async with worker_db.unit(Actor.system("test")) as uow:
        uow.emit(NIGHTLY, {})
    await work()
    async with worker_db.unit(Actor.system("test")) as uow:
        event = await last_event(uow, customer_id)
        # as where an event is delivered anew, to two workers at once
        uow.emit(PROFILE_CHANGED, event)
        uow.emit(PROFILE_CHANGED, event)
    relay = Relay(worker_db, HANDLERS)
    await relay.expand()
    both = [Runner(worker_db, settings, keys, HANDLERS) for _ in range(2)]
    jobs = [one for ids in await relay.take() for one in ids]
    assert len(jobs) >= 4
    await asyncio.gather(both[0].run_all(jobs[::2]), both[1].run_all(jobs[1::2]))
    await work()
    assert await _warnings(manager) == told
    assert await _warnings(head) == told


async def last_event(uow: UnitOfWork, customer_id: str) -> dict[str, Any]:
    """What was told last of the customer's result."""
    found = await uow.session.scalar(
        text(
            "SELECT payload FROM outbox_event WHERE name = :name AND payload->>'customer_id' = :one"
            " ORDER BY created_at DESC, id DESC LIMIT 1"
        ),
        {"name": PROFILE_CHANGED, "one": customer_id},
    )
    payload: dict[str, Any] = found
    return payload


async def test_an_event_from_before_decisions_were_named_is_taken(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    manager = await phone_of("manager")
    customer_id = await numbered_household(manager, world)
    await sign(manager, customer_id, "head")
    await work()
    async with worker_db.unit(Actor.system("test")) as uow:
        event = await last_event(uow, customer_id)
        del event["decision_id"]
        uow.emit(PROFILE_CHANGED, event | {"tier_before": "high_end", "tier_after": "potential"})
    await work()
    assert await _warnings(manager) == []
