"""The invented ground: an outline, townships around their seats, grids as Voronoi cells. WGS-84 in the end.

All cells come from one Voronoi diagram clipped to the outline, so grids share their borders and leave no gap.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import shapely
from pyproj import Geod
from shapely import Point, Polygon
from shapely.geometry.base import BaseGeometry

from backend.app.demo.names import Namer
from backend.app.demo.seeded import Stream, apportion
from backend.app.demo.townships import TOWNSHIPS, short
from backend.grids.api import GridKind

# somewhere in the hills of southern Anhui; nothing on the real ground corresponds to the cells
CENTRE_LON, CENTRE_LAT = 118.19, 29.79

CUSTOMERS_PER_GRID = 130
"""A grid is about 500 people: one manager's five grids are 2,500."""

_MOST_GRIDS = 450
_AREA_M2 = 5_200_000.0
_VERTICES = 120
# WGS-84, metres per degree at the centre
_E2 = 0.00669437999014
_SIN2 = math.sin(math.radians(CENTRE_LAT)) ** 2
_LAT_M = math.pi / 180 * 6378137.0 * (1 - _E2) / (1 - _E2 * _SIN2) ** 1.5
_LON_M = math.pi / 180 * 6378137.0 / math.sqrt(1 - _E2 * _SIN2) * math.cos(math.radians(CENTRE_LAT))


@dataclass(frozen=True, slots=True)
class GridPlan:
    """One grid of the county.

    `index`: its place in the county; `township`: an index of TOWNSHIPS; `cell`: in metres east and north
    of the centre; `outline_wkb`, `lon`, `lat`: WGS-84; `area_m2`: on the ellipsoid; `customers`,
    `businesses`: how many lie in it.
    """

    index: int
    code: str
    name: str
    kind: GridKind
    township: int
    cell: BaseGeometry
    outline_wkb: bytes
    lon: float
    lat: float
    area_m2: int
    customers: int
    businesses: int


@dataclass(frozen=True, slots=True)
class Ground:
    """The whole county. `outline`: WGS-84."""

    outline: BaseGeometry
    grids: tuple[GridPlan, ...]
    townships: int


def to_degrees(x: float, y: float) -> tuple[float, float]:
    """Metres east and north of the centre as longitude and latitude, to about a centimetre."""
    return round(CENTRE_LON + x / _LON_M, 7), round(CENTRE_LAT + y / _LAT_M, 7)


def _geographic(shape: BaseGeometry) -> BaseGeometry:
    return shapely.transform(
        shape,
        lambda points: (points / (_LON_M, _LAT_M) + (CENTRE_LON, CENTRE_LAT)).round(7),
    )


def grid_count(customers: int) -> int:
    """How many grids a county of so many customers has."""
    return max(10, min(_MOST_GRIDS, round(customers / CUSTOMERS_PER_GRID)))


