"""Push: applies the commands of one stream, in order, each exactly once.

One transaction for the request and a savepoint for each command. What cannot take effect stays whole in
quarantine.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from backend.kernel import revisions
from backend.kernel.actor import Actor
from backend.kernel.clock import from_millis, millis
from backend.kernel.commands import CommandType, Envelope
from backend.kernel.crypto import SealBroken
from backend.kernel.errors import Problem
from backend.kernel.uow import Database, UnitOfWork
from backend.sync import queries
from backend.sync.facts import Life, life
from backend.sync.models import SyncCommand, SyncStream
from backend.sync.partitions import keys_for
from backend.sync.registry import Registry
from backend.sync.schemas import Command, PushRequest, Receipt, SealedCommand

TRIES = 3
FINAL = frozenset({"applied", "merged"})
# PostgreSQL: serialization failure, deadlock, lock not available; and a unique violation outside a command's
# savepoint, where another phone sent the same id at the same moment: the next try finds it recorded
PASSING = frozenset({"40001", "40P01", "55P03", "23505"})
# SQLSTATE classes that say something of the server's state and nothing of the command: connection, rollback,
# resources, locks, an operator's hand, the system
OF_THE_SERVER = ("08", "40", "53", "55", "57", "58")
UNREADABLE = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError)

log = structlog.get_logger("tiange.sync")


@dataclass
class Batch:
    """What one push works on: the stream's row, what is known already, what is answered so far.

    `foreign`: ids that are recorded as other people's. `books`: the partitions that the sender's phones hold.
    """

    actor: Actor
    installation_id: UUID
    stream: SyncStream
    known: dict[UUID, SyncCommand]
    foreign: frozenset[UUID]
    books: frozenset[str]
    clock_error: timedelta
    received_at: datetime
    receipts: list[Receipt] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a command, before it is written down."""

    result: str
    code: str | None = None
    reason: str | None = None
    lost: tuple[str, ...] = ()
    alias: Mapping[str, str] | None = None
    books: frozenset[str] = frozenset()
    type: str = ""


async def push(
    database: Database, registry: Registry, actor: Actor, request: PushRequest
) -> Mapping[str, Any]:
    """The answer to a push. Raises Problem `wrong_stream`; database errors pass through and nothing has
    happened."""
    if actor.installation_id != request.stream:
        raise Problem(
            "wrong_stream",
            409,
            "Another installation's stream",
            detail="The stream must be the installation that signs the request.",
            remedy="Enrol this phone again; nothing on it is lost.",
        )
    commands = sorted(request.commands, key=lambda one: one.seq)
    try:
        return await _with_retries(database, registry, actor, request, commands)
    except DBAPIError as error:
        if not _passing(error) or len(commands) <= 1:
            raise
    # deadlocked again and again: one command per transaction always gets through
    answer: Mapping[str, Any] = {}
    receipts: list[Any] = []
    for command in commands:
        answer = await _with_retries(database, registry, actor, request, [command])
        receipts += answer["receipts"]
    return {**answer, "receipts": receipts}


async def _with_retries(
    database: Database,
    registry: Registry,
    actor: Actor,
    request: PushRequest,
    commands: Sequence[SealedCommand],
) -> Mapping[str, Any]:
    for attempt in range(TRIES):
        try:
            return await _transact(database, registry, actor, request, commands)
        except DBAPIError as error:
            if not _passing(error) or attempt == TRIES - 1:
                raise
            log.info("push_retried", attempt=attempt + 1)
            await asyncio.sleep(0.02 * (attempt + 1))
    raise AssertionError("unreachable")


