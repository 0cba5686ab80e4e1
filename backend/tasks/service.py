"""Moves of tasks: the row, its history, audit entry, event and partitions, in one function each."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from backend.customers import api as customers
from backend.grids import api as grids
from backend.identity import api as identity
from backend.kernel.clock import millis
from backend.kernel.errors import not_allowed
from backend.kernel.ids import uuid7
from backend.kernel.uow import UnitOfWork
from backend.policy import api as policy
from backend.tasks import queries, team
from backend.tasks.errors import task_missing, weak_evidence, wrong_state
from backend.tasks.models import Duty, Task, TaskMove
from backend.tasks.rules import MOVES, State, TaskKind, allowed, approver_error, next_due
from backend.visits import api as visits

VISIT, CONTACT = "visit", "contact"


async def submit(uow: UnitOfWork, task_id: UUID, visit_id: UUID) -> Task:
    """The assignee hands a task in, with a visit as its evidence; the duty's next task gets its date.

    Raises Problem `out_of_scope`, `conflict_state`, `evidence_insufficient`.
    """
    task = await queries.lock(uow, task_id)
    if task.assignee_id != uow.actor.staff_id:
        raise task_missing()
    visit = next(iter(await visits.visits(uow, [visit_id])), None)
    if visit is None or visit.customer_id != task.customer_id or visit.staff_id != uow.actor.staff_id:
        raise weak_evidence("The visit is not yours, or it was made to another customer.")
    if task.duty_kind and not visits.fulfils(task.duty_kind, visit.channel, visit.outcome):
        raise weak_evidence("This duty wants the customer to have been met, at the place it names.")
    async with uow.elevated("a visit counts once for a duty, whoever's task it closed"):
        if await queries.counted(uow, task, visit.id):
            raise weak_evidence("This visit stands for an earlier task of the same duty already.")
    await _hand_in(uow, task, visit)
    return task


async def _hand_in(uow: UnitOfWork, task: Task, visit: visits.Visit) -> None:
    """The task with its evidence goes to the branch's heads; the duty's next task gets its date."""
    task.evidence_id = visit.id
    task.submitted_at = uow.now
    _move(uow, task, "submit", evidence_id=visit.id)
    if task.duty_kind:
        async with uow.elevated("the duty's clock is hidden from agents; it is set by rule, not shown"):
            await _duty_done(
                uow, task.customer_id, task.duty_kind, uow.clock.local(visit.at).date(), visit.next_on
            )
    uow.emit("tasks.submitted", {"task_id": str(task.id), "branch_id": str(task.branch_id)})


async def visit_placed(uow: UnitOfWork, visit_id: UUID) -> None:
    """A visit has found its household: its author's waiting task is handed in with it, as the phone does
    where it can read which household it stands at. Job only."""
    visit = next(iter(await visits.visits(uow, [visit_id])), None)
    if visit is None or not visits.fulfils(VISIT, visit.channel, visit.outcome):
        return
    await queries.duties(uow, visit.customer_id)
    for task in await queries.fresh_tasks(uow, visit.customer_id, VISIT):
        if task.assignee_id == visit.staff_id and not await queries.counted(uow, task, visit.id):
            await _hand_in(uow, task, visit)


async def approve(uow: UnitOfWork, task_id: UUID) -> None:
    """A head confirms the work; the task is closed with it. Raises Problem as `_decide`."""
    task = await _decide(uow, task_id, "approve", None)
    _move(uow, task, "close")
    task.closed_at = uow.now


async def send_back(uow: UnitOfWork, task_id: UUID, reason: str) -> None:
    """A head returns the work with a reason; the next task that it had brought is cancelled."""
    task = await _decide(uow, task_id, "return", reason)
    if task.duty_kind:
        async with uow.elevated("the duty's clock may belong to a customer outside the head's own grids"):
            for later in await queries.fresh_tasks(uow, task.customer_id, task.duty_kind):
                if later.id != task.id and later.state in (State.open, State.in_progress):
                    _move(uow, later, "cancel", reason="returned")
            duty = (await queries.duties(uow, task.customer_id)).get(task.duty_kind)
            if duty is not None:
                duty.due_on = task.due_on


async def withdraw(uow: UnitOfWork, task_id: UUID) -> None:
    """The assignee takes back what nobody has decided; the next task that it had brought is cancelled.

    The task goes on naming its visit, as returned work does: it may be handed in with it again.
    Raises Problem `out_of_scope`, `conflict_state` where a head was first.
    """
    task = await queries.lock(uow, task_id)
    if task.assignee_id != uow.actor.staff_id:
        raise task_missing()
    if not allowed("withdraw", task.state):
        raise wrong_state(task.state, "withdraw")
    if task.duty_kind:
        async with uow.elevated("the duty's clock is hidden from agents; it is set by rule, not shown"):
            await _take_back(uow, task)
    uow.touch(f"team:{task.branch_id}", "approval", task.id, gone=True)
    task.submitted_at = None
    _move(uow, task, "withdraw")


async def _take_back(uow: UnitOfWork, task: Task) -> None:
    """The duty's clock as it was before the task was handed in."""
    assert task.duty_kind is not None
    for later in await queries.fresh_tasks(uow, task.customer_id, task.duty_kind):
        if later.id != task.id and later.state in (State.open, State.in_progress):
            _move(uow, later, "cancel", reason="withdrawn")
    duty = (await queries.duties(uow, task.customer_id)).get(task.duty_kind)
    if duty is not None:
        duty.due_on = task.due_on
    await uow.session.flush()


