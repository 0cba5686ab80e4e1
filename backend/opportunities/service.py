"""Moves of opportunities: the row, its history, audit entry and partitions, in one function each."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from backend.customers import api as customers
from backend.kernel.commands import Applied, Envelope
from backend.kernel.errors import not_allowed
from backend.kernel.ids import uuid7
from backend.kernel.uow import UnitOfWork
from backend.notify import api as notify
from backend.opportunities import queries
from backend.opportunities.errors import opportunity_missing, reason_missing, wrong_stage
from backend.opportunities.keepers import Keepers
from backend.opportunities.models import Opportunity, OpportunityStep
from backend.opportunities.rules import OPEN, STEPS, Stage, Verdict, in_turn, judged, room
from backend.opportunities.schemas import ReviewOpportunity, StepOpportunity
from backend.opportunities.shares import Shares
from backend.policy import api as policy

#: whose opportunities come with a message
HEAD = "branch_head"
#: the kind of row, one a customer, under the customer's id
KIND = "opportunity"


async def step(uow: UnitOfWork, body: StepOpportunity, envelope: Envelope) -> Applied:
    """Whoever looks after the customer says what they did, or what came of it; a place that becomes free
    goes to the next that waits.

    A contact or follow-up that comes when others are further is noted and changes nothing (`lost`). Raises
    Problem `out_of_scope`, `conflict_state`, `bad_value` (no reason).
    """
    if body.step == "lose" and body.reason is None:
        raise reason_missing()
    row = await queries.lock(uow, body.opportunity_id)
    verdict = judged(body.step, row.stage)
    if verdict is Verdict.against or (body.step == "reopen" and await _again(uow, row)):
        raise wrong_stage(row.stage, body.step)
    by, at = uow.actor.require_staff(), envelope.stands_at
    if verdict is Verdict.behind:
        note(uow, row, body.step, row.stage, at=at, by=by, counted=False, reason=body.reason)
        return Applied(lost=("step",))
    move(uow, row, body.step, at=at, by=by, reason=body.reason)
    row.outcome = row.stage if row.stage in (Stage.won, Stage.lost) else None
    row.reason = body.reason if row.stage == Stage.lost else None
    uow.audit(f"opportunity.{body.step}", KIND, row.id, {"customer": str(row.customer_id)})
    async with uow.elevated("what takes a free place is chosen by rule among all of the customer's"):
        await settle(uow, [row.customer_id])
    return Applied()


async def _again(uow: UnitOfWork, row: Opportunity) -> bool:
    """Whether the same event has raised another one since, which is the one to work on."""
    async with uow.elevated("that there is another one of the same event; nothing of it"):
        others = (await queries.living_of(uow, [row.customer_id])).get(row.customer_id, [])
    return any(one.event == row.event for one in others)


async def review(uow: UnitOfWork, body: ReviewOpportunity, envelope: Envelope) -> None:
    """A head of the branch has looked at what came of it; nobody at their own. Raises Problem
    `out_of_scope`, `conflict_state`, `not_allowed`."""
    row = await queries.lock(uow, body.opportunity_id)
    customer = next(iter(await customers.visible(uow, [row.customer_id])), None)
    if customer is None or customer.branch_id not in uow.actor.branch_ids:
        raise opportunity_missing()
    if judged("review", row.stage) is not Verdict.taken:
        raise wrong_stage(row.stage, "review")
    if row.stepped_by == uow.actor.staff_id:
        raise not_allowed("Nobody reviews their own work; the deputy or the head does.")
    kept = (row.stepped_at, row.stepped_by)
    move(uow, row, "review", at=envelope.stands_at, by=uow.actor.require_staff(), reason=body.note)
    # who closed it, and when, is what the branch's counts go by
    row.stepped_at, row.stepped_by = kept
    uow.audit("opportunity.review", KIND, row.id, {"outcome": row.outcome})
    uow.touch_all(customer.books, KIND, customer.id)


def move(
    uow: UnitOfWork,
    row: Opportunity,
    name: str,
    *,
    at: datetime,
    by: UUID | None = None,
    reason: str | None = None,
) -> None:
    """One step through the table, with its history."""
    before = row.stage
    assert judged(name, before) is Verdict.taken, f"{name} does not leave {before}"
    row.stage = STEPS[name].reaches.value
    row.stepped_at, row.stepped_by = at, by
    note(uow, row, name, before, at=at, by=by, reason=reason)


def note(
    uow: UnitOfWork,
    row: Opportunity,
    name: str,
    before: str | None,
    *,
    at: datetime,
    by: UUID | None = None,
    counted: bool = True,
    reason: str | None = None,
    decision_id: UUID | None = None,
) -> None:
    """A line of its history."""
    uow.session.add(
        OpportunityStep(
            id=uuid7(),
            opportunity_id=row.id,
            step=name,
            from_stage=before,
            to_stage=row.stage,
            counted=counted,
            staff_id=by,
            reason=reason,
            decision_id=decision_id,
            at=at,
        )
    )


async def settle(uow: UnitOfWork, ids: Sequence[UUID], *, tell: bool = True, shares: bool = False) -> None:
    """Takes up what waits and finds room, gives it to whom it belongs, and stamps the customers' rows, which
    moved. The caller holds the customers. With `tell` false no head hears of it; with `shares` nobody gets
    more than a day's. Needs the system's sight."""
    await uow.session.flush()
    living = await queries.living_of(uow, ids)
    found = {one.id: one for one in await customers.visible(uow, ids)}
    keepers = Keepers(uow)
    await _take_up(uow, found, living, keepers, await Shares.of_today(uow) if shares else None)
    for customer in found.values():
        await _assign(uow, customer, living.get(customer.id, []), keepers, tell=tell)
        uow.touch_all(customer.books, KIND, customer.id)
    await uow.session.flush()


async def _take_up(
    uow: UnitOfWork,
    found: Mapping[UUID, customers.Customer],
    living: Mapping[UUID, Sequence[Opportunity]],
    keepers: Keepers,
    shares: Shares | None,
) -> None:
    most = int(await policy.figure(uow, "opportunities_open_most"))
    rooms = {one: room(living.get(one, ()), most) for one in found}
    for row in in_turn((row for one in found for row in living.get(one, ())), uow.today):
        if not rooms[row.customer_id]:
            continue
        keeper = await keepers.of(found[row.customer_id], row.owner_role)
        if shares is None or await shares.deal(row, keeper):
            move(uow, row, "screen", at=uow.now)
            rooms[row.customer_id] -= 1


async def deal(uow: UnitOfWork, ids: Sequence[UUID]) -> None:
    """Takes up what waits with these customers, as far as their people have something left of today's shares.
    Job only."""
    await customers.lock_inputs(uow, ids)
    await settle(uow, ids, shares=True)


async def _assign(
    uow: UnitOfWork,
    customer: customers.Customer,
    rows: Iterable[Opportunity],
    keepers: Keepers,
    *,
    tell: bool = True,
) -> bool:
    """Gives what is open to whom it belongs now. Returns whether anything went to somebody else."""
    moved = False
    for row in rows:
        if row.stage not in OPEN:
            continue
        keeper = await keepers.of(customer, row.owner_role)
        if keeper is not None and row.assignee_id != keeper:
            if row.assignee_id is not None:
                uow.audit("opportunity.reassign", KIND, row.id, {"to": str(keeper)})
                await notify.withdraw(uow, row.assignee_id, dedupe=_once(row, row.assignee_id))
            row.assignee_id, moved = keeper, True
            if tell and row.owner_role == HEAD:
                await _tell(uow, row, keeper)
        if row.assignee_id is not None and row.stage == Stage.screened:
            move(uow, row, "assign", at=uow.now)
            moved = True
    return moved


async def _tell(uow: UnitOfWork, row: Opportunity, keeper: UUID) -> None:
    """A head's phone holds few customers: whom she is to see she is told, once an opportunity."""
    told = {"customer_id": str(row.customer_id), "event": row.event, "opportunity_id": str(row.id)}
    await notify.send(uow, keeper, KIND, told, dedupe=_once(row, keeper))


