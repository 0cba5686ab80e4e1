"""A household that nobody looks after: what waits for a word about it lies on its branch's heads' phones."""

from datetime import timedelta
from typing import Any

from backend.grids import api as grids
from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from tests.support.bodies import new_household
from tests.support.clock import MovingClock
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work

WAGES = "income_wages_fen"


async def _suggested_to_west(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database, clock: MovingClock
) -> tuple[FieldPhone, str]:
    """The eastern manager edits a household whose grid went to the west, where nobody has it yet."""
    manager = await phone_of("manager")
    household = new_household(world.grids["E1"])
    manager.save("customer.create", household)
    await manager.push()
    await work()
    await manager.pull()
    clock.advance(timedelta(hours=3))
    async with worker_db.unit(Actor.system("test")) as uow:
        await grids.move_to_branch(uow, world.grids["E1"].id, world.west)
    await work()
    _edit(manager, household["id"], 7_000_000)
    assert [one["result"] for one in await manager.push()] == ["suggested"]
    await work()
    return manager, household["id"]


def _edit(phone: FieldPhone, customer_id: str, value: int, **changes: Any) -> None:
    edits = [{"field": WAGES, "seen": None, "value": value}]
    phone.save("customer.set_values", {"customer_id": customer_id, "edits": edits}, **changes)


async def _pulled(phone: FieldPhone) -> FieldPhone:
    await phone.pull()
    return phone


async def test_a_suggestion_comes_to_the_new_branchs_heads_and_they_decide_it(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database, clock: MovingClock
) -> None:
    _, customer_id = await _suggested_to_west(phone_of, world, work, worker_db, clock)
    head = await _pulled(await phone_of("head2"))
    ((suggestion_id, row),) = head.of("suggestion").items()
    assert (row["customer_name"], row["customer_id"], row["state"]) == ("李四", customer_id, "open")
    assert row["body"]["edits"][0]["value"] == 7_000_000
    assert head.of("customer") == {}
    told = [one["params"] for one in head.of("inbox").values() if one["kind"] == "suggestion"]
    assert told == [{"suggestion_id": suggestion_id, "customer_id": customer_id}]
    for login in ("head", "manager2", "agent2"):
        other = await _pulled(await phone_of(login))
        assert customer_id not in other.everything(), login
    head.save("suggestion.accept", {"suggestion_id": suggestion_id})
    (receipt,) = await head.push()
    assert receipt["result"] == "applied"
    assert receipt["await"].keys() == {f"team:{world.west}"}
    assert (await _pulled(head)).of("suggestion") == {}
    # what was accepted stands for whoever gets the grid
    async with worker_db.unit(Actor.system("test")) as uow:
        await grids.assign(uow, world.grids["E1"].id, world["manager2"].id, grids.Duty.responsible)
    await work()
    owner = await _pulled(await phone_of("manager2"))
    assert owner.of("file")[customer_id]["values"][WAGES][0] == 7_000_000


async def test_it_goes_to_whoever_looks_after_the_household_from_then_on(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database, clock: MovingClock
) -> None:
    _, customer_id = await _suggested_to_west(phone_of, world, work, worker_db, clock)
    head = await _pulled(await phone_of("head2"))
    assert len(head.of("suggestion")) == 1
    async with worker_db.unit(Actor.system("test")) as uow:
        await grids.assign(uow, world.grids["E1"].id, world["manager2"].id, grids.Duty.responsible)
    await work()
    owner = await _pulled(await phone_of("manager2"))
    ((_, row),) = owner.of("suggestion").items()
    assert row["customer_id"] == customer_id
    assert "customer_name" not in row
    assert (await _pulled(head)).of("suggestion") == {}


async def test_amounts_in_dispute_about_nobodys_household_are_settled_by_a_head(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database, clock: MovingClock
) -> None:
    _, customer_id = await _suggested_to_west(phone_of, world, work, worker_db, clock)
    head = await _pulled(await phone_of("head2"))
    (suggestion_id,) = head.of("suggestion")
    # heads hold no file: what they give now has not seen what was collected, and is later than the suggestion
    _edit(head, customer_id, 3_000_000)
    head.save("suggestion.accept", {"suggestion_id": suggestion_id})
    assert [one["result"] for one in await head.push()] == ["applied", "merged"]
    await work()
    ((dispute_id, row),) = (await _pulled(head)).of("dispute").items()
    assert row["customer_name"] == "李四"
    seen = [value for value, *_ in row["values"]]
    assert sorted(seen) == [3_000_000, 7_000_000]
    told = [one for one in head.of("inbox").values() if one["kind"] == "dispute"]
    assert [one["params"]["dispute_id"] for one in told] == [dispute_id]
    head.save("dispute.settle", {"dispute_id": dispute_id, "seen": seen, "value": 7_000_000})
    assert [one["result"] for one in await head.push()] == ["applied"]
    assert (await _pulled(head)).of("dispute") == {}
