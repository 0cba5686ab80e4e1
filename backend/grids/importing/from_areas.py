"""Grids from areas: each feature checked, then all of them against each other and the outline."""

from collections import Counter, defaultdict

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from backend.grids.errors import file_broken
from backend.grids.importing.areas import Area, Mended, gaps, mend, overlaps
from backend.grids.importing.datumcheck import check_areas
from backend.grids.importing.geojson import Shape, Shapes
from backend.grids.importing.options import ImportOptions
from backend.grids.importing.plane import Plane
from backend.grids.importing.report import (
    DatumCheck,
    Finding,
    Prepared,
    Report,
    Severity,
    Unplaced,
    label,
    square_metres,
)
from backend.grids.rules import GridKind, kind_of_name, kind_of_word
from backend.grids.schemas import ReadyGrid

_SMALLEST_M2 = 100.0
_SERIOUS_OVERLAP = 0.01
_LISTED = 20


def prepare_areas(
    shapes: Shapes, outline: Area | None, outline_name: str, options: ImportOptions
) -> Prepared:
    """Checks areas read from a file. Raises Problem when not one of them is usable."""
    findings: list[Finding] = [Finding("read", Severity.note, note) for note in shapes.notes]
    unplaced = [
        _left_out(shape, shape.trouble or "no usable geometry")
        for shape in shapes.shapes
        if shape.area is None
    ]
    usable = [shape for shape in shapes.shapes if shape.area is not None]
    if not usable:
        reasons = Counter(one.reason for one in unplaced)
        raise file_broken(
            shapes.name,
            f"None of its {len(shapes.shapes)} features is an area ({reasons.most_common(1)[0][0]}).",
            "Export the grids as polygons or multipolygons.",
        )
    plane = Plane.around(np.vstack([shapely.get_coordinates(shape.area) for shape in usable]))

    sound: list[tuple[Shape, Area]] = []
    for shape in usable:
        assert shape.area is not None
        flat = plane.to_metres(shape.area)
        mended = mend(flat)
        # a line in degrees is a thin sliver in the plane, where parallels are bent
        is_line = shape.area.convex_hull.area == 0.0
        if mended is None or mended.area.area < _SMALLEST_M2 or is_line:
            unplaced.append(_left_out(shape, "it has no area"))
            continue
        if mended.was_invalid is not None:
            findings.append(_repaired(shape, mended))
        sound.append((shape, mended.area))
    if not sound:
        raise file_broken(shapes.name, "None of its features has an area.", "Export the grids as polygons.")

    unclosed = [shape for shape, _ in sound if shape.unclosed]
    if unclosed:
        findings.append(
            Finding(
                "ring_not_closed",
                Severity.note,
                f"{len(unclosed)} features have rings that were not closed; they were closed with a"
                " straight line.",
                tuple(_label(shape) for shape in unclosed[:_LISTED]),
                {"features": len(unclosed)},
            )
        )
    findings += _identity(sound)
    overlap_findings, overlap_m2 = _overlaps(sound)
    flat_outline = plane.to_metres(outline) if outline is not None else None
    gap_findings, gap_m2 = _gaps(sound, flat_outline, plane)
    findings += overlap_findings + gap_findings
    if flat_outline is not None:
        findings += _beyond(sound, flat_outline)
    datum = check_areas(
        [shapes.as_given[shape.at] for shape, _ in sound],
        outline,
        options.datum,
        outline_name=outline_name or "the outline",
    )
    findings += datum_findings(datum)
    if unplaced:
        findings.append(left_out_finding(unplaced))
    grids = [_grid(shape, area, plane, options) for shape, area in sound]
    areas_m2 = {
        "grids": round(sum(one.area_m2 for one in grids)),
        "overlapping": round(overlap_m2),
        "open": round(gap_m2),
    }
    if flat_outline is not None:
        areas_m2["outline"] = round(flat_outline.area)
    return Prepared(
        tuple(grids),
        Report(
            source=shapes.name,
            source_sha256=shapes.sha256,
            kind="geojson",
            counts={"features": len(shapes.shapes), "grids": len(grids), "left_out": len(unplaced)},
            areas_m2=areas_m2,
            datum=datum,
            findings=tuple(findings),
            unplaced=tuple(unplaced),
        ),
    )


