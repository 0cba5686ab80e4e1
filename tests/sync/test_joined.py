"""Households that are one, with people who are in both: put side by side, made one, taken back."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from backend.kernel.actor import Actor
from backend.kernel.ids import uuid7
from backend.kernel.uow import Database
from tests.support.bodies import member, new_household, visit
from tests.support.clock import MovingClock
from tests.support.field_phone import FieldPhone
from tests.support.world import PASSWORD, World
from tests.sync.conftest import PhoneOf, Work
from tests.sync.test_duplicates import number
from tests.sync.test_people import consent, edits, put, who

BORN, WED = "1961-04-05", "1959-10-11"
NUMBER = number(BORN, "f")
Body = dict[str, Any]


async def twice(phone: FieldPhone, world: World, work: Work, second: str = "E1") -> tuple[Body, Body]:
    """A household and, by the sound of its names, the same once more, where more is known of the wife: phone,
    schooling, ID number, marriage, a consent and a photo of her papers. Her mother is in the second only."""
    couple = [member("覃月秀", "head", "f", BORN, None), member("田大山", "spouse", "m", WED, None)]
    first = new_household(world.grids["E1"], name="覃月秀", phone="", members=couple)
    people = [
        member("秦越秀", "head", "f", BORN, "13900002222"),
        member("田达山", "spouse", "m", WED, None),
        member("秦老太", "parent", "f", "1936-01-02", None),
    ]
    again = new_household(world.grids[second], name="秦越秀", phone="", members=people)
    for body in (first, again):
        phone.save("customer.create", body)
    phone.save("member.put", who(again, 0) | {"edits": edits(education="junior", marriage="married")})
    phone.save("member.put", who(again, 0) | {"edits": edits(id_number=NUMBER)})
    place = world.grids[second]
    phone.save("visit.log", visit(again["id"], place.lon, place.lat, phone.now()))
    assert {one["result"] for one in await phone.push()} == {"applied"}
    assert (await consent(phone, again, 0, "id_photo"))["result"] == "applied"
    papers = {"id": str(uuid7()), "customer_id": again["id"], "hash": "ab" * 32, "file_class": "id"}
    phone.save("photo.add", papers | {"taken_at": phone.now(), "member_id": again["members"][0]["id"]})
    assert (await phone.push())[0]["result"] == "applied"
    await work()
    await phone.pull()
    return first, again


def same(goes: Body, stays: Body, *places: tuple[int, int]) -> list[dict[str, str]]:
    return [
        {"member_id": goes["members"][one]["id"], "into_member_id": stays["members"][other]["id"]}
        for one, other in places
    ]


def merge(goes: Body, stays: Body, *places: tuple[int, int]) -> dict[str, Any]:
    return {
        "customer_id": goes["id"],
        "into_id": stays["id"],
        "reason": "同一户",
        "same": same(goes, stays, *places),
    }


def shown(phone: FieldPhone, *customers: Body) -> dict[str, dict[str, dict[str, Any]]]:
    """What the phone shows of people, photos, records and visits, by kind and id; revisions aside."""
    ids = {one["id"] for one in customers}
    return {
        kind: {key: dict(row) for key, row in phone.of(kind).items() if row["customer_id"] in ids}
        for kind in ("member", "photo", "record", "visit")
    }


async def open_pair(worker_db: Database, one: Body, other: Body) -> None:
    """As a night would have found it: the heads may be one."""
    low, high = sorted((one["members"][0]["person_id"], other["members"][0]["person_id"]))
    async with worker_db.unit(Actor.system("test")) as uow:
        await uow.session.execute(
            text(
                "INSERT INTO duplicate_pair (id, person_id, other_id, state, per_mille, reasons, found_at)"
                " VALUES (:id, :low, :high, 'open', 990, '{sound,birth}', now())"
            ),
            {"id": uuid7(), "low": low, "high": high},
        )


async def states(worker_db: Database) -> list[str]:
    async with worker_db.unit(Actor.system("test")) as uow:
        return list(await uow.session.scalars(text("SELECT state FROM duplicate_pair ORDER BY id")))


async def ask(phone: FieldPhone, *ids: str) -> httpx.Response:
    return await phone.phone.client.get("/".join(("/api/v1/duplicates", *ids)))


async def test_nobody_is_doubled_what_one_lacks_the_other_brings_and_all_of_it_goes_back(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    manager = await phone_of("manager")
    first, again = await twice(manager, world, work, "E2")
    await open_pair(worker_db, first, again)
    before = shown(manager, first, again)
    manager.save("customer.merge", merge(again, first, (0, 0), (1, 1)))
    receipt = (await manager.push())[0]
    assert (receipt["result"], receipt["lost"]) == ("merged", ["name"])
    await work()
    await manager.pull()
    now = shown(manager, first, again)
    assert {row["name"] for row in now["member"].values()} == {"覃月秀", "田大山", "秦老太"}
    her = now["member"][first["members"][0]["id"]]
    assert (her["phone"], her["education"], her["marriage"], her["id_known"]) == (
        "13900002222",
        "junior",
        "married",
        True,
    )
    assert [one[:2] for one in her["consents"]] == [["id_photo", True]]
    assert manager.of("customer")[first["id"]]["phone"] == "13900002222"
    assert [row["person_id"] for row in now["photo"].values()] == [first["members"][0]["person_id"]]
    assert {row["customer_id"] for row in now["visit"].values()} == {first["id"]}
    assert await states(worker_db) == ["settled"]
    manager.save("customer.unmerge", {"customer_id": again["id"], "reason": "不是一家"})
    assert [one["result"] for one in await manager.push()] == ["applied"]
    await work()
    await manager.pull()
    back = shown(manager, first, again)
    for kind, rows in before.items():
        assert {key: row | {"revision": 0} for key, row in back[kind].items()} == {
            key: row | {"revision": 0} for key, row in rows.items()
        }, kind
    assert await states(worker_db) == ["open"]
    async with worker_db.unit(Actor.system("test")) as uow:
        numbered = await uow.session.scalars(text("SELECT person_id::text FROM person_identity"))
        assert list(numbered) == [again["members"][0]["person_id"]]


async def test_what_came_in_between_stays_with_the_entry_it_was_said_of(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    first, again = await twice(manager, world, work)
    manager.save("customer.merge", merge(again, first, (0, 0), (1, 1)))
    assert (await manager.push())[0]["result"] == "merged"
    assert (await put(manager, who(first, 0), edits({"phone": "13900002222"}, phone="13900003333")))[
        "result"
    ] == "applied"
    manager.save("customer.unmerge", {"customer_id": again["id"], "reason": "不是一家"})
    assert (await manager.push())[0]["result"] == "applied"
    await work()
    await manager.pull()
    people = manager.of("member")
    assert people[first["members"][0]["id"]]["phone"] == "13900003333"
    assert people[first["members"][0]["id"]]["education"] is None
    assert people[again["members"][0]["id"]]["phone"] == "13900002222"


async def test_who_died_meanwhile_consents_to_nothing_again_when_the_two_are_told_apart(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    first, again = await twice(manager, world, work)
    assert (await consent(manager, first, 0, "id_photo"))["result"] == "applied"
    papers = {"id": str(uuid7()), "customer_id": first["id"], "hash": "cd" * 32, "file_class": "id"}
    manager.save("photo.add", papers | {"taken_at": manager.now(), "member_id": first["members"][0]["id"]})
    manager.save("customer.merge", merge(again, first, (0, 0), (1, 1)))
    assert [one["result"] for one in await manager.push()] == ["applied", "merged"]
    await manager.pull()
    assert papers["id"] in manager.of("photo")
    gone = {"id": first["members"][0]["id"], "customer_id": first["id"], "reason": "died"}
    manager.save("member.remove", gone)
    manager.save("customer.unmerge", {"customer_id": again["id"], "reason": "不是一家"})
    assert [one["result"] for one in await manager.push()] == ["applied"] * 2
    await work()
    await manager.pull()
    assert papers["id"] not in manager.of("photo")
    # the other one lives, and has said so herself
    her = manager.of("member")[again["members"][0]["id"]]
    assert [one[:2] for one in her["consents"]] == [["id_photo", True]]
    assert len(manager.of("photo")) == 1


async def test_what_another_phone_says_meanwhile_of_the_entry_that_went_is_said_of_the_one_that_stays(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, agent = await phone_of("manager"), await phone_of("agent")
    first, again = await twice(manager, world, work)
    await agent.pull()
    agent.save("member.put", who(again, 0) | {"edits": edits(occupation="茶农")})
    signed = {"hash": "cd" * 32, "taken_at": agent.now()}
    said = {"id": str(uuid7()), "customer_id": again["id"], "member_id": again["members"][0]["id"]}
    person_id = again["members"][0]["person_id"]
    given = {"purpose": "credit", "text_number": 1, "signed_by": person_id, "signature": signed}
    agent.save("consent.give", said | given)
    # the agent saw himself that she is there twice: she is not taken out of the one that stays
    gone = {"id": again["members"][0]["id"], "customer_id": again["id"], "reason": "mistake"}
    agent.save("member.remove", gone)
    manager.save("customer.merge", merge(again, first, (0, 0), (1, 1)))
    assert (await manager.push())[0]["result"] == "merged"
    receipts = await agent.push()
    assert [one["result"] for one in receipts] == ["applied"] * 3, [one.get("reason") for one in receipts]
    await manager.pull()
    her = manager.of("member")[first["members"][0]["id"]]
    assert her["occupation"] == "茶农"
    assert {one[0]: one[1] for one in her["consents"]} == {"credit": True, "id_photo": True}
    assert len([one for one in manager.of("member").values() if one["customer_id"] == first["id"]]) == 3


async def test_a_merge_that_was_made_by_somebody_else_already(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    first, again = await twice(manager, world, work)
    await open_pair(worker_db, first, again)
    manager.save("customer.merge", merge(again, first, (0, 0), (1, 1)))
    assert (await manager.push())[0]["result"] == "merged"
    head.save("customer.merge", merge(again, first, (0, 0), (1, 1)))
    head.save("customer.merge", merge(first, again, (0, 0), (1, 1)))
    head.save(
        "duplicate.decline",
        {"person_id": first["members"][0]["person_id"], "other_id": again["members"][0]["person_id"]},
    )
    codes = [one.get("code") for one in await head.push()]
    assert codes == ["conflict_state", "conflict_state", None]
    # said after the fact: the merge stands, and is what takes it back
    assert await states(worker_db) == ["settled"]
    await work()
    await manager.pull()
    assert set(manager.of("customer")) == {first["id"]}


async def test_people_who_cannot_be_one(
    phone_of: PhoneOf, world: World, work: Work, clock: MovingClock
) -> None:
    manager = await phone_of("manager")
    first, again = await twice(manager, world, work)
    for wrong in (
        same(first, again, (0, 0)),  # the other way round
        same(again, first, (0, 0), (0, 1)),
        same(again, first, (0, 0), (1, 0)),
        [{"member_id": str(uuid7()), "into_member_id": first["members"][0]["id"]}],
    ):
        manager.save("customer.merge", merge(again, first) | {"same": wrong})
    assert [one["code"] for one in await manager.push()] == ["bad_value"] * 4
    other = number(BORN, "f", 2)
    assert (await put(manager, who(first, 0), edits(id_number=other)))["result"] == "applied"
    manager.save("customer.merge", merge(again, first, (0, 0)))
    assert [one["code"] for one in await manager.push()] == ["bad_value"]
    # an app of before knows of nobody who is in both
    manager.save("customer.merge", {**merge(again, first), "same": []})
    assert (await manager.push())[0]["result"] in ("applied", "merged")
    clock.advance(timedelta(days=91))
    await manager.phone.login("manager", PASSWORD)
    manager.save("customer.unmerge", {"customer_id": again["id"], "reason": "太晚了"})
    assert [one["code"] for one in await manager.push()] == ["undo_over"]


async def test_side_by_side_for_those_who_may_decide(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    manager, head, agent = await phone_of("manager"), await phone_of("head"), await phone_of("agent")
    stranger = await phone_of("manager2")
    first, again = await twice(manager, world, work, "E2")
    assert (await ask(head)).json() == {
        "waiting": [],
        "merged": [],
        "united": [],
        "across": [],
        "businesses": [],
    }
    await open_pair(worker_db, first, again)
    low, high = sorted((first["id"], again["id"]))
    for phone in (manager, head):
        (found,) = (await ask(phone)).json()["waiting"]
        assert (found["one"]["id"], found["other"]["id"]) == (low, high)
        assert (found["people"][0]["per_mille"], found["people"][0]["reasons"]) == (990, ["sound", "birth"])
        whole = (await ask(phone, first["id"], again["id"])).json()
        assert [one["customer"]["name"] for one in whole["households"]] == ["覃月秀", "秦越秀"]
        assert [len(one["members"]) for one in whole["households"]] == [2, 3]
        assert [one["visits"] for one in whole["households"]] == [0, 1]
        assert whole["pair"]["people"][0]["member_id"] == first["members"][0]["id"]
        assert NUMBER not in str(whole)
    for phone, code in ((agent, "not_allowed"), (stranger, "not_found")):
        assert (await ask(phone, first["id"], again["id"])).json()["code"] == code
    assert (await ask(stranger)).json() == {
        "waiting": [],
        "merged": [],
        "united": [],
        "across": [],
        "businesses": [],
    }
    assert (await ask(agent)).json()["code"] == "not_allowed"
    async with worker_db.unit(Actor.system("test")) as uow:
        looks = await uow.session.scalar(
            text("SELECT count(*) FROM audit_entry WHERE action = 'duplicate.look'")
        )
        assert looks == 2
    head.save("customer.merge", merge(again, first, (0, 0), (1, 1)))
    assert (await head.push())[0]["result"] == "merged"
    for phone in (manager, head):
        told = (await ask(phone)).json()
        assert told["waiting"] == []
        assert [(one["name"], one["into_name"]) for one in told["merged"]] == [("秦越秀", "覃月秀")]
    assert (await ask(manager, first["id"], again["id"])).json()["code"] == "not_found"


@pytest.mark.parametrize(("login", "code"), [("agent", "not_allowed"), ("manager2", "out_of_scope")])
async def test_who_may_not_make_them_one(
    phone_of: PhoneOf, world: World, work: Work, login: str, code: str
) -> None:
    first, again = await twice(await phone_of("manager"), world, work)
    other = await phone_of(login)
    other.save("customer.merge", merge(again, first, (0, 0)))
    assert [one["code"] for one in await other.push()] == [code]
