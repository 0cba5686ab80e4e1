"""Positions as numbers: are they degrees at all, in the right order, in China?"""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from backend.grids.errors import not_degrees, outside_china, swapped
from backend.grids.importing.datum import Coordinates

# Mainland, Hainan and the islands, generously.
LON_RANGE = (72.0, 138.0)
LAT_RANGE = (3.0, 54.5)


class Look(StrEnum):
    """What positions look like."""

    DEGREES = "degrees"
    SWAPPED = "swapped"
    METRES = "metres"
    ELSEWHERE = "elsewhere"


def are_degrees(points: Coordinates) -> NDArray[np.bool_]:
    """Which of `points`, shape (n, 2), can be longitude and latitude in China."""
    return _within(points[:, 0], LON_RANGE) & _within(points[:, 1], LAT_RANGE)


def look_of(points: Coordinates) -> Look:
    """What `points`, shape (n, 2), n ≥ 1, look like as longitude and latitude in China."""
    x, y = points[:, 0], points[:, 1]
    if are_degrees(points).all():
        return Look.DEGREES
    if (_within(y, LON_RANGE) & _within(x, LAT_RANGE)).all():
        return Look.SWAPPED
    if (np.abs(x) > 180.0).any() or (np.abs(y) > 180.0).any():
        return Look.METRES
    return Look.ELSEWHERE


def refuse_unless_degrees(name: str, points: Coordinates) -> None:
    """Raises Problem when most of a file's positions, shape (n, 2), are no degrees in China.

    Single wrong ones among right ones are the business of the report.
    """
    if len(points) == 0:
        return
    looks = [look_of(points[at : at + 1]) for at in range(0, len(points), max(1, len(points) // 500))]
    if sum(look is Look.DEGREES for look in looks) * 2 >= len(looks):
        return
    first_x, first_y = (float(one) for one in points[0])
    worst = max((Look.SWAPPED, Look.METRES, Look.ELSEWHERE), key=looks.count)
    if worst is Look.SWAPPED:
        raise swapped(name, first_x, first_y)
    if worst is Look.METRES:
        raise not_degrees(name, first_x, first_y)
    raise outside_china(name, first_x, first_y)


def _within(values: NDArray[np.float64], limits: tuple[float, float]) -> NDArray[np.bool_]:
    return (values >= limits[0]) & (values <= limits[1])
