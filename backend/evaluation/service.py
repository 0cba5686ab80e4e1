"""Sessions and what reviewers hand in: the row, its audit entry and its event, in one function each."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from backend.customers import api as customers
from backend.evaluation import queries
from backend.evaluation.errors import bad_value, closed, handed_in, id_taken, session_missing
from backend.evaluation.models import EvaluationForm, EvaluationReviewer, EvaluationSession
from backend.evaluation.rules import Knows
from backend.evaluation.schemas import CreateSession, HandIn, SealedForm
from backend.evaluation.sealing import context, opened
from backend.grids import api as grids
from backend.identity import api as identity
from backend.kernel.commands import Envelope
from backend.kernel.uow import UnitOfWork
from backend.notify import api as notify

KIND = "evaluation"
FAMILY, SAID = "family", "said"


def books_of(row: EvaluationSession) -> list[str]:
    """The partitions in which a session lies: the grid's, and the one of the branch's heads."""
    return [grids.book_of(row.grid_id), f"team:{row.branch_id}"]


async def locked(uow: UnitOfWork, session_id: UUID) -> EvaluationSession:
    """The session, if the actor may see it, locked: what is handed in and what is reckoned take turns.

    Raises Problem `out_of_scope`.
    """
    row = await queries.session(uow, session_id)
    if row is None:
        raise session_missing()
    async with uow.elevated("a lock shows nothing of the row; no actor may change one"):
        await queries.lock(uow, session_id)
    return row


def moved(uow: UnitOfWork, row: EvaluationSession) -> None:
    """The session's row on phones changed."""
    uow.touch_all(books_of(row), KIND, row.id)


async def create(uow: UnitOfWork, body: CreateSession, _envelope: Envelope) -> tuple[str, ...]:
    """As `plan`; another host than the actor is told."""
    lost = await plan(uow, body)
    if body.host_id != uow.actor.staff_id:
        await notify.send(
            uow,
            body.host_id,
            "evaluation_planned",
            {"session_id": str(body.id)},
            dedupe=f"evaluation:{body.id}",
        )
    return lost


async def plan(uow: UnitOfWork, body: CreateSession) -> tuple[str, ...]:
    """A session in one of the actor's grids. Returns the fields of which not all was taken: households that
    have moved or become part of others since. Raises Problem `out_of_scope`, `bad_value`, `id_taken`.
    """
    ground = await grids.facts(uow, body.grid_id)
    if ground is None or not (body.grid_id in uow.actor.grid_ids or ground.branch_id in uow.actor.branch_ids):
        raise session_missing()
    reviewer_ids = [one.id for one in body.reviewers]
    if len(set(reviewer_ids)) != len(reviewer_ids):
        raise bad_value("Two reviewers have the same id.")
    if any(not one.name.strip() for one in body.reviewers):
        raise bad_value("A reviewer's name is empty.")
    await _check_host(uow, body, ground.branch_id)
    async with uow.elevated("the ids may belong to what the actor cannot see"):
        if await queries.session(uow, body.id) is not None or await queries.taken(uow, reviewer_ids):
            raise id_taken("session")
    there = await queries.households(uow, body.grid_id, body.customer_ids)
    chosen = [one for one in dict.fromkeys(body.customer_ids) if one in there]
    if not chosen:
        raise bad_value("None of these is a household of the grid.")
    own = {one.customer_id for one in body.reviewers if one.customer_id is not None}
    if own - {row.id for row in await customers.visible(uow, own)}:
        raise bad_value("A reviewer's household lies outside what you look after.")
    row = EvaluationSession(
        id=body.id,
        grid_id=body.grid_id,
        branch_id=ground.branch_id,
        held_on=body.held_on,
        place=body.place.strip(),
        host_id=body.host_id,
        created_by=uow.actor.staff_id,
        created_at=uow.now,
        customer_ids=chosen,
    )
    uow.session.add(row)
    await uow.session.flush()
    uow.session.add_all(
        EvaluationReviewer(
            id=one.id,
            session_id=row.id,
            position=position,
            name=one.name.strip(),
            role=one.role.value,
            customer_id=one.customer_id,
            handed_in_at=None,
            taken_by=None,
            forms=0,
        )
        for position, one in enumerate(body.reviewers)
    )
    await uow.session.flush()
    uow.audit(
        "evaluation.created",
        KIND,
        row.id,
        {
            "grid": str(row.grid_id),
            "host": str(row.host_id),
            "reviewers": len(body.reviewers),
            "households": len(chosen),
        },
    )
    moved(uow, row)
    return ("customer_ids",) if len(chosen) < len(set(body.customer_ids)) else ()


