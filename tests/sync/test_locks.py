"""Work on one household at the same moment: who locks a duty and its tasks waits, and never crosswise."""

import asyncio
from collections.abc import Awaitable
from typing import Any
from uuid import UUID

from sqlalchemy import text

from backend.customers import owners
from backend.kernel.actor import Actor
from backend.kernel.uow import Database, UnitOfWork
from backend.tasks import queries, service
from tests.support.bodies import new_household, visit
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work

#: not pg_stat_activity, which stands still within a transaction
BLOCKED = text("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)")


async def _household(phone_of: PhoneOf, world: World, work: Work) -> UUID:
    """A household whose contact's task was opened after its visit's."""
    manager, agent = await phone_of("manager"), await phone_of("agent")
    place, household = world.grids["E1"], new_household(world.grids["E1"])
    manager.save("customer.create", household)
    await manager.push()
    await work()
    await agent.pull()
    agent.save("visit.log", visit(household["id"], place.lon, place.lat, agent.now(), channel="phone"))
    await agent.push()
    await work()
    return UUID(household["id"])


async def _beside(database: Database, uow: UnitOfWork, other: Awaitable[Any]) -> "asyncio.Task[Any]":
    """`other` begun, and waiting for what `uow` holds."""
    task = asyncio.ensure_future(other)
    async with asyncio.timeout(20):
        while not await uow.session.scalar(BLOCKED):
            assert not task.done(), "it waits for nobody"
            await asyncio.sleep(0.02)
    return task


async def test_a_new_rhythm_waits_for_work_that_is_handed_in(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    customer = await _household(phone_of, world, work)

    async def rhythm() -> None:
        async with worker_db.unit(Actor.system("test")) as uow:
            await service.rhythm_changed(uow, customer, 15, 20)

    async with worker_db.unit(Actor.system("test")) as uow:
        (task_id,) = [one.id for one in await queries.fresh_tasks(uow, customer, "visit")]
    async with worker_db.unit(Actor.system("test")) as uow:
        await queries.lock(uow, task_id)
        beside = await _beside(worker_db, uow, rhythm())
        assert (await queries.duties(uow, customer)).keys() == {"contact", "visit"}
    await beside


async def test_tasks_that_follow_new_people_wait_for_a_new_rhythm(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    customer = await _household(phone_of, world, work)

    async def moved() -> None:
        async with worker_db.unit(Actor.system("test")) as uow:
            await service.duties_moved(uow, world.grids["E1"].id)

    async with worker_db.unit(Actor.system("test")) as uow:
        await queries.duties(uow, customer)
        (contact,) = await queries.fresh_tasks(uow, customer, "contact")
        beside = await _beside(worker_db, uow, moved())
        (seen,) = await queries.fresh_tasks(uow, customer, "visit")
        assert seen.id < contact.id
    await beside


async def test_who_hands_a_grid_over_takes_its_customers_in_order(
    phone_of: PhoneOf, world: World, worker_db: Database
) -> None:
    manager = await phone_of("manager")
    # they lie in the other order than their ids
    households = [new_household(world.grids["E1"], f"户{n}") for n in range(2)]
    for one in sorted(households, key=lambda one: str(one["id"]), reverse=True):
        manager.save("customer.create", one)
        await manager.push()
    first, second = sorted(UUID(one["id"]) for one in households)
    grid, after = world.grids["E1"].id, world.staff["manager2"].id
    lock = text("SELECT id FROM customer WHERE id = :id FOR NO KEY UPDATE NOWAIT")

    async def hand_over() -> None:
        async with worker_db.unit(Actor.system("test")) as uow:
            await owners.hand_over(uow, grid, [UUID(manager.staff["id"])], after)

    async with worker_db.unit(Actor.system("test")) as uow:
        await uow.session.execute(lock, {"id": first})
        beside = await _beside(worker_db, uow, hand_over())
        await uow.session.execute(lock, {"id": second})
    await beside
