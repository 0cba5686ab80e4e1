"""The worker process: relays events to arq, raises schedules, runs jobs.

arq is only the bell: a job's truth is its row (kernel/jobs). Kept behind this file because arq is in
maintenance only.
"""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, cast
from uuid import UUID

import msgspec
import structlog
from arq import Worker, create_pool
from arq.connections import ArqRedis, RedisSettings
from arq.worker import func

from backend.app.life import require_known_life
from backend.app.wiring import HANDLERS, PERIODIC
from backend.audit.api import write_audit
from backend.kernel.announce import CROWDED, OUTBOX_CHANNEL, redis_announcer
from backend.kernel.clock import Clock
from backend.kernel.crypto import Keys
from backend.kernel.ids import uuid7
from backend.kernel.logs import configure_logs
from backend.kernel.relay import AT_ONCE, Relay
from backend.kernel.runner import Runner
from backend.kernel.settings import Settings
from backend.kernel.uow import Database

QUEUE = "tiange:jobs"
POLL_SECONDS = 1.0
#: a Valkey that has not answered for as long is asked anew on another connection
SILENT_SECONDS = 5.0
#: what comes within so long goes on together
GATHER_SECONDS = 0.1
#: lies in Valkey as long as the queue does
QUEUE_LIFE = "tiange:jobs:life"
SWEEP_EVERY = 3600
#: a part that ran so long has got over what made it fail
STEADY_SECONDS = 5.0
NICE = 10
#: sets of jobs: few, so that hardly anything is under way when many phones begin to send
MOST_QUEUED = 16

log = structlog.get_logger("tiange.worker")

# arq also encodes what it says of a job that was interrupted, an exception
_encode = msgspec.msgpack.Encoder(enc_hook=repr).encode


def main(settings: Settings) -> None:
    """Runs until SIGTERM or SIGINT; running jobs are given a moment, then their leases run out."""
    configure_logs(settings)
    # where it shares a machine with the web server, people wait for that one's answers
    os.nice(NICE)
    asyncio.run(run(settings))


async def run(settings: Settings) -> None:
    """One worker with its relay."""
    clock = Clock(settings.timezone, settings.clock_file)
    keys = Keys.load(settings.keys_dir)
    redis = await _connect(settings)
    database = Database.open(
        settings.database_url_worker,
        clock,
        keys=keys,
        demo_mode=settings.demo_mode,
        write_audit=write_audit,
        announce=redis_announcer(redis),
        application="tiange-worker",
    )
    await require_known_life(database, settings)
    runner = Runner(database, settings, keys, HANDLERS)
    relay = Relay(database, HANDLERS, PERIODIC)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, stop.set)
    slots = settings.worker_concurrency
    tasks = [
        asyncio.create_task(_forever("relay", stop, lambda: _relay(relay, redis, stop))),
        asyncio.create_task(_forever("arq", stop, lambda: _arq(redis, runner, slots, relay.hand_again))),
        asyncio.create_task(_forever("sweep", stop, lambda: _sweep(relay))),
    ]
    log.info("worker_started")
    await stop.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await database.close()
    await redis.aclose()
    log.info("worker_stopped")


async def _connect(settings: Settings) -> ArqRedis:
    """A pool that speaks msgspec's MessagePack instead of pickle."""
    pool = await create_pool(
        RedisSettings.from_dsn(settings.redis_url),
        job_serializer=_encode,
        job_deserializer=msgspec.msgpack.decode,
        default_queue_name=QUEUE,
    )
    # arq's settings have none: without it a link that is open and says nothing holds the relay for a minute
    pool.connection_pool.connection_kwargs["socket_timeout"] = SILENT_SECONDS
    await pool.connection_pool.disconnect()
    return pool


