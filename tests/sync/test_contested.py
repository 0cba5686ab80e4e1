"""An ID number that was mistyped is put right by two people who read the same from the card.

CONTRACT.md section 8.
"""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from backend.kernel.actor import Actor
from backend.kernel.ids import uuid7
from backend.kernel.uow import Database
from tests.support.bodies import member, new_household
from tests.support.clock import MovingClock
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work
from tests.sync.test_duplicates import number
from tests.sync.test_joined import merge, twice
from tests.sync.test_late_people import _away, decide
from tests.sync.test_looking_at import looked
from tests.sync.test_people import consent, edits, household, put, row, who
from tests.sync.test_united import part, unite

Body = dict[str, Any]
Family = tuple[FieldPhone, FieldPhone, FieldPhone, Body]
#: as somebody typed it, and as it stands on the card; a third one by whoever mistypes that
WRONG, RIGHT = number("1979-03-04", "m", 1), number("1979-03-04", "m", 7)
OTHER = number("1979-03-04", "m", 9)
WAITS, AGAIN, LOST = ("merged", ["id_contested"]), ("merged", ["id_again"]), ("merged", ["id_number"])
TAKEN: tuple[str, list[str]] = ("applied", [])


async def enter(
    phone: FieldPhone, body: Body, said: str, place: int = 0, **more: Any
) -> tuple[str, list[str]]:
    receipt = await put(phone, who(body, place), edits(id_number=said))
    return receipt["result"], receipt.get("lost") or []


async def standing(worker_db: Database, person_id: str) -> str:
    """The number that stands, opened as the bank would; its index must say the same."""
    async with worker_db.unit(Actor.system("test")) as uow:
        kept = (
            await uow.session.execute(
                text("SELECT number_sealed, number_index FROM person_identity WHERE person_id = :id"),
                {"id": person_id},
            )
        ).one()
        plain = uow.keys.open_field(kept.number_sealed, f"id_number:{person_id}")
        assert kept.number_index == uow.keys.blind_index(plain, "id_number")
        return plain


async def outcomes(worker_db: Database, person_id: str) -> list[str]:
    """The history of the number, oldest first."""
    async with worker_db.unit(Actor.system("test")) as uow:
        rows = await uow.session.scalars(
            text(
                "SELECT outcome FROM person_change WHERE person_id = :id AND field = 'id_number'"
                " ORDER BY recorded_at, id"
            ),
            {"id": person_id},
        )
        return list(rows)


async def told(phone: FieldPhone) -> list[dict[str, Any]]:
    await phone.pull()
    return [one["params"] for one in phone.of("inbox").values() if one["kind"] == "number_contested"]


async def contested(phone: FieldPhone, body: Body, place: int = 0) -> Any:
    return (await row(phone, body, place))["id_contested"]


@pytest.fixture
async def family(
    phone_of: PhoneOf, world: World, work: Work
) -> tuple[FieldPhone, FieldPhone, FieldPhone, Body]:
    """The manager, who mistyped the head's number; the agent and the branch's head; the household."""
    manager, agent, head = await phone_of("manager"), await phone_of("agent"), await phone_of("head")
    body = await household(manager, world)
    assert await enter(manager, body, WRONG) == TAKEN
    await work()
    return manager, agent, head, body


async def test_the_first_stands_until_a_second_person_enters_the_same_other_one(
    family: Family, worker_db: Database
) -> None:
    manager, agent, head, body = family
    person_id = body["members"][0]["person_id"]
    assert await contested(manager, body) is None
    assert await enter(agent, body, RIGHT) == WAITS
    assert await standing(worker_db, person_id) == WRONG
    # everybody sees that it is open; the bank's people also by whom
    day, by = await contested(manager, body)
    # the bank's day, in its time zone
    assert (day, by) == (str((manager.clock.now() + timedelta(hours=8)).date()), agent.staff["id"])
    assert (await contested(agent, body))[1] == agent.staff["id"]
    params = {"customer_id": body["id"], "member_id": body["members"][0]["id"]}
    assert [await told(one) for one in (manager, agent, head)] == [[params], [], []]
    # the author's own word is one, however often
    assert await enter(agent, body, RIGHT) == AGAIN
    assert await standing(worker_db, person_id) == WRONG
    assert await enter(manager, body, RIGHT) == TAKEN
    assert await standing(worker_db, person_id) == RIGHT
    for phone in (manager, agent):
        there = await row(phone, body, 0)
        assert (there["id_known"], there["id_contested"]) == (True, None)
        for secret in (WRONG, RIGHT):
            assert secret not in phone.everything()
    assert await outcomes(worker_db, person_id) == ["applied", "contested", "won"]
    async with worker_db.unit(Actor.system("test")) as uow:
        trail = (
            await uow.session.execute(
                text(
                    "SELECT action, detail FROM audit_entry WHERE action LIKE 'identity.%'"
                    " AND subject_id = :id ORDER BY id"
                ),
                {"id": person_id},
            )
        ).all()
        assert [one.action for one in trail] == ["identity.contested", "identity.replaced"]
        assert trail[1].detail == {"customer": body["id"], "with": [agent.staff["id"]], "gave_way": []}
        for table in ("person_change", "person_identity", "number_entry", "audit_entry", "inbox_item"):
            kept = " ".join(await uow.session.scalars(text(f"SELECT t::text FROM {table} t")))
            assert WRONG not in kept
            assert RIGHT not in kept


