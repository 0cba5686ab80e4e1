"""Points of villages: which share a spot, which stand far from their own town, which lie outside."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from backend.grids.importing.areas import Area
from backend.grids.importing.datum import Coordinates

SAME_SPOT_M = 1.0
CLOSE_M = 200.0
OUTSIDE_TOLERANCE_M = 500.0
NEIGHBOURS = 6
ASTRAY_FROM_M = 5_000.0
ASTRAY_TIMES_SPACING = 4.0


@dataclass(frozen=True)
class Astray:
    """A point among other towns' points. Distances in metres; `seat_m` is None without a known seat."""

    at: int
    nearest_own_m: float
    usual_m: float
    seat_m: float | None
    neighbour_town: str


def same_spot(points: Coordinates) -> list[tuple[int, ...]]:
    """Groups of positions in `points` (metres, shape (n, 2)) that lie within `SAME_SPOT_M` of each other."""
    return _groups(points, SAME_SPOT_M)


def close_pairs(points: Coordinates) -> list[tuple[int, int, float]]:
    """Pairs between `SAME_SPOT_M` and `CLOSE_M` apart, with their distance in metres, closest first."""
    found = []
    for i, j in _pairs(points, CLOSE_M):
        distance = float(np.hypot(*(points[i] - points[j])))
        if distance > SAME_SPOT_M:
            found.append((i, j, distance))
    return sorted(found, key=lambda one: one[2])


def outside(points: Coordinates, outline: Area) -> dict[int, float]:
    """Position and distance to the outline in metres of each point (metres, shape (n, 2)) that lies outside
    it.
    """
    geometries = _geometries(points)
    shapely.prepare(outline)
    beyond = np.flatnonzero(~shapely.intersects(geometries, outline))
    return {int(at): float(shapely.distance(geometries[at], outline)) for at in beyond}


def astray(
    points: Coordinates, towns: Sequence[str], seats: dict[str, tuple[float, float]]
) -> tuple[list[Astray], list[str]]:
    """Points that stand apart from their own town's, among those of others, farthest first.

    A point is astray when none of its `NEIGHBOURS` nearest points is of its own town, and the nearest one
    that is lies at least `ASTRAY_FROM_M` away and `ASTRAY_TIMES_SPACING` times as far as usual in that town
    (the median distance of a village to the nearest of its town). That asks nothing of a town's shape or
    size, and one wrong point does not move the measure. Also answers the towns with fewer than three points,
    about which it cannot say anything.

    `points`: metres, shape (n, 2); `towns`: n town codes; `seats`: the towns' seats in the same plane.
    """
    names = np.array(towns)
    distances = (
        np.hypot(points[:, None, 0] - points[None, :, 0], points[:, None, 1] - points[None, :, 1])
        if len(points) <= 5_000
        else None
    )
    found: list[Astray] = []
    too_few: list[str] = []
    for town in sorted(set(towns)):
        own = np.flatnonzero(names == town)
        if len(own) < 3:
            too_few.append(town)
            continue
        among = np.array([_row(points, distances, int(at))[own] for at in own])
        np.fill_diagonal(among, np.inf)
        nearest_own = among.min(axis=1)
        usual = float(np.median(nearest_own))
        limit = max(ASTRAY_FROM_M, ASTRAY_TIMES_SPACING * usual)
        for at, own_m in zip(own, nearest_own, strict=True):
            if own_m < limit:
                continue
            row = _row(points, distances, int(at)).copy()
            row[at] = np.inf
            nearest = np.argsort(row, kind="stable")[:NEIGHBOURS]
            if (names[nearest] == town).any():
                continue
            seat = seats.get(town)
            seat_m = float(np.hypot(*(points[at] - np.array(seat)))) if seat is not None else None
            found.append(Astray(int(at), float(own_m), usual, seat_m, str(names[nearest[0]])))
    return sorted(found, key=lambda one: -one.nearest_own_m), too_few


def _geometries(points: Coordinates) -> NDArray[np.object_]:
    return np.asarray(shapely.points(points), dtype=object)


def _row(points: Coordinates, distances: NDArray[np.float64] | None, at: int) -> NDArray[np.float64]:
    # all pairs at once up to 5,000 points (200 MB at the most), one row at a time beyond
    if distances is not None:
        row: NDArray[np.float64] = distances[at]
        return row
    return np.asarray(np.hypot(points[:, 0] - points[at, 0], points[:, 1] - points[at, 1]))


def _pairs(points: Coordinates, within_m: float) -> list[tuple[int, int]]:
    if len(points) < 2:
        return []
    geometries = _geometries(points)
    left, right = shapely.STRtree(geometries).query(geometries, predicate="dwithin", distance=within_m)
    return [(int(i), int(j)) for i, j in zip(left, right, strict=True) if i < j]


def _groups(points: Coordinates, within_m: float) -> list[tuple[int, ...]]:
    root = list(range(len(points)))
    for i, j in _pairs(points, within_m):
        old, new = root[j], root[i]
        root = [new if one == old else one for one in root]
    groups: dict[int, list[int]] = {}
    for at, one in enumerate(root):
        groups.setdefault(one, []).append(at)
    return [tuple(group) for group in groups.values() if len(group) > 1]
