"""Reads of the audit trail and its chain."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from backend.audit.rules import Entry
from backend.kernel.uow import UnitOfWork

_COLUMNS = (
    "e.id, e.at, e.staff_id, e.role, e.installation_id, e.request_id, e.action, e.subject_kind, e.subject_id,"
    " e.detail, e.xid"
)
HEAD = text("SELECT position, hash FROM audit_seal ORDER BY position DESC LIMIT 1")
# in the order of transactions, so that an entry slipped in below what is sealed stands out
SEALABLE = text(
    f"SELECT {_COLUMNS} FROM audit_entry e LEFT JOIN audit_seal s ON s.entry_id = e.id"  # noqa: S608 - ours
    " WHERE s.entry_id IS NULL"
    " AND (e.xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint OR e.at < :over)"
    " ORDER BY e.xid, e.id LIMIT :batch"
)
LINKS = text(
    "SELECT s.position, s.entry_id AS sealed_id, s.hash, "  # noqa: S608 - ours
    f"{_COLUMNS} FROM audit_seal s LEFT JOIN audit_entry e ON e.id = s.entry_id"
    " WHERE s.position > :after ORDER BY s.position LIMIT :batch"
)
TAIL = text(
    "SELECT count(*) AS entries, min(e.at) AS oldest FROM audit_entry e"
    " LEFT JOIN audit_seal s ON s.entry_id = e.id WHERE s.entry_id IS NULL"
)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A link of the chain with the entry it covers; `entry` is None where the entry is missing."""

    position: int
    entry_id: int
    hash: bytes
    entry: Entry | None


async def head(uow: UnitOfWork) -> tuple[int, bytes] | None:
    """The chain's last position and hash."""
    row = (await uow.session.execute(HEAD)).one_or_none()
    return None if row is None else (row.position, row.hash)


async def sealable(uow: UnitOfWork, over: datetime, batch: int) -> list[Entry]:
    """Unsealed entries of transactions that have ended, and all from before `over`."""
    rows = await uow.session.execute(SEALABLE, {"over": over, "batch": batch})
    return [_entry(row) for row in rows]


async def links(uow: UnitOfWork, batch: int = 5_000) -> AsyncIterator[Sealed]:
    """The whole chain from its beginning."""
    after = 0
    while True:
        rows = (await uow.session.execute(LINKS, {"after": after, "batch": batch})).all()
        if not rows:
            return
        for row in rows:
            yield Sealed(row.position, row.sealed_id, row.hash, None if row.id is None else _entry(row))
        after = rows[-1].position


async def tail(uow: UnitOfWork) -> tuple[int, datetime | None]:
    """How many entries no link covers yet, and when the oldest of them was written."""
    row = (await uow.session.execute(TAIL)).one()
    return row.entries, row.oldest


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        row.id,
        row.at,
        row.staff_id,
        row.role,
        row.installation_id,
        row.request_id,
        row.action,
        row.subject_kind,
        row.subject_id,
        row.detail,
        row.xid,
    )
