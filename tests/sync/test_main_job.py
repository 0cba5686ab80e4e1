"""The main job over the wire: a visit changes what the bank offers, and the branch head's word closes it."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from tests.support.bodies import new_household, visit
from tests.support.clock import MovingClock
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work


async def _visited(
    manager: FieldPhone, world: World, work: Work, **changes: Any
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """A new household with its first visit task, visited and handed in: (household, visit, task)."""
    place = world.grids["E1"]
    household = new_household(place)
    manager.save("customer.create", household)
    await manager.push()
    await work()
    await manager.pull()
    task_id, task = next(
        (row_id, row) for row_id, row in manager.of("task").items() if row["duty"] == "visit"
    )
    body = visit(household["id"], place.lon, place.lat, manager.now(), **changes)
    logged = manager.save("visit.log", body)
    manager.save("task.submit", {"task_id": task_id, "visit_id": body["id"]}, needs=[logged.id])
    await manager.push()
    return household, body, {"id": task_id, **task}


async def test_a_new_household_is_computed_and_gets_its_duties(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    household = new_household(world.grids["E1"])
    manager.save("customer.create", household)
    wages = {"field": "income_wages_fen", "seen": None, "value": 12_000_000}
    manager.save("customer.set_values", {"customer_id": household["id"], "edits": [wages]})
    await manager.push()
    await work()
    await manager.pull()
    profile = manager.of("profile")[household["id"]]
    assert profile["tier"] in ("high_end", "core", "basic", "potential")
    assert profile["reasons"]
    visits = [row for row in manager.of("task").values() if row["duty"] == "visit"]
    assert [row["customer_id"] for row in visits] == [household["id"]]


async def test_an_edit_changes_the_limit_and_says_why(phone_of: PhoneOf, world: World, work: Work) -> None:
    manager = await phone_of("manager")
    household = new_household(world.grids["E1"])
    manager.save("customer.create", household)
    await manager.push()
    await work()
    await manager.pull()
    before = manager.of("profile")[household["id"]]
    edits = [
        {"field": "income_wages_fen", "seen": None, "value": 15_000_000},
        {"field": "income_planting_fen", "seen": None, "value": 5_000_000},
        {"field": "spending_living_fen", "seen": None, "value": 4_000_000},
        {"field": "home_type", "seen": None, "value": "homestead"},
    ]
    manager.save("customer.set_values", {"customer_id": household["id"], "edits": edits})
    await manager.push()
    await work()
    await manager.pull()
    after = manager.of("profile")[household["id"]]
    assert after["score"] > before["score"]
    assert after["decision_id"] != before["decision_id"]


async def test_recomputing_the_same_inputs_moves_no_row(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    from backend.strategy import api as strategy

    manager = await phone_of("manager")
    household = new_household(world.grids["E1"])
    manager.save("customer.create", household)
    await manager.push()
    await work()
    before = await _moved(worker_db)
    async with worker_db.unit(Actor.system("test")) as uow:
        await strategy.recompute(uow, [UUID(household["id"])], "again")
    await work()
    assert await _moved(worker_db) == before


async def test_a_submitted_follow_up_carries_its_evidence_and_the_next_has_its_date(
    phone_of: PhoneOf, world: World, work: Work, clock: MovingClock
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    agreed = clock.today() + timedelta(days=9)
    household, body, task = await _visited(manager, world, work, next_on=agreed.isoformat())
    await work()
    await manager.pull()
    await head.pull()
    tasks = {row_id: row for row_id, row in manager.of("task").items() if row["duty"] == "visit"}
    assert tasks[task["id"]]["state"] == "submitted"
    assert tasks[task["id"]]["evidence_id"] == body["id"]
    (following,) = [row for row_id, row in tasks.items() if row_id != task["id"]]
    assert (following["state"], date.fromisoformat(following["due_on"])) == ("open", agreed)
    approval = head.of("approval")[task["id"]]
    assert approval["customer_name"] == household["name"]
    assert approval["visit"]["distance_m"] == 0
    assert approval["flags"] == []
    assert [row["kind"] for row in head.of("inbox").values()] == ["approval_waiting"]


async def test_a_head_approves_and_the_manager_hears_of_it(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    _, _, task = await _visited(manager, world, work)
    await head.pull()
    head.save("task.approve", {"task_id": task["id"]})
    head.save("task.approve", {"task_id": task["id"]})
    first, second = await head.push()
    assert (first["result"], second["code"]) == ("applied", "conflict_state")
    await work()
    await manager.pull()
    assert manager.of("task")[task["id"]]["state"] == "closed"
    assert [row["kind"] for row in manager.of("inbox").values()] == ["task_approved"]


async def test_a_returned_follow_up_comes_back_with_its_reason_and_can_be_handed_in_again(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    household, _, task = await _visited(manager, world, work)
    head.save("task.return", {"task_id": task["id"], "reason": "请补一张房屋照片"})
    assert (await head.push())[0]["result"] == "applied"
    await work()
    await manager.pull()
    returned = manager.of("task")[task["id"]]
    assert (returned["state"], returned["reason"]) == ("returned", "请补一张房屋照片")
    assert [row["kind"] for row in manager.of("inbox").values()] == ["task_returned"]
    live = [row for row in manager.of("task").values() if row["duty"] == "visit"]
    assert len(live) == 1, "the next task that the submission had brought is gone again"
    place = world.grids["E1"]
    again = visit(household["id"], place.lon, place.lat, manager.now())
    logged = manager.save("visit.log", again)
    manager.save("task.submit", {"task_id": task["id"], "visit_id": again["id"]}, needs=[logged.id])
    assert [one["result"] for one in await manager.push()] == ["applied", "applied"]


async def test_nobody_approves_their_own_nor_another_branchs(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, other = await phone_of("manager"), await phone_of("head2")
    _, _, task = await _visited(manager, world, work)
    other.save("task.approve", {"task_id": task["id"]})
    assert (await other.push())[0]["code"] == "out_of_scope"
    manager.save("task.approve", {"task_id": task["id"]})
    assert (await manager.push())[0]["code"] == "not_allowed"


async def test_an_absent_customer_is_no_evidence(phone_of: PhoneOf, world: World, work: Work) -> None:
    manager = await phone_of("manager")
    _, _, task = await _visited(manager, world, work, outcome="absent")
    assert manager.outbox[-1].receipt is not None
    assert manager.outbox[-1].receipt["code"] == "evidence_insufficient"
    await manager.pull()
    assert manager.of("task")[task["id"]]["state"] == "open"


async def test_a_far_or_vague_visit_is_accepted_and_flagged(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    place = world.grids["E1"]
    point = {"lon": place.lon + 0.012, "lat": place.lat, "accuracy_m": 180.0, "at": manager.now()}
    _, _, task = await _visited(manager, world, work, point=point)
    await head.pull()
    approval = head.of("approval")[task["id"]]
    assert approval["flags"] == ["far", "inaccurate"]
    assert 1100 < approval["visit"]["distance_m"] < 1200


async def test_the_agents_phone_call_winds_the_contact_clock_once(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    manager, agent = await phone_of("manager"), await phone_of("agent")
    household = new_household(world.grids["E1"])
    manager.save("customer.create", household)
    await manager.push()
    await work()
    await agent.pull()
    (task_id,) = agent.of("task")
    body = {
        "id": household["members"][0]["id"],
        "customer_id": household["id"],
        "channel": "phone",
        "purpose": "follow_up",
        "outcome": "met",
    }
    agent.save("visit.log", body)
    assert (await agent.push())[0]["result"] == "applied"
    await work()
    await agent.pull()
    states = sorted(row["state"] for row in agent.of("task").values())
    assert states == ["closed", "open"]
    done = agent.of("task")[task_id]
    # a day's work that stays counted when the bank has it
    assert (done["state"], done["evidence_id"]) == ("closed", body["id"])
    assert done["submitted_at"] is not None
    async with worker_db.unit(Actor.system("test")) as uow:
        due = await uow.session.scalar(
            text("SELECT due_on - last_done_on FROM duty WHERE duty_kind = 'contact'")
        )
    assert due == 30


async def test_at_eight_each_person_with_something_due_gets_one_digest(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database, clock: MovingClock
) -> None:
    from backend.app.wiring import HANDLERS, PERIODIC
    from backend.kernel.relay import Relay

    manager = await phone_of("manager")
    manager.save("customer.create", new_household(world.grids["E1"]))
    await manager.push()
    await work()
    relay = Relay(worker_db, HANDLERS, PERIODIC)
    await relay.tick()
    later = clock.today() + timedelta(days=8)
    clock.move_to_local(later.year, later.month, later.day, 7, 30)
    await relay.tick()
    await work()
    clock.advance(timedelta(minutes=31))
    for _ in range(3):
        await relay.tick()
        await work()
    await manager.pull()
    (digest,) = [row for row in manager.of("inbox").values() if row["kind"] == "digest"]
    assert digest["params"] == {"due": 1, "overdue": 1, "on": later.isoformat()}


async def _moved(database: Database) -> tuple[int, int]:
    async with database.unit(Actor.system("test")) as uow:
        revisions = await uow.session.scalar(text("SELECT sum(revision) FROM sync_partition"))
        decisions = await uow.session.scalar(text("SELECT count(*) FROM decision"))
    return int(revisions or 0), int(decisions or 0)