def _once(row: Opportunity, keeper: UUID) -> str:
    return f"{KIND}:{row.id}:{keeper}"


async def expire(uow: UnitOfWork, ids: Sequence[UUID]) -> None:
    """What is past its last day ends, whether it waited or somebody was at it; what waits behind it is taken
    up. Job only."""
    await customers.lock_inputs(uow, ids)
    for rows in (await queries.living_of(uow, ids)).values():
        for row in rows:
            if row.valid_until < uow.today:
                move(uow, row, "expire", at=uow.now)
    await settle(uow, ids, shares=True)


async def follow_people(uow: UnitOfWork, ids: Sequence[UUID]) -> None:
    """Customers moved, or the people of their grid changed: what is open goes to whom it belongs now. Job
    only."""
    await customers.lock_inputs(uow, ids)
    living = await queries.living_of(uow, ids)
    keepers = Keepers(uow)
    for customer in await customers.visible(uow, living):
        if customer.status == "active" and await _assign(uow, customer, living[customer.id], keepers):
            uow.touch_all(customer.books, KIND, customer.id)


async def follow_merge(uow: UnitOfWork, move_id: UUID, old: UUID, new: UUID) -> None:
    """A household became part of another: what is about the one is about the other, unless that has the
    same already; noted for the way back. Job only."""
    while (further := await customers.merged_on(uow, new)) is not None:
        move_id, new = further
    await customers.lock_inputs(uow, [old, new])
    living = await queries.living_of(uow, [old, new])
    same = {row.event for row in living.get(new, [])}
    went: list[str] = []
    for row in living.get(old, []):
        if row.event in same:
            move(uow, row, "expire", at=uow.now, reason="merged")
        else:
            row.customer_id = new
            went.append(str(row.id))
    if went:
        await customers.note_followed(uow, move_id, "opportunities", went)
    await settle(uow, [new])


async def follow_unmerge(uow: UnitOfWork, move_id: UUID, old: UUID, new: UUID) -> None:
    """A household is one of its own again: what went along with it goes back, whatever came of it. Job
    only."""
    went = set(await customers.followed(uow, move_id, "opportunities"))
    await customers.lock_inputs(uow, [old, new])
    mine = {row.event for row in (await queries.living_of(uow, [new])).get(new, [])}
    for row in (await queries.of_customers(uow, [old])).get(old, []):
        if row.id in went and row.event not in mine:
            row.customer_id = new
    await settle(uow, [old, new])
