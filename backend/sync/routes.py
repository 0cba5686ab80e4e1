"""The synchronisation over HTTP (CONTRACT.md)."""

from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any

from litestar import Controller, Response, Router, get, post
from litestar.enums import MediaType, RequestEncodingType
from litestar.params import Body, Parameter
from litestar.response import ServerSentEvent, ServerSentEventMessage

from backend.kernel.actor import Actor
from backend.kernel.errors import Problem
from backend.kernel.uow import Database
from backend.sync import pull as pulling
from backend.sync import push as pushing
from backend.sync.live import Live
from backend.sync.partitions import keys_for
from backend.sync.registry import Registry
from backend.sync.schemas import PullRequest, PushRequest

Packed = Body(media_type=RequestEncodingType.MESSAGEPACK)


class SyncController(Controller):
    """Pull, pages, push, live hints."""

    path = "/api/v1/sync"
    tags = ["sync"]  # noqa: RUF012 - litestar reads it as a class attribute

    @post("/pull", media_type=MediaType.MESSAGEPACK, status_code=200)
    async def pull(
        self,
        data: Annotated[PullRequest, Packed],
        database: Database,
        registry: Registry,
        actor: Actor,
    ) -> Mapping[str, Any]:
        """What moved in the partitions that the phone holds or should hold."""
        return await pulling.pull(database, registry, actor, data)

    @get("/pages", media_type="application/octet-stream")
    async def page(
        self,
        database: Database,
        actor: Actor,
        key: Annotated[str, Parameter(max_length=120)],
        revision: Annotated[int, Parameter(ge=0)],
        n: Annotated[int, Parameter(ge=0)],
    ) -> Response[bytes]:
        """One page of a snapshot, compressed as the phone keeps it. 410 `page_gone`: pull again."""
        content = await pulling.page(database, actor, key, revision, n)
        if content is None:
            raise Problem("page_gone", 410, "The page is gone", detail="Pull again for a new list of pages.")
        return Response(
            content,
            media_type="application/octet-stream",
            headers={"Cache-Control": "private, no-store", "Content-Encoding": "identity"},
        )

    @post("/push", media_type=MediaType.MESSAGEPACK, status_code=200)
    async def push(
        self,
        data: Annotated[PushRequest, Packed],
        database: Database,
        registry: Registry,
        actor: Actor,
    ) -> Mapping[str, Any]:
        """Applies commands, each exactly once, and answers with their receipts."""
        return await pushing.push(database, registry, actor, data)

    @get("/events", opt={"access": "session"})
    async def events(self, actor: Actor, live: Live) -> ServerSentEvent:
        """A stream of hints which partitions moved."""
        books = frozenset(key.book for key in keys_for(actor))

        async def messages() -> AsyncIterator[ServerSentEventMessage]:
            async for message in live.events(books):
                yield ServerSentEventMessage(**message)

        return ServerSentEvent(messages())


router = Router("", route_handlers=[SyncController])
