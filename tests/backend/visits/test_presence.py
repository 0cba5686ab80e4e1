"""What makes a visit look odd: by table."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from shapely import box, to_wkb

from backend.grids.locator import metres_outside
from backend.visits.rules import Evidence, Fixed, Limits, Pace, flags, pace

LIMITS = Limits(
    distance_m=500, accuracy_m=100, clock_error_s=600, burst_count=4, burst_minutes=10, speed_kmh=120
)
HERE = (114.01, 29.51)
NOON = datetime(2026, 11, 29, 4, tzinfo=UTC)
PLAIN = Evidence("onsite", True, 20, 12, 0, None, Pace(1))


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (PLAIN, []),
        (Evidence("onsite", True, 501, 12, 0, None, Pace(1)), ["far"]),
        (Evidence("onsite", True, 500, 100, 600, None, Pace(3, 120)), []),
        (Evidence("onsite", True, None, 12, 0, 101, Pace(1)), ["off_grid"]),
        (Evidence("onsite", True, None, 12, 0, 100, Pace(1)), []),
        (
            Evidence("onsite", True, 900, 101, -601, None, Pace(4, 121, True)),
            ["far", "inaccurate", "fast", "speed", "same_fix", "clock"],
        ),
        (Evidence("onsite", False, None, None, 0, None, Pace(1)), ["no_fix"]),
        # a meeting: people come from all over the village, one after the other
        (Evidence("meeting", True, None, 12, 0, 0, Pace(60, 300, True)), []),
        (Evidence("meeting", True, None, 180, 0, 2000, Pace(60)), ["off_grid", "inaccurate"]),
        (Evidence("meeting", False, None, None, 0, None, Pace(1)), ["no_fix"]),
        # a call is made from anywhere
        (Evidence("phone", False, None, None, 0, None, Pace(9, 900, True)), []),
        (Evidence("phone", False, None, None, 601, None, Pace(1)), ["clock"]),
    ],
)
def test_flags(evidence: Evidence, expected: list[str]) -> None:
    assert flags(evidence, LIMITS) == expected


def _fixed(minutes: float, point: tuple[float, float] | None, customer: UUID | None = None) -> Fixed:
    return Fixed(NOON + timedelta(minutes=minutes), uuid4(), customer or uuid4(), point, 10)


def test_a_way_is_too_fast_only_beyond_what_the_fixes_may_be_off() -> None:
    near, far = (HERE[0] + 0.005, HERE[1]), (HERE[0] + 0.1, HERE[1])
    # 483 m in a minute may be the fixes' error; 9.7 km in ten minutes are 58 km/h, in three 193
    assert pace(_fixed(1, near), [_fixed(0, HERE)], LIMITS).speed_kmh is None
    assert pace(_fixed(10, far), [_fixed(0, HERE)], LIMITS).speed_kmh == 58
    assert pace(_fixed(3, far), [_fixed(0, HERE)], LIMITS).speed_kmh == 193
    # the last visit with a position counts
    assert (
        pace(_fixed(3, far), [_fixed(0, HERE), _fixed(2, far), _fixed(2.5, None)], LIMITS).speed_kmh is None
    )
    # the same customer twice says nothing of the way
    customer = uuid4()
    assert pace(_fixed(3, far, customer), [_fixed(0, HERE, customer)], LIMITS) == Pace(2)


def test_two_customers_at_the_very_same_position_minutes_apart() -> None:
    assert pace(_fixed(6, HERE), [_fixed(0, HERE)], LIMITS).same_fix
    assert not pace(_fixed(4, HERE), [_fixed(0, HERE)], LIMITS).same_fix, "one fix, given twice"
    assert not pace(_fixed(6, (HERE[0], HERE[1] + 1e-7)), [_fixed(0, HERE)], LIMITS).same_fix


def test_a_burst_counts_customers_of_its_minutes() -> None:
    customer = uuid4()
    earlier = [_fixed(-11, HERE), _fixed(-10, HERE, customer), _fixed(-5, HERE, customer), _fixed(-1, HERE)]
    assert pace(_fixed(0, HERE), earlier, LIMITS).in_burst == 3


@pytest.mark.parametrize(
    ("lon", "lat", "metres"), [(114.01, 29.51, 0), (114.03, 29.51, 968), (114.01, 29.53, 1112)]
)
def test_how_far_outside_a_grid(lon: float, lat: float, metres: int) -> None:
    outline = to_wkb(box(114.0, 29.5, 114.02, 29.52))
    assert metres_outside(outline, lon, lat) == pytest.approx(metres, abs=3)


def test_a_position_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="no number"):
        metres_outside(to_wkb(box(0, 0, 1, 1)), float("nan"), 0)
