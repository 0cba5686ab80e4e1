"""Pure rules of visits: the vocabulary, and what makes one look odd. Odd ones are accepted and flagged."""

from dataclasses import dataclass
from enum import StrEnum
from math import asin, cos, radians, sin, sqrt

EARTH_RADIUS_M = 6_371_008.8


class Channel(StrEnum):
    """How the contact was made; on site it is a visit."""

    onsite = "onsite"
    phone = "phone"
    wechat = "wechat"
    branch = "branch"


class Outcome(StrEnum):
    """What came of it."""

    met = "met"
    absent = "absent"
    refused = "refused"
    moved = "moved"
    wrong_address = "wrong_address"
    wrong_grid = "wrong_grid"


#: what a visit may name besides photos; its row shows these apart, as phones from before know pictures only
BESIDE_PHOTOS = frozenset({"signature", "voice"})


class Flag(StrEnum):
    """What an approver should look at."""

    far = "far"
    inaccurate = "inaccurate"
    no_fix = "no_fix"
    fast = "fast"
    clock = "clock"


@dataclass(frozen=True, slots=True)
class Limits:
    """Policy figures: metres, seconds, visits within minutes."""

    distance_m: int
    accuracy_m: int
    clock_error_s: int
    burst_count: int
    burst_minutes: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a visit's place and time."""

    channel: str
    has_fix: bool
    distance_m: int | None
    accuracy_m: int | None
    clock_error_s: int
    visits_in_window: int


def flags(evidence: Evidence, limits: Limits) -> list[str]:
    """The odd things, in a fixed order. Only a visit on site is judged by place and pace."""
    found: list[Flag] = []
    if evidence.channel == Channel.onsite:
        if not evidence.has_fix:
            found.append(Flag.no_fix)
        if evidence.distance_m is not None and evidence.distance_m > limits.distance_m:
            found.append(Flag.far)
        if evidence.accuracy_m is not None and evidence.accuracy_m > limits.accuracy_m:
            found.append(Flag.inaccurate)
        if evidence.visits_in_window >= limits.burst_count:
            found.append(Flag.fast)
    if abs(evidence.clock_error_s) > limits.clock_error_s:
        found.append(Flag.clock)
    return [flag.value for flag in found]


def distance_m(lon_a: float, lat_a: float, lon_b: float, lat_b: float) -> int:
    """Great-circle distance in metres (haversine on the mean radius; under 0.5 % off the ellipsoid)."""
    phi_a, phi_b = radians(lat_a), radians(lat_b)
    half = sin((phi_b - phi_a) / 2) ** 2 + cos(phi_a) * cos(phi_b) * sin(radians(lon_b - lon_a) / 2) ** 2
    return round(2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(half))))


def fulfils(duty_kind: str, channel: str, outcome: str) -> bool:
    """Whether a contact satisfies a duty: `contact` any channel, `visit` on site; the customer was met."""
    if outcome != Outcome.met:
        return False
    return duty_kind == "contact" or (duty_kind == "visit" and channel == Channel.onsite)
