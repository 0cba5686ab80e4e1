"""Live hints: one listener per web process hears what moved and tells the phones that are connected to it."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
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
# what moves for a grid reaches a few phones, what moves for the bank all of them: they must not come at once
A_SECOND = 20
LEAST_SPREAD_MS, MOST_SPREAD_MS = 800, 300_000

# Valkey that has said nothing for so long is asked whether it is there, and given as long to answer
SILENT_SECONDS = 5.0

log = structlog.get_logger("tiange.live")


class Hint(msgspec.Struct, frozen=True):
    """A book moved. `spread_ms`: over so long the phones that hear it should come."""

    book: str
    revision: int
    spread_ms: int


def spread_of(phones: int) -> int:
    """Milliseconds over which so many phones of this process come, `A_SECOND` of them each second."""
    return min(max(LEAST_SPREAD_MS, phones * 1000 // A_SECOND), MOST_SPREAD_MS)


class Live:
    """Fans announcements out to the streams of this process. Nothing depends on them: phones also pull
    by themselves."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        #: what lies in a queue: a hint, or None: something may have been missed
        self._listeners: dict[asyncio.Queue[Hint | None], frozenset[str]] = {}
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

    async def events(self, books: frozenset[str]) -> AsyncGenerator[Mapping[str, Any], None]:
        """Messages for one phone that may hold `books`: `moved` with a Hint, or `ping`; the first `ping`, and
        each after which the phone has to ask for itself what moved, says within how long."""
        queue: asyncio.Queue[Hint | None] = asyncio.Queue(MAX_WAITING)
        self._listeners[queue] = books
        loop = asyncio.get_running_loop()
        end = loop.time() + STREAM_SECONDS
        try:
            yield self._ask()
            while loop.time() < end:
                try:
                    hint = await asyncio.wait_for(queue.get(), PING_SECONDS)
                except TimeoutError:
                    # an event, not a comment: a phone sees by it that the stream still lives
                    yield {"event": "ping", "data": ""}
                    continue
                if hint is None:
                    yield self._ask()
                else:
                    yield {"event": "moved", "data": msgspec.json.encode(hint).decode()}
        finally:
            del self._listeners[queue]

    def _ask(self) -> Mapping[str, Any]:
        spread_ms = spread_of(len(self._listeners))
        return {"event": "ping", "data": msgspec.json.encode({"spread_ms": spread_ms}).decode()}

    def missed(self) -> None:
        """Announcements may have been missed: all phones ask for themselves."""
        for queue in self._listeners:
            with suppress(asyncio.QueueFull):
                queue.put_nowait(None)

    def tell(self, revisions: Mapping[str, int]) -> None:
        """Passes an announcement on to those who may hold the books; a phone that reads too slowly
        misses hints."""
        for book, revision in revisions.items():
            waiting = [queue for queue, books in self._listeners.items() if book in books]
            hint = Hint(book, revision, spread_of(len(waiting)))
            for queue in waiting:
                with suppress(asyncio.QueueFull):
                    queue.put_nowait(hint)

    async def _listen(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as pubsub:
                    await pubsub.subscribe(MOVED_CHANNEL)
                    asked = False
                    while True:
                        message = await pubsub.get_message(timeout=SILENT_SECONDS)
                        if message is None:
                            if asked:
                                raise TimeoutError
                            await pubsub.ping()
                        elif message["type"] == "message":
                            self.tell(msgspec.json.decode(message["data"], type=dict[str, int]))
                        elif message["type"] == "subscribe":
                            self.missed()
                        asked = message is None
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001 - Valkey comes back; phones pull meanwhile
                log.warning("live_lost", error=type(error).__name__)
                await asyncio.sleep(1)
