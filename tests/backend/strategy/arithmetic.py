"""Every operator of whole numbers inside every other, with what it must give by plain Python."""

from collections.abc import Iterator

from backend.strategy.language.nodes import Call, Expr, Literal, Op, Type, integer

_LEAVES = (-15, 7)
#: what is only ever written with a constant there
_PERCENT = 10
_STEP = 4


def cases() -> Iterator[tuple[Expr, int]]:
    """(expression over constants, its value)."""
    inner = [call for op in _OPS for call in _calls(op, integer(_LEAVES[0]), integer(_LEAVES[1]))]
    for op in _OPS:
        for one in inner:
            for other in (integer(3), integer(-2)):
                for call in (*_calls(op, one, other), *_calls(op, other, one)):
                    yield call, value_of(call)


def value_of(expr: Expr) -> int:
    """By Python's integers, divisions cut towards zero."""
    if isinstance(expr, Literal):
        assert isinstance(expr.value, int)
        return expr.value
    assert isinstance(expr, Call)
    return _value(expr.op, [value_of(arg) for arg in expr.args])


def _value(op: Op, args: list[int]) -> int:
    match op:
        case Op.add:
            return args[0] + args[1]
        case Op.subtract:
            return args[0] - args[1]
        case Op.multiply:
            return args[0] * args[1]
        case Op.negate:
            return -args[0]
        case Op.absolute:
            return abs(args[0])
        case Op.share:
            return _cut(args[0] * args[1], 100)
        case Op.whole_ratio:
            return _cut(args[0], args[1])
        case Op.floor_to:
            return args[0] - (args[0] - args[1] * _cut(args[0], args[1]))
        case _:
            raise ValueError(op)


def _cut(above: int, below: int) -> int:
    whole = abs(above) // abs(below)
    return whole if (above < 0) == (below < 0) else -whole


_OPS = (Op.add, Op.subtract, Op.multiply, Op.negate, Op.absolute, Op.share, Op.whole_ratio, Op.floor_to)


def _calls(op: Op, one: Expr, other: Expr) -> list[Expr]:
    if op in (Op.negate, Op.absolute):
        return [Call(op, (one,), Type.bigint)]
    if op is Op.share:
        return [Call(op, (one, integer(_PERCENT)), Type.bigint)]
    if op in (Op.whole_ratio, Op.floor_to):
        return [Call(op, (one, integer(_STEP)), Type.bigint)]
    return [Call(op, (one, other), Type.bigint)]
