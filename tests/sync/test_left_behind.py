"""What leaves a phone though nobody touched it there: the ground went to others, or somebody else edited it.

A phone that was there all along must end as one that is set up today.
"""

from typing import Any

import msgspec

from backend.grids import api as grids
from backend.kernel.actor import Actor
from backend.kernel.ids import uuid7
from backend.kernel.uow import Database
from tests.support.bodies import new_household, visit
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work


async def _all_applied(phone: FieldPhone) -> None:
    assert {one["result"] for one in await phone.push()} == {"applied"}


async def _household(manager: FieldPhone, world: World, work: Work, name: str = "林远志") -> str:
    body = new_household(world.grids["E1"], name=name)
    manager.save("customer.create", body)
    await _all_applied(manager)
    await work()
    await manager.pull()
    return str(body["id"])


async def _approved(manager: FieldPhone, head: FieldPhone, world: World, work: Work) -> tuple[str, str]:
    """A household whose visit the head has approved: (household, task)."""
    household = await _household(manager, world, work)
    tasks = manager.of("task").items()
    task = next(row_id for row_id, row in tasks if row["duty"] == "visit" and row["state"] == "open")
    place = world.grids["E1"]
    body = visit(household, place.lon, place.lat, manager.now(), note="只说给城东听的话")
    logged = manager.save("visit.log", body)
    manager.save("task.submit", {"task_id": task, "visit_id": body["id"]}, needs=[logged.id])
    await _all_applied(manager)
    head.save("task.approve", {"task_id": task})
    await _all_applied(head)
    await work()
    await head.pull()
    return household, task


