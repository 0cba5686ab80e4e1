"""The rules of a catalogue as phones get them: a tree of plain values, no text to be run.

A phone lacks the transactions, so it gets a customer's feature row, works out anew the features marked
`on_phone` from the rows it holds with its own entries over them, and then the rules:
`pwa/src/domain/rules.ts` evaluates them as the databases do, to the fen (a test holds the three together).

A tree is a name (text), a number, true, false or nil, `["'", text or day]`, `["as_of"]`,
`["case", when, then, …, otherwise]`, or `[operator or aggregate, argument, …]`; an aggregate's second
argument, where there is one, picks the rows.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from backend.strategy.building import figure_value, levels
from backend.strategy.compiler import MAX_REASONS, RESULT, needed
from backend.strategy.definitions import FROZEN_ON, LEVEL, Amount, Catalogue, Feature, Reason
from backend.strategy.language.nodes import Aggregated, AsOf, Call, Case, Expr, Literal, Ref, refs

Tree = Any
Said = tuple[str, str, str, str]
#: id of the one row of the kind `rules`
RULES = "in_force"
SCORE = "score_points"


@dataclass(frozen=True, slots=True)
class PhoneRules:
    """`inputs`: the features that travel with a customer's result, in that order. `features`: name, source,
    tree and value without rows of those that a phone works out by itself. `steps`: name and tree of all
    that follows, each reading only what stands before. `reasons`: code, and the steps that say whether it
    applies and its amount, in the order in which they are told. `ranked`: likewise those of which the largest
    are told, beside the others, with the step that says whether one holds however many are larger, the amount
    to be reached for it (nil), and what stands before that amount in Chinese and English. `given`, `amounts`:
    name, Chinese, English and unit of the features and of the amounts on the way, as they are told; behind
    the unit of a figure over many customers stands true: its place and day are among the inputs. `score`: per
    line of the credit score Chinese, English, the kinds of customers, percent reached, weight, and whether it
    counts."""

    inputs: tuple[str, ...]
    features: tuple[tuple[str, str, Tree, Any], ...]
    steps: tuple[tuple[str, Tree], ...]
    reasons: tuple[tuple[str, str, str], ...]
    ranked: tuple[tuple[str, str, str, str, str | None, str | None, str | None], ...]
    given: tuple[Said | tuple[str, str, str, str, bool], ...]
    amounts: tuple[Said, ...]
    score: tuple[tuple[str, str, tuple[str, ...], Tree, Tree, Tree], ...]

    def plain(self) -> dict[str, Any]:
        """As it travels."""
        return {
            "inputs": list(self.inputs),
            "features": [list(one) for one in self.features],
            "steps": [list(one) for one in self.steps],
            "reasons": [list(one) for one in self.reasons],
            "most_reasons": MAX_REASONS,
            "ranked": [list(one) for one in self.ranked],
            "given": [list(one) for one in self.given],
            "amounts": [list(one) for one in self.amounts],
            "score": [list(line) for line in self.score],
        }


def phone_rules(catalogue: Catalogue) -> PhoneRules:
    """What tier, stage, grade, score, limit, rate and reasons are worked out from; tags are not among it."""
    rules = {name: rule.value for name, rule in catalogue.rules.items()}
    told = [rule.name for reason in catalogue.reasons for rule in (reason.when, reason.amount)]
    told += [reason.goal for reason in catalogue.reasons if reason.goal is not None]
    wanted = needed([*RESULT, *told], rules)
    derived = {name: one.value for name, one in catalogue.features.items() if one.source is None}
    read = frozenset[str]().union(*(refs(value) for value in wanted.values()))
    made = needed(read & derived.keys(), derived)
    read = read.union(*(refs(value) for value in made.values()))
    base = {name: one for name, one in catalogue.features.items() if one.source is not None and name in read}
    known = {*base, *made, *wanted}
    # which place a figure over many is of, and of which day, goes along to be told with it
    counted = [name for name in base if name in catalogue.frozen]
    beside = [*(name + LEVEL for name in counted), *([FROZEN_ON] if counted else [])]
    base |= {name: catalogue.features[name] for name in beside}
    known -= set(beside)
    goals = {reason.goal for reason in catalogue.reasons}
    on_the_way = {
        name: one for name, one in catalogue.amounts.items() if not one.supposes and name not in goals
    }
    return PhoneRules(
        inputs=tuple(base),
        features=tuple(
            (name, one.source, tree(one.value), one.otherwise.value)
            for name, one in base.items()
            if one.on_phone and one.source is not None
        ),
        steps=tuple(
            (name, tree(values[name]))
            for values in (made, wanted)
            for layer in levels(values)
            for name in layer
        ),
        reasons=tuple(
            (reason.code, reason.when.name, reason.amount.name)
            for reason in catalogue.reasons
            if reason.holds is None
        ),
        ranked=tuple(_ranked(reason) for reason in catalogue.reasons if reason.holds is not None),
        given=tuple((*one, True) if one[0] in counted else one for one in _said(catalogue.features, known)),
        amounts=_said(on_the_way, known),
        score=tuple(
            (
                item.zh,
                item.en,
                card.kinds,
                tree(item.percent),
                tree(figure_value(catalogue.figures[item.weight])),
                True if item.counts is None else tree(item.counts),
            )
            for card in catalogue.scorecards
            if card.gives == SCORE
            for item in card.items
        ),
    )


def _said(many: Mapping[str, Feature] | Mapping[str, Amount], known: Container[str]) -> tuple[Said, ...]:
    return tuple((name, one.words.zh, one.words.en, one.unit) for name, one in many.items() if name in known)


def _ranked(reason: Reason) -> tuple[str, str, str, str, str | None, str | None, str | None]:
    holds = reason.when if reason.holds is None else reason.holds
    words = reason.goal_words
    before = (None, None) if words is None else (words.zh, words.en)
    return reason.code, reason.when.name, reason.amount.name, holds.name, reason.goal, *before


def tree(expr: Expr) -> Tree:
    """The expression as plain lists."""
    match expr:
        case Ref(name=name):
            return name
        case AsOf():
            return ["as_of"]
        case Literal(value=value):
            if isinstance(value, date):
                return ["'", value.isoformat()]
            return ["'", value] if isinstance(value, str) else value
        case Call(op=op, args=args):
            return [op.value, *(tree(arg) for arg in args)]
        case Case(branches=branches, otherwise=otherwise):
            return ["case", *(tree(part) for branch in branches for part in branch), tree(otherwise)]
        case Aggregated(aggregate=aggregate, arg=arg, where=where):
            return [aggregate.value, tree(arg), *([] if where is None else [tree(where)])]
