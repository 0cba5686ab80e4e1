"""A run over the population in DuckDB, over the copy that the night, or a simulation, works with."""

from collections.abc import Mapping, Sequence
from datetime import date

import duckdb

from backend.strategy.beyond import OUT_OF_BOUNDS
from backend.strategy.definitions import Frozen
from backend.strategy.errors import BeyondBounds
from backend.strategy.freezing import Figure
from backend.strategy.population import statement

COPIED: Mapping[str, str] = {
    "facts.place": "SELECT grid_id, grid, area_code, township, bank FROM facts.place",
    "facts.frozen": "SELECT level, place, definition, amount, frozen_on FROM facts.frozen",
}
"""What is copied beside the sources: where grids lie, and the run in force."""
_ADD = "INSERT INTO facts.frozen SELECT level, place, definition, amount, CAST($as_of AS DATE) FROM figures"


def freeze(
    db: duckdb.DuckDBPyConnection, figures: Sequence[Frozen], as_of: date, *, afresh: bool
) -> list[Figure]:
    """Works `figures` out over everybody in the copy, for the statements that follow; `afresh`: in place of
    the run that was copied, else beside it. Raises BeyondBounds."""
    if afresh:
        db.execute("DELETE FROM facts.frozen")
    if not figures:
        return []
    text = statement(figures)
    given = {"as_of": as_of} if "$as_of" in text else {}
    try:
        db.execute(f"CREATE OR REPLACE TEMP TABLE figures AS {text}", given)
    except OUT_OF_BOUNDS as error:
        raise BeyondBounds(str(error).splitlines()[0]) from error
    db.execute(_ADD, {"as_of": as_of})
    rows = db.execute("SELECT level, place, definition, amount FROM figures").fetchall()
    return [Figure(*row) for row in rows]
