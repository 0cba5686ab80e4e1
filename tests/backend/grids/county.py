"""A made-up county for the tests of grids: an outline, towns, villages and areas, the same for the same
seed."""

import csv
import json
import math
import random
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry import Polygon, mapping
from shapely.geometry.base import BaseGeometry

from backend.grids.importing.datum import wgs84_to_gcj02

LON, LAT = 114.0, 29.5
METRES_PER_DEGREE = 111_320.0
LAT_SCALE = math.cos(math.radians(LAT))
HEADER = ("code", "name", "town_code", "lng", "lat")
Row = tuple[str, str, str, str, str]


def at(east_m: float, north_m: float) -> tuple[float, float]:
    """Longitude and latitude of a place east and north of the county's middle, near enough for a test."""
    return LON + east_m / METRES_PER_DEGREE / LAT_SCALE, LAT + north_m / METRES_PER_DEGREE


def square(east_m: float, north_m: float, side_m: float) -> Polygon:
    """A square in degrees, its lower left corner at a place."""
    corners = [(0, 0), (side_m, 0), (side_m, side_m), (0, side_m)]
    return Polygon([at(east_m + x, north_m + y) for x, y in corners])


def outline(seed: int = 1, radius_m: float = 22_000.0) -> Polygon:
    """A wavy outline of some 1,500 km²."""
    rng = random.Random(seed)
    waves = [(rng.randint(2, 9), rng.uniform(0, math.tau), rng.uniform(0.01, 0.05)) for _ in range(6)]
    points = []
    for step in range(400):
        angle = math.tau * step / 400
        reach = radius_m * (1 + sum(size * math.sin(n * angle + phase) for n, phase, size in waves))
        points.append(at(reach * math.cos(angle), reach * math.sin(angle)))
    return Polygon(points)


def villages(seed: int = 1, towns: int = 6, each: int = 8) -> list[Row]:
    """`towns` × `each` villages, each town's around its seat on a ring of 10 km."""
    rng = random.Random(seed)
    rows: list[Row] = []
    for town in range(towns):
        angle = math.tau * town / towns
        seat = (10_000 * math.cos(angle), 10_000 * math.sin(angle))
        for number in range(each):
            lon, lat = at(seat[0] + rng.uniform(-3_500, 3_500), seat[1] + rng.uniform(-3_500, 3_500))
            code = f"990001{town + 100:03d}{number + 200:03d}"
            rows.append((code, f"试{town}之{number}村村委会", code[:9], f"{lon:.6f}", f"{lat:.6f}"))
    return rows


def write_csv(
    path: Path, rows: Iterable[Sequence[str]], header: Sequence[str] = HEADER, encoding: str = "utf-8"
) -> Path:
    """A table in a file."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def feature(geometry: object, code: str = "G1", name: str = "甲网格", **more: object) -> dict[str, Any]:
    """A GeoJSON feature of a shapely geometry, or of a map given as it is."""
    shape = json.loads(json.dumps(mapping(geometry))) if isinstance(geometry, BaseGeometry) else geometry
    return {"type": "Feature", "properties": {"code": code, "name": name} | more, "geometry": shape}


def write_geojson(path: Path, features: Sequence[Mapping[str, Any]], **more: object) -> Path:
    """A FeatureCollection in a file."""
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)} | more))
    return path


def write_outline(path: Path, shape: BaseGeometry | None = None) -> Path:
    """The county's outline in a file, WGS-84."""
    return write_geojson(path, [feature(shape if shape is not None else outline())])


def in_gcj02(shape: BaseGeometry) -> BaseGeometry:
    """A shape in WGS-84 as a Chinese web map would give it."""
    return shapely.transform(shape, wgs84_to_gcj02)


def moved(shape: BaseGeometry, east_m: float, north_m: float) -> BaseGeometry:
    """A shape moved by metres."""
    step = np.array([east_m / METRES_PER_DEGREE / LAT_SCALE, north_m / METRES_PER_DEGREE])
    return shapely.transform(shape, lambda points: points + step)
