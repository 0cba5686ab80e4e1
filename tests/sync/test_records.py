"""Things that two people change without knowing of each other: merged field by field, money waits for a
person. CONTRACT.md section 8."""

from typing import Any

from sqlalchemy import text

from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from tests.support.bodies import new_household
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf
from tests.sync.test_disputes import HOUR, two
from tests.sync.test_moves import record

__all__ = ["two"]

Two = tuple[FieldPhone, FieldPhone]
PICKUP = {"kind": "vehicle", "label": "皮卡", "value_fen": 3_000_000, "area_m2": None, "quantity": 1}


async def _put(phone: FieldPhone, body: dict[str, Any], age_ms: int = 0) -> dict[str, Any]:
    phone.save("record.put", body, at=phone.now() - age_ms)
    return (await phone.push())[0]


async def _thing(manager: FieldPhone, deputy: FieldPhone, world: World) -> dict[str, Any]:
    """A pickup as both have it, seen three hours ago; what a phone says of it that changes nothing."""
    household = new_household(world.grids["E1"])
    manager.save("customer.create", household, at=manager.now() - 4 * HOUR)
    await manager.push()
    body = record(household["id"], **PICKUP, detail={"plate": "鄂L00001"})
    assert (await _put(manager, body, 3 * HOUR))["result"] == "applied"
    for phone in (manager, deputy):
        await phone.pull()
    seen = {name: body[name] for name in (*PICKUP, "detail")}
    return body | {"seen": seen}


async def _row(phone: FieldPhone, body: dict[str, Any]) -> dict[str, Any]:
    await phone.pull()
    return phone.of("record")[body["id"]]


async def test_changes_of_different_fields_both_stand(two: Two, world: World) -> None:
    manager, deputy = two
    body = await _thing(manager, deputy, world)
    mine = body | {"label": "旧皮卡", "detail": {"plate": "鄂L00001", "type": "pickup"}}
    theirs = body | {"quantity": 2, "detail": {"plate": "鄂L99999"}}
    assert (await _put(manager, mine))["result"] == "applied"
    # observed before that, and arrives after it: they are about something else
    assert (await _put(deputy, theirs, 2 * HOUR))["result"] == "applied"
    for phone in two:
        row = await _row(phone, body)
        assert (row["label"], row["quantity"]) == ("旧皮卡", 2)
        assert row["detail"] == {"plate": "鄂L99999", "type": "pickup"}


async def test_of_one_field_the_later_observation_wins_and_the_other_stays_on_record(
    two: Two, world: World, worker_db: Database
) -> None:
    manager, deputy = two
    body = await _thing(manager, deputy, world)
    assert (await _put(manager, body | {"label": "旧皮卡"}, HOUR))["result"] == "applied"
    receipt = await _put(deputy, body | {"label": "红皮卡", "quantity": 2}, 2 * HOUR)
    assert (receipt["result"], receipt["lost"]) == ("merged", ["label"])
    row = await _row(deputy, body)
    assert (row["label"], row["quantity"]) == ("旧皮卡", 2)
    async with worker_db.unit(Actor.system("test")) as uow:
        lost = list(
            await uow.session.scalars(text("SELECT lost FROM file_record_history WHERE lost <> '{}'"))
        )
    assert lost == [{"label": "红皮卡"}]
    # a later one wins, whoever's it is
    assert (await _put(deputy, body | {"label": "白皮卡"}))["result"] == "applied"
    assert (await _row(manager, body))["label"] == "白皮卡"
    assert not manager.of("dispute")


async def test_what_a_thing_is_worth_waits_for_a_person(two: Two, world: World) -> None:
    manager, deputy = two
    body = await _thing(manager, deputy, world)
    assert (await _put(manager, body | {"value_fen": 2_000_000}, HOUR))["result"] == "applied"
    receipt = await _put(deputy, body | {"value_fen": 5_000_000}, 2 * HOUR)
    assert (receipt["result"], receipt["lost"]) == ("merged", ["value_fen"])
    assert (await _row(deputy, body))["value_fen"] == 2_000_000
    await manager.pull()
    ((dispute_id, row),) = manager.of("dispute").items()
    assert (row["customer_id"], row["field"]) == (body["customer_id"], f"record:{body['id']}:value_fen")
    assert [(value, who) for value, _source, _at, who in row["values"]] == [
        (2_000_000, manager.staff["id"]),
        (5_000_000, deputy.staff["id"]),
    ]
    choice = {"dispute_id": dispute_id, "seen": [2_000_000, 5_000_000], "value": 5_000_000}
    for given, code in (
        (choice | {"seen": [2_000_000]}, "conflict_state"),
        (choice | {"value": -1}, "bad_value"),
    ):
        manager.save("dispute.settle", given)
        assert (await manager.push())[-1]["code"] == code
    manager.save("dispute.settle", choice)
    assert (await manager.push())[-1]["result"] == "applied"
    for phone in two:
        assert (await _row(phone, body))["value_fen"] == 5_000_000
        (row,) = phone.of("dispute").values()
        assert (row["state"], row["value"]) == ("settled", 5_000_000)


