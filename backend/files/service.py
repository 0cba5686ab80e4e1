"""Takes files in, once each, and gives them out to those who may see the record they belong to."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from sqlalchemy.dialects.postgresql import insert

from backend.files import errors, pictures, queries, sounds
from backend.files.kept import Kept
from backend.files.models import StoredFile
from backend.files.parts import FULL, Parts
from backend.files.rules import CLASSES, SIGNATURE, SIZES, VOICE, is_hash, place
from backend.files.schemas import Received
from backend.files.store import Store, keep, open_store
from backend.kernel.actor import Actor, Role
from backend.kernel.clock import millis
from backend.kernel.crypto import Keys, SealBroken
from backend.kernel.errors import purpose_needed
from backend.kernel.settings import Settings
from backend.kernel.uow import Database, UnitOfWork

#: waiting longer than this many others is answered with "busy": the phone comes again
QUEUE = 16
#: who looks with a purpose, and whose every look is on record
WITH_PURPOSE = frozenset({Role.hq_business, Role.hq_lead, Role.risk_officer})
ON_RECORD = WITH_PURPOSE | {Role.auditor}

log = structlog.get_logger("tiange.files")


class Darkroom:
    """Where files are re-encoded in threads, a few at a time, and what they are kept in.

    A picture takes up to 200 MB while it is decoded.
    """

    def __init__(self, store: Store, parts: Parts, at_once: int = 2) -> None:
        self.store = store
        self.parts = parts
        self._slots = asyncio.Semaphore(at_once)
        self._waiting = 0

    @classmethod
    def open(cls, settings: Settings, at_once: int = 2) -> "Darkroom":
        """With the store that the settings name."""
        return cls(open_store(settings), Parts(settings.files_dir), at_once)

    async def develop(self, content: bytes, file_class: str) -> Kept:
        """What is kept of a file. Raises Problem `try_again` when too many wait, `not_an_image`, `not_audio`,
        `too_large`.
        """
        if self._waiting >= QUEUE:
            raise errors.busy()
        self._waiting += 1
        try:
            async with self._slots:
                return await asyncio.to_thread(_encoder(file_class), content)
        finally:
            self._waiting -= 1

    async def keep(self, kept: Kept) -> None:
        """Safe in the store when it returns. Raises Problem `try_again` (no room), ConnectionError."""
        try:
            await asyncio.to_thread(keep, self.store, kept)
        except OSError as error:
            if error.errno in FULL:
                raise errors.disk_full() from error
            raise

    async def holds(self, row: StoredFile) -> bool:
        """Whether the store has what the row says."""
        return await asyncio.to_thread(self.store.has, place(row.kept_hash, row.media_type))


def _encoder(file_class: str) -> Callable[[bytes], Kept]:
    if file_class == VOICE:
        return sounds.voice
    return pictures.signature if file_class == SIGNATURE else pictures.photo


@dataclass(frozen=True, slots=True)
class Upload:
    """What a phone sent: sealed bytes, the hash they should have once opened, and what the file is."""

    file_hash: str
    file_class: str
    sealed: bytes


def require_name(file_hash: str, file_class: str) -> None:
    """Raises Problem `malformed`."""
    if not is_hash(file_hash):
        raise errors.malformed("The address must name the SHA-256 of the file in lower-case hex.")
    if file_class not in CLASSES:
        raise errors.malformed(f"The class of a file must be one of {', '.join(sorted(CLASSES))}.")


async def receive(
    database: Database, keys: Keys, darkroom: Darkroom, actor: Actor, upload: Upload
) -> Received:
    """Keeps a file and answers with its receipt; a repetition gets the same one.

    The bytes are safe in the store before their row is written: a row without bytes would be a false receipt,
    bytes without a row are written over by the next try. Raises Problem `malformed`, `seal_broken`,
    `hash_mismatch`, `not_an_image`, `not_audio`, `too_large`, `try_again`.
    """
    require_name(upload.file_hash, upload.file_class)
    content = await asyncio.to_thread(_opened, keys, upload)
    async with database.unit(actor) as uow:
        known = await _known(uow, upload.file_hash)
    if known is not None and await darkroom.holds(known):
        return _received(known)
    # what it was taken for first is what its row says, and what it is kept as
    kept = await darkroom.develop(content, known.file_class if known else upload.file_class)
    await darkroom.keep(kept)
    async with database.unit(actor) as uow:
        return await _record(uow, keys, upload, len(content), kept, lost=known is not None)


async def receipt_of_own(
    database: Database, darkroom: Darkroom, actor: Actor, file_hash: str
) -> Received | None:
    """The receipt of a file that this person sent and the bank has; None otherwise.

    Somebody else's file is not told of: who has its bytes sends them and gets the same receipt.
    """
    async with database.unit(actor) as uow:
        row = await queries.stored(uow, file_hash)
    if row is None or row.uploaded_by != actor.staff_id or not await darkroom.holds(row):
        return None
    return _received(row)


def _opened(keys: Keys, upload: Upload) -> bytes:
    try:
        content = keys.seal.open(upload.sealed, f"file:{upload.file_hash}")
    except SealBroken as error:
        raise errors.seal_broken() from error
    if hashlib.sha256(content).hexdigest() != upload.file_hash:
        raise errors.hash_mismatch()
    return content


async def _known(uow: UnitOfWork, file_hash: str) -> StoredFile | None:
    """The file's row, whoever sent it first: the caller holds the same bytes."""
    async with uow.elevated("the same photo may have come from another phone"):
        return await queries.stored(uow, file_hash)


