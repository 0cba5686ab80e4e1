"""A changed definition as fields: what is compared with what, which number was and which is. Pure.

Of an expression each comparison with a constant is a field, and so are the constants of `share`, `floor_to`
and products; how they hang together stands in the text beside it. Of anything else each value that differs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from backend.strategy.drafting import Definition, Definitions
from backend.strategy.language.checker import FEN_PER_YUAN
from backend.strategy.schemas import FieldMove, FieldValue

#: keys whose text is an expression
EXPRESSIONS = frozenset(
    {"when", "value", "where", "percent", "of", "counts", "suits", "group", "household", "business", "amount"}
    | {"at_least", "mean", "quantile", "per", "step"}
)
#: fields of one expression; longer ones are read as text
MOST = 12
_SIGNS: Mapping[type[exp.Expr], str] = {
    exp.GTE: ">=",
    exp.GT: ">",
    exp.LTE: "<=",
    exp.LT: "<",
    exp.EQ: "=",
    exp.NEQ: "<>",
}
_TURNED = {">=": "<=", ">": "<", "<=": ">=", "<": ">", "=": "=", "<>": "<>"}
_CONSTANTS: Mapping[str, str] = {"share": "share", "floor_to": "floor_to"}
Plain = int | str | bool | None


@dataclass(frozen=True, slots=True)
class Called:
    """What a name is called, and its unit."""

    zh: str
    en: str
    unit: str


Names = Mapping[str, Called]


@dataclass(frozen=True, slots=True)
class _Compared:
    """`name` `sign` one or two values; `join`: how it hangs on what stands before it."""

    join: str
    name: str
    sign: str
    values: tuple[Plain, ...]


def names_of(*sides: Definitions) -> dict[str, Called]:
    """What the definitions of both sides are called, the later side's words first."""
    found: dict[str, Called] = {}
    for side in reversed(sides):
        for (kind, name), one in side.items():
            if kind in ("features", "frozen", "figures", "amounts", "choices", "scorecards"):
                name = str(one.data.get("gives", name))
                found.setdefault(name, Called(*(str(one.data.get(key, "")) for key in ("zh", "en", "unit"))))
    return found


def moves(before: Definition | None, after: Definition | None, names: Names) -> tuple[FieldMove, ...]:
    """What differs between both, field by field; nothing where a whole definition came or went."""
    if before is None or after is None:
        return ()
    if after.kind == "figures":
        return tuple(_figure(before.data, after.data, names[after.name]))
    return tuple(_walk((), before.data, after.data, names))


def _figure(before: Mapping[str, Any], after: Mapping[str, Any], called: Called) -> Iterator[FieldMove]:
    was, will = (
        {str(one.get("from")): one.get("value") for one in side.get("values") or () if isinstance(one, dict)}
        for side in (before, after)
    )
    for day in sorted(was.keys() | will.keys()):
        if was.get(day) != will.get(day):
            yield FieldMove(
                ("values", day),
                called.zh,
                called.en,
                "from",
                called.unit,
                _told(was.get(day)),
                _told(will.get(day)),
            )
    old, new = ({key: side[key] for key in side if key != "values"} for side in (before, after))
    yield from _walk((), old, new, {})


def _walk(path: tuple[str, ...], before: Any, after: Any, names: Names) -> Iterator[FieldMove]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys((*after, *before)):
            if key != "examples":
                yield from _walk((*path, str(key)), before.get(key), after.get(key), names)
    elif isinstance(before, list) and isinstance(after, list) and _by_name(before) and _by_name(after):
        was, will = _by_name(before), _by_name(after)
        for key in dict.fromkeys((*will, *was)):
            yield from _walk((*path, key), was.get(key), will.get(key), names)
    elif path and path[-1] in EXPRESSIONS and isinstance(after, str | int) and isinstance(before, str | int):
        yield from _expression(path, str(before), str(after), names)
    elif _is_plain(before) and _is_plain(after):
        yield FieldMove(path, "", "", "", "", _told(before), _told(after))


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, str | int)


def _by_name(items: list[Any]) -> dict[str, Any]:
    """Items of a list by what names them, or their place; empty where they are no definitions."""
    if not all(isinstance(one, dict) for one in items):
        return {}
    keys = [
        next((str(one[key]) for key in ("name", "code", "offer", "from") if key in one), "") for one in items
    ]
    if len(set(keys)) < len(keys) or "" in keys:
        keys = [str(place) for place in range(1, len(items) + 1)]
    return dict(zip(keys, items, strict=True))


