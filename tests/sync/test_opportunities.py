"""A limit that rises is an opportunity on the phones of who looks after the customer, from its rise to the
head's look at what came of it. Everything comes about by what people enter."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from backend.app.wiring import HANDLERS
from backend.grids import api as grids
from backend.kernel.actor import Actor
from backend.kernel.crypto import Keys
from backend.kernel.ids import uuid7
from backend.kernel.relay import Relay
from backend.kernel.runner import Runner
from backend.kernel.settings import Settings
from backend.kernel.uow import Database
from backend.opportunities.jobs import EXPIRE
from backend.strategy.service import PROFILE_CHANGED
from tests.support.bodies import new_household
from tests.support.clock import MovingClock
from tests.support.field_phone import FieldPhone
from tests.support.opportunities import income, limited, only, step
from tests.support.opportunities import items as every_item
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work
from tests.sync.test_tier_falls import last_event


async def items(phone: FieldPhone, customer_id: str) -> list[dict[str, Any]]:
    """Those of a limit that rose: what else holds of the household is the catalogue's."""
    return [one for one in await every_item(phone, customer_id) if one["event"] == "limit_raised"]


async def test_a_rise_lies_on_the_managers_phone_and_on_no_others(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, agent, other = [await phone_of(one) for one in ("manager", "agent", "manager2")]
    customer_id, limit = await limited(manager, world, work)
    assert await items(manager, customer_id) == [], "a first result is no rise"
    await income(manager, customer_id, 6_000_000)
    await work()
    one = only(await items(manager, customer_id))
    assert (one["event"], one["stage"], one["product"]) == ("limit_raised", "assigned", "loan")
    assert one["before_fen"] == limit
    assert one["after_fen"] == manager.of("profile")[customer_id]["limit_fen"] >= limit + 1_000_000
    assert one["assignee_id"] == str(world["manager"].id)
    for phone in (agent, other):
        await phone.pull()
        assert "limit_raised" not in phone.everything()
        assert customer_id not in phone.of("opportunity")


async def test_a_small_rise_is_nothing_to_speak_of(phone_of: PhoneOf, world: World, work: Work) -> None:
    manager = await phone_of("manager")
    customer_id, limit = await limited(manager, world, work)
    await income(manager, customer_id, 4_300_000)
    await work()
    await manager.pull()
    assert 0 < manager.of("profile")[customer_id]["limit_fen"] - limit < 1_000_000
    assert await items(manager, customer_id) == []


async def test_each_rise_once_whoever_tells_of_it_and_how_often(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database, settings: Settings, keys: Keys
) -> None:
    manager = await phone_of("manager")
    customer_id, _ = await limited(manager, world, work)
    await income(manager, customer_id, 6_000_000)
    await work()
    first = only(await items(manager, customer_id))
    assert (await step(manager, customer_id, first, "win"))["result"] == "applied"
    async with worker_db.unit(Actor.system("test")) as uow:
        event = await last_event(uow, customer_id)
        for _ in range(4):
            uow.emit(PROFILE_CHANGED, event)
    relay = Relay(worker_db, HANDLERS)
    await relay.expand()
    jobs = [one for ids in await relay.take() for one in ids]
    both = [Runner(worker_db, settings, keys, HANDLERS) for _ in range(2)]
    done = await asyncio.gather(both[0].run_all(jobs[::2]), both[1].run_all(jobs[1::2]))
    assert sum(done) == len(jobs), "a job failed"
    await work()
    assert [one["id"] for one in await items(manager, customer_id)] == [first["id"]]
    # a dip before anybody begins ends it, and the way back is a rise of its own
    await income(manager, customer_id, 4_000_000)
    await work()
    assert [one["stage"] for one in await items(manager, customer_id)] == ["won"]
    await income(manager, customer_id, 6_000_000)
    await work()
    second = (await items(manager, customer_id))[0]
    assert (second["stage"], second["id"] != first["id"]) == ("assigned", True)
    await income(manager, customer_id, 4_000_000)
    await work()
    assert [one["id"] for one in await items(manager, customer_id)] == [first["id"]], "lapsed"
    await income(manager, customer_id, 6_000_000)
    await work()
    third = (await items(manager, customer_id))[0]
    assert third["id"] not in (first["id"], second["id"])


async def test_what_somebody_has_begun_stays_when_the_limit_falls_and_a_further_rise_is_the_same_talk(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    customer_id, limit = await limited(manager, world, work)
    await income(manager, customer_id, 6_000_000)
    await work()
    one = only(await items(manager, customer_id))
    await income(manager, customer_id, 8_000_000)
    await work()
    further = only(await items(manager, customer_id))
    assert (further["id"], further["before_fen"]) == (one["id"], limit)
    assert further["after_fen"] == manager.of("profile")[customer_id]["limit_fen"] > one["after_fen"]
    assert (await step(manager, customer_id, one, "contact"))["result"] == "applied"
    await income(manager, customer_id, 4_000_000)
    await work()
    assert only(await items(manager, customer_id))["stage"] == "contacted"


async def test_steps_of_one_phone_show_on_another_and_late_ones_are_noted(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, tablet = await phone_of("manager"), await phone_of("manager")
    customer_id, _ = await limited(manager, world, work)
    await income(manager, customer_id, 6_000_000)
    await work()
    one = only(await items(tablet, customer_id))
    assert (await step(manager, customer_id, one, "follow"))["result"] == "applied"
    seen = only(await items(tablet, customer_id))
    assert (seen["stage"], seen["stepped_by"]) == ("followed", str(world["manager"].id))
    # the tablet had no network when its owner wrote down the first call
    late = await step(tablet, customer_id, one, "contact")
    assert (late["result"], late["lost"]) == ("merged", ["step"])
    assert only(await items(manager, customer_id))["stage"] == "followed"
    refused = await step(tablet, customer_id, one, "lose", reason=None)
    assert (refused["result"], refused["code"]) == ("rejected", "bad_value")
    assert (await step(tablet, customer_id, one, "lose", reason="terms"))["result"] == "applied"
    against = await step(manager, customer_id, one, "win")
    assert (against["result"], against["code"]) == ("rejected", "conflict_state")
    lost = only(await items(manager, customer_id))
    assert (lost["stage"], lost["outcome"], lost["reason"]) == ("lost", "lost", "terms")
    assert (await step(manager, customer_id, one, "reopen"))["result"] == "applied"
    again = only(await items(tablet, customer_id))
    assert (again["stage"], again["outcome"], again["reason"]) == ("followed", None, None)


@pytest.mark.parametrize("login", ["manager2", "agent", "head2"])
async def test_nobody_steps_what_is_not_theirs(
    phone_of: PhoneOf, world: World, work: Work, login: str
) -> None:
    manager = await phone_of("manager")
    customer_id, _ = await limited(manager, world, work)
    await income(manager, customer_id, 6_000_000)
    await work()
    one = only(await items(manager, customer_id))
    refused = await step(await phone_of(login), customer_id, one, "win")
    assert (refused["result"], refused["code"]) == ("rejected", "out_of_scope")
    assert only(await items(manager, customer_id))["stage"] == "assigned"


async def test_the_head_counts_the_branchs_and_looks_at_what_is_closed(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, head, west = [await phone_of(one) for one in ("manager", "head", "head2")]
    customer_id, _ = await limited(manager, world, work)
    await income(manager, customer_id, 6_000_000)
    await work()
    one = only(await items(manager, customer_id))

    async def page(phone: FieldPhone) -> dict[str, Any]:
        answer = await phone.phone.client.get("/api/v1/opportunities/branch")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    before = await page(head)
    assert (before["won"], before["to_review"]) == (0, [])
    assert before["open"] == len(await every_item(manager, customer_id))
    assert (before["open_most"], before["day_most"]) == (3, 20)
    early = head.save("opportunity.review", {"opportunity_id": one["id"]})
    assert [one["code"] for one in await head.push()] == ["conflict_state"], early
    await step(manager, customer_id, one, "win")
    after = await page(head)
    assert (after["open"], after["won"], after["to_review_count"]) == (before["open"] - 1, 1, 1)
    (listed,) = after["to_review"]
    assert (listed["id"], listed["customer_name"], listed["stepped_by"]) == (
        one["id"],
        "李四",
        str(world["manager"].id),
    )
    other = await page(west)
    assert (other["open"], other["won"], other["to_review"]) == (0, 0, [])
    assert (await manager.phone.client.get("/api/v1/opportunities/branch")).status_code == 403
    west.save("opportunity.review", {"opportunity_id": one["id"]})
    assert [one["code"] for one in await west.push()] == ["out_of_scope"]
    head.save("opportunity.review", {"opportunity_id": one["id"], "note": "办得好"})
    assert [one["result"] for one in await head.push()] == ["applied"]
    done = await page(head)
    assert (done["won"], done["to_review"]) == (1, [])
    assert only(await items(manager, customer_id))["stage"] == "reviewed"
    late = await step(manager, customer_id, one, "lose", reason="later")
    assert late["code"] == "conflict_state"


async def test_nobody_reviews_their_own(phone_of: PhoneOf, world: World, work: Work) -> None:
    manager, deputy = await phone_of("manager"), await phone_of("deputy")
    customer_id, _ = await limited(manager, world, work)
    await income(manager, customer_id, 6_000_000)
    await work()
    one = only(await items(manager, customer_id))
    assert (await step(deputy, customer_id, one, "win"))["result"] == "applied"
    deputy.save("opportunity.review", {"opportunity_id": one["id"]})
    assert [one["code"] for one in await deputy.push()] == ["not_allowed"]


async def test_its_days_are_over(
    phone_of: PhoneOf, world: World, work: Work, clock: MovingClock, worker_db: Database
) -> None:
    manager = await phone_of("manager")
    customer_id, _ = await limited(manager, world, work)
    await income(manager, customer_id, 6_000_000)
    await work()
    one = only(await items(manager, customer_id))

    async def night() -> None:
        async with worker_db.unit(Actor.system("test")) as uow:
            uow.emit(EXPIRE, {})
        await work()

    assert one["valid_until"] == (clock.today() + timedelta(days=59)).isoformat()
    clock.advance(timedelta(days=59))
    await night()
    manager = await phone_of("manager")
    assert only(await items(manager, customer_id))["stage"] == "assigned", "its last day"
    clock.advance(timedelta(days=1))
    await night()
    assert await items(manager, customer_id) == []
    # done before, and heard of late
    assert (await step(manager, customer_id, one, "win"))["result"] == "applied"
    assert only(await items(manager, customer_id))["stage"] == "won"


async def test_it_goes_with_the_grid_and_with_the_customer(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    manager, deputy = await phone_of("manager"), await phone_of("deputy")
    customer_id, _ = await limited(manager, world, work)
    await income(manager, customer_id, 6_000_000)
    await work()
    one = only(await items(manager, customer_id))
    async with worker_db.unit(Actor.system("test")) as uow:
        await grids.assign(uow, world.grids["E1"].id, world["deputy"].id, grids.Duty.responsible)
    late = manager.save(
        "opportunity.step",
        {"opportunity_id": one["id"], "customer_id": customer_id, "step": "contact"},
    )
    await work()
    assert [each["lost"] for each in await manager.push()] == [["opportunity_id"]], late
    moved = only(await items(deputy, customer_id))
    assert (moved["id"], moved["assignee_id"]) == (one["id"], str(world["deputy"].id))
    assert moved["stage"] == "assigned"
    await manager.pull()
    assert customer_id not in manager.of("opportunity")


async def test_a_household_that_becomes_part_of_another_brings_it_along_and_takes_it_back(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    customer_id, _ = await limited(manager, world, work)
    await income(manager, customer_id, 6_000_000)
    into = new_household(world.grids["E1"], "赵六", phone="13712345678")
    manager.save("customer.create", into)
    await manager.push()
    await work()
    one = only(await items(manager, customer_id))
    # begun, so that it does not end with the limit: the other household's head has signed nothing
    assert (await step(manager, customer_id, one, "contact"))["result"] == "applied"
    manager.save(
        "customer.merge", {"customer_id": customer_id, "into_id": into["id"], "reason": "一户", "same": []}
    )
    assert [each["result"] for each in await manager.push()] == ["applied"]
    await work()
    assert only(await items(manager, into["id"]))["id"] == one["id"]
    assert customer_id not in manager.of("opportunity")
    assert (await step(manager, customer_id, one, "follow"))["result"] == "applied", "as it was known"
    manager.save("customer.unmerge", {"customer_id": customer_id, "reason": "两户"})
    assert [each["result"] for each in await manager.push()] == ["applied"]
    await work()
    assert only(await items(manager, customer_id))["stage"] == "followed"
    assert await items(manager, into["id"]) == []


async def test_an_opportunity_that_never_was(phone_of: PhoneOf, world: World, work: Work) -> None:
    manager = await phone_of("manager")
    customer_id, _ = await limited(manager, world, work)
    refused = await step(manager, customer_id, {"id": str(uuid7())}, "win")
    assert (refused["result"], refused["code"]) == ("rejected", "out_of_scope")
