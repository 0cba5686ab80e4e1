"""Is the source in the datum it is declared to be in? What can be told, with figures, and what cannot.

GCJ-02 taken for WGS-84 is off by 300 to 700 m, everywhere in about the same direction within one county.
Against an outline whose datum is known that shows: areas that fill the outline fit it better after the right
conversion.
"""

from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from backend.grids.importing.areas import Area
from backend.grids.importing.datum import Coordinates, Datum, gcj02_to_wgs84, wgs84_to_gcj02
from backend.grids.importing.plane import Plane
from backend.grids.importing.positions import are_degrees
from backend.grids.importing.report import DatumCheck, Figure
from backend.grids.importing.villages import Villages

_NAMES = {Datum.WGS84: "WGS-84", Datum.GCJ02: "GCJ-02"}
# The areas fill the outline when they cover this share of it; only then their outer border is the outline's
# own.
_FILLS_FROM = 0.9
# One hypothesis beats another when it gains this share of what the whole GCJ-02 shift would cost.
_GAIN_FROM = 0.3
# A fit that moves further than this, and gains, is some other shift (an older national datum is off by 50 to
# 150 m).
_SHIFT_FROM_M = 40.0
_SIMPLIFY_M = 10.0
_COLUMNS_AGREE_M = 5.0
# About a kilometre: a point further out than the offset is wrong for another reason.
_NEAR_DEGREES = 0.01
_POINTS_TELL = 3

_TOGETHER = (
    "If the file and the outline are off together, these two cannot show it: compare one known spot, say"
    " the township"
    " government's gate, with a GPS fix."
)


def check_areas(
    as_given: Sequence[Area], outline: Area | None, declared: Datum, *, outline_name: str = "the outline"
) -> DatumCheck:
    """Compares areas, in the numbers of the file, with a county's outline in WGS-84.

    Three hypotheses are fitted: the numbers are what they are declared to be, they are GCJ-02, they are
    WGS-84 that was converted once too often (or the outline's own datum is declared wrongly). The figure is
    the intersection over union (IoU) with the outline, for areas that fill it, else the share of the areas
    that lies outside.
    """
    if outline is None:
        return DatumCheck(
            declared,
            "undecided",
            f"Taken as {_NAMES[declared]} as declared; there is no outline to compare with.",
            "none",
            {},
            "Without a county outline in a known datum (--county) nothing can be said about the datum of"
            " areas.",
        )
    plane = Plane.around(shapely.get_coordinates(outline))
    county = shapely.simplify(plane.to_metres(outline), _SIMPLIFY_M)
    given = _union(as_given)
    readings: dict[str, BaseGeometry] = {
        "as_wgs84": _on(plane, given),
        "as_gcj02": _on(plane, shapely.transform(given, gcj02_to_wgs84)),
        "as_wgs84_converted_again": _on(plane, shapely.transform(given, wgs84_to_gcj02)),
    }
    mine = "as_gcj02" if declared is Datum.GCJ02 else "as_wgs84"
    figures: dict[str, Figure] = {}
    covered = max(shapely.intersection(one, county).area for one in readings.values()) / county.area
    figures["share_of_outline_covered"] = round(float(covered), 4)
    fit = {name: _iou(one, county) for name, one in readings.items()}
    for name, value in fit.items():
        figures[f"iou_{name}"] = round(value, 4)
        figures[f"outside_share_{name}"] = round(
            float(shapely.difference(readings[name], county).area / readings[name].area), 5
        )
    if covered < _FILLS_FROM:
        return _partial(declared, figures, outline_name)

    shifted = _on(plane, shapely.transform(outline, wgs84_to_gcj02))
    cost = 1.0 - _iou(shapely.simplify(shifted, _SIMPLIFY_M), county)
    figures["iou_lost_by_gcj02_shift"] = round(cost, 4)
    east, north, fitted = _best_shift(readings[mine], county)
    figures |= {
        "best_shift_east_m": round(east),
        "best_shift_north_m": round(north),
        "iou_shifted": round(fitted, 4),
    }
    method = f"fit of the areas' outer border to {outline_name}"
    best = max(fit, key=lambda name: fit[name])
    gain = fit[best] - fit[mine]
    others = [fit[name] for name in fit if name != mine]
    told = (
        f"IoU with {outline_name}: {fit['as_wgs84']:.4f} read as WGS-84, {fit['as_gcj02']:.4f} read as"
        " GCJ-02; the fit"
        f" is best when moved {_moved(east, north)}."
    )
    if best != mine and gain > _GAIN_FROM * cost:
        return _disagrees(declared, best, told, method, figures)
    if float(np.hypot(east, north)) > _SHIFT_FROM_M and fitted - fit[mine] > _GAIN_FROM * cost:
        return DatumCheck(
            declared,
            "shifted",
            f"The file is shifted against the outline, though not by the GCJ-02 offset. {told} An older"
            " national datum"
            " (Xi'an 80, Beijing 54) is off by 50 to 150 m.",
            method,
            figures,
            _TOGETHER,
        )
    if fit[mine] - max(others) > _GAIN_FROM * cost:
        return DatumCheck(
            declared, "agrees", f"{_NAMES[declared]}, as declared. {told}", method, figures, _TOGETHER
        )
    return DatumCheck(
        declared,
        "undecided",
        "The areas and the outline differ by more than the offset would, so the datum cannot be told."
        f" {told}",
        method,
        figures,
        "Give an outline of the same drawing, or compare one known spot with a GPS fix.",
    )


