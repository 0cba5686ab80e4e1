"""Which household a typed name means. Pure: the candidates are those whose ground the author holds.

A wrong household is worse than a question: only an unmistakable one is taken, the rest waits for a person.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from backend.visits.rules import distance_m

#: beyond this even the only household of the name is doubted; within a branch's townships villages lie closer
FAR_M = 5000
#: how many households are offered to the person who picks
OFFERED = 8
_NOISE = re.compile(r"[\s,,。.、·・()()\-—_]+")
_SUFFIXES = ("家里", "一家", "家", "户")


class How(StrEnum):
    """How a household was found: by its name, its pinyin, a name one character off, or by a person."""

    exact = "exact"
    pinyin = "pinyin"
    fuzzy = "fuzzy"
    person = "person"


_ORDER = (How.exact, How.pinyin, How.fuzzy)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A household that may be meant. `names`: its own and its members'."""

    customer_id: UUID
    names: tuple[str, ...]
    pinyin: str
    place: str
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed, with the pinyin of the name, and where the phone stood (WGS-84 degrees)."""

    name: str
    pinyin: str
    place: str
    point: tuple[float, float] | None
    near_m: int


@dataclass(frozen=True, slots=True)
class Match:
    """The household meant, or None, and those to offer to a person, likeliest first."""

    customer_id: UUID | None
    how: How | None
    offered: tuple[UUID, ...]


def plain(text: str) -> str:
    """A name or place as compared: one width, no blanks or punctuation, without 家 or 户 at its end."""
    short = _NOISE.sub("", unicodedata.normalize("NFKC", text)).lower()
    for suffix in _SUFFIXES:
        if short.endswith(suffix) and len(short) - len(suffix) >= 2:
            return short.removesuffix(suffix)
    return short


def patterns(name: str) -> list[str]:
    """SQL LIKE patterns of a name, with the endings that `plain` drops, and of those one character off
    (changed, missing or too many); under three characters these would be alike to half a village."""
    safe = [re.sub(r"([\\%_])", r"\\\1", one) for one in name]
    same = ["".join(safe) + suffix for suffix in ("", *_SUFFIXES)]
    if len(name) < 3:
        return same
    found = same + ["".join([*safe[:i], "_", *safe[i + 1 :]]) for i in range(len(safe))]
    found += ["".join([*safe[:i], *safe[i + 1 :]]) for i in range(len(safe))]
    found += ["".join([*safe[:i], "_", *safe[i:]]) for i in range(len(safe) + 1)]
    return found


def match(asked: Asked, candidates: Sequence[Candidate]) -> Match:
    """The one household that is meant beyond doubt.

    By its exact name: the only one of that name, unless the phone stood FAR_M from it; of several the
    only one that place or point agrees with. By pinyin or one character off: only where place or point
    agrees with it and with no other.
    """
    rated = [(one, _likeness(asked, one), _agrees(asked, one)) for one in candidates]
    known = [(one, how, agrees) for one, how, agrees in rated if how is not None]
    known.sort(
        key=lambda row: (_ORDER.index(row[1]), not row[2], _away(asked, row[0]) or 0, row[0].customer_id)
    )
    offered = tuple(one.customer_id for one, _, _ in known[:OFFERED])
    exact = [(one, agrees) for one, how, agrees in known if how is How.exact]
    if len(exact) == 1:
        (one, agrees), away = exact[0], _away(asked, exact[0][0])
        meant = agrees or away is None or away <= FAR_M
        return Match(one.customer_id if meant else None, How.exact if meant else None, offered)
    agreeing = [(one, how) for one, how, agrees in known if agrees and (how is How.exact or not exact)]
    if len(agreeing) == 1:
        return Match(agreeing[0][0].customer_id, agreeing[0][1], offered)
    return Match(None, None, offered)


def _likeness(asked: Asked, one: Candidate) -> How | None:
    names = [plain(name) for name in one.names]
    wanted = plain(asked.name)
    if wanted in names:
        return How.exact
    if asked.pinyin and one.pinyin == asked.pinyin:
        return How.pinyin
    return How.fuzzy if any(_one_off(wanted, name) for name in names) else None


def _one_off(a: str, b: str) -> bool:
    """Whether one character changed, missing or added makes the one the other; both of two characters or
    more, one of three."""
    short, long = sorted((a, b), key=len)
    if len(long) < 3 or len(long) - len(short) > 1 or a == b:
        return False
    if len(short) == len(long):
        return sum(x != y for x, y in zip(short, long, strict=True)) == 1
    return any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


def _agrees(asked: Asked, one: Candidate) -> bool:
    place, where = plain(asked.place), plain(one.place)
    if place and place in where:
        return True
    away = _away(asked, one)
    return away is not None and away <= asked.near_m


def _away(asked: Asked, one: Candidate) -> int | None:
    if asked.point is None or one.lon is None or one.lat is None:
        return None
    return distance_m(*asked.point, one.lon, one.lat)
