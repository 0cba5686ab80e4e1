"""Frozen typed nodes: what a checked expression is, whatever text it was written in.

Everything is an integer (money in fen, rates in basis points), a date, a code, or true or false; the one
double is a ratio. Nothing here knows a database.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum, StrEnum


class Type(StrEnum):
    """The types that a column of the catalogue may have, by PostgreSQL's names."""

    bigint = "bigint"
    double = "double precision"
    boolean = "boolean"
    text = "text"
    date = "date"


class Op(StrEnum):
    """Every operator and function of the language."""

    add = "+"
    subtract = "-"
    multiply = "*"
    negate = "negate"
    equal = "="
    unequal = "<>"
    less = "<"
    at_most = "<="
    more = ">"
    at_least = ">="
    both = "AND"
    either = "OR"
    negation = "NOT"
    is_null = "IS NULL"
    within = "IN"
    between = "BETWEEN"
    coalesce = "COALESCE"
    least = "LEAST"
    greatest = "GREATEST"
    absolute = "ABS"
    ratio = "ratio"
    share = "share"
    # the whole part of a / b, b above zero: for what the catalogue's richer forms mean, not to be written
    whole_ratio = "whole_ratio"
    floor_to = "floor_to"
    days_between = "days_between"
    months_between = "months_between"
    years_between = "years_between"


class Aggregate(Enum):
    """Aggregates, for features only."""

    sum = "SUM"
    count = "COUNT"
    count_distinct = "COUNT DISTINCT"
    min = "MIN"
    max = "MAX"


@dataclass(frozen=True, slots=True)
class Ref:
    """A column in scope."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant; `value` None is SQL's NULL of that type."""

    value: int | float | bool | str | date | None
    type: Type


@dataclass(frozen=True, slots=True)
class AsOf:
    """The bank's business date, given from outside; never the server's clock."""

    type: Type = Type.date


@dataclass(frozen=True, slots=True)
class Call:
    """An operator or a function over its arguments."""

    op: Op
    args: tuple["Expr", ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Case:
    """The first branch whose condition holds, else `otherwise`."""

    branches: tuple[tuple["Expr", "Expr"], ...]
    otherwise: "Expr"
    type: Type


@dataclass(frozen=True, slots=True)
class Aggregated:
    """An aggregate over the rows of a source, of one customer, that meet `where`."""

    aggregate: Aggregate
    arg: "Expr"
    type: Type
    where: "Expr | None" = None


Expr = Ref | Literal | AsOf | Call | Case | Aggregated

TRUE = Literal(True, Type.boolean)
FALSE = Literal(False, Type.boolean)


def integer(value: int) -> Literal:
    """An integer constant."""
    return Literal(value, Type.bigint)


def code(value: str) -> Literal:
    """A code constant."""
    return Literal(value, Type.text)


def total(terms: list[Expr]) -> Expr:
    """The sum of integer expressions; zero for none."""
    if not terms:
        return integer(0)
    out = terms[0]
    for term in terms[1:]:
        out = Call(Op.add, (out, term), Type.bigint)
    return out


def all_of(conditions: list[Expr]) -> Expr:
    """The conjunction; true for none."""
    if not conditions:
        return TRUE
    out = conditions[0]
    for condition in conditions[1:]:
        out = Call(Op.both, (out, condition), Type.boolean)
    return out


def surely(condition: Expr) -> Expr:
    """The condition with "unknown" read as "no", as every rule of the catalogue is."""
    if condition in (TRUE, FALSE):
        return condition
    return Call(Op.coalesce, (condition, FALSE), Type.boolean)


def children(expr: Expr) -> tuple[Expr, ...]:
    """The expressions directly inside `expr`."""
    match expr:
        case Call(args=args):
            return args
        case Case(branches=branches, otherwise=otherwise):
            return (*(part for branch in branches for part in branch), otherwise)
        case Aggregated(arg=arg, where=where):
            return (arg,) if where is None else (arg, where)
        case Ref() | Literal() | AsOf():
            return ()


def walk(expr: Expr) -> Iterator[Expr]:
    """`expr` and everything inside it."""
    stack = [expr]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(children(node))


def refs(expr: Expr) -> frozenset[str]:
    """The names of the columns that `expr` reads."""
    return frozenset(node.name for node in walk(expr) if isinstance(node, Ref))


def rewrite(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """`expr` rebuilt bottom-up with `change` applied to each node."""
    match expr:
        case Call(op=op, args=args, type=type_):
            return change(Call(op, tuple(rewrite(arg, change) for arg in args), type_))
        case Case(branches=branches, otherwise=otherwise, type=type_):
            rebuilt = tuple((rewrite(when, change), rewrite(then, change)) for when, then in branches)
            return change(Case(rebuilt, rewrite(otherwise, change), type_))
        case Aggregated(aggregate=aggregate, arg=arg, type=type_, where=where):
            inner = None if where is None else rewrite(where, change)
            return change(Aggregated(aggregate, rewrite(arg, change), type_, inner))
        case Ref() | Literal() | AsOf():
            return change(expr)
