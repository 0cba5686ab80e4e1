"""Streams of commands with their receipts, and kept snapshot pages."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.db import Base


class SyncStream(Base):
    """A stream (installation, staff): `applied_seq` is the last seq with a final result, `next` is one
    more."""

    __tablename__ = "sync_stream"
    installation_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    staff_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    applied_seq: Mapped[int]


class SyncCommand(Base):
    """A command's recorded result: a repeat answers this. `body` is kept, sealed, only while in
    quarantine."""

    __tablename__ = "sync_command"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    installation_id: Mapped[uuid.UUID]
    staff_id: Mapped[uuid.UUID]
    seq: Mapped[int]
    hash: Mapped[str]
    type: Mapped[str]
    result: Mapped[str]
    receipt: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]
    quarantined: Mapped[bytes | None]
    __table_args__ = (
        Index("uq_sync_command_stream_seq", "installation_id", "staff_id", "seq", unique=True),
        Index("ix_sync_command_rejected", "received_at", postgresql_where=text("result = 'rejected'")),
    )


class SyncPage(Base):
    """One page of a snapshot of a key at a revision: gzip of MessagePack, as sent."""

    __tablename__ = "sync_page"
    key: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    count: Mapped[int]
    size: Mapped[int]
    sha256: Mapped[str]
    content: Mapped[bytes]
    made_at: Mapped[datetime]
