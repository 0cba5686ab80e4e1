"""What a result would be if something were otherwise: the rules on the way to it, made a second time.

So what would raise a limit is worked out by the very rules that give it, and none of them is written twice.
"""

from collections.abc import Mapping

from backend.strategy.definitions import Reason, Rule
from backend.strategy.documents import Part
from backend.strategy.language.nodes import (
    Call,
    Case,
    Expr,
    Op,
    Ref,
    Type,
    all_of,
    integer,
    refs,
    rewrite,
    surely,
    total,
)
from backend.strategy.language.scope import Column

#: of the reasons that are ranked so many are told, the largest
MOST_RANKED = 3
#: PostgreSQL cuts longer names
_LONGEST_NAME = 63


def moved_by(changed: Mapping[str, Expr], wanted: str, values: Mapping[str, Expr]) -> list[str]:
    """The names among `values` that come out otherwise with `changed`, on the way to `wanted`; none where
    `wanted` does not depend on it. In the order in which they stand."""
    way, stack = set[str](), [wanted]
    while stack:
        name = stack.pop()
        if name in values and name not in way and name not in changed:
            way.add(name)
            stack.extend(refs(values[name]))
    moved = set(changed)
    while more := {name for name in way - moved if refs(values[name]) & moved}:
        moved |= more
    return [name for name in values if name in moved & way] if wanted in moved else []


def supposed(
    place: int, changed: Mapping[str, Expr], wanted: str, values: Mapping[str, Expr], part: Part
) -> tuple[dict[str, Rule], Expr] | None:
    """`wanted` with `changed` in place of what those names stand for, and the rules that it takes; None where
    nothing of it depends on them. `values`: derived features and rules. `place` tells suppositions apart."""
    moved = moved_by(changed, wanted, values)
    if not moved:
        return None
    names: dict[str, str] = {}
    for number, name in enumerate((*changed, *moved)):
        spoken = f"if{place}_{name}"
        names[name] = spoken if len(spoken) <= _LONGEST_NAME else f"if{place}_{number}"

    def other(node: Expr) -> Expr:
        return Ref(names[node.name], node.type) if isinstance(node, Ref) and node.name in names else node

    made = dict(changed)
    made |= {name: rewrite(values[name], other) for name in moved}
    rules = {names[name]: Rule(names[name], Column(value.type), value, part) for name, value in made.items()}
    return rules, Ref(names[wanted], values[wanted].type)


def gain(when: Expr | None, supposed_: Expr, wanted: str) -> Expr:
    """By how much a supposition raises `wanted`; zero where it does not, or is not to be told."""
    more = Call(Op.subtract, (supposed_, Ref(wanted, Type.bigint)), Type.bigint)
    value = Call(Op.greatest, (more, integer(0)), Type.bigint)
    return value if when is None else Case(((surely(when), value),), integer(0), Type.bigint)


def largest_only(reasons: list[Reason]) -> dict[str, Rule]:
    """Rules for `reasons`, by the name of each one's `when`: it holds, and fewer than `MOST_RANKED` others
    hold that are larger, or as large and stand before it."""
    out: dict[str, Rule] = {}
    for place, one in enumerate(reasons):
        if one.holds is None:
            continue
        own = Ref(one.amount.name, Type.bigint)
        before: list[Expr] = []
        for other_place, other in enumerate(reasons):
            if other is one or other.holds is None:
                continue
            by = Op.at_least if other_place < place else Op.more
            larger = Call(by, (Ref(other.amount.name, Type.bigint), own), Type.boolean)
            both = all_of([Ref(other.holds.name, Type.boolean), larger])
            before.append(Case(((both, integer(1)),), integer(0), Type.bigint))
        few = Call(Op.less, (total(before), integer(MOST_RANKED)), Type.boolean)
        told = all_of([Ref(one.holds.name, Type.boolean), few])
        out[one.when.name] = Rule(one.when.name, one.when.column, told, one.when.part)
    return out
