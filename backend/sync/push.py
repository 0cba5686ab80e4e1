"""Push: takes the commands of one stream, in order, each exactly once.

One transaction for the request; a savepoint for each command that is taken alone.
What cannot take effect stays whole in quarantine.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError

from backend.identity import api as identity
from backend.kernel import revisions
from backend.kernel.actor import Actor
from backend.kernel.clock import from_millis, millis
from backend.kernel.db import is_passing
from backend.kernel.errors import Problem
from backend.kernel.uow import Database, UnitOfWork
from backend.sync import late, losses, queries
from backend.sync.batch import Batch, Verdict
from backend.sync.facts import Life
from backend.sync.judge import judge, of_the_server
from backend.sync.models import SyncCommand
from backend.sync.opening import Opened, content_of, open_all
from backend.sync.partitions import keys_for
from backend.sync.phones import said
from backend.sync.record import pass_by, record, refusal, repeated
from backend.sync.registry import Registry
from backend.sync.schemas import PushRequest, Receipt, SealedCommand
from backend.sync.together import RunFailed, run_from, take_together

TRIES = 3
# a unique violation outside a command's savepoint, where another phone sent the same id at the same moment:
# the next try finds it recorded
TAKEN = "23505"

log = structlog.get_logger("tiange.sync")


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
    if database.keys is None:
        raise RuntimeError("this process holds no keys: open the Database with them")
    opened = await open_all(database.keys.seal, commands)
    try:
        return await _with_retries(database, registry, actor, request, commands, opened)
    except DBAPIError as error:
        if not _passing(error) or len(commands) <= 1:
            raise
    # deadlocked again and again: one command per transaction always gets through
    answer: Mapping[str, Any] = {}
    receipts: list[Any] = []
    for command in commands:
        answer = await _with_retries(database, registry, actor, request, [command], opened)
        receipts += answer["receipts"]
    return {**answer, "receipts": receipts}


async def _with_retries(
    database: Database,
    registry: Registry,
    actor: Actor,
    request: PushRequest,
    commands: Sequence[SealedCommand],
    opened: Opened,
) -> Mapping[str, Any]:
    together, attempt = True, 0
    while True:
        try:
            return await _transact(database, registry, actor, request, commands, opened, together=together)
        except RunFailed as error:
            log.info("run_taken_apart", why=str(error))
            together = False
        except DBAPIError as error:
            if together and not _passing(error) and not of_the_server(error):
                # a value of a run that the database refuses: found out where it is written, at the end
                log.info("run_taken_apart", why=type(error.orig).__name__)
                together = False
                continue
            attempt += 1
            if not _passing(error) or attempt == TRIES:
                raise
            log.info("push_retried", attempt=attempt)
            await asyncio.sleep(0.02 * attempt)


def _passing(error: DBAPIError) -> bool:
    return is_passing(error) or getattr(error.orig, "sqlstate", None) == TAKEN


async def _transact(
    database: Database,
    registry: Registry,
    actor: Actor,
    request: PushRequest,
    commands: Sequence[SealedCommand],
    opened: Opened,
    *,
    together: bool,
) -> Mapping[str, Any]:
    """`together`: whether commands that follow one another may be taken so. Raises RunFailed."""
    async with database.unit(actor) as uow:
        ids = [command.id for command in commands]
        facts, stream, recorded = await queries.open_push(uow, request.stream, ids, _heard(actor, request))
        before = replace(stream)
        known = await queries.known_commands(uow, ids) if recorded else {}
        batch = Batch(
            actor=actor,
            installation_id=request.stream,
            stream=stream,
            known=known,
            foreign=await queries.foreign_ids(uow, set(ids) - known.keys()) if recorded else frozenset(),
            books=frozenset(key.book for key in keys_for(actor)),
            clock_error=_clock_error(request.device_now, uow.now),
            delivery=await late.delivery_of(uow) if actor.withdrawn else None,
            received_at=uow.now,
            opened=opened,
            former=request.epoch not in (None, facts.epoch),
        )
        await losses.take(uow, batch, request.lost, [command.seq for command in commands])
        await _take_all(uow, registry, batch, commands, together=together)
        if stream != before:
            uow.later([queries.keeping_stream(stream)])
        wipe = await _delivered(uow, batch, request, commands) if actor.withdrawn else None
        expects = batch.stream.applied_seq + 1
        old = {book for receipt in batch.receipts for book in receipt.awaits or {}} - uow.touched_books()
        standing = await revisions.current(uow.session, sorted(old)) if old else {}
    moved = {book: revision for book, (revision, _) in standing.items()} | uow.revisions
    answer = _answer(facts, batch, expects, moved)
    return answer if wipe is None else {**answer, "wipe": wipe}


async def _delivered(
    uow: UnitOfWork, batch: Batch, request: PushRequest, commands: Sequence[SealedCommand]
) -> bool:
    """Whether a withdrawn phone may wipe itself: it says that this is all, and the bank has each of it."""
    whole = len(commands) == len(request.commands) and all(one.receipt for one in batch.receipts)
    if request.last and whole:
        await identity.note_delivered(uow)
        return True
    return False


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


def _heard(actor: Actor, request: PushRequest) -> identity.Waiting | None:
    """What the phone said of itself, None where it is not the phone that speaks."""
    if actor.session_id is None and not actor.withdrawn:
        return None  # its exported outbox was loaded: the phone itself was not heard, and learnt nothing
    return said(request.outbox, request.app)


async def _take_all(
    uow: UnitOfWork, registry: Registry, batch: Batch, commands: Sequence[SealedCommand], *, together: bool
) -> None:
    """The commands in their order: those that may be taken together are, all others one by one."""
    place = alone = 0
    while place < len(commands):
        if together and place >= alone and not batch.former:
            run = run_from(registry, batch, commands[place:])
            taken = await take_together(uow, batch, run) if len(run) > 1 else []
            batch.receipts += taken
            place += len(taken)
            if taken and len(taken) == len(run):
                continue
            # what stopped the run is judged alone; where nothing of it could be taken together, all of it
            alone = place + (1 if taken else len(run))
            if place >= len(commands):
                return
            await uow.catch_up()
        batch.receipts.append(await _take(uow, registry, batch, commands[place]))
        place += 1


async def _take(uow: UnitOfWork, registry: Registry, batch: Batch, sent: SealedCommand) -> Receipt:
    """One command: repeats and order first, then its effect."""
    row = batch.known.get(sent.id)
    if sent.id in batch.foreign or (row is not None and not _same(batch, row, sent)):
        pass_by(batch, sent)
        return refusal(sent, "hash_mismatch", "This id was received before with other content.")
    if row is not None and (row.result != "held" or row.settled is not None):
        pass_by(batch, sent, row)
        return repeated(uow, batch, row, sent)
    if batch.former:
        # taken now, it could come before what this life of the database lacks: the phone hears of it by the
        # answer, and sends all it keeps again
        return Receipt(id=sent.id, seq=sent.seq, result="held", hash=sent.hash, code="gap")
    if row is None and (batch.copied or not await _has_place(uow, batch, sent)):
        if not batch.copied:
            uow.audit("sync.stream_conflict", "device", batch.installation_id, {"seq": sent.seq})
        # what stands behind it in the request was numbered by the same copy: taken now, it would come before
        batch.copied = True
        return refusal(sent, "stream_conflict", "This place in the stream holds another command.")
    if row is None and sent.seq > batch.stream.applied_seq + 1:
        return Receipt(id=sent.id, seq=sent.seq, result="held", hash=sent.hash, code="gap")
    verdict = await judge(uow, registry, batch, sent)
    return await record(uow, batch, sent, verdict, row)


def _same(batch: Batch, row: SyncCommand, sent: SealedCommand) -> bool:
    """Whether it is the recorded command: the same bytes, or the same content under another place.

    A copied phone numbers what waits on it anew, so its bytes differ from those that the bank may have.
    """
    if row.hash == sent.hash:
        return True
    command = batch.opened[sent.seq, sent.id]
    if row.content is None or isinstance(command, Verdict) or command.seq != sent.seq:
        return False
    return row.content == content_of(command)


async def _has_place(uow: UnitOfWork, batch: Batch, sent: SealedCommand) -> bool:
    """Whether the command's place is still free: ahead, or one that the phone had declared lost."""
    return sent.seq > batch.stream.applied_seq or await queries.lost_place(uow, batch.stream, sent.seq)
