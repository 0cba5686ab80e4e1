"""Jobs: exactly once, whoever dies; what keeps failing is parked; the clock strikes once."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from arq.constants import in_progress_key_prefix
from redis.asyncio import Redis
from sqlalchemy import text

from backend.app import worker
from backend.kernel.actor import Actor
from backend.kernel.crypto import Keys
from backend.kernel.jobs import AnyHandler, Handler, Periodic, every
from backend.kernel.relay import Relay
from backend.kernel.runner import MAX_ATTEMPTS, Runner
from backend.kernel.settings import Settings
from backend.kernel.uow import Database, UnitOfWork
from tests.support.clock import MovingClock
from tests.support.world import World


async def _count_up(uow: UnitOfWork, _payload: Mapping[str, Any]) -> None:
    await uow.session.execute(
        text(
            "INSERT INTO server_fact AS f (name, value) VALUES ('test', '1')"
            " ON CONFLICT (name) DO UPDATE SET value = CAST(f.value AS int) + 1"
        )
    )


async def _fail(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    await _count_up(uow, payload)
    await uow.session.flush()
    raise ValueError("no")


def _handlers(run: Any) -> tuple[AnyHandler, ...]:
    return (Handler("test.happened", "test.count", run),)


async def _raised(database: Database, run: Any) -> UUID:
    """One event and its job, handed on."""
    async with database.unit(Actor.system("test")) as uow:
        uow.emit("test.happened", {})
    relay = Relay(database, _handlers(run))
    await relay.expand()
    await relay.expand()
    async with database.unit(Actor.system("test")) as uow:
        found = await uow.session.scalars(text("SELECT id FROM job WHERE handler = 'test.count'"))
        return UUID(str(found.one()))


async def _state(database: Database) -> tuple[str, int, int]:
    """(state of the job, its attempts, how often its effect is there)."""
    async with database.unit(Actor.system("test")) as uow:
        job = (await uow.session.execute(text("SELECT state, attempts FROM job"))).one()
        times = await uow.session.scalar(text("SELECT value FROM server_fact WHERE name = 'test'"))
    return job.state, job.attempts, int(times or 0)


async def test_two_workers_with_the_same_job_have_one_effect(
    world: World, worker_db: Database, settings: Settings, keys: Keys
) -> None:
    job = await _raised(worker_db, _count_up)
    runners = [Runner(worker_db, settings, keys, _handlers(_count_up)) for _ in range(3)]
    done = await asyncio.gather(*(runner.run(job) for runner in runners))
    assert sorted(done) == [False, False, True]
    assert not await runners[0].run(job)
    assert await _state(worker_db) == ("done", 1, 1)


async def test_a_worker_that_lost_its_lease_takes_its_effect_back(
    world: World, worker_db: Database, settings: Settings, keys: Keys, clock: MovingClock
) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
        begun.set()
        await go_on.wait()
        await _count_up(uow, payload)

    job = await _raised(worker_db, slow)
    first = asyncio.create_task(Runner(worker_db, settings, keys, _handlers(slow)).run(job))
    await begun.wait()
    clock.advance(timedelta(seconds=31))
    second = Runner(worker_db, settings, keys, _handlers(_count_up))
    assert await Relay(worker_db, _handlers(slow)).take() == [[job]]
    assert await second.run(job)
    go_on.set()
    assert not await first
    assert await _state(worker_db) == ("done", 2, 1)


async def test_what_keeps_failing_is_parked_without_an_effect(
    world: World, worker_db: Database, settings: Settings, keys: Keys, clock: MovingClock
) -> None:
    job = await _raised(worker_db, _fail)
    runner = Runner(worker_db, settings, keys, _handlers(_fail))
    for _ in range(MAX_ATTEMPTS):
        assert not await runner.run(job)
        assert not await runner.run(job), "it waits before the next attempt"
        clock.advance(timedelta(hours=2))
    assert await _state(worker_db) == ("parked", MAX_ATTEMPTS, 0)
    assert not await Relay(worker_db, _handlers(_fail)).take()


async def test_a_job_that_kills_its_workers_is_parked(
    world: World, worker_db: Database, settings: Settings, keys: Keys, clock: MovingClock
) -> None:
    job = await _raised(worker_db, _count_up)
    async with worker_db.unit(Actor.system("test")) as uow:
        await uow.session.execute(
            text("UPDATE job SET state = 'running', attempts = :n, lease_until = :now"),
            {"n": MAX_ATTEMPTS, "now": uow.now - timedelta(seconds=1)},
        )
    assert not await Runner(worker_db, settings, keys, _handlers(_count_up)).run(job)
    assert await _state(worker_db) == ("parked", MAX_ATTEMPTS + 1, 0)


async def test_the_clock_strikes_once_for_two_relays(
    world: World, worker_db: Database, clock: MovingClock
) -> None:
    relays = [Relay(worker_db, (), (Periodic("test.tick", every(60)),)) for _ in range(2)]
    await relays[0].tick()
    clock.advance(timedelta(seconds=61))
    raised = await asyncio.gather(*(relay.tick() for relay in relays for _ in range(3)))
    assert sum(raised) == 1


async def test_what_a_dead_worker_picked_up_or_valkey_forgot_is_handed_on_again(
    world: World,
    worker_db: Database,
    settings: Settings,
    keys: Keys,
    clock: MovingClock,
    redis: Redis,
) -> None:
    await _raised(worker_db, _count_up)
    relay, arq = Relay(worker_db, _handlers(_count_up)), await worker._connect(settings)
    try:
        await _relay_until(relay, arq, queued=1)
        (picked,) = await redis.zrange(worker.QUEUE, 0, -1)
        await redis.set(in_progress_key_prefix.encode() + picked, b"1")
        clock.advance(timedelta(seconds=46))
        await _relay_until(relay, arq, queued=2)
        await redis.flushall()
        await _relay_until(relay, arq, queued=1)  # at once: no time passes
        runner = Runner(worker_db, settings, keys, _handlers(_count_up))
        running = asyncio.create_task(worker._arq(arq, runner, 2))
        try:
            async with asyncio.timeout(30):
                while (await _state(worker_db))[0] != "done":  # noqa: ASYNC110 - the database tells nobody
                    await asyncio.sleep(0.05)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        assert await _state(worker_db) == ("done", 1, 1)
    finally:
        await arq.aclose()


async def test_the_relay_of_a_new_worker_hands_on_at_once_what_the_dead_one_had(
    world: World, worker_db: Database, settings: Settings, redis: Redis
) -> None:
    await _raised(worker_db, _count_up)
    arq = await worker._connect(settings)
    try:
        dead = Relay(worker_db, _handlers(_count_up))
        await _relay_until(dead, arq, queued=1)
        await redis.zremrangebyrank(worker.QUEUE, 0, -1)  # picked up, not begun
        await dead.take(await worker._queue_life(arq))
        assert await redis.zcard(worker.QUEUE) == 0
        await _relay_until(Relay(worker_db, _handlers(_count_up)), arq, queued=1)
    finally:
        await arq.aclose()


async def test_a_job_whose_claim_failed_is_handed_on_again_at_once(
    world: World, worker_db: Database, settings: Settings, keys: Keys, redis: Redis
) -> None:
    await _raised(worker_db, _count_up)
    relay, arq = Relay(worker_db, _handlers(_count_up)), await worker._connect(settings)
    runner = Runner(worker_db, settings, keys, _handlers(_count_up))
    claim, failed = runner._claim, asyncio.Event()

    async def once_down(*given: Any) -> Any:
        if not failed.is_set():
            failed.set()
            raise ConnectionError("the database is away")
        return await claim(*given)

    runner._claim = once_down  # type: ignore[method-assign,assignment]
    running = asyncio.create_task(worker._arq(arq, runner, 2, relay.hand_again))
    relaying = asyncio.create_task(worker._relay(relay, arq, asyncio.Event()))
    try:
        async with asyncio.timeout(30):
            while (await _state(worker_db))[0] != "done":  # noqa: ASYNC110 - the database tells nobody
                await asyncio.sleep(0.05)
        assert failed.is_set()
        assert await _state(worker_db) == ("done", 1, 1)
    finally:
        for one in (running, relaying):
            one.cancel()
        await asyncio.gather(running, relaying, return_exceptions=True)
        await arq.aclose()


async def test_a_job_that_was_marked_and_did_not_reach_the_queue_is_handed_on_again_at_once(
    world: World, worker_db: Database, settings: Settings, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _raised(worker_db, _count_up)
    relay, arq = Relay(worker_db, _handlers(_count_up)), await worker._connect(settings)
    enqueue, cut, stop = arq.enqueue_job, asyncio.Event(), asyncio.Event()

    async def once_cut(*given: Any, **named: Any) -> Any:
        if not cut.is_set():
            cut.set()
            raise ConnectionError("cut in its words")
        return await enqueue(*given, **named)

    monkeypatch.setattr(arq, "enqueue_job", once_cut)
    relaying = asyncio.create_task(worker._forever("relay", stop, lambda: worker._relay(relay, arq, stop)))
    try:
        async with asyncio.timeout(20):
            while await redis.zcard(worker.QUEUE) != 1:  # noqa: ASYNC110 - Valkey tells nobody
                await asyncio.sleep(0.02)
        assert cut.is_set()
    finally:
        relaying.cancel()
        await asyncio.gather(relaying, return_exceptions=True)
        await arq.aclose()


async def test_a_job_that_failed_with_its_database_is_free_as_soon_as_that_is_back(
    world: World, worker_db: Database, settings: Settings, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await _raised(worker_db, _count_up)
    runner, away = Runner(worker_db, settings, keys, _handlers(_fail)), [2]
    unit = worker_db.unit

    def sometimes(actor: Actor) -> Any:
        if failed and away[0]:
            away[0] -= 1
            raise ConnectionError("the database is away")
        return unit(actor)

    failed: list[bool] = []
    perform = runner._perform

    async def performed(*given: Any) -> None:
        try:
            await perform(*given)
        finally:
            failed.append(True)

    monkeypatch.setattr(runner, "_perform", performed)
    monkeypatch.setattr(worker_db, "unit", sometimes)
    assert not await runner.run(job)
    assert away == [0]
    monkeypatch.undo()
    assert await _state(worker_db) == ("ready", 1, 0)


async def test_a_job_that_ran_into_a_deadlock_runs_again_at_once(
    world: World, worker_db: Database, settings: Settings, keys: Keys
) -> None:
    left = [2]

    async def crossed(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
        await _count_up(uow, payload)
        left[0] -= 1
        if left[0] >= 0:
            raised = "DO $$ BEGIN RAISE EXCEPTION 'crossed' USING ERRCODE = 'deadlock_detected'; END $$"
            await uow.session.execute(text(raised))

    job = await _raised(worker_db, crossed)
    assert await Runner(worker_db, settings, keys, _handlers(crossed)).run(job)
    assert await _state(worker_db) == ("done", 1, 1)


async def test_an_interrupted_job_is_free_at_once(
    world: World, worker_db: Database, settings: Settings, keys: Keys
) -> None:
    begun = asyncio.Event()

    async def slow(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
        await _count_up(uow, payload)
        begun.set()
        await asyncio.Event().wait()

    job = await _raised(worker_db, slow)
    running = asyncio.create_task(Runner(worker_db, settings, keys, _handlers(slow)).run(job))
    await begun.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await Runner(worker_db, settings, keys, _handlers(_count_up)).run(job)
    assert await _state(worker_db) == ("done", 1, 1)


async def test_a_part_that_fails_again_after_running_well_does_not_wait_for_ten_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float] = []
    now = 0.0
    stop = asyncio.Event()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async def once() -> None:
        nonlocal now
        if len(waits) == 3:
            now += 60.0  # it ran for a minute before it failed
        if len(waits) == 5:
            stop.set()
            return
        raise ConnectionError

    monkeypatch.setattr("backend.app.worker.asyncio.sleep", sleep)
    monkeypatch.setattr("backend.app.worker.time.monotonic", lambda: now)
    await worker._forever("part", stop, once)
    assert waits == [0.5, 1.0, 2.0, 0.5, 1.0]


async def _relay_until(relay: Relay, arq: Any, *, queued: int) -> None:
    stop = asyncio.Event()
    relaying = asyncio.create_task(worker._relay(relay, arq, stop))
    try:
        async with asyncio.timeout(15):
            while await arq.zcard(worker.QUEUE) != queued:  # noqa: ASYNC110 - Valkey tells nobody
                await asyncio.sleep(0.02)
    finally:
        stop.set()
        await relaying