async def _decide(uow: UnitOfWork, task_id: UUID, move: str, reason: str | None) -> Task:
    """Raises Problem `out_of_scope`, `not_allowed` (own work), `conflict_state`."""
    task = await queries.lock(uow, task_id)
    if task.branch_id not in uow.actor.branch_ids:
        raise task_missing()
    if wrong := approver_error(task.assignee_id, uow.actor.staff_id):
        raise not_allowed(wrong)
    task.decided_at = uow.now
    task.decided_by = uow.actor.staff_id
    task.reason = reason
    _move(uow, task, move, reason=reason)
    uow.emit(
        "tasks.decided",
        {
            "task_id": str(task.id),
            "assignee_id": str(task.assignee_id),
            "customer_id": str(task.customer_id),
            "result": "approved" if move == "approve" else "returned",
            "visit_id": str(task.evidence_id),
            "at": millis(uow.now),
        },
    )
    return task


def _move(
    uow: UnitOfWork,
    task: Task,
    move: str,
    *,
    reason: str | None = None,
    evidence_id: UUID | None = None,
) -> None:
    """One step through the table of moves, with its history. Raises Problem `conflict_state`."""
    if not allowed(move, task.state):
        raise wrong_state(task.state, move)
    before, task.state = task.state, MOVES[move].reaches.value
    uow.session.add(
        TaskMove(
            id=uuid7(),
            task_id=task.id,
            move=move,
            from_state=before,
            to_state=task.state,
            staff_id=uow.actor.staff_id,
            reason=reason,
            evidence_id=evidence_id,
            at=uow.now,
        )
    )
    uow.audit(f"task.{move}", "task", task.id, {"from": before})
    _touch(uow, task)


def _touch(uow: UnitOfWork, task: Task) -> None:
    uow.touch(f"staff:{task.assignee_id}", "task", task.id, gone=task.state in ("cancelled", "expired"))
    if task.submitted_at is not None:
        uow.touch(f"team:{task.branch_id}", "approval", task.id)
    team.moved(uow, task.branch_id)


async def _duty_done(
    uow: UnitOfWork, customer_id: UUID, duty_kind: str, done_on: date, wanted: date | None
) -> None:
    """The clock starts anew: the next due day is set and its task opened.

    A visit older than the last one that counted moves nothing; the duty keeps a task all the same.
    """
    duty = (await queries.duties(uow, customer_id)).get(duty_kind)
    if duty is None:
        return
    if duty.last_done_on is None or duty.last_done_on <= done_on:
        duty.last_done_on = done_on
        duty.due_on = next_due(done_on, duty.rhythm_days, wanted)
    await uow.session.flush()
    await open_follow_up(uow, duty)


