"""What one phone saved last stands, however long its requests were on their way."""

from typing import Any

from tests.support.bodies import new_household
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf

FIELD = "income_wages_fen"


def _edit(phone: FieldPhone, customer_id: str, value: int, at: int, **changes: Any) -> None:
    edits = [{"field": FIELD, "seen": None, "value": value}]
    phone.save("customer.set_values", {"customer_id": customer_id, "edits": edits}, at=at, **changes)


async def _push(phone: FieldPhone, late_ms: int) -> list[str]:
    """The results of a push that was `late_ms` on its way."""
    waiting = [one for one in phone.outbox if one.receipt is None]
    before, phone.clock_error_ms = phone.clock_error_ms, phone.clock_error_ms - late_ms
    try:
        receipts = await phone.push()
    finally:
        phone.clock_error_ms = before
    assert len(receipts) == len(waiting)
    return [one["result"] for one in receipts]


async def _stands(phone: FieldPhone, customer_id: str) -> int:
    await phone.pull()
    value: int = phone.of("file")[customer_id]["values"][FIELD][0]
    return value


async def _edited_slowly(phone_of: PhoneOf, world: World) -> tuple[FieldPhone, dict[str, Any], int]:
    """A phone whose edit of five seconds ago was three seconds on its way; the household, and the phone's
    clock."""
    manager = await phone_of("manager")
    household = new_household(world.grids["E1"])
    manager.save("customer.create", household)
    await manager.push()
    now = manager.now()
    _edit(manager, household["id"], 1_000_00, now - 5_000)
    assert await _push(manager, late_ms=3_000) == ["applied"]
    return manager, household, now


async def test_an_edit_saved_after_another_stands_though_the_first_ones_push_took_long(
    phone_of: PhoneOf, world: World
) -> None:
    manager, household, now = await _edited_slowly(phone_of, world)
    _edit(manager, household["id"], 2_000_00, now - 4_000)
    _edit(manager, household["id"], 3_000_00, now - 3_900)
    assert await _push(manager, late_ms=0) == ["applied", "applied"]
    assert await _stands(manager, household["id"]) == 3_000_00


async def test_what_a_copied_phone_saved_stays_in_order_in_its_next_stream(
    phone_of: PhoneOf, world: World
) -> None:
    """The bank has what came before from the former stream, and from the copy something later still."""
    manager, household, now = await _edited_slowly(phone_of, world)
    kept = list(manager.outbox)
    manager.save("customer.create", new_household(world.grids["E1"], "副本记的"), at=now - 1_000)
    assert await _push(manager, late_ms=0) == ["applied"]
    renewed = await phone_of("manager")
    for one in kept:
        renewed.put({name: value for name, value in one.envelope.items() if name != "seq"})
    _edit(renewed, household["id"], 2_000_00, now - 4_000)
    assert await _push(renewed, late_ms=0) == ["repeated", "repeated", "applied"]
    assert await _stands(renewed, household["id"]) == 2_000_00


async def test_a_clock_that_was_set_back_or_a_look_of_an_earlier_day_is_as_old_as_it_says(
    phone_of: PhoneOf, world: World
) -> None:
    manager = await phone_of("manager")
    household = new_household(world.grids["E1"])
    manager.save("customer.create", household)
    now = manager.now()
    _edit(manager, household["id"], 1_000_00, now - 5_000)
    await manager.push()
    _edit(manager, household["id"], 2_000_00, now, observed_at=now - 86_400_000)
    _edit(manager, household["id"], 3_000_00, now - 3_600_000)
    assert await _push(manager, late_ms=0) == ["merged", "merged"]
    assert await _stands(manager, household["id"]) == 1_000_00


async def test_nothing_new_is_taken_from_a_phone_that_speaks_to_another_life_of_the_bank(
    phone_of: PhoneOf, world: World
) -> None:
    """What it received there may be missing here, and comes first."""
    manager = await phone_of("manager")
    await manager.pull()
    household = new_household(world.grids["E1"])
    made = manager.save("customer.create", household)
    await manager.push()
    for value in (1_000_00, 2_000_00):
        _edit(manager, household["id"], value, manager.now())
    epoch, manager.epoch = manager.epoch, "another life"
    made.receipt = None
    assert [(one["result"], one.get("code")) for one in await manager.push()] == [
        ("repeated", None),
        *[("held", "gap")] * 2,
    ]
    manager.epoch = epoch
    assert await _push(manager, late_ms=0) == ["applied", "applied"]
    assert await _stands(manager, household["id"]) == 2_000_00
