"""Opens, checks and applies one command of a push."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from backend.kernel.clock import from_millis
from backend.kernel.commands import CommandType, Envelope
from backend.kernel.errors import Problem
from backend.kernel.uow import UnitOfWork
from backend.policy import api as policy
from backend.sync import late, queries
from backend.sync.batch import EFFECTIVE, Batch, Saved, Verdict
from backend.sync.opening import UNREADABLE
from backend.sync.registry import Registry
from backend.sync.schemas import Command, SealedCommand

# SQLSTATE classes that say something of the server's state and nothing of the command: connection, rollback,
# resources, locks, an operator's hand, the system
OF_THE_SERVER = ("08", "40", "53", "55", "57", "58")

#: nobody sets a clock by less: requests are that long on their way, and the bank's machines differ
SETTING = timedelta(minutes=2)

log = structlog.get_logger("tiange.sync")


async def judge(uow: UnitOfWork, registry: Registry, batch: Batch, sent: SealedCommand) -> Verdict:
    """What becomes of a command. Never raises for what the command itself is to blame for."""
    command = batch.opened[sent.seq, sent.id]
    if isinstance(command, Verdict):
        return command
    try:
        envelope = envelope_of(batch, command)
    except UNREADABLE as error:
        return Verdict("rejected", "malformed", str(error))
    if command.id != sent.id or command.seq != sent.seq:
        return Verdict("rejected", "malformed", "The sealed id or place differs from the open one.")
    envelope, saved = in_order(batch, command, envelope, batch.stream.last)
    verdict = (
        _withdrawn(batch, envelope)
        or await _waits(uow, batch, command)
        or await _judged(uow, registry, batch, command, envelope)
    )
    batch.stream.last = saved or batch.stream.last
    return replace(verdict, command=command, saved=saved)


def in_order(
    batch: Batch, command: Command, envelope: Envelope, last: Saved | None
) -> tuple[Envelope, Saved | None]:
    """Not before what the phone saved `last`, if by its own clock too this one was saved after that.

    Returns what was saved last from now on beside it, None where that stays as it was.
    """
    if command.seq <= batch.stream.applied_seq or not _is_fresh(command):
        return envelope, None  # out of its place, or of an earlier day: it is as old as it says
    if last is not None and envelope.at >= last.at:
        envelope = replace(envelope, after=last.stands_at)
    return envelope, Saved(envelope.at, envelope.stands_at)


def _is_fresh(command: Command) -> bool:
    return command.replaces is None and command.observed_at in (None, command.at)


def _withdrawn(batch: Batch, envelope: Envelope) -> Verdict | None:
    if batch.delivery is None:
        return None
    left = batch.actor.left
    return late.undeliverable(batch.delivery, left, envelope.observed_at, batch.received_at)


async def _waits(uow: UnitOfWork, batch: Batch, command: Command) -> Verdict | None:
    """The verdict on a command whose turn has not come, or whose ground is gone."""
    wanted = [*command.needs, *([command.replaces] if command.replaces else [])]
    unseen = [one for one in wanted if one not in batch.known]
    if unseen:
        batch.known |= await queries.known_commands(uow, unseen)
    for one in command.needs:
        row = batch.known.get(one)
        if row is not None and row.settled == "discarded":
            return Verdict("rejected", "needs_discarded", f"It needs {one}, which its author discarded.")
        if row is None or (row.result not in EFFECTIVE and row.settled != "replaced"):
            return Verdict("held", "needs", f"It needs {one}, which has not taken effect.")
    if command.replaces is not None:
        row = batch.known.get(command.replaces)
        if row is None:
            return Verdict("held", "needs", f"It replaces {command.replaces}, which has not come.")
        if row.result in EFFECTIVE or row.settled is not None or row.id == command.id:
            return Verdict("rejected", "not_replaceable", "What it replaces is not refused, or no longer.")
    return None


async def _judged(
    uow: UnitOfWork, registry: Registry, batch: Batch, command: Command, envelope: Envelope
) -> Verdict:
    known = registry.command(command.type)
    if known is None:
        return Verdict("rejected", "unknown_type", f"This bank knows no {command.type!r}.")
    shape = known.versions.get(command.version)
    if command.version < min(known.versions) or await _ended(uow, known, command.version):
        reason = f"Version {command.version} of {command.type} is older than a phone may stay away."
        return Verdict("rejected", "version_ended", reason)
    if shape is None:
        return Verdict("rejected", "unknown_version", f"Version {command.version} is not known.")
    if batch.actor.role not in known.roles:
        return Verdict("rejected", "not_allowed", "Your role may not do this.")
    try:
        body = msgspec.msgpack.decode(command.body, type=shape)
    except UNREADABLE as error:
        return Verdict("rejected", "malformed", str(error))
    return await _apply(uow, known, command, body, envelope)


async def _ended(uow: UnitOfWork, known: CommandType, version: int) -> bool:
    """Whether no phone that kept to the offline limit can still send this version."""
    day = known.superseded.get(version)
    if day is None:
        return False
    shipped = datetime.combine(day, time(), uow.clock.zone) + timedelta(days=1)
    return uow.now > shipped + timedelta(hours=await policy.figure(uow, "offline_hours"))


async def _apply(
    uow: UnitOfWork, known: CommandType, command: Command, sent_body: Any, envelope: Envelope
) -> Verdict:
    try:
        body = known.upcast(command.version, sent_body)
        try:
            with uow.watching() as books:
                async with uow.savepoint():
                    applied = await known.apply(uow, body, envelope)
                    await uow.session.flush()
        except Problem as problem:
            if problem.code != "out_of_scope" or known.late is None:
                raise
            return await late.take(uow, known, known.late, body, envelope, problem)
    except Problem as problem:
        return Verdict("rejected", problem.code, problem.detail or problem.title)
    except Exception as error:
        # whatever a body brings to light must not stop the stream behind it
        if of_the_server(error):
            raise
        log.error("command_failed", command=str(command.id), type=command.type, exc_info=error)
        reason = "The bank could not apply it and keeps it whole; support looks at it."
        return Verdict("rejected", "internal", reason)
    result = "merged" if applied.lost else "applied"
    return Verdict(result, lost=applied.lost, alias=applied.alias, books=frozenset(books))


def of_the_server(error: Exception) -> bool:
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None) or ""
        return error.connection_invalidated or state.startswith(OF_THE_SERVER)
    return isinstance(error, (OSError, PoolTimeout, MemoryError))


def envelope_of(batch: Batch, command: Command) -> Envelope:
    """Raises ValueError for instants outside the calendar."""
    at = from_millis(command.at)
    observed = from_millis(command.observed_at) if command.observed_at is not None else at
    error = at - saved_at(batch, command, at)
    return Envelope(
        command_id=command.id,
        installation_id=batch.installation_id,
        staff_id=batch.actor.require_staff(),
        at=at,
        observed_at=min(observed - error, batch.received_at),
        offset_minutes=command.offset_minutes,
        received_at=batch.received_at,
        clock_error_s=round(error.total_seconds()),
    )


def saved_at(batch: Batch, command: Command, at: datetime) -> datetime:
    """When a command was saved, by the bank's clock: `at` less the phone's error, if that can be.

    It cannot where the clock was set (right, mostly) between the save and the push: then what the phone
    reckoned from the bank's time at its last contact counts, and at the latest the receipt.
    """
    by_push = at - batch.clock_error
    if command.heard_at is None or command.reckoned_at is None:
        return by_push
    heard, reckoned = from_millis(command.heard_at), from_millis(command.reckoned_at)
    if by_push > batch.received_at + SETTING or by_push < heard - SETTING:
        return min(max(reckoned, heard), batch.received_at)
    return by_push


def needs_of(command: Command | None) -> Sequence[UUID]:
    """What a command needs, as far as it could be read."""
    return command.needs if command is not None else ()
