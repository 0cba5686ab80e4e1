"""Tells the other processes, after a commit, what moved. A hint only: nothing depends on its arrival."""

import asyncio
import time
from collections.abc import Mapping

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from backend.kernel.uow import Announcer

MOVED_CHANNEL = "tiange:moved"
OUTBOX_CHANNEL = "tiange:outbox"
#: there while phones wait for their turn to send
CROWDED = "tiange:crowded"
#: so long after the last one that had to wait
CROWDED_MS = 3_000
_TOLD_EVERY_S = 1.0

log = structlog.get_logger("tiange.announce")


def redis_announcer(redis: "Redis") -> Announcer:
    """Publishes moved partitions (JSON {book: revision}) and a bell for the relay; a dead Valkey fails
    nothing."""

    async def announce(revisions: Mapping[str, int], has_events: bool) -> None:
        try:
            # one round trip for both
            async with redis.pipeline(transaction=False) as both:
                if revisions:
                    both.publish(MOVED_CHANNEL, msgspec.json.encode(dict(revisions)))
                if has_events:
                    both.publish(OUTBOX_CHANNEL, b"1")
                await both.execute()
        except (RedisError, OSError) as error:
            log.warning("announce_failed", error=type(error).__name__)

    return announce


class Crowd:
    """Tells the workers that phones wait for their turn, so that what can wait stands back meanwhile."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._told_at = -_TOLD_EVERY_S
        self._telling: asyncio.Task[None] | None = None

    def tell(self) -> None:
        """A phone has to wait. Returns at once; a dead Valkey fails nothing."""
        if time.monotonic() - self._told_at >= _TOLD_EVERY_S:
            self._told_at = time.monotonic()
            self._telling = asyncio.create_task(self._tell())

    async def _tell(self) -> None:
        try:
            await self._redis.set(CROWDED, 1, px=CROWDED_MS)
        except (RedisError, OSError) as error:
            log.warning("announce_failed", error=type(error).__name__)
