"""Revisions of partitions, stamped by the last statements of a transaction (see `uow`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True)
class Touch:
    """A row that changed in, or left, a partition."""

    book: str
    kind: str
    row_id: str
    gone: bool = False
    moved_to: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the partitions stood that somebody may hold, and the facts of the database's life, at one moment.

    `books`: (revision, floor) of each; one that was never touched stands at (0, 0).
    """

    books: Mapping[str, tuple[int, int]]
    facts: Mapping[str, str]


# The rows are inserted in the order of the sorted array, so every transaction takes the partition locks in
# one order.
BUMP = text(
    "INSERT INTO sync_partition AS p (book, revision)"
    " SELECT b, 1 FROM unnest(CAST(:books AS text[])) WITH ORDINALITY AS t(b, n) ORDER BY n"
    " ON CONFLICT (book) DO UPDATE SET revision = p.revision + 1 RETURNING book, revision"
)
UPSERT = text(
    "INSERT INTO sync_change AS c (book, kind, row_id, revision, gone, moved_to)"
    " SELECT * FROM unnest(CAST(:books AS text[]), CAST(:kinds AS text[]), CAST(:ids AS text[]),"
    "  CAST(:revisions AS bigint[]), CAST(:gone AS boolean[]), CAST(:moved AS text[]))"
    " ON CONFLICT (book, kind, row_id) DO UPDATE"
    " SET revision = excluded.revision, gone = excluded.gone, moved_to = excluded.moved_to"
)


async def stamp(session: AsyncSession, touches: list[Touch]) -> dict[str, int]:
    """Locks the touched partitions in key order, bumps each revision by one and records the changes.

    Returns the new revision of each touched partition.
    """
    books = sorted({touch.book for touch in touches})
    rows = await session.execute(BUMP, {"books": books})
    found: dict[str, int] = {row.book: row.revision for row in rows}
    await session.execute(
        UPSERT,
        {
            "books": [touch.book for touch in touches],
            "kinds": [touch.kind for touch in touches],
            "ids": [touch.row_id for touch in touches],
            "revisions": [found[touch.book] for touch in touches],
            "gone": [touch.gone for touch in touches],
            "moved": [touch.moved_to for touch in touches],
        },
    )
    return found


async def current(session: AsyncSession, books: list[str]) -> dict[str, tuple[int, int]]:
    """(revision, floor) of each of `books`; a partition never touched stands at (0, 0)."""
    rows = await session.execute(
        text("SELECT book, revision, floor FROM sync_partition WHERE book = ANY(CAST(:books AS text[]))"),
        {"books": books},
    )
    found = {book: (revision, floor) for book, revision, floor in rows.all()}
    return {book: found.get(book, (0, 0)) for book in books}


def standing_in(row: Mapping[str, Any]) -> Standing:
    """What a row of the database's function `sync_standing` says."""
    return Standing(
        dict(zip(row["books"], zip(row["revisions"], row["floors"], strict=True), strict=True)),
        dict(zip(row["fact_names"], row["fact_values"], strict=True)),
    )
