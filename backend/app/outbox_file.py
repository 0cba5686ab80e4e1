"""An outbox that a phone exported (CONTRACT.md, "Exported outbox"), read and fed through the normal push."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from backend.files.service import Darkroom, Upload, receive
from backend.kernel.actor import Actor, Role
from backend.kernel.clock import millis
from backend.kernel.crypto import Keys, SealBroken, seal_to
from backend.kernel.errors import Problem
from backend.kernel.ids import uuid7
from backend.kernel.settings import Settings
from backend.kernel.uow import Database
from backend.sync.push import push
from backend.sync.registry import Registry
from backend.sync.schemas import Command, Hash, PushRequest, SealedCommand

MAGIC = b"TIANGE-OUTBOX-1\n"
#: as many as a phone sends at a time
BATCH = 200

# The person of a phone with the scope that a sign-in would give today.
_OWNER = text(
    "SELECT s.id, s.name, s.role, s.unit_id, s.branch_id, s.active, d.revoked_at, d.label,"
    " ARRAY(SELECT a.grid_id FROM grid_assignment a WHERE a.staff_id = s.id AND a.from_on <= :today"
    " AND (a.to_on IS NULL OR a.to_on > :today) ORDER BY a.grid_id) AS grid_ids"
    " FROM device d JOIN staff s ON s.id = d.staff_id WHERE d.installation_id = :installation"
)


class NotAnOutbox(ValueError):
    """The file is no exported outbox, or was cut or changed on its way. The text says what is wrong."""


class FileCommand(msgspec.Struct, frozen=True):
    """A command as it waited: `stream` is the installation that gave it its place."""

    stream: UUID
    id: UUID
    seq: Annotated[int, msgspec.Meta(ge=1)]
    hash: Hash
    sealed: bytes


class FilePhoto(msgspec.Struct, frozen=True, rename={"file_class": "class"}):
    """A photo that was not sent yet, and the command that names it."""

    hash: Hash
    file_class: str
    command: UUID
    sealed: bytes


class OutboxFile(msgspec.Struct, frozen=True):
    """What the phone wrote. `made_at`: ms by the phone's clock; `clock_ahead_ms`: how far it ran ahead."""

    format: int
    installation: UUID
    commands: list[FileCommand]
    files: list[FilePhoto]
    made_at: int = 0
    epoch: str | None = None
    app: str = ""
    clock_ahead_ms: int | None = None


@dataclass
class Loaded:
    """What became of the file. `receipts`: the bank's answers; `photos`: hash and, if refused, why."""

    owners: dict[UUID, str] = field(default_factory=dict)
    receipts: list[dict[str, Any]] = field(default_factory=list)
    photos: list[tuple[str, str | None]] = field(default_factory=list)
    unknown: dict[UUID, int] = field(default_factory=dict)


def read_outbox(path: Path) -> OutboxFile:
    """The content of an exported file. Raises NotAnOutbox, OSError."""
    content = path.read_bytes()
    if not content.startswith(MAGIC):
        raise NotAnOutbox("The file does not begin as an outbox that a phone exported.")
    try:
        found = msgspec.msgpack.decode(content[len(MAGIC) :], type=OutboxFile)
    except (msgspec.MsgspecError, ValueError) as error:
        raise NotAnOutbox(f"The file was cut or changed: {error}.") from error
    if found.format != 1:
        raise NotAnOutbox(f"Format {found.format} is not known to this version; update first.")
    return found