async def _record(
    uow: UnitOfWork, keys: Keys, upload: Upload, sent_bytes: int, kept: Kept, *, lost: bool
) -> Received:
    """The row and its receipt. `lost`: the store lacks what the row says, and has this in its place now."""
    receipt = keys.receipt("file", upload.file_hash, kept.kept_hash)
    async with uow.elevated("the same photo may come from another phone at this moment"):
        added = await uow.session.scalar(
            insert(StoredFile)
            .values(
                hash=upload.file_hash,
                kept_hash=kept.kept_hash,
                file_class=upload.file_class,
                media_type=kept.media_type,
                sent_bytes=sent_bytes,
                kept_bytes=len(kept.full),
                width=kept.width,
                height=kept.height,
                duration_ms=kept.duration_ms,
                uploaded_by=uow.actor.require_staff(),
                installation_id=uow.actor.installation_id,
                received_at=uow.now,
                receipt=receipt,
            )
            .on_conflict_do_nothing()
            .returning(StoredFile.hash)
        )
        row = await queries.stored(uow, upload.file_hash)
        assert row is not None
        if lost and row.kept_hash != kept.kept_hash:
            # another version of the encoder wrote other bytes of the same file
            row.kept_hash, row.media_type, row.kept_bytes = kept.kept_hash, kept.media_type, len(kept.full)
            row.receipt = receipt
    if added is not None:
        uow.emit("files.received", {"hash": upload.file_hash})
        uow.audit("files.received", "file", upload.file_hash, {"class": upload.file_class})
    return _received(row)


async def look(
    uow: UnitOfWork, darkroom: Darkroom, file_hash: str, size: str, purpose: str | None = None
) -> tuple[str, bytes]:
    """(media type, content) as kept. Raises Problem `not_found`, `malformed`, `purpose_needed`.

    Row security shows a file to who sent it and to those who see a visit that names it. Documents and faces
    are not shown to agents, save those they took. A look at one, and every look of head office and of
    auditors, is in the audit trail; head office says what for.
    """
    if size not in SIZES:
        raise errors.malformed(f"size must be one of {', '.join(SIZES)}.")
    row = await _seen(uow, file_hash, purpose) if is_hash(file_hash) else None
    if row is None:
        raise errors.no_file()
    actor = uow.actor
    if row.file_class == "id" and actor.is_agent and row.uploaded_by != actor.staff_id:
        raise errors.no_file()
    if actor.role in WITH_PURPOSE and purpose is None:
        raise purpose_needed()
    if row.file_class == "id" or actor.role in ON_RECORD:
        told = {"size": size, "class": row.file_class} | ({"purpose": purpose} if purpose else {})
        uow.audit("files.id_viewed" if row.file_class == "id" else "files.viewed", "file", file_hash, told)
    content = await asyncio.to_thread(darkroom.store.get, place(row.kept_hash, row.media_type, size))
    if content is None:
        log.error("file_missing", kept_hash=row.kept_hash)
        raise errors.no_file()
    return row.media_type, content


async def _seen(uow: UnitOfWork, file_hash: str, purpose: str | None) -> StoredFile | None:
    if uow.actor.role is not Role.hq_lead or purpose is None:
        return await queries.stored(uow, file_hash)
    async with uow.overseeing("a look with a purpose, which is noted before anything is answered"):
        return await queries.stored(uow, file_hash)


def _received(row: StoredFile) -> Received:
    return Received(row.hash, row.kept_hash, row.sent_bytes, millis(row.received_at), row.receipt)
