"""How complete the files of a grid and of a branch are, asked online: counts, and of nobody in particular."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from backend.customers import queries
from backend.customers.jobs import FILES_AGE
from backend.kernel.actor import Actor
from backend.kernel.uow import Database, UnitOfWork
from tests.support.bodies import new_household
from tests.support.clock import MovingClock
from tests.support.field_phone import FieldPhone
from tests.support.world import PASSWORD, World
from tests.sync.conftest import PhoneOf, Work
from tests.sync.test_moves import record


async def _asked(phone: FieldPhone) -> dict[str, Any]:
    answer = await phone.phone.client.get("/api/v1/customers/completeness")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _grid(answer: dict[str, Any], world: World, code: str) -> dict[str, Any]:
    """What is said of a grid, without its name and id."""
    (found,) = [one for one in answer["grids"] if one["id"] == str(world.grids[code].id)]
    return {name: found[name] for name in ("customers", "points", "complete", "open")}


async def test_a_grid_and_the_branch_are_counted_by_section(phone_of: PhoneOf, world: World) -> None:
    manager, head, west = await phone_of("manager"), await phone_of("head"), await phone_of("manager2")
    manager.save("customer.create", new_household(world.grids["E1"], phone="13912340001"))
    await manager.push()
    before = _grid(await _asked(manager), world, "E1")
    assert {"income", "spending", "home", "assets"} <= set(before["open"])
    full, bare = new_household(world.grids["E1"]), new_household(world.grids["E1"], phone="13912340002")
    shop = new_household(world.grids["E1"], phone="13912340003") | {"kind": "business", "name": "李四百货"}
    shop["members"] = [shop["members"][0] | {"relation": "owner", "phone": "13912340003"}]
    for one in (full, bare, shop):
        manager.save("customer.create", one)
    fields = {"income_wages_fen": 1, "spending_living_fen": 1, "home_type": "flat"}
    edits = [{"field": field, "seen": None, "value": value} for field, value in fields.items()]
    manager.save("customer.set_values", {"customer_id": full["id"], "edits": edits})
    manager.save("record.put", record(full["id"]))
    assert {one["result"] for one in await manager.push()} == {"applied"}
    answer = await _asked(manager)
    now = _grid(answer, world, "E1")
    # point, phone and members are there of all three; a shop lacks no home
    more = {"income": 2, "spending": 2, "home": 1, "assets": 2}
    assert now["open"] == {name: before["open"].get(name, 0) + more.get(name, 0) for name in before["open"]}
    assert (now["customers"], now["complete"]) == (before["customers"] + 3, before["complete"] + 1)
    assert answer["mark"] == 80
    # a head has every grid of the branch, another branch's manager none of them
    assert _grid(await _asked(head), world, "E1") == now
    theirs = {one["id"] for one in (await _asked(west))["grids"]}
    assert not theirs & {str(world.grids[code].id) for code in ("E1", "E2")}
    branch = await _asked(head)
    assert branch["customers"] == sum(one["customers"] for one in branch["grids"])
    assert full["id"] not in str(branch)
    # a sum of the database's is a decimal unless told otherwise, and goes over the wire as a text
    assert [type(one["points"]) for one in (branch, *branch["grids"])] == [int] * (1 + len(branch["grids"]))


async def test_an_agent_is_told_no_points(phone_of: PhoneOf) -> None:
    agent = await phone_of("agent")
    answer = await agent.phone.client.get("/api/v1/customers/completeness")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


def _edits(customer_id: str, seen: int | None, *fields: str) -> dict[str, Any]:
    edits = [{"field": field, "seen": seen, "value": 1} for field in fields]
    return {"customer_id": customer_id, "edits": edits}


async def test_an_answer_that_came_of_age_counts_half_until_it_is_said_anew(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database, clock: MovingClock
) -> None:
    manager = await phone_of("manager")
    body = new_household(world.grids["E1"], phone="13912340001")
    manager.save("customer.create", body)
    manager.save("customer.set_values", _edits(body["id"], None, "income_wages_fen", "spending_living_fen"))
    home = [{"field": "home_type", "seen": None, "value": "flat"}]
    manager.save("customer.set_values", {"customer_id": body["id"], "edits": home})
    manager.save("record.put", record(body["id"]))
    assert {one["result"] for one in await manager.push()} == {"applied"}

    async def nights(days: int) -> None:
        clock.advance(timedelta(days=days))
        await manager.phone.login("manager", PASSWORD)
        async with worker_db.unit(Actor.system("test")) as uow:
            uow.emit(FILES_AGE, {})
        await work()

    async def points() -> int:
        await manager.pull()
        row = manager.of("file")[body["id"]]
        # what is old is there all the same
        assert row["open_sections"] == []
        return int(row["points"])

    assert await points() == 100
    await nights(365)
    assert await points() == 100
    await nights(1)
    # income 25 and spending 10 count half; home and a house hold longer
    assert await points() == 82
    revision = manager.of("file")[body["id"]]
    await nights(1)
    await manager.pull()
    assert manager.of("file")[body["id"]] == revision
    manager.save("customer.set_values", _edits(body["id"], 1, "income_wages_fen"))
    assert [one["result"] for one in await manager.push()] == ["applied"]
    assert await points() == 95
    # two years after it was seen the house is old, too
    await nights(730 - 367 + 1)
    assert await points() == 85


async def test_the_night_reckons_each_file_once(
    phone_of: PhoneOf,
    world: World,
    work: Work,
    worker_db: Database,
    clock: MovingClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    manager = await phone_of("manager")
    bodies = [new_household(world.grids["E1"], f"李四{n}", f"1391234000{n}") for n in range(3)]
    for body in bodies:
        manager.save("customer.create", body)
        manager.save("customer.set_values", _edits(body["id"], None, "income_wages_fen"))
    assert {one["result"] for one in await manager.push()} == {"applied"}
    await work()
    await manager.pull()
    before = [manager.of("file")[body["id"]]["points"] for body in bodies]
    clock.advance(timedelta(days=366))
    read, real = list[UUID](), queries.section_facts

    async def reading(uow: UnitOfWork, ids: Iterable[UUID]) -> Sequence[Any]:
        read.extend(ids := list(ids))
        return await real(uow, ids)

    monkeypatch.setattr(queries, "section_facts", reading)
    async with worker_db.unit(Actor.system("test")) as uow:
        uow.emit(FILES_AGE, {})
    await work()
    assert sorted(str(one) for one in read) == sorted(body["id"] for body in bodies)
    await manager.phone.login("manager", PASSWORD)
    await manager.pull()
    after = [manager.of("file")[body["id"]]["points"] for body in bodies]
    assert all(now < then for now, then in zip(after, before, strict=True))
