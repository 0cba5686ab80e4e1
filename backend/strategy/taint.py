"""Model scores order work; they never enter a limit or a rate, directly or through anything else."""

from collections.abc import Mapping

from backend.strategy.definitions import FROZEN, Feature, Frozen, Rule, Source
from backend.strategy.documents import Problem
from backend.strategy.language.errors import wrong
from backend.strategy.language.nodes import Call, Expr, Op, Type, refs

#: what a customer is granted, and what it is read off
KEPT_CLEAN = ("score_points", "grade", "limit_fen", "rate_bp")


def taints(
    sources: Mapping[str, Source],
    features: Mapping[str, Feature],
    rules: Mapping[str, Rule],
    frozen: Mapping[str, Frozen],
) -> list[Problem]:
    """A problem for each of `KEPT_CLEAN` that a score of a model reaches, with the way it takes. Features and
    rules must be free of circles."""
    values: dict[str, Expr] = {name: feature.value for name, feature in features.items()}
    values |= {name: rule.value for name, rule in rules.items()}
    # a figure over many is as tainted as what it is a figure of
    values |= {
        name: Call(Op.coalesce, (one.of, one.per, one.where), Type.bigint) for name, one in frozen.items()
    }
    ways: dict[str, tuple[str, ...]] = {}
    for name in KEPT_CLEAN:
        _follow(name, values, sources, features, ways)
    return [
        rules[name].part.problem(wrong("model", name=name, way=" ← ".join(ways[name])))
        for name in KEPT_CLEAN
        if name in rules and ways.get(name)
    ]


def _follow(
    wanted: str,
    values: Mapping[str, Expr],
    sources: Mapping[str, Source],
    features: Mapping[str, Feature],
    ways: dict[str, tuple[str, ...]],
) -> None:
    """Notes the way from `wanted`, and from each name that it reads, to a model's source; empty for none."""
    stack = [wanted]
    while stack:
        name = stack[-1]
        feature = features.get(name)
        if name not in values or name in ways:
            stack.pop()
        elif feature is not None and feature.source not in (None, FROZEN):
            assert feature.source is not None
            ways[name] = (name, feature.source) if sources[feature.source].is_model else ()
        elif left := [one for one in refs(values[name]) if one in values and one not in ways]:
            stack += left
        else:
            reads = sorted(one for one in refs(values[name]) if ways.get(one))
            ways[name] = (name, *ways[reads[0]]) if reads else ()
