"""Live hints: one listener per web process hears what moved and tells the phones that are connected to it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any

import msgspec
import structlog
from redis.asyncio import Redis

from backend.kernel.announce import MOVED_CHANNEL

PING_SECONDS = 20.0
MAX_WAITING = 500
# a stream ends after this long, so that a signed-out phone does not listen for ever; browsers connect again
STREAM_SECONDS = 600.0

log = structlog.get_logger("tiange.live")


class Live:
    """Fans announcements out to the streams of this process. Nothing depends on them: phones also pull
    by themselves."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._listeners: dict[asyncio.Queue[tuple[str, int]], frozenset[str]] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begins to listen. Called at start-up of the web process."""
        self._task = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        """Stops listening."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def events(self, books: frozenset[str]) -> AsyncIterator[Mapping[str, Any]]:
        """Messages for one phone that may hold `books`: `moved` with book and revision, or a comment as
        a ping."""
        queue: asyncio.Queue[tuple[str, int]] = asyncio.Queue(MAX_WAITING)
        self._listeners[queue] = books
        loop = asyncio.get_running_loop()
        end = loop.time() + STREAM_SECONDS
        try:
            yield {"comment": "tiange"}
            while loop.time() < end:
                try:
                    book, revision = await asyncio.wait_for(queue.get(), PING_SECONDS)
                except TimeoutError:
                    yield {"comment": "ping"}
                    continue
                data = msgspec.json.encode({"book": book, "revision": revision}).decode()
                yield {"event": "moved", "data": data}
        finally:
            del self._listeners[queue]

    def tell(self, revisions: Mapping[str, int]) -> None:
        """Passes an announcement on to those who may hold the books; a phone that reads too slowly
        misses hints."""
        for queue, books in self._listeners.items():
            for book, revision in revisions.items():
                if book in books:
                    with suppress(asyncio.QueueFull):
                        queue.put_nowait((book, revision))

    async def _listen(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as pubsub:
                    await pubsub.subscribe(MOVED_CHANNEL)
                    while True:
                        message = await pubsub.get_message(
                            ignore_subscribe_messages=True, timeout=PING_SECONDS
                        )
                        if message is not None:
                            self.tell(msgspec.json.decode(message["data"], type=dict[str, int]))
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001 - Valkey comes back; phones pull meanwhile
                log.warning("live_lost", error=type(error).__name__)
                await asyncio.sleep(1)
