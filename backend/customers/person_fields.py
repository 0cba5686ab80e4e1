"""What is asked of each person, declared once for the bank's checks and the phone's form.

`python -m backend.customers.person_fields` writes the phone's copy; a test holds that it is the same.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml
from msgspec import Struct

from backend.customers.phone_copy import drawn, write
from backend.customers.rules import BUSINESS_RELATIONS, HOUSEHOLD_RELATIONS, Relation, phone_error

HERE = Path(__file__).with_suffix(".yaml")
PHONE = Path("pwa/src/domain/person-fields.json")
#: people of one household; more is a mistake, or two households
MOST_MEMBERS = 40
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


def value_wrong(name: str, value: Any, *, demo: bool) -> str | None:
    """What is wrong with one field's value, for the person who typed it; None if nothing is. ID numbers are
    judged with the birth date that they hold."""
    field = fields()[name]
    if value is None:
        return "a name is needed" if name == "name" else None
    match field.unit:
        case "choice":
            right = value in field.choices
        case "flag":
            right = isinstance(value, bool)
        case "day":
            right = isinstance(value, str) and day_of(value) is not None
        case "person":
            right = isinstance(value, str)
        case "phone":
            return phone_error(value, demo) if isinstance(value, str) else "a phone is text"
        case _:
            longest = field.most or 0
            right = isinstance(value, str) and bool(value.strip()) and len(value) <= longest + 22
            if right and field.unit == "text":
                right = len(value) <= longest
    return None if right else f"{name}: this cannot be"


def day_of(text: str) -> date | None:
    """A day as YYYY-MM-DD; None where it is none."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def years_between(born: date, today: date) -> int:
    """Completed years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def relation_wrong(relation: str, kind: str, others: list[str]) -> str | None:
    """Whether a person may be this beside the `others`: one head and one spouse, one legal person."""
    allowed = HOUSEHOLD_RELATIONS if kind == "household" else BUSINESS_RELATIONS
    if relation not in allowed:
        return f"{relation} is no place in a {kind}"
    if relation in (Relation.head, Relation.spouse, Relation.legal_person) and relation in others:
        return f"there is a {relation} already: say first what that person is now"
    return None


def papers_wrong(values: Mapping[str, Any]) -> str | None:
    """An ID card's dates: the end after the start, and no end where it has none."""
    begins, ends = values.get("id_from"), values.get("id_until")
    if ends and values.get("id_long"):
        return "an ID card without an end has no last day"
    if begins and ends and ends <= begins:
        return "the ID card ends before it begins"
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
    whole = {"mostMembers": MOST_MEMBERS, "adultYears": ADULT_YEARS, "fields": said}
    return drawn(whole)


if __name__ == "__main__":
    write(PHONE, for_phone())
