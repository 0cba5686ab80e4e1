"""The catalogue's rules over whole columns in numpy, one operation after the other: what a bench measures
engines against. Columns are resident, rows of a source sorted by customer, texts are numbers of a common
table, days count from 1970; a column is its values and, where some are missing, which are there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from backend.strategy.building import levels
from backend.strategy.definitions import FROZEN, SPINE, Catalogue, Feature, Tag
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
    rewrite,
)

Array = npt.NDArray[Any]
Mask = Array | None
_KINDS: Mapping[Type, Any] = {
    Type.bigint: np.int64,
    Type.double: np.float64,
    Type.boolean: np.bool_,
    Type.text: np.int64,
    Type.date: np.int64,
}
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Column:
    """`there` None: no value is missing."""

    values: Array
    there: Mask = None


@dataclass
class Texts:
    """One number per text, the same for all columns."""

    numbers: dict[str, int] = field(default_factory=dict)

    def of(self, text: str) -> int:
        """The text's number."""
        return self.numbers.setdefault(text, len(self.numbers))


@dataclass(frozen=True, slots=True)
class Table:
    """A source: its columns, and where each customer's rows begin; `starts` and `owners` of customers that
    have rows. Of the figures over many the owners are grids."""

    columns: Mapping[str, Column]
    rows: int
    starts: Array
    owners: Array


