"""Heads look up at the bank what their phones do not hold: a household of the branch, by words or by id."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from tests.support.bodies import new_household, visit
from tests.support.clock import MovingClock
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work

LOOK_UP = "/api/v1/customers/look-up"
PURPOSE = "客户来信申诉"


async def ask(phone: FieldPhone, **given: Any) -> httpx.Response:
    return await phone.phone.client.post(LOOK_UP, json=given)


async def names(phone: FieldPhone, **given: Any) -> list[str]:
    answer = await ask(phone, **given)
    assert answer.status_code == 200, answer.text
    return [one["name"] for one in answer.json()["customers"]]


async def made(phone: FieldPhone, world: World, grid: str, *households: tuple[str, str]) -> list[str]:
    bodies = [
        new_household(world.grids[grid], name, f"1391234{n:04d}", address=address)
        for n, (name, address) in enumerate(households)
    ]
    for body in bodies:
        phone.save("customer.create", body)
    assert {one["result"] for one in await phone.push()} == {"applied"}
    return [str(body["id"]) for body in bodies]


async def test_a_household_of_the_branch_is_found_by_words_of_its_name_or_place(
    phone_of: PhoneOf, world: World, worker_db: Database
) -> None:
    manager, west, head = await phone_of("manager"), await phone_of("manager2"), await phone_of("head")
    wang, _, zhou = await made(
        manager, world, "E1", ("汪德海", "上湾 3 号"), ("汪德水", "下湾 1 号"), ("周海生", "上湾 5 号")
    )
    await made(west, world, "W1", ("汪德海", "西头"))
    assert await names(head, text="汪德海") == ["汪德海"]
    assert await names(head, text="汪德") == ["汪德海", "汪德水"]
    assert await names(head, text="wangdehai") == await names(head, text="WDH") == ["汪德海"]
    assert await names(head, text="汪 上湾") == ["汪德海"]
    assert await names(head, text="上湾") == ["汪德海", "周海生"]
    # a member's name, and whoever is called just so before others
    assert set(await names(head, text="王五妹")) == {"汪德海", "汪德水", "周海生"}
    assert await names(head, text="%") == await names(head, text="_") == []
    (found,) = (await ask(head, text="周海生")).json()["customers"]
    grid = world.grids["E1"]
    assert found == {
        "id": zhou,
        "kind": "household",
        "name": "周海生",
        "address": "上湾 5 号",
        "grid_name": found["grid_name"],
        "branch_name": None,
    }
    async with worker_db.unit(Actor.system("test")) as uow:
        place = await uow.session.scalar(text("SELECT name FROM grid WHERE id = :id"), {"id": grid.id})
        last = await uow.session.execute(
            text("SELECT staff_id, detail FROM audit_entry WHERE action = 'customer.looked_up' ORDER BY id")
        )
        looks = last.all()
    assert found["grid_name"] == place
    assert {str(one.staff_id) for one in looks} == {head.staff["id"]}
    assert looks[-1].detail == {"text": "周海生", "found": [zhou]}
    assert looks[0].detail == {"text": "汪德海", "found": [wang]}


async def test_only_heads_and_only_their_branch(phone_of: PhoneOf, world: World) -> None:
    manager, west, head = await phone_of("manager"), await phone_of("manager2"), await phone_of("head")
    (east,) = await made(manager, world, "E1", ("汪德海", "上湾"))
    (far,) = await made(west, world, "W1", ("汪德海", "西头"))
    assert await names(head, ids=[east, far]) == ["汪德海"]
    assert [one["id"] for one in (await ask(head, ids=[east, far])).json()["customers"]] == [east]
    for login in ("manager", "agent", "business", "data", "risk", "admin"):
        answer = await ask(await phone_of(login), text="汪德海", purpose=PURPOSE)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    for nothing in ({}, {"text": "  "}, {"text": "汪" * 61}, {"ids": [east] * 51}):
        assert (await ask(head, **nothing)).status_code == 422


@pytest.mark.parametrize("login", ["lead", "auditor"])
async def test_head_office_finds_one_of_the_bank_by_a_whole_name_when_it_says_what_for(
    phone_of: PhoneOf, world: World, worker_db: Database, login: str
) -> None:
    manager, west, office = await phone_of("manager"), await phone_of("manager2"), await phone_of(login)
    east_ids = await made(manager, world, "E1", ("汪德海", "上湾 3 号"), ("汪德水", "下湾 1 号"))
    (far,) = await made(west, world, "W1", ("汪德海", "西头"))
    without = await ask(office, text="汪德海")
    assert (without.status_code, without.json()["code"]) == (403, "purpose_needed")
    assert (await ask(office, text="汪德海", purpose="看")).status_code == 422
    # nobody is fished for: no ids, no half a name, no reading of one
    assert (await ask(office, ids=east_ids, purpose=PURPOSE)).status_code == 422
    for part in ("汪德", "wangdehai", "上湾", "汪 西头"):
        assert await names(office, text=part, purpose=PURPOSE) == [], part
    found = (await ask(office, text="汪德海", purpose=PURPOSE)).json()
    assert {one["id"] for one in found["customers"]} == {east_ids[0], far}
    assert {one["address"] for one in found["customers"]} == {None}
    branches = {one["branch_name"] for one in found["customers"]}
    assert len(branches) == 2
    assert None not in branches
    # the village narrows it down, and opens what a name in it begins with
    async with worker_db.unit(Actor.system("test")) as uow:
        village = await uow.session.scalar(
            text("SELECT name FROM grid WHERE id = :id"), {"id": world.grids["W1"].id}
        )
    assert [
        one["id"]
        for one in (await ask(office, text=f"汪德海 {village}", purpose=PURPOSE)).json()["customers"]
    ] == [far]
    assert await names(office, text=f"{village} 汪", purpose=PURPOSE) == ["汪德海"]
    # a member's whole name
    assert set(await names(office, text="王五妹", purpose=PURPOSE)) == {"汪德海", "汪德水"}
    async with worker_db.unit(Actor.system("test")) as uow:
        looks = await uow.session.execute(
            text("SELECT staff_id, detail FROM audit_entry WHERE action = 'customer.looked_up' ORDER BY id")
        )
        last = looks.all()[-1]
    assert str(last.staff_id) == office.staff["id"]
    assert (last.detail["text"], last.detail["purpose"]) == ("王五妹", PURPOSE)
    assert set(last.detail["found"]) == {*east_ids, far}
    # what was found is not held
    await office.pull()
    assert not office.of("customer")


async def test_head_office_sees_twenty_at_most(phone_of: PhoneOf, world: World) -> None:
    manager, lead = await phone_of("manager"), await phone_of("lead")
    await made(manager, world, "E1", *(("汪德海", f"上湾 {n} 号") for n in range(21)))
    found = (await ask(lead, text="汪德海", purpose=PURPOSE)).json()
    assert (len(found["customers"]), found["more"]) == (20, True)


async def test_who_looks_up_without_end_waits(phone_of: PhoneOf, world: World, clock: MovingClock) -> None:
    head, deputy = await phone_of("head"), await phone_of("deputy")
    answers = [(await ask(head, text="汪")).status_code for _ in range(60)]
    assert set(answers) == {200}
    answer = await ask(head, text="汪")
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_look_ups")
    assert 0 < int(answer.headers["Retry-After"]) <= 2
    assert (await ask(deputy, text="汪")).status_code == 200
    clock.advance(timedelta(seconds=3))
    assert (await ask(head, text="汪")).status_code == 200
    assert (await ask(head, text="汪")).status_code == 429
    # after an hour without any it is forgotten
    clock.advance(timedelta(hours=1, minutes=1))
    assert [(await ask(head, text="汪")).status_code for _ in range(3)] == [200] * 3


@pytest.mark.parametrize("login", ["head", "deputy"])
async def test_a_head_without_a_grid_places_a_visit_with_what_was_looked_up(
    phone_of: PhoneOf, world: World, work: Work, login: str
) -> None:
    agent, manager, head = await phone_of("agent"), await phone_of("manager"), await phone_of(login)
    first, second = await made(manager, world, "E1", ("汪德海", "上湾"), ("汪德海", "下湾"))
    body = visit("", 0, 0, agent.now()) | {"name": "汪德海", "place": "", "point": None}
    del body["customer_id"]
    agent.save("visit.log_unplaced", body)
    assert (await agent.push())[0]["result"] == "applied"
    await work()
    await head.pull()
    row = head.of("unplaced")[body["id"]]
    assert not head.of("customer")
    offered = (await ask(head, ids=row["offered"])).json()["customers"]
    assert {one["address"] for one in offered} == {"上湾", "下湾"}
    assert {one["id"] for one in offered} == {first, second}
    chosen = next(one["id"] for one in offered if one["address"] == "下湾")
    head.save("visit.place", {"visit_id": body["id"], "customer_id": chosen})
    assert (await head.push())[0]["result"] == "applied"
    await work()
    await manager.pull()
    assert manager.of("visit")[body["id"]]["customer_id"] == second
