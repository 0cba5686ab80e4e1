"""Operators inside operators mean the same in every engine, whatever parentheses each one needs."""

import duckdb
from sqlalchemy import text

from backend.kernel.uow import Database
from backend.strategy.language.sql import DUCKDB, POSTGRES, Dialect, lower
from tests.backend.strategy.arithmetic import cases
from tests.backend.strategy.town import SYSTEM


def query(dialect: Dialect) -> str:
    """One row with every case."""
    return "SELECT " + ", ".join(lower(expr, dialect).sql(dialect.name) for expr, _ in cases())


def test_the_cases_tell_groupings_apart() -> None:
    assert len({value for _, value in cases()}) > 50


def test_duckdb_groups_as_the_tree_does() -> None:
    (row,) = duckdb.connect().execute(query(DUCKDB)).fetchall()
    assert list(row) == [value for _, value in cases()]


async def test_postgresql_groups_as_the_tree_does(worker_db: Database) -> None:
    async with worker_db.unit(SYSTEM) as uow:
        row = (await uow.session.execute(text(query(POSTGRES)))).one()
    assert list(row) == [value for _, value in cases()]
