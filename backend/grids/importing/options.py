"""What a person may say about an import."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from backend.grids.importing.datum import Datum


class SourceKind(StrEnum):
    """`geojson`: areas (also any vector file that GDAL reads); `villages`: a table of points."""

    GEOJSON = "geojson"
    VILLAGES = "villages"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How a file is to be read.

    `kind`: None to tell by the file's ending. `datum` and `county_datum`: what the numbers are declared to
    be. `county`: GeoJSON with the county's outline, needed for `villages`. `towns`: table with the towns'
    names and seats. `names`: our field → the file's property or column. `crs`: the projection of a file in
    metres. `branches`: township (code or name) → branch code; the empty township stands for all others.
    `place`: codes of villages that are placed although the checks would withhold them.
    """

    kind: SourceKind | None = None
    datum: Datum = Datum.WGS84
    county: Path | None = None
    county_datum: Datum = Datum.WGS84
    towns: Path | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    crs: str | None = None
    branches: Mapping[str, str] = field(default_factory=dict)
    place: frozenset[str] = frozenset()
    max_bytes: int = 64 * 1024 * 1024
    max_features: int = 20_000
    max_positions: int = 5_000_000

    def branch_of(self, township: str, town_code: str = "") -> str:
        """The branch code for a township, by its code, its name, or the one given for all."""
        for one in (town_code, township):
            # the empty name stands for all others and must not be found by an empty township before them
            if one and one in self.branches:
                return self.branches[one]
        return self.branches.get("", "")
