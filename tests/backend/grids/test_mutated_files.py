"""Files damaged at random: always an answer, never a crash."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.grids.importing.options import ImportOptions
from backend.grids.importing.prepare import prepare
from backend.grids.importing.report import Prepared
from backend.kernel.errors import Problem
from tests.backend.grids.county import HEADER, feature, outline, square, villages, write_outline

pytestmark = pytest.mark.slow

GOOD: dict[str, Any] = {
    "type": "FeatureCollection",
    "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}},
    "features": [
        feature(
            square(0, 0, 1000).difference(square(300, 300, 100)), "G1", "甲", kind="商圈", township="甲镇"
        ),
        feature(square(1000, 0, 1000).union(square(5000, 0, 500)), "G2", "乙"),
        feature(square(900, 500, 1000), "G3", "丙"),
    ],
}
JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        10**30,
        1e308,
        -181.0,
        91.0,
        "",
        "甲",
        "NaN",
        [],
        {},
        [[]],
        [None],
        [[[114.0, 29.5]]],
        {"type": "Polygon"},
    ]
)
SETTINGS = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def paths(node: object, here: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place of a JSON document."""
    found = [here] if here else []
    if isinstance(node, dict):
        for key, value in node.items():
            found += paths(value, (*here, key))
    elif isinstance(node, list):
        for at, value in enumerate(node):
            found += paths(value, (*here, at))
    return found


PLACES = paths(GOOD)


def answer(path: Path, options: ImportOptions) -> None:
    """A report whose parts fit together, or a problem with a remedy; anything else fails the test."""
    prepared: Prepared | Problem
    try:
        prepared = prepare(path, options)
    except Problem as problem:
        prepared = problem
    if isinstance(prepared, Problem):
        assert prepared.remedy
        assert prepared.title
        return
    assert isinstance(prepared, Prepared)
    counts = prepared.report.counts
    assert counts["grids"] == len(prepared.grids)
    assert counts["grids"] + counts["left_out"] == counts.get("features", counts.get("rows"))
    assert all(one.area_m2 > 0 for one in prepared.grids)
    json.loads(prepared.report.as_json())


@SETTINGS
@given(data=st.data())
def test_a_geojson_with_junk_in_it(tmp_path: Path, data: st.DataObject) -> None:
    document = copy.deepcopy(GOOD)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.sampled_from(PLACES))
        node: Any = document
        try:
            for step in place[:-1]:
                node = node[step]
            node[place[-1]] = data.draw(JUNK)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier piece of junk took this place away
    path = tmp_path / "grids.geojson"
    path.write_text(json.dumps(document))
    answer(path, ImportOptions())


@SETTINGS
@given(cut=st.integers(0, 2000), junk=st.binary(max_size=8))
def test_a_geojson_cut_and_spliced(tmp_path: Path, cut: int, junk: bytes) -> None:
    raw = json.dumps(GOOD).encode()
    path = tmp_path / "grids.geojson"
    path.write_bytes(raw[:cut] + junk + raw[cut + len(junk) :])
    answer(path, ImportOptions())


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_outline(tmp_path_factory.mktemp("county") / "county.geojson", outline())


@SETTINGS
@given(
    changes=st.lists(
        st.tuples(
            st.integers(0, 47),
            st.integers(0, 4),
            st.sampled_from(["", "0", "nan", "-1e99", "114,2", "1" * 400, '"', "甲", "29.5"]),
        ),
        max_size=8,
    ),
    encoding=st.sampled_from(["utf-8", "gb18030", "utf-16"]),
    cut=st.integers(0, 3000),
)
def test_a_table_with_junk_in_it(
    tmp_path: Path, county: Path, changes: list[tuple[int, int, str]], encoding: str, cut: int
) -> None:
    rows = [list(row) for row in villages()]
    for row, column, value in changes:
        rows[row][column] = value
    text = "\n".join(",".join(row) for row in (HEADER, *rows))
    path = tmp_path / "villages.csv"
    raw = text.encode(encoding)
    path.write_bytes(raw if cut > 2000 else raw[: len(raw) - cut])
    answer(path, ImportOptions(county=county))
