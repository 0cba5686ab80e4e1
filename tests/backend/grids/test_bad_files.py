"""Files that cannot be understood as a whole: one clear answer each, with what is safe and what to do."""

import json
from pathlib import Path

import pytest

from backend.grids.importing.options import ImportOptions, SourceKind
from backend.grids.importing.prepare import prepare
from backend.kernel.errors import Problem
from tests.backend.grids.county import at, feature, square, villages, write_csv, write_geojson, write_outline


def refused(path: Path, **options: object) -> Problem:
    with pytest.raises(Problem) as caught:
        prepare(path, ImportOptions(**options))  # type: ignore[arg-type]
    problem = caught.value
    assert "Nothing was written." in problem.detail
    assert problem.remedy
    return problem


GOOD = json.dumps({"type": "FeatureCollection", "features": [feature(square(0, 0, 1000))]})


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", "grid_file_empty", ""),
        (b"  \n ", "grid_file_empty", ""),
        (GOOD.encode()[:-40], "grid_file_broken", "no complete JSON"),
        (b"{'type': 1}", "grid_file_broken", "line 1, column 2"),
        (b"[1, 2]", "grid_file_broken", "no GeoJSON object"),
        (b'{"type": "FeatureCollection"}', "grid_file_broken", "no list of features"),
        (b'{"type": "FeatureCollection", "features": []}', "grid_file_empty", ""),
        (b'{"type": "FeatureCollection", "features": [3]}', "grid_file_broken", "no list of features"),
        (b'{"type": "Topology", "objects": {}}', "grid_file_broken", "a GeoJSON Topology"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "grid_file_broken", "neither UTF-8 nor GB18030"),
        (b"[" * 200_000, "grid_file_broken", "nested"),
        (b'{"type": "FeatureCollection", "features": [' + b"9" * 5000 + b"]}", "grid_file_broken", "JSON"),
    ],
)
def test_content_that_is_no_geojson(tmp_path: Path, content: bytes, code: str, words: str) -> None:
    path = tmp_path / "grids.geojson"
    path.write_bytes(content)
    problem = refused(path)
    assert problem.code == code
    assert words in problem.detail


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert refused(tmp_path / "nowhere.geojson").code == "grid_file_missing"
    assert refused(tmp_path, kind=SourceKind.GEOJSON).code == "grid_file_missing"


def test_a_file_over_the_limits(tmp_path: Path) -> None:
    path = write_geojson(
        tmp_path / "g.geojson", [feature(square(n * 2000, 0, 1000), f"G{n}") for n in range(5)]
    )
    assert refused(path, max_bytes=100).code == "grid_file_too_large"
    assert "5 features; 4 are the limit" in refused(path, max_features=4).detail
    assert "more than 10 positions" in refused(path, max_positions=10).detail
    table = write_csv(tmp_path / "v.csv", villages())
    county = write_outline(tmp_path / "county.geojson")
    assert "48 rows; 10 are the limit" in refused(table, county=county, max_features=10).detail


def ring(*positions: tuple[float, float]) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": [[list(one) for one in positions]]}


@pytest.mark.parametrize(
    ("geometry", "code", "words"),
    [
        (ring((29.5, 114.0), (29.6, 114.0), (29.6, 114.1)), "grid_coordinates_swapped", "(29.5, 114.0)"),
        (
            ring((38500000, 3270000), (38500100, 3270000), (38500100, 3270100)),
            "grid_coordinates_projected",
            "3850",
        ),
        (ring((2.0, 48.0), (2.1, 48.0), (2.1, 48.1)), "grid_coordinates_elsewhere", "2.0"),
        ({"type": "Point", "coordinates": [114.0, 29.5]}, "grid_file_broken", "points, not areas"),
        (
            {"type": "LineString", "coordinates": [[114.0, 29.5], [114.1, 29.5]]},
            "grid_file_broken",
            "lines, not",
        ),
        (None, "grid_file_broken", "no geometry"),
        (ring(at(0, 0), at(0, 0), at(0, 0)), "grid_file_broken", "has an area"),
    ],
)
def test_coordinates_that_are_wrong_throughout(
    tmp_path: Path, geometry: object, code: str, words: str
) -> None:
    path = write_geojson(tmp_path / "g.geojson", [feature(geometry, f"G{n}") for n in range(3)])
    problem = refused(path)
    assert problem.code == code
    assert words in problem.detail


