"""What a form may say, what it is worth, and what several of them say together. Pure.

Percents are whole numbers from 0 to 100, 100 the best. A limit is in fen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

#: bytes of a form before it is sealed: one length for all, so that a sealed one does not tell by its own
FORM_BYTES = 256
MOST_HOUSEHOLDS, MOST_REVIEWERS = 1000, 30
#: the highest limit that a reviewer may suggest, in fen
MOST_LIMIT_FEN = 100_000_000


class Knows(StrEnum):
    """The first question of a form. `relative`: the reviewer says so themselves."""

    yes = "yes"
    no = "no"
    relative = "relative"


class ReviewerRole(StrEnum):
    """What a reviewer is in the village (村干部, 组长, 党员, 有威望的村民)."""

    cadre = "cadre"
    group_leader = "group_leader"
    party_member = "party_member"
    respected = "respected"


class Flag(StrEnum):
    """What is odd about a result. `little_known`: too few who know the household; `wide`: they differ much;
    `outlier`: one differs much from the rest; `habits`: two or more name a bad habit; `inherited`: another
    household was judged, which has become part of this one."""

    little_known = "little_known"
    wide = "wide"
    outlier = "outlier"
    habits = "habits"
    inherited = "inherited"


#: the questions, each with its answers, best first
QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "repute": ("excellent", "good", "fair", "poor"),
    "harmony": ("good", "fair", "poor"),
    "diligence": ("hard", "fair", "lazy"),
    "debts": ("none", "some", "many", "unpaid"),
    "habits": ("none", "some", "bad"),
    "ability": ("sure", "likely", "hard", "none"),
}
#: policy figures by the names that `Figures` gives them
FIGURES = {
    "weights": "evaluation_weights",
    "percents": "evaluation_percents",
    "forms_needed": "evaluation_forms_needed",
    "known_needed": "evaluation_known_needed",
    "wide": "evaluation_wide_percent",
    "outlier": "evaluation_outlier_percent",
}


@dataclass(frozen=True, slots=True)
class Figures:
    """What a bank may change. `weights` by question, together 100; `percents` by question and answer."""

    weights: Mapping[str, int]
    percents: Mapping[str, Mapping[str, int]]
    forms_needed: int
    known_needed: int
    wide: int
    outlier: int

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> "Figures":
        """From the values of policy, by key."""
        return cls(**{name: found[key] for name, key in FIGURES.items()})


@dataclass(frozen=True, slots=True)
class Answers:
    """A form as it was sealed. `grades` by question, empty unless the reviewer knows the household."""

    knows: Knows
    grades: Mapping[str, str]
    limit_fen: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the counted forms on one household say together. `percent` and the rest are None where too few
    know it. `grades`: the middle answer by question; `low`, `high`: the lowest and highest form."""

    counted: int
    known: int
    percent: int | None
    low: int | None
    high: int | None
    grades: Mapping[str, str]
    limit_fen: int | None
    flags: tuple[Flag, ...]


def wrong_with(given: Answers) -> str | None:
    """Which answer cannot be right; None where the form is whole."""
    if given.knows is not Knows.yes:
        return "Who does not know the household, or is a relative, grades nothing." if given.grades else None
    if given.grades.keys() != QUESTIONS.keys():
        return "Each question needs its answer."
    for question, answer in given.grades.items():
        if answer not in QUESTIONS[question]:
            return f"{answer!r} is no answer about {question}."
    if given.limit_fen is not None and not 0 <= given.limit_fen <= MOST_LIMIT_FEN:
        return "The suggested limit is beyond what may be suggested."
    return None


def worth(given: Answers, figures: Figures) -> int:
    """The percent of one form: its answers' percents by the weights of the questions."""
    total = sum(figures.weights[one] * figures.percents[one][answer] for one, answer in given.grades.items())
    return total // sum(figures.weights.values())


def together(forms: Sequence[Answers], figures: Figures) -> Outcome:
    """The outcome of the counted forms on one household; those of relatives are none of them.

    The middle of the forms counts, so that one of them alone cannot lift or sink a household.
    """
    known = [one for one in forms if one.knows is Knows.yes]
    if len(known) < figures.known_needed:
        return Outcome(len(forms), len(known), None, None, None, {}, None, (Flag.little_known,))
    percents = sorted(worth(one, figures) for one in known)
    limits = sorted(one.limit_fen for one in known if one.limit_fen is not None)
    percent, flags = middle(percents), []
    if percents[-1] - percents[0] >= figures.wide:
        flags.append(Flag.wide)
    if any(_apart(percents, place) >= figures.outlier for place in range(len(percents))):
        flags.append(Flag.outlier)
    if sum(one.grades["habits"] == QUESTIONS["habits"][-1] for one in known) > 1:
        flags.append(Flag.habits)
    grades = {
        question: answers[middle(sorted(answers.index(one.grades[question]) for one in known))]
        for question, answers in QUESTIONS.items()
    }
    limit_fen = middle(limits) if len(limits) >= figures.known_needed else None
    return Outcome(
        len(forms), len(known), percent, percents[0], percents[-1], grades, limit_fen, tuple(flags)
    )


def middle(values: Sequence[int]) -> int:
    """The median of sorted whole numbers, cut to a whole one. Raises ValueError for none."""
    if not values:
        raise ValueError("nothing has no middle")
    half = len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) // 2


def _apart(percents: Sequence[int], place: int) -> int:
    """How far one form lies from the middle of the others; with two of them nobody is the odd one."""
    others = [*percents[:place], *percents[place + 1 :]]
    return abs(percents[place] - middle(others)) if len(others) > 1 else 0
