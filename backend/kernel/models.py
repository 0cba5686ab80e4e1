"""Tables of the kernel: revisions, outbox, jobs, schedule, server facts."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.db import Base


class ServerFact(Base):
    """Single facts of this database's life: `epoch`, `durable_through`."""

    __tablename__ = "server_fact"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class SyncPartition(Base):
    """One row per partition. `revision` counts the transactions that changed it; `floor`: tombstones below
    are dropped."""

    __tablename__ = "sync_partition"
    book: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int]
    floor: Mapped[int] = mapped_column(server_default=text("0"))


class SyncChange(Base):
    """The last revision at which a row of a partition changed or left (`gone` at `gone_at`, perhaps
    `moved_to` another book)."""

    __tablename__ = "sync_change"
    book: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    row_id: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int]
    gone: Mapped[bool]
    moved_to: Mapped[str | None]
    gone_at: Mapped[datetime | None]
    __table_args__ = (
        Index("ix_sync_change_book_revision", "book", "revision"),
        Index("ix_sync_change_gone", "gone_at", postgresql_where=text("gone")),
    )


class OutboxEvent(Base):
    """A fact that others must hear of, written in the transaction that made it true. Payloads carry ids
    and counts only."""

    __tablename__ = "outbox_event"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    request_id: Mapped[str]
    expanded_at: Mapped[datetime | None]
    __table_args__ = (
        Index("ix_outbox_event_waiting", "created_at", postgresql_where=text("expanded_at IS NULL")),
    )


class Job(Base):
    """One handler's duty for one event. States: ready → running → done; failing too often: parked."""

    __tablename__ = "job"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    event_id: Mapped[uuid.UUID]
    handler: Mapped[str]
    payload: Mapped[dict[str, Any]]
    request_id: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=text("'ready'"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    created_at: Mapped[datetime]
    next_at: Mapped[datetime]
    handed_at: Mapped[datetime | None]
    lease: Mapped[uuid.UUID | None]
    lease_until: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    error: Mapped[str | None]
    __table_args__ = (
        Index("ix_job_waiting", "next_at", postgresql_where=text("state IN ('ready', 'running')")),
        Index("uq_job_event_handler", "event_id", "handler", unique=True),
    )


class Schedule(Base):
    """When each periodic event is next due, by the one clock."""

    __tablename__ = "schedule"
    name: Mapped[str] = mapped_column(primary_key=True)
    next_at: Mapped[datetime]