async def test_who_enters_the_first_again_confirms_it_unless_it_was_theirs(
    family: Family, worker_db: Database
) -> None:
    manager, agent, head, body = family
    person_id = body["members"][0]["person_id"]
    assert await enter(agent, body, RIGHT) == WAITS
    # whose it is cannot confirm it: the heads hear of it, once
    assert await enter(manager, body, WRONG) == AGAIN
    assert await enter(manager, body, WRONG) == AGAIN
    assert await contested(manager, body) is not None
    assert len(await told(head)) == 1
    assert await enter(head, body, WRONG) == TAKEN
    assert await contested(manager, body) is None
    assert await standing(worker_db, person_id) == WRONG
    assert await outcomes(worker_db, person_id) == ["applied", "contested", "confirmed"]
    # what gave way is over: it takes two people again, and it is nobody's second word
    assert await enter(head, body, RIGHT) == WAITS
    assert await standing(worker_db, person_id) == WRONG
    assert await enter(agent, body, RIGHT) == TAKEN
    assert await standing(worker_db, person_id) == RIGHT


async def test_the_heads_of_the_branch_may_be_the_second_and_see_it_when_they_look(
    family: Family, phone_of: PhoneOf, worker_db: Database
) -> None:
    manager, _agent, head, body = family
    stranger = await phone_of("manager2")
    assert await enter(manager, body, RIGHT) == WAITS
    # the owner is its author: the heads are told
    params = {"customer_id": body["id"], "member_id": body["members"][0]["id"]}
    assert await told(head) == [params]
    _, rows = await looked(head, body["id"])
    assert rows["member"][body["members"][0]["id"]]["id_contested"][1] == manager.staff["id"]
    receipt = await put(stranger, who(body, 0), edits(id_number=RIGHT))
    assert (receipt["result"], receipt["code"]) == ("rejected", "out_of_scope")
    assert await enter(head, body, RIGHT) == TAKEN
    assert await standing(worker_db, body["members"][0]["person_id"]) == RIGHT
    assert await contested(manager, body) is None


async def test_of_each_person_the_last_word_counts(family: Family, worker_db: Database) -> None:
    manager, agent, head, body = family
    person_id = body["members"][0]["person_id"]
    assert await enter(agent, body, OTHER) == WAITS
    assert await enter(agent, body, RIGHT) == WAITS
    # what the agent gave up is nobody's word any more
    assert await enter(head, body, OTHER) == WAITS
    assert await standing(worker_db, person_id) == WRONG
    assert await enter(manager, body, RIGHT) == TAKEN
    # the head's gave way
    assert await contested(manager, body) is None
    # who gave the standing number and thinks better of another one
    assert await enter(manager, body, OTHER) == WAITS
    assert await enter(manager, body, RIGHT) == TAKEN
    assert await contested(manager, body) is None
    assert await standing(worker_db, person_id) == RIGHT


async def test_a_repeated_command_counts_once_and_what_two_phones_held_settles_it_in_any_order(
    family: Family, worker_db: Database
) -> None:
    manager, agent, _head, body = family
    person_id = body["members"][0]["person_id"]
    # both offline at once; the one who saw it later comes first
    early = manager.save(
        "member.put", who(body, 0) | {"edits": edits(id_number=RIGHT)}, at=manager.now() - 60_000
    )
    late = agent.save("member.put", who(body, 0) | {"edits": edits(id_number=RIGHT)})
    assert [(one["result"], one["lost"]) for one in await agent.push()] == [WAITS]
    answer = (await agent.push_raw([late.wire()])).content
    assert b"repeated" in answer
    assert await standing(worker_db, person_id) == WRONG
    assert [one["result"] for one in await manager.push()] == ["applied"]
    assert await standing(worker_db, person_id) == RIGHT
    await manager.push_raw([early.wire()])
    await agent.push_raw([late.wire()])
    assert await contested(manager, body) is None
    assert await outcomes(worker_db, person_id) == ["applied", "contested", "won"]


