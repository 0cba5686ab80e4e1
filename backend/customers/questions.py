"""Which questions of a file there are: its sections, and what does not fit together, declared once for the
bank and its phones.

`python -m backend.customers.questions` writes the phone's copy; a test holds that it is the same.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import yaml
from msgspec import Struct

from backend.customers.file_fields import declared as file_fields
from backend.customers.person_fields import fields as person_fields
from backend.customers.phone_copy import drawn, write
from backend.customers.record_kinds import kinds as record_kinds
from backend.customers.rules import SECTIONS

HERE = Path(__file__).with_suffix(".yaml")
PHONE = Path("pwa/src/domain/questions.json")
Choices = Mapping[str, tuple[str, ...]]


class When(Struct, frozen=True, forbid_unknown_fields=True):
    """What was said; one of the four."""

    record: str | None = None
    other_than: Choices = {}
    value: str | None = None
    member: Choices = {}
    people: str | None = None


class Expects(Struct, frozen=True, forbid_unknown_fields=True):
    """What goes with it; one of the two."""

    value: str | None = None
    record: str | None = None


class Mismatch(Struct, frozen=True, forbid_unknown_fields=True):
    """What does not fit together, in words for the person who asks."""

    zh: str
    en: str
    when: When
    expects: Expects | None = None


@cache
def mismatches() -> Mapping[str, Mismatch]:
    """All of them by name. Raises msgspec.ValidationError or ValueError where they are written down wrong."""
    found = msgspec.convert(yaml.safe_load(HERE.read_text()), dict[str, Mismatch])
    for name, one in found.items():
        check(name, one)
    return found


def check(name: str, one: Mismatch) -> None:
    """Raises ValueError where `one` asks for what there is not."""
    when, expects = one.when, one.expects
    if name in SECTIONS:
        raise ValueError(f"{name}: a section is called so")
    if sum(bool(said) for said in (when.record, when.value, when.member, when.people)) != 1:
        raise ValueError(f"{name}: when takes one of record, value, member, people")
    if (expects is None) != (when.people is not None):
        raise ValueError(f"{name}: something is expected, of the number of people nothing")
    if expects is not None and bool(expects.value) == bool(expects.record):
        raise ValueError(f"{name}: expects takes one of value, record")
    for field in (when.value, when.people, expects.value if expects else None):
        if field is not None and file_fields()[field].form is None:
            raise ValueError(f"{name}: no form asks for {field}")
    for kind in (when.record, expects.record if expects else None):
        if kind is not None and kind not in record_kinds():
            raise ValueError(f"{name}: {kind} is no kind of record")
    known = record_kinds()[when.record].fields if when.record else {}
    for said, declared in ((when.other_than, known), (when.member, person_fields())):
        for field, codes in said.items():
            if not set(codes) <= set(declared[field].choices):
                raise ValueError(f"{name}: {field} has no such choice")


def is_question(name: str) -> bool:
    """Whether there is such a question: a section of the file, or a mismatch."""
    return name in SECTIONS or name in mismatches()


def for_phone() -> str:
    """The declaration as the phone's app holds it."""
    said: dict[str, Any] = {
        name: {
            "zh": one.zh,
            "en": one.en,
            "when": {key: value for key, value in msgspec.to_builtins(one.when).items() if value},
            "expects": one.expects
            and {key: value for key, value in msgspec.to_builtins(one.expects).items() if value},
        }
        for name, one in mismatches().items()
    }
    return drawn(said)


if __name__ == "__main__":
    write(PHONE, for_phone())
