"""What the catalogue's richer forms (figures, bands, scorecards, hysteresis) mean in plain expressions."""

from collections.abc import Iterable, Mapping

from backend.strategy.definitions import KINDS, Feature, Figure, Item, Rule, Scorecard
from backend.strategy.documents import Part, Problem
from backend.strategy.language.errors import wrong
from backend.strategy.language.nodes import (
    AsOf,
    Call,
    Case,
    Expr,
    Literal,
    Op,
    Ref,
    Type,
    all_of,
    code,
    integer,
    refs,
    rewrite,
    surely,
    total,
)
from backend.strategy.language.scope import Column

FULL_POINTS = 100
KIND = Ref("kind", Type.text)


def figure_value(figure: Figure) -> Expr:
    """The figure's number on the business date: a constant, or a choice by date once it has changed."""
    (_, first), *later = figure.values
    if not later:
        return integer(first)
    branches = tuple(
        (Call(Op.at_least, (AsOf(), Literal(since, Type.date)), Type.boolean), integer(value))
        for since, value in reversed(later)
    )
    return Case(branches, integer(first), Type.bigint)


def is_kind(kind: str) -> Expr:
    """The customer is a household, or a business."""
    return Call(Op.equal, (KIND, code(kind)), Type.boolean)


def for_kinds(kinds: tuple[str, ...], condition: Expr) -> Expr:
    """`condition`, for customers of `kinds` only; none named means both."""
    if not kinds or set(kinds) == set(KINDS):
        return condition
    return all_of([is_kind(kinds[0]), condition])


def by_kind(values: Mapping[str, Expr], type_: Type) -> Expr:
    """One value per kind of customer."""
    *others, last = values.items()
    if not others or all(value == last[1] for _, value in others):
        return last[1]
    return Case(tuple((is_kind(kind), value) for kind, value in others), last[1], type_)


def banded(measured: Expr, bands: Iterable[tuple[Expr, int]]) -> Expr:
    """The percent of the first band that is reached; zero below all, or where nothing is known."""
    branches = tuple(
        (Call(Op.at_least, (measured, edge), Type.boolean), integer(percent)) for edge, percent in bands
    )
    return Case(branches, integer(0), Type.bigint)


def item(part: Part, percent: Expr, counts: Expr | None) -> Item:
    """A line of a scorecard."""
    return Item(part.text("name"), part.text("zh"), part.text("en"), part.text("weight"), percent, counts)


def weights_problems(card: Scorecard, figures: Mapping[str, Figure]) -> list[Problem]:
    """The weights of a card's items add up to 100 points on every day on which one of them changes, and some
    of them count for everybody."""
    if all(one.counts is not None for one in card.items):
        return [card.part.problem(wrong("nobody_counts"), "items")]
    weights = [figures[one.weight] for one in card.items]
    days = sorted({since for weight in weights for since, _ in weight.values})
    for day in days:
        points = sum(weight.on(day) for weight in weights)
        if points != FULL_POINTS:
            what = wrong("weights", points=points, day=day, full=FULL_POINTS)
            return [card.part.problem(what, "items")]
    return []


def score_rules(cards: Iterable[Scorecard], constants: Mapping[str, Expr]) -> dict[str, Rule]:
    """One column of points per name in `gives`: the items' weight × percent, added, over the weights of those
    that count (100 where all do), cut to whole points. Each item is a column of its own, so that a rule that
    supposes one thing otherwise makes that one a second time and no others."""
    items: dict[str, Rule] = {}
    gathered: dict[str, tuple[Part, dict[str, Expr]]] = {}
    for card in cards:
        lines: list[Expr] = []
        for line in card.items:
            name = f"{card.name}_{line.name}"
            points = Call(Op.multiply, (line.percent, constants[line.weight]), Type.bigint)
            items[name] = Rule(name, Column(Type.bigint), _if_counts(line, points), card.part)
            lines.append(Ref(name, Type.bigint))
        if all(line.counts is None for line in card.items):
            points = Call(Op.share, (total(lines), integer(1)), Type.bigint)
        else:
            weights = [_if_counts(line, constants[line.weight]) for line in card.items]
            points = Call(Op.whole_ratio, (total(lines), total(weights)), Type.bigint)
        _, of_kind = gathered.setdefault(card.gives, (card.part, {}))
        of_kind.update(dict.fromkeys(card.kinds, points))
    return items | {
        name: Rule(name, Column(Type.bigint), by_kind(of_kind, Type.bigint), part)
        for name, (part, of_kind) in gathered.items()
    }


