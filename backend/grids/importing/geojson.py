"""Areas from GeoJSON (RFC 7946, and the older files with a `crs` member), and from other vector files."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import shapely
from shapely.geometry import MultiPolygon, Polygon

from backend.grids.errors import columns_missing, crs_unknown, file_broken, file_empty
from backend.grids.importing.areas import Area, polygons_of
from backend.grids.importing.datum import Datum, to_wgs84
from backend.grids.importing.options import ImportOptions
from backend.grids.importing.positions import Look, look_of, refuse_unless_degrees
from backend.grids.importing.reading import decode, read_bytes, sha256

PROPERTIES = {
    "code": ("code", "grid_code", "id", "编码", "网格编码", "代码"),
    "name": ("name", "grid_name", "名称", "网格名称"),
    "kind": ("kind", "type", "类型", "网格类型"),
    "township": ("township", "town", "乡镇", "所属乡镇"),
    "area_code": ("area_code", "adcode", "区划代码", "统计用区划代码"),
    "branch": ("branch", "branch_code", "支行", "支行编码"),
}
"""Our fields and the property names looked for, first match first."""
_NEEDED = ("code", "name")
_VECTOR_FILES = {".shp", ".gpkg", ".kml", ".fgb", ".zip"}


@dataclass(frozen=True)
class Shape:
    """One feature as read. `area` is in WGS-84 degrees and None where `trouble` says why there is none."""

    at: int
    fields: Mapping[str, str]
    area: Area | None
    trouble: str | None
    unclosed: int = 0


@dataclass(frozen=True)
class Shapes:
    """A whole file. `areas_as_given`: the areas in the numbers of the file (degrees), by position."""

    name: str
    sha256: str
    shapes: tuple[Shape, ...]
    as_given: Mapping[int, Area] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_shapes(path: Path, options: ImportOptions) -> Shapes:
    """Reads areas with their properties. Raises Problem for a file that cannot be understood as a whole."""
    raw = read_bytes(path, options.max_bytes)
    notes: list[str] = []
    if path.suffix.lower() in _VECTOR_FILES:
        document = _through_gdal(path)
        notes.append(f"read by GDAL as {path.suffix.lower()}, in its own coordinate system")
        converter = None
    else:
        document = _parse(raw, path.name)
        converter, said = _projection(document, options.crs, path.name)
        notes += said
    features = _features(document, path.name)
    if len(features) > options.max_features:
        raise file_broken(
            path.name,
            f"It has {len(features):,} features; {options.max_features:,} are the limit.",
            "Leave out what is no grid.",
        )
    names = _names(features, options.names, path.name)
    budget = options.max_positions
    read: list[tuple[int, dict[str, str], Area | None, str | None, int]] = []
    samples: list[tuple[float, float]] = []
    for at, feature in enumerate(features):
        fields = _fields(feature, names)
        area, trouble, unclosed, positions = _geometry(feature.get("geometry"), converter)
        budget -= positions
        if budget < 0:
            raise file_broken(
                path.name,
                f"It has more than {options.max_positions:,} positions.",
                "Simplify the outlines to a few metres.",
            )
        if area is not None:
            samples += [(float(x), float(y)) for x, y in shapely.get_coordinates(area)[:5]]
        read.append((at, fields, area, trouble, unclosed))
    _refuse_points(features, path.name)
    refuse_unless_degrees(path.name, np.array(samples, dtype=np.float64).reshape(-1, 2))

    shapes: list[Shape] = []
    as_given: dict[int, Area] = {}
    for at, fields, area, trouble, unclosed in read:
        if area is not None and (look := look_of(shapely.get_coordinates(area))) is not Look.DEGREES:
            area, trouble = None, f"coordinates are {_LOOKS[look]}"
        if area is not None:
            as_given[at] = area
            area = shapely.transform(area, lambda points: to_wgs84(points, options.datum))
        shapes.append(Shape(at, fields, area, trouble, unclosed))
    return Shapes(path.name, sha256(raw), tuple(shapes), as_given, tuple(notes))


def read_outline(path: Path, datum: Datum, max_bytes: int) -> Area:
    """The one area of an outline file (all its polygons together), in WGS-84.

    Raises Problem as `read_shapes`.
    """
    document = _parse(read_bytes(path, max_bytes), path.name)
    converter, _ = _projection(document, None, path.name)
    kind = document.get("type")
    found = _features(document, path.name) if kind == "FeatureCollection" else [document]
    areas: list[Area] = []
    for feature in found:
        geometry = feature.get("geometry") if feature.get("type") == "Feature" else feature
        area, trouble, _, _ = _geometry(geometry, converter)
        if area is None:
            raise file_broken(
                path.name, f"The outline: {trouble}.", "Give one polygon or multipolygon of the county."
            )
        areas.append(area)
    refuse_unless_degrees(path.name, np.vstack([shapely.get_coordinates(area) for area in areas]))
    sound = [shapely.make_valid(area, method="structure", keep_collapsed=False) for area in areas]
    whole = polygons_of(shapely.union_all(np.array(sound, dtype=object)))
    if whole is None:
        raise file_broken(
            path.name, "The outline has no area.", "Give one polygon or multipolygon of the county."
        )
    return shapely.transform(whole, lambda points: to_wgs84(points, datum))


_LOOKS = {
    Look.SWAPPED: "latitude first: they must be longitude, latitude",
    Look.METRES: "metres, not degrees",
    Look.ELSEWHERE: "not in China",
}


def _parse(raw: bytes, name: str) -> dict[str, Any]:
    text, _ = decode(raw, name)
    try:
        document = json.loads(text)
    except RecursionError as error:
        raise file_broken(name, "Its brackets are nested far too deeply.", "Export it again.") from error
    except ValueError as error:
        where = (
            f"line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else "?"
        )
        why = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise file_broken(
            name,
            f"It is no complete JSON: {why} at {where}.",
            "Copy or export it again: the end may be missing.",
        ) from error
    if not isinstance(document, dict):
        raise file_broken(
            name, "It is JSON, but no GeoJSON object.", "Export it as a GeoJSON FeatureCollection."
        )
    return document


def _features(document: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    if document.get("type") != "FeatureCollection":
        raise file_broken(
            name,
            f"It is a GeoJSON {document.get('type', 'object')!s}, not a FeatureCollection.",
            "Export the grids as one FeatureCollection, a feature for each.",
        )
    features = document.get("features")
    if not isinstance(features, list) or not all(isinstance(one, dict) for one in features):
        raise file_broken(name, "It has no list of features.", "Export it again as a FeatureCollection.")
    if not features:
        raise file_empty(name, "feature")
    return features


def _refuse_points(features: Sequence[Mapping[str, Any]], name: str) -> None:
    kinds = {str(one["geometry"].get("type")) for one in features if isinstance(one.get("geometry"), dict)}
    if kinds and kinds <= {"Point", "MultiPoint"}:
        raise file_broken(
            name,
            "It has points, not areas.",
            "Areas are cut around points from a table: save code, name, town code, longitude and latitude"
            " as CSV"
            " and import it with --kind villages --county OUTLINE.",
        )
    if kinds and kinds <= {"LineString", "MultiLineString"}:
        raise file_broken(name, "It has lines, not areas.", "Close the lines to polygons and export again.")


def _names(
    features: Sequence[Mapping[str, Any]], given: Mapping[str, str], name: str
) -> Mapping[str, str | None]:
    found: set[str] = set()
    for feature in features:
        properties = feature.get("properties")
        if isinstance(properties, dict):
            found |= properties.keys()
    names: dict[str, str | None] = {}
    for ours, candidates in PROPERTIES.items():
        wanted = (given[ours],) if ours in given else candidates
        names[ours] = next((one for one in wanted if one in found), None)
    missing = [
        given.get(ours, ours)
        for ours in PROPERTIES
        if names[ours] is None and (ours in _NEEDED or ours in given)
    ]
    if missing:
        raise columns_missing(name, missing, sorted(found))
    return names


def _fields(feature: Mapping[str, Any], names: Mapping[str, str | None]) -> dict[str, str]:
    properties = feature.get("properties")
    known = properties if isinstance(properties, dict) else {}
    return {ours: _text(known.get(theirs)) for ours, theirs in names.items() if theirs is not None}


def _text(value: object) -> str:
    # a code that a program wrote as a number: 421223100003.0 is 421223100003
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip() if isinstance(value, str | int | float) else ""


Converter = pyproj.Transformer | None


def _projection(document: Mapping[str, Any], given: str | None, name: str) -> tuple[Converter, list[str]]:
    member = document.get("crs")
    stated = given
    if stated is None and isinstance(member, dict) and isinstance(member.get("properties"), dict):
        stated = str(member["properties"].get("name") or "")
    if not stated:
        return None, []
    try:
        crs = pyproj.CRS.from_user_input(stated)
    except pyproj.exceptions.CRSError as error:
        raise crs_unknown(name, stated) from error
    if crs.is_geographic:
        return None, [] if given is None else [f"{crs.name}: degrees, taken as they are"]
    to_degrees = pyproj.Transformer.from_crs(crs, pyproj.CRS.from_epsg(4326), always_xy=True)
    return to_degrees, [f"converted from {crs.name} to degrees"]


def _geometry(geometry: object, converter: Converter) -> tuple[Area | None, str | None, int, int]:
    """The area of a GeoJSON geometry, what is wrong with it, its unclosed rings, its number of positions."""
    if geometry is None:
        return None, "the feature has no geometry", 0, 0
    if not isinstance(geometry, dict):
        return None, "its geometry is no object", 0, 0
    kind = str(geometry.get("type"))
    if kind not in {"Polygon", "MultiPolygon"}:
        return None, f"a {kind} is no area", 0, 0
    coordinates = geometry.get("coordinates")
    polygons = [coordinates] if kind == "Polygon" else coordinates
    if not isinstance(polygons, list) or not polygons:
        return None, "its geometry is empty", 0, 0
    built: list[Polygon] = []
    unclosed = positions = 0
    try:
        for polygon in polygons:
            rings = [_ring(ring) for ring in polygon] if isinstance(polygon, list) else []
            if not rings:
                return None, "a polygon has no ring", unclosed, positions
            unclosed += sum(bool((ring[0] != ring[-1]).any()) for ring in rings)
            positions += sum(len(ring) for ring in rings)
            if converter is not None:
                rings = [np.column_stack(converter.transform(ring[:, 0], ring[:, 1])) for ring in rings]
            built.append(Polygon(rings[0], rings[1:]))
    except (TypeError, ValueError, OverflowError, shapely.GEOSException) as error:
        return None, f"a ring is unusable: {error}", unclosed, positions
    area: Area = built[0] if len(built) == 1 else MultiPolygon(built)
    return area, None, unclosed, positions


def _ring(ring: object) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    if not isinstance(ring, list):
        raise TypeError("it is no list of positions")
    points = np.array([_position(one) for one in ring], dtype=np.float64).reshape(-1, 2)
    if len(points) < 3:
        raise ValueError(f"it has {len(points)} positions, three are the least")
    return points


def _position(position: object) -> tuple[float, float]:
    if not isinstance(position, list) or len(position) < 2:
        raise TypeError("a position is no pair of numbers")
    x, y = position[0], position[1]
    for one in (x, y):
        if isinstance(one, bool) or not isinstance(one, int | float) or not math.isfinite(one):
            raise TypeError(f"{one!r} is no coordinate")
    return float(x), float(y)


def _through_gdal(path: Path) -> dict[str, Any]:
    """A shapefile, GeoPackage or other vector file as a GeoJSON object in degrees."""
    import geopandas
    from pyogrio.errors import DataSourceError  # type: ignore[import-untyped]

    try:
        frame = geopandas.read_file(path)
    except (DataSourceError, ValueError) as error:
        raise file_broken(
            path.name, f"GDAL cannot read it: {error}.", "Export it as GeoJSON in degrees (EPSG:4490)."
        ) from error
    if frame.crs is None:
        raise file_broken(
            path.name,
            "It does not say its coordinate system (the .prj is missing).",
            "Put the .prj beside it, or export it as GeoJSON in degrees (EPSG:4490).",
        )
    features: Iterator[dict[str, Any]] = frame.to_crs(4326).iterfeatures()
    # through JSON, so that tuples and numpy numbers become what the other path sees
    return {"type": "FeatureCollection", "features": json.loads(json.dumps(list(features), default=str))}