def _passing(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", None) in PASSING


async def _transact(
    database: Database,
    registry: Registry,
    actor: Actor,
    request: PushRequest,
    commands: Sequence[SealedCommand],
) -> Mapping[str, Any]:
    async with database.unit(actor) as uow:
        facts = await life(uow)
        stream = await queries.lock_stream(uow, request.stream, actor.require_staff())
        known = await queries.known_commands(uow, [command.id for command in commands])
        batch = Batch(
            actor=actor,
            installation_id=request.stream,
            stream=stream,
            known=known,
            foreign=await queries.foreign_ids(uow, {command.id for command in commands} - known.keys()),
            books=frozenset(key.book for key in keys_for(actor)),
            clock_error=_clock_error(request.device_now, uow.now),
            received_at=uow.now,
        )
        for command in commands:
            batch.receipts.append(await _take(uow, registry, batch, command))
        expects = batch.stream.applied_seq + 1
        old = {book for receipt in batch.receipts for book in receipt.awaits or {}} - uow.touched_books()
        standing = await revisions.current(uow.session, sorted(old)) if old else {}
    moved = {book: revision for book, (revision, _) in standing.items()} | uow.revisions
    return _answer(facts, batch, expects, moved)


def _answer(facts: Life, batch: Batch, expects: int, moved: dict[str, int]) -> Mapping[str, Any]:
    return {
        "epoch": facts.epoch,
        "now": millis(batch.received_at),
        "durable_through": facts.durable_through,
        "expects": expects,
        "receipts": [receipt.wire(moved) for receipt in batch.receipts],
    }


def _clock_error(device_now: int, now: datetime) -> timedelta:
    """How far the phone's clock runs ahead. A reading outside the calendar counts as right; `clock`
    flags catch it."""
    try:
        return from_millis(device_now) - now
    except ValueError:
        return timedelta()


async def _take(uow: UnitOfWork, registry: Registry, batch: Batch, sent: SealedCommand) -> Receipt:
    """One command: repeats and order first, then its effect."""
    row = batch.known.get(sent.id)
    if sent.id in batch.foreign or (row is not None and row.hash != sent.hash):
        _pass(batch, sent)
        return _refusal(sent, "hash_mismatch", "This id was received before with other content.")
    if row is not None and row.result != "held":
        _pass(batch, sent)
        return _repeated(batch, row, sent)
    if row is None and sent.seq > batch.stream.applied_seq + 1:
        return Receipt(id=sent.id, seq=sent.seq, result="held", hash=sent.hash, code="gap")
    if row is None and sent.seq <= batch.stream.applied_seq:
        return _refusal(sent, "stream_conflict", "This place in the stream holds another command.")
    verdict = await _judge(uow, registry, batch, sent)
    return await _record(uow, batch, sent, verdict, row)


def _pass(batch: Batch, sent: SealedCommand) -> None:
    """The stream goes on behind a command that is recorded already, perhaps in the phone's former stream.

    Otherwise everything after it would be a gap for ever.
    """
    if sent.seq == batch.stream.applied_seq + 1:
        batch.stream.applied_seq = sent.seq


def _repeated(batch: Batch, row: SyncCommand, sent: SealedCommand) -> Receipt:
    kept = msgspec.convert(row.receipt, Receipt)
    awaits = {book: least for book, least in (kept.awaits or {}).items() if book in batch.books}
    return msgspec.structs.replace(
        kept, id=sent.id, seq=sent.seq, result="repeated", was=kept.result, awaits=awaits or None
    )


def _refusal(sent: SealedCommand, code: str, reason: str) -> Receipt:
    """An answer that is not recorded: the recorded command of that id or place stands."""
    return Receipt(id=sent.id, seq=sent.seq, result="rejected", hash=sent.hash, code=code, reason=reason)


async def _judge(uow: UnitOfWork, registry: Registry, batch: Batch, sent: SealedCommand) -> Verdict:
    """Opens, checks and applies a command. Never raises for what the command itself is to blame for."""
    try:
        plain = uow.keys.seal.open(sent.sealed, f"command:{sent.id}")
    except SealBroken as error:
        return Verdict("rejected", "malformed", str(error))
    if hashlib.sha256(plain).hexdigest() != sent.hash:
        return Verdict("rejected", "hash_mismatch", "The content does not match its hash.")
    try:
        command = msgspec.msgpack.decode(plain, type=Command)
        envelope = _envelope(batch, command)
    except UNREADABLE as error:
        return Verdict("rejected", "malformed", str(error))
    if command.id != sent.id or command.seq != sent.seq:
        return Verdict("rejected", "malformed", "The sealed id or place differs from the open one.")
    if missing := await _unmet(uow, batch, command.needs):
        return Verdict("held", "needs", f"It needs {missing}, which has not taken effect.", type=command.type)
    known = registry.commands.get(command.type)
    if known is None:
        return Verdict("rejected", "unknown_type", f"This bank knows no {command.type!r}.", type=command.type)
    shape = known.versions.get(command.version)
    if shape is None:
        reason = f"Version {command.version} of {command.type} is not known."
        return Verdict("rejected", "unknown_version", reason, type=command.type)
    if batch.actor.role not in known.roles:
        return Verdict("rejected", "not_allowed", "Your role may not do this.", type=command.type)
    try:
        body = msgspec.msgpack.decode(command.body, type=shape)
    except UNREADABLE as error:
        return Verdict("rejected", "malformed", str(error), type=command.type)
    return await _apply(uow, known, command, body, envelope)


async def _apply(
    uow: UnitOfWork, known: CommandType, command: Command, body: Any, envelope: Envelope
) -> Verdict:
    try:
        with uow.watching() as books:
            async with uow.savepoint():
                applied = await known.apply(uow, body, envelope)
                await uow.session.flush()
    except Problem as problem:
        return Verdict("rejected", problem.code, problem.detail or problem.title, type=command.type)
    except Exception as error:
        # whatever a body brings to light must not stop the stream behind it
        if _of_the_server(error):
            raise
        log.error("command_failed", command=str(command.id), type=command.type, exc_info=error)
        reason = "The bank could not apply it and keeps it whole; support looks at it."
        return Verdict("rejected", "internal", reason, type=command.type)
    result = "merged" if applied.lost else "applied"
    return Verdict(result, lost=applied.lost, alias=applied.alias, books=frozenset(books), type=command.type)


def _of_the_server(error: Exception) -> bool:
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None) or ""
        return error.connection_invalidated or state.startswith(OF_THE_SERVER)
    return isinstance(error, (OSError, PoolTimeout, MemoryError))


