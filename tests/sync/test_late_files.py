"""A file of the bank's systems that came before and is late: told once, to those who see to it."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from backend.banking.jobs import LOOK_FOR_LATE
from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from tests.support.clock import MovingClock
from tests.support.till import ACCOUNTS, Till, account
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work
from tests.sync.test_duplicates import HEAD, household_met

SYSTEM = Actor.system("test")


async def morning(db: Database, work: Work) -> None:
    async with db.unit(SYSTEM) as uow:
        uow.emit(LOOK_FOR_LATE, {})
    await work()


async def told(db: Database, world: World, login: str) -> list[Any]:
    """What a person's inbox says of files."""
    async with db.unit(SYSTEM) as uow:
        found = await uow.session.scalars(
            text("SELECT params FROM inbox_item WHERE staff_id = :who AND kind = 'file_late' ORDER BY id"),
            {"who": world.staff[login].id},
        )
        return list(found)


async def test_a_late_file_is_told_once_and_again_only_for_another_day(
    till: Till, phone_of: PhoneOf, world: World, worker_db: Database, clock: MovingClock, work: Work
) -> None:
    manager = await phone_of("manager")
    await household_met(manager, world, work)
    await morning(worker_db, work)
    assert await told(worker_db, world, "data") == []  # what never came is not waited for

    path = till.write([ACCOUNTS, account(HEAD, 1, "300000")], "accounts.csv")
    assert (await till.take("accounts", path)).code == 0
    clock.advance(timedelta(days=4))
    await morning(worker_db, work)
    assert await told(worker_db, world, "data") == []
    clock.advance(timedelta(days=1))
    for _ in range(2):
        await morning(worker_db, work)
    late = [{"file": "accounts", "day": till.today.isoformat()}]
    for login in ("data", "business"):
        assert await told(worker_db, world, login) == late
    assert await told(worker_db, world, "manager") == []

    # it comes, and the next one does not
    path = till.write([ACCOUNTS, account(HEAD, 1, "310000")], "accounts2.csv")
    assert (await till.take("accounts", path, ago=-5)).code == 0
    await morning(worker_db, work)
    assert await told(worker_db, world, "data") == late
    clock.advance(timedelta(days=5))
    await morning(worker_db, work)
    another = {"file": "accounts", "day": (till.today + timedelta(days=5)).isoformat()}
    assert await told(worker_db, world, "data") == [*late, another]
