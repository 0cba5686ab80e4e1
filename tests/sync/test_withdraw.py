"""A head approves while the manager withdraws: whom the bank hears first wins, and the other is told."""

from typing import Any

import pytest

from backend.kernel.ids import uuid7
from tests.support.bodies import new_household, visit
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work


async def handed_in(manager: FieldPhone, world: World, work: Work) -> tuple[str, dict[str, Any]]:
    """A visit task that the manager has submitted, and the visit."""
    place = world.grids["E1"]
    body = new_household(place)
    manager.save("customer.create", body)
    await manager.push()
    await work()
    await manager.pull()
    task_id = next(key for key, row in manager.of("task").items() if row["duty"] == "visit")
    seen = visit(body["id"], place.lon, place.lat, manager.now())
    manager.save("visit.log", seen)
    manager.save("task.submit", {"task_id": task_id, "visit_id": seen["id"]})
    assert [one["result"] for one in await manager.push()] == ["applied"] * 2
    await work()
    return task_id, seen


async def pulled(phone: FieldPhone) -> FieldPhone:
    await phone.pull()
    return phone


async def test_who_withdraws_first_has_the_task_again(phone_of: PhoneOf, world: World, work: Work) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    task_id, seen = await handed_in(manager, world, work)
    assert task_id in (await pulled(head)).of("approval")
    # both decide without knowing of the other
    manager.save("task.withdraw", {"task_id": task_id})
    head.save("task.approve", {"task_id": task_id})
    assert (await manager.push())[0]["result"] == "applied"
    refused = (await head.push())[0]
    assert (refused["result"], refused["code"]) == ("rejected", "conflict_state")
    assert "in_progress" in refused["reason"]
    await work()
    assert task_id not in (await pulled(head)).of("approval")
    await manager.pull()
    visits = {key: row for key, row in manager.of("task").items() if row["duty"] == "visit"}
    assert set(visits) == {task_id}, "the next one that it had brought is gone"
    again = visits[task_id]
    assert (again["state"], again["submitted_at"], again["evidence_id"]) == ("in_progress", None, seen["id"])
    # the visit that it names may stand for it again
    manager.save("task.submit", {"task_id": task_id, "visit_id": seen["id"]})
    head.save("task.approve", {"task_id": task_id})
    assert (await manager.push())[0]["result"] == "applied"
    assert (await head.push())[-1]["result"] == "applied"


async def test_returned_work_names_its_visit_and_may_be_handed_in_with_it_again(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    task_id, seen = await handed_in(manager, world, work)
    head.save("task.return", {"task_id": task_id, "reason": "补采开支"})
    assert (await head.push())[0]["result"] == "applied"
    await work()
    row = (await pulled(manager)).of("task")[task_id]
    assert (row["state"], row["evidence_id"]) == ("returned", seen["id"])
    manager.save("task.submit", {"task_id": task_id, "visit_id": row["evidence_id"]})
    assert (await manager.push())[0]["result"] == "applied"
    assert (await pulled(head)).of("approval")[task_id]["state"] == "submitted"


async def test_what_was_taken_back_may_be_handed_in_with_a_later_visit(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    task_id, seen = await handed_in(manager, world, work)
    manager.save("task.withdraw", {"task_id": task_id})
    later = {**seen, "id": str(uuid7())}
    manager.save("visit.log", later)
    manager.save("task.submit", {"task_id": task_id, "visit_id": later["id"]})
    assert [one["result"] for one in await manager.push()] == ["applied"] * 3
    await work()
    row = (await pulled(manager)).of("task")[task_id]
    assert (row["state"], row["evidence_id"]) == ("submitted", later["id"])


async def test_who_approves_first_has_decided(phone_of: PhoneOf, world: World, work: Work) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    task_id, _ = await handed_in(manager, world, work)
    manager.save("task.withdraw", {"task_id": task_id})
    head.save("task.approve", {"task_id": task_id})
    assert (await head.push())[0]["result"] == "applied"
    refused = (await manager.push())[0]
    assert (refused["result"], refused["code"]) == ("rejected", "conflict_state")
    await work()
    await manager.pull()
    assert manager.of("task")[task_id]["state"] == "closed"
    assert "task_approved" in {row["kind"] for row in manager.of("inbox").values()}


@pytest.mark.parametrize("login", ["agent", "head", "manager2"])
async def test_nobody_withdraws_anothers_work(
    phone_of: PhoneOf, world: World, work: Work, login: str
) -> None:
    task_id, _ = await handed_in(await phone_of("manager"), world, work)
    other = await phone_of(login)
    other.save("task.withdraw", {"task_id": task_id})
    assert (await other.push())[0]["code"] == "out_of_scope"
