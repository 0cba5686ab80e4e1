"""Revisions of partitions, stamped by the last statements of a transaction (see `uow`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.kernel.bulk import Part, given_to, named, names_of, write


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
# one order, and none before what `{first}` counts has been written. ON CONFLICT meets rows committed since
# the statement began, so what waited for a lock is right.
BUMPED = (
    "INSERT INTO sync_partition AS p (book, revision)"
    " SELECT b, 1 FROM unnest(CAST(:books AS text[])) WITH ORDINALITY AS t(b, n) WHERE {first} ORDER BY n"
    " ON CONFLICT (book) DO UPDATE SET revision = p.revision + 1 RETURNING book, revision"
)
CHANGED = (
    "INSERT INTO sync_change AS c (book, kind, row_id, revision, gone, moved_to, gone_at)"
    " SELECT t.book, t.kind, t.row_id, b.revision, t.gone, t.moved_to, CASE WHEN t.gone THEN scope.now() END"
    " FROM unnest(CAST(:touched AS text[]), CAST(:kinds AS text[]), CAST(:ids AS text[]),"
    "  CAST(:gone AS boolean[]), CAST(:moved AS text[])) AS t(book, kind, row_id, gone, moved_to)"
    " JOIN bumped b ON b.book = t.book"
    " ON CONFLICT (book, kind, row_id) DO UPDATE SET revision = excluded.revision, gone = excluded.gone,"
    "  moved_to = excluded.moved_to, gone_at = excluded.gone_at"
)

OLD_TOMBSTONES = text(
    "SELECT DISTINCT book FROM sync_change WHERE gone AND gone_at < :before ORDER BY book LIMIT :most"
)
LOCK = text(
    "SELECT book FROM sync_partition WHERE book = ANY(CAST(:books AS text[])) ORDER BY book FOR UPDATE"
)
DROP_TOMBSTONES = text(
    "WITH dropped AS (DELETE FROM sync_change WHERE gone AND gone_at < :before"
    "  AND book = ANY(CAST(:books AS text[])) RETURNING book, revision)"
    " UPDATE sync_partition p SET floor = greatest(p.floor, d.last)"
    " FROM (SELECT book, max(revision) AS last FROM dropped GROUP BY book) d WHERE d.book = p.book"
)


async def write_and_stamp(
    session: AsyncSession, parts: Sequence[Part], touches: Sequence[Touch]
) -> dict[str, int]:
    """Runs `parts`, then locks the touched partitions in key order, bumps each revision by one and records
    the changes; all in one round trip.

    Returns the new revision of each touched partition.
    """
    if not touches:
        await write(session, parts)
        return {}
    given = {
        "books": sorted({touch.book for touch in touches}),
        "touched": [touch.book for touch in touches],
        "kinds": [touch.kind for touch in touches],
        "ids": [touch.row_id for touch in touches],
        "gone": [touch.gone for touch in touches],
        "moved": [touch.moved_to for touch in touches],
    }
    rows = await session.execute(_stamping(tuple(part.sql for part in parts)), given | given_to(parts))
    return {row.book: row.revision for row in rows}


@cache
def _stamping(statements: tuple[str, ...]) -> TextClause:
    counted = (f"(SELECT count(*) FROM {name}) >= 0" for name in names_of(statements))  # noqa: S608
    first = " AND ".join(counted)
    bumped, changed = BUMPED.format(first=first or "true"), CHANGED
    before = "".join(f"{one}, " for one in named(statements))
    return text(
        f"WITH {before}bumped AS ({bumped}), changed AS ({changed}) SELECT book, revision FROM bumped"  # noqa: S608
    )


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


async def drop_tombstones(session: AsyncSession, before: datetime, most: int) -> int:
    """Forgets rows that left their partition before `before`, in at most `most` partitions; returns in how
    many it did.

    Each one's floor rises to the last revision forgotten: a phone that has seen that one misses nothing.
    """
    books = list(await session.scalars(OLD_TOMBSTONES, {"before": before, "most": most}))
    if books:
        # in the order in which a unit of work takes them
        await session.execute(LOCK, {"books": books})
        await session.execute(DROP_TOMBSTONES, {"books": books, "before": before})
    return len(books)
