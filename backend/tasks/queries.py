"""Reads of tasks and duties, under the actor's row security.

Who locks both takes the customer's duties before its tasks, whichever of them is wanted: two that took them
in different order would wait for each other.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, text

from backend.customers import api as customers
from backend.kernel.uow import UnitOfWork
from backend.tasks.errors import task_missing
from backend.tasks.models import Duty, Task
from backend.visits import api as visits


async def lock(uow: UnitOfWork, task_id: UUID) -> Task:
    """The task, locked for a move, with its customer's duties. Raises Problem `out_of_scope`."""
    locked: UUID | None = None
    while True:
        customer_id = await uow.session.scalar(select(Task.customer_id).where(Task.id == task_id))
        if customer_id is None:
            raise task_missing()
        if customer_id != locked:
            async with uow.elevated("the duty's clock is hidden from agents; it is held still, not shown"):
                await duties(uow, customer_id)
            locked = customer_id
        row = await uow.session.scalar(
            select(Task).where(Task.id == task_id).with_for_update().execution_options(populate_existing=True)
        )
        if row is None:
            raise task_missing()
        if row.customer_id == locked:  # else its household was merged just now
            return row


async def tasks(uow: UnitOfWork, ids: Iterable[UUID]) -> list[Task]:
    """Tasks by id."""
    return list(await uow.session.scalars(select(Task).where(Task.id.in_(list(ids)))))


async def waiting_of(uow: UnitOfWork, customer_id: UUID) -> Sequence[str]:
    """The ids of a customer's tasks that wait for somebody."""
    rows = select(Task.id).where(
        Task.customer_id == customer_id, Task.state.in_(("open", "in_progress", "submitted", "returned"))
    )
    return [str(one) for one in await uow.session.scalars(rows.order_by(Task.due_on, Task.id))]


async def customer_of_evidence(uow: UnitOfWork, task_id: UUID, visit_id: UUID, staff_id: UUID) -> UUID | None:
    """The customer of a task, if `staff_id` made this visit to the same customer."""
    found = await visits.visits(uow, [visit_id])
    if not found or found[0].staff_id != staff_id:
        return None
    return await uow.session.scalar(
        select(Task.customer_id).where(Task.id == task_id, Task.customer_id == found[0].customer_id)
    )


