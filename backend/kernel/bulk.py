"""Many rows in one statement whatever their columns are, and several statements in one round trip.

A round trip costs both processes more than most statements of ours do: what needs no answer of another goes
together.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.kernel.db import Base, encode_json

_NAME = re.compile(r"(?<!:):([a-z_]+)")


@dataclass(frozen=True, slots=True)
class Part:
    """A statement (parameters as `:name`) to be sent with others: an INSERT, UPDATE or DELETE that answers
    nothing, or a SELECT of exactly one row, whose columns no other of them has."""

    sql: str
    given: Mapping[str, Any] = field(default_factory=dict)


async def write(session: AsyncSession, parts: Sequence[Part]) -> None:
    """Runs statements that write, in one. None of them sees what another wrote, and each row may be written
    by one of them only."""
    if parts:
        await session.execute(_writing(tuple(part.sql for part in parts)), given_to(parts))


async def look(session: AsyncSession, *parts: Part) -> "Row[Any]":
    """The answers of several SELECTs as one row."""
    return (await session.execute(_looking(tuple(part.sql for part in parts)), given_to(parts))).one()


async def insert_rows(session: AsyncSession, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts `rows` at once, as `inserting` says."""
    await write(session, inserting(model, rows))


def inserting(
    model: type[Base], rows: Sequence[Mapping[str, Any]], *, unless_there: bool = False
) -> list[Part]:
    """What inserts `rows` in their order: maps of the same columns, read by PostgreSQL out of one JSON text.

    `unless_there`: those that meet a row of the same key are left out. Columns left out take their defaults.
    Texts with zero characters are refused by the server, as elsewhere; bytes and numbers that are not finite
    cannot be sent this way (the former raise TypeError, the latter would become NULL: keep them out).
    """
    if not rows:
        return []
    if any(isinstance(value, (bytes, bytearray)) for value in rows[0].values()):
        raise TypeError("bytes do not travel as JSON here")
    sql = _inserting(model.__tablename__, tuple(rows[0]), unless_there)
    return [Part(sql, {"rows": encode_json(rows)})]


def upserting(model: type[Base], rows: Sequence[Mapping[str, Any]]) -> list[Part]:
    """As `inserting`; a row of the same primary key gets the values given here. No key may stand twice."""
    parts = inserting(model, rows)
    if not parts:
        return []
    keys = [column.name for column in model.__table__.primary_key]
    changes = ", ".join(f"{name} = excluded.{name}" for name in rows[0] if name not in keys)
    return [Part(f"{parts[0].sql} ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changes}", parts[0].given)]


@cache
def _inserting(table: str, columns: tuple[str, ...], unless_there: bool) -> str:
    listed = ", ".join(columns)
    # the names are those of our own models, never anybody's input
    return (
        f"INSERT INTO {table} ({listed}) SELECT {listed}"  # noqa: S608
        f" FROM json_populate_recordset(CAST(NULL AS {table}), CAST(:rows AS json))"
        f"{' ON CONFLICT DO NOTHING' if unless_there else ''}"
    )


def named(statements: Sequence[str]) -> list[str]:
    """Statements that write, as the parts of a WITH clause."""
    numbered = [_numbered(sql, number) for number, sql in enumerate(statements)]
    return [
        f"{name} AS ({sql} RETURNING 1)" for name, sql in zip(names_of(statements), numbered, strict=True)
    ]


def names_of(statements: Sequence[str]) -> list[str]:
    """What they are called there."""
    return [f"w{number}" for number in range(len(statements))]


def given_to(parts: Sequence[Part]) -> dict[str, Any]:
    """The parameters of all of them."""
    return {
        f"{name}_{number}": value for number, part in enumerate(parts) for name, value in part.given.items()
    }


@cache
def _writing(statements: tuple[str, ...]) -> TextClause:
    if len(statements) == 1:
        return text(_numbered(statements[0], 0))
    return text(f"WITH {', '.join(named(statements))} SELECT 1")


@cache
def _looking(statements: tuple[str, ...]) -> TextClause:
    asked = (f"({_numbered(sql, number)}) AS l{number}" for number, sql in enumerate(statements))
    return text(f"SELECT * FROM {' CROSS JOIN '.join(asked)}")  # noqa: S608


def _numbered(sql: str, number: int) -> str:
    """With names of its own for its parameters."""
    return _NAME.sub(rf":\1_{number}", sql)
