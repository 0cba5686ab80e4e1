"""Typed nodes as SQL of PostgreSQL, DuckDB or Spark, by way of sqlglot's tree.

What keeps results equal to the fen wherever the same nodes run: sums over integers only, a ratio as a
division of two doubles with a null for zero, floors by remainder, days counted between dates.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlglot import exp

from backend.strategy.language.nodes import (
    Aggregate,
    Aggregated,
    AsOf,
    Call,
    Case,
    Expr,
    Literal,
    Op,
    Ref,
    Type,
)

Sql = Any  # a tree of sqlglot's: its own types do not survive mypy's strict mode
AS_OF = "as_of"


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs between engines beside what sqlglot writes by itself.

    `whole`: division of two bigint, cut towards zero; `sign`: what stands before a parameter's name;
    `views`: where the sources lie, a schema or (temporary views have none) what their names begin with;
    `dates_subtract`: whether the difference of two dates is a number of days.
    """

    name: str
    whole: type[exp.Binary]
    sign: str
    views: str
    dates_subtract: bool


POSTGRES = Dialect("postgres", exp.Div, ":", "facts.", True)
DUCKDB = Dialect("duckdb", exp.IntDiv, "$", "facts.", True)
SPARK = Dialect("spark", exp.IntDiv, ":", "facts_", False)

_CASTS: Mapping[Type, str] = {
    Type.bigint: "BIGINT",
    Type.double: "DOUBLE PRECISION",
    Type.boolean: "BOOLEAN",
    Type.text: "TEXT",
    Type.date: "DATE",
}
_INFIX: Mapping[Op, type[exp.Binary]] = {
    Op.add: exp.Add,
    Op.subtract: exp.Sub,
    Op.multiply: exp.Mul,
    Op.equal: exp.EQ,
    Op.unequal: exp.NEQ,
    Op.less: exp.LT,
    Op.at_most: exp.LTE,
    Op.more: exp.GT,
    Op.at_least: exp.GTE,
}


def cast(sql: Sql, type_: Type) -> Sql:
    """CAST(sql AS type)."""
    return exp.Cast(this=sql, to=_type(_CASTS[type_]).copy())


@cache
def _type(name: str) -> Sql:
    """PostgreSQL's type of that name, to be copied: by name sqlglot parses it each time."""
    return exp.DataType.build(name, dialect="postgres")


def parameter(name: str, dialect: Dialect = POSTGRES) -> Sql:
    """A named parameter: `:name` in PostgreSQL's and Spark's text, `$name` in DuckDB's."""
    return exp.Var(this=f"{dialect.sign}{name}")


def column(name: str, table: str | None = None) -> Sql:
    """A column, with its table where given."""
    return exp.column(name, table=table)


def source(name: str, dialect: Dialect = POSTGRES) -> Sql:
    """The table of a source."""
    schema, dot, prefix = dialect.views.rpartition(".")
    return exp.table_(f"{prefix}{name}", db=schema if dot else None)


def lower(expr: Expr, dialect: Dialect = POSTGRES) -> Sql:
    """The SQL of `expr`; columns stand unqualified."""
    match expr:
        case Ref(name=name):
            return column(name)
        case AsOf():
            return cast(parameter(AS_OF, dialect), Type.date)
        case Literal():
            return _literal(expr)
        case Case():
            return _case(expr, dialect)
        case Aggregated():
            return _aggregated(expr, dialect)
        case Call(op=op, args=args):
            return _call(op, [lower(arg, dialect) for arg in args], dialect)


def _literal(literal: Literal) -> Sql:
    value = literal.value
    if value is None:
        return cast(exp.Null(), literal.type)
    if isinstance(value, bool):
        return exp.Boolean(this=value)
    if isinstance(value, str):
        return exp.Literal.string(value)
    if isinstance(value, date):
        return cast(exp.Literal.string(value.isoformat()), Type.date)
    if value < 0:
        return exp.Neg(this=exp.Literal.number(-value))
    return exp.Literal.number(value)


def _case(case: Case, dialect: Dialect) -> Sql:
    built = exp.Case(
        ifs=[exp.If(this=lower(when, dialect), true=lower(then, dialect)) for when, then in case.branches],
        default=lower(case.otherwise, dialect),
    )
    constant = all(
        isinstance(part, Literal) for part in (*(then for _, then in case.branches), case.otherwise)
    )
    # small constants alone would make it four bytes wide
    return cast(built, case.type) if constant and case.type is Type.bigint else built


def _aggregated(node: Aggregated, dialect: Dialect) -> Sql:
    arg = lower(node.arg, dialect)
    built: Sql
    match node.aggregate:
        case Aggregate.sum:
            built = exp.Sum(this=arg)
        case Aggregate.count:
            built = exp.Count(this=arg)
        case Aggregate.count_distinct:
            built = exp.Count(this=exp.Distinct(expressions=[arg]))
        case Aggregate.min:
            built = exp.Min(this=arg)
        case Aggregate.max:
            built = exp.Max(this=arg)
    if node.where is not None:
        built = exp.Filter(this=built, expression=exp.Where(this=lower(node.where, dialect)))
    # a sum of bigint is numeric in PostgreSQL, hugeint in DuckDB, bigint in Spark
    return cast(built, Type.bigint) if node.aggregate is Aggregate.sum else built


def _call(op: Op, args: list[Sql], dialect: Dialect) -> Sql:
    infix = _INFIX.get(op)
    if infix is not None:
        return _binary(infix, args[0], args[1])
    differs = _BY_DIALECT.get(op)
    return _SPECIAL[op](args) if differs is None else differs(args, dialect)


