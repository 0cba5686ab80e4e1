"""Two phones at once, and a grid between two managers: everything once, nothing without an owner."""

import asyncio
from typing import Any

import msgspec
from sqlalchemy import text

from backend.grids import api as grids
from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from backend.sync.partitions import VERSION
from tests.support.bodies import new_household, visit
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work


def _edit(phone: FieldPhone, customer_id: str, field: str, value: int) -> None:
    edits = [{"field": field, "seen": None, "value": value}]
    phone.save("customer.set_values", {"customer_id": customer_id, "edits": edits})


async def test_two_phones_that_lock_the_same_customers_crosswise_both_get_through(
    phone_of: PhoneOf, world: World, worker_db: Database
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    households = [new_household(world.grids["E1"], f"户{n}") for n in range(8)]
    for one in households:
        manager.save("customer.create", one)
    await manager.push()
    for value in range(1, 3):
        for one in households:
            _edit(manager, one["id"], "income_wages_fen", value)
        for one in reversed(households):
            _edit(head, one["id"], "spending_living_fen", value)
        receipts = await asyncio.gather(manager.push(), head.push())
        assert {one["result"] for some in receipts for one in some} <= {"applied", "merged"}
    async with worker_db.unit(Actor.system("test")) as uow:
        rows = await uow.session.execute(text("SELECT field, amount FROM customer_value"))
        values = [(row.field, row.amount) for row in rows]
        history = await uow.session.scalar(text("SELECT count(*) FROM customer_value_history"))
    assert sorted(set(values)) == [("income_wages_fen", 2), ("spending_living_fen", 2)]
    assert (len(values), history) == (16, 32)


async def test_a_request_repeated_while_the_first_still_runs_has_one_effect(
    phone_of: PhoneOf, world: World, worker_db: Database
) -> None:
    manager = await phone_of("manager")
    sent = [manager.save("customer.create", new_household(world.grids["E1"], f"户{n}")) for n in range(5)]
    wire = [one.wire() for one in sent]
    answers = await asyncio.gather(*(manager.push_raw(wire) for _ in range(3)))
    results: list[Any] = []
    for answer in answers:
        assert answer.status_code == 200, answer.text
        results += [one["result"] for one in msgspec.msgpack.decode(answer.content)["receipts"]]
    assert sorted(results) == ["applied"] * 5 + ["repeated"] * 10
    async with worker_db.unit(Actor.system("test")) as uow:
        assert await uow.session.scalar(text("SELECT count(*) FROM customer")) == 5


async def test_a_grid_that_lay_without_a_manager_keeps_no_duty_for_the_one_who_left(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    before, after = await phone_of("manager"), await phone_of("deputy")
    place = world.grids["E1"]
    body = new_household(place)
    before.save("customer.create", body)
    await before.push()
    await work()
    async with worker_db.unit(Actor.system("test")) as uow:
        await grids.release(uow, place.id, world["manager"].id, grids.Duty.responsible)
    await work()
    async with worker_db.unit(Actor.system("test")) as uow:
        await grids.assign(uow, place.id, world["deputy"].id, grids.Duty.responsible)
    await work()
    await before.pull()
    await after.pull()
    assert after.of("customer")[body["id"]]["owner_id"] == str(world["deputy"].id)
    assert [row["customer_id"] for row in after.of("task").values()] == [body["id"]]
    assert not before.of("task")


async def test_two_agents_of_a_grid_get_pages_of_their_own(
    phone_of: PhoneOf, world: World, worker_db: Database
) -> None:
    place = world.grids["E1"]
    async with worker_db.unit(Actor.system("test")) as uow:
        await grids.assign(uow, place.id, world["agent2"].id, grids.Duty.agent)
    manager, first, second = await phone_of("manager"), await phone_of("agent"), await phone_of("agent2")
    body = new_household(place)
    manager.save("customer.create", body)
    await manager.push()
    for phone, note in ((first, "甲的记录"), (second, "乙的记录")):
        phone.save("visit.log", visit(body["id"], place.lon, place.lat, phone.now(), note=note))
        assert (await phone.push())[0]["result"] == "applied"
    async with worker_db.unit(Actor.system("test")) as uow:
        # what a phone missed can no longer be told by changes alone: it gets pages
        await uow.session.execute(
            text("UPDATE sync_partition SET floor = 1 WHERE book = :book"), {"book": f"grid:{place.id}"}
        )
    for phone, own, other in ((first, "甲的记录", "乙的记录"), (second, "乙的记录", "甲的记录")):
        answer = {one["key"]: one["state"] for one in await phone.pull_once()}
        assert answer[f"grid:{place.id}/agent@{VERSION}"] == "snapshot"
        assert own in phone.everything()
        assert other not in phone.everything()
