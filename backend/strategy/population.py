"""The statement of a run over the population: every figure at every place that has members enough.

One text for DuckDB and for PostgreSQL, out of the same typed nodes as all others: means are sums of whole
numbers divided as such, a quantile is the value at a rank counted out, so that engines cannot differ.
"""

from collections.abc import Iterable, Sequence
from itertools import chain

from sqlglot import exp

from backend.strategy.compiler import feature_steps
from backend.strategy.definitions import LEVELS, Feature, Frozen
from backend.strategy.language.nodes import Aggregate, Aggregated, Call, Expr, Op, Ref, Type, integer
from backend.strategy.language.sql import DUCKDB, POSTGRES, Dialect, Sql, column, lower
from backend.strategy.places import GRID, LIES, PLACE, lies
from backend.strategy.steps import text_of, with_steps

_PERCENT = 100
_NTH, _MEMBERS, _VALUE = Ref("nth", Type.bigint), Ref("members", Type.bigint), Ref("of_one", Type.bigint)


def statement(frozen: Iterable[Frozen], dialect: Dialect = DUCKDB) -> str:
    """SELECT of level, place, definition, amount: the figures that may be told, in no particular order."""
    figures = list(frozen)
    wanted: dict[str, Feature] = {}
    for one in figures:
        wanted |= one.reads
    steps, last = feature_steps(wanted, of_some=False, dialect=dialect, beside=(GRID,))
    steps.append((LIES, lies(tuple(LEVELS), dialect)))
    told = [
        _mean(one, last, dialect) if one.percent is None else _quantile(one, last, dialect) for one in figures
    ]
    query = told[0]
    for other in told[1:]:
        query = exp.union(query, other, distinct=False)
    return text_of(with_steps(query, steps, dialect), dialect)


def texts(frozen: Sequence[Frozen]) -> tuple[str, str]:
    """DuckDB's and PostgreSQL's."""
    return statement(frozen, DUCKDB), statement(frozen, POSTGRES)


def _of_members(one: Frozen, last: str, dialect: Dialect, *values: Sql) -> Sql:
    """Of each member a row per place: level, place, and `values`."""
    levels = [exp.Literal.string(level) for level in one.levels]
    return (
        exp.select(column("level"), column(PLACE), *values)
        .from_(last)
        .join(LIES, using=[GRID])
        .where(lower(one.where, dialect))
        .where(exp.In(this=column("level"), expressions=levels))
        .where(exp.Not(this=exp.Is(this=column(PLACE), expression=exp.Null())))
    )


def _told(one: Frozen, amount: Sql) -> list[Sql]:
    definition = exp.alias_(exp.Literal.string(one.definition), "definition")
    return [column("level"), column(PLACE), definition, exp.alias_(amount, "amount")]


def _mean(one: Frozen, last: str, dialect: Dialect) -> Sql:
    above, below = (Aggregated(Aggregate.sum, value, Type.bigint) for value in (one.of, one.per))
    mean = lower(Call(Op.whole_ratio, (above, below), Type.bigint), dialect)
    many = Call(Op.at_least, (Aggregated(Aggregate.count, integer(1), Type.bigint), one.least), Type.boolean)
    members = _of_members(one, last, dialect)
    return (
        members.select(*_told(one, mean), append=False)
        .group_by(column("level"), column(PLACE))
        .having(lower(many, dialect))
    )


def _quantile(one: Frozen, last: str, dialect: Dialect) -> Sql:
    assert one.percent is not None
    by = [column("level"), column(PLACE)]
    ranked = exp.Window(
        this=exp.RowNumber(),
        partition_by=[name.copy() for name in by],
        order=exp.Order(expressions=[exp.Ordered(this=lower(one.of, dialect), nulls_first=False)]),
    )
    counted = exp.Window(
        this=exp.Count(this=exp.Literal.number(1)), partition_by=[name.copy() for name in by]
    )
    rows = _of_members(
        one,
        last,
        dialect,
        exp.alias_(lower(one.of, dialect), _VALUE.name),
        exp.alias_(ranked, _NTH.name),
        exp.alias_(counted, _MEMBERS.name),
    )
    # the first rank that has so many percent of the members at or below it
    reached = _times(_NTH, _PERCENT)
    before = Call(Op.subtract, (reached, integer(_PERCENT)), Type.bigint)
    wanted = _times(_MEMBERS, one.percent)
    at_rank: list[Expr] = [
        Call(Op.at_least, (reached, wanted), Type.boolean),
        Call(Op.less, (before, wanted), Type.boolean),
        Call(Op.at_least, (_MEMBERS, one.least), Type.boolean),
    ]
    amount = lower(Call(Op.floor_to, (_VALUE, one.step), Type.bigint), dialect)
    return (
        exp.select(*_told(one, amount))
        .from_(rows.subquery("ranked"))
        .where(*(lower(condition, dialect) for condition in at_rank))
    )


def _times(value: Expr, factor: int) -> Expr:
    return Call(Op.multiply, (value, integer(factor)), Type.bigint)


def missing(frozen: Iterable[Iterable[Frozen]], known: Iterable[str]) -> list[Frozen]:
    """Of several catalogues' figures those that a run with the definitions `known` lacks, each once."""
    there = set(known)
    return list({one.definition: one for one in chain(*frozen) if one.definition not in there}.values())
