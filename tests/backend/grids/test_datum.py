"""WGS-84 and GCJ-02."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.grids.importing.datum import Datum, gcj02_to_wgs84, to_wgs84, wgs84_to_gcj02

MAINLAND = st.tuples(st.floats(74.0, 134.0), st.floats(18.5, 53.0))


@pytest.mark.parametrize(
    ("wgs", "gcj"),
    [
        # the examples that the public implementations (coordtransform, eviltransform) are tested with
        ((116.404, 39.915), (116.41024449916938, 39.91640428150164)),
        ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
        ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
        ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
    ],
)
def test_forward_agrees_with_the_published_formula(
    wgs: tuple[float, float], gcj: tuple[float, float]
) -> None:
    assert wgs84_to_gcj02(np.array([wgs]))[0] == pytest.approx(gcj, abs=1e-6)


@given(MAINLAND)
def test_there_and_back_is_the_same_place_to_a_millimetre(point: tuple[float, float]) -> None:
    there = wgs84_to_gcj02(np.array([point]))
    assert gcj02_to_wgs84(there)[0] == pytest.approx(point, abs=1e-8)


@given(MAINLAND)
def test_the_offset_is_hundreds_of_metres(point: tuple[float, float]) -> None:
    east, north = (wgs84_to_gcj02(np.array([point]))[0] - point) * 111_320.0
    assert 20 < np.hypot(east * np.cos(np.radians(point[1])), north) < 1_200


def test_outside_china_nothing_is_moved() -> None:
    places = np.array([[2.35, 48.85], [-74.0, 40.7], [139.7, 35.7]])
    assert (wgs84_to_gcj02(places) == places).all()
    assert (gcj02_to_wgs84(places) == places).all()


def test_only_what_is_declared_gcj02_is_converted() -> None:
    places = np.array([[114.0, 29.5]])
    assert (to_wgs84(places, Datum.WGS84) == places).all()
    assert (to_wgs84(places, Datum.GCJ02) == gcj02_to_wgs84(places)).all()
    assert to_wgs84(np.empty((0, 2)), Datum.GCJ02).shape == (0, 2)
