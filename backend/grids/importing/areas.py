"""Areas: are they sound, do they overlap, what do they leave open, and cells cut around points."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from backend.grids.importing.datum import Coordinates

Area = Polygon | MultiPolygon

# Below these an overlap or a gap is a sliver of drawing precision, counted but not listed.
OVERLAP_FROM_M2 = 100.0
GAP_FROM_M2 = 10_000.0


@dataclass(frozen=True)
class Mended:
    """A sound area, and what had to be done to it. Areas in m² of the plane the geometry is in."""

    area: Area
    was_invalid: str | None
    parts_before: int
    parts_after: int


@dataclass(frozen=True)
class Overlap:
    """Two areas (positions in the list given) share `m2`, which is `share` of the smaller one."""

    first: int
    second: int
    m2: float
    share: float


@dataclass(frozen=True)
class Gap:
    """A part of the outline that no area covers. `at`: a point inside it, in the plane."""

    m2: float
    at: tuple[float, float]


def polygons_of(geometry: BaseGeometry) -> Area | None:
    """The polygons of a geometry as one area; None where it has none.

    Lines and points among them are dropped.
    """
    parts = [part for part in shapely.get_parts(geometry, return_index=False) if isinstance(part, Polygon)]
    nested = [
        part
        for collection in shapely.get_parts(geometry)
        if collection.geom_type in {"MultiPolygon", "GeometryCollection"}
        for part in shapely.get_parts(collection)
        if isinstance(part, Polygon)
    ]
    parts = [part for part in parts + nested if not part.is_empty and part.area > 0]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def mend(geometry: Area) -> Mended | None:
    """A valid area from any polygons; None where nothing with an area remains.

    A self-crossing ring is repaired by GEOS' `structure` method: rings are made valid singly, outer rings
    joined, inner ones cut out. Unlike the older `linework` it never turns the doubly covered part of a figure
    eight into a hole.
    """
    reason = None if geometry.is_valid else shapely.is_valid_reason(geometry)
    before = shapely.get_num_geometries(geometry)
    sound: BaseGeometry = geometry
    if reason is not None:
        sound = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
    area = polygons_of(sound)
    if area is None:
        return None
    return Mended(area, reason, int(before), int(shapely.get_num_geometries(area)))


def overlaps(areas: Sequence[Area]) -> tuple[list[Overlap], float]:
    """Overlaps of at least `OVERLAP_FROM_M2`, biggest first, and the m² of all smaller ones together."""
    if len(areas) < 2:
        return [], 0.0
    geometries = np.array(areas, dtype=object)
    tree = shapely.STRtree(geometries)
    left, right = tree.query(geometries, predicate="intersects")
    once = left < right
    left, right = left[once], right[once]
    shared = shapely.area(shapely.intersection(geometries[left], geometries[right]))
    sizes = shapely.area(geometries)
    found = [
        Overlap(int(i), int(j), float(m2), float(m2 / min(sizes[i], sizes[j])))
        for i, j, m2 in zip(left, right, shared, strict=True)
        if m2 >= OVERLAP_FROM_M2
    ]
    slivers = float(shared[shared < OVERLAP_FROM_M2].sum())
    return sorted(found, key=lambda one: -one.m2), slivers


def gaps(areas: Sequence[Area], outline: Area | None) -> tuple[list[Gap], float]:
    """What the areas leave open, biggest first, and the m² of the slivers below `GAP_FROM_M2`.

    With an outline: all of it that is not covered. Without: only holes enclosed by the areas.
    """
    covered = shapely.union_all(np.array(areas, dtype=object))
    whole: BaseGeometry = outline if outline is not None else _filled(covered)
    parts = [part for part in shapely.get_parts(shapely.difference(whole, covered)) if part.area > 0]
    found: list[Gap] = []
    slivers = 0.0
    for part in parts:
        if part.area < GAP_FROM_M2:
            slivers += part.area
            continue
        inside = part.representative_point()
        found.append(Gap(float(part.area), (float(inside.x), float(inside.y))))
    return sorted(found, key=lambda one: -one.m2), slivers


def _filled(geometry: BaseGeometry) -> BaseGeometry:
    shells = [Polygon(part.exterior) for part in shapely.get_parts(geometry) if isinstance(part, Polygon)]
    return shapely.union_all(np.array(shells, dtype=object))


def cells(points: Coordinates, outline: Area) -> list[Area]:
    """Voronoi cells of `points` (metres, shape (n, 2), no two equal), clipped by `outline`, in the order
    given.

    Each place of the outline belongs to the cell of its nearest point. A cell is a multipolygon where the
    outline cuts off a part of it. A point outside the outline has the part of it nearest to that point, which
    may be nothing: then the cell is an empty polygon.
    """
    if len(points) == 1:
        return [outline]
    diagram = shapely.voronoi_polygons(shapely.multipoints(points), extend_to=outline, ordered=True)
    parts = shapely.get_parts(diagram)
    clipped = shapely.intersection(parts, outline)
    return [polygons_of(cell) or Polygon() for cell in clipped]
