"""The catalogue row by row in Python, as rule engines of that kind work: what a bench measures against."""

import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from backend.strategy.building import levels
from backend.strategy.definitions import SPINE, Catalogue
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
)

Row = Mapping[str, Any]


class RowEngine:
    """Works out one customer at a time."""

    def __init__(self, catalogue: Catalogue, as_of: date) -> None:
        self._catalogue = catalogue
        self._as_of = as_of
        derived = {name: one.value for name, one in catalogue.features.items() if one.source is None}
        rules = {name: one.value for name, one in catalogue.rules.items()}
        self._steps = [
            (name, values[name]) for values in (derived, rules) for layer in levels(values) for name in layer
        ]

    def customer(self, rows: Mapping[str, Sequence[Row]]) -> dict[str, Any]:
        """Features and rules by name; `rows`: the customer's, by source."""
        out: dict[str, Any] = {}
        for name, feature in self._catalogue.features.items():
            if feature.source == SPINE:
                out[name] = self._value(feature.value, rows[SPINE][0])
            elif feature.source is not None:
                mine = rows.get(feature.source, ())
                found = self._gathered(feature.value, mine) if mine else None
                out[name] = found
                if found is None:
                    out[name] = self._value(feature.fallback or feature.otherwise, {})
        for name, value in self._steps:
            out[name] = self._value(value, out)
        return out

    def _gathered(self, expr: Expr, rows: Sequence[Row]) -> Any:
        if isinstance(expr, Call):
            return _called(expr.op, [self._gathered(one, rows) for one in expr.args])
        if isinstance(expr, Case):
            for when, then in expr.branches:
                if self._gathered(when, rows):
                    return self._gathered(then, rows)
            return self._gathered(expr.otherwise, rows)
        if not isinstance(expr, Aggregated):
            return self._value(expr, {})
        picked = [row for row in rows if expr.where is None or self._value(expr.where, row)]
        values = [value for row in picked if (value := self._value(expr.arg, row)) is not None]
        match expr.aggregate:
            case Aggregate.count:
                return len(values)
            case Aggregate.count_distinct:
                return len(set(values))
            case Aggregate.sum:
                return sum(values) if values else None
            case Aggregate.min:
                return min(values, default=None)
            case Aggregate.max:
                return max(values, default=None)

    def _value(self, expr: Expr, row: Row) -> Any:
        match expr:
            case Ref(name=name):
                return row[name]
            case AsOf():
                return self._as_of
            case Literal(value=value):
                return value
            case Case(branches=branches, otherwise=otherwise):
                for when, then in branches:
                    if self._value(when, row):
                        return self._value(then, row)
                return self._value(otherwise, row)
            case Call(op=op, args=args):
                return _called(op, [self._value(one, row) for one in args])
        raise TypeError(expr)


def _called(op: Op, args: list[Any]) -> Any:
    if op in _LOOSE:
        return _LOOSE[op](args)
    return None if None in args else _STRICT[op](*args)


def _both(args: list[Any]) -> bool | None:
    return False if False in args else (None if None in args else True)


def _either(args: list[Any]) -> bool | None:
    return True if True in args else (None if None in args else False)


def _known(args: list[Any]) -> list[Any]:
    return [one for one in args if one is not None]


def _whole(above: int, below: int) -> int:
    return abs(above) // below * (1 if above >= 0 else -1)


def _number(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day


_LOOSE: Mapping[Op, Callable[[list[Any]], Any]] = {
    Op.both: _both,
    Op.either: _either,
    Op.coalesce: lambda args: next(iter(_known(args)), None),
    Op.least: lambda args: min(_known(args), default=None),
    Op.greatest: lambda args: max(_known(args), default=None),
    Op.is_null: lambda args: args[0] is None,
    Op.within: lambda args: None if args[0] is None else args[0] in args[1:],
}
_STRICT: Mapping[Op, Callable[..., Any]] = {
    Op.add: operator.add,
    Op.subtract: operator.sub,
    Op.multiply: operator.mul,
    Op.negate: operator.neg,
    Op.equal: operator.eq,
    Op.unequal: operator.ne,
    Op.less: operator.lt,
    Op.at_most: operator.le,
    Op.more: operator.gt,
    Op.at_least: operator.ge,
    Op.negation: operator.not_,
    Op.absolute: abs,
    Op.between: lambda value, low, high: low <= value <= high,
    Op.ratio: lambda above, below: above / below if below else None,
    Op.share: lambda amount, percent: _whole(amount * percent, 100),
    Op.whole_ratio: _whole,
    Op.floor_to: lambda value, step: _whole(value, step) * step,
    Op.days_between: lambda one, other: (other - one).days,
    Op.months_between: lambda one, other: (other.year - one.year) * 12 + other.month - one.month,
    Op.years_between: lambda one, other: _whole(_number(other) - _number(one), 10_000),
}