def check_villages(villages: Villages, outline: Area, *, outline_name: str = "the outline") -> DatumCheck:
    """What a table of points tells: its two pairs of columns against each other, and its points against the
    outline.

    The second is weak: a shift of 600 m moves only points near the border across it.
    """
    given = villages.as_given[are_degrees(villages.as_given)]
    figures: dict[str, Figure] = {"points": len(given)}
    readings = {
        "as_wgs84": given,
        "as_gcj02": gcj02_to_wgs84(given),
        "as_wgs84_converted_again": wgs84_to_gcj02(given),
    }
    outside = {name: _outside(points, outline) for name, points in readings.items()}
    near = {name: _outside(points, outline, within=_NEAR_DEGREES) for name, points in readings.items()}
    for name, count in outside.items():
        figures[f"outside_{name}"] = count
    told = (
        f"Points outside {outline_name}: {outside['as_wgs84']} read as WGS-84,"
        f" {outside['as_gcj02']} read as GCJ-02."
    )
    if villages.column_gap_m is not None and villages.column_gap_swapped_m is not None:
        return _columns(villages, villages.column_gap_m, villages.column_gap_swapped_m, told, figures)
    mine = "as_gcj02" if villages.datum is Datum.GCJ02 else "as_wgs84"
    best = min(outside, key=lambda name: (outside[name], name != mine))
    method = f"points outside {outline_name} under each reading"
    # one or two beyond the border are drawing precision; when another reading brings three or more back in
    # and leaves none just outside, that reading explains them
    if outside[mine] - outside[best] >= _POINTS_TELL and near[best] == 0:
        return _disagrees(villages.datum, best, told, method, figures)
    other = "as_wgs84" if villages.datum is Datum.GCJ02 else "as_gcj02"
    if outside[other] - outside[mine] >= _POINTS_TELL:
        return DatumCheck(
            villages.datum,
            "agrees",
            f"{_NAMES[villages.datum]}, as declared. {told}",
            method,
            figures,
            _TOGETHER,
        )
    return DatumCheck(
        villages.datum,
        "undecided",
        f"Taken as {_NAMES[villages.datum]} as declared. {told}",
        method,
        figures,
        "Points alone do not show their datum: a shift of 300 to 700 m moves hardly any of them over the"
        " border. If the points come from a Chinese web map (Amap, Tencent) they are GCJ-02: give --datum"
        " gcj02. Else compare one known spot with a GPS fix.",
    )


def _columns(
    villages: Villages, gap: Coordinates, swapped: Coordinates, told: str, figures: dict[str, Figure]
) -> DatumCheck:
    figures["column_gap_median_m"] = round(float(np.median(gap)), 2)
    figures["column_gap_largest_m"] = round(float(gap.max()), 2)
    figures["column_gap_median_if_exchanged_m"] = round(float(np.median(swapped)), 2)
    off = int((gap > _COLUMNS_AGREE_M).sum())
    figures["rows_whose_columns_disagree"] = off
    method = "the WGS-84 columns against the GCJ-02 columns, converted"
    cannot = (
        "The columns agree with each other, which says nothing about both being right: compare one known"
        " spot with a"
        " GPS fix."
    )
    if np.median(gap) <= _COLUMNS_AGREE_M:
        return DatumCheck(
            Datum.WGS84,
            "agrees",
            f"The WGS-84 columns are the GCJ-02 columns converted: median {np.median(gap):.2f} m apart,"
            f" {gap.max():.2f}"
            f" m at most, {off} rows over {_COLUMNS_AGREE_M:.0f} m. {told}",
            method,
            figures,
            cannot,
        )
    if np.median(swapped) <= _COLUMNS_AGREE_M:
        return DatumCheck(
            Datum.WGS84,
            "gcj02_as_wgs84",
            f"The columns are exchanged: what is called WGS-84 is GCJ-02, {np.median(gap):.0f} m off. {told}",
            method,
            figures,
            "",
        )
    return DatumCheck(
        Datum.WGS84,
        "inconsistent",
        "The WGS-84 and GCJ-02 columns do not belong together: after conversion they are"
        f" {np.median(gap):.0f} m"
        f" apart (median). {told}",
        method,
        figures,
        "Which of the two is right cannot be told from the table.",
    )


