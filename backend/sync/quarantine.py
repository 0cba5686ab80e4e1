"""What the bank could not apply, for administrators (all) and heads (of their branch's people)."""

import base64
import hashlib
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select, tuple_

from backend.identity import api as identity
from backend.kernel.actor import HEADS, Actor, Role
from backend.kernel.clock import millis
from backend.kernel.crypto import SealBroken
from backend.kernel.errors import Problem, not_allowed, not_found
from backend.kernel.uow import UnitOfWork
from backend.sync.models import SyncCommand
from backend.sync.schemas import Quarantined, QuarantinedContent, QuarantineList

MOST = 200
WATCHES = HEADS | {Role.admin}


async def listing(uow: UnitOfWork, before: UUID | None, limit: int, *, settled: bool) -> QuarantineList:
    """A page, newest first, of what is refused or held in the actor's scope; no content.

    `before`: the last id of the page before. `settled`: also what was mended or discarded. Raises Problem
    `not_allowed`, `not_found` for a `before` that is none, `malformed` for a `limit` outside 1 to 200.
    """
    _may_watch(uow.actor)
    if not 1 <= limit <= MOST:
        raise Problem("malformed", 422, "That many cannot be asked for", detail=f"Ask for 1 to {MOST}.")
    size = func.octet_length(SyncCommand.quarantined)
    query = (
        select(SyncCommand, size.label("size"))
        .where(SyncCommand.result.in_(("rejected", "held")))
        .order_by(SyncCommand.received_at.desc(), SyncCommand.id.desc())
        .limit(limit + 1)
    )
    if not settled:
        query = query.where(SyncCommand.settled.is_(None))
    if before is not None:
        last = await _visible(uow, before)
        query = query.where(
            tuple_(SyncCommand.received_at, SyncCommand.id) < tuple_(last.received_at, last.id)
        )
    rows = (await uow.session.execute(query)).all()
    page = rows[:limit]
    people = await identity.staff_of(uow, [row.staff_id for row, _ in page])
    async with uow.elevated("labels of the phones of people whose commands the actor may see"):
        labels = await identity.labels_of(uow, {row.installation_id for row, _ in page})
    commands = [
        Quarantined(
            id=row.id,
            type=row.type,
            result=row.result,
            code=row.code,
            received_at=millis(row.received_at),
            author_id=row.staff_id,
            author=people[row.staff_id].name if row.staff_id in people else "",
            installation_id=row.installation_id,
            device=labels.get(row.installation_id, ""),
            bytes=bytes_ or 0,
            needs=row.needs,
            replaces=row.replaces,
            settled=row.settled,
        )
        for row, bytes_ in page
    ]
    return QuarantineList(commands, more=len(rows) > limit)


async def content(uow: UnitOfWork, command_id: UUID, purpose: str) -> QuarantinedContent:
    """What the person had typed, against a purpose that goes into the audit trail.

    Raises Problem `not_allowed`, `not_found`.
    """
    _may_watch(uow.actor)
    row = await _visible(uow, command_id)
    uow.audit("sync.quarantine_viewed", "command", row.id, {"type": row.type, "purpose": purpose})
    sealed = row.quarantined or b""
    try:
        plain = uow.keys.seal.open(sealed, f"command:{row.id}")
        return QuarantinedContent(row.id, _readable(plain), None, hashlib.sha256(plain).hexdigest())
    except (SealBroken, msgspec.MsgspecError, ValueError, TypeError, RecursionError):
        # not made by this product: support has the bytes as they came
        return QuarantinedContent(row.id, None, base64.b64encode(sealed).decode(), row.hash)


def _readable(plain: bytes) -> Any:
    """The command as plain data. Raises MsgspecError, ValueError, TypeError, RecursionError."""
    document = msgspec.msgpack.decode(plain)
    return msgspec.json.decode(msgspec.json.encode(document))


async def _visible(uow: UnitOfWork, command_id: UUID) -> SyncCommand:
    row = await uow.session.scalar(
        select(SyncCommand).where(SyncCommand.id == command_id, SyncCommand.result.in_(("rejected", "held")))
    )
    if row is None:
        raise not_found("Command")
    return row


def _may_watch(actor: Actor) -> None:
    if actor.role not in WATCHES:
        raise not_allowed("The quarantine is looked after by heads and administrators.")
