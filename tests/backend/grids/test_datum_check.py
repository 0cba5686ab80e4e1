"""What an import can tell about the datum of its files, and what it says when it cannot."""

import math
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from backend.grids.importing.datum import Datum, wgs84_to_gcj02
from backend.grids.importing.options import ImportOptions
from backend.grids.importing.prepare import prepare
from backend.grids.importing.report import DatumCheck, Prepared, Severity
from tests.backend.grids.county import (
    at,
    feature,
    in_gcj02,
    moved,
    outline,
    square,
    villages,
    write_csv,
    write_geojson,
    write_outline,
)


def halves(shape: BaseGeometry) -> list[BaseGeometry]:
    """A shape cut in two along the county's middle."""
    west = square(-40_000, -40_000, 40_000).union(square(-40_000, 0, 40_000))
    return [shape.intersection(west), shape.difference(west)]


def areas(tmp_path: Path, shapes: list[BaseGeometry], county: BaseGeometry, **options: object) -> Prepared:
    features = [feature(shape, f"G{n}", f"格{n}") for n, shape in enumerate(shapes)]
    path = write_geojson(tmp_path / "grids.geojson", features)
    return prepare(path, ImportOptions(county=write_outline(tmp_path / "county.geojson", county), **options))  # type: ignore[arg-type]


def rough(shape: BaseGeometry) -> BaseGeometry:
    """The same county drawn by somebody else: coarser, and some 60 m off here and there."""
    points = shapely.get_coordinates(shapely.simplify(shape, 0.002))
    wobble = np.array([[math.sin(7.0 * n), math.cos(11.0 * n)] for n in range(len(points))]) * 60 / 111_320
    wobble[-1] = wobble[0]
    return shapely.Polygon(points + wobble)


def test_gcj02_given_as_wgs84_is_detected_and_stops_the_import(tmp_path: Path) -> None:
    prepared = areas(tmp_path, [in_gcj02(one) for one in halves(outline())], outline())
    check = prepared.report.datum
    assert check.verdict == "gcj02_as_wgs84"
    assert check.figures["iou_as_gcj02"] == pytest.approx(1.0, abs=0.001)
    assert float(check.figures["iou_as_wgs84"]) < 0.97
    # the offset here is some 530 m east and 290 m south; the fit moves the areas back
    assert float(check.figures["best_shift_east_m"]) == pytest.approx(-530, abs=40)
    assert float(check.figures["best_shift_north_m"]) == pytest.approx(290, abs=40)
    (finding,) = prepared.report.with_code("datum")
    assert finding.severity is Severity.error
    assert "--datum gcj02" in finding.says
    assert [one.code for one in prepared.report.stopping()] == ["datum"]


def test_gcj02_declared_as_such_agrees_and_is_converted(tmp_path: Path) -> None:
    prepared = areas(tmp_path, [in_gcj02(one) for one in halves(outline())], outline(), datum=Datum.GCJ02)
    assert prepared.report.datum.verdict == "agrees"
    whole = shapely.union_all([shapely.from_wkb(one.outline_wkb) for one in prepared.grids])
    assert whole.symmetric_difference(outline()).area / outline().area < 1e-6


@pytest.mark.parametrize("datum", Datum)
@pytest.mark.parametrize("seed", range(4))
def test_a_county_drawn_by_somebody_else_is_still_told_apart(tmp_path: Path, datum: Datum, seed: int) -> None:
    mine = rough(outline(seed))
    shapes = halves(in_gcj02(mine) if datum is Datum.GCJ02 else mine)
    right = areas(tmp_path, shapes, outline(seed), datum=datum)
    wrong = areas(tmp_path, shapes, outline(seed), datum=next(one for one in Datum if one is not datum))
    assert right.report.datum.verdict == "agrees"
    assert wrong.report.datum.verdict == ("gcj02_as_wgs84" if datum is Datum.GCJ02 else "wgs84_as_gcj02")


def test_an_outline_in_the_wrong_datum_is_told_from_wrong_areas(tmp_path: Path) -> None:
    check = areas(tmp_path, halves(outline()), in_gcj02(outline())).report.datum
    assert check.verdict == "wgs84_as_gcj02"
    assert "the outline is GCJ-02 though declared WGS-84" in check.says


def test_another_shift_is_a_warning_with_its_length(tmp_path: Path) -> None:
    prepared = areas(tmp_path, [moved(one, -300, -300) for one in halves(outline())], outline())
    assert prepared.report.datum.verdict == "shifted"
    assert prepared.report.datum.figures["best_shift_east_m"] == pytest.approx(300, abs=15)
    assert prepared.report.stopping() == ()


