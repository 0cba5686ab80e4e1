"""The shape of a logged contact. Money in fen, lengths in metres, instants in ms."""

from datetime import date
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct, field

Code = Annotated[str, Meta(min_length=1, max_length=40)]


class Fix(Struct, frozen=True):
    """A phone's position: WGS-84 degrees, accuracy in metres, instant of the fix in ms."""

    lon: Annotated[float, Meta(ge=-180, le=180)]
    lat: Annotated[float, Meta(ge=-90, le=90)]
    accuracy_m: Annotated[float, Meta(ge=0, le=10_000_000)]
    at: int


class Photo(Struct, frozen=True):
    """A photo by the hash of its bytes; `class` is its photo class."""

    hash: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    file_class: Code = field(name="class")
    taken_at: int | None = None


class Attachment(Struct, frozen=True):
    """A signature or a voice note by the hash of its bytes; `duration_ms` as the phone measured it."""

    hash: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    file_class: Annotated[str, Meta(pattern="^(signature|voice)$")] = field(name="class")
    taken_at: int | None = None
    duration_ms: Annotated[int, Meta(ge=0, le=3_600_000)] | None = None


class Contact(Struct, frozen=True, kw_only=True):
    """What is said of a contact, whoever it was with.

    `companion_id`: the colleague who came along. `meeting_id`: the same for all households of one village
    meeting, each of which has a contact of its own.
    """

    id: UUID
    channel: Code
    purpose: Code
    outcome: Code
    needs: Annotated[list[Code], Meta(max_length=30)] = []
    presented: Annotated[list[Code], Meta(max_length=30)] = []
    wanted_fen: Annotated[int, Meta(ge=0, le=100_000_000_000)] | None = None
    wanted_for: Annotated[str, Meta(max_length=200)] | None = None
    note: Annotated[str, Meta(max_length=4000)] | None = None
    point: Fix | None = None
    companion_id: UUID | None = None
    meeting_id: UUID | None = None
    photos: Annotated[list[Photo], Meta(max_length=20)] = []
    files: Annotated[list[Attachment], Meta(max_length=5)] = []
    next_on: date | None = None
    next_purpose: Code | None = None


class LogVisit(Contact, frozen=True, kw_only=True):
    """`visit.log` version 1."""

    customer_id: UUID


class Supplement(Struct, frozen=True, kw_only=True):
    """`visit.supplement` version 1: what is added later to a contact, which itself is never edited."""

    id: UUID
    visit_id: UUID
    customer_id: UUID
    note: Annotated[str, Meta(max_length=4000)] | None = None
    photos: Annotated[list[Photo], Meta(max_length=20)] = []
    files: Annotated[list[Attachment], Meta(max_length=5)] = []


class LogUnplaced(Contact, frozen=True, kw_only=True):
    """`visit.log_unplaced` version 1: what the person typed stands in place of the household."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    place: Annotated[str, Meta(max_length=200)] = ""


class PlaceVisit(Struct, frozen=True):
    """`visit.place` version 1: the household of a visit that was logged without one."""

    visit_id: UUID
    customer_id: UUID
