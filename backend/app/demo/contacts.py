"""A year of contacts and visits with a customer. Made up; what they found odd is flagged as the visit
rules would."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from backend.app.demo.rows import VisitRow
from backend.app.demo.seeded import Stream
from backend.app.demo.staffing import GridTeam
from backend.app.demo.world import World

_NEEDS = {
    "loan": 0.34,
    "deposit": 0.10,
    "merchant_qr": 0.11,
    "mobile_banking": 0.14,
    "social_card": 0.11,
    "insurance": 0.09,
    "etc": 0.05,
    "wealth": 0.04,
    "credit_card": 0.02,
}

_WANTED_FOR = ("买收割机", "建房", "买种苗和化肥", "扩大养殖", "店里进货", "子女读书", "买车", "装修", "看病")

_NOTES = (
    "家里人都在，聊了今年收成。",
    "在比较他行利率，年后再说。",
    "儿子下月回来，约好再谈。",
    "想学用手机银行，下次带资料。",
    "存单快到期，愿意续存。",
    "老人看病花了不少，近期不考虑贷款。",
    "房子在翻修，进度过半。",
    "问过收款码怎么办。",
)

_OUTCOMES = {
    "met": 0.85,
    "absent": 0.10,
    "refused": 0.025,
    "moved": 0.01,
    "wrong_address": 0.01,
    "wrong_grid": 0.005,
}

#: some will not have the bank at their door
_UNWILLING = 0.012
_FORGOTTEN = 0.02
_OUTCOMES_UNWILLING = {"met": 0.2, "absent": 0.15, "refused": 0.65}

_METRES_PER_DEGREE = 111_195.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a customer's point is, if there is one, and which team works there."""

    lon: float | None
    lat: float | None
    team: GridTeam


def contact(world: World, stream: Stream, customer_id: UUID, place: Place, since: date) -> None:
    """Adds a customer's contacts to the batch: some on site, more by phone, none before `since` or after
    yesterday."""
    calendar = world.calendar
    days: dict[int, str] = {}
    outcomes = _OUTCOMES_UNWILLING if stream.chance(_UNWILLING) else _OUTCOMES
    # here and there somebody was forgotten for long
    quiet = stream.randint(182, 260) if stream.chance(_FORGOTTEN) else 0
    ago = quiet + stream.randint(1, 126)
    while ago < 400 and len(days) < 4:
        days[ago] = "onsite"
        ago += stream.randint(45, 150)
    ago = quiet + (stream.randint(1, 30) if stream.chance(0.9) else stream.randint(31, 70))
    for _ in range(stream.randint(1, 3)):
        days.setdefault(ago, stream.pick({"phone": 0.58, "wechat": 0.30, "branch": 0.12}))
        ago += stream.randint(24, 45)
    for ago in sorted(days, reverse=True):
        day = calendar.before(ago)
        if day >= since:
            world.batch.add(_visit(world, stream, customer_id, place, day, days[ago], outcomes))


def _visit(
    world: World,
    stream: Stream,
    customer_id: UUID,
    place: Place,
    day: date,
    channel: str,
    outcomes: Mapping[str, float],
) -> VisitRow:
    team = place.team
    by_agent = team.agent_id is not None and stream.chance(0.22 if channel == "onsite" else 0.55)
    at = world.calendar.at(day, stream.randint(8, 17), stream.randint(0, 59), stream.randint(0, 59))
    outcome = stream.pick(outcomes) if channel == "onsite" else "met"
    met = outcome == "met"
    needs: list[str] = []
    if met and stream.chance(0.17):
        needs.append(stream.pick(_NEEDS))
        if stream.chance(0.2):
            needs.append(stream.pick({code: share for code, share in _NEEDS.items() if code != needs[0]}))
    wanted = "loan" in needs
    fix = _fix(stream, place) if channel == "onsite" else _NO_FIX
    flags = list(fix.flags)
    if channel == "onsite" and fix.lon is None:
        flags = ["no_fix"]
    again = met and stream.chance(0.25)
    return VisitRow(
        id=stream.id_at(at),
        customer_id=customer_id,
        grid_id=team.grid_id,
        staff_id=team.agent_id if by_agent and team.agent_id else team.manager_id,
        staff_role="agent" if by_agent else "manager",
        companion_id=team.agent_id if channel == "onsite" and not by_agent and stream.chance(0.12) else None,
        channel=channel,
        purpose="opportunity" if needs else stream.pick({"follow_up": 0.8, "collection": 0.2}),
        outcome=outcome,
        needs=needs,
        presented=[stream.pick(_NEEDS)] if met and stream.chance(0.15) else [],
        wanted_fen=stream.randint(1, 20) * 1_000_000 if wanted else None,
        wanted_for=stream.choice(_WANTED_FOR) if wanted else None,
        note=stream.choice(_NOTES) if met and stream.chance(0.22) else None,
        lon=fix.lon,
        lat=fix.lat,
        accuracy_m=fix.accuracy_m,
        distance_m=fix.distance_m,
        flags=flags,
        at=at,
        device_at=at,
        offset_minutes=480,
        clock_error_s=0,
        received_at=_received(stream, world, at),
        next_on=day + timedelta(days=stream.randint(20, 60)) if again else None,
        next_purpose="follow_up" if again else None,
        installation_id=None,
    )


def _received(stream: Stream, world: World, at: datetime) -> datetime:
    """When the phone had a signal again: mostly soon, at times in the evening; never after the demo's now."""
    minutes = stream.randint(0, 6) if stream.chance(0.7) else stream.randint(20, 300)
    return min(at + timedelta(minutes=minutes, seconds=stream.randint(1, 59)), world.calendar.now)


@dataclass(frozen=True, slots=True)
class _Fix:
    lon: float | None
    lat: float | None
    accuracy_m: int | None
    distance_m: int | None
    flags: tuple[str, ...]


_NO_FIX = _Fix(None, None, None, None, ())


def _fix(stream: Stream, place: Place) -> _Fix:
    """Where the phone thought it was: by the house, rarely far off or unsure."""
    if stream.chance(0.015):
        return _NO_FIX
    accuracy = stream.randint(120, 300) if stream.chance(0.02) else stream.randint(4, 38)
    if place.lon is None or place.lat is None:
        grid = place.team.grid
        return _Fix(grid.lon, grid.lat, accuracy, None, ("inaccurate",) if accuracy > 100 else ())
    away = stream.uniform(620, 2_400) if stream.chance(0.02) else abs(stream.gauss(0, 24))
    angle = stream.uniform(0, math.tau)
    lat = place.lat + away * math.sin(angle) / _METRES_PER_DEGREE
    lon = place.lon + away * math.cos(angle) / (_METRES_PER_DEGREE * math.cos(math.radians(place.lat)))
    flags = [flag for flag, odd in (("far", round(away) > 500), ("inaccurate", accuracy > 100)) if odd]
    return _Fix(round(lon, 6), round(lat, 6), accuracy, round(away), tuple(flags))
