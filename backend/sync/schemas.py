"""The wire's shapes (CONTRACT.md). Instants are ms, hashes and receipts hex."""

from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Raw, Struct

#: no larger than a number that JavaScript holds exactly
Seq = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Hash = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class OutboxState(Struct, frozen=True):
    """How many commands wait on the phone, since when the oldest does, and how many photos."""

    depth: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    oldest: int | None = None
    photos: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None


class PullRequest(Struct, frozen=True):
    """Body of a pull."""

    partitions: Annotated[dict[str, int], Meta(max_length=2000)]
    epoch: str | None = None
    outbox: OutboxState | None = None
    app: Annotated[str, Meta(max_length=40)] = ""


class CustomerRequest(Struct, frozen=True):
    """Who is looked at, and what for: head office says it."""

    customer_id: UUID
    purpose: Annotated[str, Meta(min_length=4, max_length=200)] | None = None


class SealedCommand(Struct, frozen=True):
    """One command as sent."""

    id: UUID
    seq: Seq
    hash: Hash
    sealed: bytes


class Lost(Struct, frozen=True):
    """Places of the stream that the phone lost: `first` to `last`, or all from `first` where it cannot
    tell. `hash`: of what lay in the last one."""

    first: Seq
    last: Seq | None = None
    hash: Hash | None = None


class PushRequest(Struct, frozen=True):
    """Body of a push. `last`: nothing more waits on the phone, which was withdrawn."""

    stream: UUID
    device_now: int
    commands: Annotated[list[SealedCommand], Meta(max_length=200)]
    epoch: str | None = None
    lost: Annotated[list[Lost], Meta(max_length=50)] = []
    last: bool = False
    outbox: OutboxState | None = None
    app: Annotated[str, Meta(max_length=40)] = ""


class Command(Struct, frozen=True):
    """What a sealed command holds.

    `heard_at`, `reckoned_at`: by the bank's clock, when the phone had last heard the bank at the save,
    and what time it reckoned to be then.
    """

    id: UUID
    seq: int
    type: Annotated[str, Meta(max_length=60)]
    version: int
    at: int
    body: Raw
    offset_minutes: Annotated[int, Meta(ge=-1440, le=1440)] = 0
    observed_at: int | None = None
    needs: Annotated[list[UUID], Meta(max_length=50)] = []
    replaces: UUID | None = None
    heard_at: int | None = None
    reckoned_at: int | None = None


class Receipt(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The bank's answer to one command."""

    id: UUID
    seq: int
    result: str
    hash: str
    receipt: str | None = None
    received_at: int | None = None
    was: str | None = None
    code: str | None = None
    reason: str | None = None
    lost: list[str] | None = None
    alias: dict[str, str] | None = None
    awaits: dict[str, int] | None = None
    settled: str | None = None

    def wire(self, revisions: dict[str, int]) -> dict[str, Any]:
        """As a map; `await` (a word Python keeps for itself) takes each book's revision."""
        fields = {name: getattr(self, name) for name in self.__struct_fields__ if name != "awaits"}
        answer = {name: value for name, value in fields.items() if value is not None}
        answer["id"] = str(self.id)
        answer["await"] = {book: revisions.get(book, least) for book, least in (self.awaits or {}).items()}
        return answer


class Quarantined(Struct, frozen=True, kw_only=True):
    """A command that the bank could not apply, without its content. `received_at`: ms; `bytes`: as sealed."""

    id: UUID
    type: str
    result: str
    code: str | None
    received_at: int
    author_id: UUID
    author: str
    installation_id: UUID
    device: str
    bytes: int
    needs: list[UUID]
    replaces: UUID | None
    settled: str | None


class QuarantineList(Struct, frozen=True):
    """A page, newest first; `more`: ask again with the last id as `before`."""

    commands: list[Quarantined]
    more: bool


class Purpose(Struct, frozen=True):
    """Why somebody looks; it goes into the audit trail."""

    purpose: Annotated[str, Meta(min_length=4, max_length=200)]


class QuarantinedContent(Struct, frozen=True):
    """A command opened: `command` as the phone made it, or, where it cannot be read, `sealed` in base64.

    `hash`: hex SHA-256 of what was sealed.
    """

    id: UUID
    command: Any
    sealed: str | None
    hash: str


class PhoneView(Struct, frozen=True):
    """A phone as heads and administrators see it. Instants in ms. `states`: the most urgent first, none where
    all is well. `lost`: entries that it lost with its database, None where it could not tell how many.
    `unlock_ways`: how it says that it opens; none where it has not said."""

    installation_id: UUID
    label: str
    platform: str
    app_version: str
    staff_id: UUID
    person: str
    role: str
    branch_id: UUID | None
    branch: str | None
    enrolled_at: int
    last_seen_at: int | None
    outbox_depth: int
    outbox_oldest_at: int | None
    outbox_photos: int
    revoked_at: int | None
    delivered_at: int | None
    lost: int | None
    lost_at: int | None
    unlock_ways: list[str]
    states: list[str]


class PhoneLimits(Struct, frozen=True):
    """The policy figures in force by which phones were judged."""

    silent_days: int
    stuck_hours: int
    loss_days: int
    oldest_app: str


class PhoneList(Struct, frozen=True):
    """A page of phones, the most urgent first. `counts`: phones by state, whichever were asked for; `all`
    too."""

    phones: list[PhoneView]
    counts: dict[str, int]
    limits: PhoneLimits
    more: bool
