"""Contacts and visits: they only ever add."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.db import Base


class Visit(Base):
    """A contact (联系); on site it is a visit (走访). Times UTC: `at` corrected, `device_at` as the phone's
    clock had it.

    `flags`: what the checks found odd (`rules.Flag`). `meeting_id`: the same for all households of one
    village meeting. Lengths in metres.
    """

    __tablename__ = "visit"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"))
    grid_id: Mapped[uuid.UUID | None]
    staff_id: Mapped[uuid.UUID]
    staff_role: Mapped[str]
    companion_id: Mapped[uuid.UUID | None]
    meeting_id: Mapped[uuid.UUID | None]
    channel: Mapped[str]
    purpose: Mapped[str]
    outcome: Mapped[str]
    needs: Mapped[list[str]]
    presented: Mapped[list[str]]
    wanted_fen: Mapped[int | None]
    wanted_for: Mapped[str | None]
    note: Mapped[str | None]
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    accuracy_m: Mapped[int | None]
    distance_m: Mapped[int | None]
    flags: Mapped[list[str]]
    at: Mapped[datetime]
    device_at: Mapped[datetime]
    offset_minutes: Mapped[int]
    clock_error_s: Mapped[int]
    received_at: Mapped[datetime]
    next_on: Mapped[date | None]
    next_purpose: Mapped[str | None]
    installation_id: Mapped[uuid.UUID | None]
    __table_args__ = (
        Index("ix_visit_customer_id", "customer_id", "at"),
        Index("ix_visit_staff_id", "staff_id", "at"),
    )


class VisitSupplement(Base):
    """What was added to a visit later, and by whom; its photos are the visit's, marked with its id."""

    __tablename__ = "visit_supplement"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    visit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("visit.id"), index=True)
    staff_id: Mapped[uuid.UUID]
    note: Mapped[str | None]
    at: Mapped[datetime]
    device_at: Mapped[datetime]
    offset_minutes: Mapped[int]
    clock_error_s: Mapped[int]
    received_at: Mapped[datetime]
    installation_id: Mapped[uuid.UUID | None]


class VisitPhoto(Base):
    """A photo, signature or voice note named by a visit; its bytes may arrive later (`stored_file`).

    `duration_ms`: of a voice note, as the phone measured it; the bank's own figure is in `stored_file`.
    """

    __tablename__ = "visit_photo"
    visit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("visit.id"), primary_key=True)
    file_hash: Mapped[str] = mapped_column(primary_key=True)
    file_class: Mapped[str]
    taken_at: Mapped[datetime | None]
    position: Mapped[int]
    duration_ms: Mapped[int | None]
    supplement_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("visit_supplement.id"))
    __table_args__ = (Index("ix_visit_photo_file_hash", "file_hash"),)


class UnplacedVisit(Base):
    """A visit logged with a typed name in place of its household. `body`: the rest of it as sent.

    `asked`: who besides the author was asked for the household; `offered`: those that may be meant. It
    becomes a visit under the same id when it is placed: `customer_id`, `how` (exact, pinyin, fuzzy, person).
    """

    __tablename__ = "unplaced_visit"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    staff_id: Mapped[uuid.UUID]
    staff_role: Mapped[str]
    branch_id: Mapped[uuid.UUID | None]
    asked: Mapped[list[uuid.UUID]]
    command_id: Mapped[uuid.UUID]
    installation_id: Mapped[uuid.UUID]
    name: Mapped[str]
    place: Mapped[str]
    body: Mapped[dict[str, Any]]
    offered: Mapped[list[uuid.UUID]]
    at: Mapped[datetime]
    observed_at: Mapped[datetime]
    offset_minutes: Mapped[int]
    clock_error_s: Mapped[int]
    received_at: Mapped[datetime]
    customer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("customer.id"))
    how: Mapped[str | None]
    placed_at: Mapped[datetime | None]
    placed_by: Mapped[uuid.UUID | None]
    __table_args__ = (
        Index("ix_unplaced_visit_open", "branch_id", postgresql_where=text("customer_id IS NULL")),
    )
