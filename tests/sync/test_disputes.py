"""Amounts of which a person must say which is right: both are kept and seen, the first decision counts."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from backend.grids import api as grids
from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from tests.support.bodies import new_household
from tests.support.clock import MovingClock
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work

WAGES = "income_wages_fen"
HOUR = 3_600_000


async def _household(phone: FieldPhone, world: World) -> str:
    body = new_household(world.grids["E1"])
    phone.save("customer.create", body)
    assert (await phone.push())[0]["result"] == "applied"
    return str(body["id"])


async def _give(
    phone: FieldPhone, customer_id: str, value: int | None, *, seen: int | None = None, age_ms: int = 0
) -> str:
    edits = [{"field": WAGES, "seen": seen, "value": value}]
    phone.save("customer.set_values", {"customer_id": customer_id, "edits": edits}, at=phone.now() - age_ms)
    return str((await phone.push())[0]["result"])


async def _dispute(phone: FieldPhone) -> tuple[str, dict[str, Any]]:
    await phone.pull()
    ((dispute_id, row),) = phone.of("dispute").items()
    return dispute_id, row


async def _settle(phone: FieldPhone, dispute_id: str, value: int | None, seen: list[Any]) -> dict[str, Any]:
    phone.save("dispute.settle", {"dispute_id": dispute_id, "seen": seen, "value": value})
    return (await phone.push())[0]


async def _shown(phone: FieldPhone, customer_id: str) -> list[Any]:
    await phone.pull()
    found: list[Any] = phone.of("file")[customer_id]["values"][WAGES]
    return found


async def _disputed(manager: FieldPhone, deputy: FieldPhone, world: World) -> str:
    """80,000 yuan by the deputy an hour ago, 50,000 by the manager now; neither saw the other's."""
    customer_id = await _household(manager, world)
    assert await _give(manager, customer_id, 5_000_000) == "applied"
    assert await _give(deputy, customer_id, 8_000_000, age_ms=HOUR) == "merged"
    return customer_id


@pytest.fixture
async def two(
    phone_of: PhoneOf, world: World, worker_db: Database, work: Work
) -> tuple[FieldPhone, FieldPhone]:
    """The manager, and the deputy who stands in for the manager: both hold the grid."""
    manager, deputy = await phone_of("manager"), await phone_of("deputy")
    async with worker_db.unit(Actor.system("test")) as uow:
        day = uow.today
        await grids.cover(uow, world.grids["E1"].id, world["deputy"].id, day, day + timedelta(days=30))
    await work()
    return manager, deputy


