"""Households merge, split, and a merge is taken back. CONTRACT.md section 9."""

from datetime import timedelta
from typing import Any

import pytest

from backend.grids import api as grids
from backend.kernel.actor import Actor
from backend.kernel.ids import uuid7
from backend.kernel.uow import Database
from tests.support.bodies import visit
from tests.support.clock import MovingClock
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work
from tests.sync.test_moves import NOTHING, furnished, held, record


def value(customer_id: str, field: str, amount: int) -> dict[str, Any]:
    return {"customer_id": customer_id, "edits": [{"field": field, "seen": None, "value": amount}]}


def merged(one: str, other: str) -> dict[str, str]:
    return {"customer_id": one, "into_id": other, "reason": "同一户"}


async def two(phone: FieldPhone, world: World, work: Work, second: str = "E1") -> tuple[str, str]:
    """A household that is there twice, each with members, a field, a value and a visit."""
    old = await furnished(phone, world, name="重复户")
    new = await furnished(phone, world, second, name="正户")
    phone.save("customer.set_values", value(old["id"], "income_planting_fen", 30_000_00))
    phone.save("customer.set_values", value(old["id"], "spending_living_fen", 5_000_00))
    phone.save("customer.set_values", value(new["id"], "spending_living_fen", 8_000_00))
    assert [one["result"] for one in await phone.push()] == ["applied"] * 3
    await work()
    await phone.pull()
    return old["id"], new["id"]


def relations(phone: FieldPhone, customer_id: str) -> list[str]:
    return sorted(one["relation"] for one in phone.of("member").values() if one["customer_id"] == customer_id)


