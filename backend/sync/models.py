"""Streams of commands with their receipts, and kept snapshot pages."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Index, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.db import Base


class SyncStream(Base):
    """A stream (installation, staff): `applied_seq` is the last seq with a final result, `next` is one
    more. `last_at`, `last_stands_at`: the phone's clock at the command that was judged last in its place,
    and when that counts as observed."""

    __tablename__ = "sync_stream"
    installation_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    staff_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    applied_seq: Mapped[int]
    last_at: Mapped[datetime | None]
    last_stands_at: Mapped[datetime | None]


class SyncCommand(Base):
    """A command's recorded result: a repeat answers this.

    `quarantined`: the sealed command as it came, kept while it is `rejected` or `held`, also after it was
    `settled`: `replaced` by the command `settled_by` (a mended one), or `discarded` by its author's command.
    `replaces`: the refused command that this one mends. `content`: a hash (hex) of what it says but for its
    place, None where it cannot be read. `saved_at`, `stands_at`: the phone's clock, and when it counts as
    observed; None out of its place, or for what was seen on an earlier day.
    """

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
    code: Mapped[str | None]
    needs: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid()), server_default=text("'{}'"))
    replaces: Mapped[uuid.UUID | None]
    settled: Mapped[str | None]
    settled_by: Mapped[uuid.UUID | None]
    content: Mapped[str | None]
    saved_at: Mapped[datetime | None]
    stands_at: Mapped[datetime | None]
    __table_args__ = (
        Index("uq_sync_command_stream_seq", "installation_id", "staff_id", "seq", unique=True),
        Index(
            "ix_sync_command_quarantine",
            "received_at",
            "id",
            postgresql_where=text("result IN ('rejected', 'held')"),
        ),
        Index("ix_sync_command_held", "staff_id", postgresql_where=text("result = 'held'")),
    )


class SyncLoss(Base):
    """Places of a stream that the phone lost, from `from_seq` to `to_seq` (None: it cannot tell)."""

    __tablename__ = "sync_loss"
    installation_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    staff_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    from_seq: Mapped[int] = mapped_column(primary_key=True)
    to_seq: Mapped[int | None]
    said_at: Mapped[datetime]


class SyncPage(Base):
    """One page of a snapshot of a key at a revision: gzip of MessagePack, as sent. `first`, `last`: the
    customers (ids) between whom its rows lie, of a kind without them the rows' own ids."""

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
    first: Mapped[str | None]
    last: Mapped[str | None]