class Pass:
    """One pass over all customers."""

    def __init__(self, catalogue: Catalogue, as_of: date, texts: Texts, grids: Array) -> None:
        """`grids`: the number of each customer's grid; those in none have the one after the last."""
        self._catalogue = catalogue
        self._grids = grids
        self._today = (as_of - _EPOCH).days
        self._texts = texts

    def run(self, tables: Mapping[str, Table], customers: int) -> dict[str, Column]:
        """Every feature and rule by name, and the tags as `words` (customers × words)."""
        out: dict[str, Column] = {}
        derived: dict[str, Expr] = {}
        for name, feature in self._catalogue.features.items():
            if feature.source is None:
                derived[name] = feature.value
            else:
                out[name] = self._base(feature, tables[feature.source], customers)
        for values in (derived, {name: rule.value for name, rule in self._catalogue.rules.items()}):
            for layer in levels(values):
                for name in layer:
                    out[name] = self._value(values[name], out, customers)
        out["words"] = Column(self._words(self._catalogue.tags, out, customers))
        return out

    def _words(self, tags: Sequence[Tag], of: Mapping[str, Column], customers: int) -> Array:
        words = np.zeros((max(tag.bit for tag in tags) // 64 + 1, customers), dtype=np.uint64)
        for tag in tags:
            held = _true(of[tag.rule.name]).astype(np.uint64)
            words[tag.bit // 64] |= held << np.uint64(tag.bit % 64)
        return words.T

    def _base(self, feature: Feature, table: Table, customers: int) -> Column:
        if feature.source == SPINE:
            return self._value(feature.value, table.columns, customers)
        found = self._gathered(feature.value, table)
        frozen = feature.source == FROZEN
        owners = int(self._grids.max()) + 1 if frozen else customers
        wide = np.zeros(owners, dtype=found.values.dtype)
        there = np.zeros(owners, dtype=np.bool_)
        wide[table.owners] = found.values
        there[table.owners] = True if found.there is None else found.there
        if frozen:
            wide, there = wide[self._grids], there[self._grids]
        otherwise = feature.fallback or feature.otherwise
        if isinstance(otherwise, Literal) and otherwise.value is None:
            return Column(wide, there)
        return _coalesce([Column(wide, there), self._value(otherwise, {}, customers)])

    def _gathered(self, expr: Expr, table: Table) -> Column:
        """An expression over aggregates, a value per customer with rows."""
        found: dict[str, Column] = {}

        def gathered(node: Expr) -> Expr:
            if not isinstance(node, Aggregated):
                return node
            name = f"gathered_{len(found)}"
            found[name] = self._aggregated(node, table)
            return Ref(name, node.type)

        return self._value(rewrite(expr, gathered), found, len(table.owners))

    def _aggregated(self, node: Aggregated, table: Table) -> Column:
        arg = self._value(node.arg, table.columns, table.rows)
        there = np.ones(table.rows, dtype=np.bool_) if arg.there is None else arg.there
        if node.where is not None:
            there = there & _true(self._value(node.where, table.columns, table.rows))
        counts = _reduced(np.add, there.astype(np.int64), table.starts)
        match node.aggregate:
            case Aggregate.count:
                return Column(counts)
            case Aggregate.sum:
                return Column(_reduced(np.add, np.where(there, arg.values, 0), table.starts), counts > 0)
            case Aggregate.count_distinct:
                owner = np.repeat(np.arange(len(table.starts)), np.diff(np.append(table.starts, table.rows)))
                pairs = np.unique(np.stack([owner[there], arg.values[there]]), axis=1)
                return Column(np.bincount(pairs[0], minlength=len(table.starts)))
        low, high = np.iinfo(np.int64).min, np.iinfo(np.int64).max
        if node.aggregate is Aggregate.min:
            return Column(_reduced(np.minimum, np.where(there, arg.values, high), table.starts), counts > 0)
        return Column(_reduced(np.maximum, np.where(there, arg.values, low), table.starts), counts > 0)

    def _constant(self, literal: Literal) -> Any:
        value = literal.value
        if isinstance(value, str):
            return self._texts.of(value)
        return (value - _EPOCH).days if isinstance(value, date) else value

    def _value(self, expr: Expr, of: Mapping[str, Column], rows: int) -> Column:
        match expr:
            case Ref(name=name):
                return of[name]
            case AsOf():
                return Column(np.full(rows, self._today))
            case Literal(value=None, type=type_):
                return Column(np.zeros(rows, dtype=_KINDS[type_]), np.zeros(rows, dtype=np.bool_))
            case Literal():
                return Column(np.full(rows, self._constant(expr), dtype=_KINDS[expr.type]))
            case Case():
                return self._case(expr, of, rows)
            case Call(op=op, args=args):
                return self._called(op, [self._value(one, of, rows) for one in args])
        raise TypeError(expr)

    def _case(self, case: Case, of: Mapping[str, Column], rows: int) -> Column:
        last = self._value(case.otherwise, of, rows)
        whens = [_true(self._value(when, of, rows)) for when, _ in case.branches]
        thens = [self._value(then, of, rows) for _, then in case.branches]
        values = np.select(whens, [one.values for one in thens], last.values)
        if all(one.there is None for one in (*thens, last)):
            return Column(values)
        return Column(values, np.select(whens, [_there(one) for one in thens], _there(last)))

    def _called(self, op: Op, args: list[Column]) -> Column:
        special = _SPECIAL.get(op)
        if special is not None:
            return special(args)
        values = [one.values for one in args]
        there = reduce(_and, (one.there for one in args))
        return Column(_PLAIN[op](*values), there)


def _reduced(how: np.ufunc, values: Array, starts: Array) -> Array:
    out: Array = how.reduceat(values, starts) if len(starts) else values[:0]
    return out


def _there(column: Column) -> Array:
    return np.ones(len(column.values), dtype=np.bool_) if column.there is None else column.there


def _true(column: Column) -> Array:
    return column.values if column.there is None else column.values & column.there


def _and(one: Mask, other: Mask) -> Mask:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _both(args: list[Column]) -> Column:
    one, other = args
    yes = _true(one) & _true(other)
    if one.there is None and other.there is None:
        return Column(yes)
    no = (~one.values & _there(one)) | (~other.values & _there(other))
    return Column(yes, yes | no)


def _either(args: list[Column]) -> Column:
    one, other = args
    yes = _true(one) | _true(other)
    if one.there is None and other.there is None:
        return Column(yes)
    no = (~one.values & _there(one)) & (~other.values & _there(other))
    return Column(yes, yes | no)


def _coalesce(args: list[Column]) -> Column:
    first, *others = args
    for other in others:
        if first.there is None:
            break
        there = None if other.there is None else first.there | other.there
        first = Column(np.where(first.there, first.values, other.values), there)
    return first


def _extreme(better: Callable[[Array, Array], Array]) -> Callable[[list[Column]], Column]:
    def of(args: list[Column]) -> Column:
        best, *others = args
        for one in others:
            if best.there is None and one.there is None:
                best = Column(better(best.values, one.values))
                continue
            mine, its = _there(best), _there(one)
            both = better(best.values, one.values)
            best = Column(np.where(mine & its, both, np.where(mine, best.values, one.values)), mine | its)
        return best

    return of


def _within(args: list[Column]) -> Column:
    found, *among = args
    equal = reduce(np.logical_or, (found.values == one.values for one in among))
    return Column(equal, found.there)


def _ratio(args: list[Column]) -> Column:
    above, below = args
    some = below.values != 0
    values = np.divide(above.values, below.values, out=np.zeros(len(some)), where=some)
    return Column(values, _and(_and(above.there, below.there), some))


def _whole(above: Array, below: Any) -> Array:
    """Division cut towards zero."""
    cut: Array = np.sign(above) * (np.abs(above) // below)
    return cut


def _floor_to(value: Array, step: Array) -> Array:
    down: Array = value - np.fmod(value, step)
    return down


def _months(days: Array) -> Array:
    months: Array = days.astype("M8[D]").astype("M8[M]").astype(np.int64)
    return months


def _calendar(days: Array) -> Array:
    of_month = days.astype("M8[D]") - days.astype("M8[D]").astype("M8[M]").astype("M8[D]")
    months = _months(days)
    number: Array = (months // 12) * 10_000 + (months % 12) * 100 + of_month.astype(np.int64)
    return number


_PLAIN: Mapping[Op, Callable[..., Array]] = {
    Op.add: np.add,
    Op.subtract: np.subtract,
    Op.multiply: np.multiply,
    Op.negate: np.negative,
    Op.equal: np.equal,
    Op.unequal: np.not_equal,
    Op.less: np.less,
    Op.at_most: np.less_equal,
    Op.more: np.greater,
    Op.at_least: np.greater_equal,
    Op.negation: np.logical_not,
    Op.absolute: np.abs,
    Op.share: lambda amount, percent: _whole(amount * percent, 100),
    Op.whole_ratio: _whole,
    Op.floor_to: _floor_to,
    Op.days_between: lambda one, other: other - one,
    Op.months_between: lambda one, other: _months(other) - _months(one),
    Op.years_between: lambda one, other: _whole(_calendar(other) - _calendar(one), 10_000),
    Op.between: lambda value, low, high: (value >= low) & (value <= high),
}
_SPECIAL: Mapping[Op, Callable[[list[Column]], Column]] = {
    Op.both: _both,
    Op.either: _either,
    Op.coalesce: _coalesce,
    Op.least: _extreme(np.minimum),
    Op.greatest: _extreme(np.maximum),
    Op.within: _within,
    Op.ratio: _ratio,
    Op.is_null: lambda args: Column(~_there(args[0])),
}
