"""Takes commands of one type that follow one another in a few statements, where each of them is as usual.

Whatever is not usual (a repeat, a gap, a mend, an older version, a refusal, a late command) ends such a
run and is taken alone by `push`, with the very same effect as if all had been.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from backend.kernel.commands import CommandType, Envelope
from backend.kernel.uow import UnitOfWork
from backend.sync.batch import EFFECTIVE, Batch, Saved, Verdict
from backend.sync.judge import envelope_of, in_order, of_the_server
from backend.sync.opening import UNREADABLE
from backend.sync.record import record_together
from backend.sync.registry import Registry
from backend.sync.schemas import Command, Receipt, SealedCommand


@dataclass(frozen=True, slots=True)
class Member:
    """A command of a run, read and checked as far as that needs no database."""

    sent: SealedCommand
    command: Command
    known: CommandType
    body: Any
    envelope: Envelope


def run_from(registry: Registry, batch: Batch, commands: Sequence[SealedCommand]) -> list[Member]:
    """As many commands from the first on as may be taken together; [] where the first may not."""
    run: list[Member] = []
    seen: set[UUID] = set()
    if batch.copied or batch.delivery is not None:
        return run
    for sent in commands:
        if sent.id in seen or sent.id in batch.known or sent.id in batch.foreign:
            break
        if sent.seq != batch.stream.applied_seq + 1 + len(run):
            break
        member = _member(registry, batch, sent)
        if member is None or (run and run[0].known is not member.known):
            break
        run.append(member)
        seen.add(sent.id)
    return run


def _member(registry: Registry, batch: Batch, sent: SealedCommand) -> Member | None:
    command = batch.opened[sent.seq, sent.id]
    if isinstance(command, Verdict) or command.id != sent.id or command.seq != sent.seq:
        return None
    known = registry.command(command.type)
    if known is None or known.together is None or batch.actor.role not in known.roles:
        return None
    if command.version != known.newest or command.replaces is not None:
        return None
    if not all(_effective(batch, one) for one in command.needs):
        return None
    with suppress(*UNREADABLE):
        body = msgspec.msgpack.decode(command.body, type=known.versions[command.version])
        return Member(sent, command, known, body, envelope_of(batch, command))
    return None


def _effective(batch: Batch, command_id: UUID) -> bool:
    row = batch.known.get(command_id)
    return row is not None and row.result in EFFECTIVE and row.settled is None


class RunFailed(Exception):
    """One command of a run is to blame, and taking each alone finds out which. The transaction is lost."""


async def take_together(uow: UnitOfWork, batch: Batch, run: Sequence[Member]) -> list[Receipt]:
    """Receipts of as many from the first on as were taken. What they write is put off (`uow.later`): a value
    that the database refuses is found out there.

    Raises RunFailed. Errors of the server pass through.
    """
    apply = run[0].known.together
    assert apply is not None
    ordered: list[tuple[Envelope, Saved | None]] = []
    last = batch.stream.last
    for member in run:
        envelope, saved = in_order(batch, member.command, member.envelope, last)
        last = saved or last
        ordered.append((envelope, saved))
    try:
        effects = await apply(
            uow, [(one.body, envelope) for one, (envelope, _) in zip(run, ordered, strict=True)]
        )
    except Exception as error:
        if of_the_server(error):
            raise
        raise RunFailed(f"{type(error).__name__} in {len(run)} of {run[0].known.name}") from error
    if not effects:
        return []
    batch.stream.last = next((one for _, one in reversed(ordered[: len(effects)]) if one), batch.stream.last)
    taken = [
        (
            member.sent,
            Verdict(
                "merged" if effect.applied.lost else "applied",
                lost=effect.applied.lost,
                alias=effect.applied.alias,
                books=effect.books,
                command=member.command,
                saved=saved,
            ),
        )
        for member, effect, (_, saved) in zip(run, effects, ordered, strict=False)
    ]
    return record_together(uow, batch, taken)
