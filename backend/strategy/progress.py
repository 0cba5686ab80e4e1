"""What a recalculation of everybody is told, and tells."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from sqlalchemy.exc import DBAPIError


@dataclass(frozen=True, slots=True)
class Copy:
    """Where everything can be copied to: `url` of the login that only reads, a folder for the run's file."""

    url: str
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is: customers done of all, and how many visible results changed so far."""

    done: int
    total: int
    changed: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What it came to. `failed`: customers whose rows make PostgreSQL refuse (an amount beyond all bounds);
    their results stay as they were. `held`: nothing was written, the run waits to be let through."""

    version: int
    total: int
    changed: int
    requeued: int
    failed: tuple[UUID, ...]
    held: bool = False


@dataclass
class Times:
    """Seconds by stage."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def of(self, stage: str) -> Iterator[None]:
        """Counts what happens inside as `stage`."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.seconds[stage] = round(time.monotonic() - began, 2)


def is_about_data(error: DBAPIError) -> bool:
    """Whether PostgreSQL refused a value (SQLSTATE class 22), as against being away or in a hurry."""
    return str(getattr(error.orig, "sqlstate", "") or "").startswith("22")