async def test_two_households_become_one_and_nothing_is_lost(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, agent = await phone_of("manager"), await phone_of("agent")
    old, new = await two(manager, world, work, "E2")
    await agent.pull()
    tasks = {key for key, row in manager.of("task").items() if row["customer_id"] == old}
    assert tasks
    manager.save("customer.merge", merged(old, new))
    receipt = (await manager.push())[0]
    assert (receipt["result"], receipt["lost"]) == ("merged", ["spending_living_fen"])
    assert receipt["alias"] == {old: new}
    await work()
    for phone in (manager, agent):
        await phone.pull()
        assert held(phone, old) == NOTHING
    assert {kind: held(manager, new)[kind] for kind in ("member", "record", "visit")} == {
        "member": 4,
        "record": 2,
        "visit": 2,
    }
    assert relations(manager, new) == ["head", "other", "spouse", "spouse"]
    assert manager.of("customer")[new]["members"] == 4
    shown = manager.of("file")[new]["values"]
    assert (shown["income_planting_fen"][0], shown["spending_living_fen"][0]) == (30_000_00, 8_000_00)
    assert not tasks & {
        key for key, row in manager.of("task").items() if row["state"] not in ("cancelled", "closed")
    }
    assert {row["customer_id"] for row in manager.of("task").values()} == {new}


async def test_what_phones_send_about_the_merged_one_lands_on_the_other(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, agent = await phone_of("manager"), await phone_of("agent")
    old, new = await two(manager, world, work)
    third = (await furnished(manager, world, name="第三户"))["id"]
    thing = next(key for key, row in manager.of("record").items() if row["customer_id"] == old)
    place = world.grids["E1"]
    agent.save("visit.log", visit(old, place.lon, place.lat, agent.now()))
    agent.save("customer.set_values", value(old, "income_breeding_fen", 7_000_00))
    agent.save("record.put", record(old, label="三轮车", kind="vehicle"))
    second = await phone_of("manager")
    second.save("record.put", record(old, id=thing, label="旱地"))
    second.save("record.remove", {"id": thing, "customer_id": old, "reason": "卖了"})
    # twice over, so that the way leads through both
    manager.save("customer.merge", merged(old, new))
    manager.save("customer.merge", merged(new, third))
    assert {one["result"] for one in await manager.push()} <= {"applied", "merged"}
    for phone in (agent, second):
        for one in await phone.push():
            assert one["result"] == "applied", one
            assert one["alias"] == {old: third}
    await work()
    await manager.pull()
    assert set(manager.of("customer")) == {third}
    assert held(manager, third)["visit"] == 4
    assert held(manager, third)["record"] == 3
    assert thing not in manager.of("record")
    assert manager.of("file")[third]["values"]["income_breeding_fen"][0] == 7_000_00


async def test_a_merge_is_taken_back(phone_of: PhoneOf, world: World, work: Work) -> None:
    manager = await phone_of("manager")
    old, new = await two(manager, world, work, "E2")
    before = held(manager, old), held(manager, new), relations(manager, old), relations(manager, new)
    visits = {key for key, row in manager.of("visit").items() if row["customer_id"] == old}
    files = {one: manager.of("file")[one]["values"] for one in (old, new)}
    manager.save("customer.merge", merged(old, new))
    await manager.push()
    await work()
    # what comes in between is the household's that both were
    place = world.grids["E2"]
    manager.save("visit.log", visit(old, place.lon, place.lat, manager.now()))
    manager.save("customer.unmerge", {"customer_id": old, "reason": "弄错了"})
    assert [one["result"] for one in await manager.push()] == ["applied"] * 2
    await work()
    await manager.pull()
    assert visits == {key for key, row in manager.of("visit").items() if row["customer_id"] == old}
    after = held(manager, old), held(manager, new), relations(manager, old), relations(manager, new)
    assert after == (before[0], before[1] | {"visit": 2}, before[2], before[3])
    assert manager.of("customer")[old]["home_book"] == f"grid:{world.grids['E1'].id}"
    for one in (old, new):
        now = {key: shown[0] for key, shown in manager.of("file")[one]["values"].items()}
        assert {key: amount for key, amount in now.items() if amount is not None} == {
            key: shown[0] for key, shown in files[one].items()
        }
    assert any(row["customer_id"] == old for row in manager.of("task").values())
    manager.save("customer.unmerge", {"customer_id": old, "reason": "再来"})
    assert (await manager.push())[0]["code"] == "conflict_state"


async def test_a_household_splits_and_its_children_are_edited_where_they_went(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, agent = await phone_of("manager"), await phone_of("agent")
    body = await furnished(manager, world)
    await work()
    await manager.pull()
    thing = next(iter(manager.of("record")))
    spouse = next(key for key, row in manager.of("member").items() if row["relation"] == "spouse")
    second = await phone_of("manager")
    second.save("record.put", record(body["id"], id=thing, label="水田五亩"))
    child = str(uuid7())
    split = {
        "id": child,
        "customer_id": body["id"],
        "name": "王五妹",
        "address": "二组 8 号",
        "member_ids": [spouse],
        "head_id": spouse,
        "record_ids": [thing],
    }
    manager.save("customer.split", split)
    assert (await manager.push())[0]["result"] == "applied"
    # made before the phone knew of it
    assert (await second.push())[0]["result"] == "applied"
    await work()
    for phone in (manager, agent):
        await phone.pull()
        assert set(phone.of("customer")) == {body["id"], child}
        assert (relations(phone, body["id"]), relations(phone, child)) == (["head"], ["head"])
    row = manager.of("record")[thing]
    assert (row["customer_id"], row["label"]) == (child, "水田五亩")
    assert (held(manager, body["id"])["visit"], held(manager, child)["visit"]) == (1, 0)
    assert manager.of("customer")[child]["owner_id"] == str(world["manager"].id)
    assert manager.of("profile")[child]["tier"]
    # and back: merging is how a split is undone
    manager.save("customer.merge", merged(child, body["id"]))
    assert (await manager.push())[0]["result"] == "applied"
    await work()
    await manager.pull()
    assert held(manager, body["id"])["member"] == 2
    second.save("record.remove", {"id": thing, "customer_id": child, "reason": "卖了"})
    assert (await second.push())[0]["result"] == "applied"


async def test_splits_and_merges_that_cannot_be(phone_of: PhoneOf, world: World, work: Work) -> None:
    manager = await phone_of("manager")
    old, new = await two(manager, world, work)
    mine = [key for key, row in manager.of("member").items() if row["customer_id"] == old]
    theirs = [key for key, row in manager.of("member").items() if row["customer_id"] == new]
    split = {
        "id": str(uuid7()),
        "customer_id": old,
        "name": "分户",
        "address": "",
        "member_ids": mine[:1],
        "head_id": mine[0],
    }
    bad: list[tuple[str, dict[str, Any], str]] = [
        ("customer.merge", merged(old, old), "bad_value"),
        ("customer.merge", merged(old, str(uuid7())), "out_of_scope"),
        ("customer.merge", merged(old, new) | {"reason": ""}, "malformed"),
        ("customer.unmerge", {"customer_id": old, "reason": "没有"}, "conflict_state"),
        ("customer.split", split | {"member_ids": mine}, "bad_value"),
        ("customer.split", split | {"member_ids": theirs[:1], "head_id": theirs[0]}, "bad_value"),
        ("customer.split", split | {"head_id": mine[1]}, "bad_value"),
        ("customer.split", split | {"id": new}, "id_taken"),
        ("customer.split", split | {"record_ids": [str(uuid7())]}, "bad_value"),
    ]
    for kind, body, _ in bad:
        manager.save(kind, body)
    assert [one["code"] for one in await manager.push()] == [code for _, _, code in bad]
    await manager.pull()
    assert relations(manager, old) == relations(manager, new) == ["head", "spouse"]
    # an asset of another household is not reached by naming it
    thing = next(key for key, row in manager.of("record").items() if row["customer_id"] == new)
    manager.outbox.clear()
    third = await phone_of("manager")
    third.save("record.put", record(old, id=thing, label="抢来的"))
    assert (await third.push())[0]["code"] == "id_taken"


@pytest.mark.parametrize(
    ("login", "code"), [("agent", "not_allowed"), ("manager2", "out_of_scope"), ("head2", "out_of_scope")]
)
async def test_who_may_not_merge(phone_of: PhoneOf, world: World, work: Work, login: str, code: str) -> None:
    old, new = await two(await phone_of("manager"), world, work)
    other = await phone_of(login)
    mine = (await furnished(other, world, "W1"))["id"] if login != "agent" else new
    if login != "agent":
        await work()
    other.save("customer.merge", merged(old, mine))
    other.save("customer.merge", merged(mine, old))
    other.save("customer.unmerge", {"customer_id": old, "reason": "不是我的"})
    assert [one["code"] for one in await other.push()] == [code] * 3


async def test_an_edit_of_what_became_part_of_anothers_household_is_suggested_to_its_owner(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database, clock: MovingClock
) -> None:
    manager, head, stranger = await phone_of("manager"), await phone_of("head"), await phone_of("manager2")
    old, new = await two(manager, world, work, "E2")
    async with worker_db.unit(Actor.system("test")) as uow:
        await grids.assign(uow, world.grids["E2"].id, world["deputy"].id, grids.Duty.responsible)
    await work()
    deputy = await phone_of("deputy")
    await manager.pull()
    clock.advance(timedelta(hours=1))
    manager.save("customer.set_values", value(old, "income_breeding_fen", 7_000_00))
    manager.save("record.put", record(old, label="三轮车", kind="vehicle"))
    stranger.save("customer.set_values", value(old, "income_breeding_fen", 1_00))
    clock.advance(timedelta(hours=1))
    head.save("customer.merge", merged(old, new))
    assert (await head.push())[0]["result"] == "merged"
    await work()
    clock.advance(timedelta(hours=1))
    receipts = await manager.push()
    assert [one["result"] for one in receipts] == ["suggested", "suggested"]
    assert new not in str(receipts)
    # nobody gains a right by a merge
    assert [one["code"] for one in await stranger.push()] == ["out_of_scope"]
    clock.advance(timedelta(hours=1))
    # the phone has heard of it: it may not go on
    manager.save("customer.set_values", value(old, "income_breeding_fen", 9_000_00))
    assert [one["code"] for one in await manager.push()] == ["too_late"]
    await deputy.pull()
    rows = deputy.of("suggestion")
    assert {row["customer_id"] for row in rows.values()} == {new}
    told = [one for one in deputy.of("inbox").values() if one["kind"] == "suggestion"]
    assert {one["params"]["customer_id"] for one in told} == {new}
    for suggestion_id in rows:
        deputy.save("suggestion.accept", {"suggestion_id": suggestion_id})
    assert {one["result"] for one in await deputy.push()} == {"applied"}
    await deputy.pull()
    amount, _source, _day, who = deputy.of("file")[new]["values"]["income_breeding_fen"]
    assert (amount, who) == (7_000_00, manager.staff["id"])
    assert "三轮车" in {row["label"] for row in deputy.of("record").values() if row["customer_id"] == new}
