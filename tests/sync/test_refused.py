"""What is refused: mended, discarded, and what needs it follows."""

from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from backend.kernel.actor import Actor
from backend.kernel.ids import uuid7
from backend.kernel.uow import Database
from tests.support.bodies import new_household, visit
from tests.support.field_phone import FieldPhone, Sent
from tests.support.world import World
from tests.sync.conftest import PhoneOf


async def _again(phone: FieldPhone, *sent: Sent) -> list[dict[str, Any]]:
    answer = await phone.push_raw([one.wire() for one in sent])
    assert answer.status_code == 200, answer.text
    receipts: list[dict[str, Any]] = msgspec.msgpack.decode(answer.content)["receipts"]
    return receipts


async def _refused_with_dependent(phone: FieldPhone, world: World) -> tuple[Sent, Sent, dict[str, Any]]:
    """A household without a name, and the visit to it that waits for it."""
    place = world.grids["E1"]
    household = new_household(place, " ")
    refused = phone.save("customer.create", household)
    body = visit(household["id"], place.lon, place.lat, phone.now())
    waiting = phone.save("visit.log", body, needs=[refused.id])
    assert [one["result"] for one in await phone.push()] == ["rejected", "held"]
    return refused, waiting, household


async def test_what_was_held_follows_the_mend(phone_of: PhoneOf, world: World, worker_db: Database) -> None:
    manager = await phone_of("manager")
    refused, waiting, household = await _refused_with_dependent(manager, world)
    worse = manager.save("customer.create", household | {"kind": "castle"}, replaces=str(refused.id))
    assert [one["result"] for one in await _again(manager, waiting, worse)] == ["held", "rejected"]
    # the second try mends the first try; what the refused one was needed for is there with it
    mended = manager.save("customer.create", household | {"name": "李四"}, replaces=str(worse.id))
    results = await _again(manager, mended, waiting)
    # in the order of the stream the waiting one stands before its mend: it comes once more
    assert [one["result"] for one in results] == ["held", "applied"]
    (followed,) = await _again(manager, waiting)
    assert followed["result"] == "applied"
    first, second = await _again(manager, refused, worse)
    assert [(one["was"], one["settled"]) for one in (first, second)] == [("rejected", "replaced")] * 2
    await manager.pull()
    assert manager.of("customer")[household["id"]]["name"] == "李四"
    assert len(manager.of("visit")) == 1
    trail = await _all(worker_db, "SELECT action FROM audit_entry WHERE action = 'sync.mended'")
    assert len(trail) == 2


async def test_a_mend_replaces_only_what_is_refused_and_ones_own(phone_of: PhoneOf, world: World) -> None:
    manager, other = await phone_of("manager"), await phone_of("manager2")
    refused, _, household = await _refused_with_dependent(manager, world)
    fine = manager.save("customer.create", new_household(world.grids["E1"]))
    manager.save("customer.create", household | {"name": "一"}, replaces=str(fine.id))
    manager.save("customer.create", household | {"name": "二"}, replaces=str(refused.id))
    manager.save("customer.create", new_household(world.grids["E1"]), replaces=str(refused.id))
    assert [(one["result"], one.get("code")) for one in await manager.push()] == [
        ("applied", None),
        ("rejected", "not_replaceable"),
        ("applied", None),
        ("rejected", "not_replaceable"),
    ]
    other.save("customer.create", new_household(world.grids["W1"]), replaces=str(refused.id))
    other.save("customer.create", new_household(world.grids["W1"], "后来人"))
    assert [one["result"] for one in await other.push()] == ["held", "applied"]


async def test_discarding_refuses_what_needs_it_and_keeps_all(
    phone_of: PhoneOf, world: World, worker_db: Database
) -> None:
    manager = await phone_of("manager")
    refused, waiting, _ = await _refused_with_dependent(manager, world)
    manager.save("command.discard", {"discards": str(refused.id), "reason": "重复登记"})
    later = manager.save("inbox.read", {"ids": [str(uuid7())]}, needs=[refused.id])
    assert [one["result"] for one in await manager.push()] == ["applied", "rejected"]
    first, dependent, last = await _again(manager, refused, waiting, later)
    assert (first["was"], first["settled"]) == ("rejected", "discarded")
    assert (dependent["was"], dependent["code"]) == ("rejected", "needs_discarded")
    assert (last["was"], last["code"]) == ("rejected", "needs_discarded")
    assert dependent["receipt"] != first["receipt"]
    rows = await _all(worker_db, "SELECT quarantined IS NOT NULL FROM sync_command WHERE result = 'rejected'")
    assert rows == [True] * 3, "nothing that a person typed is dropped"
    actions = await _all(worker_db, "SELECT action FROM audit_entry WHERE action LIKE 'sync.%' ORDER BY id")
    assert actions.count("sync.discard") == 1
    assert actions.count("sync.quarantine") == 3
    # given up is given up: neither mended nor discarded again
    manager.save("customer.create", new_household(world.grids["E1"]), replaces=str(refused.id))
    manager.save("command.discard", {"discards": str(refused.id)})
    assert [one["code"] for one in await manager.push()] == ["not_replaceable", "conflict_state"]


@pytest.mark.parametrize("whose", ["own", "other", "nobody"])
async def test_only_ones_own_refused_command_is_discarded(
    phone_of: PhoneOf, world: World, whose: str
) -> None:
    manager, other = await phone_of("manager"), await phone_of("manager2")
    fine = manager.save("customer.create", new_household(world.grids["E1"]))
    refused = manager.save("customer.create", new_household(world.grids["E1"], " "))
    await manager.push()
    phone = manager if whose == "own" else other
    target = {"own": fine.id, "other": refused.id, "nobody": uuid7()}[whose]
    phone.save("command.discard", {"discards": str(target)})
    (receipt,) = await phone.push()
    assert receipt["code"] == ("conflict_state" if whose == "own" else "not_found")


async def _all(database: Database, statement: str) -> list[Any]:
    async with database.unit(Actor.system("test")) as uow:
        return list(await uow.session.scalars(text(statement)))
