"""An event of the catalogue that begins to hold is an opportunity; of a customer so many are open as policy
says, and agents have those that they may see."""

from datetime import timedelta
from typing import Any

from backend.kernel.uow import Database
from tests.support.bodies import member, new_household
from tests.support.clock import MovingClock
from tests.support.field_phone import FieldPhone
from tests.support.figures import set_figure
from tests.support.opportunities import ITEM, items, only, shop, step, turnover
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work

EVENT, BABY = "qr_without", "new_baby"


async def _of(phone: FieldPhone, customer_id: str, event: str = EVENT) -> list[dict[str, Any]]:
    return [one for one in await items(phone, customer_id) if one["event"] == event]


async def test_what_begins_to_hold_is_raised_and_ends_when_it_ceases_before_anybody_begins(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, agent = await phone_of("manager"), await phone_of("agent")
    customer_id = await shop(manager, world)
    await work()
    assert await _of(manager, customer_id) == []
    await turnover(manager, customer_id, 30_000_000)
    await work()
    one = only(await _of(manager, customer_id))
    assert (one["product"], one["stage"], one["before_fen"]) == ("merchant_qr", "assigned", None)
    await agent.pull()
    assert EVENT not in agent.everything()
    await turnover(manager, customer_id, 0)
    await work()
    assert await _of(manager, customer_id) == []
    # it rests for as long as the catalogue says
    await turnover(manager, customer_id, 30_000_000)
    await work()
    assert await _of(manager, customer_id) == []


async def test_a_head_is_told_once_of_what_is_hers(phone_of: PhoneOf, world: World, work: Work) -> None:
    manager, head, deputy = [await phone_of(one) for one in ("manager", "head", "deputy")]
    customer_id = await shop(manager, world, 1_000_000_000)
    for _ in range(2):
        await work()
        found = {}
        for name, phone in (("manager", manager), ("head", head), ("deputy", deputy)):
            await phone.pull()
            found[name] = [
                one["params"] for one in phone.of("inbox").values() if one["kind"] == "opportunity"
            ]
        (told,) = found.pop("head")
        assert (told["customer_id"], told["event"]) == (customer_id, "large_firm_thin")
        assert set(map(len, found.values())) == {0}, "hers alone; a manager has it on the phone"
        await turnover(manager, customer_id, 1_000_000_100)


async def test_it_is_raised_again_when_it_has_rested(
    phone_of: PhoneOf, world: World, work: Work, clock: MovingClock
) -> None:
    manager = await phone_of("manager")
    customer_id = await shop(manager, world, 30_000_000)
    await work()
    first = only(await _of(manager, customer_id))
    await step(manager, customer_id, first, "lose", reason="later")
    for days, raised in ((170, False), (11, True)):
        await turnover(manager, customer_id, 0)
        await work()
        clock.advance(timedelta(days=days))
        manager = await phone_of("manager")
        await turnover(manager, customer_id, 30_000_000)
        await work()
        found = [one["id"] for one in await _of(manager, customer_id) if one["stage"] == "assigned"]
        assert (found != []) == raised, days
    assert found != [first["id"]]


async def test_others_wait_for_room_and_the_most_urgent_comes_next(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    manager = await phone_of("manager")
    today = await set_figure(worker_db, "opportunities_open_most", 1)
    customer_id = await shop(manager, world, 30_000_000)
    licence = [{"field": "licence_until", "seen": None, "value": (today + timedelta(days=20)).isoformat()}]
    manager.save("customer.set_values", {"customer_id": customer_id, "edits": licence})
    assert [one["result"] for one in await manager.push()] == ["applied"]
    await work()
    seen: list[str] = []
    while open_ := [one for one in await items(manager, customer_id) if one["stage"] == "assigned"]:
        one = only(open_)
        seen.append(one["event"])
        assert (await step(manager, customer_id, one, "win"))["result"] == "applied"
    assert {EVENT, "licence_ends"} <= set(seen), "both rose, one was open at a time"
    assert seen.index(EVENT) < seen.index("licence_ends"), "by priority"
    assert len(seen) == len(set(seen))


async def test_an_agent_has_those_that_agents_may_see_without_amounts_and_steps_them(
    phone_of: PhoneOf, world: World, work: Work, clock: MovingClock
) -> None:
    manager, agent, stranger = [await phone_of(one) for one in ("manager", "agent", "manager2")]
    body = new_household(world.grids["E1"])
    born = (clock.today() - timedelta(days=90)).isoformat()
    body["members"].append(member("李小宝", "child", "m", born, None))
    manager.save("customer.create", body)
    assert [one["result"] for one in await manager.push()] == ["applied"]
    await work()
    seen = only(await _of(agent, body["id"], BABY))
    assert set(seen) == set(ITEM[:8]), "no amounts, nobody's name, no outcome"
    terms = agent.of("term")
    assert {f"event:{BABY}", f"script:{BABY}"} <= set(terms)
    events = {one["event"] for one in await items(agent, body["id"])}
    assert events <= {key.removeprefix("event:") for key in terms}
    full = only(await _of(manager, body["id"], BABY))
    assert full["assignee_id"] == str(world["agent"].id), "the event names its agent"
    assert (await step(agent, body["id"], seen, "contact"))["result"] == "applied"
    after = only(await _of(manager, body["id"], BABY))
    assert (after["stage"], after["stepped_by"]) == ("contacted", str(world["agent"].id))
    refused = await step(stranger, body["id"], seen, "win")
    assert (refused["result"], refused["code"]) == ("rejected", "out_of_scope")
    # nobody is a baby for ever: it had begun, so it stays until somebody says what came of it
    assert (await step(manager, body["id"], seen, "lose", reason="not_needed"))["result"] == "applied"
    shown = only(await _of(agent, body["id"], BABY))
    assert shown["stage"] == "lost"
    assert "not_needed" not in agent.everything()
