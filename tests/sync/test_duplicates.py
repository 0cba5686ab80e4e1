"""A household that is entered as a new one and is the bank's already: known by ID number, at the push."""

import asyncio
from datetime import date
from typing import Any

from sqlalchemy import text

from backend.customers.rules import id_check_digit
from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from tests.support.bodies import member, new_household, visit
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work


def number(birth: str, sex: str, place: int = 1) -> str:
    """An ID number that nobody can have: no province has the code 99."""
    stem = f"99{place:04d}{birth.replace('-', '')}{2 if sex == 'f' else 1:03d}"
    return stem + id_check_digit(stem)


HEAD = number("1979-03-04", "m")
WIFE = number("1981-08-09", "f")
CHILD = number("2006-05-06", "m")


def household(world: World, grid: str = "E1", name: str = "李四", **changes: Any) -> dict[str, Any]:
    """Head, wife and child with their ID numbers, as somebody typed them."""
    people = [
        member(name, "head", "m", "1979-03-04", None) | {"id_number": HEAD},
        member("王五妹", "spouse", "f", "1981-08-09", None) | {"id_number": WIFE},
        member("李小宝", "child", "m", "2006-05-06", None) | {"id_number": CHILD},
    ]
    return new_household(world.grids[grid], name=name, members=people) | changes


async def _pushed(phone: FieldPhone) -> list[dict[str, Any]]:
    return sorted(await phone.push(), key=lambda one: int(one["seq"]))


async def household_met(phone: FieldPhone, world: World, work: Work, **changes: Any) -> str:
    """The household of HEAD, WIFE and CHILD, entered by the phone. Returns its id."""
    body = household(world, **changes)
    phone.save("customer.create", body)
    assert [one["result"] for one in await phone.push()] == ["applied"]
    await work()
    return str(body["id"])


async def _known(phone: FieldPhone, world: World, work: Work) -> dict[str, Any]:
    body = household(world)
    phone.save("customer.create", body)
    assert [one["result"] for one in await _pushed(phone)] == ["applied"]
    await work()
    return body