async def test_a_number_that_is_somebody_elses_never_replaces(
    family: Family, world: World, worker_db: Database
) -> None:
    manager, agent, head, body = family
    neighbour = await household(manager, world)
    assert await enter(agent, body, RIGHT) == WAITS
    assert await enter(head, neighbour, RIGHT) == TAKEN
    for phone in (manager, head):
        assert await enter(phone, body, RIGHT) == LOST
    assert await standing(worker_db, body["members"][0]["person_id"]) == WRONG
    assert await standing(worker_db, neighbour["members"][0]["person_id"]) == RIGHT
    assert await outcomes(worker_db, body["members"][0]["person_id"]) == [
        "applied",
        "contested",
        "lost",
        "lost",
    ]


async def test_birth_date_and_sex_follow_the_number_they_came_from(
    phone_of: PhoneOf, world: World, worker_db: Database
) -> None:
    manager, agent = await phone_of("manager"), await phone_of("agent")
    body = await household(manager, world)
    new = {"id": str(uuid7()), "customer_id": body["id"], "person_id": str(uuid7())}
    wrong, right = number("1952-02-03", "f", 3), number("1950-02-03", "m", 3)
    joined = edits(name="李老爹", relation="parent", id_number=wrong)
    assert (await put(manager, new, joined))["result"] == "applied"

    async def shown() -> tuple[str, str]:
        await manager.pull()
        there = manager.of("member")[new["id"]]
        return there["birth_on"], there["sex"]

    assert await shown() == ("1952-02-03", "f")
    # given along with the number they wait with it
    said = edits({"birth_on": "1952-02-03", "sex": "f"}, id_number=right, birth_on="1950-02-03", sex="m")
    receipt = await put(agent, new, said)
    assert (receipt["result"], receipt["lost"]) == ("merged", ["birth_on", "id_contested", "sex"])
    assert await shown() == ("1952-02-03", "f")
    assert (await put(manager, new, edits(id_number=right)))["result"] == "applied"
    assert await shown() == ("1950-02-03", "m")
    # a birth date that is neither's has no place beside it
    receipt = await put(agent, new, edits({"birth_on": "1950-02-03"}, id_number=wrong, birth_on="1951-02-03"))
    assert (receipt["result"], receipt["code"]) == ("rejected", "bad_value")
    assert len(receipt["reason"].split("\n")) == 2
    assert await standing(worker_db, new["person_id"]) == right