def _partial(declared: Datum, figures: dict[str, Figure], outline_name: str) -> DatumCheck:
    mine = "as_gcj02" if declared is Datum.GCJ02 else "as_wgs84"
    outside = {
        name: float(figures[f"outside_share_{name}"])
        for name in ("as_wgs84", "as_gcj02", "as_wgs84_converted_again")
    }
    best = min(outside, key=lambda name: (outside[name], name != mine))
    method = f"share of the areas outside {outline_name}"
    told = (
        f"The areas cover {float(figures['share_of_outline_covered']):.0%} of {outline_name}. Share outside"
        " it:"
        f" {outside['as_wgs84']:.3%} read as WGS-84, {outside['as_gcj02']:.3%} read as GCJ-02."
    )
    if outside[mine] > 0.002 and outside[best] < 0.2 * outside[mine]:
        return _disagrees(declared, best, told, method, figures)
    return DatumCheck(
        declared,
        "undecided",
        f"Taken as {_NAMES[declared]} as declared. {told}",
        method,
        figures,
        "Areas that fill only a part of the county show their datum only where they touch its border:"
        " compare one known"
        " spot with a GPS fix.",
    )


def _disagrees(declared: Datum, best: str, told: str, method: str, figures: dict[str, Figure]) -> DatumCheck:
    if best == "as_gcj02":
        verdict, says = "gcj02_as_wgs84", "The file is declared WGS-84 but fits the outline as GCJ-02."
    elif declared is Datum.GCJ02 and best == "as_wgs84":
        verdict, says = "wgs84_as_gcj02", "The file is declared GCJ-02 but fits the outline as WGS-84."
    else:
        verdict = "wgs84_as_gcj02"
        says = (
            "The file fits the outline only when moved by the GCJ-02 offset once more: the outline is"
            " GCJ-02 though"
            " declared WGS-84, or the file was converted twice."
        )
    return DatumCheck(declared, verdict, f"{says} {told}", method, figures, _TOGETHER)


def _union(areas: Sequence[Area]) -> BaseGeometry:
    sound = [
        one if one.is_valid else shapely.make_valid(one, method="structure", keep_collapsed=False)
        for one in areas
    ]
    return shapely.union_all(np.array(sound, dtype=object))


def _on(plane: Plane, geometry: BaseGeometry) -> BaseGeometry:
    # ten metres are far below the offset looked for, and a county drawn to the metre would take minutes to
    # fit
    return shapely.simplify(shapely.make_valid(plane.to_metres(geometry)), _SIMPLIFY_M)


def _iou(one: BaseGeometry, other: BaseGeometry) -> float:
    shared = shapely.intersection(one, other).area
    return float(shared / (one.area + other.area - shared))


def _best_shift(areas: BaseGeometry, county: BaseGeometry) -> tuple[float, float, float]:
    """The translation (metres east, north) with the best IoU, and that IoU, by a pattern search down to 5"
    " m."""
    east = north = 0.0
    best = _iou(areas, county)
    step = 320.0
    while step >= 5.0:
        tries = [(east + x * step, north + y * step) for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1))]
        values = [_iou(_moved_by(areas, *one), county) for one in tries]
        top = int(np.argmax(values))
        if values[top] > best + 1e-9:
            best = values[top]
            east, north = tries[top]
        else:
            step /= 2.0
    return east, north, best


def _moved_by(geometry: BaseGeometry, east: float, north: float) -> BaseGeometry:
    return shapely.transform(geometry, lambda points: points + np.array([east, north]))


def _moved(east: float, north: float) -> str:
    parts = [
        f"{abs(value):.0f} m {plus if value > 0 else minus}"
        for value, plus, minus in ((east, "east", "west"), (north, "north", "south"))
        if abs(value) >= 1.0
    ]
    return " and ".join(parts) or "not at all"


def _outside(points: Coordinates, outline: Area, within: float = float("inf")) -> int:
    """How many of `points` (degrees) lie outside, no further than `within` degrees."""
    distance = shapely.distance(np.asarray(shapely.points(points), dtype=object), outline)
    return int(((distance > 0.0) & (distance <= within)).sum())
