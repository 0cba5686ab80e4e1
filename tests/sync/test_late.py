"""Late commands: a grid went to others while a phone was away. Nothing is lost, nothing crosses."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from backend.grids import api as grids
from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from tests.support.bodies import new_household, visit
from tests.support.clock import MovingClock
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work

WAGES = "income_wages_fen"


async def _household(phone: FieldPhone, world: World, work: Work) -> dict[str, Any]:
    household = new_household(world.grids["E1"])
    phone.save("customer.create", household)
    assert (await phone.push())[0]["result"] == "applied"
    await work()
    await phone.pull()
    return household


async def _hand_grid_over(worker_db: Database, world: World, work: Work, to: str) -> None:
    async with worker_db.unit(Actor.system("test")) as uow:
        await grids.assign(uow, world.grids["E1"].id, world[to].id, grids.Duty.responsible)
    await work()


def _edit(phone: FieldPhone, customer_id: str, value: int, **changes: Any) -> None:
    edits = [{"field": WAGES, "seen": None, "value": value}]
    phone.save("customer.set_values", {"customer_id": customer_id, "edits": edits}, **changes)


def _visit(phone: FieldPhone, world: World, customer_id: str, **changes: Any) -> str:
    place = world.grids["E1"]
    body = visit(customer_id, place.lon, place.lat, phone.now())
    phone.save("visit.log", body, **changes)
    return str(body["id"])


@pytest.mark.parametrize("pulled_first", [False, True])
async def test_work_of_the_time_away_adds_and_suggests(
    phone_of: PhoneOf,
    world: World,
    work: Work,
    worker_db: Database,
    clock: MovingClock,
    pulled_first: bool,
) -> None:
    before, after = await phone_of("manager"), await phone_of("deputy")
    household = await _household(before, world, work)
    (task_id,) = [key for key, row in before.of("task").items() if row["duty"] == "visit"]
    clock.advance(timedelta(hours=20))
    await _hand_grid_over(worker_db, world, work, "deputy")
    clock.advance(timedelta(hours=5))
    visit_id = _visit(before, world, household["id"])
    before.save("task.submit", {"task_id": task_id, "visit_id": visit_id})
    _edit(before, household["id"], 7_000_000)
    newcomer = new_household(world.grids["E1"], "新来户")
    before.save("customer.create", newcomer)
    clock.advance(timedelta(hours=5))
    if pulled_first:
        await before.pull()
        assert household["id"] not in before.everything()
        clock.advance(timedelta(hours=1))
    receipts = await before.push()
    assert [one["result"] for one in receipts] == ["applied", "merged", "suggested", "applied"]
    assert receipts[1]["lost"] == ["task_id"]
    assert all(one["receipt"] for one in receipts)
    assert f"grid:{world.grids['E1'].id}" not in {book for one in receipts for book in one["await"]}
    await before.pull()
    assert household["id"] not in before.everything()
    await work()
    await after.pull()
    assert after.of("visit")[visit_id]["staff_id"] == before.staff["id"]
    assert after.of("customer")[newcomer["id"]]["name"] == "新来户"
    assert WAGES not in after.of("file")[household["id"]]["values"]
    ((suggestion_id, row),) = after.of("suggestion").items()
    assert (row["customer_id"], row["state"]) == (household["id"], "open")
    assert row["body"]["edits"][0]["value"] == 7_000_000
    told = [one for one in after.of("inbox").values() if one["kind"] == "suggestion"]
    assert [one["params"]["suggestion_id"] for one in told] == [suggestion_id]


async def test_an_accepted_suggestion_is_the_authors_observation_and_merges(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database, clock: MovingClock
) -> None:
    before, after = await phone_of("manager"), await phone_of("deputy")
    household = await _household(before, world, work)
    await _hand_grid_over(worker_db, world, work, "deputy")
    clock.advance(timedelta(hours=1))
    record = {"customer_id": household["id"], "id": household["members"][0]["id"], "kind": "vehicle"}
    _edit(before, household["id"], 7_000_000)
    before.save("record.put", record | {"label": "皮卡", "value_fen": 3_000_000})
    assert [one["result"] for one in await before.push()] == ["suggested", "suggested"]
    await after.pull()
    clock.advance(timedelta(hours=1))
    for suggestion_id in after.of("suggestion"):
        after.save("suggestion.accept", {"suggestion_id": suggestion_id})
    assert [one["result"] for one in await after.push()] == ["applied", "applied"]
    await after.pull()
    value, _source, _day, who = after.of("file")[household["id"]]["values"][WAGES]
    assert (value, who) == (7_000_000, before.staff["id"])
    assert [row["label"] for row in after.of("record").values()] == ["皮卡"]
    assert {row["state"] for row in after.of("suggestion").values()} == {"accepted"}
    await before.pull()
    kinds = sorted(one["kind"] for one in before.of("inbox").values())
    assert kinds.count("suggestion_accepted") == 2
    # decided once; and not by people who cannot see the customer
    again, stranger = next(iter(after.of("suggestion"))), await phone_of("manager2")
    after.save("suggestion.dismiss", {"suggestion_id": again})
    stranger.save("suggestion.dismiss", {"suggestion_id": again})
    assert [one["code"] for one in await after.push()] == ["conflict_state"]
    assert [one["code"] for one in await stranger.push()] == ["out_of_scope"]


async def test_a_newer_value_stands_against_an_accepted_suggestion(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database, clock: MovingClock
) -> None:
    before, after = await phone_of("manager"), await phone_of("deputy")
    household = await _household(before, world, work)
    await _hand_grid_over(worker_db, world, work, "deputy")
    _edit(before, household["id"], 7_000_000)
    clock.advance(timedelta(hours=2))
    _edit(after, household["id"], 9_000_000)
    await after.push()
    assert (await before.push())[0]["result"] == "suggested"
    await after.pull()
    (suggestion_id,) = after.of("suggestion")
    after.save("suggestion.accept", {"suggestion_id": suggestion_id})
    (receipt,) = await after.push()
    assert (receipt["result"], receipt["lost"]) == ("merged", [WAGES])
    await after.pull()
    assert after.of("file")[household["id"]]["values"][WAGES][0] == 9_000_000


async def test_past_the_window_all_is_refused_whole(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database, clock: MovingClock, keys: Any
) -> None:
    before = await phone_of("manager")
    household = await _household(before, world, work)
    clock.advance(timedelta(hours=1))
    await _hand_grid_over(worker_db, world, work, "deputy")
    visit_id = _visit(before, world, household["id"])
    sent = before.outbox[-1]
    clock.advance(timedelta(hours=72))
    (receipt,) = await before.push()
    assert (receipt["result"], receipt["code"]) == ("rejected", "too_late")
    async with worker_db.unit(Actor.system("test")) as uow:
        kept = await uow.session.scalar(
            text("SELECT quarantined FROM sync_command WHERE id = :id"), {"id": sent.id}
        )
    opened = msgspec.msgpack.decode(keys.seal.open(kept, f"command:{sent.id}"))
    assert opened["body"]["id"] == visit_id


async def test_who_was_told_of_the_loss_works_there_no_more(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database, clock: MovingClock
) -> None:
    before = await phone_of("manager")
    household = await _household(before, world, work)
    await _hand_grid_over(worker_db, world, work, "deputy")
    clock.advance(timedelta(minutes=30))
    await before.pull()
    clock.advance(timedelta(minutes=30))
    _visit(before, world, household["id"])
    _edit(before, household["id"], 1)
    assert [one["code"] for one in await before.push()] == ["too_late", "too_late"]


async def test_a_household_that_moved_away_takes_what_was_seen_before(
    phone_of: PhoneOf, world: World, work: Work, clock: MovingClock
) -> None:
    manager, head, west = await phone_of("manager"), await phone_of("head"), await phone_of("manager2")
    household = await _household(manager, world, work)
    await manager.pull()
    clock.advance(timedelta(hours=1))
    move = {"customer_id": household["id"], "grid_id": str(world.grids["W1"].id), "reason": "搬家"}
    head.save("customer.move", move)
    assert (await head.push())[0]["result"] == "applied"
    await work()
    clock.advance(timedelta(hours=1))
    visit_id = _visit(manager, world, household["id"])
    _edit(manager, household["id"], 8_000_000)
    assert [one["result"] for one in await manager.push()] == ["applied", "suggested"]
    await manager.pull()
    assert household["id"] not in manager.everything()
    await west.pull()
    assert visit_id in west.of("visit")
    assert [row["customer_id"] for row in west.of("suggestion").values()] == [household["id"]]
    assert [one["kind"] for one in west.of("inbox").values()].count("suggestion") == 1


async def test_who_never_had_the_right_suggests_nothing(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database, clock: MovingClock
) -> None:
    manager, agent2 = await phone_of("manager"), await phone_of("agent2")
    household = await _household(manager, world, work)
    await _hand_grid_over(worker_db, world, work, "deputy")
    _visit(agent2, world, household["id"])
    _edit(agent2, household["id"], 1)
    # not even by a clock that says it was long ago
    _edit(agent2, household["id"], 2, at=agent2.now() - 86_400_000)
    assert [one["code"] for one in await agent2.push()] == ["out_of_scope"] * 3


async def test_a_late_agent_sees_nothing_of_the_branch_it_adds_to(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database, clock: MovingClock
) -> None:
    manager, agent = await phone_of("manager"), await phone_of("agent")
    household = await _household(manager, world, work)
    await agent.pull()
    async with worker_db.unit(Actor.system("test")) as uow:
        await grids.release(uow, world.grids["E1"].id, world["agent"].id, grids.Duty.agent)
    await work()
    clock.advance(timedelta(hours=1))
    visit_id = _visit(agent, world, household["id"])
    _edit(agent, household["id"], 5)
    # after the late ones the scope is what it was
    agent.save("customer.create", new_household(world.grids["W1"]))
    receipts = await agent.push()
    assert [one["result"] for one in receipts] == ["applied", "suggested", "rejected"]
    assert receipts[2]["code"] == "out_of_scope"
    await agent.pull()
    assert household["id"] not in agent.everything()
    await manager.pull()
    assert visit_id in manager.of("visit")
    assert len(manager.of("suggestion")) == 1
