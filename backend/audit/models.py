"""The audit trail: written unchained in the business transaction, chained seconds later by the sealer."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.db import Base


class AuditEntry(Base):
    """Who did what to which thing. `xid` orders the sealer behind every running transaction."""

    __tablename__ = "audit_entry"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    at: Mapped[datetime]
    staff_id: Mapped[uuid.UUID | None]
    role: Mapped[str]
    installation_id: Mapped[uuid.UUID | None]
    request_id: Mapped[str]
    action: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[str]
    detail: Mapped[dict[str, Any]]
    xid: Mapped[int] = mapped_column(server_default=text("pg_current_xact_id()::text::bigint"))
    __table_args__ = (Index("ix_audit_entry_subject", "subject_kind", "subject_id"),)


class AuditSeal(Base):
    """One link of the chain: `hash` = SHA-256(previous hash ‖ the entry's canonical bytes)."""

    __tablename__ = "audit_seal"
    position: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(unique=True)
    hash: Mapped[bytes]
    sealed_at: Mapped[datetime]
