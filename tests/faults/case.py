"""What the judge is given of a run, and what it says of it."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

from tests.faults.evidence import Held, Intent

#: what a fault of each kind means
KINDS = ("lost", "doubled", "stalled", "diverged", "out_of_scope", "order", "receipt", "unsealed", "error")


@dataclass
class Verdict:
    """What was found wrong, by kind; `quarantined` are commands that wait for a person, which is no fault."""

    faults: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    saved: int = 0
    quarantined: int = 0
    suggested: int = 0
    rows: int = 0
    photos: int = 0
    #: went with a deleted database, and the bank was told so
    declared_lost: int = 0
    #: what became of commands: how many by type and result
    results: Counter[str] = field(default_factory=Counter)

    def add(self, kind: str, what: str) -> None:
        """Notes a fault."""
        self.faults[kind].append(what)

    @property
    def clean(self) -> bool:
        """Nothing is wrong."""
        return not any(self.faults.values())

    def told(self) -> str:
        """`2 lost, 1 stalled`."""
        return (
            ", ".join(f"{len(self.faults[kind])} {kind}" for kind in KINDS if self.faults.get(kind))
            or "clean"
        )


@dataclass(frozen=True)
class Case:
    """All that the judge is given of a run.

    `held_grids`: ids by person, as the harness assigned them. `people`: (staff id, role) by person, the role
    one of agent, manager, head. `phones`: person by phone. `jumpy`: phones whose clock jumped. `may_refuse`:
    grids or households went to others. `restored`: a backup was put in the database's place.
    """

    intents: list[Intent]
    dumps: Mapping[str, Held]
    phones: Mapping[str, str]
    people: Mapping[str, tuple[UUID, str]]
    branch: UUID
    held_grids: Mapping[str, set[UUID]]
    all_grids: tuple[UUID, ...]
    jumpy: frozenset[str]
    may_refuse: bool
    restored: bool
    #: where the bank keeps files
    files: Path
    #: words that must lie nowhere in the clear, and the places that were searched: name → bytes
    secrets: tuple[str, ...]
    places: Mapping[str, bytes]
    since: datetime
