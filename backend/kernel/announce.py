"""Tells the other processes, after a commit, what moved. A hint only: nothing depends on its arrival."""

from collections.abc import Mapping

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from backend.kernel.uow import Announcer

MOVED_CHANNEL = "tiange:moved"
OUTBOX_CHANNEL = "tiange:outbox"

log = structlog.get_logger("tiange.announce")


def redis_announcer(redis: "Redis") -> Announcer:
    """Publishes moved partitions (JSON {book: revision}) and a bell for the relay; a dead Valkey fails
    nothing."""

    async def announce(revisions: Mapping[str, int], has_events: bool) -> None:
        try:
            if revisions:
                await redis.publish(MOVED_CHANNEL, msgspec.json.encode(dict(revisions)))
            if has_events:
                await redis.publish(OUTBOX_CHANNEL, b"1")
        except (RedisError, OSError) as error:
            log.warning("announce_failed", error=type(error).__name__)

    return announce
