"""Shapes of identity's requests and answers (JSON)."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

Text = Annotated[str, Meta(min_length=1, max_length=200)]
#: a sealed 32-byte key takes 154 bytes; the limit leaves room for another form
Sealed = Annotated[str, Meta(min_length=1, max_length=1024)]


class Credentials(Struct, frozen=True):
    """What a person types."""

    login: Text
    password: Annotated[str, Meta(min_length=1, max_length=1000)]

    def __repr__(self) -> str:
        return "Credentials(…)"


class StaffView(Struct, frozen=True):
    """The signed-in person. `unit_name` and `branch_name` are names of the org tree; HQ staff have no
    branch."""

    id: UUID
    name: str
    role: str
    unit_id: UUID
    unit_name: str
    branch_id: UUID | None
    branch_name: str | None


class SignedIn(Struct, frozen=True):
    """Who is signed in, and what a phone must know before it first synchronises."""

    staff: StaffView
    offline_hours: int
    test_mode: bool
    demo_mode: bool
    #: the phone must be opened by fingerprint or face
    unlock_requires_prf: bool


class Everywhere(Struct, frozen=True):
    """Whether to end this session only, or every session of the person."""

    everywhere: bool = False


class Enrolment(Struct, frozen=True):
    """A phone that wants to be known. `public_key`: JWK, P-256, public half only."""

    installation_id: UUID
    public_key: dict[str, Any]
    label: Text
    platform: Annotated[str, Meta(max_length=200)] = ""
    app_version: Annotated[str, Meta(max_length=50)] = ""


class ServerKey(Struct, frozen=True):
    """A key of the server that phones seal to: id in hex, 65 bytes in base64url."""

    key_id: str
    public_key: str


class Enrolled(Struct, frozen=True):
    """The answer to an enrolment."""

    installation_id: UUID
    seal: ServerKey
    escrow: ServerKey


class Escrow(Struct, frozen=True):
    """The phone's data key, sealed to the escrow key with context `escrow:<installation id>`; base64url."""

    sealed: Sealed


class Release(Struct, frozen=True):
    """Asks for the data key. `public_key`: a fresh P-256 key of the phone, 65 bytes uncompressed,
    base64url."""

    password: Annotated[str, Meta(min_length=1, max_length=1000)]
    public_key: Annotated[str, Meta(max_length=100)]

    def __repr__(self) -> str:
        return "Release(…)"


class UnlockWays(Struct, frozen=True):
    """How a phone is opened: none of it ever reaches the bank, only which there are."""

    ways: Annotated[list[Literal["pin", "passphrase", "prf"]], Meta(max_length=3)]


class DeviceView(Struct, frozen=True):
    """One of the person's phones. Times are milliseconds since 1970 UTC. `current`: the one that asks."""

    installation_id: UUID
    label: str
    platform: str
    app_version: str
    enrolled_at: int
    revoked_at: int | None
    last_seen_at: int | None
    outbox_depth: int
    unlock_ways: list[str]
    current: bool


class Devices(Struct, frozen=True):
    """The person's phones, newest first."""

    devices: list[DeviceView]


class NewStaff(msgspec.Struct, frozen=True, kw_only=True):
    """A person to be given an account. `password_hash`: see `hash_password`; None: cannot sign in yet."""

    id: UUID
    login: str
    name: str
    role: str
    unit_id: UUID
    password_hash: str | None = None
