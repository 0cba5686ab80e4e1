"""Writes rows in bulk under row-level security.

COPY is refused on tables with row security, so rows are copied to temporary tables and inserted from there.
"""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.app.demo.rows import TABLES, Batch


class Writer:
    """Writes batches in the transaction of one session."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._prepared: set[str] = set()

    @classmethod
    async def of(cls, session: AsyncSession) -> "Writer":
        """A writer on the session's own connection; rows become visible to the session at once."""
        raw = await (await session.connection()).get_raw_connection()
        return cls(raw.driver_connection)

    async def write(self, batch: Batch) -> None:
        """Writes and empties the batch. Raises what PostgreSQL raises; then nothing of the transaction
        stays."""
        for kind, table in TABLES.items():
            rows = batch.rows[kind]
            if not rows:
                continue
            waiting = f"demo_{table}"
            if table not in self._prepared:
                await self._connection.execute(f"CREATE TEMP TABLE {waiting} (LIKE {table}) ON COMMIT DROP")
                self._prepared.add(table)
            columns = ", ".join(kind._fields)
            await self._connection.copy_records_to_table(waiting, records=rows, columns=kind._fields)
            await self._connection.execute(
                f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {waiting}"  # noqa: S608
            )
            await self._connection.execute(f"TRUNCATE {waiting}")
        batch.clear()
