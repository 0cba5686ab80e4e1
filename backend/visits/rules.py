"""Pure rules of visits: the vocabulary, and what makes one look odd. Odd ones are accepted and flagged."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from math import asin, cos, radians, sin, sqrt
from uuid import UUID

EARTH_RADIUS_M = 6_371_008.8
#: below that, what lies between two fixes may be the fixes' own error
SHORTEST_WAY_M = 1_000
#: how far back a person's visits are looked at
PACE_WINDOW = timedelta(hours=2)
#: two fixes as soon one after the other may be one, which the phone gave twice
ONE_FIX = timedelta(minutes=5)


class Channel(StrEnum):
    """How the contact was made; on site it is a visit."""

    onsite = "onsite"
    phone = "phone"
    wechat = "wechat"
    branch = "branch"
    #: a village meeting (院坝会): one entry for each household that was there
    meeting = "meeting"


class Outcome(StrEnum):
    """What came of it."""

    met = "met"
    absent = "absent"
    refused = "refused"
    moved = "moved"
    wrong_address = "wrong_address"
    wrong_grid = "wrong_grid"


#: where people met in the village: a position belongs to it
IN_PLACE = frozenset({Channel.onsite, Channel.meeting})

#: what a visit may name besides photos; its row shows these apart, as phones from before know pictures only
BESIDE_PHOTOS = frozenset({"signature", "voice"})


class Flag(StrEnum):
    """What an approver should look at."""

    far = "far"
    off_grid = "off_grid"
    inaccurate = "inaccurate"
    no_fix = "no_fix"
    fast = "fast"
    speed = "speed"
    same_fix = "same_fix"
    clock = "clock"


@dataclass(frozen=True, slots=True)
class Limits:
    """Policy figures: metres, seconds, visits within minutes, km/h."""

    distance_m: int
    accuracy_m: int
    clock_error_s: int
    burst_count: int
    burst_minutes: int
    speed_kmh: int


@dataclass(frozen=True, slots=True, order=True)
class Fixed:
    """One visit on site of a person: when (UTC), to whom, where the phone was (longitude and latitude,
    WGS-84 degrees) and how sure it was of that (metres)."""

    at: datetime
    id: UUID
    customer_id: UUID
    point: tuple[float, float] | None = field(default=None, compare=False)
    accuracy_m: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a visit's place and time.

    `outside_m`: metres from the fix to the customer's grid; None where that was not asked, since the
    customer's own point is known, or there is no fix. `pace`: what the person's visits before it say.
    """

    channel: str
    has_fix: bool
    distance_m: int | None
    accuracy_m: int | None
    clock_error_s: int
    outside_m: int | None
    pace: "Pace"


@dataclass(frozen=True, slots=True)
class Pace:
    """Customers visited within the burst's minutes, this one counted; the speed from the visit before
    (km/h; None where the two fixes say nothing); whether the phone was at another customer's, minutes before,
    to the last digit where it is now."""

    in_burst: int
    speed_kmh: int | None = None
    same_fix: bool = False


def flags(evidence: Evidence, limits: Limits) -> list[str]:
    """The odd things, in a fixed order. Only what is said to have been in the village is judged by place, and
    only a visit at somebody's home by distance and pace: to a meeting they come from all over the village."""
    found: list[Flag] = []
    if evidence.channel in IN_PLACE:
        if not evidence.has_fix:
            found.append(Flag.no_fix)
        if evidence.outside_m is not None and evidence.outside_m > limits.accuracy_m:
            found.append(Flag.off_grid)
        if evidence.accuracy_m is not None and evidence.accuracy_m > limits.accuracy_m:
            found.append(Flag.inaccurate)
    if evidence.channel == Channel.onsite:
        if evidence.distance_m is not None and evidence.distance_m > limits.distance_m:
            found.insert(0, Flag.far)
        if evidence.pace.in_burst >= limits.burst_count:
            found.append(Flag.fast)
        if evidence.pace.speed_kmh is not None and evidence.pace.speed_kmh > limits.speed_kmh:
            found.append(Flag.speed)
        if evidence.pace.same_fix:
            found.append(Flag.same_fix)
    if abs(evidence.clock_error_s) > limits.clock_error_s:
        found.append(Flag.clock)
    return [flag.value for flag in found]


def pace(this: Fixed, earlier: Sequence[Fixed], limits: Limits) -> Pace:
    """What the visits before this one say of it. `earlier`: the same person's of `PACE_WINDOW`, in order.

    A receiver never gives the same seven decimals twice; a position that somebody set does.
    """
    since = this.at - timedelta(minutes=limits.burst_minutes)
    in_burst = len({one.customer_id for one in earlier if one.at >= since}) + 1
    elsewhere = [(one, one.point) for one in earlier if one.point and one.customer_id != this.customer_id]
    if this.point is None or not elsewhere:
        return Pace(in_burst)
    last, before = elsewhere[-1]
    way = distance_m(*this.point, *before) - this.accuracy_m - last.accuracy_m
    seconds = max((this.at - last.at).total_seconds(), 1)
    speed = round(way * 3.6 / seconds) if way > SHORTEST_WAY_M else None
    same = any(point == this.point and this.at - one.at >= ONE_FIX for one, point in elsewhere)
    return Pace(in_burst, speed, same)


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
