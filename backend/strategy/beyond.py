"""Finds the customers whose amounts are beyond all bounds, in the copy that a run works with.

DuckDB stops the whole statement without saying at whom. So the customers are halved, and each half tried,
until those at whom it stops stand alone; everybody else can then be worked out, and looked at, before
anything is written. One of a million costs some three runs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from uuid import UUID

import duckdb

from backend.strategy.compiler import OverTables
from backend.strategy.definitions import SPINE
from backend.strategy.errors import BeyondBounds

#: what DuckDB raises at a number that it cannot hold
OUT_OF_BOUNDS = (duckdb.OutOfRangeException, duckdb.ConversionException)


def leave_out(
    db: duckdb.DuckDBPyConnection, statements: OverTables, as_of: date, most: int
) -> tuple[UUID, ...]:
    """Takes the customers whose amounts no statement can reckon with out of every table of `facts`.

    Raises BeyondBounds where there are more than `most`: then it is no few wrong amounts but the rules, or a
    file of the bank's.
    """
    found: list[UUID] = []
    tables = [str(name) for (name,) in db.execute(_TABLES).fetchall()]
    with _views(db, tables):
        (many,) = db.execute("SELECT count(*) FROM placed").fetchone() or (0,)
        for one in _beyond(db, statements, as_of, 1, int(many)):
            found.append(one)
            if len(found) > most:
                raise BeyondBounds(f"the amounts of more than {most} customers")
    for table in tables:
        # names of ours
        db.execute(f"DELETE FROM facts.{table} WHERE list_contains($found, customer_id)", {"found": found})  # noqa: S608
    return tuple(sorted(found))


#: those of customers: not where grids lie, nor what is frozen of a place
_TABLES = (
    "SELECT table_name FROM duckdb_columns() WHERE schema_name = 'facts' AND column_name = 'customer_id'"
    " ORDER BY table_name"
)


@contextmanager
def _views(db: duckdb.DuckDBPyConnection, tables: list[str]) -> Iterator[None]:
    """Inside, `facts.*` show the customers of the table `chosen` alone."""
    db.execute(
        f"CREATE TABLE placed AS SELECT customer_id, row_number() OVER (ORDER BY customer_id) AS place"  # noqa: S608
        f" FROM facts.{SPINE}"
    )
    db.execute("CREATE TABLE chosen (customer_id UUID)")
    for table in tables:
        db.execute(f"ALTER TABLE facts.{table} RENAME TO all_{table}")
        db.execute(
            f"CREATE VIEW facts.{table} AS SELECT * FROM facts.all_{table}"  # noqa: S608 - names of ours
            " WHERE customer_id IN (SELECT customer_id FROM main.chosen)"
        )
    try:
        yield
    finally:
        for table in tables:
            db.execute(f"DROP VIEW facts.{table}")
            db.execute(f"ALTER TABLE facts.all_{table} RENAME TO {table}")
        db.execute("DROP TABLE chosen")
        db.execute("DROP TABLE placed")


def _beyond(
    db: duckdb.DuckDBPyConnection, statements: OverTables, as_of: date, first: int, last: int
) -> Iterator[UUID]:
    """Those among the customers from place `first` to `last`."""
    if first > last or _fine(db, statements, as_of, first, last):
        return
    if first == last:
        found = db.execute("SELECT customer_id FROM chosen").fetchone()
        assert found is not None
        yield found[0]
        return
    middle = (first + last) // 2
    yield from _beyond(db, statements, as_of, first, middle)
    yield from _beyond(db, statements, as_of, middle + 1, last)


def _fine(db: duckdb.DuckDBPyConnection, statements: OverTables, as_of: date, first: int, last: int) -> bool:
    db.execute("DELETE FROM chosen")
    between = {"first": first, "last": last}
    db.execute(
        "INSERT INTO chosen SELECT customer_id FROM placed WHERE place BETWEEN $first AND $last", between
    )
    try:
        db.execute(f"CREATE OR REPLACE TABLE features AS {statements.features}", {"as_of": as_of})
        db.execute(f"CREATE OR REPLACE TABLE results AS {statements.results}", {"as_of": as_of})
    except OUT_OF_BOUNDS:
        return False
    return True
