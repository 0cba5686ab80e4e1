"""A flat, equal-area plane around the data, for areas in square metres and distances in metres."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from backend.grids.importing.datum import Coordinates

G = TypeVar("G", bound=BaseGeometry)


@dataclass(frozen=True)
class Plane:
    """Lambert azimuthal equal-area projection on the CGCS2000 ellipsoid, centred on the data.

    Areas are exact; lengths are true to 1 in 100,000 within 50 km of the centre, better than a UTM zone's 1
    in 2,500, so it serves for both. CGCS2000 and WGS-84 differ by less than ten centimetres and are taken as
    one.
    """

    lon: float
    lat: float
    forward: pyproj.Transformer
    backward: pyproj.Transformer

    @classmethod
    def around(cls, points: Coordinates) -> "Plane":
        """The plane centred on the middle of the bounding box of `points`, shape (n, 2), WGS-84 degrees, n ≥
        1.
        """
        low, high = points.min(axis=0), points.max(axis=0)
        lon, lat = (float(one) for one in (low + high) / 2)
        flat = pyproj.CRS.from_proj4(f"+proj=laea +lat_0={lat} +lon_0={lon} +ellps=GRS80 +units=m +no_defs")
        degrees = pyproj.CRS.from_epsg(4326)
        return cls(
            lon,
            lat,
            pyproj.Transformer.from_crs(degrees, flat, always_xy=True),
            pyproj.Transformer.from_crs(flat, degrees, always_xy=True),
        )

    def points_to_metres(self, points: Coordinates) -> Coordinates:
        """Degrees, shape (n, 2), to metres of the plane, same shape."""
        return _apply(self.forward, points)

    def to_metres(self, geometry: G) -> G:
        """A geometry in WGS-84 degrees as one in metres of the plane."""
        return shapely.transform(geometry, lambda points: _apply(self.forward, points))

    def to_degrees(self, geometry: G) -> G:
        """A geometry in metres of the plane as one in WGS-84 degrees."""
        return shapely.transform(geometry, lambda points: _apply(self.backward, points))


def _apply(transformer: pyproj.Transformer, points: Coordinates) -> NDArray[np.float64]:
    if len(points) == 0:
        return points
    x, y = transformer.transform(points[:, 0], points[:, 1])
    return np.column_stack((x, y))
