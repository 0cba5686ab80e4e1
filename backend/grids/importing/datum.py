"""Conversion between WGS-84 and GCJ-02, at the edge only: what is stored is WGS-84.

GCJ-02 is the offset that mainland Chinese maps carry by law (some 300 to 700 m, smooth, different at each
place). The forward formula has been public for years (it is the one of the open `eviltransform` and
`prcoords` libraries); nobody publishes an exact inverse, so it is found by iteration, to well below a
millimetre. The formula's own truth is about a metre: its ellipsoid and series are a reconstruction of an
unpublished algorithm.
"""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Coordinates = NDArray[np.float64]
"""Shape (n, 2): longitude and latitude in degrees."""

_SEMI_MAJOR_M = 6378245.0  # Krasovsky 1940, as the published formula has it
_ECCENTRICITY_SQUARED = 0.00669342162296594323
# Outside this box the maps carry no offset (the rectangle of the public implementations).
_LON_RANGE = (72.004, 137.8347)
_LAT_RANGE = (0.8293, 55.8271)


class Datum(StrEnum):
    """What the numbers of a source are measured in."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"


def wgs84_to_gcj02(points: Coordinates) -> Coordinates:
    """WGS-84 degrees, shape (n, 2), to GCJ-02 degrees of the same shape.

    Points outside China stay as they are.
    """
    points = np.asarray(points, dtype=np.float64)
    return points + _offset(points)


def gcj02_to_wgs84(points: Coordinates) -> Coordinates:
    """GCJ-02 degrees, shape (n, 2), to WGS-84 degrees of the same shape.

    Fixed-point iteration of the forward formula. The offset changes by less than a thousandth of the distance
    moved, so each step gains about three digits; eight end far below the ninth decimal of a degree (0.1 mm).
    """
    points = np.asarray(points, dtype=np.float64)
    guess = points.copy()
    for _ in range(8):
        guess = points - _offset(guess)
    return guess


def to_wgs84(points: Coordinates, datum: Datum) -> Coordinates:
    """`points`, shape (n, 2) in degrees of `datum`, as WGS-84."""
    return gcj02_to_wgs84(points) if datum is Datum.GCJ02 else np.asarray(points, dtype=np.float64)


def _offset(points: Coordinates) -> Coordinates:
    lon, lat = points[:, 0], points[:, 1]
    inside = (lon >= _LON_RANGE[0]) & (lon <= _LON_RANGE[1]) & (lat >= _LAT_RANGE[0]) & (lat <= _LAT_RANGE[1])
    offset = np.zeros_like(points)
    # the series runs over for numbers that are no degrees, so it is asked only where it holds
    offset[inside] = _offset_inside(lon[inside], lat[inside])
    return offset


def _offset_inside(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Coordinates:
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    ripple = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple
    north += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple
    east += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0

    # metres on the ellipsoid to degrees: meridian radius for latitude, prime vertical for longitude
    phi = np.radians(lat)
    flat = 1.0 - _ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    meridian_m = _SEMI_MAJOR_M * (1.0 - _ECCENTRICITY_SQUARED) / flat**1.5
    parallel_m = _SEMI_MAJOR_M / np.sqrt(flat) * np.cos(phi)
    return np.column_stack((np.degrees(east / parallel_m), np.degrees(north / meridian_m)))
