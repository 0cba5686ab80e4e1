"""Many rows in one statement, whatever their columns are."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.kernel.db import Base, encode_json


async def insert_rows(session: AsyncSession, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts `rows` in their order: maps of the same columns, read by PostgreSQL out of one JSON text.

    Columns left out take their defaults. Texts with zero characters are refused by the server, as elsewhere;
    bytes and numbers that are not finite cannot be sent this way (the former raise TypeError, the latter
    would become NULL: keep them out).
    """
    if not rows:
        return
    if any(isinstance(value, (bytes, bytearray)) for value in rows[0].values()):
        raise TypeError("bytes do not travel as JSON here")
    statement = _statement(model.__tablename__, tuple(rows[0]))
    await session.execute(statement, {"rows": encode_json(rows)})


@cache
def _statement(table: str, columns: tuple[str, ...]) -> TextClause:
    listed = ", ".join(columns)
    # the names are those of our own models, never anybody's input
    return text(
        f"INSERT INTO {table} ({listed}) SELECT {listed}"  # noqa: S608
        f" FROM json_populate_recordset(CAST(NULL AS {table}), CAST(:rows AS json))"
    )
