"""Lets PostgreSQL itself say whether every expression fits, without running any.

sqlglot checks no types and our own check could be wrong, so each statement is prepared against the real views
and the types of all its columns are compared with those declared. Only if one fails is every expression
prepared singly, to name the one that is wrong.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import asyncpg

from backend.kernel.uow import UnitOfWork
from backend.strategy.compiler import every_column, lone_statements
from backend.strategy.definitions import Catalogue
from backend.strategy.documents import Part, Problem
from backend.strategy.language.errors import wrong
from backend.strategy.language.nodes import Type
from backend.strategy.language.sql import POSTGRES
from backend.strategy.population import statement as of_a_run

_NAMES: Mapping[str, Type] = {
    "int8": Type.bigint,
    "float8": Type.double,
    "bool": Type.boolean,
    "text": Type.text,
    "date": Type.date,
}


async def bind(uow: UnitOfWork, catalogue: Catalogue) -> list[Problem]:
    """What does not fit, by file and line; nothing if all does. Leaves the transaction usable."""
    connection = await _driver(uow)
    problems: list[Problem] = []
    for statement, columns in await asyncio.to_thread(every_column, catalogue):
        try:
            found = await _types(connection, statement)
        except asyncpg.PostgresError as error:
            singly = await _singly(connection, catalogue)
            return singly or [Problem("catalogue", 1, wrong("together", why=error))]
        problems += [
            part.problem(wrong("read_as", name=name, found=found.get(name), wanted=type_.value))
            for name, (type_, part) in columns.items()
            if _NAMES.get(found.get(name, "")) is not type_
        ]
    return problems + await _frozen(connection, catalogue)


async def _frozen(connection: Any, catalogue: Catalogue) -> list[Problem]:
    """What does not fit in the statements of a run over the population."""
    problems = []
    for one in catalogue.frozen.values():
        try:
            found = await _types(connection, of_a_run([one], POSTGRES))
        except asyncpg.PostgresError as error:
            problems.append(_said(one.part, error))
            continue
        if found["amount"] != "int8":
            read_as = wrong("read_as", name=one.name, found=found["amount"], wanted=Type.bigint.value)
            problems.append(one.part.problem(read_as))
    return problems


async def _singly(connection: Any, catalogue: Catalogue) -> list[Problem]:
    problems = []
    for part, statement in await asyncio.to_thread(list, lone_statements(catalogue)):
        try:
            await _types(connection, statement)
        except asyncpg.PostgresError as error:
            problems.append(_said(part, error))
    return problems


def _said(part: Part, error: asyncpg.PostgresError) -> Problem:
    return part.problem(wrong("refused", name=part.text("name", part.text("code")), why=error))


async def _driver(uow: UnitOfWork) -> Any:
    raw = await (await uow.session.connection()).get_raw_connection()
    return raw.driver_connection


async def _types(connection: Any, statement: str) -> dict[str, str]:
    """Column names and types of a statement, prepared in a savepoint and never run."""
    numbered = statement
    # only those it has: PostgreSQL cannot tell the type of a number that is left out
    names = [name for name in ("customer_ids", "as_of", "features") if f":{name}" in statement]
    for number, name in enumerate(names, 1):
        numbered = numbered.replace(f":{name}", f"${number}")
    async with connection.transaction():
        prepared = await connection.prepare(numbered)
        return {column.name: column.type.name for column in prepared.get_attributes()}
