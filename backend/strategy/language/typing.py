"""Types of operators: sqlglot checks none, so the checker asks here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import reduce

from backend.strategy.language.errors import ExpressionError
from backend.strategy.language.nodes import Call, Case, Expr, Literal, Op, Type

NUMBERS = frozenset({Type.bigint, Type.double})


def is_null(expr: Expr) -> bool:
    """Whether `expr` is the constant NULL, which takes the type of its neighbours."""
    return isinstance(expr, Literal) and expr.value is None


def unify(parts: Sequence[Expr], what: str, **of: str) -> list[Expr]:
    """`parts` with one type; constant NULLs take it. Raises ExpressionError if they differ, saying `what`
    they are (branches, arguments) and `of` what."""
    types = {part.type for part in parts if not is_null(part)}
    if len(types) > 1:
        said = " and ".join(sorted(type_.value for type_ in types))
        raise ExpressionError(f"{what}_type", types=said, **of)
    if not types:
        raise ExpressionError(f"{what}_null", **of)
    wanted = next(iter(types))
    return [Literal(None, wanted) if is_null(part) else part for part in parts]


def call(op: Op, args: Sequence[Expr]) -> Expr:
    """`op` over `args` with its type; constants are folded. Raises ExpressionError if they do not fit."""
    built = _RULES[op](op, list(args))
    return _fold(built)


def _want(op: Op, args: list[Expr], *types: Type) -> None:
    if len(args) != len(types):
        raise ExpressionError("arguments", name=op.value, needed=len(types), given=len(args))
    for arg, type_ in zip(args, types, strict=True):
        if arg.type is not type_ or is_null(arg):
            found = "NULL" if is_null(arg) else arg.type.value
            raise ExpressionError("wants", name=op.value, wanted=type_.value, type=found)


def _arithmetic(op: Op, args: list[Expr]) -> Call:
    _want(op, args, *([Type.bigint] * (1 if op in (Op.negate, Op.absolute) else 2)))
    return Call(op, tuple(args), Type.bigint)


def _logic(op: Op, args: list[Expr]) -> Call:
    _want(op, args, *([Type.boolean] * (1 if op is Op.negation else 2)))
    return Call(op, tuple(args), Type.boolean)


def _compare(op: Op, args: list[Expr]) -> Call:
    if any(is_null(arg) for arg in args):
        raise ExpressionError("null")
    types = {arg.type for arg in args}
    if len(types) > 1 and not types <= NUMBERS:
        raise ExpressionError("compare", name=op.value, type=args[0].type.value, other=args[1].type.value)
    if types & {Type.text, Type.boolean} and op not in (Op.equal, Op.unequal, Op.within):
        raise ExpressionError("no_meaning", name=op.value, type=args[0].type.value)
    return Call(op, tuple(args), Type.boolean)


def _missing(op: Op, args: list[Expr]) -> Call:
    return Call(op, tuple(args), Type.boolean)


def _same(op: Op, args: list[Expr]) -> Call:
    parts = unify(args, "arguments", name=op.value)
    if op is not Op.coalesce and parts[0].type in (Type.text, Type.boolean):
        raise ExpressionError("no_meaning", name=op.value, type=parts[0].type.value)
    return Call(op, tuple(parts), parts[0].type)


def _ratio(op: Op, args: list[Expr]) -> Call:
    _want(op, args, Type.bigint, Type.bigint)
    return Call(op, tuple(args), Type.double)


def _stepped(op: Op, args: list[Expr]) -> Call:
    _want(op, args, Type.bigint, Type.bigint)
    if op is Op.floor_to and not _positive_constant(args[1]):
        raise ExpressionError("step")
    return Call(op, tuple(args), Type.bigint)


def _positive_constant(expr: Expr) -> bool:
    match expr:
        case Literal(value=int(value)):
            return value > 0
        case Case(branches=branches, otherwise=otherwise):  # a dated figure
            return all(map(_positive_constant, [*(then for _, then in branches), otherwise]))
    return False


def _dates(op: Op, args: list[Expr]) -> Call:
    _want(op, args, Type.date, Type.date)
    return Call(op, tuple(args), Type.bigint)


_RULES: Mapping[Op, Callable[[Op, list[Expr]], Call]] = {
    **dict.fromkeys((Op.add, Op.subtract, Op.multiply, Op.negate, Op.absolute), _arithmetic),
    **dict.fromkeys((Op.both, Op.either, Op.negation), _logic),
    **dict.fromkeys(
        (Op.equal, Op.unequal, Op.less, Op.at_most, Op.more, Op.at_least, Op.within, Op.between), _compare
    ),
    Op.is_null: _missing,
    **dict.fromkeys((Op.coalesce, Op.least, Op.greatest), _same),
    Op.ratio: _ratio,
    **dict.fromkeys((Op.share, Op.floor_to), _stepped),
    **dict.fromkeys((Op.days_between, Op.months_between, Op.years_between), _dates),
}

_FOLDED: Mapping[Op, Callable[[int, int], int]] = {
    Op.add: int.__add__,
    Op.subtract: int.__sub__,
    Op.multiply: int.__mul__,
    Op.least: min,
    Op.greatest: max,
    Op.share: lambda amount, percent: _cut(amount * percent, 100),
}


def _cut(above: int, below: int) -> int:
    """Whole-number division cut towards zero, as SQL does it."""
    return above // below if above >= 0 else -(-above // below)


def _fold(built: Call) -> Expr:
    """Integer arithmetic on constants is done here: SQL would do it in four bytes and overflow."""
    if not all(isinstance(arg, Literal) and type(arg.value) is int for arg in built.args):
        return built
    values = [arg.value for arg in built.args if isinstance(arg, Literal) and isinstance(arg.value, int)]
    if built.op is Op.negate:
        return replace(_first(built), value=-values[0])
    fold = _FOLDED.get(built.op)
    if fold is None:
        return built
    result = reduce(fold, values)
    if abs(result) >= 2**63:
        raise ExpressionError("constant")
    return replace(_first(built), value=result)


def _first(built: Call) -> Literal:
    first = built.args[0]
    assert isinstance(first, Literal)
    return first
