"""What a phone may ask of the synchronisation itself: suggestions decided, refused commands discarded."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from backend.customers import api as customers
from backend.kernel.actor import HEADS, Role
from backend.kernel.commands import Applied, CommandType, Envelope
from backend.kernel.uow import UnitOfWork
from backend.sync import settling

DECIDES = frozenset({Role.manager}) | HEADS
EVERYBODY = frozenset(Role) - {Role.system}


class AcceptSuggestion(Struct, frozen=True):
    """Body of `suggestion.accept`."""

    suggestion_id: UUID


class DismissSuggestion(Struct, frozen=True):
    """Body of `suggestion.dismiss`."""

    suggestion_id: UUID


class Discard(Struct, frozen=True):
    """Body of `command.discard`: the author's own refused or held command, which is to have no effect."""

    discards: UUID
    reason: Annotated[str, Meta(max_length=500)] = ""


def own_commands(types: Mapping[str, CommandType]) -> tuple[CommandType, ...]:
    """The commands of the synchronisation. `types`: those of the domains, which suggestions are made of."""

    async def accept(uow: UnitOfWork, body: AcceptSuggestion, envelope: Envelope) -> Applied:
        """Applies the author's edit as the author's observation, through the normal merge."""
        row = await customers.decide_suggestion(uow, body.suggestion_id, accepted=True)
        known = types[row.type]
        edit = known.upcast(
            row.version, msgspec.convert(customers.suggested_body(uow, row), known.versions[row.version])
        )
        as_made = Envelope(
            command_id=row.id,
            installation_id=row.installation_id,
            staff_id=row.author_id,
            at=row.at,
            observed_at=row.observed_at,
            offset_minutes=row.offset_minutes,
            received_at=row.received_at,
            clock_error_s=row.clock_error_s,
        )
        async with uow.elevated("the owner's scope was checked; the history is written in the author's name"):
            return await known.apply(uow, edit, as_made)

    async def dismiss(uow: UnitOfWork, body: DismissSuggestion, _envelope: Envelope) -> Applied:
        """Closes a suggestion without effect; it stays in the trail."""
        await customers.decide_suggestion(uow, body.suggestion_id, accepted=False)
        return Applied()

    async def discard(uow: UnitOfWork, body: Discard, envelope: Envelope) -> Applied:
        """`command.discard`."""
        await settling.discard(uow, body.discards, envelope.command_id)
        return Applied()

    return (
        CommandType("suggestion.accept", {1: AcceptSuggestion}, DECIDES, accept),
        CommandType("suggestion.dismiss", {1: DismissSuggestion}, DECIDES, dismiss),
        CommandType("command.discard", {1: Discard}, EVERYBODY, discard),
    )
