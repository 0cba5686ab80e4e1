"""The chain of the audit trail: what is hashed, and how one link follows another."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

#: what the first link follows
GENESIS = bytes(32)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the trail, as it is hashed."""

    id: int
    at: datetime
    staff_id: UUID | None
    role: str
    installation_id: UUID | None
    request_id: str
    action: str
    subject_kind: str
    subject_id: str
    detail: Mapping[str, Any]
    xid: int

    def canonical(self) -> bytes:
        """The bytes that stand for this entry: a JSON array, keys in order, the time in microseconds UTC."""
        return msgspec.json.encode(
            [
                self.id,
                self.at.astimezone(UTC).isoformat(timespec="microseconds"),
                self.staff_id,
                self.role,
                self.installation_id,
                self.request_id,
                self.action,
                self.subject_kind,
                self.subject_id,
                self.detail,
                self.xid,
            ],
            order="deterministic",
        )


def link(before: bytes, entry: Entry) -> bytes:
    """SHA-256 of the link before and the entry."""
    return hashlib.sha256(before + entry.canonical()).digest()
