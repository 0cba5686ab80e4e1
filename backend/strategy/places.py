"""The steps of a statement that find a run's values for the places in which customers lie.

`facts.place` has a row per grid, `facts.frozen` one per place and definition of the run in force. Both are
small: what they say of a grid is worked out once a grid, and joined to its customers. A customer in no grid
lies nowhere.
"""

from collections.abc import Sequence

from sqlglot import exp

from backend.strategy.definitions import FROZEN, LEVELS, SPINE, Feature
from backend.strategy.language.sql import Dialect, Sql, column, lower, source

GRID = "grid_id"
PLACE = "place"
LIES = "lies"
"""The step with a row per grid and place in which it lies: grid_id, level, place."""


def lies(levels: Sequence[str], dialect: Dialect, *, only_of: str | None = None) -> Sql:
    """Every grid's places; `only_of`: of the grids that a step names."""
    of_each: list[Sql] = []
    for level in levels:
        names = [column(name) for name in LEVELS[level]]
        place = names[0] if len(names) == 1 else exp.Coalesce(this=names[0], expressions=names[1:])
        query = exp.select(
            column(GRID),
            exp.alias_(exp.Literal.string(level), "level"),
            place if isinstance(place, exp.Column) and place.name == PLACE else exp.alias_(place, PLACE),
        ).from_(source(PLACE, dialect))
        if only_of is not None:
            these = exp.select(column(GRID)).from_(only_of)
            query = query.where(exp.In(this=column(GRID), query=these.subquery()))
        of_each.append(query)
    found = of_each[0]
    for query in of_each[1:]:
        found = exp.union(found, query, distinct=False)
    return found


def of_places(features: Sequence[Feature], dialect: Dialect) -> Sql:
    """A row per grid with the frozen features, out of the step LIES."""
    values = [exp.alias_(lower(feature.value, dialect), feature.name, copy=False) for feature in features]
    return (
        exp.select(column(GRID), *values)
        .from_(LIES)
        .join(source(FROZEN, dialect), using=["level", PLACE])
        .group_by(column(GRID))
    )


def steps(features: Sequence[Feature], dialect: Dialect, *, of_some: bool) -> list[tuple[str, Sql]]:
    """What stands before the join with the customers: the step `of_frozen`, and the one that it reads."""
    spine = f"of_{SPINE}" if of_some else None
    return [
        (LIES, lies(tuple(LEVELS), dialect, only_of=spine)),
        (f"of_{FROZEN}", of_places(features, dialect)),
    ]
