"""Opens what was sealed: all commands of a push at once, before any transaction begins."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from backend.kernel.crypto import SealBroken, SealKey
from backend.sync.batch import Verdict
from backend.sync.schemas import Command, SealedCommand

UNREADABLE = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError)
#: below that many it is done at once, sooner than a thread begins
FEW = 4

#: what each sealed command holds, by its place in the stream and its id; or what is wrong with it
Opened = Mapping[tuple[int, UUID], Command | Verdict]

_decoder = msgspec.msgpack.Decoder(Command)


async def open_all(key: SealKey, commands: Sequence[SealedCommand]) -> Opened:
    """Never raises for what a command is to blame for. Many are opened in a thread, so that other requests
    go on meanwhile."""
    if len(commands) <= FEW:
        return _opened(key, commands)
    return await asyncio.to_thread(_opened, key, commands)


def content_of(command: Command) -> str:
    """A hash (hex) of what a command says but for its place: it stays when a phone seals it anew."""
    said: tuple[object, ...] = (
        command.id,
        command.type,
        command.version,
        command.at,
        command.offset_minutes,
        command.observed_at,
        command.needs,
        command.replaces,
        command.body,
    )
    if command.heard_at is not None:
        # commands of phones that say nothing of it keep the hash they were recorded with
        said += (command.heard_at, command.reckoned_at)
    return hashlib.sha256(msgspec.msgpack.encode(said)).hexdigest()


def _opened(key: SealKey, commands: Sequence[SealedCommand]) -> Opened:
    secrets: dict[bytes, bytes] = {}
    found: dict[tuple[int, UUID], Command | Verdict] = {}
    for sent in commands:
        place = (sent.seq, sent.id)
        # the same id at the same place with other bytes is refused before anything looks in here
        if place not in found:
            found[place] = _open(key, sent, secrets)
    return found


def _open(key: SealKey, sent: SealedCommand, secrets: dict[bytes, bytes]) -> Command | Verdict:
    try:
        plain = key.open(sent.sealed, f"command:{sent.id}", secrets)
    except SealBroken as error:
        return Verdict("rejected", "malformed", str(error))
    if hashlib.sha256(plain).hexdigest() != sent.hash:
        return Verdict("rejected", "hash_mismatch", "The content does not match its hash.")
    try:
        return _decoder.decode(plain)
    except UNREADABLE as error:
        return Verdict("rejected", "malformed", str(error))
