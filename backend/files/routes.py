"""Files over HTTP (CONTRACT.md section 5). Every request is signed by the phone."""

from litestar import Controller, Request, Response, Router, get, patch, post, put
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from backend.files import service, uploads
from backend.files.rules import MOST_CHUNK, SEAL_BYTES
from backend.files.schemas import Look, Received, Standing
from backend.files.service import Darkroom
from backend.files.uploads import Announced
from backend.kernel.actor import Actor
from backend.kernel.injected import AskedBy, Db, ServerKeys, TheSettings


class FileController(Controller):
    """One file, by the hash of its bytes as sent."""

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
        darkroom: NamedDependency[Darkroom],
    ) -> Received:
        """Keeps a file sent whole; idempotent. 413 `too_large`, 422 `not_an_image`, `not_audio`,
        `hash_mismatch`, `seal_broken`."""
        file_class = request.headers.get("tiange-file-class", "")
        upload = service.Upload(file_hash, file_class, await request.body())
        return await service.receive(database, server_keys, darkroom, actor, upload)

    @get("/{file_hash:str}/upload", opt={"delivery": True})
    async def stands(
        self,
        file_hash: FromPath[str],
        actor: AskedBy,
        database: Db,
        settings: TheSettings,
        darkroom: NamedDependency[Darkroom],
        seal: FromQuery[str],
        total: FromQuery[int],
        kind: FromQuery[str],
    ) -> Standing:
        """How many bytes of an upload are here."""
        given = Announced(file_hash, seal, total, kind)
        return await uploads.standing(database, settings, darkroom, actor, given)

    @patch("/{file_hash:str}/upload", opt={"delivery": True}, request_max_body_size=MOST_CHUNK)
    async def add(
        self,
        file_hash: FromPath[str],
        request: Request[Actor, None, State],
        actor: AskedBy,
        database: Db,
        server_keys: ServerKeys,
        settings: TheSettings,
        darkroom: NamedDependency[Darkroom],
        seal: FromQuery[str],
        total: FromQuery[int],
        kind: FromQuery[str],
        offset: FromQuery[int],
    ) -> Standing:
        """Adds a chunk; the last one brings the receipt. 409 `offset_mismatch`, `upload_broken`."""
        given = Announced(file_hash, seal, total, kind)
        return await uploads.add(
            database, server_keys, settings, darkroom, actor, given, offset, await request.body()
        )

    @get("/{file_hash:str}")
    async def look(
        self,
        file_hash: FromPath[str],
        actor: AskedBy,
        database: Db,
        darkroom: NamedDependency[Darkroom],
        size: FromQuery[str] = "full",
    ) -> Response[bytes]:
        """The file as kept. Not stored by the browser: what a phone keeps lies encrypted in its own store."""
        async with database.unit(actor) as uow:
            return _shown(await service.look(uow, darkroom, file_hash, size))

    @post("/{file_hash:str}/look", status_code=200)
    async def look_for(
        self,
        file_hash: FromPath[str],
        data: JSONBody[Look],
        actor: AskedBy,
        database: Db,
        darkroom: NamedDependency[Darkroom],
    ) -> Response[bytes]:
        """The file as kept, for head office: with a purpose, which the audit trail keeps."""
        async with database.unit(actor) as uow:
            return _shown(await service.look(uow, darkroom, file_hash, data.size, data.purpose))


def _shown(found: tuple[str, bytes]) -> Response[bytes]:
    media_type, content = found
    return Response(content, media_type=media_type, headers={"Cache-Control": "private, no-store"})


def router(max_upload_bytes: int) -> Router:
    """The routes, with a limit on what is read of a body; more is refused before it is read."""
    return Router(
        path="/api/v1",
        route_handlers=[FileController],
        request_max_body_size=max_upload_bytes + SEAL_BYTES,
    )
