"""Households that split and their new heads, and where a household may be moved to. CONTRACT.md section 9."""

from typing import Any

from backend.kernel.ids import uuid7
from tests.support.bodies import member, new_household
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work
from tests.sync.test_people import edits, household, put, who


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