def datum_findings(datum: DatumCheck) -> list[Finding]:
    """The datum check as a finding that stops the import where it disagrees."""
    if datum.verdict in {"agrees", "undecided"}:
        return []
    severity = Severity.warning if datum.verdict == "shifted" else Severity.error
    remedy = {
        "gcj02_as_wgs84": " Run it again with --datum gcj02.",
        "wgs84_as_gcj02": " Check --datum and --county-datum.",
        "inconsistent": " Keep only the columns that you trust, or name them: --column wgs_lon=… --column"
        " wgs_lat=….",
        "shifted": "",
    }[datum.verdict]
    return [Finding("datum", severity, datum.says + remedy, (), datum.figures)]


def left_out_finding(unplaced: list[Unplaced]) -> Finding:
    """How many things of the source get no outline, by reason."""
    reasons = Counter(one.reason.split(":")[0] for one in unplaced)
    said = "; ".join(f"{count} × {reason}" for reason, count in reasons.most_common())
    return Finding(
        "left_out",
        Severity.warning,
        f"Without an outline stay {len(unplaced)}: {said}. They are listed below.",
        (),
        {"left_out": len(unplaced)},
    )


def _repaired(shape: Shape, mended: Mended) -> Finding:
    return Finding(
        "invalid_ring",
        Severity.warning,
        f"The outline was invalid ({mended.was_invalid}) and was repaired: {mended.parts_before} part(s)"
        " became"
        f" {mended.parts_after}, {square_metres(mended.area.area)} in all. Look at it on the map.",
        (_label(shape),),
        {
            "parts_before": mended.parts_before,
            "parts_after": mended.parts_after,
            "area_m2": round(mended.area.area),
        },
    )


def _identity(sound: list[tuple[Shape, Area]]) -> list[Finding]:
    found: list[Finding] = []
    codes = Counter(shape.fields.get("code", "") for shape, _ in sound)
    if codes[""]:
        without = [shape for shape, _ in sound if not shape.fields.get("code")]
        found.append(
            Finding(
                "code_missing",
                Severity.error,
                f"{len(without)} features have no code; a grid is known by its code.",
                tuple(
                    f"feature {shape.at + 1} {shape.fields.get('name', '')}".strip()
                    for shape in without[:_LISTED]
                ),
                {"features": len(without)},
            )
        )
    twice = sorted(code for code, count in codes.items() if code and count > 1)
    if twice:
        found.append(
            Finding(
                "duplicate_code",
                Severity.error,
                f"{len(twice)} codes are used more than once; which of the grids is meant cannot be told.",
                tuple(twice[:_LISTED]),
                {"codes": len(twice)},
            )
        )
    named: dict[tuple[str, str], list[Shape]] = defaultdict(list)
    for shape, _ in sound:
        named[shape.fields.get("township", ""), shape.fields.get("name", "")].append(shape)
    same = [group for (_, name), group in named.items() if name and len(group) > 1]
    if same:
        found.append(
            Finding(
                "duplicate_name",
                Severity.warning,
                f"{len(same)} names are used more than once within a township.",
                tuple(_label(shape) for group in same for shape in group)[:_LISTED],
                {"names": len(same)},
            )
        )
    unknown = sorted({shape.fields.get("kind", "") for shape, _ in sound} - {""})
    strange = [word for word in unknown if kind_of_word(word) is None]
    if strange:
        found.append(
            Finding(
                "unknown_kind",
                Severity.warning,
                f"Unknown kinds ({', '.join(strange[:5])}); the kind was told by the name instead. Known:"
                f" {', '.join(GridKind)}.",
                tuple(strange[:_LISTED]),
            )
        )
    return found


def _overlaps(sound: list[tuple[Shape, Area]]) -> tuple[list[Finding], float]:
    pairs, slivers = overlaps([area for _, area in sound])
    total = sum(one.m2 for one in pairs)
    found: list[Finding] = []
    for serious in (True, False):
        chosen = [one for one in pairs if (one.share >= _SERIOUS_OVERLAP) is serious]
        if not chosen:
            continue
        worst = [
            f"{_label(sound[one.first][0])} and {_label(sound[one.second][0])} ({square_metres(one.m2)},"
            f" {one.share:.1%} of the smaller)"
            for one in chosen[:_LISTED]
        ]
        found.append(
            Finding(
                "overlap" if serious else "overlap_small",
                Severity.error if serious else Severity.warning,
                f"{len(chosen)} pairs overlap by {'1 % or more' if serious else 'less than 1 %'} of the"
                " smaller grid,"
                f" {square_metres(sum(one.m2 for one in chosen))} in all. A customer there lies in two"
                " grids.",
                tuple(worst),
                {"pairs": len(chosen), "area_m2": round(sum(one.m2 for one in chosen))},
            )
        )
    if slivers >= 1.0:
        found.append(
            Finding(
                "overlap_slivers",
                Severity.note,
                f"Overlaps below 100 m² each add up to {square_metres(slivers)}: drawing precision.",
                (),
                {"area_m2": round(slivers)},
            )
        )
    return found, total + slivers


