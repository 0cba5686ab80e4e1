"""Jobs in sets, and what stands back while many phones send."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from redis.asyncio import Redis
from sqlalchemy import text

from backend.app import worker
from backend.kernel.actor import Actor
from backend.kernel.announce import CROWDED, Crowd
from backend.kernel.crypto import Keys
from backend.kernel.jobs import AnyHandler, Handler
from backend.kernel.relay import PATIENCE, Relay
from backend.kernel.runner import Runner
from backend.kernel.settings import Settings
from backend.kernel.uow import Database, UnitOfWork
from tests.support.clock import MovingClock
from tests.support.world import World

ADD = text(
    "INSERT INTO server_fact AS f (name, value) VALUES (:name, '1')"
    " ON CONFLICT (name) DO UPDATE SET value = CAST(f.value AS int) + 1"
)


class Counting:
    """A handler that counts, per name in the payload, how often it took effect; `bad` ones raise."""

    def __init__(self, *bad: str) -> None:
        self.bad = set(bad)
        self.sets: list[int] = []

    async def run(self, uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
        await uow.session.execute(ADD, {"name": payload["name"]})
        if payload["name"] in self.bad:
            raise ValueError(payload["name"])

    async def together(self, uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
        self.sets.append(len(payloads))
        for payload in payloads:
            await self.run(uow, payload)

    @property
    def handlers(self) -> tuple[AnyHandler, ...]:
        patient = Handler(
            "test.many", "test.count", self.run, together=self.together, at_once=3, patient=True
        )
        return (patient, Handler("test.urgent", "test.now", self.run))


async def _raise(database: Database, *names: str, event: str = "test.many") -> None:
    async with database.unit(Actor.system("test")) as uow:
        for name in names:
            uow.emit(event, {"name": name})


async def _effects(database: Database) -> dict[str, int]:
    async with database.unit(Actor.system("test")) as uow:
        rows = await uow.session.execute(text("SELECT name, value FROM server_fact WHERE name LIKE 'n%'"))
        return {row.name: int(row.value) for row in rows}


async def _states(database: Database) -> dict[str, tuple[str, int]]:
    async with database.unit(Actor.system("test")) as uow:
        rows = await uow.session.execute(text("SELECT payload->>'name' AS n, state, attempts FROM job"))
        return {row.n: (row.state, row.attempts) for row in rows}


async def test_jobs_of_one_handler_run_together_once(
    world: World, worker_db: Database, settings: Settings, keys: Keys
) -> None:
    counting = Counting()
    await _raise(worker_db, "n1", "n2", "n3", "n4")
    await _raise(worker_db, "n5", event="test.urgent")
    relay = Relay(worker_db, counting.handlers)
    await relay.expand()
    sets = await relay.take()
    assert sorted(map(len, sets)) == [1, 1, 3]
    runners = [Runner(worker_db, settings, keys, counting.handlers) for _ in range(3)]
    done = await asyncio.gather(*(one.run_all(ids) for one in runners for ids in sets))
    assert sum(done) >= 5
    assert await _effects(worker_db) == {f"n{number}": 1 for number in range(1, 6)}
    assert {state for state, _ in (await _states(worker_db)).values()} == {"done"}
    assert not await relay.take()
    assert 3 in counting.sets


async def test_one_that_fails_does_not_hold_up_those_beside_it(
    world: World, worker_db: Database, settings: Settings, keys: Keys, clock: MovingClock
) -> None:
    counting = Counting("n2")
    await _raise(worker_db, "n1", "n2", "n3")
    relay = Relay(worker_db, counting.handlers)
    runner = Runner(worker_db, settings, keys, counting.handlers)
    await relay.expand()
    (ids,) = await relay.take()
    assert await runner.run_all(ids) == 2
    assert await _effects(worker_db) == {"n1": 1, "n3": 1}
    assert await _states(worker_db) == {"n1": ("done", 1), "n2": ("ready", 1), "n3": ("done", 1)}
    # from then on it is alone, whatever else waits
    clock.advance(timedelta(minutes=1))
    counting.bad.clear()
    await _raise(worker_db, "n6", "n7")
    await relay.expand()
    sets = await relay.take()
    assert sorted(map(len, sets)) == [1, 2]
    for some in sets:
        await runner.run_all(some)
    assert await _effects(worker_db) == {"n1": 1, "n2": 1, "n3": 1, "n6": 1, "n7": 1}


async def test_a_set_that_was_interrupted_is_free_at_once(
    world: World, worker_db: Database, settings: Settings, keys: Keys
) -> None:
    begun = asyncio.Event()

    async def hangs(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
        begun.set()
        await asyncio.Event().wait()

    counting = Counting()
    stuck = (Handler("test.many", "test.count", counting.run, together=hangs, at_once=3),)
    await _raise(worker_db, "n1", "n2")
    relay = Relay(worker_db, stuck)
    await relay.expand()
    (ids,) = await relay.take()
    running = asyncio.create_task(Runner(worker_db, settings, keys, stuck).run_all(ids))
    await begun.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await _states(worker_db) == {"n1": ("ready", 0), "n2": ("ready", 0)}
    assert await Runner(worker_db, settings, keys, counting.handlers).run_all(ids) == 2
    assert await _effects(worker_db) == {"n1": 1, "n2": 1}


async def test_while_phones_wait_what_is_patient_stands_back_but_not_for_ever(
    world: World, worker_db: Database, clock: MovingClock
) -> None:
    counting = Counting()
    relay = Relay(worker_db, counting.handlers)
    await _raise(worker_db, "n1")
    await relay.expand()  # a job already when the crowd comes
    await _raise(worker_db, "n2")
    await _raise(worker_db, "n3", event="test.urgent")
    assert await relay.expand(crowded=True) == 1
    assert await _names(worker_db, await relay.take(crowded=True)) == {"n3"}
    clock.advance(PATIENCE / 2)
    assert await relay.expand(crowded=True) == 0
    assert await _names(worker_db, await relay.take(crowded=True)) <= {"n3"}
    clock.advance(PATIENCE / 2)
    assert await relay.expand(crowded=True) == 1
    assert {"n1", "n2"} <= await _names(worker_db, await relay.take(crowded=True))


async def test_without_a_crowd_nothing_stands_back(world: World, worker_db: Database) -> None:
    counting = Counting()
    relay = Relay(worker_db, counting.handlers)
    await _raise(worker_db, "n1")
    await relay.expand()
    assert await _names(worker_db, await relay.take()) == {"n1"}


async def test_the_worker_hears_of_the_crowd(
    world: World, worker_db: Database, settings: Settings, redis: Redis
) -> None:
    counting = Counting()
    await _raise(worker_db, "n1")
    await _raise(worker_db, "n3", event="test.urgent")
    crowd = Crowd(redis)
    crowd.tell()
    crowd.tell()
    async with asyncio.timeout(30):
        while not await redis.exists(CROWDED):  # noqa: ASYNC110 - Valkey tells nobody
            await asyncio.sleep(0.01)
    await redis.persist(CROWDED)
    arq = await worker._connect(settings)
    relaying = asyncio.create_task(worker._relay(Relay(worker_db, counting.handlers), arq, asyncio.Event()))
    try:
        async with asyncio.timeout(60):
            while "n3" not in await _states(worker_db):  # noqa: ASYNC110 - the database tells nobody
                await asyncio.sleep(0.05)
            assert "n1" not in await _states(worker_db)
            await redis.delete(CROWDED)
            while "n1" not in await _states(worker_db):  # noqa: ASYNC110 - the database tells nobody
                await asyncio.sleep(0.05)
    finally:
        relaying.cancel()
        await asyncio.gather(relaying, return_exceptions=True)
        await arq.aclose()


async def _names(database: Database, sets: list[list[UUID]]) -> set[str]:
    ids = [one for ids in sets for one in ids]
    async with database.unit(Actor.system("test")) as uow:
        rows = await uow.session.execute(
            text("SELECT payload->>'name' AS n FROM job WHERE id = ANY(:ids)"), {"ids": ids}
        )
        return {row.n for row in rows}
