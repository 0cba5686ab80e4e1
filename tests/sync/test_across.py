"""People of two branches who may be one: what each branch's heads are told, and how it is decided.
CONTRACT.md sections 8 and 9, decision 0030."""

from typing import Any

import pytest
from sqlalchemy import text

from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from tests.support.bodies import member, new_household
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work
from tests.sync.test_duplicates import number
from tests.sync.test_joined import ask, merge, open_pair
from tests.sync.test_moves import move
from tests.sync.test_people import edits, who

Body = dict[str, Any]
EMPTY: dict[str, list[Any]] = {"waiting": [], "merged": [], "united": [], "across": [], "businesses": []}
BORN = "1961-04-05"
NUMBER = number(BORN, "f")


async def entered(phone: FieldPhone, world: World, grid: str, name: str, phone_number: str) -> Body:
    """A household of a woman and her husband."""
    couple = [
        member(name, "head", "f", BORN, phone_number),
        member("田大山", "spouse", "m", "1959-10-11", None),
    ]
    body = new_household(world.grids[grid], name=name, phone="", members=couple, address=f"{grid} 老屋旁")
    phone.save("customer.create", body)
    assert [one["result"] for one in await phone.push()] == ["applied"]
    return body


async def two(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> tuple[FieldPhone, FieldPhone, Body, Body]:
    """The managers of both branches, and the same woman in both, found by a night."""
    east, west = await phone_of("manager"), await phone_of("manager2")
    ours = await entered(east, world, "E1", "覃月秀", "13900002222")
    theirs = await entered(west, world, "W1", "秦越秀", "13900003333")
    west.save("member.put", who(theirs, 0) | {"edits": edits(id_number=NUMBER)})
    assert [one["result"] for one in await west.push()] == ["applied"]
    await work()
    await open_pair(worker_db, ours, theirs)
    return east, west, ours, theirs


def declined(one: Body, other: Body) -> dict[str, str]:
    return {"person_id": one["members"][0]["person_id"], "other_id": other["members"][0]["person_id"]}


async def across(phone: FieldPhone) -> Any:
    return (await ask(phone)).json()["across"]


async def test_each_head_is_told_what_it_takes_to_decide_and_no_more(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    east, _, ours, theirs = await two(phone_of, world, work, worker_db)
    west_grid = world.grids["W1"]
    for login in ("head", "deputy"):
        head = await phone_of(login)
        answer = await ask(head)
        (found,) = answer.json()["across"]
        (pair,) = found.pop("people")
        assert found.pop("household")["id"] == ours["id"]
        assert found.pop("grid_id") == str(west_grid.id)
        # names of a unit and a grid
        assert set(found) == {"branch_name", "grid_name"}
        assert pair == {
            "person_id": ours["members"][0]["person_id"],
            "name": "覃月秀",
            "born": 1961,
            "other_id": theirs["members"][0]["person_id"],
            "other_name": "秦越秀",
            "other_born": 1961,
            "other_numbered": True,
            "per_mille": 990,
            "reasons": ["sound", "birth"],
        }
        untold = [theirs["id"], theirs["address"], "13900003333", NUMBER, BORN, theirs["members"][0]["id"]]
        assert not [one for one in untold if one in answer.text]
        assert (await ask(head, ours["id"], theirs["id"])).json()["code"] == "not_found"
    (mirrored,) = await across(await phone_of("head2"))
    assert mirrored["household"]["id"] == theirs["id"]
    assert (mirrored["people"][0]["other_name"], mirrored["people"][0]["other_numbered"]) == ("覃月秀", False)
    assert (await ask(east)).json() == EMPTY


@pytest.mark.parametrize(
    ("login", "rows"), [("head", 1), ("head2", 1), ("manager", 0), ("agent", 0), ("auditor", 0), ("data", 0)]
)
async def test_the_database_answers_heads_alone(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database, web_db: Database, login: str, rows: int
) -> None:
    _, _, ours, theirs = await two(phone_of, world, work, worker_db)
    async with web_db.unit(world[login].actor) as uow:
        told = await uow.session.scalar(text("SELECT count(*) FROM customers_pairs_across()"))
        seen = await uow.session.scalar(
            text("SELECT count(*) FROM person WHERE id = ANY(:ids)"),
            {"ids": [one["members"][0]["person_id"] for one in (ours, theirs)]},
        )
        after = await uow.session.scalar(text("SELECT scope.role()"))
    assert (told, after) == (rows, world[login].role.value)
    # whoever is told sees one of the two themselves, and no more for having been told
    assert seen == 1 or not rows


async def test_one_head_says_that_they_are_two_and_neither_is_asked_again(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    east, _, ours, theirs = await two(phone_of, world, work, worker_db)
    third = await entered(await phone_of("manager2"), world, "W2", "秦大姐", "13900004444")
    head, head2 = await phone_of("head"), await phone_of("head2")
    # a manager is not asked, and nobody of somebody who was not found
    east.save("duplicate.decline", declined(ours, theirs))
    assert [(one["result"], one["lost"]) for one in await east.push()] == [("merged", ["other_id"])]
    head.save("duplicate.decline", declined(ours, third))
    assert [one["code"] for one in await head.push()] == ["out_of_scope"]
    assert len(await across(head)) == len(await across(head2)) == 1
    head.save("duplicate.decline", declined(theirs, ours))
    assert [one["result"] for one in await head.push()] == ["applied"]
    assert (await across(head), await across(head2)) == ([], [])
    async with worker_db.unit(Actor.system("test")) as uow:
        row = (await uow.session.execute(text("SELECT state, decided_by::text FROM duplicate_pair"))).one()
        assert tuple(row) == ("declined", str(world["head"].id))
    # it was said, so nobody is asked: who was not found is as far away as before
    head2.save("duplicate.decline", declined(ours, theirs))
    assert [one["code"] for one in await head2.push()] == ["out_of_scope"]


async def test_a_head_hands_the_household_over_and_it_is_decided_there_and_taken_back(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    east, west, ours, theirs = await two(phone_of, world, work, worker_db)
    head, head2 = await phone_of("head"), await phone_of("head2")
    west.save("customer.merge", merge(theirs, ours, (0, 0)))
    assert [one["code"] for one in await west.push()] == ["out_of_scope"]
    head.save("customer.move", move(ours["id"], world, "W1", reason="可能是同一人"))
    assert [one["result"] for one in await head.push()] == ["applied"]
    await work()
    # it left the one branch, and is decided in the other as ever; its people hear of it
    assert (await ask(head)).json() == EMPTY
    await west.pull()
    told = [one["params"] for one in west.of("inbox").values() if one["kind"] == "duplicates_found"]
    assert told == [{"count": 1}]
    for phone in (west, head2):
        answer = (await ask(phone)).json()
        assert ([len(one["people"]) for one in answer["waiting"]], answer["across"]) == ([1], [])
    west.save("customer.merge", merge(ours, theirs, (0, 0), (1, 1)))
    assert (await west.push())[0]["result"] == "merged"
    await work()
    await west.pull()
    assert set(west.of("customer")) == {theirs["id"]}
    west.save("customer.unmerge", {"customer_id": ours["id"], "reason": "不是一家"})
    assert [one["result"] for one in await west.push()] == ["applied"]
    head2.save("customer.move", move(ours["id"], world, "E1", reason="交回去"))
    assert [one["result"] for one in await head2.push()] == ["applied"]
    await work()
    await east.pull()
    assert set(east.of("customer")) == {ours["id"]}
    assert len(await across(head)) == 1


async def test_a_household_without_a_grid_takes_nobody(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    _, _, _, theirs = await two(phone_of, world, work, worker_db)
    async with worker_db.unit(Actor.system("test")) as uow:
        await uow.session.execute(
            text("UPDATE customer SET grid_id = NULL WHERE id = :id"), {"id": theirs["id"]}
        )
    (found,) = await across(await phone_of("head"))
    assert (found["grid_id"], found["grid_name"]) == (None, None)