def _if_counts(line: Item, value: Expr) -> Expr:
    if line.counts is None:
        return value
    return Case(((line.counts, value),), integer(0), Type.bigint)


def first_that_holds(branches: list[tuple[Expr, str]], last: str) -> Expr:
    """The code of the first condition that holds."""
    return Case(tuple((when, code(name)) for when, name in branches), code(last), Type.text)


def slow_to_fall(
    part: Part,
    columns: Mapping[str, Column],
    branches: list[tuple[Expr, str]],
    codes: list[str],
    previous: str,
    easing: Mapping[str, Expr],
) -> dict[str, Rule]:
    """A choice that rises at once and falls only when clearly below.

    `codes` stand highest first. The level reached now counts if it is not below the previous one; else the
    customer falls at most to the level reached with `easing` added to the numbers it names. Applied to its
    own result it gives that result again, so that a second run changes nothing.
    """
    name = part.text("name")
    level = {code_: integer(len(codes) - 1 - place) for place, code_ in enumerate(codes)}

    def eased(node: Expr) -> Expr:
        if isinstance(node, Ref) and node.name in easing:
            return Call(Op.add, (node, easing[node.name]), Type.bigint)
        return node

    def reached(conditions: Iterable[tuple[Expr, str]]) -> Expr:
        return Case(tuple((when, level[code_]) for when, code_ in conditions), integer(0), Type.bigint)

    number = Column(Type.bigint)
    now, kindly, before = (
        Ref(f"{name}_{step}_level", Type.bigint) for step in ("reached", "eased", "previous")
    )
    old = Ref(previous, Type.text)
    was = Case(
        tuple((Call(Op.equal, (old, code(code_)), Type.boolean), level[code_]) for code_ in codes),
        Literal(None, Type.bigint),
        Type.bigint,
    )
    falls = surely(Call(Op.less, (now, before), Type.boolean))
    kept = Call(Op.least, (before, kindly), Type.bigint)
    settled = Ref(f"{name}_level", Type.bigint)
    chosen = tuple(
        (Call(Op.equal, (settled, level[code_]), Type.boolean), code(code_)) for code_ in codes[:-1]
    )
    steps = {
        now.name: reached(branches),
        kindly.name: reached((rewrite(when, eased), code_) for when, code_ in branches),
        before.name: was,
        settled.name: Case(((falls, kept),), now, Type.bigint),
    }
    rules = {step: Rule(step, number, value, part) for step, value in steps.items()}
    rules[name] = Rule(name, columns[name], Case(chosen, code(codes[-1]), Type.text), part)
    return rules


def levels(values: Mapping[str, Expr]) -> list[list[str]]:
    """The names in layers, each reading only layers before it (or what is not in `values`).

    Raises ValueError with the names that read each other in a circle.
    """
    left = {name: refs(value) & values.keys() for name, value in values.items()}
    layers: list[list[str]] = []
    while left:
        ready = [name for name, reads in left.items() if not reads & left.keys()]
        if not ready:
            raise ValueError(", ".join(sorted(left)))
        layers.append(ready)
        for name in ready:
            del left[name]
    return layers


def circles(features: Mapping[str, Feature], rules: Mapping[str, Rule]) -> list[Problem]:
    """Features, and rules, that need each other's result."""
    problems = []
    derived = {name: feature.value for name, feature in features.items() if feature.source is None}
    parts = {name: feature.part for name, feature in features.items()} | {
        name: rule.part for name, rule in rules.items()
    }
    for values in (derived, {name: rule.value for name, rule in rules.items()}):
        try:
            levels(values)
        except ValueError as error:
            names = str(error)
            first = parts[names.split(", ", maxsplit=1)[0]]
            problems.append(first.problem(wrong("circle", names=names)))
    return problems
