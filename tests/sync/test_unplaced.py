"""Visits logged with a typed name, past the offline limit: matched at the bank, or placed by a person."""

from typing import Any

import pytest
from sqlalchemy import text

from backend.grids import api as grids
from backend.kernel.actor import Actor
from backend.kernel.ids import uuid7
from backend.kernel.uow import Database
from tests.support.bodies import new_household, visit
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work


async def _households(phone: FieldPhone, world: World, work: Work, *names: str, **more: Any) -> list[str]:
    made = []
    for n, name in enumerate(names):
        body = new_household(world.grids["E1"], name, f"1391234{n:04d}", **more)
        phone.save("customer.create", body)
        made.append(str(body["id"]))
    assert {one["result"] for one in await phone.push()} == {"applied"}
    await work()
    await phone.pull()
    return made


def _unplaced(phone: FieldPhone, name: str, place: str = "", **changes: Any) -> str:
    body = (
        visit("", 0, 0, phone.now())
        | {"name": name, "place": place, "point": None, "note": "门口聊的"}
        | changes
    )
    del body["customer_id"]
    phone.save("visit.log_unplaced", body)
    return str(body["id"])


async def _applied(phone: FieldPhone) -> None:
    assert {one["result"] for one in await phone.push()} == {"applied"}


async def test_the_only_household_of_the_name_gets_the_visit_and_the_head_sees_the_work(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    (household,) = await _households(manager, world, work, "汪德海")
    visit_id = _unplaced(manager, " 汪 德海家 ")
    await _applied(manager)
    assert (await manager.push_raw([manager.outbox[-1].wire()])).status_code == 200
    await work()
    await manager.pull()
    row = manager.of("visit")[visit_id]
    assert (row["customer_id"], row["note"], row["staff_id"]) == (household, "门口聊的", manager.staff["id"])
    assert manager.of("unplaced") == {}
    await head.pull()
    ((task_id, approval),) = head.of("approval").items()
    assert (approval["customer_id"], approval["visit"]["note"]) == (household, "门口聊的")
    assert manager.of("task")[task_id]["state"] == "submitted"


async def test_of_two_namesakes_a_person_picks_and_nothing_is_lost_meanwhile(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    first, second = await _households(manager, world, work, "汪德海", "汪德海")
    visit_id = _unplaced(manager, "汪德海", "山那边")
    await _applied(manager)
    await work()
    for phone in (manager, head):
        await phone.pull()
        row = phone.of("unplaced")[visit_id]
        assert (row["name"], row["place"], row["note"]) == ("汪德海", "山那边", "门口聊的")
        assert sorted(row["offered"]) == sorted([first, second])
    (item,) = [one for one in manager.of("inbox").values() if one["kind"] == "visit_unplaced"]
    assert item["params"] == {"visit_id": visit_id}
    assert not manager.of("visit")
    manager.save("visit.place", {"visit_id": visit_id, "customer_id": second})
    await _applied(manager)
    await work()
    for phone in (manager, head):
        await phone.pull()
        assert phone.of("unplaced") == {}
    assert manager.of("visit")[visit_id]["customer_id"] == second
    assert [row["customer_id"] for row in head.of("approval").values()] == [second]
    # the same once more changes nothing, another household is too late
    head.save("visit.place", {"visit_id": visit_id, "customer_id": second})
    head.save("visit.place", {"visit_id": visit_id, "customer_id": first})
    assert [one["result"] for one in await head.push()] == ["applied", "rejected"]
    assert (head.outbox[-1].receipt or {})["code"] == "conflict_state"
    async with worker_db.unit(Actor.system("test")) as uow:
        assert await uow.session.scalar(text("SELECT count(*) FROM visit")) == 1
        actions = await uow.session.scalars(
            text("SELECT action FROM audit_entry WHERE subject_kind = 'unplaced' ORDER BY id")
        )
        assert list(actions) == ["visit.log_unplaced", "visit.place"]


async def test_an_agents_visit_is_placed_by_the_manager_in_the_agents_name(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    manager, agent, stranger = await phone_of("manager"), await phone_of("agent"), await phone_of("manager2")
    (household,) = await _households(manager, world, work, "汪德海")
    visit_id = _unplaced(agent, "老汪头")
    await _applied(agent)
    await work()
    for phone in (manager, agent, stranger):
        await phone.pull()
    assert visit_id in manager.of("unplaced")
    assert visit_id in agent.of("unplaced")
    assert visit_id not in stranger.everything()
    stranger.save("visit.place", {"visit_id": visit_id, "customer_id": household})
    assert [one["code"] for one in await stranger.push()] == ["out_of_scope"]
    manager.save("visit.place", {"visit_id": visit_id, "customer_id": household})
    await _applied(manager)
    await work()
    await agent.pull()
    assert agent.of("unplaced") == {}
    assert agent.of("visit")[visit_id]["staff_id"] == agent.staff["id"]
    async with worker_db.unit(Actor.system("test")) as uow:
        row = (await uow.session.execute(text("SELECT staff_role FROM visit"))).one()
        assert row.staff_role == "agent"


async def test_only_the_authors_ground_is_searched(phone_of: PhoneOf, world: World, work: Work) -> None:
    west, manager = await phone_of("manager2"), await phone_of("manager")
    body = new_household(world.grids["W1"], "汪德海")
    west.save("customer.create", body)
    await _applied(west)
    visit_id = _unplaced(manager, "汪德海")
    await _applied(manager)
    await work()
    await manager.pull()
    assert manager.of("unplaced")[visit_id]["offered"] == []
    manager.save("visit.place", {"visit_id": visit_id, "customer_id": body["id"]})
    assert [one["code"] for one in await manager.push()] == ["out_of_scope"]
    await manager.pull()
    assert visit_id in manager.of("unplaced")


async def test_a_household_gone_to_another_grid_meanwhile_is_placed_by_the_head(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    (household,) = await _households(manager, world, work, "汪德海")
    async with worker_db.unit(Actor.system("test")) as uow:
        await grids.assign(uow, world.grids["E1"].id, world["deputy"].id, grids.Duty.responsible)
    await work()
    visit_id = _unplaced(manager, "汪德海")
    await _applied(manager)
    head.save("visit.place", {"visit_id": visit_id, "customer_id": household})
    await _applied(head)
    async with worker_db.unit(Actor.system("test")) as uow:
        row = (await uow.session.execute(text("SELECT customer_id, staff_id FROM visit"))).one()
        assert (str(row.customer_id), str(row.staff_id)) == (household, manager.staff["id"])


@pytest.mark.parametrize("change", [{"channel": "pigeon"}, {"outcome": "none"}, {"needs": ["gold"]}])
async def test_what_cannot_be_right_is_refused_and_kept(
    phone_of: PhoneOf, world: World, change: dict[str, Any]
) -> None:
    manager = await phone_of("manager")
    _unplaced(manager, "汪德海", **change)
    assert [one["code"] for one in await manager.push()] == ["bad_value"]


async def test_an_id_stands_for_one_visit_placed_or_not(phone_of: PhoneOf, world: World, work: Work) -> None:
    manager, agent = await phone_of("manager"), await phone_of("agent")
    (household,) = await _households(manager, world, work, "汪德海")
    taken = str(uuid7())
    _unplaced(manager, "谁也不是", id=taken)
    await _applied(manager)
    _unplaced(agent, "汪德海", id=taken)
    assert [one["code"] for one in await agent.push()] == ["id_taken"]
    agent.save("visit.log", visit(household, 114.0, 29.5, agent.now(), id=taken))
    manager.save("visit.place", {"visit_id": taken, "customer_id": household})
    results = [one["result"] for one in await manager.push()] + [one["result"] for one in await agent.push()]
    assert results == ["applied", "rejected"]