def _gaps(sound: list[tuple[Shape, Area]], outline: Area | None, plane: Plane) -> tuple[list[Finding], float]:
    open_parts, slivers = gaps([area for _, area in sound], outline)
    total = sum(one.m2 for one in open_parts)
    found: list[Finding] = []
    enclosed = "" if outline is not None else " (enclosed ones only: there is no outline to compare with)"
    if open_parts:
        biggest = []
        for gap in open_parts[:_LISTED]:
            lon, lat = shapely.get_coordinates(plane.to_degrees(shapely.Point(gap.at)))[0]
            biggest.append(f"{square_metres(gap.m2)} at {lon:.5f}, {lat:.5f}")
        found.append(
            Finding(
                "gap",
                Severity.warning,
                f"{len(open_parts)} places of 1 ha or more belong to no grid, {square_metres(total)} in all"
                f"{enclosed}.",
                tuple(biggest),
                {"places": len(open_parts), "area_m2": round(total)},
            )
        )
    if slivers >= 1.0:
        found.append(
            Finding(
                "gap_slivers",
                Severity.note,
                f"Gaps below 1 ha each add up to {square_metres(slivers)}.",
                (),
                {"area_m2": round(slivers)},
            )
        )
    return found, total + slivers


def _beyond(sound: list[tuple[Shape, Area]], outline: Area) -> list[Finding]:
    found = []
    shapely.prepare(outline)
    for shape, area in sound:
        share = shapely.difference(area, outline).area / area.area
        if share >= 0.5:
            found.append((share, shape))
    if not found:
        return []
    found.sort(key=lambda one: -one[0])
    return [
        Finding(
            "outside_county",
            Severity.error,
            f"{len(found)} grids lie with more than half of their area outside the county.",
            tuple(f"{_label(shape)} ({share:.0%} outside)" for share, shape in found[:_LISTED]),
            {"grids": len(found)},
        )
    ]


def _grid(shape: Shape, area: Area, plane: Plane, options: ImportOptions) -> ReadyGrid:
    fields = shape.fields
    outline = plane.to_degrees(area)
    inside = plane.to_degrees(area.representative_point())
    lon, lat = shapely.get_coordinates(inside)[0]
    township = fields.get("township", "")
    name = fields.get("name", "")
    return ReadyGrid(
        code=fields.get("code", ""),
        name=name,
        kind=kind_of_word(fields.get("kind", "")) or kind_of_name(name, fields.get("area_code", "")),
        township=township,
        area_code=fields.get("area_code", ""),
        branch=fields.get("branch", "") or options.branch_of(township, fields.get("area_code", "")[:9]),
        outline_wkb=to_wkb(outline),
        lon=round(float(lon), 7),
        lat=round(float(lat), 7),
        area_m2=round(area.area),
    )


def to_wkb(outline: BaseGeometry) -> bytes:
    """WKB of an area in degrees, rounded to a centimetre, rings wound as RFC 7946 says (outer anticlockwise).

    The same area always gives the same bytes, so that a second import of a file finds nothing changed.
    """
    rounded = shapely.transform(outline, lambda points: np.round(points, 7))
    if not rounded.is_valid:
        rounded = outline
    wound = shapely.normalize(shapely.orient_polygons(rounded))
    return bytes(shapely.to_wkb(wound, byte_order=1))


def _left_out(shape: Shape, reason: str) -> Unplaced:
    fields = shape.fields
    return Unplaced(
        fields.get("code", "") or f"feature {shape.at + 1}",
        fields.get("name", ""),
        fields.get("township", ""),
        reason,
    )


def _label(shape: Shape) -> str:
    return label(shape.fields.get("code", "") or f"feature {shape.at + 1}", shape.fields.get("name", ""))