async def test_what_was_decided_leaves_the_head_with_the_household(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    household, task = await _approved(manager, head, world, work)
    assert head.of("approval")[task]["visit"]["note"] == "只说给城东听的话"
    move = {"customer_id": household, "grid_id": str(world.grids["W1"].id), "reason": "迁居"}
    head.save("customer.move", move)
    await _all_applied(head)
    await work()
    await head.pull()
    assert task not in head.of("approval")
    assert "林远志" not in head.everything()
    fresh, head2 = await phone_of("head"), await phone_of("head2")
    for phone in (fresh, head2):
        await phone.pull()
        assert phone.of("approval") == {}


async def test_what_was_decided_leaves_the_head_with_the_grid_and_with_what_the_household_became(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    household, task = await _approved(manager, head, world, work)
    into = await _household(manager, world, work, "林家大房")
    manager.save("customer.merge", {"customer_id": household, "into_id": into, "reason": "同一户"})
    assert [one["result"] for one in await manager.push()] == ["applied"]
    await work()
    await head.pull()
    assert task in head.of("approval"), "the branch still looks after it"
    async with worker_db.unit(Actor.system("test")) as uow:
        await grids.move_to_branch(uow, world.grids["E1"].id, world.west)
    await work()
    await head.pull()
    assert head.of("approval") == {}


def _record(household: str, label: str, **changes: Any) -> dict[str, Any]:
    body = {"id": str(uuid7()), "customer_id": household, "kind": "farmland", "label": label}
    return body | {"area_m2": 2000, "detail": {}} | changes


async def test_an_agents_thing_that_a_manager_edited_is_not_the_agents_to_see_any_more(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, agent = await phone_of("manager"), await phone_of("agent")
    household = await _household(manager, world, work)
    thing, other = _record(household, "河边水田"), _record(household, "自留地")
    for body in (thing, other):
        agent.save("record.put", body)
    await _all_applied(agent)
    await agent.pull()
    await manager.pull()
    assert set(agent.of("record")) == {thing["id"], other["id"]}
    manager.save("record.put", thing | {"label": "河边水田(已抵押)", "value_fen": 8_000_00})
    await _all_applied(manager)
    await agent.pull()
    fresh = await phone_of("agent")
    await fresh.pull()
    assert set(agent.of("record")) == set(fresh.of("record")) == {other["id"]}
    assert "已抵押" not in agent.everything()


async def test_an_agent_hears_nothing_of_rows_that_never_were_theirs_nor_whose_the_household_is_now(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    manager, agent = await phone_of("manager"), await phone_of("agent")
    household = await _household(manager, world, work)
    place = world.grids["E1"]
    mine = _record(household, "我登记的")
    agent.save("record.put", mine)
    await _all_applied(agent)
    await agent.pull()
    thing, seen = _record(household, "不给看的"), visit(household, place.lon, place.lat, manager.now())
    manager.save("record.put", thing)
    manager.save("visit.log", seen)
    manager.save("record.remove", {"id": thing["id"], "customer_id": household, "reason": "卖了"})
    await _all_applied(manager)
    assert _mentions(await agent.pull_once(), thing["id"], seen["id"]) == []
    # the household goes where the agent has no ground, and its work to others: what they had of it goes
    duties = {row_id for row_id, row in agent.of("task").items() if row["customer_id"] == household}
    assert duties
    async with worker_db.unit(world["head"].actor) as uow:
        await grids.release(uow, world.grids["E2"].id, world["agent"].id, grids.Duty.agent)
    move = {"customer_id": household, "grid_id": str(world.grids["E2"].id), "reason": "迁居"}
    manager.save("customer.move", move)
    await _all_applied(manager)
    await work()
    answer = await agent.pull_once()
    assert _mentions(answer, household, mine["id"]) == [household, mine["id"]]
    assert _mentions(answer, thing["id"], seen["id"]) == []
    gone = [row for part in answer for group in part.get("groups", ()) for row in group["gone"]]
    assert {moved_to.partition(":")[0] for _, _, moved_to in gone if moved_to} == {"grid"}
    assert mine["id"] not in agent.of("record")
    assert household not in agent.of("customer")


def _mentions(answer: list[dict[str, Any]], *words: str) -> list[str]:
    """Which of `words` stand anywhere in an answer."""
    said = msgspec.json.encode(answer).decode()
    return [word for word in words if word in said]


async def test_a_visit_that_waits_for_its_household_waits_with_whoever_manages_the_grid_now(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    manager, agent = await phone_of("manager"), await phone_of("agent")
    head, deputy = await phone_of("head"), await phone_of("deputy")
    household = await _household(manager, world, work)
    body = visit("", 0, 0, agent.now()) | {"name": "老林头", "place": "河东", "point": None}
    del body["customer_id"]
    agent.save("visit.log_unplaced", body)
    await _all_applied(agent)
    await work()
    for phone in (manager, head, agent):
        await phone.pull()
        assert body["id"] in phone.of("unplaced")
    async with worker_db.unit(world["head"].actor) as uow:
        await grids.assign(uow, world.grids["E1"].id, world["deputy"].id, grids.Duty.responsible)
    await work()
    for phone in (manager, deputy, head, agent):
        await phone.pull()
    # the former manager manages the author's other grid still: it may be there
    assert body["id"] in manager.of("unplaced")
    assert body["id"] in deputy.of("unplaced")
    assert [row["kind"] for row in deputy.of("inbox").values()].count("visit_unplaced") == 1
    async with worker_db.unit(world["head"].actor) as uow:
        await grids.assign(uow, world.grids["E2"].id, world["deputy"].id, grids.Duty.responsible)
    await work()
    for phone in (manager, deputy, head, agent):
        await phone.pull()
    assert "老林头" not in manager.everything()
    for phone in (deputy, head, agent):
        assert body["id"] in phone.of("unplaced")
    place = {"visit_id": body["id"], "customer_id": household}
    manager.save("visit.place", place)
    assert [one["code"] for one in await manager.push()] == ["out_of_scope"]
    deputy.save("visit.place", place)
    await _all_applied(deputy)
    await work()
    for phone in (deputy, head, agent):
        await phone.pull()
        assert phone.of("unplaced") == {}
    assert agent.of("visit")[body["id"]]["customer_id"] == household
