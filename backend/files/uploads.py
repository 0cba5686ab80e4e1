"""Uploads in chunks (CONTRACT.md section 5): cut anywhere, they go on where they stopped."""

import asyncio
import hashlib
from dataclasses import dataclass

from backend.files import errors
from backend.files.parts import Part
from backend.files.rules import MOST_CHUNK, SEAL_BYTES, is_hash
from backend.files.schemas import Standing
from backend.files.service import Darkroom, Upload, receipt_of_own, receive, require_name
from backend.kernel.actor import Actor
from backend.kernel.crypto import Keys
from backend.kernel.errors import Problem
from backend.kernel.settings import Settings
from backend.kernel.uow import Database


@dataclass(frozen=True, slots=True)
class Announced:
    """What a phone says of an upload: the file, the SHA-256 and the length of its sealed bytes, the class."""

    file_hash: str
    seal: str
    bytes: int
    file_class: str


def _part(settings: Settings, actor: Actor, given: Announced) -> Part:
    """Raises Problem `malformed`, `too_large`."""
    require_name(given.file_hash, given.file_class)
    if not is_hash(given.seal):
        raise errors.malformed("`seal` must be the SHA-256 of the sealed bytes in lower-case hex.")
    if given.bytes < 1:
        raise errors.malformed("`bytes` must be the length of the sealed file.")
    if given.bytes > settings.max_upload_bytes + SEAL_BYTES:
        raise errors.too_large(settings.max_upload_bytes)
    assert actor.installation_id is not None
    return Part(actor.installation_id, actor.require_staff(), given.file_hash, given.seal, given.bytes)


async def standing(
    database: Database, settings: Settings, darkroom: Darkroom, actor: Actor, given: Announced
) -> Standing:
    """How far an upload has come. Raises Problem `malformed`, `too_large`."""
    part = _part(settings, actor, given)
    received = await receipt_of_own(database, darkroom, actor, given.file_hash)
    if received is not None:
        return Standing(part.bytes, received)
    return Standing(await asyncio.to_thread(darkroom.parts.stands, part))


async def add(
    database: Database,
    keys: Keys,
    settings: Settings,
    darkroom: Darkroom,
    actor: Actor,
    given: Announced,
    offset: int,
    chunk: bytes,
) -> Standing:
    """Adds a chunk; with the last one the file is received.

    An empty chunk at the end asks for the receipt of what is here whole. Raises Problem as `receive` does,
    and `offset_mismatch`, `upload_broken`.
    """
    part = _part(settings, actor, given)
    if offset < 0 or len(chunk) > MOST_CHUNK or (not chunk and offset != part.bytes):
        raise errors.malformed(f"A chunk has 1 to {MOST_CHUNK} bytes and begins at 0 or later.")
    received = await receipt_of_own(database, darkroom, actor, given.file_hash)
    if received is not None:
        return Standing(part.bytes, received)
    now = database.clock.now()
    here = await asyncio.to_thread(darkroom.parts.add, part, offset, chunk, now)
    if here < part.bytes:
        return Standing(here)
    return await _finish(database, keys, darkroom, actor, given, part)


async def _finish(
    database: Database, keys: Keys, darkroom: Darkroom, actor: Actor, given: Announced, part: Part
) -> Standing:
    """Dropped are the bytes that became a file, and those that never can; not those that may next time."""
    try:
        sealed = await asyncio.to_thread(darkroom.parts.whole, part)
    except FileNotFoundError:
        # a repetition of the last chunk was quicker
        received = await receipt_of_own(database, darkroom, actor, given.file_hash)
        if received is None:
            raise errors.offset_mismatch(0) from None
        return Standing(part.bytes, received)
    try:
        if hashlib.sha256(sealed).hexdigest() != given.seal:
            raise errors.upload_broken()
        upload = Upload(given.file_hash, given.file_class, sealed)
        received = await receive(database, keys, darkroom, actor, upload)
    except Problem as problem:
        if problem.status < 500:
            await asyncio.to_thread(darkroom.parts.drop, part)
        raise
    await asyncio.to_thread(darkroom.parts.drop, part)
    return Standing(part.bytes, received)
