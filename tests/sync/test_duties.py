"""Duties over the wire: a visit counts once, an agreed day stands, returned work stays one piece."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from backend.grids import api as grids
from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from backend.tasks import service
from tests.support.bodies import new_household, visit
from tests.support.clock import MovingClock
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work


async def _household(manager: FieldPhone, world: World, work: Work) -> dict[str, Any]:
    household = new_household(world.grids["E1"])
    manager.save("customer.create", household)
    await manager.push()
    await work()
    await manager.pull()
    return household


def _live(phone: FieldPhone, duty: str | None) -> dict[str, dict[str, Any]]:
    """Tasks of a duty that wait for somebody; an agent's rows name no duty."""
    return {
        row_id: row
        for row_id, row in phone.of("task").items()
        if row.get("duty") == duty and row["state"] in ("open", "in_progress", "returned")
    }


async def _hand_in(phone: FieldPhone, task_id: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    logged = phone.save("visit.log", body)
    phone.save("task.submit", {"task_id": task_id, "visit_id": body["id"]}, needs=[logged.id])
    return await phone.push()


async def test_one_visit_is_evidence_for_one_task_of_a_duty(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    household = await _household(manager, world, work)
    place = world.grids["E1"]
    (task_id,) = _live(manager, "visit")
    body = visit(household["id"], place.lon, place.lat, manager.now())
    assert [one["result"] for one in await _hand_in(manager, task_id, body)] == ["applied", "applied"]
    await work()
    await manager.pull()
    (following,) = _live(manager, "visit")
    manager.save("task.submit", {"task_id": following, "visit_id": body["id"]})
    (refused,) = await manager.push()
    assert (refused["result"], refused["code"]) == ("rejected", "evidence_insufficient")
    await manager.pull()
    assert following in _live(manager, "visit")


async def test_an_older_visit_handed_in_later_leaves_the_duty_its_task_and_its_day(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    household = await _household(manager, world, work)
    place = world.grids["E1"]
    (first,) = _live(manager, "visit")
    old = visit(household["id"], place.lon, place.lat, manager.now())
    manager.save("visit.log", old, at=manager.now() - 3 * 86_400_000)
    await _hand_in(manager, first, visit(household["id"], place.lon, place.lat, manager.now()))
    await manager.pull()
    ((second, row),) = _live(manager, "visit").items()
    manager.save("task.submit", {"task_id": second, "visit_id": old["id"]})
    assert (await manager.push())[-1]["result"] == "applied"
    await work()
    await manager.pull()
    ((third, following),) = _live(manager, "visit").items()
    assert third != second
    assert following["due_on"] == row["due_on"]


async def test_a_day_agreed_in_a_contact_handed_in_stands(
    phone_of: PhoneOf, world: World, work: Work, clock: MovingClock
) -> None:
    manager, agent = await phone_of("manager"), await phone_of("agent")
    household = await _household(manager, world, work)
    await agent.pull()
    (task_id,) = _live(agent, None)
    agreed = clock.today() + timedelta(days=5)
    place = world.grids["E1"]
    body = visit(
        household["id"], place.lon, place.lat, agent.now(), channel="phone", next_on=agreed.isoformat()
    )
    assert [one["result"] for one in await _hand_in(agent, task_id, body)] == ["applied", "applied"]
    await work()
    await agent.pull()
    ((_, following),) = _live(agent, None).items()
    assert date.fromisoformat(following["due_on"]) == agreed


async def test_returned_work_is_the_only_task_of_its_duty_whatever_the_rhythm(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    household = await _household(manager, world, work)
    place = world.grids["E1"]
    (task_id,) = _live(manager, "visit")
    await _hand_in(manager, task_id, visit(household["id"], place.lon, place.lat, manager.now()))
    head.save("task.return", {"task_id": task_id, "reason": "照片看不清"})
    assert (await head.push())[0]["result"] == "applied"
    async with worker_db.unit(Actor.system("test")) as uow:
        await service.rhythm_changed(uow, UUID(household["id"]), 30, 45)
    await work()
    await manager.pull()
    assert set(_live(manager, "visit")) == {task_id}


async def test_work_returned_twice_is_told_twice(
    phone_of: PhoneOf, world: World, work: Work, clock: MovingClock
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    household = await _household(manager, world, work)
    place = world.grids["E1"]
    (task_id,) = _live(manager, "visit")
    body = visit(household["id"], place.lon, place.lat, manager.now())
    await _hand_in(manager, task_id, body)
    for times in (1, 2):
        head.save("task.return", {"task_id": task_id, "reason": f"第 {times} 次"})
        assert (await head.push())[0]["result"] == "applied"
        await work()
        await manager.pull()
        told = [row for row in manager.of("inbox").values() if row["kind"] == "task_returned"]
        assert len(told) == times
        clock.advance(timedelta(minutes=1))
        manager.save("task.submit", {"task_id": task_id, "visit_id": body["id"]})
        assert (await manager.push())[0]["result"] == "applied"


async def test_an_agents_task_does_not_name_a_colleagues_visit(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, agent = await phone_of("manager"), await phone_of("agent")
    household = await _household(manager, world, work)
    place = world.grids["E1"]
    body = visit(household["id"], place.lon, place.lat, manager.now())
    manager.save("visit.log", body)
    await manager.push()
    await work()
    await agent.pull()
    (closed,) = [row for row in agent.of("task").values() if row["state"] == "closed"]
    assert closed["submitted_at"] is None, "a colleague's work is not counted as the agent's"
    assert body["id"] not in agent.everything()


async def test_a_head_does_not_approve_her_own_work_but_her_deputy_does(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    head, deputy = await phone_of("head"), await phone_of("deputy")
    async with worker_db.unit(Actor.system("test")) as uow:
        await grids.assign(uow, world.grids["E1"].id, world["head"].id, grids.Duty.responsible)
    await work()
    household = await _household(head, world, work)
    place = world.grids["E1"]
    (task_id,) = _live(head, "visit")
    body = visit(household["id"], place.lon, place.lat, head.now())
    assert [one["result"] for one in await _hand_in(head, task_id, body)] == ["applied", "applied"]
    for kind, extra in (("task.approve", {}), ("task.return", {"reason": "自己退回"})):
        head.save(kind, {"task_id": task_id} | extra)
        (refused,) = await head.push()
        assert (refused["result"], refused["code"]) == ("rejected", "not_allowed")
    deputy.save("task.approve", {"task_id": task_id})
    assert (await deputy.push())[0]["result"] == "applied"
