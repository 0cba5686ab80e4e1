"""What a domain tells the synchronisation about the commands a phone may send it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from backend.kernel.actor import Role
from backend.kernel.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class Envelope:
    """What surrounds a command's body. Times are UTC.

    `at`: the device's own clock; `observed_at`: corrected by the device's offset, never after `received_at`.
    `after`: what the same phone saved before this, by its own clock too, counts as observed then.
    """

    command_id: UUID
    installation_id: UUID
    staff_id: UUID
    at: datetime
    observed_at: datetime
    offset_minutes: int
    received_at: datetime
    clock_error_s: int
    after: datetime | None = None

    @property
    def stands_at(self) -> datetime:
        """When it counts as observed beside other observations.

        A push that is long on its way makes all in it look later than it was; what a person saved after that
        on the same phone must not come before it.
        """
        return self.observed_at if self.after is None else max(self.after, self.observed_at)


@dataclass(frozen=True, slots=True)
class Applied:
    """How a command took effect. `lost`: fields that kept a newer value. `alias`: {id sent: id that stands
    for it}."""

    lost: tuple[str, ...] = ()
    alias: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """How one of several commands took effect, and the partitions that it touched."""

    applied: Applied
    books: frozenset[str]


Apply = Callable[[UnitOfWork, Any, Envelope], Awaitable[Applied]]
ApplyTogether = Callable[[UnitOfWork, Sequence[tuple[Any, Envelope]]], Awaitable[Sequence[Effect]]]
Upcast = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Ground:
    """What a command is about: a customer, or (for one that makes a customer) a grid."""

    customer_id: UUID | None = None
    grid_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Late:
    """What becomes of a command whose author has lost the ground since (`out_of_scope`), in time.

    `how`: `add` is applied all the same, since it only adds; `suggest` is put to the customer's new owner;
    `moot` has nothing left to do, since the thing went to another person (`lost` names it). `ground`: what
    the body is about, None where it is not the author's; it is asked with the system's sight.
    """

    how: Literal["add", "suggest", "moot"]
    ground: Callable[[UnitOfWork, Any, Envelope], Awaitable[Ground | None]]
    lost: tuple[str, ...] = ()


def about_customer(how: Literal["add", "suggest"]) -> Late:
    """For bodies that name their customer."""

    async def ground(_uow: UnitOfWork, body: Any, _envelope: Envelope) -> Ground:
        return Ground(customer_id=body.customer_id)

    return Late(how, ground)


@dataclass(frozen=True, slots=True)
class CommandType:
    """One type of command: its body's shape per version, who may send it, what applies it.

    `apply` takes the body of the newest version and raises `Problem` to refuse: its code and detail reach the
    phone, and the command goes to quarantine whole. `upcasts`: for each older version what makes its body one
    of the next version. `superseded`: the day on which a version's successor shipped; phones may send the
    older one for as long as they may stay offline. `former`: a name that it had before, taken like this one.
    `late`: None where a lost right refuses it.

    `together` applies several commands that follow one another in a few statements, with the same effect as
    `apply` one by one: as many from the first on as need nothing but the usual, perhaps none. What it leaves
    is applied alone, and all of it where it raises.
    """

    name: str
    versions: Mapping[int, type[msgspec.Struct]]
    roles: frozenset[Role]
    apply: Apply
    late: Late | None = None
    together: ApplyTogether | None = None
    upcasts: Mapping[int, Upcast] = field(default_factory=dict)
    superseded: Mapping[int, date] = field(default_factory=dict)
    former: str | None = None

    def __post_init__(self) -> None:
        older = sorted(self.versions)[:-1]
        if sorted(self.upcasts) != older or sorted(self.superseded) != older:
            raise ValueError(f"{self.name}: each version but the newest needs an upcast and its last day")

    @property
    def newest(self) -> int:
        return max(self.versions)

    def upcast(self, version: int, body: Any) -> Any:
        """The body of `version` as one of the newest. Versions follow one another without holes."""
        for step in range(version, self.newest):
            body = self.upcasts[step](body)
        return body