async def test_duplicates_are_found_by_the_number_that_stands(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, agent = await phone_of("manager"), await phone_of("agent")
    people = [member("李四", "head", "m", "1979-03-04", None) | {"id_number": WRONG}]
    first = new_household(world.grids["E1"], members=people)
    manager.save("customer.create", first)
    assert [one["result"] for one in await manager.push()] == ["applied"]
    # whoever made the household gave its numbers
    assert await enter(manager, first, RIGHT) == WAITS
    assert await enter(agent, first, RIGHT) == TAKEN
    await work()

    async def again(said: str) -> Any:
        people = [member("李四", "head", "m", "1979-03-04", None) | {"id_number": said}]
        agent.save("customer.create", new_household(world.grids["E2"], members=people))
        return (await agent.push())[0]

    assert not (await again(WRONG)).get("alias")
    assert list((await again(RIGHT))["alias"].values()) == [first["id"]]


async def test_what_came_late_counts_as_its_authors_once_it_is_accepted(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database, clock: MovingClock
) -> None:
    before, after, body = await _away(phone_of, world, work, worker_db, clock)
    agent = await phone_of("agent")
    person_id = body["members"][0]["person_id"]
    assert await enter(agent, body, WRONG) == TAKEN
    before.save("member.put", who(body, 0) | {"edits": edits(id_number=RIGHT)}, at=before.now() - 3_600_000)
    assert [one["result"] for one in await before.push()] == ["suggested"]
    assert await contested(after, body) is None
    assert await decide(after, "accept") == [("merged", None)]
    # who accepted it has not seen the card
    assert (await contested(after, body))[1] == before.staff["id"]
    assert await standing(worker_db, person_id) == WRONG
    assert await enter(after, body, RIGHT) == TAKEN
    assert await standing(worker_db, person_id) == RIGHT


async def test_what_is_open_goes_along_with_the_person_and_back(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    manager, agent, head = await phone_of("manager"), await phone_of("agent"), await phone_of("head")
    first, again = await twice(manager, world, work)
    right = number("1961-04-05", "f", 8)
    assert await enter(agent, again, right) == WAITS
    manager.save("member.unite", unite(again, first))
    assert (await manager.push())[0]["result"] == "merged"
    # her number came with the entry that went, and so did what is open about it; a phone may name either
    assert (await contested(manager, first))[1] == agent.staff["id"]
    assert await enter(agent, again, right) == AGAIN
    manager.save("member.part", part(again))
    assert (await manager.push())[0]["result"] == "applied"
    assert (await contested(manager, again))[1] == agent.staff["id"]
    there = await row(manager, first, 0)
    assert (there["id_known"], there["id_contested"]) == (False, None)
    # made one with their households, and settled there: who gave the number is known there too
    manager.save("customer.merge", merge(again, first, (0, 0)))
    assert (await manager.push())[0]["result"] == "merged"
    await work()
    assert (await contested(manager, first))[1] == agent.staff["id"]
    assert await enter(manager, first, number("1961-04-05", "f")) == AGAIN
    assert await enter(head, again, right) == TAKEN
    assert await standing(worker_db, first["members"][0]["person_id"]) == right
    assert await contested(manager, first) is None


async def test_a_birth_date_that_fits_neither_number_is_refused_until_it_comes_from_the_card_too(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    """Two entries of one person may have said different things before they were made one."""
    manager, agent = await phone_of("manager"), await phone_of("agent")
    first, again = await twice(manager, world, work)
    assert (await put(manager, who(first, 0), edits({"birth_on": "1961-04-05"}, birth_on="1963-04-05")))[
        "result"
    ] == "applied"
    manager.save("member.unite", unite(again, first))
    assert (await manager.push())[0]["result"] == "merged"
    right = number("1962-04-05", "f", 8)
    for phone in (agent, manager):
        receipt = await put(phone, who(first, 0), edits(id_number=right))
        assert (receipt["result"], receipt["code"]) == ("rejected", "bad_value")
        assert ["出生日期" in one for one in receipt["reason"].split("\n")] == [True, False]
    said = edits({"birth_on": "1963-04-05"}, id_number=right, birth_on="1962-04-05")
    assert (await put(agent, who(first, 0), said))["lost"] == ["birth_on", "id_contested"]
    assert (await row(manager, first, 0))["birth_on"] == "1963-04-05"
    assert (await put(manager, who(first, 0), said))["result"] == "applied"
    assert (await row(manager, first, 0))["birth_on"] == "1962-04-05"
    assert await standing(worker_db, first["members"][0]["person_id"]) == right


async def test_it_stays_open_in_another_household_and_after_what_a_consent_was_for_is_deleted(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database, clock: MovingClock
) -> None:
    manager, agent = await phone_of("manager"), await phone_of("agent")
    body, other = await household(manager, world), await household(manager, world)
    said = number("1981-08-09", "f", 2)
    assert await enter(manager, body, number("1981-08-09", "f", 1), 1) == TAKEN
    assert (await consent(manager, body, 1, "health"))["result"] == "applied"
    assert await enter(agent, body, said, 1) == WAITS
    moved = {"id": body["members"][1]["id"], "customer_id": body["id"]}
    manager.save("member.move", moved | {"into_id": other["id"], "relation": "sibling"})
    assert (await manager.push())[0]["result"] == "applied"
    assert (await contested(manager, body, 1))[1] == agent.staff["id"]
    gone = {"id": str(uuid7()), "customer_id": other["id"], "member_id": moved["id"], "purpose": "health"}
    manager.save("consent.withdraw", gone | {"reason": "本人要求"})
    assert (await manager.push())[0]["result"] == "applied"
    clock.advance(timedelta(days=400))
    await work()
    later = await phone_of("manager")
    # the agent's entry from before the move still is a first word; the phone names the former household
    assert await enter(later, body, said, 1) == TAKEN
    assert await standing(worker_db, body["members"][1]["person_id"]) == said
