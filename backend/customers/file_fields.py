"""The fields of a file that hold one value each, declared once for the bank's checks and the phone's forms.

`python -m backend.customers.file_fields` writes the phone's copy; a test holds that it is the same.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec
import yaml
from msgspec import Struct

from backend.customers.limits import Said
from backend.customers.phone_copy import drawn, write
from backend.customers.rules import MAX_FEN, Field, Unit

HERE = Path(__file__).with_suffix(".yaml")
PHONE = Path("pwa/src/domain/file-fields.json")
#: what the phone calls them
WORDS = Path("pwa/src/locales/field-words.json")


class Declared(Struct, frozen=True, forbid_unknown_fields=True):
    """One field as it is written down. `most`: the largest number, yuan for `fen`; `unusual_from`: the number
    from which on the phone asks once whether it is meant."""

    zh: str
    en: str
    unit: Unit
    section: Literal["income", "spending", "home", "assets"] | None = None
    form: Literal["income", "spending", "home", "register"] | None = None
    of: Literal["household", "business"] | None = None
    group: Literal["turnover", "costs", "expected"] | None = None
    most: int | None = None
    unusual_from: int | None = None
    choices: tuple[str, ...] = ()

    @property
    def largest(self) -> int | None:
        """`most` in the unit in which the field is stored."""
        return self._stored(self.most)

    @property
    def unusual(self) -> int | None:
        """`unusual_from` in the unit in which the field is stored."""
        return self._stored(self.unusual_from)

    def _stored(self, number: int | None) -> int | None:
        return number * 100 if number is not None and self.unit == "fen" else number


@cache
def declared() -> Mapping[str, Declared]:
    """All fields as written down. Raises msgspec.ValidationError or ValueError where that is wrong."""
    found = msgspec.convert(yaml.safe_load(HERE.read_text()), dict[str, Declared])
    for name, one in found.items():
        if (one.unit == "choice") != bool(one.choices):
            raise ValueError(f"{name}: a choice has choices, and nothing else has")
        if (one.unit in ("choice", "day", "code")) != (one.most is None):
            raise ValueError(f"{name}: a number has a limit, and nothing else has")
        if (one.unit == "fen") != name.endswith("_fen"):
            raise ValueError(f"{name}: money is named by its unit")
        if one.unusual_from is not None and not 0 < one.unusual_from < (one.most or 0):
            raise ValueError(f"{name}: what is unusual lies within its limits")
        if (one.largest or 0) > MAX_FEN:
            raise ValueError(f"{name}: beyond what any amount may be")
        if (one.form is None) != (one.of is None):
            raise ValueError(f"{name}: a form asks it of somebody")
        if one.group is not None and one.unit != "fen":
            raise ValueError(f"{name}: only amounts are added up")
    return found


@cache
def file_fields() -> Mapping[str, Field]:
    """All fields by name, as values are checked against them."""
    return {
        name: Field(name, one.section, one.unit, one.largest or 0, one.choices, Said(one.zh, one.en))
        for name, one in declared().items()
    }


def weights_of(kind: str, weights: Mapping[str, int]) -> Mapping[str, int]:
    """Of the weights of sections those that a household, or a business, can have: a business has no home."""
    asked = {one.section for one in declared().values() if one.of is not None}
    theirs = {one.section for one in declared().values() if one.of == kind}
    return {
        section: weight for section, weight in weights.items() if section in theirs or section not in asked
    }


def for_phone() -> str:
    """What the phone's forms ask for: JSON, in order, with `most` and `unusual` as stored."""
    said = [
        {
            "name": name,
            "section": one.section,
            "form": one.form,
            "of": one.of,
            "group": one.group,
            "unit": one.unit,
            "most": one.largest,
            "unusual": one.unusual,
            "choices": one.choices,
        }
        for name, one in declared().items()
    ]
    return drawn(said)


def words_for_phone() -> str:
    """What the fields are called, by language."""
    found = declared().items()
    return drawn({"zh": {name: one.zh for name, one in found}, "en": {name: one.en for name, one in found}})


if __name__ == "__main__":
    write(WORDS, words_for_phone())
    write(PHONE, for_phone())
