"""Pairs that may be one: of people, and of businesses."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.db import Base


class DuplicatePair(Base):
    """Two people who may be one: `open` as the nightly comparison found them, `declined` once somebody said
    that they are two, `settled` once they stand as one.

    `person_id` is the smaller id. `per_mille`: how likely; none where nothing but a person's word is there.
    `reasons`: what agrees (`pairs.Reason`), most telling first.
    """

    __tablename__ = "duplicate_pair"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    other_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    state: Mapped[str]
    per_mille: Mapped[int | None]
    reasons: Mapped[list[str]]
    found_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[uuid.UUID | None]
    __table_args__ = (
        CheckConstraint("state IN ('open', 'declined', 'settled')", name="state"),
        CheckConstraint("person_id <= other_id", name="order"),
        Index("uq_duplicate_pair", "person_id", "other_id", unique=True),
    )


class BusinessPair(Base):
    """Two businesses that may be one, as a night found them: `open`, or `declined` once somebody said that
    they are two.

    `customer_id` is the smaller id. `per_mille`, `reasons` as of two people (`comparing_shops`).
    """

    __tablename__ = "business_pair"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"))
    other_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"), index=True)
    state: Mapped[str]
    per_mille: Mapped[int | None]
    reasons: Mapped[list[str]]
    found_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[uuid.UUID | None]
    __table_args__ = (
        CheckConstraint("state IN ('open', 'declined')", name="state"),
        CheckConstraint("customer_id <= other_id", name="order"),
        Index("uq_business_pair", "customer_id", "other_id", unique=True),
    )
