"""What each kind of record may hold, declared once for the bank's checks and the phone's forms.

`python -m backend.customers.record_kinds` writes the phone's copy; a test holds that it is the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import msgspec
import yaml
from msgspec import Struct

from backend.customers.limits import (
    CUSTOMER,
    MU_M2,
    Said,
    choice_wrong,
    day_wrong,
    flag_wrong,
    number_wrong,
    text_wrong,
)
from backend.customers.phone_copy import drawn, write
from backend.customers.rules import RecordKind

HERE = Path(__file__).with_suffix(".yaml")
PHONE = Path("pwa/src/domain/record-kinds.json")
#: a record's own columns
COLUMNS = frozenset({"value_fen", "area_m2", "quantity"})
#: where a record names another customer, whatever its kind
CUSTOMER_FIELD = "customer"
#: a field that the kind does not have
UNKNOWN = Said("这种资料没有这一项", "nothing that is known of such a record")

Unit = Literal[
    "fen", "m2", "mu", "count", "months", "year", "percent", "choice", "flag", "text", "day", "customer"
]


class Field(Struct, frozen=True, forbid_unknown_fields=True):
    """One field of a kind. `most`: the largest number (yuan for `fen`, mu for `mu`) or the longest text;
    `unusual_from`: the number from which on the phone asks once whether it is meant."""

    unit: Unit
    zh: str
    en: str
    most: int | None = None
    unusual_from: int | None = None
    choices: dict[str, tuple[str, str]] = {}

    @property
    def largest(self) -> int:
        """`most` in the unit in which the field is stored: fen, square metres, or as it is."""
        assert self.most is not None
        return self._stored(self.most)

    @property
    def unusual(self) -> int | None:
        """`unusual_from` in the unit in which the field is stored."""
        return None if self.unusual_from is None else self._stored(self.unusual_from)

    def _stored(self, number: int) -> int:
        if self.unit == "fen":
            return number * 100
        return round(number * MU_M2) if self.unit == "mu" else number


class Kind(Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of record. `names`: the choice that names it."""

    zh: str
    en: str
    fields: dict[str, Field]
    names: str | None = None


@dataclass(frozen=True, slots=True)
class Wrong:
    """A field that cannot be so, and why, in words for the person who typed it."""

    field: str
    why: Said


@cache
def kinds() -> Mapping[str, Kind]:
    """All kinds as declared. Raises msgspec.ValidationError or ValueError where the declaration is wrong."""
    found = msgspec.convert(yaml.safe_load(HERE.read_text()), dict[str, Kind])
    if set(found) != set(RecordKind):
        raise ValueError(f"{HERE.name} declares other kinds than RecordKind")
    for name, kind in found.items():
        for field, one in kind.fields.items():
            if one.unusual_from is not None and not 0 < one.unusual_from < (one.most or 0):
                raise ValueError(f"{name}.{field}: what is unusual lies within its limits")
            if (one.unit == "customer") != (field == CUSTOMER_FIELD):
                raise ValueError(
                    f"{name}.{field}: another customer stands in {CUSTOMER_FIELD}, and only there"
                )
            if (one.unit == "choice") != bool(one.choices):
                raise ValueError(f"{name}.{field}: a choice has choices, and nothing else has")
            if one.most is None and one.unit not in ("choice", "flag", "day", "customer"):
                raise ValueError(f"{name}.{field} has no limit")
        if kind.names is not None and not kind.fields[kind.names].choices:
            raise ValueError(f"{name}: {kind.names} is no choice")
    return found


def wrong(kind: str, values: Mapping[str, Any], known: Mapping[str, Any]) -> Wrong | None:
    """What cannot be so among a record's columns and details by name; None if nothing.

    What stands there already (`known`) is not judged again: imports and older apps may have said it.
    """
    fields = kinds()[kind].fields
    for name, value in values.items():
        if value is None or (name in known and known[name] == value):
            continue
        field = fields.get(name)
        if field is None:
            return Wrong(name, UNKNOWN.of(Said(name, name)))
        if why := _why(field, value):
            return Wrong(name, why.of(Said(field.zh, field.en)))
    return None


def _why(field: Field, value: Any) -> Said | None:
    match field.unit:
        case "choice":
            return choice_wrong(value, field.choices)
        case "flag":
            return flag_wrong(value)
        case "text":
            return text_wrong(value, field.largest)
        case "day":
            return day_wrong(value)
        case "customer":
            return None if isinstance(value, str) and _is_id(value) else CUSTOMER
        case _:
            return number_wrong(value, field.unit, field.largest)


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def linked(kind: str, detail: Mapping[str, Any]) -> list[UUID]:
    """The customers that a record names."""
    fields = kinds()[kind].fields.items()
    said = [detail.get(name) for name, field in fields if field.unit == "customer"]
    return [UUID(one) for one in said if isinstance(one, str) and _is_id(one)]


def for_phone() -> str:
    """The declaration as the phone's app holds it: JSON, with `most` and `unusual` as stored."""
    said: dict[str, Any] = {}
    for name, kind in kinds().items():
        said[name] = {"zh": kind.zh, "en": kind.en, "names": kind.names, "fields": []}
        for field, one in kind.fields.items():
            choices = [{"code": code, "zh": zh, "en": en} for code, (zh, en) in one.choices.items()]
            most = one.largest if one.most is not None else None
            known = {"name": field, "unit": one.unit, "zh": one.zh, "en": one.en, "most": most}
            known["unusual"] = one.unusual
            said[name]["fields"].append({**known, "choices": choices})
    return drawn(said)


if __name__ == "__main__":
    write(PHONE, for_phone())
