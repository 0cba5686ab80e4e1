"""Village evaluations (背靠背评议): sessions, reviewers, sealed forms, results."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.db import Base


class EvaluationSession(Base):
    """A session: where and when, who hosts it, which households are judged. It holds nothing of any answer,
    so an agent may see the one that they host.

    `closed_at`: what was saved later counts no more; `closed_by` is nobody where the rule of days closed it.
    """

    __tablename__ = "evaluation_session"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    grid_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("grid.id"), index=True)
    branch_id: Mapped[uuid.UUID] = mapped_column(index=True)
    held_on: Mapped[date]
    place: Mapped[str]
    host_id: Mapped[uuid.UUID]
    created_by: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime]
    customer_ids: Mapped[list[uuid.UUID]]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[uuid.UUID | None]


class EvaluationReviewer(Base):
    """Somebody who is asked. `customer_id`: their own household, where it is known. `forms`: how many they
    handed in."""

    __tablename__ = "evaluation_reviewer"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    session_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("evaluation_session.id"), index=True)
    position: Mapped[int]
    name: Mapped[str]
    role: Mapped[str]
    customer_id: Mapped[uuid.UUID | None]
    handed_in_at: Mapped[datetime | None]
    taken_by: Mapped[uuid.UUID | None]
    forms: Mapped[int] = mapped_column(server_default=text("0"))


class EvaluationCode(Base):
    """The code by which a reviewer answers on a phone of their own; a new one takes the place of the former.

    `code_hash`: SHA-256 of it, nothing where it was withdrawn. It opens until `open_until`; once opened,
    forms are taken until `hand_in_until`. `body_hash`: what was handed in by it, which is answered again to
    whoever sends the very same.
    """

    __tablename__ = "evaluation_code"
    reviewer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("evaluation_reviewer.id"), primary_key=True)
    session_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("evaluation_session.id"))
    code_hash: Mapped[bytes | None]
    made_by: Mapped[uuid.UUID]
    made_at: Mapped[datetime]
    open_until: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    hand_in_until: Mapped[datetime | None]
    body_hash: Mapped[bytes | None]
    __table_args__ = (
        Index("ix_evaluation_code_session_id", "session_id"),
        Index("uq_evaluation_code_code_hash", "code_hash", unique=True),
    )


class EvaluationForm(Base):
    """One reviewer's answers about one household, sealed to the server's key as the phone sealed them: the
    database alone does not tell what they say. `excluded`: why it does not count (family, said)."""

    __tablename__ = "evaluation_form"
    reviewer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("evaluation_reviewer.id"), primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    session_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("evaluation_session.id"))
    sealed: Mapped[bytes]
    excluded: Mapped[str | None]
    __table_args__ = (Index("ix_evaluation_form_session_id", "session_id", "customer_id"),)


class EvaluationResult(Base):
    """What the forms on one household say together, from the one on that opens it. Percents are 0 to 100.

    `first_*` and `second_*`: the branch's two reviews, each of the `counted` forms that it saw; a further
    first one takes the second back. `settled_*`: what two reviews agreed on last, which stands until they do
    so again; `current`: this session's stands for the household, not a former one's. `counts_for`: the
    household itself, or the one that it became part of, where that has nothing settled of its own.
    """

    __tablename__ = "evaluation_result"
    session_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("evaluation_session.id"), primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    counted: Mapped[int]
    known: Mapped[int]
    percent: Mapped[int | None]
    low_percent: Mapped[int | None]
    high_percent: Mapped[int | None]
    grades: Mapped[dict[str, Any]] = mapped_column(JSONB)
    limit_fen: Mapped[int | None]
    flags: Mapped[list[str]]
    opened_at: Mapped[datetime]
    first_percent: Mapped[int | None]
    first_counted: Mapped[int | None]
    first_reason: Mapped[str | None]
    first_by: Mapped[uuid.UUID | None]
    first_at: Mapped[datetime | None]
    second_percent: Mapped[int | None]
    second_counted: Mapped[int | None]
    second_reason: Mapped[str | None]
    second_by: Mapped[uuid.UUID | None]
    second_at: Mapped[datetime | None]
    settled_percent: Mapped[int | None]
    settled_at: Mapped[datetime | None]
    current: Mapped[bool] = mapped_column(server_default=text("false"))
    counts_for: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"))
    __table_args__ = (
        Index("ix_evaluation_result_customer_id", "customer_id"),
        Index("ix_evaluation_result_counts_for", "counts_for", postgresql_where=text("current")),
        CheckConstraint("first_by <> second_by", name="two_people"),
    )
