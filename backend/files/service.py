"""Takes photos in, once each, and gives them out to those who may see the record they belong to."""

import asyncio
import hashlib
from dataclasses import dataclass

import structlog
from sqlalchemy.dialects.postgresql import insert

from backend.files import errors, queries, store
from backend.files.models import StoredFile
from backend.files.pictures import Picture, reencode
from backend.files.rules import CLASSES, SIZES, is_hash
from backend.files.schemas import Received
from backend.kernel.actor import Actor
from backend.kernel.clock import millis
from backend.kernel.crypto import Keys, SealBroken
from backend.kernel.settings import Settings
from backend.kernel.uow import Database, UnitOfWork

#: waiting longer than this many others is answered with "busy": the phone comes again
QUEUE = 16

log = structlog.get_logger("tiange.files")


class Darkroom:
    """Re-encodes pictures in threads, a few at a time: each takes up to 200 MB while it is decoded."""

    def __init__(self, at_once: int = 2) -> None:
        self._slots = asyncio.Semaphore(at_once)
        self._waiting = 0

    async def develop(self, content: bytes) -> Picture:
        """See `reencode`. Raises Problem `try_again` when too many wait."""
        if self._waiting >= QUEUE:
            raise errors.busy()
        self._waiting += 1
        try:
            async with self._slots:
                return await asyncio.to_thread(reencode, content)
        finally:
            self._waiting -= 1


@dataclass(frozen=True, slots=True)
class Upload:
    """What a phone sent: sealed bytes, the hash they should have once opened, and what the photo shows."""

    file_hash: str
    file_class: str
    sealed: bytes


async def receive(
    database: Database, keys: Keys, settings: Settings, darkroom: Darkroom, actor: Actor, upload: Upload
) -> Received:
    """Keeps a photo and answers with its receipt; a repetition gets the same one.

    The bytes are on the disk before their row is written: a row without bytes would be a false receipt, bytes
    without a row are written over by the next try. Raises Problem `malformed`, `seal_broken`,
    `hash_mismatch`,
    `not_an_image`, `too_large`, `try_again`.
    """
    if not is_hash(upload.file_hash):
        raise errors.malformed("The address must name the SHA-256 of the photo in lower-case hex.")
    if upload.file_class not in CLASSES:
        raise errors.malformed(f"Tiange-File-Class must be one of {', '.join(sorted(CLASSES))}.")
    content = await asyncio.to_thread(_opened, keys, upload)
    async with database.unit(actor) as uow:
        known = await _known(uow, upload.file_hash)
    if known is not None and store.read(settings.files_dir, known.kept_hash, "full") is not None:
        return _received(known)
    picture = await darkroom.develop(content)
    await asyncio.to_thread(store.keep, settings.files_dir, picture)
    async with database.unit(actor) as uow:
        return await _record(uow, keys, upload, len(content), picture)


def _opened(keys: Keys, upload: Upload) -> bytes:
    try:
        content = keys.seal.open(upload.sealed, f"file:{upload.file_hash}")
    except SealBroken as error:
        raise errors.seal_broken() from error
    if hashlib.sha256(content).hexdigest() != upload.file_hash:
        raise errors.hash_mismatch()
    return content


async def _known(uow: UnitOfWork, file_hash: str) -> StoredFile | None:
    """The photo's row, whoever sent it first: the caller holds the same bytes."""
    async with uow.elevated("the same photo may have come from another phone"):
        return await queries.stored(uow, file_hash)


async def _record(uow: UnitOfWork, keys: Keys, upload: Upload, sent_bytes: int, picture: Picture) -> Received:
    async with uow.elevated("the same photo may come from another phone at this moment"):
        added = await uow.session.scalar(
            insert(StoredFile)
            .values(
                hash=upload.file_hash,
                kept_hash=picture.kept_hash,
                file_class=upload.file_class,
                sent_bytes=sent_bytes,
                kept_bytes=len(picture.full),
                width=picture.width,
                height=picture.height,
                uploaded_by=uow.actor.require_staff(),
                installation_id=uow.actor.installation_id,
                received_at=uow.now,
                receipt=keys.receipt("file", upload.file_hash, picture.kept_hash),
            )
            .on_conflict_do_nothing()
            .returning(StoredFile.hash)
        )
        row = await queries.stored(uow, upload.file_hash)
    assert row is not None
    if added is not None:
        uow.emit("files.received", {"hash": upload.file_hash})
        uow.audit("files.received", "file", upload.file_hash, {"class": upload.file_class})
    return _received(row)


async def look(uow: UnitOfWork, settings: Settings, file_hash: str, size: str) -> bytes:
    """The kept JPEG. Raises Problem `not_found`, `malformed`.

    Row security shows a photo to who sent it and to those who see a visit that names it. Documents and faces
    are not shown to agents, save those they took, and each look at one is in the audit trail.
    """
    if size not in SIZES:
        raise errors.malformed(f"size must be one of {', '.join(SIZES)}.")
    row = await queries.stored(uow, file_hash) if is_hash(file_hash) else None
    if row is None:
        raise errors.no_file()
    if row.file_class == "id":
        if uow.actor.is_agent and row.uploaded_by != uow.actor.staff_id:
            raise errors.no_file()
        uow.audit("files.id_viewed", "file", file_hash, {"size": size})
    content = await asyncio.to_thread(store.read, settings.files_dir, row.kept_hash, size)
    if content is None:
        log.error("file_missing", kept_hash=row.kept_hash)
        raise errors.no_file()
    return content


def _received(row: StoredFile) -> Received:
    return Received(row.hash, row.kept_hash, row.sent_bytes, millis(row.received_at), row.receipt)