async def load_outbox(
    database: Database, registry: Registry, keys: Keys, settings: Settings, found: OutboxFile
) -> Loaded:
    """Feeds commands, stream by stream in their order, then photos, through what phones' requests go through.

    Each takes effect once however often the file is loaded, and if the phone sends it too: the bank knows a
    command by its id. A withdrawn phone's file is taken like any other. `unknown`: commands of installations
    that this bank does not know.
    """
    done = Loaded()
    owners: dict[UUID, Actor] = {}
    for stream in sorted({one.stream for one in found.commands} | {found.installation}):
        actor = await _owner(database, stream)
        if actor is None:
            done.unknown[stream] = sum(one.stream == stream for one in found.commands)
            continue
        owners[stream], done.owners[stream] = actor, actor.name
        mine = sorted((one for one in found.commands if one.stream == stream), key=lambda one: one.seq)
        sent = [SealedCommand(one.id, one.seq, one.hash, one.sealed) for one in mine]
        receipts = await _pushed(database, registry, actor, found, sent)
        # of a copied phone that went before it heard of its copy: nobody else will number these anew
        homeless = {str(one["id"]) for one in receipts if one.get("code") == "stream_conflict"}
        anew = _numbered_anew(keys, [one for one in sent if str(one.id) in homeless])
        if anew:
            moved = replace(actor, installation_id=uuid7())
            fresh = await _pushed(database, registry, moved, found, anew)
            settled = {str(one["id"]) for one in fresh}
            receipts = [one for one in receipts if str(one["id"]) not in settled] + fresh
        done.receipts += receipts
    owner = owners.get(found.installation)
    if owner is not None:
        done.photos = await _photos(database, keys, settings, owner, found.files)
        await _note(database, found, done)
    return done


async def _pushed(
    database: Database, registry: Registry, actor: Actor, found: OutboxFile, sent: Sequence[SealedCommand]
) -> list[dict[str, Any]]:
    """The bank's receipts for the commands of one stream, in their order."""
    assert actor.installation_id is not None
    receipts: list[dict[str, Any]] = []
    for at in range(0, len(sent), BATCH):
        request = PushRequest(
            stream=actor.installation_id,
            device_now=_device_now(database, found),
            commands=list(sent[at : at + BATCH]),
        )
        receipts += (await push(database, registry, actor, request))["receipts"]
    return receipts


def _numbered_anew(keys: Keys, sent: Sequence[SealedCommand]) -> list[SealedCommand]:
    """The commands in the places of a stream that begins with them, as a phone that learns that it was
    copied does; their content stays to the byte, so the phone may still send them. What cannot be opened is
    left out."""
    anew: list[SealedCommand] = []
    for one in sent:
        try:
            command = msgspec.msgpack.decode(keys.seal.open(one.sealed, f"command:{one.id}"), type=Command)
        except (SealBroken, msgspec.MsgspecError):
            continue
        place = len(anew) + 1
        plain = msgspec.msgpack.encode(msgspec.structs.replace(command, seq=place))
        sealed = seal_to(keys.seal.public_raw, plain, f"command:{one.id}")
        anew.append(SealedCommand(one.id, place, hashlib.sha256(plain).hexdigest(), sealed))
    return anew


def _device_now(database: Database, found: OutboxFile) -> int:
    """What the phone's clock would show now: instants are corrected as if the phone had sent them."""
    return millis(database.clock.now() + timedelta(milliseconds=found.clock_ahead_ms or 0))


async def _owner(database: Database, installation: UUID) -> Actor | None:
    async with database.unit(Actor.system("outbox load")) as uow:
        row = (
            await uow.session.execute(_OWNER, {"installation": installation, "today": uow.today})
        ).one_or_none()
    if row is None:
        return None
    role = Role(row.role)
    heads = role in {Role.branch_head, Role.deputy_head} and row.branch_id is not None
    return Actor(
        staff_id=row.id,
        role=role,
        unit_id=row.unit_id,
        branch_id=row.branch_id,
        branch_ids=(row.branch_id,) if heads else (),
        grid_ids=tuple(row.grid_ids),
        installation_id=installation,
        request_id="outbox-load",
        name=row.name,
    )


async def _photos(
    database: Database, keys: Keys, settings: Settings, owner: Actor, photos: Sequence[FilePhoto]
) -> list[tuple[str, str | None]]:
    darkroom = Darkroom.open(settings, at_once=1)
    done: list[tuple[str, str | None]] = []
    for one in photos:
        try:
            upload = Upload(one.hash, one.file_class, one.sealed)
            await receive(database, keys, darkroom, owner, upload)
            done.append((one.hash, None))
        except Problem as problem:
            if problem.status >= 500:
                raise
            done.append((one.hash, problem.code))
    return done


async def _note(database: Database, found: OutboxFile, done: Loaded) -> None:
    """The audit trail says that support loaded a phone's records, and how many."""
    async with database.unit(Actor.system("outbox load")) as uow:
        detail = {"commands": len(done.receipts), "photos": len(done.photos), "made_at": found.made_at}
        uow.audit("sync.outbox_loaded", "device", found.installation, detail)
