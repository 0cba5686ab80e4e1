"""Reviewers on phones of their own: the code that lets one in, and what it opens.

A villager has no account. The host's phone makes a code of 256 random bits, shows it as a picture, and sends
its hash by a command; the bank has the code itself only while it answers the reviewer's phone. Who holds it
sees what the host's phone would show this reviewer, and hands in once.
"""

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from backend.customers import api as customers
from backend.evaluation import queries
from backend.evaluation.errors import bad_value, closed, code_unusable, handed_in
from backend.evaluation.models import EvaluationCode, EvaluationReviewer, EvaluationSession
from backend.evaluation.schemas import AskedAbout, Invite, OwnTurn, SealedForm, SealTo, Taken
from backend.evaluation.service import KIND, locked, moved, reviewer_of, take
from backend.grids import api as grids
from backend.identity import api as identity
from backend.kernel.actor import Actor
from backend.kernel.commands import Envelope
from backend.kernel.uow import Database, UnitOfWork
from backend.policy import api as policy

DOOR = "evaluation code"


def hash_of(code: str) -> bytes:
    """What is kept of a code."""
    return hashlib.sha256(code.encode()).digest()


async def invite(uow: UnitOfWork, body: Invite, envelope: Envelope) -> None:
    """A code for a reviewer, in place of the one that there was; without a hash that one is withdrawn.

    Raises Problem `out_of_scope`, `bad_value`, `conflict_state` (handed in, closed).
    """
    row = await locked(uow, body.session_id)
    reviewer = await reviewer_of(uow, row, body.reviewer_id)
    if body.code_hash is not None:
        if reviewer.handed_in_at is not None:
            raise handed_in()
        if row.closed_at is not None:
            raise closed()
    minutes = int(await policy.figure(uow, "evaluation_code_minutes"))
    async with uow.elevated("codes are nobody's to read"):
        if body.code_hash is not None and await queries.code(uow, body.code_hash) is not None:
            raise bad_value("This code was given to somebody before.")
        kept = await uow.session.get(EvaluationCode, reviewer.id)
        if kept is None:
            kept = EvaluationCode(reviewer_id=reviewer.id, session_id=row.id)
            uow.session.add(kept)
        kept.code_hash, kept.made_by, kept.made_at = body.code_hash, uow.actor.require_staff(), uow.now
        # the host's screen counts from when it showed the code, not from when the bank heard of it
        kept.open_until = envelope.observed_at + timedelta(minutes=minutes)
        kept.opened_at = kept.hand_in_until = kept.body_hash = None
    what = "evaluation.code_withdrawn" if body.code_hash is None else "evaluation.code_made"
    uow.audit(what, KIND, row.id, {"reviewer": str(reviewer.id)})
    moved(uow, row)


async def open_turn(database: Database, code: str, address: str, request_id: str) -> OwnTurn:
    """What the reviewer's phone shows. Raises Problem `code_unusable`, `too_many_codes`."""
    async with database.unit(Actor.system(DOOR, request_id)) as uow:
        kept = await queries.code(uow, hash_of(code))
        row = await locked(uow, kept.session_id) if kept is not None else None
        reviewer = await _usable(uow, kept, row)
        if kept is not None and row is not None and reviewer is not None:
            await identity.count_code(uow, str(reviewer.id))
            if kept.opened_at is None:
                hours = int(await policy.figure(uow, "evaluation_code_hours"))
                kept.opened_at, kept.hand_in_until = uow.now, uow.now + timedelta(hours=hours)
                uow.audit("evaluation.code_opened", KIND, row.id, {"reviewer": str(reviewer.id)})
                moved(uow, row)
            return await _turn(uow, row, reviewer)
        await identity.count_wrong_code(uow, address)
    raise code_unusable()


async def hand_in(
    database: Database, code: str, forms: list[SealedForm], address: str, request_id: str
) -> Taken:
    """All forms of the reviewer, once; the very same sent again is answered as the first time.

    Raises Problem `code_unusable`, `too_many_codes`, `bad_value`.
    """
    body_hash = _hash_of_all(forms)
    async with database.unit(Actor.system(DOOR, request_id)) as uow:
        kept = await queries.code(uow, hash_of(code))
        row = await locked(uow, kept.session_id) if kept is not None else None
        if kept is not None and row is not None:
            await identity.count_code(uow, str(kept.reviewer_id))
            # it may have been used, or withdrawn, while this waited for its turn
            await uow.session.refresh(kept)
            if kept.body_hash == body_hash and kept.code_hash == hash_of(code):
                return Taken(len(forms))
            if await _usable(uow, kept, row) is not None:
                await take(uow, row, kept.reviewer_id, forms, uow.now, None)
                kept.body_hash = body_hash
                return Taken(len(forms))
        await identity.count_wrong_code(uow, address)
    raise code_unusable()


async def _usable(
    uow: UnitOfWork, kept: EvaluationCode | None, row: EvaluationSession | None
) -> EvaluationReviewer | None:
    """Whose turn a code opens now; None for one that opens nothing."""
    if kept is None or row is None:
        return None
    await uow.session.refresh(kept)
    until = kept.open_until if kept.hand_in_until is None else kept.hand_in_until
    if kept.code_hash is None or row.closed_at is not None or uow.now > until:
        return None
    reviewer = await reviewer_of(uow, row, kept.reviewer_id)
    await uow.session.refresh(reviewer)
    return reviewer if reviewer.handed_in_at is None else None


async def _turn(uow: UnitOfWork, row: EvaluationSession, reviewer: EvaluationReviewer) -> OwnTurn:
    there = await queries.households(uow, row.grid_id, row.customer_ids)
    found = {one.id: one for one in await customers.visible(uow, there)}
    ground = await grids.facts_anywhere(uow, row.grid_id)
    seal = uow.keys.seal
    return OwnTurn(
        row.id,
        reviewer.id,
        reviewer.name,
        ground.name if ground else "",
        [_asked(one, found) for one in row.customer_ids if one in found],
        SealTo(seal.key_id.hex(), identity.base64url(seal.public_raw)),
    )


def _asked(customer_id: UUID, found: dict[UUID, customers.Customer]) -> AskedAbout:
    one = found[customer_id]
    return AskedAbout(one.id, one.name, one.address or "")


def _hash_of_all(forms: Iterable[SealedForm]) -> bytes:
    whole = hashlib.sha256()
    for one in sorted(forms, key=lambda one: (one.customer_id, one.sealed)):
        whole.update(one.customer_id.bytes + len(one.sealed).to_bytes(4, "big") + one.sealed)
    return whole.digest()