async def _unmet(uow: UnitOfWork, batch: Batch, needs: Sequence[UUID]) -> str | None:
    """The first needed command that has not taken effect."""
    unseen = [one for one in needs if one not in batch.known]
    if unseen:
        batch.known |= await queries.known_commands(uow, unseen)
    for one in needs:
        row = batch.known.get(one)
        if row is None or row.result not in FINAL:
            return str(one)
    return None


def _envelope(batch: Batch, command: Command) -> Envelope:
    """Raises ValueError for instants outside the calendar."""
    at = from_millis(command.at)
    observed = from_millis(command.observed_at) if command.observed_at is not None else at
    return Envelope(
        command_id=command.id,
        installation_id=batch.installation_id,
        staff_id=batch.actor.require_staff(),
        at=at,
        observed_at=min(observed - batch.clock_error, batch.received_at),
        offset_minutes=command.offset_minutes,
        received_at=batch.received_at,
        clock_error_s=round(batch.clock_error.total_seconds()),
    )


async def _record(
    uow: UnitOfWork, batch: Batch, sent: SealedCommand, verdict: Verdict, row: SyncCommand | None
) -> Receipt:
    """Writes the result down with its receipt; what has no effect is kept whole, sealed as it came."""
    receipt = Receipt(
        id=sent.id,
        seq=sent.seq,
        result=verdict.result,
        hash=sent.hash,
        receipt=uow.keys.receipt(str(sent.id), sent.hash, verdict.result),
        received_at=millis(batch.received_at),
        code=verdict.code,
        reason=_storable(verdict.reason) if verdict.reason else None,
        lost=list(verdict.lost) or None,
        alias=dict(verdict.alias) if verdict.alias else None,
        # a book that the sender does not hold would be waited for in vain, and may name whose customer it is
        awaits=dict.fromkeys(sorted(verdict.books & batch.books), 0) or None,
    )
    kept = None if verdict.result in FINAL else sent.sealed
    if row is None:
        row = SyncCommand(
            id=sent.id,
            installation_id=batch.installation_id,
            staff_id=batch.actor.require_staff(),
            seq=sent.seq,
            hash=sent.hash,
            type=_storable(verdict.type),
            result=verdict.result,
            receipt=msgspec.to_builtins(receipt),
            received_at=batch.received_at,
            quarantined=kept,
        )
        uow.session.add(row)
        batch.known[sent.id] = row
        batch.stream.applied_seq = max(batch.stream.applied_seq, sent.seq)
    else:
        _pass(batch, sent)
        row.result = verdict.result
        row.receipt = msgspec.to_builtins(receipt)
        row.quarantined = kept
    await uow.session.flush()
    if verdict.result == "rejected":
        uow.audit("sync.quarantine", "command", sent.id, {"type": row.type, "code": verdict.code})
    return receipt


def _storable(text: str) -> str:
    """PostgreSQL keeps no zero characters; a text of the phone's may hold them."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")
