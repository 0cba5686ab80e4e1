"""Tombstones are forgotten in time; a phone that was away for longer replaces what it holds. Old pages go."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from backend.app.wiring import PERIODIC
from backend.kernel.actor import Actor
from backend.kernel.ids import uuid7
from backend.kernel.uow import Database, UnitOfWork
from backend.sync import queries
from backend.sync.jobs import TIDY, tidy
from backend.sync.partitions import VERSION
from tests.support.bodies import new_household
from tests.support.clock import MovingClock
from tests.support.field_phone import FieldPhone
from tests.support.world import PASSWORD, World
from tests.sync.conftest import PhoneOf, Work

SYSTEM = Actor.system("test")


async def states(phone: FieldPhone) -> dict[str, str]:
    """What one pull says of each key."""
    return {one["key"]: one["state"] for one in await phone.pull_once()}


async def back(*phones: FieldPhone) -> None:
    """Their sessions have ended meanwhile: they sign in again."""
    for phone in phones:
        assert (await phone.phone.login("manager", PASSWORD)).is_success


async def clean(database: Database, work: Work) -> None:
    """The night's job."""
    async with database.unit(SYSTEM) as uow:
        uow.emit(TIDY, {})
    await work()


async def moved_away(manager: FieldPhone, world: World) -> str:
    """A household that the manager moved from the first grid to the second, where its tombstones are new."""
    body = new_household(world.grids["E1"])
    manager.save("customer.create", body)
    manager.save(
        "customer.move",
        {"customer_id": body["id"], "grid_id": str(world.grids["E2"].id), "reason": "moved"},
    )
    assert [one["result"] for one in await manager.push()] == ["applied", "applied"]
    return str(body["id"])


async def test_a_phone_below_the_floor_replaces_and_one_above_does_not(
    phone_of: PhoneOf, world: World, worker_db: Database, clock: MovingClock, work: Work
) -> None:
    first, second = (f"grid:{world.grids[code].id}/manager@{VERSION}" for code in ("E1", "E2"))
    manager, above, below, within = [await phone_of("manager") for _ in range(4)]
    stays = new_household(world.grids["E1"], name="留户")
    manager.save("customer.create", stays)
    body = new_household(world.grids["E1"], name="走户")
    manager.save("customer.create", body)
    await manager.push()
    for phone in (above, below, within):
        await phone.pull()
    manager.save(
        "customer.move",
        {"customer_id": body["id"], "grid_id": str(world.grids["E2"].id), "reason": "moved"},
    )
    assert (await manager.push())[0]["result"] == "applied"
    await work()
    await above.pull()
    # within the keeping nothing is forgotten, whoever asks
    clock.advance(timedelta(days=29))
    await clean(worker_db, work)
    assert (await states(within))[first] == "changes"
    assert body["id"] not in within.rows[first]["customer"]
    clock.advance(timedelta(days=2))
    await clean(worker_db, work)
    async with worker_db.unit(SYSTEM) as uow:
        assert not await uow.session.scalar(text("SELECT count(*) FROM sync_change WHERE gone"))
    await back(above, below)
    assert (await states(above))[first] == "same"
    assert (await states(below))[first] == "snapshot"
    assert body["id"] not in below.rows[first]["customer"]
    assert stays["id"] in below.rows[first]["customer"]
    await below.pull()
    assert body["id"] in below.rows[second]["customer"]
    # the floor is where the last tombstone lay: who comes after goes on as ever
    head = await phone_of("head")
    another = new_household(world.grids["E1"], name="新户")
    head.save("customer.create", another)
    assert (await head.push())[0]["result"] == "applied"
    for phone in (above, below):
        assert (await states(phone))[first] == "changes"
        assert another["id"] in phone.rows[first]["customer"]


