"""In which grid does a point lie? An STRtree over the outlines of active grids.

Imported where it is needed: it brings shapely, which most requests do without.
"""

import math
from collections.abc import Sequence
from uuid import UUID

import numpy as np
import shapely
from numpy.typing import NDArray

#: metres of a degree of latitude, on the mean radius
DEGREE_M = 111_195


def metres_outside(outline: bytes, lon: float, lat: float) -> int:
    """Metres from a point (WGS-84 degrees) to the outline (WKB); 0 inside it.

    On a plane whose degrees of longitude are as long as at the point: right to a percent over a county.
    Raises ValueError for a point that is no number.
    """
    if not (math.isfinite(lon) and math.isfinite(lat)):
        raise ValueError("no number where a position should be")
    stretch = np.array([DEGREE_M * math.cos(math.radians(lat)), DEGREE_M])
    area = shapely.transform(shapely.from_wkb(outline), lambda points: points * stretch)
    return round(float(shapely.distance(area, shapely.points(np.array([lon, lat]) * stretch))))


class GridIndex:
    """Immutable index of outlines; a million points against 5,000 grids take about a second."""

    def __init__(self, outlines: Sequence[tuple[UUID, bytes]]) -> None:
        """`outlines`: grid id and WKB of its (multi)polygon, WGS-84 degrees.

        On a shared border the first one wins.
        """
        self._ids = [grid_id for grid_id, _ in outlines]
        self._tree = shapely.STRtree(shapely.from_wkb([outline for _, outline in outlines]))

    def locate(self, lon: float, lat: float) -> UUID | None:
        """The grid that holds the point (WGS-84 degrees), or None."""
        return self.locate_many(np.array([[lon, lat]]))[0]

    def locate_many(self, points: NDArray[np.float64]) -> list[UUID | None]:
        """For each of `points`, shape (n, 2) longitude and latitude in WGS-84 degrees, its grid or None."""
        at, grid = self._tree.query(shapely.points(points), predicate="intersects")
        first = np.full(len(points), len(self._ids), dtype=np.int64)
        np.minimum.at(first, at, grid)
        return [self._ids[one] if one < len(self._ids) else None for one in first]