async def _forever(name: str, stop: asyncio.Event, once: Callable[[], Awaitable[None]]) -> None:
    """Keeps a part running through the loss of PostgreSQL or Valkey, which both come back."""
    delay = 0.5
    while not stop.is_set():
        began = time.monotonic()
        try:
            await once()
            delay = 0.5
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it was, the part must run again
            if time.monotonic() - began > STEADY_SECONDS:
                delay = 0.5
            log.warning("worker_part_failed", part=name, error=type(error).__name__, again_in=delay)
            await asyncio.sleep(delay)
            delay = min(delay * 2, 10.0)


async def _relay(relay: Relay, redis: ArqRedis, stop: asyncio.Event) -> None:
    # begun again after a failure: what it had marked as handed on may not have reached the queue
    relay.hand_again()
    bell = asyncio.Event()
    listener = asyncio.create_task(_listen(redis, bell))
    ticked = -POLL_SECONDS
    try:
        while not stop.is_set():
            if time.monotonic() - ticked >= POLL_SECONDS:
                ticked = time.monotonic()
                await relay.tick()
            crowded = bool(await redis.exists(CROWDED))
            expanded, handed = await relay.expand(crowded=crowded), 0
            # what lies in a long queue is not handed on once more; the row's lease keeps repeats apart
            if await redis.zcard(QUEUE) < MOST_QUEUED:
                for job_ids in await relay.take(await _queue_life(redis), crowded=crowded):
                    # a new id each time: under a used one arq would take this for a repeat, and what a dead
                    # worker had picked up but not begun would wait for as long as a job may take
                    await redis.enqueue_job("run_job", [str(one) for one in job_ids], _job_id=str(uuid7()))
                    handed += len(job_ids)
            if crowded:
                # each commit rings; what may go on now goes at the poll
                await asyncio.sleep(POLL_SECONDS)
            elif max(expanded, handed) < AT_ONCE:
                with suppress(TimeoutError):
                    await asyncio.wait_for(bell.wait(), POLL_SECONDS)
                await asyncio.sleep(GATHER_SECONDS)
            bell.clear()
    finally:
        listener.cancel()
        await asyncio.gather(listener, return_exceptions=True)


async def _queue_life(redis: ArqRedis) -> str:
    """Another name once the queue may have lost something: Valkey was emptied, or started again."""
    await redis.set(QUEUE_LIFE, str(uuid7()), nx=True)
    mark = await redis.get(QUEUE_LIFE)
    server = await redis.info("server")
    return f"{(mark or b'').decode()}/{server.get('run_id', '')}"


async def _listen(redis: ArqRedis, bell: asyncio.Event) -> None:
    """Wakes the relay at each commit that wrote events; without it the poll does."""
    while True:
        try:
            async with redis.pubsub() as pubsub:
                await pubsub.subscribe(OUTBOX_CHANNEL)
                async for message in pubsub.listen():
                    if message["type"] == "message":
                        bell.set()
        except asyncio.CancelledError:
            raise
        except Exception:  # noqa: BLE001 - the bell is a convenience; polling goes on
            await asyncio.sleep(1)


async def _arq(
    redis: ArqRedis, runner: Runner, concurrency: int, lost: Callable[[], None] = lambda: None
) -> None:
    """Runs jobs as arq brings them. `lost` hears where one was brought and could not even be begun."""

    async def run_job(_ctx: dict[Any, Any], job_ids: list[str]) -> None:
        try:
            await runner.run_all([UUID(one) for one in job_ids])
        except BaseException:
            lost()
            raise

    worker = Worker(
        functions=[func(cast(Any, run_job), name="run_job", keep_result=0, max_tries=1)],
        redis_pool=redis,
        queue_name=QUEUE,
        max_jobs=concurrency,
        poll_delay=0.05,
        handle_signals=False,
        health_check_interval=60,
        job_timeout=3600,
        job_serializer=_encode,
        job_deserializer=msgspec.msgpack.decode,
    )
    try:
        await worker.async_run()
    finally:
        lost()
        for task in worker.tasks.values():
            task.cancel()
        await asyncio.gather(*worker.tasks.values(), return_exceptions=True)


async def _sweep(relay: Relay) -> None:
    await asyncio.sleep(SWEEP_EVERY)
    await relay.sweep()
