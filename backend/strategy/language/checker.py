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
    Call,
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
    **dict.fromkeys(
        (
            exp.Avg,
            exp.Median,
            exp.PercentileCont,
            exp.PercentileDisc,
            exp.Quantile,
            exp.Window,
            exp.Subquery,
            exp.WithinGroup,
            exp.Exists,
        ),
        "hint_across",
    ),
    exp.Div: "hint_division",
    exp.Mod: "hint_modulo",
    exp.Star: "hint_star",
    exp.Tuple: "hint_tuple",
    exp.Filter: "hint_filter",
    exp.Alias: "hint_alias",
    exp.CurrentDate: "hint_clock",
    exp.CurrentTimestamp: "hint_clock",
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
        raise ExpressionError("gives", type=expr.type.value, wanted=wanted.value)
    return expr


def _parse(text: str) -> exp.Expr:
    if len(text) > MAX_CHARACTERS:
        raise ExpressionError("too_long", most=MAX_CHARACTERS, count=len(text))
    for position, character in enumerate(text, 1):
        if not (character.isascii() and (character.isprintable() or character in "\n\t")):
            raise ExpressionError("character", position=position, character=repr(character))
    if "--" in text or "/*" in text:
        raise ExpressionError("comment")
    if text.count("(") > MAX_PARENTHESES:
        raise ExpressionError("parentheses", most=MAX_PARENTHESES)
    try:
        parsed = parse(text, read="postgres")
    except SqlglotError as error:
        raise _not_parsed(error) from error
    except RecursionError as error:
        raise ExpressionError("deep") from error
    if len(parsed) != 1 or parsed[0] is None:
        raise ExpressionError("one")
    tree = parsed[0]
    for count, _ in enumerate(tree.walk(), 1):
        if count > MAX_NODES:
            raise ExpressionError("parts", most=MAX_NODES)
    return tree


#: what sqlglot says, and what that means for who wrote it
_SYNTAX = (
    (re.compile(r"Expecting \)|Expected \)"), "syntax_open"),
    (re.compile(r"Missing ['\"]"), "syntax_quote"),
    (re.compile(r"Required (keyword|argument)|Expected THEN|Expected END"), "syntax_half"),
    (re.compile(r"Unexpected token"), "syntax_word"),
)


def _not_parsed(error: SqlglotError) -> ExpressionError:
    why = _first_line(error)
    return ExpressionError(next((code for form, code in _SYNTAX if form.search(why)), "syntax"), why=why)


