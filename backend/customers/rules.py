"""Pure rules of customers: the vocabulary of fields, merging of values, completeness, pinyin-free checks."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal

from backend.customers.limits import NAMELESS, Said, choice_wrong, day_wrong, number_wrong

Unit = Literal["fen", "count", "kwh", "years", "choice", "day", "code"]
MAX_FEN = 100_000_000_000  # a thousand million yuan: beyond it somebody mixed up the unit


class Relation(StrEnum):
    """A person's place in a customer: the last two in a business, `other` in both."""

    head = "head"
    spouse = "spouse"
    child = "child"
    child_in_law = "child_in_law"
    parent = "parent"
    grandchild = "grandchild"
    grandparent = "grandparent"
    sibling = "sibling"
    other = "other"
    owner = "owner"
    legal_person = "legal_person"


BUSINESS_RELATIONS = frozenset({Relation.owner, Relation.legal_person, Relation.other})
HOUSEHOLD_RELATIONS = frozenset(Relation) - {Relation.owner, Relation.legal_person}


class RecordKind(StrEnum):
    """What a record of the file is about."""

    real_estate = "real_estate"
    vehicle = "vehicle"
    farmland = "farmland"
    livestock = "livestock"
    machinery = "machinery"
    premises = "premises"
    financial = "financial"
    debt = "debt"
    guarantee = "guarantee"
    intention = "intention"
    honour = "honour"
    partner = "partner"


#: kinds of what somebody owns: completeness, worth and the strategy's assets count these
THINGS = (
    RecordKind.real_estate,
    RecordKind.vehicle,
    RecordKind.farmland,
    RecordKind.livestock,
    RecordKind.machinery,
    RecordKind.premises,
    RecordKind.financial,
)


#: parts of a file, each with its weight in completeness
SECTIONS = ("phone", "point", "members", "income", "spending", "home", "assets")


@dataclass(frozen=True, slots=True)
class Field:
    """A field whose values are kept per source: the section of the file it makes complete, unit and what it
    may hold."""

    name: str
    section: str | None
    unit: Unit
    high: int = MAX_FEN
    choices: tuple[str, ...] = ()
    called: Said = NAMELESS


#: what a thing is worth, as its command may say it
WORTH = Field("value_fen", "assets", "fen", called=Said("价值", "Worth"))


def value_error(field: Field, value: int | str | None) -> Said | None:
    """What is wrong with `value` for `field`, in words for the person who typed it; None if nothing is."""
    if value is None:
        return None
    match field.unit:
        case "choice":
            wrong = choice_wrong(value, field.choices)
        case "day":
            wrong = day_wrong(value)
        case "code":
            wrong = credit_code_error(value)
        case _:
            wrong = number_wrong(value, field.unit, field.high)
    return wrong and wrong.of(field.called)


#: letters that are easily misread (I, O, S, V, Z) stand in no code
_CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_CODE = re.compile(f"[{_CREDIT}]{{2}}\\d{{6}}[{_CREDIT}]{{10}}", re.ASCII)


def credit_check(first_17: str) -> str:
    """The 18th character of a unified social credit code: MOD 31 with the weights 3^i, as GB 32100-2015
    prescribes."""
    total = sum(_CREDIT.index(one) * pow(3, place, 31) for place, one in enumerate(first_17))
    return _CREDIT[-total % 31]


def credit_code_error(code: object) -> Said | None:
    """What is wrong with a unified social credit code as it is kept: capitals, without blanks."""
    if not isinstance(code, str) or not _CREDIT_CODE.fullmatch(code):
        return Said(
            "一共 18 位，数字和大写字母，没有 I、O、S、V、Z",
            "it has 18 characters: digits, and capitals without I, O, S, V and Z",
        )
    if credit_check(code[:17]) != code[17]:
        return Said("最后一位对不上，有一位打错了", "its last character does not fit: one was mistyped")
    return None


@dataclass(frozen=True, slots=True)
class Known:
    """A value with its observation."""

    value: int | str | None
    observed_at: datetime


Outcome = Literal["unchanged", "applied", "won", "lost"]

#: equals no value that a field can have
_NOTHING = "\0"


def merge(current: Known | None, seen: int | str | None, new: Known) -> Outcome:
    """How an edit meets the value that is there.

    Where the person saw what is there, the edit applies; where not, the later observation wins.
    """
    if current is None:
        return "applied"
    if current.value == new.value:
        return "unchanged"
    if current.value == seen:
        return "applied"
    return "won" if new.observed_at >= current.observed_at else "lost"


