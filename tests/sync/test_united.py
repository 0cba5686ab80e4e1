"""One person who was entered in two households that stay two. CONTRACT.md section 9."""

from datetime import timedelta
from typing import Any

from backend.kernel.ids import uuid7
from backend.kernel.uow import Database
from tests.support.clock import MovingClock
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work
from tests.sync.test_joined import Body, ask, open_pair, shown, states, twice
from tests.sync.test_people import edits, who


def unite(goes: Body, stays: Body, one: int = 0, other: int = 0) -> dict[str, Any]:
    return {
        "id": goes["members"][one]["id"],
        "customer_id": goes["id"],
        "into_member_id": stays["members"][other]["id"],
        "into_id": stays["id"],
    }


def part(goes: Body, one: int = 0) -> dict[str, Any]:
    return {"id": goes["members"][one]["id"], "customer_id": goes["id"], "reason": "看错了"}


def plain(rows: dict[str, dict[str, dict[str, Any]]]) -> dict[str, dict[str, dict[str, Any]]]:
    return {kind: {key: row | {"revision": 0} for key, row in of.items()} for kind, of in rows.items()}


async def done(phone: FieldPhone, work: Work, kind: str, body: dict[str, Any]) -> dict[str, Any]:
    phone.save(kind, body)
    receipt = (await phone.push())[0]
    await work()
    await phone.pull()
    return receipt


async def test_she_lives_in_one_of_them_with_all_that_is_hers_and_all_of_it_goes_back(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    manager = await phone_of("manager")
    first, again = await twice(manager, world, work, "E2")
    await open_pair(worker_db, first, again)
    before = shown(manager, first, again)
    receipt = await done(manager, work, "member.unite", unite(again, first))
    assert (receipt["result"], receipt["lost"]) == ("merged", ["name"])
    now = shown(manager, first, again)
    assert set(before["member"]) - set(now["member"]) == {again["members"][0]["id"]}
    her = now["member"][first["members"][0]["id"]]
    assert (her["phone"], her["education"], her["id_known"]) == ("13900002222", "junior", True)
    assert [one[:2] for one in her["consents"]] == [["id_photo", True]]
    papers = [(row["customer_id"], row["person_id"]) for row in now["photo"].values()]
    assert papers == [(first["id"], first["members"][0]["person_id"])]
    # both households stay, each with its visits
    assert {manager.of("customer")[one["id"]]["members"] for one in (first, again)} == {2}
    assert {row["customer_id"] for row in now["visit"].values()} == {again["id"]}
    assert await states(worker_db) == ["settled"]
    # the same once more, by a phone that had not heard of it
    assert (await done(manager, work, "member.unite", unite(again, first)))["result"] == "applied"
    listed = (await ask(manager)).json()
    assert [(one["person"], one["name"], one["into_name"]) for one in listed["united"]] == [
        ("秦越秀", "秦越秀", "覃月秀")
    ]
    assert (await done(manager, work, "member.part", part(again)))["result"] == "applied"
    assert plain(shown(manager, first, again)) == plain(before)
    assert await states(worker_db) == ["open"]
    assert (await ask(manager)).json()["united"] == []


async def test_what_another_phone_says_meanwhile_of_the_former_entry_is_said_of_her(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, agent = await phone_of("manager"), await phone_of("agent")
    first, again = await twice(manager, world, work)
    await agent.pull()
    agent.save("member.put", who(again, 0) | {"edits": edits(occupation="茶农")})
    gone = {"id": again["members"][0]["id"], "customer_id": again["id"], "reason": "mistake"}
    agent.save("member.remove", gone)
    assert (await done(manager, work, "member.unite", unite(again, first)))["result"] == "merged"
    assert [one["result"] for one in await agent.push()] == ["applied"] * 2
    await manager.pull()
    assert manager.of("member")[first["members"][0]["id"]]["occupation"] == "茶农"


async def test_who_cannot_be_made_one_and_who_may_not(phone_of: PhoneOf, world: World, work: Work) -> None:
    manager, stranger, agent = await phone_of("manager"), await phone_of("manager2"), await phone_of("agent")
    first, again = await twice(manager, world, work)
    for phone, code in ((stranger, "out_of_scope"), (agent, "not_allowed")):
        phone.save("member.unite", unite(again, first))
        assert [one["code"] for one in await phone.push()] == [code]
    own = unite(again, again, 0, 1)
    unknown = unite(again, first) | {"into_member_id": str(uuid7())}
    for body in (own, unknown):
        assert (await done(manager, work, "member.unite", body))["code"] == "bad_value"
    for one, other in ((0, 0), (1, 1)):
        assert (await done(manager, work, "member.unite", unite(again, first, one, other)))[
            "result"
        ] == "merged"
    # her mother is the last one there
    assert (await done(manager, work, "member.unite", unite(again, first, 2, 1)))["code"] == "bad_value"
    # nobody is told apart who was not made one
    assert (await done(manager, work, "member.part", part(again, 2)))["code"] == "conflict_state"


async def test_it_is_taken_back_within_the_days_of_policy_and_while_both_households_are_there(
    phone_of: PhoneOf, world: World, work: Work, clock: MovingClock
) -> None:
    manager = await phone_of("manager")
    first, again = await twice(manager, world, work)
    await done(manager, work, "member.unite", unite(again, first))
    restore = {"id": again["members"][0]["id"], "customer_id": again["id"]}
    # she is a member already, as the other entry
    assert (await done(manager, work, "member.restore", restore))["code"] == "conflict_state"
    clock.advance(timedelta(days=91))
    later = await phone_of("manager")
    assert (await done(later, work, "member.part", part(again)))["code"] == "undo_over"


async def test_not_after_the_households_became_one(phone_of: PhoneOf, world: World, work: Work) -> None:
    manager = await phone_of("manager")
    first, again = await twice(manager, world, work)
    await done(manager, work, "member.unite", unite(again, first))
    merge = {"customer_id": again["id"], "into_id": first["id"], "reason": "同一户", "same": []}
    assert (await done(manager, work, "customer.merge", merge))["result"] in ("applied", "merged")
    assert (await done(manager, work, "member.part", part(again)))["code"] == "conflict_state"
    assert len([one for one in manager.of("member").values() if one["customer_id"] == first["id"]]) == 4
