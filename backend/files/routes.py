"""Photos over HTTP (CONTRACT.md section 5). Every request is signed by the phone."""

from litestar import Controller, Request, Response, Router, get, put
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from backend.files import service
from backend.files.schemas import Received
from backend.files.service import Darkroom
from backend.kernel.actor import Actor
from backend.kernel.injected import AskedBy, Db, ServerKeys, TheSettings

#: a seal adds 90 bytes and a tag of 16
SEAL_BYTES = 256


class FileController(Controller):
    """One photo, by the hash of its bytes as sent."""

    path = "/files"
    tags = ("files",)

    @put("/{file_hash:str}", status_code=200, opt={"delivery": True})
    async def receive(
        self,
        file_hash: FromPath[str],
        request: Request[Actor, None, State],
        actor: AskedBy,
        database: Db,
        server_keys: ServerKeys,
        settings: TheSettings,
        darkroom: NamedDependency[Darkroom],
    ) -> Received:
        """Keeps a photo; idempotent. 413 `too_large`, 422 `not_an_image`, `hash_mismatch`, `seal_broken`."""
        file_class = request.headers.get("tiange-file-class", "")
        upload = service.Upload(file_hash, file_class, await request.body())
        return await service.receive(database, server_keys, settings, darkroom, actor, upload)

    @get("/{file_hash:str}")
    async def look(
        self,
        file_hash: FromPath[str],
        actor: AskedBy,
        database: Db,
        settings: TheSettings,
        size: FromQuery[str] = "full",
    ) -> Response[bytes]:
        """The kept JPEG. Not stored by the browser: what a phone keeps lies encrypted in its own store."""
        async with database.unit(actor) as uow:
            content = await service.look(uow, settings, file_hash, size)
        return Response(
            content,
            media_type="image/jpeg",
            headers={"Cache-Control": "private, no-store"},
        )


def router(max_upload_bytes: int) -> Router:
    """The routes, with a limit on what is read of a body; more is refused before it is read."""
    return Router(
        path="/api/v1",
        route_handlers=[FileController],
        request_max_body_size=max_upload_bytes + SEAL_BYTES,
    )
