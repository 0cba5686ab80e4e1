"""Grids from points of villages: which points can be trusted, then a cell around each within the outline."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from backend.grids.errors import file_broken
from backend.grids.importing.areas import Area, cells
from backend.grids.importing.datum import Coordinates
from backend.grids.importing.datumcheck import check_villages
from backend.grids.importing.from_areas import datum_findings, left_out_finding, to_wkb
from backend.grids.importing.options import ImportOptions
from backend.grids.importing.plane import Plane
from backend.grids.importing.points import (
    CLOSE_M,
    OUTSIDE_TOLERANCE_M,
    Astray,
    astray,
    close_pairs,
    outside,
    same_spot,
)
from backend.grids.importing.positions import Look, look_of, refuse_unless_degrees
from backend.grids.importing.report import Finding, Prepared, Report, Severity, Unplaced, label, square_metres
from backend.grids.importing.villages import Town, Village, Villages
from backend.grids.rules import kind_of_name, short_name
from backend.grids.schemas import ReadyGrid

_LISTED = 40


@dataclass
class _Sorting:
    """Which rows are placed and which withheld, with the findings about them."""

    placed: list[Village]
    unplaced: list[Unplaced]
    findings: list[Finding]


def prepare_villages(
    villages: Villages, towns: Mapping[str, Town], outline: Area, outline_name: str, options: ImportOptions
) -> Prepared:
    """Checks a table of points and cuts cells. Raises Problem when no point is usable."""
    refuse_unless_degrees(villages.name, villages.as_given)
    plane = Plane.around(shapely.get_coordinates(outline))
    flat_outline = plane.to_metres(outline)
    sorting = _sort(villages, towns, flat_outline, plane, options)
    placed = sorted(sorting.placed, key=lambda one: one.code)
    if not placed:
        raise file_broken(
            villages.name,
            "Not one of its points can be placed.",
            "Check the coordinate columns and that the outline is this county's.",
        )
    points = plane.points_to_metres(_degrees(placed))
    pieces = cells(points, flat_outline)
    empty = [village for village, piece in zip(placed, pieces, strict=True) if piece.is_empty]
    sorting.unplaced += [
        _withheld(one, towns, "outside the county: no part of it is nearest to the point") for one in empty
    ]
    kept = [
        (village, piece, point)
        for village, piece, point in zip(placed, pieces, points, strict=True)
        if not piece.is_empty
    ]
    findings = sorting.findings + _cut_off(kept, plane)
    datum = check_villages(villages, outline, outline_name=outline_name or "the outline")
    findings += datum_findings(datum)
    if sorting.unplaced:
        findings.append(left_out_finding(sorting.unplaced))
    grids = [_grid(village, piece, plane, towns, villages, options) for village, piece, _ in kept]
    return Prepared(
        tuple(grids),
        Report(
            source=villages.name,
            source_sha256=villages.sha256,
            kind="villages",
            counts={
                "rows": len(villages.rows),
                "with_coordinates": len(villages.as_given),
                "without_coordinates": len(villages.rows) - len(villages.as_given),
                "grids": len(grids),
                "left_out": len(sorting.unplaced),
            },
            areas_m2={
                "outline": round(flat_outline.area),
                "grids": sum(one.area_m2 for one in grids),
                "smallest_grid": min(one.area_m2 for one in grids),
                "largest_grid": max(one.area_m2 for one in grids),
            },
            datum=datum,
            findings=tuple(findings),
            unplaced=tuple(sorting.unplaced),
        ),
    )


def _sort(
    villages: Villages, towns: Mapping[str, Town], outline: Area, plane: Plane, options: ImportOptions
) -> _Sorting:
    sorting = _Sorting([], [], _identity(villages))
    candidates: list[Village] = []
    for village in villages.rows:
        if village.lon is None or village.lat is None:
            sorting.unplaced.append(_withheld(village, towns, village.trouble or "no coordinates"))
        elif (look := look_of(_degrees([village]))) is not Look.DEGREES:
            sorting.unplaced.append(
                _withheld(village, towns, f"coordinates are no degrees in China ({look})")
            )
        else:
            candidates.append(village)

    # in this order: a point far away explains a shared spot, and is no neighbour to judge others by
    for check in (_outside, _astray, _same_spot):
        if candidates:
            candidates = check(candidates, sorting, towns, outline, plane, options)
    sorting.placed = candidates
    if len(candidates) > 1:
        pairs = close_pairs(plane.points_to_metres(_degrees(candidates)))
        if pairs:
            said = tuple(
                f"{_label(candidates[i])} ({_town(candidates[i], towns)}) and {_label(candidates[j])}"
                f" ({_town(candidates[j], towns)}): {metres:.0f} m"
                for i, j, metres in pairs[:_LISTED]
            )
            sorting.findings.append(
                Finding(
                    "points_close",
                    Severity.warning,
                    f"{len(pairs)} pairs of points lie within {CLOSE_M:.0f} m of each other; the border"
                    " between them"
                    " may be wrong.",
                    said,
                    {"pairs": len(pairs)},
                )
            )
    return sorting


def _outside(
    candidates: list[Village],
    sorting: _Sorting,
    towns: Mapping[str, Town],
    outline: Area,
    plane: Plane,
    options: ImportOptions,
) -> list[Village]:
    beyond = outside(plane.points_to_metres(_degrees(candidates)), outline)
    far = {
        at: metres
        for at, metres in beyond.items()
        if metres > OUTSIDE_TOLERANCE_M and candidates[at].code not in options.place
    }
    if beyond:
        sorting.findings.append(
            Finding(
                "outside_county",
                Severity.warning,
                f"{len(beyond)} points lie outside the county. Withheld are the {len(far)} that lie more than"
                f" {OUTSIDE_TOLERANCE_M:.0f} m outside.",
                tuple(
                    f"{_label(candidates[at])}: {metres:,.0f} m outside"
                    for at, metres in sorted(beyond.items(), key=lambda one: -one[1])[:_LISTED]
                ),
                {"points": len(beyond), "withheld": len(far)},
            )
        )
    for at, metres in far.items():
        sorting.unplaced.append(
            _withheld(candidates[at], towns, f"outside the county: by {metres / 1000:.1f} km")
        )
    return [one for at, one in enumerate(candidates) if at not in far]


def _astray(
    candidates: list[Village],
    sorting: _Sorting,
    towns: Mapping[str, Town],
    outline: Area,
    plane: Plane,
    options: ImportOptions,
) -> list[Village]:
    seats = {
        code: (float(place[0]), float(place[1]))
        for code, town in towns.items()
        if town.lon is not None
        and town.lat is not None
        and (place := plane.points_to_metres(np.array([[town.lon, town.lat]]))[0]) is not None
    }
    found, too_few = astray(
        plane.points_to_metres(_degrees(candidates)), [one.town_code for one in candidates], seats
    )
    if too_few:
        sorting.findings.append(
            Finding(
                "town_too_small",
                Severity.note,
                f"{len(too_few)} towns have fewer than three points: whether those lie where they should"
                " cannot be"
                " told.",
                tuple(label(code, towns[code].name if code in towns else "") for code in too_few[:_LISTED]),
                {"towns": len(too_few)},
            )
        )
    if not found:
        return candidates
    sorting.findings.append(
        Finding(
            "far_from_town",
            Severity.warning,
            f"{len(found)} points lie far from their own town, among villages of another; they are"
            " withheld, because"
            " their cells would be cut from the wrong town. What is right all the same: --place CODE.",
            tuple(_astray_says(candidates, one, towns) for one in found[:_LISTED]),
            {"points": len(found), "nearest_own_m": round(found[-1].nearest_own_m)},
        )
    )
    withheld = {one.at: one for one in found if candidates[one.at].code not in options.place}
    for one in withheld.values():
        sorting.unplaced.append(
            _withheld(
                candidates[one.at],
                towns,
                f"far from its town: nearest village of its own {one.nearest_own_m / 1000:.1f} km away",
            )
        )
    return [one for at, one in enumerate(candidates) if at not in withheld]


def _astray_says(candidates: Sequence[Village], one: Astray, towns: Mapping[str, Town]) -> str:
    village = candidates[one.at]
    other = towns[one.neighbour_town].name if one.neighbour_town in towns else one.neighbour_town
    seat = f"{one.seat_m / 1000:.1f} km from the seat, " if one.seat_m is not None else ""
    return (
        f"{_label(village)} of {_town(village, towns)}: {seat}{one.nearest_own_m / 1000:.1f} km from the"
        " nearest"
        f" village of its town (usually {one.usual_m / 1000:.1f} km), among those of {other}"
    )


def _same_spot(
    candidates: list[Village],
    sorting: _Sorting,
    towns: Mapping[str, Town],
    outline: Area,
    plane: Plane,
    options: ImportOptions,
) -> list[Village]:
    """Two villages on one spot cannot both have a cell, and nothing tells which one is right: both are
    withheld.
    """
    groups = same_spot(plane.points_to_metres(_degrees(candidates)))
    withheld: set[int] = set()
    for group in groups:
        chosen = [at for at in group if candidates[at].code in options.place]
        gone = set(group) - set(chosen[:1])
        withheld |= gone
        for at in gone:
            twin = next(candidates[other] for other in group if other != at)
            sorting.unplaced.append(
                _withheld(candidates[at], towns, f"same point as another: {_label(twin)}")
            )
    return [one for at, one in enumerate(candidates) if at not in withheld]


def _identity(villages: Villages) -> list[Finding]:
    found: list[Finding] = []
    codes: dict[str, list[Village]] = defaultdict(list)
    names: dict[tuple[str, str], list[Village]] = defaultdict(list)
    spots: dict[tuple[float, float], list[Village]] = defaultdict(list)
    for one in villages.rows:
        codes[one.code].append(one)
        names[one.town_code, one.name].append(one)
        if one.lon is not None and one.lat is not None:
            # the sixth decimal is a tenth of a metre
            spots[round(one.lon, 6), round(one.lat, 6)].append(one)
    without = codes.pop("", [])
    if without:
        found.append(
            Finding(
                "code_missing",
                Severity.error,
                f"{len(without)} rows have no code; a grid is known by its code.",
                tuple(f"line {one.line} {one.name}".strip() for one in without[:_LISTED]),
                {"rows": len(without)},
            )
        )
    for code, severity, says, groups in (
        (
            "duplicate_code",
            Severity.error,
            "codes are used more than once; which of the villages is meant cannot be told",
            codes,
        ),
        ("duplicate_name", Severity.warning, "names are used more than once within a town", names),
        ("duplicate_point", Severity.warning, "points are shared by several villages", spots),
    ):
        same = [group for key, group in groups.items() if len(group) > 1 and key[-1]]
        if same:
            found.append(
                Finding(
                    code,
                    severity,
                    f"{len(same)} {says}.",
                    tuple(" = ".join(_label(one) for one in group) for group in same[:_LISTED]),
                    {"groups": len(same), "villages": sum(len(group) for group in same)},
                )
            )
    return found


def _cut_off(kept: Sequence[tuple[Village, Area, Coordinates]], plane: Plane) -> list[Finding]:
    in_parts = [(village, piece) for village, piece, _ in kept if shapely.get_num_geometries(piece) > 1]
    if not in_parts:
        return []
    return [
        Finding(
            "cell_in_parts",
            Severity.note,
            f"{len(in_parts)} cells are in several parts, because the county's border cuts through them.",
            tuple(
                f"{_label(village)}: {shapely.get_num_geometries(piece)} parts, the smaller ones"
                f" {square_metres(piece.area - max(part.area for part in shapely.get_parts(piece)))}"
                for village, piece in in_parts[:_LISTED]
            ),
            {"cells": len(in_parts)},
        )
    ]


def _grid(
    village: Village,
    piece: Area,
    plane: Plane,
    towns: Mapping[str, Town],
    villages: Villages,
    options: ImportOptions,
) -> ReadyGrid:
    assert village.lon is not None
    assert village.lat is not None
    township = _town(village, towns)
    return ReadyGrid(
        code=village.code,
        name=short_name(village.name),
        kind=kind_of_name(village.name, village.code),
        township=township,
        area_code=village.code if len(village.code) == 12 else village.town_code,
        branch=village.branch or options.branch_of(township, village.town_code),
        outline_wkb=to_wkb(plane.to_degrees(piece)),
        lon=round(village.lon, 7),
        lat=round(village.lat, 7),
        area_m2=round(piece.area),
    )


def _degrees(villages: Sequence[Village]) -> Coordinates:
    return np.array([[one.lon, one.lat] for one in villages], dtype=np.float64).reshape(-1, 2)


def _town(village: Village, towns: Mapping[str, Town]) -> str:
    town = towns.get(village.town_code)
    return village.township or (town.name if town is not None else village.town_code)


def _withheld(village: Village, towns: Mapping[str, Town], reason: str) -> Unplaced:
    return Unplaced(village.code or f"line {village.line}", village.name, _town(village, towns), reason)


def _label(village: Village) -> str:
    return label(village.code, village.name)