async def test_however_short_the_figure_an_offline_phone_finds_its_tombstones(
    phone_of: PhoneOf, world: World, worker_db: Database, clock: MovingClock, work: Work
) -> None:
    manager = await phone_of("manager")
    await moved_away(manager, world)
    async with worker_db.unit(SYSTEM) as uow:
        await uow.session.execute(text("UPDATE policy_figure SET value = '0' WHERE key = 'tombstone_days'"))
    clock.advance(timedelta(hours=73))
    await clean(worker_db, work)
    async with worker_db.unit(SYSTEM) as uow:
        assert await uow.session.scalar(text("SELECT count(*) FROM sync_change WHERE gone"))


async def test_tombstones_that_go_while_a_phone_pulls_are_not_missed(
    phone_of: PhoneOf,
    world: World,
    worker_db: Database,
    clock: MovingClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The phone's floor was read before, its changes after."""
    key = f"grid:{world.grids['E1'].id}/manager@{VERSION}"
    manager, phone = await phone_of("manager"), await phone_of("manager")
    body = new_household(world.grids["E1"])
    manager.save("customer.create", body)
    await manager.push()
    await phone.pull()
    manager.save(
        "customer.move",
        {"customer_id": body["id"], "grid_id": str(world.grids["E2"].id), "reason": "moved"},
    )
    await manager.push()
    clock.advance(timedelta(days=31))
    await back(phone)
    real: Callable[..., Any] = queries.changes_after

    async def raced(uow: UnitOfWork, *given: Any) -> Any:
        async with worker_db.unit(SYSTEM) as other:
            await tidy(other, {})
        return await real(uow, *given)

    monkeypatch.setattr(queries, "changes_after", raced)
    assert (await states(phone))[key] == "snapshot"
    assert body["id"] not in phone.rows[key].get("customer", {})


async def test_a_row_that_comes_back_is_no_tombstone(
    phone_of: PhoneOf, world: World, worker_db: Database, clock: MovingClock, work: Work
) -> None:
    manager = await phone_of("manager")
    customer_id = await moved_away(manager, world)
    manager.save(
        "customer.move",
        {"customer_id": customer_id, "grid_id": str(world.grids["E1"].id), "reason": "moved"},
    )
    assert (await manager.push())[0]["result"] == "applied"
    clock.advance(timedelta(days=31))
    await clean(worker_db, work)
    await back(manager)
    await manager.pull()
    assert customer_id in manager.rows[f"grid:{world.grids['E1'].id}/manager@{VERSION}"]["customer"]


async def test_old_pages_go_and_are_made_again(
    phone_of: PhoneOf, world: World, worker_db: Database, clock: MovingClock, work: Work
) -> None:
    manager = await phone_of("manager")
    for number in range(110):
        manager.save("customer.create", new_household(world.grids["E1"], name=f"户{number}"))
    await manager.push()
    await (await phone_of("head")).pull()

    async def pages() -> int:
        async with worker_db.unit(SYSTEM) as uow:
            return int(await uow.session.scalar(text("SELECT count(*) FROM sync_page")) or 0)

    await (await phone_of("manager")).pull()
    made = await pages()
    clock.advance(timedelta(days=13))
    await clean(worker_db, work)
    assert await pages() == made > 0
    clock.advance(timedelta(days=2))
    await clean(worker_db, work)
    assert await pages() == 0
    phone = await phone_of("manager")
    await phone.pull()
    assert len(phone.of("customer")) == 110
    assert await pages() > 0


async def test_a_backlog_goes_on_by_itself(
    world: World, worker_db: Database, clock: MovingClock, work: Work
) -> None:
    assert TIDY in {one.name for one in PERIODIC}
    async with worker_db.unit(SYSTEM) as uow:
        for _ in range(120):
            uow.touch(f"staff:{uuid7()}", "task", uuid7(), gone=True)
    clock.advance(timedelta(days=31))
    await clean(worker_db, work)
    async with worker_db.unit(SYSTEM) as uow:
        assert not await uow.session.scalar(text("SELECT count(*) FROM sync_change WHERE gone"))
        assert await uow.session.scalar(text("SELECT count(*) FROM sync_partition WHERE floor > 0")) == 120
