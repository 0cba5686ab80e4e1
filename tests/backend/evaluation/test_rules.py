"""What forms say together, by table."""

from typing import Any

import pytest

from backend.evaluation.rules import (
    FIGURES,
    QUESTIONS,
    Answers,
    Figures,
    Flag,
    Knows,
    middle,
    together,
    worth,
    wrong_with,
)
from backend.policy.figures import SHIPPED

SHIPPED_FIGURES = Figures.of({one.key: one.value for one in SHIPPED if one.key in FIGURES.values()})
BEST = {question: answers[0] for question, answers in QUESTIONS.items()}
WORST = {question: answers[-1] for question, answers in QUESTIONS.items()}
FAIR = {
    "repute": "fair",
    "harmony": "fair",
    "diligence": "fair",
    "debts": "some",
    "habits": "some",
    "ability": "likely",
}
NO, RELATIVE = Answers(Knows.no, {}), Answers(Knows.relative, {})


def known(grades: dict[str, str], limit_fen: int | None = None, **changes: str) -> Answers:
    return Answers(Knows.yes, grades | changes, limit_fen)


def test_the_policy_knows_every_question_and_answer() -> None:
    assert SHIPPED_FIGURES.weights.keys() == SHIPPED_FIGURES.percents.keys() == QUESTIONS.keys()
    assert sum(SHIPPED_FIGURES.weights.values()) == 100
    for question, answers in QUESTIONS.items():
        percents = [SHIPPED_FIGURES.percents[question][answer] for answer in answers]
        assert percents == sorted(percents, reverse=True)
        assert (percents[0], percents[-1], len(percents)) == (100, 0, len(SHIPPED_FIGURES.percents[question]))


@pytest.mark.parametrize(("grades", "percent"), [(BEST, 100), (WORST, 0), (FAIR, 60)])
def test_a_form_is_worth_its_answers_by_weight(grades: dict[str, str], percent: int) -> None:
    assert worth(known(grades), SHIPPED_FIGURES) == percent


@pytest.mark.parametrize(
    ("forms", "percent", "counts", "flags"),
    [
        ([known(BEST)] * 3, 100, (3, 3), ()),
        # who does not know the household counts as a form, and says nothing of it
        ([known(BEST), known(FAIR), NO], 80, (3, 2), (Flag.wide,)),
        ([known(BEST), NO, NO], None, (3, 1), (Flag.little_known,)),
        ([NO, NO, NO], None, (3, 0), (Flag.little_known,)),
        # one alone neither lifts nor sinks a household
        ([known(FAIR), known(FAIR), known(WORST)], 60, (3, 3), (Flag.wide, Flag.outlier)),
        ([known(FAIR), known(FAIR), known(BEST)], 60, (3, 3), (Flag.wide, Flag.outlier)),
        ([known(FAIR), known(FAIR), known(FAIR, repute="good")], 60, (3, 3), ()),
        ([known(FAIR, habits="bad"), known(FAIR, habits="bad"), known(FAIR)], 53, (3, 3), (Flag.habits,)),
        ([known(FAIR, habits="bad"), known(FAIR), known(FAIR)], 60, (3, 3), ()),
    ],
)
def test_several_forms(
    forms: list[Answers], percent: int | None, counts: tuple[int, int], flags: tuple[Flag, ...]
) -> None:
    outcome = together(forms, SHIPPED_FIGURES)
    assert (outcome.percent, (outcome.counted, outcome.known), outcome.flags) == (percent, counts, flags)
    assert together(forms[::-1], SHIPPED_FIGURES) == outcome


def test_the_middle_answer_and_limit_are_shown() -> None:
    forms = [known(BEST, 5_000_000), known(FAIR, 3_000_000), known(FAIR, 1_000_000, repute="good")]
    outcome = together(forms, SHIPPED_FIGURES)
    assert outcome.grades == FAIR | {"repute": "good"}
    assert outcome.limit_fen == 3_000_000
    # one alone who names a limit is not to be told from the result
    assert together([known(BEST, 5_000_000), known(FAIR), NO], SHIPPED_FIGURES).limit_fen is None


@pytest.mark.parametrize(
    ("values", "expected"), [([4], 4), ([1, 2], 1), ([1, 5, 90], 5), ([10, 20, 31, 90], 25)]
)
def test_the_middle(values: list[int], expected: int) -> None:
    assert middle(values) == expected


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        (known(BEST), False),
        (known(BEST, 0), False),
        (NO, False),
        (RELATIVE, False),
        (Answers(Knows.no, BEST), True),
        (Answers(Knows.relative, {"repute": "good"}), True),
        (Answers(Knows.yes, {}), True),
        (known(BEST, repute="splendid"), True),
        (known(BEST, 100_000_001), True),
        (known(BEST, -1), True),
        (Answers(Knows.yes, BEST | {"looks": "good"}), True),
    ],
)
def test_what_a_form_may_say(given: Answers, wrong: Any) -> None:
    assert (wrong_with(given) is not None) == wrong
