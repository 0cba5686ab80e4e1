"""Tells the synchronisation what phones hold: one change per row and book, every partition at revision 1.

A fresh county has no phones yet, so the revisions that loading used up are set back: the same seed gives
the same ones.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_OF_CUSTOMER = "FROM customer c CROSS JOIN LATERAL unnest(c.books) AS b(book)"

#: queries that give (book, kind, row id) of everything that lies in somebody's partition
_ROWS = (
    "SELECT 'bank', 'staffer', s.id::text FROM staff s",
    "SELECT 'grid:' || g.id, 'grid', g.id::text FROM grid g WHERE g.active",
    # a customer in somebody's care brings its grid along
    f"""SELECT DISTINCT b.book, 'grid', c.grid_id::text {_OF_CUSTOMER}
        WHERE b.book LIKE 'care:%' AND c.grid_id IS NOT NULL""",
    f"""SELECT b.book, k.kind, c.id::text {_OF_CUSTOMER}
        CROSS JOIN (VALUES ('customer'), ('file'), ('standing')) AS k(kind)""",
    f"SELECT b.book, 'profile', c.id::text {_OF_CUSTOMER} JOIN profile p ON p.customer_id = c.id",
    f"""SELECT b.book, 'member', m.id::text {_OF_CUSTOMER}
        JOIN membership m ON m.customer_id = c.id AND m.until_on IS NULL""",
    f"""SELECT b.book, 'record', a.id::text {_OF_CUSTOMER}
        JOIN file_record a ON a.customer_id = c.id AND a.removed_at IS NULL""",
    f"SELECT b.book, 'visit', v.id::text {_OF_CUSTOMER} JOIN visit v ON v.customer_id = c.id",
    "SELECT 'staff:' || t.assignee_id, 'task', t.id::text FROM task t",
    "SELECT 'team:' || t.branch_id, 'approval', t.id::text FROM task t WHERE t.submitted_at IS NOT NULL",
)


async def stamp_all(session: AsyncSession) -> int:
    """Stamps everything in the transaction of `session`; returns the number of changes written."""
    written = 0
    for query in _ROWS:
        result = await session.execute(
            text(
                f"""
                INSERT INTO sync_change (book, kind, row_id, revision, gone, moved_to)
                SELECT q.book, q.kind, q.row_id, 1, false, NULL FROM ({query}) AS q(book, kind, row_id)
                ON CONFLICT (book, kind, row_id) DO UPDATE SET revision = 1, gone = false, moved_to = NULL
                """  # noqa: S608 - the queries above
            )
        )
        written += result.rowcount  # type: ignore[attr-defined]
    await session.execute(text("UPDATE sync_change SET revision = 1 WHERE revision <> 1"))
    await session.execute(
        text(
            "INSERT INTO sync_partition (book, revision) SELECT DISTINCT book, 1 FROM sync_change"
            " ON CONFLICT (book) DO UPDATE SET revision = 1"
        )
    )
    return written
