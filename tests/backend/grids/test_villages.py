"""Grids from a table of villages: cells, and which points are not trusted."""

import random
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely.geometry import Polygon

from backend.grids.importing.areas import cells
from backend.grids.importing.options import ImportOptions
from backend.grids.importing.prepare import prepare
from backend.grids.importing.report import Finding, Prepared, Severity
from backend.grids.rules import GridKind
from tests.backend.grids.county import (
    HEADER,
    Row,
    at,
    outline,
    square,
    villages,
    write_csv,
    write_outline,
)


def read(tmp_path: Path, rows: list[Row], **options: object) -> Prepared:
    county = write_outline(tmp_path / "county.geojson")
    return prepare(write_csv(tmp_path / "villages.csv", rows), ImportOptions(county=county, **options))  # type: ignore[arg-type]


def only(prepared: Prepared, code: str) -> Finding:
    (finding,) = prepared.report.with_code(code)
    return finding


def put(row: Row, east_m: float, north_m: float) -> Row:
    """A row with its point elsewhere."""
    lon, lat = at(east_m, north_m)
    return (*row[:3], f"{lon:.6f}", f"{lat:.6f}")


def test_cells_share_the_county_out_without_rest(tmp_path: Path) -> None:
    rows = villages()
    prepared = read(tmp_path, rows)
    assert [one.code for one in prepared.grids] == sorted(row[0] for row in rows)
    shapes = [shapely.from_wkb(one.outline_wkb) for one in prepared.grids]
    whole = shapely.union_all(shapes)
    assert whole.symmetric_difference(outline()).area / outline().area < 1e-6
    assert sum(one.area for one in shapes) == pytest.approx(outline().area, rel=1e-6)
    assert prepared.report.areas_m2["grids"] == pytest.approx(prepared.report.areas_m2["outline"], rel=1e-6)
    assert prepared.report.counts == {
        "rows": 48,
        "with_coordinates": 48,
        "without_coordinates": 0,
        "grids": 48,
        "left_out": 0,
    }


def test_each_place_lies_in_the_cell_of_its_nearest_village(rng: random.Random) -> None:
    points = np.array([[rng.uniform(-9e3, 9e3), rng.uniform(-9e3, 9e3)] for _ in range(30)])
    county = shapely.Point(0, 0).buffer(10_000)
    found = cells(points, county)
    for _ in range(300):
        place = np.array([rng.uniform(-7e3, 7e3), rng.uniform(-7e3, 7e3)])
        nearest = int(np.argmin(np.hypot(*(points - place).T)))
        assert found[nearest].distance(shapely.Point(place)) < 1e-6


def test_a_single_village_has_the_whole_county(tmp_path: Path) -> None:
    prepared = read(tmp_path, [put(villages()[0], 0, 0)])
    assert shapely.from_wkb(prepared.grids[0].outline_wkb).symmetric_difference(outline()).area < 1e-7
    # one point a town says nothing about being in its place, and the report says so
    assert only(prepared, "town_too_small").severity is Severity.note


def test_a_grid_carries_the_villages_names(tmp_path: Path) -> None:
    towns = write_csv(
        tmp_path / "towns.csv",
        [("990001100", "甲镇", "", ""), ("990001101", "乙镇", "", "")],
        ("code", "name", "lng", "lat"),
    )
    prepared = read(
        tmp_path, villages(), towns=towns, branches={"甲镇": "ZX01", "990001101": "ZX02", "": "ZX09"}
    )
    first, tenth, last = prepared.grids[0], prepared.grids[9], prepared.grids[-1]
    assert (first.name, first.township, first.kind) == ("试0之0村", "甲镇", GridKind.village)
    assert (first.branch, tenth.branch, last.branch) == ("ZX01", "ZX02", "ZX09")
    assert (last.township, last.area_code) == ("990001105", "990001105207")


def test_a_village_without_coordinates_is_listed_and_gets_no_cell(tmp_path: Path) -> None:
    rows = villages()
    for at_row, text in (
        (3, ("", "")),
        (4, ("0", "0")),
        (5, ("东经", "北纬")),
        (6, ("114.0", "")),
        (7, ("nan", "29.5")),
    ):
        rows[at_row] = (*rows[at_row][:3], *text)
    prepared = read(tmp_path, rows)
    assert {one.code: one.reason for one in prepared.report.unplaced} == {
        rows[3][0]: "no coordinates",
        rows[4][0]: "coordinates are 0, 0",
        rows[5][0]: "coordinates are no numbers: '东经', '北纬'",
        rows[6][0]: "coordinates are no numbers: '114.0', ''",
        rows[7][0]: "coordinates are no numbers: 'nan', '29.5'",
    }
    assert len(prepared.grids) == 43
    assert prepared.report.counts["without_coordinates"] == 5


def test_a_village_far_from_its_town_is_withheld(tmp_path: Path) -> None:
    rows = villages()
    # the first town's third village, into the middle of the fourth town's
    rows[2] = put(rows[2], -10_000, 300)
    prepared = read(tmp_path, rows)
    finding = only(prepared, "far_from_town")
    assert finding.subjects[0].startswith(f"{rows[2][0]} {rows[2][1]} of 990001100")
    assert "among those of 990001103" in finding.subjects[0]
    assert [one.code for one in prepared.report.unplaced] == [rows[2][0]]
    assert prepared.report.unplaced[0].reason.startswith("far from its town: nearest village of its own 1")
    assert rows[2][0] not in {one.code for one in prepared.grids}

    placed = read(tmp_path, rows, place=frozenset({rows[2][0]}))
    assert rows[2][0] in {one.code for one in placed.grids}
    assert only(placed, "far_from_town").figures["points"] == 1