def _hint(kind: type) -> ExpressionError | None:
    return ExpressionError(_HINTS[kind]) if kind in _HINTS else None


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
            raise _hint(kind) or ExpressionError("not_language", what=_said(node))
        return convert(self, node)

    def _call(self, op: Op, args: list[exp.Expr]) -> Expr:
        return call(op, [self.convert(arg) for arg in args])

    def _only(self, node: exp.Expr, *allowed: str) -> None:
        for name, value in node.args.items():
            if name not in allowed and name not in _HARMLESS and value not in (None, False, []):
                raise _hint(type(value)) or ExpressionError("not_part", what=_said(node), part=name)

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
            nearest = nearest_name(other.value, sorted(known.choices))
            raise ExpressionError("never", nearest, name=column.name, value=f"'{other.value}'")

    def _paren(self, node: exp.Expr) -> Expr:
        self._only(node, "this")
        return self.convert(node.this)

    def _column(self, node: exp.Expr) -> Expr:
        name = node.this
        if type(name) is exp.Star:
            raise ExpressionError(_HINTS[exp.Star])
        if len([value for value in node.args.values() if value]) != 1 or type(name) is not exp.Identifier:
            raise ExpressionError("alone", what=node.sql("postgres"))
        if name.args.get("quoted") or not _NAME.fullmatch(name.name):
            raise ExpressionError("no_name", name=repr(name.name))
        if name.name == "as_of":
            return AsOf()
        if name.name in self.scope.figures:
            return self.scope.figures[name.name]
        column = self.scope.columns.get(name.name)
        if column is None:
            nearest = nearest_name(name.name, self.scope.names())
            raise ExpressionError("unknown", nearest, name=name.name)
        if self.scope.aggregates and not self.inside:
            raise ExpressionError("rows", name=name.name)
        return Ref(name.name, column.type)

    def _literal(self, node: exp.Expr) -> Expr:
        self._only(node, "this", "is_string")
        text = str(node.this)
        if node.args.get("is_string"):
            if not _CODE.fullmatch(text):
                raise ExpressionError("no_code", value=repr(text))
            return Literal(text, Type.text)
        if _INTEGER.fullmatch(text):
            return integer(int(text))
        if _DECIMAL.fullmatch(text):
            return Literal(float(text), Type.double)
        raise ExpressionError("no_number", value=text)

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
            raise ExpressionError("is_null")
        missing = self._call(Op.is_null, [node.this])
        return call(Op.negation, [missing]) if node.args.get("negate") else missing

    def _in(self, node: exp.Expr) -> Expr:
        self._only(node, "this", "expressions")
        items = [self.convert(item) for item in node.expressions]
        if not items or not all(isinstance(item, Literal) for item in items):
            raise ExpressionError("in_list")
        for item in items:
            self._known_code(node.this, item)
        return call(Op.within, [self.convert(node.this), *items])

    def _between(self, node: exp.Expr) -> Expr:
        self._only(node, "this", "low", "high")
        return self._call(Op.between, [node.this, node.args["low"], node.args["high"]])

    def _case(self, node: exp.Expr) -> Expr:
        if node.args.get("this") is not None:
            raise ExpressionError("case_operand")
        self._only(node, "ifs", "default")
        branches: list[tuple[Expr, Expr]] = []
        for branch in node.args["ifs"]:
            self._only(branch, "this", "true")
            when = self.convert(branch.this)
            if when.type is not Type.boolean:
                raise ExpressionError("when_type", type=when.type.value)
            branches.append((when, self.convert(branch.args["true"])))
        default = node.args.get("default")
        otherwise = Literal(None, Type.text) if default is None else self.convert(default)
        values = unify([then for _, then in branches] + [otherwise], "branches")
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
            raise ExpressionError("count_one")
        return self._aggregate(Aggregate.count_distinct, node.this.expressions[0])

    def _aggregate(self, aggregate: Aggregate, arg: exp.Expr) -> Expr:
        if not self.scope.aggregates:
            raise ExpressionError("aggregate_place", name=aggregate.value)
        if self.inside:
            raise ExpressionError("aggregate_inside", name=aggregate.value)
        self.inside = True
        inner = self.convert(arg)
        self.inside = False
        if aggregate is Aggregate.sum and inner.type is not Type.bigint:
            raise ExpressionError("sum_type", type=inner.type.value)
        if aggregate in (Aggregate.min, Aggregate.max) and inner.type in (Type.boolean, Type.double):
            raise ExpressionError("aggregate_type", name=aggregate.value, type=inner.type.value)
        counts = aggregate in (Aggregate.count, Aggregate.count_distinct)
        return Aggregated(aggregate, inner, Type.bigint if counts else inner.type)

    def _function(self, node: exp.Expr) -> Expr:
        self._only(node, "this", "expressions")
        name = str(node.this).lower()
        if name == "yuan":
            return self._yuan(node.expressions)
        if name == "percent_of":
            return self._percent_of(node.expressions)
        op = _FUNCTIONS.get(name)
        if op is None:
            others = (op.value.lower() for op in (*_VARIADIC.values(), Op.absolute))
            known = [*_FUNCTIONS, "yuan", "percent_of", *others]
            raise ExpressionError("function", nearest_name(name, known), name=name)
        return self._call(op, node.expressions)

    def _yuan(self, args: list[exp.Expr]) -> Expr:
        amount = self.convert(args[0]) if len(args) == 1 else None
        if not isinstance(amount, Literal) or not isinstance(amount.value, int) or amount.value > 10**15:
            raise ExpressionError("yuan")
        return integer(amount.value * FEN_PER_YUAN)

    def _percent_of(self, args: list[exp.Expr]) -> Expr:
        """Whole percent, cut towards zero; nothing where there is no whole."""
        numbers = [self.convert(arg) for arg in args]
        if [number.type for number in numbers] != [Type.bigint] * 2:
            raise ExpressionError("percent_of")
        part, all_ = numbers
        hundred = call(Op.multiply, [part, integer(100)])
        percent = Call(Op.whole_ratio, (hundred, all_), Type.bigint)
        return Case(((call(Op.more, [all_, integer(0)]), percent),), Literal(None, Type.bigint), Type.bigint)

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