async def _check_host(uow: UnitOfWork, body: CreateSession, branch_id: UUID) -> None:
    """Who hosts it must have it on their phone: somebody who holds the grid, or a head of its branch, or the
    actor."""
    if body.host_id == uow.actor.staff_id:
        return
    holders = {one.staff_id for one in await grids.holders(uow, body.grid_id, uow.today)}
    if body.host_id not in holders and body.host_id not in await identity.heads_of(uow, branch_id):
        raise bad_value("The host does not hold this grid.")


async def hand_in(uow: UnitOfWork, body: HandIn, envelope: Envelope) -> None:
    """All forms of one reviewer, from the phone of whoever hosts.

    Raises Problem `out_of_scope`, and what `take` raises; then none of it has taken effect.
    """
    row = await locked(uow, body.session_id)
    # what a phone had sealed before the end counts, however long it was on its way
    if row.closed_at is not None and envelope.stands_at > row.closed_at:
        raise closed()
    await take(uow, row, body.reviewer_id, body.forms, envelope.observed_at, envelope.staff_id)


async def take(
    uow: UnitOfWork,
    row: EvaluationSession,
    reviewer_id: UUID,
    forms: Sequence[SealedForm],
    at: datetime,
    taken_by: UUID | None,
) -> None:
    """All forms of one reviewer of a locked session, kept sealed as they came. `taken_by`: whose phone
    brought them; None for the reviewer's own.

    Each is opened once to see that it is a form and whether its author is a relative; what it says is not
    kept anywhere. Raises Problem `bad_value`, `conflict_state`.
    """
    named = [one.customer_id for one in forms]
    if len(set(named)) != len(named) or not set(named) <= set(row.customer_ids):
        raise bad_value("A form is about a household that the session does not judge, or two are about one.")
    reviewer = await reviewer_of(uow, row, reviewer_id)
    if reviewer.handed_in_at is not None:
        raise handed_in()
    said = {
        one.customer_id: opened(
            uow.keys.seal, one.sealed, context(row.id, reviewer.id, one.customer_id)
        ).knows
        for one in forms
    }
    async with uow.elevated("sealed forms are nobody's to read; whose family it is, is not answered"):
        kin = await customers.kin_of(uow, reviewer.customer_id) if reviewer.customer_id else frozenset()
        uow.session.add_all(
            EvaluationForm(
                reviewer_id=reviewer.id,
                customer_id=one.customer_id,
                session_id=row.id,
                sealed=one.sealed,
                excluded=_excluded(one.customer_id, kin, said),
            )
            for one in forms
        )
        reviewer.handed_in_at, reviewer.taken_by = at, taken_by
        reviewer.forms = len(forms)
        await uow.session.flush()
    detail = {"reviewer": str(reviewer.id), "forms": len(forms), "own_phone": taken_by is None}
    uow.audit("evaluation.handed_in", KIND, row.id, detail)
    moved(uow, row)
    uow.emit("evaluation.handed_in", {"session_id": str(row.id)})


async def reviewer_of(uow: UnitOfWork, row: EvaluationSession, reviewer_id: UUID) -> EvaluationReviewer:
    """A reviewer of the session. Raises Problem `bad_value`."""
    for one in (await queries.reviewers(uow, [row.id])).get(row.id, ()):
        if one.id == reviewer_id:
            return one
    raise bad_value("The session has no such reviewer.")


def _excluded(customer_id: UUID, kin: frozenset[UUID], said: Mapping[UUID, Knows]) -> str | None:
    if customer_id in kin:
        return FAMILY
    return SAID if said[customer_id] is Knows.relative else None
