"""What people consent to, and in what words since when: declared once for the bank and the phone.

`python -m backend.customers.consent_texts` writes the phone's copy; a test holds that it is the same.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

import msgspec
import yaml
from msgspec import Struct, field

from backend.customers.phone_copy import drawn, write

HERE = Path(__file__).with_suffix(".yaml")
PHONE = Path("pwa/src/domain/consent-texts.json")


class Text(Struct, frozen=True, forbid_unknown_fields=True):
    """The words that are signed, from a day on. `number` is never given again."""

    number: int
    since: date = field(name="from")
    zh: str
    en: str


class Purpose(Struct, frozen=True, forbid_unknown_fields=True):
    """What a consent is for."""

    zh: str
    en: str
    texts: list[Text]
    sensitive: bool = False
    adults: bool = False


@cache
def purposes() -> Mapping[str, Purpose]:
    """All purposes. Raises msgspec.ValidationError or ValueError where the declaration is wrong."""
    found = msgspec.convert(yaml.safe_load(HERE.read_text()), dict[str, Purpose])
    for name, one in found.items():
        numbers, days = [text.number for text in one.texts], [text.since for text in one.texts]
        if numbers != list(range(1, len(numbers) + 1)) or days != sorted(days):
            raise ValueError(f"{name}: texts are numbered from 1 in the order of their days")
    return found


def text_wrong(purpose: str, number: int, day: date) -> str | None:
    """Why a text cannot have been signed on a day; None if it can."""
    known = purposes().get(purpose)
    if known is None:
        return f"{purpose!r} is nothing that can be consented to"
    text = next((one for one in known.texts if one.number == number), None)
    if text is None or text.since > day:
        return f"there was no text {number} of {purpose} on that day"
    return None


def for_phone() -> str:
    """The declaration as the phone's app holds it."""
    said = [{"code": name, **msgspec.to_builtins(one)} for name, one in purposes().items()]
    return drawn(said)


if __name__ == "__main__":
    write(PHONE, for_phone())