async def test_an_amount_that_gives_way_is_kept_too_and_goes_along_with_its_thing(
    two: Two, world: World
) -> None:
    manager, deputy = two
    body = await _thing(manager, deputy, world)
    assert (await _put(deputy, body | {"value_fen": 5_000_000}, 2 * HOUR))["result"] == "applied"
    assert (await _put(manager, body | {"value_fen": 2_000_000}, HOUR))["result"] == "applied"
    await manager.pull()
    members = [key for key, row in manager.of("member").items() if row["customer_id"] == body["customer_id"]]
    other = new_household(world.grids["E1"])["id"]
    manager.save(
        "customer.split",
        {
            "id": other,
            "customer_id": body["customer_id"],
            "name": "分出户",
            "address": "三组",
            "member_ids": members[:1],
            "head_id": members[0],
            "record_ids": [body["id"]],
        },
    )
    assert (await manager.push())[0]["result"] == "applied"
    assert (await _row(manager, body))["customer_id"] == other
    ((dispute_id, row),) = manager.of("dispute").items()
    assert (row["customer_id"], [one[0] for one in row["values"]]) == (other, [2_000_000, 5_000_000])
    manager.save("dispute.settle", {"dispute_id": dispute_id, "seen": [2_000_000, 5_000_000], "value": 1})
    assert (await manager.push())[0]["result"] == "applied"
    assert (await _row(deputy, body))["value_fen"] == 1


async def test_an_amount_is_disputed_with_who_gave_it_not_with_who_touched_the_thing_last(
    two: Two, world: World
) -> None:
    manager, deputy = two
    body = await _thing(manager, deputy, world)
    old = {name: value for name, value in body.items() if name != "seen"}
    assert (await _put(deputy, old | {"value_fen": 5_000_000, "seen": body}, 3 * HOUR))["result"] == "applied"
    named = old | {"value_fen": 5_000_000, "label": "另一个叫法", "seen": old | {"value_fen": 5_000_000}}
    assert (await _put(manager, named, 2 * HOUR))["result"] == "applied"
    # the manager changed its name last, but the amount is the deputy's
    assert (await _put(manager, named | {"value_fen": 2_000_000, "seen": old}, HOUR))["result"] == "applied"
    await manager.pull()
    (row,) = manager.of("dispute").values()
    assert [(one[0], one[3]) for one in row["values"]] == [
        (2_000_000, manager.staff["id"]),
        (5_000_000, deputy.staff["id"]),
    ]


async def test_an_app_that_names_a_revision_only(two: Two, world: World) -> None:
    manager, deputy = two
    body = await _thing(manager, deputy, world)
    del body["seen"]
    known = body | {"seen_revision": (await _row(deputy, body))["revision"]}
    # it saw what is there: its change applies, whatever its clock says
    assert (await _put(deputy, known | {"label": "红皮卡"}, 5 * HOUR))["result"] == "applied"
    assert (await _row(manager, body))["label"] == "红皮卡"
    # it did not: then the later observation
    assert (await _put(manager, known | {"label": "旧皮卡"}, 4 * HOUR))["result"] == "applied"
    assert (await _put(deputy, known | {"label": "白皮卡"}, 5 * HOUR - HOUR // 2))["lost"] == ["label"]
    assert (await _row(manager, body))["label"] == "旧皮卡"


async def test_seen_later_is_not_gone_and_gone_later_stays_gone(two: Two, world: World) -> None:
    manager, deputy = two
    body = await _thing(manager, deputy, world)
    gone = {"id": body["id"], "customer_id": body["customer_id"], "reason": "卖了"}
    assert (await _put(manager, body | {"label": "旧皮卡"}, HOUR))["result"] == "applied"
    deputy.save("record.remove", gone, at=deputy.now() - 2 * HOUR)
    (receipt,) = await deputy.push()
    assert (receipt["result"], receipt["lost"]) == ("merged", ["removed"])
    assert (await _row(deputy, body))["label"] == "旧皮卡"
    deputy.save("record.remove", gone)
    assert (await deputy.push())[0]["result"] == "applied"
    receipt = await _put(manager, body | {"quantity": 3}, HOUR // 2)
    assert (receipt["result"], receipt["lost"]) == ("merged", ["removed"])
    await manager.pull()
    assert body["id"] not in manager.of("record")


async def test_a_debt_that_an_agent_hears_of_reaches_the_manager_and_a_wrong_one_stays_whole(
    phone_of: PhoneOf, world: World
) -> None:
    agent, manager = await phone_of("agent"), await phone_of("manager")
    household = new_household(world.grids["E1"])
    agent.save("customer.create", household)
    assert (await agent.push())[0]["result"] == "applied"
    plain = {"kind": "debt", "label": "亲友借款", "value_fen": 1_800_000, "area_m2": None}
    debt = record(household["id"], **plain, detail={"lender": "private", "due_on": "2027-03-01"})
    assert (await _put(agent, debt))["result"] == "applied"
    refused = await _put(
        agent, record(household["id"], **plain | {"label": "坏的"}, detail={"lender": "uncle"})
    )
    assert (refused["result"], refused["code"]) == ("rejected", "bad_value")
    await manager.pull()
    (row,) = manager.of("record").values()
    assert (row["kind"], row["value_fen"], row["detail"]) == ("debt", 1_800_000, debt["detail"])