async def open_follow_up(uow: UnitOfWork, duty: Duty) -> None:
    """The duty's fresh task: opened if there is none, its day moved if there is. Needs the system's scope."""
    fresh = await queries.fresh_tasks(uow, duty.customer_id, duty.duty_kind)
    for task in fresh:
        if task.state == State.returned:
            continue
        if task.due_on != duty.due_on or task.rhythm_days != duty.rhythm_days:
            task.due_on, task.rhythm_days = duty.due_on, duty.rhythm_days
            _touch(uow, task)
        return
    if fresh:
        return  # returned work is the duty's task until it is handed in again; it keeps its day
    customer = next(iter(await customers.visible(uow, [duty.customer_id])), None)
    if customer is None or customer.status != "active":
        return
    assignee = await assignee_for(uow, customer, duty.duty_kind)
    if assignee is None:
        return
    task = Task(
        id=uuid7(),
        kind=TaskKind.follow_up.value,
        duty_kind=duty.duty_kind,
        customer_id=customer.id,
        customer_name=customer.name,
        grid_id=customer.grid_id,
        branch_id=customer.branch_id,
        assignee_id=assignee,
        state=State.open.value,
        due_on=duty.due_on,
        rhythm_days=duty.rhythm_days,
        opened_at=uow.now,
        evidence_id=None,
        submitted_at=None,
        decided_at=None,
        decided_by=None,
        reason=None,
        closed_at=None,
    )
    uow.session.add(task)
    await uow.session.flush()
    _touch(uow, task)


async def assignee_for(uow: UnitOfWork, customer: customers.Customer, duty_kind: str) -> UUID | None:
    """Who keeps a duty: the owner, but contact with a household is its grid's agent's where the grid has one.

    The rule does not look at the tier, so that an agent learns nothing of it from having a task.
    """
    if duty_kind == CONTACT and customer.kind == "household" and customer.grid_id is not None:
        for holder in await grids.holders(uow, customer.grid_id, uow.today):
            if holder.duty == "agent":
                return holder.staff_id
    if customer.grid_id is not None and customer.owner_id is not None:
        ground = await grids.facts(uow, customer.grid_id)
        if ground is not None and ground.manager_id == customer.owner_id:
            for holder in await grids.holders(uow, customer.grid_id, uow.today, duty=grids.Duty.stand_in):
                return holder.staff_id
    return customer.owner_id


async def keeper_of(uow: UnitOfWork, customer: customers.Customer) -> UUID | None:
    """The person of the bank who looks after a customer today: the owner, or who stands in for them."""
    return await assignee_for(uow, customer, VISIT)


async def visits_logged(uow: UnitOfWork, visit_ids: Sequence[UUID]) -> None:
    """A contact by whatever person winds the clocks it satisfies; a contact duty needs no approval and
    closes."""
    # customers in one order, so that nobody waits for each other
    for visit in sorted(
        await visits.visits(uow, visit_ids), key=lambda one: (one.customer_id, one.at, one.id)
    ):
        await _visit_logged(uow, visit)


async def _visit_logged(uow: UnitOfWork, visit: visits.Visit) -> None:
    on = uow.clock.local(visit.at).date()
    for duty in (await queries.duties(uow, visit.customer_id)).values():
        if not visits.fulfils(duty.duty_kind, visit.channel, visit.outcome):
            continue
        if duty.duty_kind == VISIT:
            continue  # a visit duty is done when its assignee submits it, not by anybody's passing by
        if visit.id in await queries.evidence_of(uow, visit.customer_id, duty.duty_kind):
            continue  # handed in with its task, which wound the clock to the agreed day
        for task in await queries.fresh_tasks(uow, visit.customer_id, duty.duty_kind):
            if task.due_on <= on or duty.last_done_on is None or duty.last_done_on < on:
                task.evidence_id = visit.id
                _move(uow, task, "close", evidence_id=visit.id)
                task.closed_at = uow.now
        await uow.session.flush()
        await _duty_done(uow, visit.customer_id, duty.duty_kind, on, None)


async def rhythm_changed(uow: UnitOfWork, customer_id: UUID, contact_days: int, visit_days: int) -> None:
    """A new tier brings a new rhythm: clocks are made or reset; a shorter rhythm pulls the due day in."""
    duties = await queries.duties(uow, customer_id)
    for kind, days in ((CONTACT, contact_days), (VISIT, visit_days)):
        duty = duties.get(kind)
        if duty is None:
            first = min(days, await policy.figure(uow, "new_customer_due_days"))
            duty = Duty(
                customer_id=customer_id,
                duty_kind=kind,
                rhythm_days=days,
                due_on=next_due(uow.today, first, None),
                last_done_on=None,
            )
            uow.session.add(duty)
        elif duty.rhythm_days != days:
            duty.rhythm_days = days
            if duty.last_done_on is not None:
                duty.due_on = min(duty.due_on, next_due(duty.last_done_on, days, None))
        else:
            continue
        await uow.session.flush()
        await open_follow_up(uow, duty)


