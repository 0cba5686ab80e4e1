"""Opportunities and the steps of their lives."""

import uuid
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.db import Base


class Opportunity(Base):
    """Something that could be done for a customer now. Stages and steps: see `rules.STEPS`.

    Raised by an event of the catalogue, which `decision_id` found; what the event said then stands here.
    `before_fen`, `after_fen`: of a limit that rose. `dealt_on`: the day from whose share for the assignee it
    was taken up, None where it waits or needed no share. `outcome`: won or lost, also once it is reviewed.
    """

    __tablename__ = "opportunity"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"))
    event: Mapped[str]
    dimension: Mapped[str]
    product: Mapped[str | None]
    priority: Mapped[int]
    owner_role: Mapped[str]
    agent_visible: Mapped[bool]
    decision_id: Mapped[uuid.UUID]
    raised_on: Mapped[date]
    valid_until: Mapped[date]
    before_fen: Mapped[int | None]
    after_fen: Mapped[int | None]
    stage: Mapped[str]
    assignee_id: Mapped[uuid.UUID | None]
    dealt_on: Mapped[date | None]
    stepped_at: Mapped[datetime]
    stepped_by: Mapped[uuid.UUID | None]
    outcome: Mapped[str | None]
    reason: Mapped[str | None]
    __table_args__ = (
        Index("ix_opportunity_customer_id", "customer_id"),
        Index(
            "uq_opportunity_living",
            "customer_id",
            "event",
            unique=True,
            postgresql_where=text("stage IN ('raised', 'screened', 'assigned', 'contacted', 'followed')"),
        ),
        Index(
            "ix_opportunity_dealt",
            "assignee_id",
            "dealt_on",
            postgresql_where=text("dealt_on IS NOT NULL"),
        ),
        Index("uq_opportunity_decision", "decision_id", "event", unique=True),
        Index(
            "ix_opportunity_valid_until",
            "valid_until",
            postgresql_where=text("stage IN ('raised', 'screened', 'assigned', 'contacted', 'followed')"),
        ),
    )


class OpportunityStep(Base):
    """One step of an opportunity's life, by whom and why. `counted`: it moved the opportunity; else it came
    when others were further. `decision_id`: of a rise, the result that was the cause."""

    __tablename__ = "opportunity_step"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    opportunity_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("opportunity.id"))
    step: Mapped[str]
    from_stage: Mapped[str | None]
    to_stage: Mapped[str]
    counted: Mapped[bool]
    staff_id: Mapped[uuid.UUID | None]
    reason: Mapped[str | None]
    decision_id: Mapped[uuid.UUID | None]
    at: Mapped[datetime]
    __table_args__ = (
        Index("ix_opportunity_step_opportunity_id", "opportunity_id"),
        Index(
            "ix_opportunity_step_decision_id",
            "decision_id",
            postgresql_where=text("decision_id IS NOT NULL"),
        ),
    )