# How tightly a node binds; what is not listed needs no parentheses.
_TIGHTNESS: Mapping[type[exp.Expr], int] = {
    exp.Or: 1,
    exp.And: 2,
    exp.Not: 3,
    **dict.fromkeys((exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Is, exp.In, exp.Between), 4),
    exp.Add: 5,
    exp.Sub: 5,
    exp.Mul: 6,
    exp.Div: 6,
    exp.IntDiv: 6,
    exp.Mod: 6,
    exp.Neg: 7,
}
_TIGHTEST = 8


def _inside(sql: Sql, tightness: int) -> Sql:
    """`sql` as an operand of an operator: in parentheses unless it binds at least as tightly as wanted."""
    return sql if _TIGHTNESS.get(type(sql), _TIGHTEST) >= tightness else exp.Paren(this=sql)


def _paren(sql: Sql) -> Sql:
    return _inside(sql, _TIGHTEST)


def _binary(kind: type[exp.Binary], left: Sql, right: Sql) -> Sql:
    """`left kind right`; a chain of + − or of AND goes without parentheses on its left."""
    own = _TIGHTNESS[kind]
    chains = own if own in (1, 2, 5) else own + 1
    return kind(this=_inside(left, chains), expression=_inside(right, own + 1))


def _ratio(args: list[Sql]) -> Sql:
    below = exp.Nullif(this=cast(args[1], Type.double), expression=exp.Literal.number(0))
    return exp.Div(this=cast(args[0], Type.double), expression=below, typed=True)


def _remainder(left: Sql, right: Sql) -> Sql:
    return _binary(exp.Mod, left, right)


def _floor_to(args: list[Sql]) -> Sql:
    return _binary(exp.Sub, args[0], exp.Paren(this=_remainder(args[0].copy(), args[1])))


def _whole(above: Sql, below: Sql, dialect: Dialect) -> Sql:
    """Division of two bigint, cut towards zero: PostgreSQL's own `/` on integers, `//` in DuckDB."""
    typed = {"typed": True} if dialect.whole is exp.Div else {}
    return dialect.whole(this=_paren(above), expression=_paren(below), **typed)


def _share(args: list[Sql], dialect: Dialect) -> Sql:
    amount, percent = args
    once = isinstance(percent, exp.Literal) and percent.name == "1"
    product = amount if once else _binary(exp.Mul, amount, percent)
    return _whole(product, exp.Literal.number(100), dialect)


def _years(args: list[Sql], dialect: Dialect) -> Sql:
    apart = exp.Sub(this=_calendar(args[1]), expression=_calendar(args[0]))
    return _whole(apart, exp.Literal.number(10000), dialect)


def _days(args: list[Sql], dialect: Dialect) -> Sql:
    if not dialect.dates_subtract:
        return cast(exp.func("DATEDIFF", args[1], args[0]), Type.bigint)
    return cast(exp.Paren(this=exp.Sub(this=_paren(args[1]), expression=_paren(args[0]))), Type.bigint)


def _part(name: str, of: Sql) -> Sql:
    return cast(exp.Extract(this=exp.Var(this=name), expression=of), Type.bigint)


def _months(of: Sql) -> Sql:
    year = exp.Mul(this=_part("YEAR", of), expression=exp.Literal.number(12))
    return exp.Paren(this=exp.Add(this=year, expression=_part("MONTH", of.copy())))


def _calendar(of: Sql) -> Sql:
    """The date as the number YYYYMMDD: differences of these give completed years, leap days included."""
    year = exp.Mul(this=_part("YEAR", of), expression=exp.Literal.number(10000))
    month = exp.Mul(this=_part("MONTH", of.copy()), expression=exp.Literal.number(100))
    return exp.Paren(
        this=exp.Add(this=exp.Add(this=year, expression=month), expression=_part("DAY", of.copy()))
    )


_SPECIAL: Mapping[Op, Callable[[list[Sql]], Sql]] = {
    Op.negate: lambda args: exp.Neg(this=_paren(args[0])),
    Op.both: lambda args: _binary(exp.And, args[0], args[1]),
    Op.either: lambda args: _binary(exp.Or, args[0], args[1]),
    Op.negation: lambda args: exp.Not(this=_paren(args[0])),
    Op.is_null: lambda args: exp.Is(this=_paren(args[0]), expression=exp.Null()),
    Op.within: lambda args: exp.In(this=_paren(args[0]), expressions=args[1:]),
    Op.between: lambda args: exp.Between(this=_paren(args[0]), low=_paren(args[1]), high=_paren(args[2])),
    Op.coalesce: lambda args: exp.Coalesce(this=args[0], expressions=args[1:]),
    Op.least: lambda args: exp.Least(this=args[0], expressions=args[1:], ignore_nulls=True),
    Op.greatest: lambda args: exp.Greatest(this=args[0], expressions=args[1:], ignore_nulls=True),
    Op.absolute: lambda args: exp.Abs(this=args[0]),
    Op.ratio: _ratio,
    Op.floor_to: _floor_to,
    Op.months_between: lambda args: exp.Sub(this=_months(args[1]), expression=_months(args[0])),
}
#: what engines write differently
_BY_DIALECT: Mapping[Op, Callable[[list[Sql], Dialect], Sql]] = {
    Op.days_between: _days,
    Op.share: _share,
    Op.whole_ratio: lambda args, dialect: _whole(args[0], args[1], dialect),
    Op.years_between: _years,
}
