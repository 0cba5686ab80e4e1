"""Households that split, people who move, leave and die, and the way back. CONTRACT.md sections 8 and 9."""

from typing import Any

from backend.kernel.ids import uuid7
from tests.support.bodies import member, new_household
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work
from tests.sync.test_people import consent, edits, household, put, row, who


def split(body: dict[str, Any], going: list[int], head: int, **changes: Any) -> dict[str, Any]:
    """`customer.split` of these members."""
    return {
        "id": str(uuid7()),
        "customer_id": body["id"],
        "name": body["members"][head]["name"],
        "address": "村东 1 号",
        "member_ids": [body["members"][one]["id"] for one in going],
        "head_id": body["members"][head]["id"],
        "record_ids": [],
    } | changes


def places(phone: FieldPhone, customer_id: str) -> dict[str, str]:
    """What each member of a household is there."""
    rows = phone.of("member").values()
    return {row["name"]: row["relation"] for row in rows if row["customer_id"] == customer_id}


async def test_who_stays_is_called_by_their_new_head_and_a_doubled_push_splits_once(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, agent = await phone_of("manager"), await phone_of("agent")
    body = await household(manager, world)
    apart = split(body, [0], 0)
    manager.save("customer.split", apart)
    manager.save("member.put", who(body, 1) | {"edits": edits({"relation": "spouse"}, relation="head")})
    first = await manager.push()
    assert [one["result"] for one in first] == ["applied"] * 2
    # the answer was lost on the way: the same again
    assert {one["result"] for one in await manager.push()} <= {"repeated"}
    await work()
    for phone in (manager, agent):
        await phone.pull()
        named = {key: row["name"] for key, row in phone.of("customer").items()}
        assert named == {body["id"]: "王五妹", apart["id"]: "李四"}
        assert places(phone, body["id"]) == {"王五妹": "head", "李小妹": "child"}
        assert places(phone, apart["id"]) == {"李四": "head"}


async def test_a_household_with_a_name_of_its_own_keeps_it_under_a_new_head(
    phone_of: PhoneOf, world: World
) -> None:
    manager = await phone_of("manager")
    people = [
        member("赵大", "head", "m", "1979-03-04", None),
        member("赵二", "child", "m", "2000-03-04", None),
    ]
    body = new_household(world.grids["E1"], name="赵家大院", members=people)
    manager.save("customer.create", body)
    await manager.push()
    assert (await put(manager, who(body, 0), edits({"relation": "head"}, relation="parent")))[
        "result"
    ] == "applied"
    assert (await put(manager, who(body, 1), edits({"relation": "child"}, relation="head")))[
        "result"
    ] == "applied"
    await manager.pull()
    assert manager.of("customer")[body["id"]]["name"] == "赵家大院"


async def test_an_agent_splits_and_moves_nothing(phone_of: PhoneOf, world: World) -> None:
    agent = await phone_of("agent")
    body = await household(agent, world)
    agent.save("customer.split", split(body, [1], 1))
    agent.save(
        "customer.move",
        {"customer_id": body["id"], "grid_id": str(world.grids["E2"].id), "reason": "wrong_grid"},
    )
    assert {(one["result"], one["code"]) for one in await agent.push()} == {("rejected", "not_allowed")}
    await agent.pull()
    assert len(places(agent, body["id"])) == 3


async def test_where_a_household_may_go_is_the_branch_for_a_manager_and_the_bank_for_a_head(
    phone_of: PhoneOf, world: World
) -> None:
    east = {world.grids[code].id for code in ("E1", "E2")}
    for login, wanted in (("manager", east), ("head", {one.id for one in world.grids.values()})):
        phone = await phone_of(login)
        answer = await phone.phone.client.get("/api/v1/grids")
        found = {one["id"]: one for one in answer.json()["grids"]}
        assert set(found) == {str(one) for one in wanted}
        first = found[str(world.grids["E1"].id)]
        assert first["manager_id"] == str(world["manager"].id)
        assert set(first) == {
            "id",
            "code",
            "name",
            "kind",
            "township",
            "branch_id",
            "branch_name",
            "manager_id",
            "lon",
            "lat",
        }


def left(phone: FieldPhone, body: dict[str, Any], place: int, reason: str, **more: Any) -> None:
    """Saves that somebody is no member any more."""
    one = {"id": body["members"][place]["id"], "customer_id": body["id"], "reason": reason}
    phone.save("member.remove", one | more)


def back(phone: FieldPhone, body: dict[str, Any], place: int) -> None:
    """Saves that it was a mistake."""
    phone.save("member.restore", {"id": body["members"][place]["id"], "customer_id": body["id"]})


async def results(phone: FieldPhone) -> list[tuple[str, str | None]]:
    """What became of everything that waits, in order."""
    return [(one["result"], one.get("code")) for one in await phone.push()]


OK = ("applied", None)


async def test_with_a_death_consents_and_guardianship_end_and_a_mistaken_one_is_taken_back_whole(
    phone_of: PhoneOf, world: World
) -> None:
    agent, manager = await phone_of("agent"), await phone_of("manager")
    body = await household(agent, world)
    for purpose in ("credit", "health", "id_photo", "marketing"):
        assert (await consent(agent, body, 0, purpose))["result"] == "applied"
    await put(agent, who(body, 0), edits(health="good"))
    father = body["members"][0]["person_id"]
    assert (await put(agent, who(body, 2), edits(guardian_id=father)))["result"] == "applied"

    papers = {"id": str(uuid7()), "customer_id": body["id"], "member_id": body["members"][0]["id"]}
    shot = {"hash": "0" * 64, "file_class": "id", "taken_at": manager.now()}
    manager.save("photo.add", papers | shot)
    assert await results(manager) == [OK]
    await manager.pull()
    assert papers["id"] in manager.of("photo")
    left(agent, body, 0, "died")
    agent.save("member.put", who(body, 1) | {"edits": edits({"relation": "spouse"}, relation="head")})
    assert await results(agent) == [OK, OK]
    await manager.pull()
    assert places(manager, body["id"]) == {"王五妹": "head", "李小妹": "child"}
    assert manager.of("customer")[body["id"]]["name"] == "王五妹"
    assert (await row(manager, body, 2))["guardian_id"] is None
    # what hung on their consents is closed, and nothing is signed in the name of the dead
    assert papers["id"] not in manager.of("photo")
    receipt = await consent(agent, body, 0, "credit")
    assert (receipt["result"], receipt["code"]) == ("rejected", "bad_value")

    back(manager, body, 0)
    back(manager, body, 0)
    assert await results(manager) == [OK, OK]
    there = await row(manager, body, 0)
    # she is the head meanwhile
    assert (there["relation"], there["health"]) == ("other", "good")
    assert {one[0] for one in there["consents"] if one[1]} == {"credit", "health", "id_photo", "marketing"}
    assert papers["id"] in manager.of("photo")
    assert (await row(manager, body, 2))["guardian_id"] == father
    await agent.pull()
    assert agent.of("customer")[body["id"]]["members"] == 3


async def test_a_day_of_death_that_cannot_be_is_refused(phone_of: PhoneOf, world: World) -> None:
    manager = await phone_of("manager")
    body = await household(manager, world)
    for on in ("2031-01-01", "1979-03-03"):
        left(manager, body, 0, "died", on=on)
    left(manager, body, 0, "eaten")
    assert await results(manager) == [("rejected", "bad_value")] * 3
    left(manager, body, 0, "died", on="2026-01-02")
    assert await results(manager) == [OK]


async def test_a_guardian_named_since_stays_when_the_death_was_a_mistake(
    phone_of: PhoneOf, world: World
) -> None:
    manager = await phone_of("manager")
    body = await household(manager, world)
    father, mother = (body["members"][one]["person_id"] for one in (0, 1))
    await put(manager, who(body, 2), edits(guardian_id=father))
    left(manager, body, 0, "died")
    assert await results(manager) == [OK]
    await put(manager, who(body, 2), edits(guardian_id=mother))
    back(manager, body, 0)
    assert await results(manager) == [OK]
    assert (await row(manager, body, 2))["guardian_id"] == mother


async def test_somebody_moves_to_another_household_and_what_phones_say_of_them_follows(
    phone_of: PhoneOf, world: World
) -> None:
    manager, agent, second = await phone_of("manager"), await phone_of("agent"), await phone_of("manager")
    old, new = await household(manager, world), await household(manager, world, "E2")
    daughter = old["members"][2]
    # made before this phone knew of it
    second.save("member.put", who(old, 2) | {"edits": edits(education="primary")})
    move = {"id": daughter["id"], "customer_id": old["id"], "into_id": new["id"], "relation": "grandchild"}
    manager.save("member.move", move)
    manager.save("member.move", move)
    assert await results(manager) == [OK, OK]
    assert await results(second) == [OK]
    for phone in (manager, agent):
        await phone.pull()
        assert sorted(places(phone, old["id"]).values()) == ["head", "spouse"]
        row_now = phone.of("member")[daughter["id"]]
        assert (row_now["customer_id"], row_now["relation"]) == (new["id"], "grandchild")
        assert row_now["education"] == "primary"
        counts = {key: one["members"] for key, one in phone.of("customer").items()}
        assert counts == {old["id"]: 2, new["id"]: 4}
    # and back again
    manager.save("member.move", move | {"customer_id": new["id"], "into_id": old["id"], "relation": "child"})
    assert await results(manager) == [OK]
    await agent.pull()
    assert agent.of("member")[daughter["id"]]["customer_id"] == old["id"]


async def test_moves_of_people_that_cannot_be(phone_of: PhoneOf, world: World) -> None:
    manager, west = await phone_of("manager"), await phone_of("manager2")
    one, other, foreign = (
        await household(manager, world),
        await household(manager, world),
        await household(west, world, "W1"),
    )
    move = {"id": one["members"][2]["id"], "customer_id": one["id"], "into_id": other["id"]}
    cases = [
        (move | {"relation": "head"}, "bad_value"),
        (move | {"relation": "owner"}, "bad_value"),
        (move | {"relation": "child", "into_id": one["id"]}, "bad_value"),
        (move | {"relation": "child", "into_id": foreign["id"]}, "out_of_scope"),
        (move | {"relation": "child", "id": foreign["members"][2]["id"]}, "out_of_scope"),
    ]
    for body, _ in cases:
        manager.save("member.move", body)
    assert await results(manager) == [("rejected", code) for _, code in cases]
    # somebody who lives elsewhere meanwhile is not brought back
    left(manager, one, 2, "moved_out")
    manager.save("member.move", move | {"relation": "child"})
    assert await results(manager) == [OK, ("rejected", "conflict_state")]
    back(manager, one, 2)
    assert await results(manager) == [OK]
    await manager.pull()
    assert len(places(manager, one["id"])) == 3
