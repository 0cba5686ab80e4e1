"""What is asked of people and what they consent to: one declaration each for bank and phone."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from backend.customers import consent_texts, person_fields
from backend.customers.person_fields import papers_wrong, relation_wrong, value_wrong, years_between

ROOT = Path(__file__).parents[3]
DAY = date(2026, 11, 29)


@pytest.mark.parametrize("one", [person_fields, consent_texts])
def test_the_phone_has_the_same_declaration(one: Any) -> None:
    assert (ROOT / one.PHONE).read_text() == one.for_phone(), f"run `python -m {one.__name__}`"


def test_what_agents_see_needs_no_other_consent_than_they_ask_for() -> None:
    """An agent's fields are an allow-list: health and papers are not among them, nor is any number."""
    allowed = {name for name, one in person_fields.fields().items() if one.agents}
    assert allowed == {
        "name",
        "relation",
        "sex",
        "birth_on",
        "guardian_id",
        "education",
        "occupation",
        "whereabouts",
    }
    assert {one.consent for one in person_fields.fields().values() if one.consent} <= set(
        consent_texts.purposes()
    )


@pytest.mark.parametrize(
    ("field", "value", "right"),
    [
        ("name", "李四", True),
        ("name", " ", False),
        ("name", "李" * 61, False),
        ("birth_on", "1979-02-29", False),
        ("birth_on", "19790304", False),
        ("id_long", "yes", False),
        ("marriage", "married", True),
        ("marriage", "happy", False),
        ("phone", "13912340001", True),
        ("phone", "0715123456", False),
        ("employer", None, True),
    ],
)
def test_a_field_by_itself(field: str, value: Any, right: bool) -> None:
    assert (value_wrong(field, value, demo=False) is None) == right


def test_one_head_and_one_spouse() -> None:
    assert relation_wrong("head", "household", ["spouse"]) is None
    assert relation_wrong("head", "household", ["head"])
    assert relation_wrong("child", "household", ["child", "child"]) is None
    assert relation_wrong("owner", "household", [])
    assert relation_wrong("owner", "business", ["owner"]) is None
    assert relation_wrong("legal_person", "business", ["legal_person"])


def test_papers() -> None:
    assert papers_wrong({"id_from": "2016-01-01", "id_until": "2036-01-01"}) is None
    assert papers_wrong({"id_from": "2016-01-01", "id_until": "2016-01-01"})
    assert papers_wrong({"id_until": "2036-01-01", "id_long": True})


def test_years() -> None:
    assert [years_between(date(2012, 11, day), DAY) for day in (29, 30)] == [14, 13]


def test_a_text_is_signed_from_its_day_on() -> None:
    assert consent_texts.text_wrong("credit", 1, DAY) is None
    assert consent_texts.text_wrong("credit", 1, date(2025, 12, 31))
    assert consent_texts.text_wrong("credit", 9, DAY)
    assert consent_texts.text_wrong("anything", 1, DAY)
