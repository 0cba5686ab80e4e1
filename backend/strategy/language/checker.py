"""From text to typed nodes, admitting only what is on a list.

The text is a SQL scalar expression. sqlglot parses it; each node is admitted by its exact type and arguments,
so that what a later sqlglot learns to parse stays refused. The SQL that runs is made from our nodes alone.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from sqlglot import exp, parse
from sqlglot.errors import SqlglotError

from backend.strategy.language.errors import ExpressionError, nearest_name
from backend.strategy.language.nodes import (
    FALSE,
    TRUE,
    Aggregate,
    Aggregated,
    AsOf,
    Case,
    Expr,
    Literal,
    Op,
    Ref,
    Type,
    integer,
)
from backend.strategy.language.scope import Scope
from backend.strategy.language.typing import call, unify

MAX_CHARACTERS = 2000
MAX_NODES = 400
MAX_PARENTHESES = 40
FEN_PER_YUAN = 100

_INTEGER = re.compile(r"\d{1,18}")
_DECIMAL = re.compile(r"\d{1,9}\.\d{1,6}")
_CODE = re.compile(r"[A-Za-z0-9_]{1,60}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")

_BINARY: Mapping[type[exp.Expr], Op] = {
    exp.Add: Op.add,
    exp.Sub: Op.subtract,
    exp.Mul: Op.multiply,
    exp.EQ: Op.equal,
    exp.NEQ: Op.unequal,
    exp.LT: Op.less,
    exp.LTE: Op.at_most,
    exp.GT: Op.more,
    exp.GTE: Op.at_least,
    exp.And: Op.both,
    exp.Or: Op.either,
}
_VARIADIC: Mapping[type[exp.Expr], Op] = {
    exp.Coalesce: Op.coalesce,
    exp.Least: Op.least,
    exp.Greatest: Op.greatest,
}
_AGGREGATES: Mapping[type[exp.Expr], Aggregate] = {
    exp.Sum: Aggregate.sum,
    exp.Min: Aggregate.min,
    exp.Max: Aggregate.max,
}
_FUNCTIONS: Mapping[str, Op] = {
    op.value: op
    for op in (Op.ratio, Op.share, Op.floor_to, Op.days_between, Op.months_between, Op.years_between)
}
# arguments beside the operands that the parser always sets and that change nothing
_HARMLESS = frozenset({"big_int", "ignore_nulls", "safe"})
_HINTS: Mapping[type[exp.Expr], str] = {
    exp.Div: "division is written ratio(a, b), or share(a, percent) for whole fen",
    exp.Mod: "write floor_to(a, step)",
    exp.Star: "a bare * is not allowed; name the column, or write COUNT(1)",
    exp.Tuple: "lists in parentheses stand only behind IN",
    exp.Filter: "write the filter under `where`",
    exp.Alias: "exactly one expression is wanted, without a name behind it",
    exp.CurrentDate: "write as_of; the server's clock is not an input",
    exp.CurrentTimestamp: "write as_of; the server's clock is not an input",
}


def check(text: str, scope: Scope) -> Expr:
    """The typed expression that `text` says.

    Raises ExpressionError with one sentence on what is wrong and, for a name, the nearest valid one.
    """
    return _Checker(scope).convert(_parse(text))


def check_as(text: str, scope: Scope, wanted: Type) -> Expr:
    """`check`, and the result must have type `wanted`. Raises ExpressionError."""
    expr = check(text, scope)
    if isinstance(expr, Literal) and expr.value is None:
        return Literal(None, wanted)
    if expr.type is not wanted:
        raise ExpressionError(f"the expression gives {expr.type.value}, {wanted.value} is wanted here")
    return expr


def _parse(text: str) -> exp.Expr:
    if len(text) > MAX_CHARACTERS:
        raise ExpressionError(f"an expression may have {MAX_CHARACTERS} characters, this one has {len(text)}")
    for position, character in enumerate(text, 1):
        if not (character.isascii() and (character.isprintable() or character in "\n\t")):
            raise ExpressionError(f"character {position} is {character!r}; expressions are plain ASCII")
    if "--" in text or "/*" in text:
        raise ExpressionError("comments are not allowed inside an expression; say it under `explain`")
    if text.count("(") > MAX_PARENTHESES:
        raise ExpressionError(f"an expression may have {MAX_PARENTHESES} pairs of parentheses")
    try:
        parsed = parse(text, read="postgres")
    except SqlglotError as error:
        raise ExpressionError(f"this is not an expression: {_first_line(error)}") from error
    except RecursionError as error:
        raise ExpressionError("the expression is nested too deeply") from error
    if len(parsed) != 1 or parsed[0] is None:
        raise ExpressionError("exactly one expression is wanted")
    tree = parsed[0]
    for count, _ in enumerate(tree.walk(), 1):
        if count > MAX_NODES:
            raise ExpressionError(f"an expression may have {MAX_NODES} parts")
    return tree


def _first_line(error: SqlglotError) -> str:
    return re.sub(r"\x1b\[\d+m", "", str(error)).splitlines()[0].rstrip(". ")


class _Checker:
    """One conversion. `inside` is true within an aggregate, where the source's columns stand."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.inside = False

    def convert(self, node: exp.Expr) -> Expr:
        kind = type(node)
        if kind in _BINARY:
            return self._binary(node, _BINARY[kind])
        if kind in _VARIADIC:
            self._only(node, "this", "expressions")
            return self._call(_VARIADIC[kind], [node.this, *node.expressions])
        if kind in _AGGREGATES:
            self._only(node, "this")
            return self._aggregate(_AGGREGATES[kind], node.this)
        convert = self._BY_TYPE.get(kind)
        if convert is None:
            raise ExpressionError(_HINTS.get(kind, f"{_said(node)} is not part of the language"))
        return convert(self, node)

    def _call(self, op: Op, args: list[exp.Expr]) -> Expr:
        return call(op, [self.convert(arg) for arg in args])

    def _only(self, node: exp.Expr, *allowed: str) -> None:
        for name, value in node.args.items():
            if name not in allowed and name not in _HARMLESS and value not in (None, False, []):
                said = f"{_said(node)} has a part that is not allowed: {name}"
                raise ExpressionError(_HINTS.get(type(value), said))

    def _binary(self, node: exp.Expr, op: Op) -> Expr:
        self._only(node, "this", "expression")
        left, right = self.convert(node.this), self.convert(node.expression)
        self._known_code(node.this, right)
        self._known_code(node.expression, left)
        return call(op, [left, right])

    def _known_code(self, column: exp.Expr, other: Expr) -> None:
        """A code compared with a column of a closed list must be one of its codes."""
        if type(column) is not exp.Column:
            return
        if not isinstance(other, Literal) or not isinstance(other.value, str):
            return
        known = self.scope.columns.get(column.name)
        if known is not None and known.choices and other.value not in known.choices:
            raise ExpressionError(
                f"{column.name} is never '{other.value}'", nearest_name(other.value, sorted(known.choices))
            )

    def _paren(self, node: exp.Expr) -> Expr:
        self._only(node, "this")
        return self.convert(node.this)

    def _column(self, node: exp.Expr) -> Expr:
        name = node.this
        if type(name) is exp.Star:
            raise ExpressionError(_HINTS[exp.Star])
        if len([value for value in node.args.values() if value]) != 1 or type(name) is not exp.Identifier:
            raise ExpressionError(f"{node.sql('postgres')}: a name stands alone, without a table in front")
        if name.args.get("quoted") or not _NAME.fullmatch(name.name):
            raise ExpressionError(f"{name.name!r} is not a name: small letters, digits and _ without quotes")
        if name.name == "as_of":
            return AsOf()
        if name.name in self.scope.figures:
            return self.scope.figures[name.name]
        column = self.scope.columns.get(name.name)
        if column is None:
            nearest = nearest_name(name.name, self.scope.names())
            raise ExpressionError(f"{name.name} is not known here", nearest)
        if self.scope.aggregates and not self.inside:
            raise ExpressionError(f"{name.name} has many rows; put it inside SUM, COUNT, MIN or MAX")
        return Ref(name.name, column.type)

    def _literal(self, node: exp.Expr) -> Expr:
        self._only(node, "this", "is_string")
        text = str(node.this)
        if node.args.get("is_string"):
            if not _CODE.fullmatch(text):
                raise ExpressionError(f"{text!r} is not a code: letters, digits and _ only")
            return Literal(text, Type.text)
        if _INTEGER.fullmatch(text):
            return integer(int(text))
        if _DECIMAL.fullmatch(text):
            return Literal(float(text), Type.double)
        raise ExpressionError(f"{text} is not a number that can be used: up to 18 digits, 6 behind the point")

    def _boolean(self, node: exp.Expr) -> Expr:
        return TRUE if node.this else FALSE

    def _null(self, node: exp.Expr) -> Expr:
        return Literal(None, Type.text)

    def _not(self, node: exp.Expr) -> Expr:
        self._only(node, "this")
        return self._call(Op.negation, [node.this])

    def _negative(self, node: exp.Expr) -> Expr:
        self._only(node, "this")
        return self._call(Op.negate, [node.this])

    def _absolute(self, node: exp.Expr) -> Expr:
        self._only(node, "this")
        return self._call(Op.absolute, [node.this])

    def _is(self, node: exp.Expr) -> Expr:
        self._only(node, "this", "expression", "negate")
        if type(node.args["expression"]) is not exp.Null:
            raise ExpressionError("IS stands only before NULL or NOT NULL")
        missing = self._call(Op.is_null, [node.this])
        return call(Op.negation, [missing]) if node.args.get("negate") else missing

    def _in(self, node: exp.Expr) -> Expr:
        self._only(node, "this", "expressions")
        items = [self.convert(item) for item in node.expressions]
        if not items or not all(isinstance(item, Literal) for item in items):
            raise ExpressionError("IN wants a list of constants")
        for item in items:
            self._known_code(node.this, item)
        return call(Op.within, [self.convert(node.this), *items])

    def _between(self, node: exp.Expr) -> Expr:
        self._only(node, "this", "low", "high")
        return self._call(Op.between, [node.this, node.args["low"], node.args["high"]])

    def _case(self, node: exp.Expr) -> Expr:
        if node.args.get("this") is not None:
            raise ExpressionError("write CASE WHEN condition THEN …, without an operand behind CASE")
        self._only(node, "ifs", "default")
        branches: list[tuple[Expr, Expr]] = []
        for branch in node.args["ifs"]:
            self._only(branch, "this", "true")
            when = self.convert(branch.this)
            if when.type is not Type.boolean:
                raise ExpressionError(f"WHEN wants true or false, not {when.type.value}")
            branches.append((when, self.convert(branch.args["true"])))
        default = node.args.get("default")
        otherwise = Literal(None, Type.text) if default is None else self.convert(default)
        values = unify([then for _, then in branches] + [otherwise], "the branches of CASE")
        return Case(
            tuple((when, then) for (when, _), then in zip(branches, values[:-1], strict=True)),
            values[-1],
            values[-1].type,
        )

    def _count(self, node: exp.Expr) -> Expr:
        self._only(node, "this")
        if type(node.this) is not exp.Distinct:
            return self._aggregate(Aggregate.count, node.this)
        self._only(node.this, "expressions")
        if len(node.this.expressions) != 1:
            raise ExpressionError("COUNT(DISTINCT …) counts one column")
        return self._aggregate(Aggregate.count_distinct, node.this.expressions[0])

    def _aggregate(self, aggregate: Aggregate, arg: exp.Expr) -> Expr:
        if not self.scope.aggregates:
            raise ExpressionError(f"{aggregate.value} stands only in a feature that reads a source")
        if self.inside:
            raise ExpressionError(f"{aggregate.value} stands inside another aggregate")
        self.inside = True
        inner = self.convert(arg)
        self.inside = False
        if aggregate is Aggregate.sum and inner.type is not Type.bigint:
            raise ExpressionError(f"SUM wants an integer, not {inner.type.value}")
        if aggregate in (Aggregate.min, Aggregate.max) and inner.type in (Type.boolean, Type.double):
            raise ExpressionError(f"{aggregate.value} does not take {inner.type.value}")
        counts = aggregate in (Aggregate.count, Aggregate.count_distinct)
        return Aggregated(aggregate, inner, Type.bigint if counts else inner.type)

    def _function(self, node: exp.Expr) -> Expr:
        self._only(node, "this", "expressions")
        name = str(node.this).lower()
        if name == "yuan":
            return self._yuan(node.expressions)
        op = _FUNCTIONS.get(name)
        if op is None:
            known = [*_FUNCTIONS, "yuan", *(op.value.lower() for op in (*_VARIADIC.values(), Op.absolute))]
            raise ExpressionError(f"there is no function {name}", nearest_name(name, known))
        return self._call(op, node.expressions)

    def _yuan(self, args: list[exp.Expr]) -> Expr:
        amount = self.convert(args[0]) if len(args) == 1 else None
        if not isinstance(amount, Literal) or not isinstance(amount.value, int) or amount.value > 10**15:
            raise ExpressionError("yuan(…) wants one whole number of yuan")
        return integer(amount.value * FEN_PER_YUAN)

    def _months(self, node: Any) -> Expr:
        """sqlglot knows a function of this name from other dialects and gives it a node of its own."""
        self._only(node, "this", "expression")
        return self._call(Op.months_between, [node.this, node.args["expression"]])

    _BY_TYPE: Mapping[type[exp.Expr], Callable[["_Checker", Any], Expr]] = {
        exp.Paren: _paren,
        exp.Column: _column,
        exp.Literal: _literal,
        exp.Boolean: _boolean,
        exp.Null: _null,
        exp.Not: _not,
        exp.Neg: _negative,
        exp.Abs: _absolute,
        exp.Is: _is,
        exp.In: _in,
        exp.Between: _between,
        exp.Case: _case,
        exp.Count: _count,
        exp.Anonymous: _function,
        exp.MonthsBetween: _months,
    }


def _said(node: exp.Expr) -> str:
    return type(node).__name__.upper()
