"""Contacts and visits: they only ever add."""

import uuid
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.db import Base


class Visit(Base):
    """A contact (联系); on site it is a visit (走访). Times UTC: `at` corrected, `device_at` as the phone's
    clock had it.

    `flags`: what the checks found odd (far, inaccurate, no_fix, fast, clock). Lengths in metres.
    """

    __tablename__ = "visit"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"))
    grid_id: Mapped[uuid.UUID | None]
    staff_id: Mapped[uuid.UUID]
    staff_role: Mapped[str]
    companion_id: Mapped[uuid.UUID | None]
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
    __table_args__ = (Index("ix_visit_photo_file_hash", "file_hash"),)