async def fresh_tasks(uow: UnitOfWork, customer_id: UUID, duty_kind: str) -> list[Task]:
    """Follow-ups of a duty that nobody has submitted yet, locked; the caller holds the duty."""
    return list(
        await uow.session.scalars(
            select(Task)
            .where(
                Task.customer_id == customer_id,
                Task.duty_kind == duty_kind,
                Task.kind == "follow_up",
                Task.state.in_(("open", "in_progress", "returned")),
            )
            .order_by(Task.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


async def duties(uow: UnitOfWork, customer_id: UUID) -> dict[str, Duty]:
    """A customer's clocks by kind, locked."""
    rows = await uow.session.scalars(
        select(Duty)
        .where(Duty.customer_id == customer_id)
        .order_by(Duty.duty_kind)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.duty_kind: row for row in rows}


async def evidence_of(uow: UnitOfWork, customer_id: UUID, duty_kind: str) -> set[UUID | None]:
    """The visits that stand as evidence for tasks of a duty, whatever became of those; not of what was taken
    back."""
    return set(
        await uow.session.scalars(
            select(Task.evidence_id).where(
                Task.customer_id == customer_id,
                Task.duty_kind == duty_kind,
                Task.evidence_id.is_not(None),
                Task.state != "in_progress",
            )
        )
    )


async def counted(uow: UnitOfWork, task: Task, visit_id: UUID) -> bool:
    """Whether a visit is the evidence of another task of the same kind and duty."""
    found = await uow.session.scalar(
        select(Task.id)
        .where(
            Task.customer_id == task.customer_id,
            Task.kind == task.kind,
            Task.duty_kind.is_not_distinct_from(task.duty_kind),
            Task.evidence_id == visit_id,
            Task.id != task.id,
            Task.state != "cancelled",
        )
        .limit(1)
    )
    return found is not None


async def by_evidence(uow: UnitOfWork, visit_ids: Iterable[UUID]) -> list[Task]:
    """Tasks whose evidence is one of the visits."""
    return list(await uow.session.scalars(select(Task).where(Task.evidence_id.in_(list(visit_ids)))))


async def of_branch(uow: UnitOfWork, ids: Sequence[UUID]) -> Sequence[Any]:
    """Rows for approvals: task, grid name and the customer's point and tier."""
    statement = text(
        "SELECT t.id, g.name AS grid_name, c.lon, c.lat, p.tier FROM task t"
        " JOIN customer c ON c.id = t.customer_id LEFT JOIN grid g ON g.id = t.grid_id"
        " LEFT JOIN profile p ON p.customer_id = t.customer_id WHERE t.id = ANY(:ids)"
    )
    return (await uow.session.execute(statement, {"ids": list(ids)})).all()


async def due_counts(uow: UnitOfWork, today: date) -> Sequence[Any]:
    """Per assignee with something due: tasks due up to today and those overdue."""
    statement = text(
        "SELECT t.assignee_id, count(*) AS due, count(*) FILTER (WHERE t.due_on < :today) AS overdue"
        " FROM task t JOIN staff s ON s.id = t.assignee_id AND s.active"
        " WHERE t.state IN ('open', 'in_progress', 'returned') AND t.due_on <= :today"
        " GROUP BY t.assignee_id ORDER BY t.assignee_id"
    )
    return (await uow.session.execute(statement, {"today": today})).all()


async def waiting_count(uow: UnitOfWork, branch_id: UUID) -> int:
    """Submitted tasks of a branch."""
    statement = text("SELECT count(*) FROM task WHERE branch_id = :branch AND state = 'submitted'")
    return (await uow.session.scalar(statement, {"branch": branch_id})) or 0


async def running_in_grid(uow: UnitOfWork, grid_id: UUID) -> list[Task]:
    """Tasks of a grid's customers that are not closed, locked with their duties. By the customer's grid: a
    task may lag behind.
    """
    here = select(customers.Customer.id).where(customers.Customer.grid_id == grid_id)
    return await _running(uow, Task.customer_id.in_(here))


async def running_of_customer(uow: UnitOfWork, customer_id: UUID) -> list[Task]:
    """Tasks of a customer that are not closed, locked with their duties."""
    return await _running(uow, Task.customer_id == customer_id)


# the households, and those that have become part of them
_STRAYED = (
    "WITH RECURSIVE part(id, branch) AS (SELECT id, branch_id FROM customer WHERE {} AND status <> 'merged'"
    " UNION SELECT m.customer_id, p.branch FROM customer_move m JOIN part p ON p.id = m.other_id"
    " WHERE m.kind = 'merge' AND m.undone_at IS NULL)"
    " SELECT c.book, c.row_id FROM part p JOIN task t ON t.customer_id = p.id AND t.branch_id <> p.branch"
    " JOIN sync_change c ON c.book = 'team:' || t.branch_id AND c.kind = 'approval' AND c.row_id = t.id::text"
    " WHERE NOT c.gone ORDER BY c.book, c.row_id"
)
STRAYED_OF_CUSTOMER = text(_STRAYED.format("id = :id"))
STRAYED_IN_GRID = text(_STRAYED.format("grid_id = :id"))


async def strayed_of_customer(uow: UnitOfWork, customer_id: UUID) -> Sequence[Any]:
    """(book, row_id) of decided work about a customer that lies with heads of other branches. Job only."""
    return (await uow.session.execute(STRAYED_OF_CUSTOMER, {"id": customer_id})).all()


async def strayed_in_grid(uow: UnitOfWork, grid_id: UUID) -> Sequence[Any]:
    """As `strayed_of_customer`, for a grid's customers. Job only."""
    return (await uow.session.execute(STRAYED_IN_GRID, {"id": grid_id})).all()


async def _running(uow: UnitOfWork, which: ColumnElement[bool]) -> list[Task]:
    running = (which, Task.state.in_(("open", "in_progress", "returned", "submitted")))
    await uow.session.execute(
        select(Duty.customer_id)
        .where(Duty.customer_id.in_(select(Task.customer_id).where(*running)))
        .order_by(Duty.customer_id, Duty.duty_kind)
        .with_for_update()
    )
    return list(
        await uow.session.scalars(
            select(Task)
            .where(*running)
            .order_by(Task.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )
