"""Points of villages from a table."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.grids.errors import columns_missing, file_broken, file_empty
from backend.grids.importing.datum import Coordinates, Datum, gcj02_to_wgs84, to_wgs84
from backend.grids.importing.options import ImportOptions
from backend.grids.importing.positions import are_degrees
from backend.grids.importing.reading import decode, read_bytes, sha256

COLUMNS = {
    "code": ("code", "编码", "代码", "区划代码", "统计用区划代码"),
    "name": ("name", "名称", "村名", "单位名称"),
    "town_code": ("town_code", "乡镇代码", "乡镇编码"),
    "township": ("township", "town", "town_name", "乡镇", "乡镇名称"),
    "branch": ("branch", "branch_code", "支行", "支行编码"),
    "wgs_lon": ("wgs_lng", "wgs_lon", "wgs84_lng", "wgs84_lon"),
    "wgs_lat": ("wgs_lat", "wgs84_lat"),
    "gcj_lon": ("gcj_lng", "gcj_lon", "gcj02_lng", "gcj02_lon"),
    "gcj_lat": ("gcj_lat", "gcj02_lat"),
    "lon": ("lng", "lon", "longitude", "经度", "x"),
    "lat": ("lat", "latitude", "纬度", "y"),
}
"""Our fields and the column names looked for, first match first."""


@dataclass(frozen=True)
class Village:
    """One row. `lon`, `lat` in WGS-84 degrees, None without a usable coordinate: then `trouble` says why."""

    line: int
    code: str
    name: str
    town_code: str
    township: str
    branch: str
    lon: float | None
    lat: float | None
    trouble: str | None


@dataclass(frozen=True)
class Villages:
    """A table as read.

    `as_given`: the coordinates as the table has them before conversion, shape (n, 2), of the rows with one.
    `column_gap_m`: where it has WGS-84 and GCJ-02 columns, how far in metres the converted GCJ-02 lies from
    the WGS-84, shape (m,), and the same with the two pairs exchanged.
    """

    name: str
    sha256: str
    encoding: str
    datum: Datum
    rows: tuple[Village, ...]
    as_given: Coordinates
    column_gap_m: Coordinates | None
    column_gap_swapped_m: Coordinates | None


@dataclass(frozen=True)
class Town:
    """A township with the seat of its government; `lon`, `lat` WGS-84 degrees or None."""

    code: str
    name: str
    lon: float | None
    lat: float | None


def read_villages(path: Path, options: ImportOptions) -> Villages:
    """Reads a table of points. Raises Problem for a table that cannot be understood as a whole."""
    raw = read_bytes(path, options.max_bytes)
    records, names, encoding = _table(raw, path.name, options.names, needed=("code", "name"))
    if len(records) > options.max_features:
        raise file_broken(
            path.name,
            f"It has {len(records):,} rows; {options.max_features:,} are the limit.",
            "Leave out what is no village.",
        )
    pairs = {
        kind: (names[f"{kind}lon"], names[f"{kind}lat"])
        for kind in ("wgs_", "gcj_", "")
        if names[f"{kind}lon"] and names[f"{kind}lat"]
    }
    if not pairs:
        raise columns_missing(path.name, ["lon", "lat"], sorted(records[0][1]))
    # a column that says its datum is believed before the --datum that is meant for a nameless one
    chosen = "wgs_" if "wgs_" in pairs else "gcj_" if "gcj_" in pairs else ""
    datum = {"wgs_": Datum.WGS84, "gcj_": Datum.GCJ02, "": options.datum}[chosen]

    rows: list[Village] = []
    as_given: list[tuple[float, float]] = []
    both: list[tuple[float, float, float, float]] = []
    for line, record in records:
        point, trouble = _point(record, *pairs[chosen])
        if point is not None:
            as_given.append(point)
            if "wgs_" in pairs and "gcj_" in pairs:
                other, _ = _point(record, *pairs["gcj_"])
                if other is not None:
                    both.append((*point, *other))
        place = to_wgs84(np.array([point]), datum)[0] if point is not None else None
        value = {ours: record.get(theirs, "") if theirs else "" for ours, theirs in names.items()}
        rows.append(
            Village(
                line=line,
                code=value["code"],
                name=value["name"],
                town_code=value["town_code"] or (value["code"][:9] if len(value["code"]) == 12 else ""),
                township=value["township"],
                branch=value["branch"],
                lon=float(place[0]) if place is not None else None,
                lat=float(place[1]) if place is not None else None,
                trouble=trouble,
            )
        )
    pair = np.array(both, dtype=np.float64).reshape(-1, 4)
    pair = pair[are_degrees(pair[:, :2]) & are_degrees(pair[:, 2:])]
    return Villages(
        name=path.name,
        sha256=sha256(raw),
        encoding=encoding,
        datum=datum,
        rows=tuple(rows),
        as_given=np.array(as_given, dtype=np.float64).reshape(-1, 2),
        column_gap_m=_gap_m(pair[:, 2:], pair[:, :2]) if len(pair) else None,
        column_gap_swapped_m=_gap_m(pair[:, :2], pair[:, 2:]) if len(pair) else None,
    )


def read_towns(path: Path, datum: Datum, max_bytes: int) -> dict[str, Town]:
    """Townships by the first nine digits of their code. Raises Problem as `read_villages`."""
    records, names, _ = _table(read_bytes(path, max_bytes), path.name, {}, needed=("code", "name"))
    towns: dict[str, Town] = {}
    for _, record in records:
        place: Coordinates | None = None
        for kind, is_in in (("wgs_", Datum.WGS84), ("gcj_", Datum.GCJ02), ("", datum)):
            lon, lat = names[f"{kind}lon"], names[f"{kind}lat"]
            if lon and lat and (point := _point(record, lon, lat)[0]) is not None:
                place = to_wgs84(np.array([point]), is_in)[0]
                break
        code = record[names["code"] or ""][:9]
        towns[code] = Town(
            code,
            record[names["name"] or ""],
            float(place[0]) if place is not None else None,
            float(place[1]) if place is not None else None,
        )
    return towns


def _table(
    raw: bytes, name: str, given: Mapping[str, str], *, needed: Sequence[str]
) -> tuple[list[tuple[int, dict[str, str]]], dict[str, str | None], str]:
    """Records with their line, the column that holds each of our fields, and the encoding."""
    text, encoding = decode(raw, name)
    head = text.lstrip("\r\n").split("\n", 1)[0]
    separator = max((",", "\t", ";", "|"), key=head.count)
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, restkey="", strict=True)
        found = [column.strip() for column in reader.fieldnames or ()]
        reader.fieldnames = found
        records = [
            (reader.line_num, {key: (value or "").strip() for key, value in record.items() if key})
            for record in reader
        ]
    except csv.Error as error:
        raise file_broken(name, f"It is no proper CSV: {error}.", "Save it again as CSV.") from error
    names: dict[str, str | None] = {}
    lower = {column.lower(): column for column in found}
    for ours, candidates in COLUMNS.items():
        wanted = (given[ours],) if ours in given else candidates
        names[ours] = next((lower[one.lower()] for one in wanted if one.lower() in lower), None)
    missing = [
        given.get(ours, ours) for ours in COLUMNS if names[ours] is None and (ours in needed or ours in given)
    ]
    if missing:
        raise columns_missing(name, missing, found)
    if not records:
        raise file_empty(name, "row")
    return records, names, encoding


def _point(
    record: Mapping[str, str], lon_column: str | None, lat_column: str | None
) -> tuple[tuple[float, float] | None, str | None]:
    lon_text, lat_text = record.get(lon_column or "", ""), record.get(lat_column or "", "")
    if not lon_text and not lat_text:
        return None, "no coordinates"
    try:
        lon, lat = float(lon_text), float(lat_text)
    except ValueError:
        return None, f"coordinates are no numbers: {lon_text!r}, {lat_text!r}"
    if not (math.isfinite(lon) and math.isfinite(lat)):
        return None, f"coordinates are no numbers: {lon_text!r}, {lat_text!r}"
    if lon == 0 and lat == 0:
        return None, "coordinates are 0, 0"
    return (lon, lat), None


def _gap_m(gcj: Coordinates, wgs: Coordinates) -> Coordinates:
    difference = gcj02_to_wgs84(gcj) - wgs
    # a degree of latitude in metres; near enough for a comparison of a few hundred metres
    metres = difference * 111_320.0
    metres[:, 0] *= np.cos(np.radians(wgs[:, 1]))
    return np.hypot(metres[:, 0], metres[:, 1])