async def test_both_values_reach_every_holder_and_none_else(
    two: tuple[FieldPhone, FieldPhone], phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, deputy = two
    agent, other = await phone_of("agent"), await phone_of("manager2")
    customer_id = await _disputed(manager, deputy, world)
    for phone in two:
        _, row = await _dispute(phone)
        assert (row["customer_id"], row["field"], row["state"]) == (customer_id, WAGES, "open")
        assert [(value, source, who) for value, source, _at, who in row["values"]] == [
            (5_000_000, "collected", manager.staff["id"]),
            (8_000_000, "collected", deputy.staff["id"]),
        ]
        assert row["values"][0][2] - row["values"][1][2] >= HOUR - 5000
    # the later observation is the one shown meanwhile
    assert (await _shown(manager, customer_id))[0] == 5_000_000
    told = [one for one in manager.of("inbox").values() if one["kind"] == "dispute"]
    assert [one["params"]["customer_id"] for one in told] == [customer_id]
    for phone in (agent, other):
        await phone.pull()
        assert not phone.of("dispute")
        assert "8000000" not in phone.everything()


async def test_a_person_chooses_the_other_value_and_it_stands_as_its_observers(
    two: tuple[FieldPhone, FieldPhone], world: World, worker_db: Database
) -> None:
    manager, deputy = two
    customer_id = await _disputed(manager, deputy, world)
    dispute_id, _ = await _dispute(manager)
    receipt = await _settle(manager, dispute_id, 8_000_000, [5_000_000, 8_000_000])
    assert receipt["result"] == "applied", receipt
    for phone in two:
        value, _source, _day, who = await _shown(phone, customer_id)
        assert (value, who) == (8_000_000, deputy.staff["id"])
        (row,) = phone.of("dispute").values()
        assert (row["state"], row["settled_by"], row["value"]) == ("settled", manager.staff["id"], 8_000_000)
        assert row["values"] == []
    async with worker_db.unit(Actor.system("test")) as uow:
        trail = await uow.session.scalars(
            text("SELECT action FROM audit_entry WHERE action LIKE 'dispute.%' ORDER BY id")
        )
        assert list(trail) == ["dispute.opened", "dispute.settled"]
    # the first decision counts; the second one is refused, and kept
    receipt = await _settle(deputy, dispute_id, 5_000_000, [5_000_000, 8_000_000])
    assert (receipt["result"], receipt["code"]) == ("rejected", "conflict_state")
    assert (await _shown(deputy, customer_id))[0] == 8_000_000


async def test_a_third_value_is_the_deciders_own(two: tuple[FieldPhone, FieldPhone], world: World) -> None:
    manager, deputy = two
    customer_id = await _disputed(manager, deputy, world)
    dispute_id, _ = await _dispute(deputy)
    assert (await _settle(deputy, dispute_id, -1, [5_000_000, 8_000_000]))["code"] == "bad_value"
    assert (await _settle(deputy, dispute_id, 6_500_000, [5_000_000, 8_000_000]))["result"] == "applied"
    value, _source, _day, who = await _shown(manager, customer_id)
    assert (value, who) == (6_500_000, deputy.staff["id"])


async def test_a_value_that_came_in_meanwhile_is_not_decided_over(
    two: tuple[FieldPhone, FieldPhone], world: World
) -> None:
    manager, deputy = two
    customer_id = await _disputed(manager, deputy, world)
    dispute_id, _ = await _dispute(manager)
    assert await _give(deputy, customer_id, 9_000_000, seen=1, age_ms=2 * HOUR) == "merged"
    receipt = await _settle(manager, dispute_id, 5_000_000, [5_000_000, 8_000_000])
    assert (receipt["result"], receipt["code"]) == ("rejected", "conflict_state")
    again, row = await _dispute(manager)
    assert again == dispute_id
    assert [one[0] for one in row["values"]] == [5_000_000, 9_000_000, 8_000_000]
    seen = [one[0] for one in row["values"]]
    assert (await _settle(manager, dispute_id, 5_000_000, seen))["result"] == "applied"


async def test_an_edit_settles_nothing_unless_one_value_is_left(
    two: tuple[FieldPhone, FieldPhone], world: World
) -> None:
    manager, deputy = two
    customer_id = await _disputed(manager, deputy, world)
    assert await _give(manager, customer_id, 7_000_000, seen=5_000_000) == "applied"
    _, row = await _dispute(manager)
    assert [one[0] for one in row["values"]] == [7_000_000, 8_000_000]
    assert await _give(manager, customer_id, 8_000_000, seen=7_000_000) == "applied"
    _, row = await _dispute(manager)
    assert (row["state"], row["value"], row["settled_by"]) == ("settled", 8_000_000, manager.staff["id"])


async def test_until_then_the_shown_value_counts_for_score_and_limit(
    two: tuple[FieldPhone, FieldPhone], world: World, work: Work
) -> None:
    manager, deputy = two
    customer_id = await _household(manager, world)
    await work()
    await manager.pull()
    without = manager.of("profile")[customer_id]["score"]
    assert await _give(manager, customer_id, 50_000_000) == "applied"
    await work()
    await manager.pull()
    undisputed = manager.of("profile")[customer_id]
    assert undisputed["score"] > without
    assert await _give(deputy, customer_id, 80_000_000, age_ms=HOUR) == "merged"
    await work()
    await manager.pull()
    disputed = manager.of("profile")[customer_id]
    assert (disputed["score"], disputed["limit_fen"]) == (undisputed["score"], undisputed["limit_fen"])
    assert manager.of("file")[customer_id]["points"] == 65


async def test_nobody_disputes_with_oneself(two: tuple[FieldPhone, FieldPhone], world: World) -> None:
    manager, deputy = two
    customer_id = await _household(manager, world)
    assert await _give(manager, customer_id, 5_000_000, age_ms=HOUR) == "applied"
    assert await _give(manager, customer_id, 6_000_000, seen=1) == "applied"
    assert await _give(manager, customer_id, 4_000_000, seen=1, age_ms=2 * HOUR) == "merged"
    assert (await _shown(manager, customer_id))[0] == 6_000_000
    assert not manager.of("dispute")
    # with somebody else's it is one, and one's own next word leaves theirs in it
    assert await _give(deputy, customer_id, 8_000_000, seen=1, age_ms=HOUR) == "merged"
    assert await _give(manager, customer_id, 7_000_000, seen=1) == "applied"
    _, row = await _dispute(manager)
    assert [value for value, *_ in row["values"]] == [7_000_000, 8_000_000]


async def test_who_does_not_hold_the_household_decides_nothing(
    two: tuple[FieldPhone, FieldPhone], phone_of: PhoneOf, world: World
) -> None:
    manager, deputy = two
    customer_id = await _disputed(manager, deputy, world)
    dispute_id, _ = await _dispute(manager)
    for login, code in (("manager2", "out_of_scope"), ("agent", "not_allowed")):
        receipt = await _settle(await phone_of(login), dispute_id, 1, [5_000_000, 8_000_000])
        assert (receipt["result"], receipt["code"]) == ("rejected", code)
    assert (await _shown(manager, customer_id))[0] == 5_000_000


async def test_words_are_not_money_the_later_one_simply_stands(
    two: tuple[FieldPhone, FieldPhone], world: World
) -> None:
    manager, deputy = two
    customer_id = await _household(manager, world)
    for phone, value, age in ((manager, "flat", 0), (deputy, "rented", HOUR)):
        edits = [{"field": "home_type", "seen": None, "value": value}]
        phone.save("customer.set_values", {"customer_id": customer_id, "edits": edits}, at=phone.now() - age)
        await phone.push()
    await manager.pull()
    assert not manager.of("dispute")


@pytest.mark.parametrize("has_own_value", [False, True])
async def test_a_merge_takes_the_dispute_along_or_leaves_it_with_its_household(
    two: tuple[FieldPhone, FieldPhone], world: World, work: Work, clock: MovingClock, has_own_value: bool
) -> None:
    manager, deputy = two
    loser = await _disputed(manager, deputy, world)
    winner = await _household(manager, world)
    if has_own_value:
        await _give(manager, winner, 1_000_000)
    clock.advance(timedelta(minutes=1))
    manager.save("customer.merge", {"customer_id": loser, "into_id": winner, "reason": "重复"})
    result = (await manager.push())[0]["result"]
    assert result == ("merged" if has_own_value else "applied")
    await work()
    await manager.pull()
    found = [one["customer_id"] for one in manager.of("dispute").values()]
    assert found == ([] if has_own_value else [winner])
    manager.save("customer.unmerge", {"customer_id": loser, "reason": "不是一户"})
    assert (await manager.push())[0]["result"] == "applied"
    await work()
    dispute_id, row = await _dispute(manager)
    assert row["customer_id"] == loser
    assert [one[0] for one in row["values"]] == [5_000_000, 8_000_000]
    assert (await _settle(manager, dispute_id, 8_000_000, [5_000_000, 8_000_000]))["result"] == "applied"


async def test_a_household_that_moves_takes_its_dispute_to_the_new_book(
    two: tuple[FieldPhone, FieldPhone], phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, deputy = two
    customer_id = await _disputed(manager, deputy, world)
    head, west = await phone_of("head"), await phone_of("manager2")
    move = {"customer_id": customer_id, "grid_id": str(world.grids["W1"].id), "reason": "搬家"}
    head.save("customer.move", move)
    assert (await head.push())[0]["result"] == "applied"
    await work()
    _, row = await _dispute(west)
    assert row["customer_id"] == customer_id
    await manager.pull()
    assert not manager.of("dispute")
