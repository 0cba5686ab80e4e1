"""What an import found, as data.

`rendering` shows it to people; `as_json` is for programs and for keeping.
"""

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from backend.grids.importing.datum import Datum
from backend.grids.schemas import ReadyGrid

Figure = int | float | str
"""Areas in square metres, lengths in metres, shares between 0 and 1, as the figure's name says."""


class Severity(StrEnum):
    """`error` stops an import until it is mended or accepted by name; `warning` wants a look; `note` is said
    only.
    """

    error = "error"
    warning = "warning"
    note = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing noticed.

    `code` is stable; `subjects` name the grids or villages it is about (code and name).
    """

    code: str
    severity: Severity
    says: str
    subjects: tuple[str, ...] = ()
    figures: dict[str, Figure] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A village or shape of the source that gets no outline, and why. It is listed, never invented."""

    code: str
    name: str
    township: str
    reason: str


@dataclass(frozen=True, slots=True)
class DatumCheck:
    """What can be said about the datum of the source.

    `verdict`: agrees, gcj02_as_wgs84 (the source is GCJ-02 though declared WGS-84), wgs84_as_gcj02 (the
    reverse), shifted (something else moved it), inconsistent (two pairs of columns contradict each other),
    undecided (these files cannot tell). `cannot_tell` says what stays unseen.
    """

    declared: Datum
    verdict: str
    says: str
    method: str
    figures: dict[str, Figure]
    cannot_tell: str


@dataclass(frozen=True, slots=True)
class Report:
    """The whole report of one file. `counts`: named numbers of things read, placed, left out."""

    source: str
    source_sha256: str
    kind: str
    counts: dict[str, int]
    areas_m2: dict[str, int]
    datum: DatumCheck
    findings: tuple[Finding, ...]
    unplaced: tuple[Unplaced, ...]

    def stopping(self, accepted: frozenset[str] = frozenset()) -> tuple[Finding, ...]:
        """The errors that nobody has accepted by their code."""
        return tuple(
            one for one in self.findings if one.severity is Severity.error and one.code not in accepted
        )

    def with_code(self, code: str) -> tuple[Finding, ...]:
        """The findings of that code."""
        return tuple(one for one in self.findings if one.code == code)

    def as_json(self) -> str:
        """The report as a JSON document."""
        document: dict[str, Any] = asdict(self)
        return json.dumps(document, ensure_ascii=False, indent=2)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file read and checked: what would be written, and the report about it."""

    grids: tuple[ReadyGrid, ...]
    report: Report


def label(code: str, name: str) -> str:
    """How a report names a grid or village."""
    return f"{code} {name}".strip()


def square_metres(value: float) -> str:
    """An area for people: m², ha or km²."""
    if value >= 1_000_000:
        return f"{value / 1_000_000:,.2f} km²"
    if value >= 10_000:
        return f"{value / 10_000:,.1f} ha"
    return f"{value:,.0f} m²"