async def duties_moved(uow: UnitOfWork, grid_id: UUID) -> None:
    """People of a grid changed, or its branch: its tasks that nobody has handed in go to whom they now
    belong, and what was decided leaves heads who see it no more. Job only."""
    await _follow(uow, await queries.running_in_grid(uow, grid_id))
    await uow.session.flush()
    if (ground := await grids.facts(uow, grid_id)) is not None:
        team.moved(uow, ground.branch_id)
    await team.moved_of(uow, [grid_id])
    _leave_heads(uow, await queries.strayed_in_grid(uow, grid_id))


def _leave_heads(uow: UnitOfWork, strayed: Iterable[Any]) -> None:
    for book, task_id in strayed:
        uow.touch(book, "approval", task_id, gone=True)


async def follow_customer(uow: UnitOfWork, customer_id: UUID) -> None:
    """The customer lies elsewhere: its tasks go to those who look after it there, and what was decided of it
    leaves the heads who see it no more. Job only."""
    await _follow(uow, await queries.running_of_customer(uow, customer_id))
    await uow.session.flush()
    await _customers_moved(uow, [customer_id])
    _leave_heads(uow, await queries.strayed_of_customer(uow, customer_id))


async def _customers_moved(uow: UnitOfWork, ids: Sequence[UUID]) -> None:
    """Heads of the branches where they lie now, or lay before, have other rows."""
    for customer in await customers.visible(uow, ids):
        team.moved(uow, customer.branch_id)
    await team.moved_of(uow, ids)


async def follow_merge(uow: UnitOfWork, old: UUID, new: UUID) -> None:
    """A household became part of another: its waiting work is cancelled, for the other has its own; what was
    handed in
    is decided as the other's. Job only."""
    while (further := await customers.merged_on(uow, new)) is not None:
        new = further[1]
    for task in await queries.running_of_customer(uow, old):
        if task.state == State.submitted:
            task.customer_id = new
            _touch(uow, task)
        else:
            _move(uow, task, "cancel", reason="merged")
    await uow.session.flush()
    await _follow(uow, await queries.running_of_customer(uow, new))
    await _customers_moved(uow, [old, new])


async def follow_unmerge(uow: UnitOfWork, customer_id: UUID) -> None:
    """A household is one of its own again: its clocks open their tasks. Job only."""
    for duty in (await queries.duties(uow, customer_id)).values():
        await open_follow_up(uow, duty)


async def _follow(uow: UnitOfWork, running: list[Task]) -> None:
    """Work handed in goes with the customer to its branch, whose head decides; it stays its author's."""
    known = customers.by_id(await customers.visible(uow, {task.customer_id for task in running}))
    for task in running:
        customer = known.get(task.customer_id)
        if customer is None:
            continue
        moved = task.branch_id != customer.branch_id
        if moved and task.submitted_at is not None:
            home = f"team:{customer.branch_id}"
            uow.touch(f"team:{task.branch_id}", "approval", task.id, gone=True, moved_to=home)
            uow.touch(home, "approval", task.id)
        if moved or task.grid_id != customer.grid_id:
            team.moved(uow, task.branch_id)
            task.branch_id, task.grid_id = customer.branch_id, customer.grid_id
            _touch(uow, task)
        if task.state == State.submitted or task.duty_kind is None:
            continue
        assignee = await assignee_for(uow, customer, task.duty_kind)
        if assignee is None and moved:
            # nobody looks after it there yet: the head knows of the work until somebody does
            assignee = next(iter(await identity.heads_of(uow, customer.branch_id)), None)
        if assignee is None or assignee == task.assignee_id:
            continue
        uow.touch(f"staff:{task.assignee_id}", "task", task.id, gone=True, moved_to=f"staff:{assignee}")
        uow.audit("task.reassign", "task", task.id, {"from": str(task.assignee_id), "to": str(assignee)})
        task.assignee_id = assignee
        _touch(uow, task)
