"""What is asked of an import, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from backend.banking.rules import Kind


@dataclass(frozen=True, slots=True)
class Order:
    """A file to take.

    `as_of`: of which day it tells, where no column does. `force`: in spite of many rejected rows and of
    amounts that look like another unit. `again`: though this very file was taken before. `run_by`: who typed
    the command.
    """

    kind: Kind
    path: Path
    as_of: date | None = None
    force: bool = False
    again: bool = False
    run_by: str = ""


@dataclass(slots=True)
class Counts:
    """What became of the rows; they add up to `rows`."""

    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    #: of an older day than what is known
    older: int = 0
    #: said again, or overtaken, by another line of the file
    repeated: int = 0
    rejected: int = 0

    def add_up(self) -> bool:
        """Whether every row is accounted for."""
        taken = self.added + self.changed + self.unchanged + self.older + self.repeated
        return self.rows == taken + self.rejected


@dataclass(slots=True)
class Outcome:
    """What came of a file. `taken_before`: when the very same one was taken; then nothing was done.

    `customers`: whose figures changed. `by_code`: rejected rows by their reason.
    """

    encoding: str
    separator: str
    as_of: date | None = None
    counts: Counts = field(default_factory=Counts)
    customers: int = 0
    by_code: Mapping[str, int] = field(default_factory=dict)
    rejects: Path | None = None
    taken_before: datetime | None = None
