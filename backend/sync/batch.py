"""What one push works on, and what becomes of each command."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from backend.kernel.actor import Actor
from backend.sync.models import SyncCommand
from backend.sync.schemas import Command, Receipt

#: results that other commands may build on
EFFECTIVE = frozenset({"applied", "merged", "suggested"})


@dataclass(frozen=True, slots=True)
class Delivery:
    """A withdrawn phone delivers. `ended`: when it was withdrawn; `before`, `after`: contacts around then."""

    ended: datetime
    before: datetime | None
    after: datetime | None
    window: timedelta


@dataclass(frozen=True, slots=True)
class Saved:
    """When a command was saved: by the phone's clock, and when that counts as observed."""

    at: datetime
    stands_at: datetime


@dataclass
class Stream:
    """Where a stream stands (`models.SyncStream`), and moves while its commands are taken. `last`: what was
    judged last in its place."""

    installation_id: UUID
    staff_id: UUID
    applied_seq: int
    last: Saved | None


@dataclass
class Batch:
    """What one push works on: the stream, what is known already, what is answered so far.

    `foreign`: ids that are recorded as other people's. `books`: the partitions that the sender's phones hold.
    `copied`: a place in the stream was taken twice, so nothing new of this phone is taken any more.
    `former`: the phone speaks to another life of the database, and what it has received there may be missing
    here. `delivery`: set for a phone that was withdrawn. `opened`: what the sealed commands hold (`opening`).
    """

    actor: Actor
    installation_id: UUID
    stream: Stream
    known: dict[UUID, SyncCommand]
    foreign: frozenset[UUID]
    books: frozenset[str]
    clock_error: timedelta
    received_at: datetime
    opened: Mapping[tuple[int, UUID], "Command | Verdict"]
    receipts: list[Receipt] = field(default_factory=list)
    copied: bool = False
    former: bool = False
    delivery: Delivery | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a command, before it is written down. `command`: what was sealed, where it is
    readable. `saved`: None for one out of its place, or of an earlier day."""

    result: str
    code: str | None = None
    reason: str | None = None
    lost: tuple[str, ...] = ()
    alias: Mapping[str, str] | None = None
    books: frozenset[str] = frozenset()
    command: Command | None = None
    saved: Saved | None = None
