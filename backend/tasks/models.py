"""Duties (the clocks) and tasks (the work they make)."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
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
            "ix_task_waiting",
            "branch_id",
            "due_on",
            postgresql_include=["assignee_id", "grid_id", "customer_id", "state"],
            postgresql_where=text("state IN ('open', 'in_progress', 'returned')"),
        ),
        Index(
            "ix_task_done",
            "branch_id",
            "submitted_at",
            "closed_at",
            postgresql_where=text("state IN ('submitted', 'approved', 'closed')"),
        ),
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


class TeamRow(Base):
    """A row of `team:<branch>` as heads' phones were last told of it: `value` maps the fields of its kind to
    what stands there. Counts of people and grids, due work, high-end customers; see `team_queries`."""

    __tablename__ = "team_row"
    branch_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    row_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, index=True)
    value: Mapped[dict[str, Any]] = mapped_column(JSONB)


class TeamTurn(Base):
    """How up to date a branch's `TeamRow`s are: of which local day, and whether something has moved since."""

    __tablename__ = "team_turn"
    branch_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    on_day: Mapped[date | None]
    stale: Mapped[bool]