def test_the_remedy_for_metres_names_the_option(tmp_path: Path) -> None:
    flat = {
        "type": "Polygon",
        "coordinates": [[[38500000, 3270000], [38500100, 3270000], [38500100, 3270100]]],
    }
    path = write_geojson(tmp_path / "g.geojson", [feature(flat)])
    assert "--crs EPSG:4547" in refused(path).remedy
    assert refused(path, crs="EPSG:nonsense").code == "grid_crs_unknown"


def test_properties_that_a_grid_needs(tmp_path: Path) -> None:
    shape = feature(square(0, 0, 1000))
    shape["properties"] = {"OBJECTID": 1}
    problem = refused(write_geojson(tmp_path / "g.geojson", [shape]))
    assert problem.code == "grid_columns_missing"
    assert problem.extra == {"missing": ["code", "name"], "found": ["OBJECTID"]}
    shape["properties"] = None
    assert refused(write_geojson(tmp_path / "g.geojson", [shape])).code == "grid_columns_missing"


def test_a_named_column_that_is_not_there(tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "g.geojson", [feature(square(0, 0, 1000))])
    assert refused(path, names={"township": "XZ"}).extra["missing"] == ["XZ"]


def test_an_ending_that_tells_nothing(tmp_path: Path) -> None:
    path = tmp_path / "grids.dat"
    path.write_text(GOOD)
    assert "--kind" in refused(path).remedy
    assert len(prepare(path, ImportOptions(kind=SourceKind.GEOJSON)).grids) == 1


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("name,lng,lat\n甲,114,29.5\n", "grid_columns_missing", "name, lng, lat"),
        ("code,name\n1,甲\n", "grid_columns_missing", "code, name"),
        ("code,name,lng,lat\n", "grid_file_empty", ""),
        ('code,name,lng,lat\n1,"甲,114,29.5\n', "grid_file_broken", "no proper CSV"),
        ("code,name,lng,lat\n1,甲,29.5,114.0\n", "grid_coordinates_swapped", "(29.5, 114.0)"),
        ("code,name,lng,lat\n1,甲,38500000,3270000\n", "grid_coordinates_projected", ""),
        ("code,name,lng,lat\n1,甲,,\n", "grid_file_broken", "Not one of its points"),
    ],
)
def test_tables_that_are_no_villages(tmp_path: Path, text: str, code: str, words: str) -> None:
    path = tmp_path / "villages.csv"
    path.write_text(text, encoding="utf-8")
    problem = refused(path, county=write_outline(tmp_path / "county.geojson"))
    assert problem.code == code
    assert words in problem.detail


def test_villages_need_an_outline(tmp_path: Path) -> None:
    problem = refused(write_csv(tmp_path / "v.csv", villages()))
    assert problem.code == "grid_outline_needed"
    assert "--county" in problem.remedy


def test_an_outline_of_another_county(tmp_path: Path) -> None:
    county = write_outline(tmp_path / "county.geojson", square(400_000, 0, 9_000))
    problem = refused(write_csv(tmp_path / "v.csv", villages()), county=county)
    assert "this county's" in problem.remedy


def test_a_broken_outline_is_named(tmp_path: Path) -> None:
    county = tmp_path / "county.geojson"
    county.write_text('{"type": "Feature", "geometry": {"type": "Point", "coordinates": [114, 29.5]}}')
    problem = refused(write_csv(tmp_path / "v.csv", villages()), county=county)
    assert problem.title.startswith("county.geojson")
    assert "a Point is no area" in problem.detail


def test_a_shapefile_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "grids.shp"
    path.write_bytes(b"not a shapefile at all")
    assert "GDAL cannot read it" in refused(path).detail