def test_the_distance_from_the_seat_is_told_where_it_is_known(tmp_path: Path) -> None:
    rows = villages()
    rows[2] = put(rows[2], -10_000, 300)
    lon, lat = at(10_000, 0)
    towns = write_csv(
        tmp_path / "towns.csv", [("990001100", "甲镇", str(lon), str(lat))], ("code", "name", "lng", "lat")
    )
    subject = only(read(tmp_path, rows, towns=towns), "far_from_town").subjects[0]
    assert "of 甲镇: 20.0 km from the seat" in subject


@pytest.mark.parametrize("seed", range(12))
def test_an_ordinary_county_has_nobody_far_from_town(tmp_path: Path, seed: int) -> None:
    prepared = read(tmp_path, villages(seed))
    assert prepared.report.with_code("far_from_town") == ()


def test_villages_on_one_spot_are_withheld_both(tmp_path: Path) -> None:
    rows = villages()
    rows[1] = (*rows[1][:3], *rows[0][3:])
    prepared = read(tmp_path, rows)
    finding = only(prepared, "duplicate_point")
    assert finding.subjects == (f"{rows[0][0]} {rows[0][1]} = {rows[1][0]} {rows[1][1]}",)
    assert {one.code for one in prepared.report.unplaced} == {rows[0][0], rows[1][0]}

    chosen = read(tmp_path, rows, place=frozenset({rows[1][0]}))
    assert {one.code for one in chosen.report.unplaced} == {rows[0][0]}


def test_a_shared_spot_explained_by_a_far_point_keeps_the_other(tmp_path: Path) -> None:
    rows = villages()
    rows[2] = (*rows[2][:3], *rows[26][3:])
    prepared = read(tmp_path, rows)
    assert [one.code for one in prepared.report.unplaced] == [rows[2][0]]
    assert rows[26][0] in {one.code for one in prepared.grids}


def test_points_outside_the_county(tmp_path: Path) -> None:
    rows = villages()
    edge = next(
        east for east in range(18_000, 30_000, 50) if not outline().contains(shapely.Point(at(east, 0)))
    )
    rows[0] = put(rows[0], edge + 5_000, 0)
    rows[1] = put(rows[1], edge + 200, 300)
    prepared = read(tmp_path, rows)
    finding = only(prepared, "outside_county")
    assert finding.figures == {"points": 2, "withheld": 1}
    assert [one.code for one in prepared.report.unplaced] == [rows[0][0]]
    assert prepared.report.unplaced[0].reason.startswith("outside the county: by ")


def test_points_close_to_each_other_are_told(tmp_path: Path) -> None:
    rows = villages()
    lon, lat = float(rows[0][3]), float(rows[0][4])
    rows[1] = (*rows[1][:3], f"{lon:.6f}", f"{lat + 50 / 111_320:.6f}")
    subject = only(read(tmp_path, rows), "points_close").subjects[0]
    assert subject.endswith(": 50 m")


def test_codes_and_names_used_twice(tmp_path: Path) -> None:
    rows = villages()
    rows[1] = (rows[0][0], *rows[1][1:])
    rows[3] = (rows[3][0], rows[2][1], *rows[3][2:])
    rows[4] = ("", *rows[4][1:])
    prepared = read(tmp_path, rows)
    assert {one.code for one in prepared.report.stopping()} == {"duplicate_code", "code_missing"}
    assert only(prepared, "code_missing").subjects == (f"line 6 {rows[4][1]}",)
    assert only(prepared, "duplicate_name").severity is Severity.warning


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_encodings_and_separators_of_chinese_offices(tmp_path: Path, encoding: str, separator: str) -> None:
    header = ("代码", "名称", "乡镇代码", "经度", "纬度")
    text = "\n".join(separator.join(row) for row in (header, *villages()))
    path = tmp_path / "villages.csv"
    path.write_text(text, encoding=encoding)
    prepared = prepare(path, ImportOptions(county=write_outline(tmp_path / "county.geojson")))
    assert len(prepared.grids) == 48
    assert prepared.grids[0].name == "试0之0村"


def test_columns_named_by_hand(tmp_path: Path) -> None:
    county = write_outline(tmp_path / "county.geojson")
    path = write_csv(tmp_path / "v.csv", villages(), ("A", "B", "C", "D", "E"))
    names = dict(zip(("code", "name", "town_code", "lon", "lat"), "ABCDE", strict=True))
    assert len(prepare(path, ImportOptions(county=county, names=names)).grids) == 48


def test_the_town_is_told_by_the_statistical_code(tmp_path: Path) -> None:
    rows = [(*row[:2], *row[3:]) for row in villages()]
    path = write_csv(tmp_path / "v.csv", rows, (*HEADER[:2], *HEADER[3:]))
    prepared = prepare(path, ImportOptions(county=write_outline(tmp_path / "county.geojson")))
    assert prepared.grids[0].township == "990001100"


def test_cells_cut_by_the_border_are_told(tmp_path: Path) -> None:
    # a county like a U: the middle village's cell has ground on both arms
    notch = Polygon([at(-3000, -6000), at(3000, -6000), at(3000, 9001), at(-3000, 9001)])
    county = square(-9000, -9000, 18_000).difference(notch)
    rows = [
        ("990001100201", "左村", "990001100", *map(str, at(-8_000, -8_000))),
        ("990001100202", "右村", "990001100", *map(str, at(8_000, -8_000))),
        ("990001100203", "中村", "990001100", *map(str, at(-3_500, 6_000))),
    ]
    path = write_csv(tmp_path / "v.csv", rows)
    options = ImportOptions(county=write_outline(tmp_path / "county.geojson", county))
    finding = only(prepare(path, options), "cell_in_parts")
    assert "990001100203 中村: 2 parts" in finding.subjects[0]