def _expression(path: tuple[str, ...], before: str, after: str, names: Names) -> Iterator[FieldMove]:
    was, will = _compared(before), _compared(after)
    if was is None or will is None or max(len(was), len(will)) > MOST:
        return
    matcher = SequenceMatcher(None, [one.name for one in was], [one.name for one in will], autojunk=False)
    found: list[tuple[_Compared | None, _Compared | None]] = []
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            found += zip(was[a:b], will[c:d], strict=True)
        else:
            found += [(one, None) for one in was[a:b]] + [(None, one) for one in will[c:d]]
    if all(one == other for one, other in found):
        return
    for one, other in found:
        shown = other or one
        assert shown is not None
        called = names.get(shown.name, Called("", "", ""))
        yield FieldMove(
            (*path, shown.name),
            called.zh,
            called.en,
            shown.sign,
            called.unit,
            None if one is None else _value(one, names),
            None if other is None else _value(other, names),
            join=shown.join,
            sign_before=one.sign if one is not None else "",
        )


def _compared(text: str) -> list[_Compared] | None:
    """The comparisons and constants of an expression in order; None where it cannot be read."""
    try:
        tree = parse_one(text, read="postgres")
    except (SqlglotError, RecursionError):
        return None
    return list(_comparisons(tree, ""))


def _comparisons(node: exp.Expr, join: str) -> Iterator[_Compared]:
    if isinstance(node, exp.And | exp.Or):
        yield from _comparisons(node.left, join)
        yield from _comparisons(node.right, "and" if isinstance(node, exp.And) else "or")
        return
    if isinstance(node, exp.Paren):
        yield from _comparisons(node.this, join)
        return
    found = _one(node, join)
    if found is not None:
        yield found
        return
    for child in node.iter_expressions():
        yield from _comparisons(child, join)
        join = ""


def _one(node: exp.Expr, join: str) -> _Compared | None:
    sign = _SIGNS.get(type(node))
    if sign is not None or isinstance(node, exp.Mul):
        left, right = node.args["this"], node.args["expression"]
        if not isinstance(left, exp.Column):
            left, right, sign = right, left, _TURNED.get(sign or "")
        value = _constant(right)
        if isinstance(left, exp.Column) and value is not None:
            return _Compared(join, left.name, sign or "*", (value,))
    elif isinstance(node, exp.Between):
        ends = (_constant(node.args["low"]), _constant(node.args["high"]))
        if isinstance(node.this, exp.Column) and None not in ends:
            return _Compared(join, node.this.name, "between", ends)
    elif isinstance(node, exp.In) and isinstance(node.this, exp.Column):
        values = tuple(_constant(one) for one in node.expressions)
        if values and None not in values:
            return _Compared(join, node.this.name, "in", values)
    elif (
        isinstance(node, exp.Anonymous)
        and str(node.this).lower() in _CONSTANTS
        and len(node.expressions) == 2
    ):
        value = _constant(node.expressions[1])
        columns = list(node.expressions[0].find_all(exp.Column))
        if value is not None and columns:
            return _Compared(join, columns[0].name, _CONSTANTS[str(node.this).lower()], (value,))
    return None


def _constant(node: exp.Expr) -> Plain:
    """A number, a code, or the name of what is compared with (as `=name`); None for anything else."""
    if isinstance(node, exp.Literal):
        text = str(node.this)
        return text if node.is_string else int(text) if text.isdigit() else None
    if isinstance(node, exp.Neg) and isinstance(_constant(node.this), int):
        value = _constant(node.this)
        return -value if isinstance(value, int) else None
    if isinstance(node, exp.Boolean):
        return bool(node.this)
    if isinstance(node, exp.Column):
        return f"={node.name}"
    if isinstance(node, exp.Anonymous) and str(node.this).lower() == "yuan" and len(node.expressions) == 1:
        yuan = _constant(node.expressions[0])
        return yuan * FEN_PER_YUAN if isinstance(yuan, int) else None
    return None


def _value(one: _Compared, names: Names) -> FieldValue:
    parts = [_said(value, names) for value in one.values]
    if one.sign == "share":
        return FieldValue(parts[0].number, parts[0].zh, parts[0].en, "percent")
    if one.sign == "*":
        return FieldValue(parts[0].number, parts[0].zh, parts[0].en, "times")
    if len(parts) == 1:
        return parts[0]
    zh, en = ("、".join(_text(it, at) for it in parts) for at in ("zh", "en"))
    return FieldValue(None, zh, en, "")


def _text(one: FieldValue, language: str) -> str:
    return str(one.number) if one.number is not None else str(getattr(one, language))


def _told(value: Any) -> FieldValue | None:
    return None if value is None else _said(value, {})


def _said(value: Any, names: Names) -> FieldValue:
    """A number stays one; a name is said as it is called."""
    if isinstance(value, bool):
        return FieldValue(None, "是" if value else "否", "yes" if value else "no", "")
    if isinstance(value, int):
        return FieldValue(value, "", "", "")
    text = str(value)
    if text.startswith("=") and names:
        called = names.get(text[1:])
        text = text[1:]
        return FieldValue(None, called.zh if called else text, called.en if called else text, "")
    return FieldValue(None, text, text, "")
