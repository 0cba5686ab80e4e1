"""Points into grids."""

import random

import numpy as np
import shapely

from backend.grids.locator import GridIndex
from backend.kernel.ids import uuid7
from tests.backend.grids.county import at, square


def test_many_points_against_the_plain_answer(rng: random.Random) -> None:
    shapes = [square(x * 1000, y * 1000, 1000) for x in range(8) for y in range(8)]
    ids = [uuid7() for _ in shapes]
    index = GridIndex([(one, shape.wkb) for one, shape in zip(ids, shapes, strict=True)])
    points = [at(rng.uniform(-500, 8500), rng.uniform(-500, 8500)) for _ in range(400)]
    plain = [
        next(
            (one for one, shape in zip(ids, shapes, strict=True) if shape.contains(shapely.Point(place))),
            None,
        )
        for place in points
    ]
    assert index.locate_many(np.array(points)) == plain
    assert None in plain


def test_a_shared_border_belongs_to_the_first_and_no_grids_hold_nothing() -> None:
    first, second = uuid7(), uuid7()
    index = GridIndex([(first, square(0, 0, 1000).wkb), (second, square(1000, 0, 1000).wkb)])
    assert index.locate(*at(1000, 500)) == first
    assert GridIndex([]).locate(114.0, 29.5) is None
