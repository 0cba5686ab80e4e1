"""The synchronisation over HTTP (CONTRACT.md)."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.params import FromPath, FromQuery, JSONBody, MsgPackBody
from litestar.response import ServerSentEvent, ServerSentEventMessage

from backend.kernel.errors import Problem
from backend.kernel.injected import AskedBy, Db
from backend.sync import looking
from backend.sync import phones as phone_watch
from backend.sync import pull as pulling
from backend.sync import push as pushing
from backend.sync import quarantine as watching
from backend.sync.gate import Gate
from backend.sync.live import Live
from backend.sync.partitions import keys_for
from backend.sync.pull import Pulling
from backend.sync.registry import Registry
from backend.sync.schemas import (
    CustomerRequest,
    PhoneList,
    PullRequest,
    Purpose,
    PushRequest,
    QuarantinedContent,
    QuarantineList,
)

#: bytes; a shorter answer fits one packet as it is, and most pulls bring nothing
WORTH_COMPRESSING = 1200


class SyncController(Controller):
    """Pull, pages, push, live hints."""

    path = "/api/v1/sync"
    tags = ("sync",)

    @post("/pull", media_type=MediaType.MESSAGEPACK, status_code=200, opt={"standing": True})
    async def pull(
        self,
        data: MsgPackBody[PullRequest],
        phone: NamedDependency[Pulling],
        request: Request[Any, Any, State],
    ) -> Response[bytes]:
        """What moved in the partitions that the phone holds or should hold."""
        content = msgspec.msgpack.encode(await pulling.pull(phone, data))
        headers = {"Vary": "Accept-Encoding"}
        if len(content) >= WORTH_COMPRESSING and "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            content = await asyncio.to_thread(gzip.compress, content, 6, mtime=0)
        return Response(content, media_type=MediaType.MESSAGEPACK, headers=headers)

    @get("/pages", media_type="application/octet-stream")
    async def pages(
        self,
        database: Db,
        actor: AskedBy,
        key: FromQuery[str],
        revision: FromQuery[int],
        n: FromQuery[int],
        to: FromQuery[int | None] = None,
    ) -> Response[bytes]:
        """Pages `n` to `to` of a snapshot (one page without `to`), compressed as the phone keeps them, one
        after the other. 410 `page_gone`: pull again."""
        content = await pulling.pages(database, actor, key, revision, n, n if to is None else to)
        if content is None:
            raise Problem("page_gone", 410, "The page is gone", detail="Pull again for a new list of pages.")
        return Response(
            content,
            media_type="application/octet-stream",
            headers={"Cache-Control": "private, no-store", "Content-Encoding": "identity"},
        )

    @post("/push", media_type=MediaType.MESSAGEPACK, status_code=200, opt={"delivery": True, "turns": True})
    async def push(
        self,
        data: MsgPackBody[PushRequest],
        database: Db,
        registry: NamedDependency[Registry],
        gate: NamedDependency[Gate],
        actor: AskedBy,
    ) -> Mapping[str, Any]:
        """Applies commands, each exactly once, and answers with their receipts. 503 `try_again`: too many
        phones at once; nothing has happened."""
        async with gate.turn():
            return await pushing.push(database, registry, actor, data)

    # a post: what for is nobody's but the audit trail's, and whom stands in no server's log
    @post("/customer", media_type=MediaType.MESSAGEPACK, status_code=200)
    async def customer(
        self,
        data: MsgPackBody[CustomerRequest],
        actor: AskedBy,
        database: Db,
        registry: NamedDependency[Registry],
    ) -> Response[bytes]:
        """One customer whole, for heads of the branch, and for head office with a purpose. 403 `not_allowed`,
        `purpose_needed`, 404 `not_found`, 429 `too_many_look_ups`."""
        async with database.unit(actor) as uow:
            content = msgspec.msgpack.encode(await looking.look(uow, registry, data))
        headers = {"Cache-Control": "private, no-store"}
        return Response(content, media_type=MediaType.MESSAGEPACK, headers=headers)

    @get("/events", opt={"access": "session"})
    async def events(self, actor: AskedBy, live: NamedDependency[Live]) -> ServerSentEvent:
        """A stream of hints which partitions moved."""
        books = frozenset(key.book for key in keys_for(actor))

        async def messages() -> AsyncIterator[ServerSentEventMessage]:
            async for message in live.events(books):
                yield ServerSentEventMessage(**message)

        return ServerSentEvent(messages())


class QuarantineController(Controller):
    """What the bank could not apply: for heads and administrators, online. JSON."""

    path = "/api/v1/quarantine"
    tags = ("sync",)

    @get("/")
    async def listing(
        self,
        actor: AskedBy,
        database: Db,
        before: FromQuery[UUID | None] = None,
        limit: FromQuery[int] = 50,
        settled: FromQuery[bool] = False,
    ) -> QuarantineList:
        """A page of commands, newest first, without content. 403 `not_allowed`, 404 `not_found`."""
        async with database.unit(actor) as uow:
            return await watching.listing(uow, before, limit, settled=settled)

    @post("/{command_id:uuid}/content", status_code=200)
    async def content(
        self, command_id: FromPath[UUID], data: JSONBody[Purpose], actor: AskedBy, database: Db
    ) -> QuarantinedContent:
        """What the person had typed; the look goes into the audit trail with its purpose."""
        async with database.unit(actor) as uow:
            return await watching.content(uow, command_id, data.purpose)


class PhoneController(Controller):
    """The bank's phones: for heads and administrators, online. JSON."""

    path = "/api/v1/phones"
    tags = ("sync",)

    @get("/")
    async def listing(
        self,
        actor: AskedBy,
        database: Db,
        of: FromQuery[str | None] = None,
        skip: FromQuery[int] = 0,
        limit: FromQuery[int] = 200,
    ) -> PhoneList:
        """A page of phones, those that need somebody most first; `of` asks for those of one state. 403
        `not_allowed`."""
        async with database.unit(actor) as uow:
            return await phone_watch.listing(uow, of, skip, limit)


router = Router("", route_handlers=[SyncController, QuarantineController, PhoneController])
