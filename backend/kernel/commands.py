"""What a domain tells the synchronisation about the commands a phone may send it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.kernel.actor import Role
from backend.kernel.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class Envelope:
    """What surrounds a command's body. Times are UTC.

    `at`: the device's own clock; `observed_at`: corrected by the device's offset, never after `received_at`.
    """

    command_id: UUID
    installation_id: UUID
    staff_id: UUID
    at: datetime
    observed_at: datetime
    offset_minutes: int
    received_at: datetime
    clock_error_s: int


@dataclass(frozen=True, slots=True)
class Applied:
    """How a command took effect. `lost`: fields that kept a newer value. `alias`: {id sent: id that stands
    for it}."""

    lost: tuple[str, ...] = ()
    alias: Mapping[str, str] | None = None


Apply = Callable[[UnitOfWork, Any, Envelope], Awaitable[Applied]]


@dataclass(frozen=True, slots=True)
class CommandType:
    """One type of command: its body's shape per version, who may send it, what applies it.

    `apply` raises `Problem` to refuse: its code and detail reach the phone, and the command goes to
    quarantine whole.
    """

    name: str
    versions: Mapping[int, type[msgspec.Struct]]
    roles: frozenset[Role]
    apply: Apply
