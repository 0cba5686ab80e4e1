"""Results: made by a job once enough forms count, then reviewed twice at the branch."""

from collections.abc import Iterable
from uuid import UUID

from backend.customers import api as customers
from backend.evaluation import inheriting, queries
from backend.evaluation.errors import bad_value, moved_on
from backend.evaluation.models import EvaluationResult, EvaluationSession
from backend.evaluation.rules import Answers, Outcome, together
from backend.evaluation.schemas import Reviewed, ReviewResults
from backend.evaluation.sealing import all_opened
from backend.evaluation.service import KIND, locked, moved
from backend.grids import api as grids
from backend.identity import api as identity
from backend.kernel.actor import HEADS
from backend.kernel.commands import Envelope
from backend.kernel.uow import UnitOfWork
from backend.notify import api as notify

FIRST, SECOND = 1, 2


async def reckon(uow: UnitOfWork, session_id: UUID) -> None:
    """Opens what can be opened of a session, and tells who reviews it first. Job only."""
    row = await locked(uow, session_id)
    if not await open_results(uow, row):
        return
    ground = await grids.facts_anywhere(uow, row.grid_id)
    manager = ground.manager_id if ground else None
    told = [manager] if manager else await identity.heads_of(uow, row.branch_id)
    for person in told:
        await notify.send(
            uow,
            person,
            "evaluation_opened",
            {"session_id": str(row.id)},
            dedupe=f"evaluation_opened:{row.id}:{person}",
        )


async def open_results(uow: UnitOfWork, row: EvaluationSession) -> int:
    """Opens, and works out anew, the results of the households of which enough forms count. Returns how many
    are new. Job only.

    What is here already as these forms say it stays untouched, so that doing it twice changes nothing.
    """
    session_id = row.id
    figures = await queries.figures(uow)
    known = {one.customer_id: one for one in await queries.results(uow, [session_id])}
    ripe = {
        customer_id
        for customer_id, count in (await queries.counted(uow, session_id)).items()
        if count >= figures.forms_needed and (customer_id not in known or known[customer_id].counted != count)
    }
    answers: dict[UUID, list[Answers]] = {}
    for form, said in all_opened(uow.keys.seal, await queries.forms(uow, session_id, ripe)):
        answers.setdefault(form.customer_id, []).append(said)
    for customer_id, given in answers.items():
        _keep(uow, row, known.get(customer_id), customer_id, together(given, figures))
    if not answers:
        return 0
    await uow.session.flush()
    moved(uow, row)
    fresh = answers.keys() - known.keys()
    if fresh:
        uow.audit("evaluation.opened", KIND, row.id, {"households": len(fresh)})
    return len(fresh)


def _keep(
    uow: UnitOfWork,
    session: EvaluationSession,
    row: EvaluationResult | None,
    customer_id: UUID,
    outcome: Outcome,
) -> None:
    if row is None:
        row = EvaluationResult(
            session_id=session.id, customer_id=customer_id, counts_for=customer_id, opened_at=uow.now
        )
        uow.session.add(row)
    row.counted, row.known, row.percent = outcome.counted, outcome.known, outcome.percent
    row.low_percent, row.high_percent = outcome.low, outcome.high
    row.grades, row.limit_fen = dict(outcome.grades), outcome.limit_fen
    row.flags = [flag.value for flag in outcome.flags]


async def review(uow: UnitOfWork, body: ReviewResults, _envelope: Envelope) -> None:
    """As `judge`; after the first review the heads are told that the second is theirs."""
    row = await judge(uow, body)
    if body.round == SECOND:
        return
    for person in await identity.heads_of(uow, row.branch_id):
        if person not in (uow.actor.staff_id, row.host_id):
            await notify.send(
                uow,
                person,
                "evaluation_reviewed",
                {"session_id": str(row.id)},
                dedupe=f"evaluation_reviewed:{row.id}:{person}",
            )


async def judge(uow: UnitOfWork, body: ReviewResults) -> EvaluationSession:
    """The first review (manager or head) or the second (a head who did not do the first, and does not host).

    Raises Problem `out_of_scope`, `bad_value`, `conflict_state`; then none of it has taken effect.
    """
    row = await locked(uow, body.session_id)
    if body.round == SECOND and uow.actor.role not in HEADS:
        raise bad_value("The second review is the head's.")
    if body.round == SECOND and uow.actor.staff_id == row.host_id:
        raise bad_value("Who hosted the session does not have the last word on it.")
    results = shown_as(await queries.results(uow, [row.id]))
    if len({one.customer_id for one in body.items}) != len(body.items):
        raise bad_value("A household stands twice in one review.")
    for item in body.items:
        result = results.get(item.customer_id)
        if result is None:
            raise moved_on("The result of a household is not open.")
        _review_one(uow, result, body.round, item)
    await uow.session.flush()
    done = [one.customer_id for one in body.items]
    uow.audit("evaluation.reviewed", KIND, row.id, {"round": body.round, "households": len(done)})
    moved(uow, row)
    if body.round == SECOND:
        await _stand(uow, row.id, done, results)
    return row


def shown_as(rows: Iterable[EvaluationResult]) -> dict[UUID, EvaluationResult]:
    """Results by the household as which they are shown: of one that became part of another, as the other's,
    where this has none of its own in the same session."""
    own = {one.customer_id: one for one in rows}
    return own | {one.counts_for: one for one in own.values() if one.counts_for not in own}


def _review_one(uow: UnitOfWork, row: EvaluationResult, round_: int, item: Reviewed) -> None:
    if item.counted != row.counted:
        raise moved_on(f"{row.counted} forms count by now, the review saw {item.counted}.")
    if round_ == FIRST:
        if row.second_by is not None and row.second_counted == row.counted:
            raise moved_on("It was reviewed twice already.")
        before = row.percent
    else:
        if row.first_by is None or row.first_counted != row.counted:
            raise moved_on("The first review comes before the second.")
        if row.first_by == uow.actor.staff_id:
            raise bad_value("The two reviews are two people's.")
        before = row.first_percent
    reason = item.reason.strip()
    if item.percent != before and not reason:
        raise bad_value("A changed score needs its reason.")
    if round_ == FIRST:
        row.first_percent, row.first_counted, row.first_reason = item.percent, item.counted, reason or None
        row.first_by, row.first_at = uow.actor.staff_id, uow.now
        # decided on fewer forms: it is looked at again, and what was settled stands until then
        row.second_percent = row.second_counted = row.second_reason = row.second_by = row.second_at = None
    else:
        row.second_percent, row.second_counted, row.second_reason = item.percent, item.counted, reason or None
        row.second_by, row.second_at = uow.actor.staff_id, uow.now
        row.settled_percent, row.settled_at = item.percent, uow.now


async def _stand(
    uow: UnitOfWork, session_id: UUID, done: list[UUID], results: dict[UUID, EvaluationResult]
) -> None:
    """From now on these results count in the score, in place of those of former sessions."""
    async with uow.elevated("the former result may be of a session that the actor does not see"):
        await queries.lock_heirs(uow)
        for former in await queries.former_current(uow, done, session_id):
            former.current = False
        await inheriting.settled(uow, [one for one in done if results[one].customer_id == one])
        for customer_id in done:
            results[customer_id].current = True
        await uow.session.flush()
    for customer_id in done:
        await customers.inputs_changed(uow, customer_id, "evaluation")


async def follow_customer(uow: UnitOfWork, customer_id: UUID) -> None:
    """The household moved, or is part of another one: phones hear who may still see its result. Job only."""
    for row in await queries.naming(uow, customer_id):
        moved(uow, row)
