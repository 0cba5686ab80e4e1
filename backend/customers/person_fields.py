"""What is asked of each person, declared once for the bank's checks and the phone's form.

`python -m backend.customers.person_fields` writes the phone's copy; a test holds that it is the same.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import msgspec
import yaml
from msgspec import Struct

from backend.customers.limits import (
    EMPTY,
    PERSON,
    TEXT,
    Said,
    choice_wrong,
    day_wrong,
    flag_wrong,
    text_wrong,
)
from backend.customers.phone_copy import drawn, write
from backend.customers.rules import BUSINESS_RELATIONS, HOUSEHOLD_RELATIONS, Relation, normal_id, phone_error

HERE = Path(__file__).with_suffix(".yaml")
PHONE = Path("pwa/src/domain/person-fields.json")
#: people of one household; more is a mistake, or two households
MOST_MEMBERS = 40
#: from so many on, and from such an age on, the phone asks once whether it is meant
UNUSUAL_MEMBERS, UNUSUAL_YEARS = 13, 100
#: who may look after a minor, and who is one (Civil Code, article 17)
ADULT_YEARS = 18
ID_NUMBER = "id_number"

Unit = Literal["text", "choice", "day", "flag", "id", "phone", "person"]
Part = Literal["who", "papers", "life"]


class PersonField(Struct, frozen=True, forbid_unknown_fields=True):
    """One field. `most`: the longest text."""

    unit: Unit
    part: Part
    zh: str
    en: str
    most: int | None = None
    agents: bool = False
    consent: str | None = None
    choices: dict[str, tuple[str, str]] = {}


@cache
def fields() -> Mapping[str, PersonField]:
    """All fields as declared. Raises msgspec.ValidationError or ValueError where the declaration is wrong."""
    found = msgspec.convert(yaml.safe_load(HERE.read_text()), dict[str, PersonField])
    for name, one in found.items():
        if (one.unit == "choice") != bool(one.choices):
            raise ValueError(f"{name}: a choice has choices, and nothing else has")
        if one.unit == "text" and one.most is None:
            raise ValueError(f"{name} has no limit")
    if set(found["relation"].choices) != set(Relation):
        raise ValueError(f"{HERE.name} declares other relations than Relation")
    return found


def value_wrong(name: str, value: Any, *, demo: bool) -> Said | None:
    """What is wrong with one field's value, for the person who typed it; None if nothing is. ID numbers are
    judged with the birth date that they hold."""
    field = fields()[name]
    wrong = None
    if value is None:
        wrong = EMPTY if name == "name" else None
    elif field.unit in ("choice", "flag", "day"):
        match field.unit:
            case "choice":
                wrong = choice_wrong(value, field.choices)
            case "flag":
                wrong = flag_wrong(value)
            case _:
                wrong = day_wrong(value)
    elif field.unit == "person":
        wrong = None if isinstance(value, str) and _is_id(value) else PERSON
    elif not isinstance(value, str):
        wrong = TEXT
    elif not value.strip():
        wrong = EMPTY
    elif field.unit == "phone":
        wrong = phone_error(value, demo)
    else:
        # blanks within a number of the state are left out before it is kept
        wrong = text_wrong(normal_id(value) if field.unit == "id" else value, field.most or 0)
    return wrong and wrong.of(Said(field.zh, field.en))


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def day_of(text: str) -> date | None:
    """A day as YYYY-MM-DD; None where it is none."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def years_between(born: date, today: date) -> int:
    """Completed years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def relation_wrong(relation: str, kind: str, others: list[str]) -> Said | None:
    """Whether a person may be this beside the `others`: one head and one spouse, one legal person."""
    allowed = HOUSEHOLD_RELATIONS if kind == "household" else BUSINESS_RELATIONS
    if relation not in allowed:
        choice = fields()["relation"].choices.get(relation, (relation, relation))
        return Said(f"这里没有“{choice[0]}”这种关系", f"{choice[1]} is no place in a {kind}")
    if relation in (Relation.head, Relation.spouse, Relation.legal_person) and relation in others:
        zh, en = fields()["relation"].choices[relation]
        return Said(
            f"已经有一位{zh}了，先改那一位的关系",
            f"there is a {en.lower()} already: say first what that person is now",
        )
    return None


def papers_wrong(values: Mapping[str, Any]) -> Said | None:
    """An ID card's dates: the end after the start, and no end where it has none."""
    begins, ends = values.get("id_from"), values.get("id_until")
    if ends and values.get("id_long"):
        return Said("长期有效的证件没有到期日", "an ID card without an end has no last day")
    if begins and ends and ends <= begins:
        return Said("证件到期早于起始", "the ID card ends before it begins")
    return None


def for_phone() -> str:
    """The declaration as the phone's app holds it."""
    said = [
        {
            "name": name,
            "unit": one.unit,
            "part": one.part,
            "zh": one.zh,
            "en": one.en,
            "most": one.most,
            "agents": one.agents,
            "consent": one.consent,
            "choices": [{"code": code, "zh": zh, "en": en} for code, (zh, en) in one.choices.items()],
        }
        for name, one in fields().items()
    ]
    whole = {
        "mostMembers": MOST_MEMBERS,
        "adultYears": ADULT_YEARS,
        "unusualMembers": UNUSUAL_MEMBERS,
        "unusualYears": UNUSUAL_YEARS,
        "fields": said,
    }
    return drawn(whole)


if __name__ == "__main__":
    write(PHONE, for_phone())
