"""A phone whose clock is ten years off, both ways, and was set or not between the save and the push."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from tests.support.bodies import new_household, visit
from tests.support.clock import MovingClock
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf

TEN_YEARS = 10 * 365 * 86_400_000
HOUR = 3_600_000


async def _ready(phone_of: PhoneOf, world: World) -> tuple[FieldPhone, str]:
    manager = await phone_of("manager")
    household = new_household(world.grids["E1"])
    manager.save("customer.create", household)
    await manager.push()
    return manager, household["id"]


def _log(phone: FieldPhone, customer_id: str, world: World, **reckoned: Any) -> str:
    place = world.grids["E1"]
    logged = visit(customer_id, place.lon, place.lat, phone.now())
    phone.save("visit.log", logged, **reckoned)
    visit_id: str = logged["id"]
    return visit_id


async def _dated(worker_db: Database, visit_id: str) -> tuple[datetime, bool]:
    """When the visit stands as made, and whether it is flagged for the clock."""
    async with worker_db.unit(Actor.system("test")) as uow:
        found = await uow.session.execute(
            text("SELECT at, flags FROM visit WHERE id = :id"), {"id": UUID(visit_id)}
        )
        row = found.one()
    return row.at, "clock" in row.flags


@pytest.mark.parametrize("off", [TEN_YEARS, -TEN_YEARS])
async def test_a_clock_that_stays_ten_years_off_dates_by_the_time_of_the_push(
    phone_of: PhoneOf, world: World, worker_db: Database, clock: MovingClock, off: int
) -> None:
    """The phone's own reckoning may be as wrong as its clock: set since the last contact."""
    manager, customer_id = await _ready(phone_of, world)
    heard = manager.now()
    manager.clock_error_ms = off
    made = clock.now()
    reckoned = max(heard, manager.now())
    visit_id = _log(manager, customer_id, world, heard_at=heard, reckoned_at=reckoned)
    clock.advance(timedelta(hours=5))
    assert [one["result"] for one in await manager.push()] == ["applied"]
    at, flagged = await _dated(worker_db, visit_id)
    assert abs(at - made) < timedelta(seconds=30)
    assert flagged


async def test_ten_years_behind_at_the_save_and_right_at_the_push_counts_as_the_phone_reckoned(
    phone_of: PhoneOf, world: World, worker_db: Database, clock: MovingClock
) -> None:
    manager, customer_id = await _ready(phone_of, world)
    heard = manager.now()
    clock.advance(timedelta(hours=2))
    manager.clock_error_ms = -TEN_YEARS
    visit_id = _log(manager, customer_id, world, heard_at=heard, reckoned_at=heard + HOUR)
    manager.clock_error_ms = 0
    clock.advance(timedelta(hours=2))
    assert [one["result"] for one in await manager.push()] == ["applied"]
    at, flagged = await _dated(worker_db, visit_id)
    assert abs(at.timestamp() * 1000 - heard - HOUR) < 1000
    assert flagged


async def test_ten_years_off_at_contact_and_save_and_right_at_the_push_counts_as_the_phone_reckoned(
    phone_of: PhoneOf, world: World, worker_db: Database, clock: MovingClock
) -> None:
    manager, customer_id = await _ready(phone_of, world)
    heard = manager.now()
    clock.advance(timedelta(hours=2))
    reckoned = manager.now()
    manager.clock_error_ms = TEN_YEARS
    visit_id = _log(manager, customer_id, world, heard_at=heard, reckoned_at=reckoned)
    manager.clock_error_ms = 0
    clock.advance(timedelta(hours=2))
    await manager.push()
    at, _ = await _dated(worker_db, visit_id)
    assert abs(at.timestamp() * 1000 - reckoned) < 1000


async def test_ten_years_ahead_at_the_save_and_right_at_the_push_is_dated_at_the_receipt(
    phone_of: PhoneOf, world: World, worker_db: Database, clock: MovingClock
) -> None:
    manager, customer_id = await _ready(phone_of, world)
    heard = manager.now()
    manager.clock_error_ms = TEN_YEARS
    visit_id = _log(manager, customer_id, world, heard_at=heard, reckoned_at=heard + TEN_YEARS)
    manager.clock_error_ms = 0
    await manager.push()
    at, flagged = await _dated(worker_db, visit_id)
    assert abs(at - clock.now()) < timedelta(seconds=30)
    assert flagged


async def test_an_edit_made_with_the_clock_years_behind_is_younger_than_what_was_known_at_the_last_contact(
    phone_of: PhoneOf, world: World, clock: MovingClock
) -> None:
    manager, customer_id = await _ready(phone_of, world)
    manager.save("customer.set_values", _wages(customer_id, 1_000_00, None))
    await manager.push()
    heard = manager.now()
    clock.advance(timedelta(hours=1))
    manager.clock_error_ms = -TEN_YEARS
    manager.save(
        "customer.set_values", _wages(customer_id, 2_000_00, None), heard_at=heard, reckoned_at=heard + 1
    )
    manager.clock_error_ms = 0
    await manager.push()
    await manager.pull()
    assert manager.of("file")[customer_id]["values"]["income_wages_fen"][0] == 2_000_00


def _wages(customer_id: str, value: int, seen: int | None) -> dict[str, object]:
    edits = [{"field": "income_wages_fen", "seen": seen, "value": value}]
    return {"customer_id": customer_id, "edits": edits}
