"""Duties (the clocks) and tasks (the work they make)."""

import uuid
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.db import Base


class Duty(Base):
    """A customer's clock: `contact` (any channel) or `visit` (on site), due on a local day, every
    `rhythm_days`."""

    __tablename__ = "duty"
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    duty_kind: Mapped[str] = mapped_column(primary_key=True)
    rhythm_days: Mapped[int]
    due_on: Mapped[date]
    last_done_on: Mapped[date | None]
    __table_args__ = (Index("ix_duty_due_on", "due_on"),)


class Task(Base):
    """A piece of work for one person. States and moves: see `rules.MOVES`."""

    __tablename__ = "task"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    duty_kind: Mapped[str | None]
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"))
    customer_name: Mapped[str]
    grid_id: Mapped[uuid.UUID | None]
    branch_id: Mapped[uuid.UUID]
    assignee_id: Mapped[uuid.UUID]
    state: Mapped[str]
    due_on: Mapped[date]
    rhythm_days: Mapped[int | None]
    opened_at: Mapped[datetime]
    evidence_id: Mapped[uuid.UUID | None]
    submitted_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[uuid.UUID | None]
    reason: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    __table_args__ = (
        Index("ix_task_assignee_id", "assignee_id", "due_on"),
        Index("ix_task_branch_id", "branch_id", "state"),
        Index("ix_task_customer_id", "customer_id"),
        Index(
            "uq_task_fresh_duty",
            "customer_id",
            "duty_kind",
            unique=True,
            postgresql_where=text("kind = 'follow_up' AND state IN ('open', 'in_progress')"),
        ),
    )


class TaskMove(Base):
    """One step of a task's life, by whom and why."""

    __tablename__ = "task_move"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    task_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("task.id"), index=True)
    move: Mapped[str]
    from_state: Mapped[str]
    to_state: Mapped[str]
    staff_id: Mapped[uuid.UUID | None]
    reason: Mapped[str | None]
    evidence_id: Mapped[uuid.UUID | None]
    at: Mapped[datetime]