def merge_fields(
    current: Mapping[str, Known], seen: Mapping[str, Any] | None, given: Mapping[str, Any], at: datetime
) -> dict[str, Outcome]:
    """How a thing that somebody gave whole meets the one that is there: `merge` for each field that they
    changed. `seen`: what they saw (None: not known), so that what they left as it was is no edit."""
    outcomes: dict[str, Outcome] = {}
    for name in current.keys() | given.keys():
        new = given.get(name)
        if seen is not None and new == seen.get(name):
            outcomes[name] = "unchanged"
            continue
        # a field that is not there yet was never observed: nothing can be newer than this
        here = current.get(name, Known(None, at))
        saw = seen.get(name) if seen is not None else _NOTHING
        outcomes[name] = merge(here, saw, Known(new, at))
    return outcomes


def pick_shown(values: Mapping[str, int | str | None], precedence: Iterable[str]) -> str | None:
    """The source whose value is shown: the first of `precedence` that has one."""
    return next((source for source in precedence if values.get(source) is not None), None)


def completeness(
    present: Iterable[str], weights: Mapping[str, int], old: Collection[str] = (), old_percent: int = 100
) -> tuple[int, list[str]]:
    """(points of 0 to 100, sections without data in the order of their weight). Sections of `old` that have
    data count `old_percent` of their weight."""
    there = set(present)
    total = 100 * sum(weights.values()) or 1
    counted = sum(weights[one] * (old_percent if one in old else 100) for one in weights if one in there)
    missing = sorted((one for one in weights if one not in there), key=lambda one: (-weights[one], one))
    return 100 * counted // total, missing


PHONE = re.compile(r"1\d{10}", re.ASCII)


def phone_error(phone: str, demo: bool) -> Said | None:
    """A mainland mobile number; the demo county's unassigned range (12…) only in demo mode."""
    if not PHONE.fullmatch(phone):
        return Said("手机号是 11 位数字，1 开头", "a mobile number has 11 digits and begins with 1")
    if phone.startswith(("10", "11", "12")) and not demo:
        return Said("没有这个号段的手机号", "a mobile number in a range that is not assigned")
    return None


_ID = re.compile(r"[1-9]\d{16}[\dX]", re.ASCII)
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
#: GB/T 2260 gives province codes 11 to 82 only
_PROVINCES = range(11, 83)
_DEMO_PROVINCE = 99


def id_check_digit(first_17: str) -> str:
    """The 18th character of an ID number by ISO 7064 MOD 11-2, as GB 11643-1999 prescribes."""
    total = sum(int(digit) * weight for digit, weight in zip(first_17, _ID_WEIGHTS, strict=True))
    return _ID_CHECKS[total % 11]


def normal_id(number: str) -> str:
    """One spelling of an ID number: no blanks, a capital X."""
    return "".join(number.split()).upper()


def id_facts(number: str) -> tuple[date, str]:
    """Birth date and sex (m, f) that an ID number of the right form says. Raises ValueError."""
    birth = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    return birth, "m" if int(number[16]) % 2 else "f"


def id_error(number: str, birth: date | None, sex: str | None, today: date, *, demo: bool) -> Said | None:
    """An ID number by GB 11643-1999 that fits what else is said of the person; the demo county's unassigned
    region (99…) only in demo mode. The words never quote it."""
    number = normal_id(number)
    if not _ID.fullmatch(number):
        return Said("身份证号是 17 位数字加一位校验", "an ID number has 17 digits and a check character")
    if id_check_digit(number[:17]) != number[17]:
        return Said(
            "身份证号最后一位对不上，有一位打错了",
            "the ID number's last character does not fit: a digit was mistyped",
        )
    province = int(number[:2])
    if province not in _PROVINCES and not (demo and province == _DEMO_PROVINCE):
        return Said("身份证号开头的地区不存在", "the ID number's region is not assigned")
    try:
        said = id_facts(number)
    except ValueError:
        return Said("身份证号里的出生日期不对", "the ID number holds no birth date")
    if wrong := birth_error(said[0], today):
        return Said(f"身份证号说：{wrong.zh}", f"by the ID number {wrong.en}")
    if birth not in (None, said[0]):
        return Said("出生日期和身份证号不一样", "the birth date is not that of the ID number")
    if sex not in (None, said[1]):
        return Said("性别和身份证号不一样", "the sex is not that of the ID number")
    return None


def mask_phone(phone: str) -> str:
    """138****2260."""
    return f"{phone[:3]}****{phone[-4:]}"


def birth_error(birth: date, today: date) -> Said | None:
    """A birth date lies in the past, within 120 years."""
    if birth > today:
        return Said("出生日期还没到", "the birth date lies in the future")
    if today.year - birth.year > 120:
        return Said("出生日期在 120 年以前", "the birth date lies more than 120 years back")
    return None


def point_error(lon: float, lat: float) -> Said | None:
    """A point must lie in or near China's land and not be the null point of a broken receiver."""
    if not (73 <= lon <= 136 and 3 <= lat <= 54):
        return Said(
            "位置在国外，经纬度可能写反了",
            "the point lies outside the country; longitude and latitude may be swapped",
        )
    return None
