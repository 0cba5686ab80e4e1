"""Values that the grids domain takes and gives."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from msgspec import Struct

from backend.grids.rules import Duty, GridKind

#: a grid, and a point by longitude and latitude (WGS-84 degrees)
Spot = tuple[UUID, float, float]


@dataclass(frozen=True, slots=True)
class ReadyGrid:
    """One grid ready to be written.

    `branch`: code of a branch, or empty for the import's default. `outline_wkb`: WKB of a (multi)polygon in
    WGS-84 degrees; `lon`, `lat`: a point of it, WGS-84; `area_m2`: its area on the ellipsoid.
    """

    code: str
    name: str
    kind: GridKind
    township: str
    area_code: str
    branch: str
    outline_wkb: bytes
    lon: float
    lat: float
    area_m2: int


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What an import did.

    `absent`: codes of active grids of the same branches that the file does not have.
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: int
    retired: tuple[str, ...]
    absent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who holds a grid in what part, from a day to a day (exclusive; None: until further notice)."""

    grid_id: UUID
    staff_id: UUID
    duty: Duty
    from_on: date
    to_on: date | None


@dataclass(frozen=True, slots=True)
class GridFacts:
    """What other domains need to know of a grid. `lon`, `lat`: a point inside it, WGS-84 degrees."""

    id: UUID
    code: str
    name: str
    kind: GridKind
    township: str
    branch_id: UUID
    manager_id: UUID | None
    lon: float
    lat: float
    active: bool


class GridChoice(Struct, frozen=True):
    """A grid that a household may be moved to. `lon`, `lat`: a point inside it, WGS-84 degrees."""

    id: UUID
    code: str
    name: str
    kind: str
    township: str
    branch_id: UUID
    branch_name: str
    manager_id: UUID | None
    lon: float
    lat: float


class GridChoices(Struct, frozen=True):
    """By code."""

    grids: list[GridChoice]