def plan_ground(seed: int, customers: int, namer: Namer) -> Ground:
    """The county for `seed` with `customers` customers spread over its grids."""
    stream = Stream(seed, "ground")
    count = grid_count(customers)
    towns = max(2, min(len(TOWNSHIPS), count // 7))
    outline = _outline(stream, math.sqrt(count * _AREA_M2 / math.pi))
    seats = _relaxed(_spread(stream, outline, towns, []), outline, rounds=6)
    # the seat of the county lies nearest its middle
    seats.sort(key=lambda point: math.hypot(*point))
    areas = _cells(seats, outline)
    per_town = apportion(count, [1.6, *([1.0] * (towns - 1))])

    points: list[tuple[float, float]] = []
    kinds: list[tuple[int, GridKind]] = []
    for town, (seat, area, number) in enumerate(zip(seats, areas, per_town, strict=True)):
        centre = _town_kinds(town, number)
        around = _around(stream, seat, len(centre))
        points += around
        kinds += [(town, kind) for kind in centre]
        villages = number - len(centre)
        points += _spread(stream, area, villages, around)
        kinds += [(town, GridKind.village)] * villages

    cells = _cells(points, outline)
    shares, businesses = _shares(kinds, customers)
    namers = {town: _TownNames(short(TOWNSHIPS[town]), namer) for town in range(towns)}
    numbers = [0] * towns
    geod = Geod(ellps="WGS84")
    grids: list[GridPlan] = []
    for index, ((town, kind), point, cell) in enumerate(zip(kinds, points, cells, strict=True)):
        numbers[town] += 1
        shape = _geographic(cell)
        lon, lat = to_degrees(*point)
        grids.append(
            GridPlan(
                index=index,
                code=f"{town + 1:02d}{numbers[town]:03d}",
                name=namers[town].next(stream, kind),
                kind=kind,
                township=town,
                cell=cell,
                outline_wkb=shapely.to_wkb(shape),
                lon=lon,
                lat=lat,
                area_m2=round(abs(geod.geometry_area_perimeter(shape)[0])),
                customers=shares[index],
                businesses=businesses[index],
            )
        )
    return Ground(_geographic(outline), tuple(grids), towns)


class _TownNames:
    """Names of the grids of one township."""

    def __init__(self, town: str, namer: Namer) -> None:
        self._town = town
        self._namer = namer
        self._used: dict[GridKind, int] = {}

    def next(self, stream: Stream, kind: GridKind) -> str:
        number = self._used[kind] = self._used.get(kind, 0) + 1
        if kind is GridKind.village:
            return self._namer.village(stream) + "村"
        if kind is GridKind.community:
            return self._namer.village(stream) + "社区"
        word = {
            GridKind.market: "商圈",
            GridKind.street_shops: "沿街商铺",
            GridKind.industrial_park: "工业园",
            GridKind.enterprise: "企业片",
            GridKind.institutions: "机关事业片",
        }[kind]
        return self._town + word + ("" if number == 1 else f"{number}")


def _town_kinds(town: int, number: int) -> list[GridKind]:
    """What lies around a township's seat. The county seat has all kinds, the others a street and a
    community."""
    if town == 0:
        full = [
            GridKind.street_shops,
            GridKind.market,
            GridKind.community,
            GridKind.community,
            GridKind.institutions,
            GridKind.enterprise,
            GridKind.industrial_park,
        ]
        return full[: max(1, number - 3)]
    return [GridKind.street_shops, GridKind.community][: 2 if number >= 6 else 1]


def _shares(kinds: Sequence[tuple[int, GridKind]], customers: int) -> tuple[list[int], list[int]]:
    """Customers and, of them, businesses a grid: one business to twelve households in the whole county."""
    weights = [
        1.25 if kind is GridKind.community else 0.9 if kind is GridKind.village else 0.8 for _, kind in kinds
    ]
    shares = apportion(customers, weights)
    commerce = {
        GridKind.village: 0.035,
        GridKind.community: 0.09,
        GridKind.market: 0.5,
        GridKind.street_shops: 0.5,
        GridKind.industrial_park: 0.55,
        GridKind.enterprise: 0.55,
        GridKind.institutions: 0.06,
    }
    wanted = [share * commerce[kind] for share, (_, kind) in zip(shares, kinds, strict=True)]
    # every business needs a household that runs it: what is too much for one grid goes to the others
    most = [share // 2 for share in shares]
    businesses = [0] * len(shares)
    missing = round(customers / 13)
    while missing:
        more = apportion(
            missing,
            [want if have < top else 0.0 for want, have, top in zip(wanted, businesses, most, strict=True)],
        )
        before = sum(businesses)
        businesses = [min(have + add, top) for have, add, top in zip(businesses, more, most, strict=True)]
        missing -= sum(businesses) - before
    return shares, businesses


def _outline(stream: Stream, radius: float) -> Polygon:
    waves = [(k, stream.uniform(0.02, 0.22) / k, stream.uniform(0, math.tau)) for k in range(2, 9)]
    ring = []
    for i in range(_VERTICES):
        angle = math.tau * i / _VERTICES
        length = radius * (1 + sum(size * math.cos(k * angle + phase) for k, size, phase in waves))
        ring.append((length * math.cos(angle), length * math.sin(angle)))
    return Polygon(ring)


def _spread(
    stream: Stream, area: BaseGeometry, count: int, taken: Sequence[tuple[float, float]]
) -> list[tuple[float, float]]:
    """`count` points in `area`, each the farthest from all before it of a handful of random ones."""
    west, south, east, north = area.bounds
    shapely.prepare(area)
    found: list[tuple[float, float]] = []
    while len(found) < count:
        best, best_distance = None, -1.0
        tries = 0
        while tries < 12:
            candidate = (stream.uniform(west, east), stream.uniform(south, north))
            if not shapely.contains_xy(area, *candidate):
                continue
            tries += 1
            distance = min((math.dist(candidate, other) for other in [*taken, *found]), default=0.0)
            if distance > best_distance:
                best, best_distance = candidate, distance
        if best is not None:
            found.append(best)
    return found


def _around(stream: Stream, seat: tuple[float, float], count: int) -> list[tuple[float, float]]:
    """Points of a small town: one in the middle, the others in a ring around it."""
    turn = stream.uniform(0, math.tau)
    points = [seat]
    for i in range(count - 1):
        angle = turn + math.tau * i / max(count - 1, 3) + stream.uniform(-0.2, 0.2)
        away = stream.uniform(650.0, 950.0)
        points.append((seat[0] + away * math.cos(angle), seat[1] + away * math.sin(angle)))
    return points


def _cells(points: Sequence[tuple[float, float]], outline: BaseGeometry) -> list[BaseGeometry]:
    cells = shapely.voronoi_polygons(
        shapely.MultiPoint(list(points)), extend_to=outline.buffer(1000.0), ordered=True
    )
    return [cell.intersection(outline) for cell in cells.geoms]


def _relaxed(
    points: list[tuple[float, float]], outline: BaseGeometry, rounds: int
) -> list[tuple[float, float]]:
    for _ in range(rounds):
        middles: list[Point] = [cell.centroid for cell in _cells(points, outline)]
        points = [(middle.x, middle.y) for middle in middles]
    return points


class Places:
    """Where houses stand in a grid: hamlets, and houses around their middles."""

    def __init__(self, stream: Stream, grid: GridPlan) -> None:
        self._stream = stream
        # 12 m from the border, so that a rounded point never falls into the next grid
        inner = grid.cell.buffer(-12.0)
        self._inside = inner if not inner.is_empty else grid.cell
        shapely.prepare(self._inside)
        town = grid.kind is not GridKind.village
        self._spread_m = 220.0 if town else 110.0
        self.hamlets = self._points(4 if town else stream.randint(4, 8))

    def house(self, hamlet: int) -> tuple[float, float]:
        """A point of hamlet `hamlet`, longitude and latitude."""
        x, y = self.hamlets[hamlet]
        for _ in range(20):
            there = (x + self._stream.gauss(0, self._spread_m), y + self._stream.gauss(0, self._spread_m))
            if shapely.contains_xy(self._inside, *there):
                return to_degrees(*there)
        return to_degrees(x, y)

    def _points(self, count: int) -> list[tuple[float, float]]:
        return _spread(self._stream, self._inside, count, [])