async def test_a_household_entered_twice_is_one_and_what_hangs_on_the_second_lands_on_the_first(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    manager, agent = await phone_of("manager"), await phone_of("agent")
    known = await _known(manager, world, work)
    place = world.grids["E1"]
    twin = household(world, "E2", name="李老四", phone="13700001111", address="河东 9 号")
    # a person that the bank knows by name and birth date alone, and one that it does not
    twin["members"][2] |= {"id_number": None}
    twin["members"].append(member("李小妹", "child", "f", "2020-01-02", None))
    made = agent.save("customer.create", twin)
    seen = visit(twin["id"], place.lon, place.lat, agent.now(), note="门口又聊了聊")
    agent.save("visit.log", seen, needs=[made.id])
    edits = [{"field": "income_planting_fen", "seen": None, "value": 4_000_000}]
    agent.save("customer.set_values", {"customer_id": twin["id"], "edits": edits}, needs=[made.id])
    first, second, third = await _pushed(agent)
    assert (first["result"], first["lost"]) == ("merged", ["address", "name"])
    assert (second["result"], third["result"]) == ("applied", "applied")
    assert first["alias"] == second["alias"] == third["alias"] == {twin["id"]: known["id"]}
    await work()
    for phone in (manager, agent):
        await phone.pull()
        assert list(phone.of("customer")) == [known["id"]]
        assert phone.of("customer")[known["id"]]["address"] == known["address"]
        assert sorted(one["name"] for one in phone.of("member").values()) == [
            "李四",
            "李小妹",
            "李小宝",
            "王五妹",
        ]
        assert phone.of("visit")[seen["id"]]["customer_id"] == known["id"]
        for id_number in (HEAD, WIFE, CHILD):
            assert id_number not in phone.everything()
    assert manager.of("file")[known["id"]]["values"]["income_planting_fen"][0] == 4_000_000
    # the same bytes once more
    (again,) = await _again(agent, made)
    assert (again["result"], again["was"], again["alias"]) == ("repeated", "merged", first["alias"])
    async with worker_db.unit(Actor.system("test")) as uow:
        sealed = await uow.session.scalars(text("SELECT number_sealed FROM person_identity"))
        assert all(HEAD.encode() not in one for one in sealed.all())
        told = await uow.session.scalars(text("SELECT detail::text FROM audit_entry"))
        assert not [one for one in told if HEAD in one or WIFE in one]


async def _again(phone: FieldPhone, sent: Any) -> list[dict[str, Any]]:
    sent.receipt = None
    return await phone.push()


async def test_a_manager_hears_which_phone_stands_and_a_wrong_merge_is_taken_back_as_typed(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    known = await _known(manager, world, work)
    twin = household(world, "E2", phone="13700001111", address="河东 9 号")
    manager.save("customer.create", twin)
    (receipt,) = await _pushed(manager)
    assert (receipt["result"], receipt["lost"]) == ("merged", ["address", "phone"])
    manager.save("customer.unmerge", {"customer_id": twin["id"], "reason": "不是一户"})
    assert [one["result"] for one in await _pushed(manager)] == ["applied"]
    await work()
    await manager.pull()
    rows = manager.of("customer")
    assert set(rows) == {known["id"], twin["id"]}
    assert (rows[twin["id"]]["address"], rows[twin["id"]]["phone"]) == ("河东 9 号", "13700001111")
    assert rows[twin["id"]]["members"] == rows[known["id"]]["members"] == 3


async def test_a_household_of_anothers_takes_the_visit_and_both_hear_of_it(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, west, agent2 = await phone_of("manager"), await phone_of("manager2"), await phone_of("agent2")
    known = await _known(manager, world, work)
    place = world.grids["W1"]
    twin = household(world, "W1", name="李四")
    made = west.save("customer.create", twin)
    seen = visit(twin["id"], place.lon, place.lat, west.now(), note="搬过来了")
    west.save("visit.log", seen, needs=[made.id])
    edits = [{"field": "income_wages_fen", "seen": None, "value": 7_000_000}]
    west.save("customer.set_values", {"customer_id": twin["id"], "edits": edits}, needs=[made.id])
    first, second, third = await _pushed(west)
    assert (first["result"], first.get("lost")) == ("applied", None)
    assert (second["result"], third["result"]) == ("applied", "suggested")
    await work()
    for phone in (manager, west, agent2):
        await phone.pull()
    for phone in (west, agent2):
        assert not {known["id"], twin["id"]} & set(phone.of("customer"))
    assert manager.of("visit")[seen["id"]]["staff_id"] == west.staff["id"]
    assert [one["customer_id"] for one in manager.of("suggestion").values()] == [known["id"]]
    heard = {one["kind"]: one["params"] for one in manager.of("inbox").values()}
    assert heard["customer_met_elsewhere"] == {"customer_id": known["id"], "staff_id": west.staff["id"]}
    told = {one["kind"]: one["params"] for one in west.of("inbox").values()}
    assert told["customer_known_elsewhere"] == {"made_id": twin["id"]}


async def test_two_phones_at_the_same_moment_make_one_household(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, agent = await phone_of("manager"), await phone_of("agent")
    for phone in (manager, agent):
        phone.save("customer.create", household(world))
    receipts = [one for some in await asyncio.gather(manager.push(), agent.push()) for one in some]
    assert sorted("alias" in one for one in receipts) == [False, True]
    await work()
    await manager.pull()
    assert len(manager.of("customer")) == 1
    assert len(manager.of("member")) == 3


async def test_a_child_with_a_household_of_its_own_is_no_duplicate(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    known = await _known(manager, world, work)
    own = new_household(
        world.grids["E1"],
        name="李小宝",
        members=[member("李小宝", "head", "m", "2006-05-06", None) | {"id_number": CHILD}],
    )
    manager.save("customer.create", own)
    (receipt,) = await _pushed(manager)
    assert (receipt["result"], receipt["lost"]) == ("merged", ["id_number"])
    assert "alias" not in receipt
    await work()
    await manager.pull()
    assert set(manager.of("customer")) == {known["id"], own["id"]}


async def test_a_number_that_cannot_be_is_refused_whole_and_mended(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    manager = await phone_of("manager")
    wrong = HEAD[:-1] + ("1" if HEAD[-1] != "1" else "2")
    cases = {
        "digit": {"id_number": wrong},
        "region": {"id_number": _of_region("05")},
        "birth": {"id_number": HEAD, "birth_on": "1979-03-05"},
        "sex": {"id_number": HEAD, "sex": "f"},
        "form": {"id_number": "123"},
    }
    for case, change in cases.items():
        body = household(world)
        body["members"][0] |= change
        manager.save("customer.create", body)
        (receipt,) = await _pushed(manager)
        assert (receipt["result"], receipt["code"]) == ("rejected", "bad_value"), case
        assert not any(one in receipt["reason"] for one in (HEAD, wrong)), case
    twice = household(world)
    twice["members"][1] |= {"id_number": HEAD, "sex": None, "birth_on": None}
    manager.save("customer.create", twice)
    assert (await _pushed(manager))[0]["code"] == "bad_value"
    # blanks and a small x are how people type; what the number says need not be typed again
    body = household(world)
    body["members"][0] |= {"id_number": f" {HEAD[:6]} {HEAD[6:14]} {HEAD[14:].lower()}", "sex": None}
    body["members"][0] |= {"birth_on": None}
    refused = manager.outbox[0].id
    manager.save("customer.create", body, replaces=str(refused))
    assert [one["result"] for one in await _pushed(manager)] == ["applied"]
    await work()
    await manager.pull()
    head = next(one for one in manager.of("member").values() if one["relation"] == "head")
    assert (head["birth_on"], head["sex"]) == (date(1979, 3, 4).isoformat(), "m")


def _of_region(province: str) -> str:
    stem = province + HEAD[2:17]
    return stem + id_check_digit(stem)