def test_files_that_are_off_together_cannot_show_it_and_that_is_said(tmp_path: Path) -> None:
    check = areas(tmp_path, [in_gcj02(one) for one in halves(outline())], in_gcj02(outline())).report.datum
    assert check.verdict == "agrees"
    assert "off together" in check.cannot_tell
    assert "GPS" in check.cannot_tell


def test_areas_in_the_middle_of_the_county_tell_nothing(tmp_path: Path) -> None:
    check = areas(tmp_path, [in_gcj02(square(0, 0, 4000))], outline()).report.datum
    assert check.verdict == "undecided"
    assert "touch its border" in check.cannot_tell


def test_half_a_county_tells_by_what_lies_outside(tmp_path: Path) -> None:
    east = halves(outline())[1]
    assert areas(tmp_path, [in_gcj02(east)], outline()).report.datum.verdict == "gcj02_as_wgs84"
    assert areas(tmp_path, [east], outline()).report.datum.verdict == "undecided"


Pairs = list[tuple[str, ...]]


def both(swap: bool = False, noise_m: float = 0.0) -> Pairs:
    rows: Pairs = []
    for code, name, town, lng, lat in villages():
        wgs = np.array([[float(lng), float(lat)]])
        gcj = wgs84_to_gcj02(wgs) + noise_m / 111_320
        one, other = (gcj[0], wgs[0]) if swap else (wgs[0], gcj[0])
        rows.append((code, name, town, *(f"{value:.6f}" for value in (*one, *other))))
    return rows


def table(
    tmp_path: Path, rows: Pairs, header: str = "code name town_code wgs_lng wgs_lat gcj_lng gcj_lat"
) -> DatumCheck:
    path = write_csv(tmp_path / "villages.csv", rows, header.split())
    prepared = prepare(path, ImportOptions(county=write_outline(tmp_path / "county.geojson")))
    return prepared.report.datum


def test_two_pairs_of_columns_are_held_against_each_other(tmp_path: Path) -> None:
    check = table(tmp_path, both())
    assert check.verdict == "agrees"
    assert float(check.figures["column_gap_largest_m"]) < 0.2


def test_exchanged_columns_are_detected(tmp_path: Path) -> None:
    check = table(tmp_path, both(swap=True))
    assert check.verdict == "gcj02_as_wgs84"
    assert "exchanged" in check.says


def test_columns_that_contradict_each_other_stop_the_import(tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "v.csv",
        both(noise_m=300),
        ["code", "name", "town_code", "wgs_lng", "wgs_lat", "gcj_lng", "gcj_lat"],
    )
    prepared = prepare(path, ImportOptions(county=write_outline(tmp_path / "county.geojson")))
    assert prepared.report.datum.verdict == "inconsistent"
    assert [one.code for one in prepared.report.stopping()] == ["datum"]


def test_gcj02_columns_alone_are_converted(tmp_path: Path) -> None:
    rows = [(*row[:3], *row[5:]) for row in both()]
    path = write_csv(tmp_path / "v.csv", rows, ["code", "name", "town_code", "gcj_lng", "gcj_lat"])
    prepared = prepare(path, ImportOptions(county=write_outline(tmp_path / "county.geojson")))
    first = villages()[0]
    assert (prepared.grids[0].lon, prepared.grids[0].lat) == pytest.approx(
        (float(first[3]), float(first[4])), abs=2e-6
    )


def test_points_alone_tell_nothing_and_that_is_said(tmp_path: Path) -> None:
    rows = [(*row[:3], *row[5:]) for row in both()]
    check = table(tmp_path, rows, "code name town_code lng lat")
    assert check.verdict == "undecided"
    assert check.declared is Datum.WGS84
    assert "--datum gcj02" in check.cannot_tell


def test_points_along_the_border_give_gcj02_away(tmp_path: Path) -> None:
    county = square(-10_000, -10_000, 20_000)
    rows = []
    for n in range(10):
        # 200 m inside the eastern border; the offset carries them out
        place = wgs84_to_gcj02(np.array([at(9_800, -8_000 + 1_500 * n)]))[0]
        rows.append((f"9900011002{n:02d}", f"边{n}村", "990001100", *(f"{value:.6f}" for value in place)))
    path = write_csv(tmp_path / "v.csv", rows)
    drawn = write_outline(tmp_path / "county.geojson", county)
    assert prepare(path, ImportOptions(county=drawn)).report.datum.verdict == "gcj02_as_wgs84"
    declared = prepare(path, ImportOptions(county=drawn, datum=Datum.GCJ02)).report.datum
    assert declared.verdict == "agrees"
