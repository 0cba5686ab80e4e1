"""What does not fit together in a file: one declaration for the bank and its phones."""

from pathlib import Path

import pytest
from msgspec import ValidationError, convert

from backend.customers.file_fields import weights_of
from backend.customers.questions import PHONE, Mismatch, check, for_phone, is_question, mismatches
from backend.customers.rules import SECTIONS, completeness
from backend.policy.figures import SHIPPED

ROOT = Path(__file__).parents[3]
WEIGHTS = next(one.value for one in SHIPPED if one.key == "completeness_weights")


def test_the_phone_has_the_same_declaration() -> None:
    assert (ROOT / PHONE).read_text() == for_phone(), "run `python -m backend.customers.questions`"


def test_a_question_is_a_section_or_what_does_not_fit_together() -> None:
    assert set(WEIGHTS) == set(SECTIONS)
    assert all(is_question(one) for one in (*SECTIONS, *mismatches()))
    assert not is_question("income_wages_fen")


@pytest.mark.parametrize(
    "wrong",
    [
        {"when": {"record": "farmland", "value": "income_trade_fen"}, "expects": {"record": "farmland"}},
        {"when": {}, "expects": {"record": "farmland"}},
        {"when": {"record": "farmland"}},
        {"when": {"people": "residents_count"}, "expects": {"record": "farmland"}},
        {"when": {"record": "spaceship"}, "expects": {"value": "income_trade_fen"}},
        {"when": {"record": "farmland", "other_than": {"tenure": ["leased"]}}, "expects": {"record": "debt"}},
        {"when": {"member": {"whereabouts": ["moon"]}}, "expects": {"record": "debt"}},
        # no form asks for it
        {"when": {"record": "farmland"}, "expects": {"value": "deposits_elsewhere_fen"}},
    ],
)
def test_what_is_declared_wrong_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises((ValueError, ValidationError)):
        check("one", convert({"zh": "某", "en": "Some", **wrong}, Mismatch))


def test_a_section_names_no_mismatch() -> None:
    with pytest.raises(ValueError, match="a section is called so"):
        check("income", next(iter(mismatches().values())))


def test_a_business_has_all_points_without_what_it_cannot_have() -> None:
    theirs = weights_of("business", WEIGHTS)
    assert set(WEIGHTS) - set(theirs) == {"home"}
    assert weights_of("household", WEIGHTS) == WEIGHTS
    assert completeness(theirs, theirs) == (100, [])
    assert completeness(set(theirs) - {"income"}, theirs) == (73, ["income"])
