"""The shapes of what phones send about village evaluations. Limits in fen."""

from datetime import date
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from backend.evaluation.rules import (
    MOST_HOUSEHOLDS,
    MOST_LIMIT_FEN,
    MOST_REVIEWERS,
    Answers,
    Knows,
    ReviewerRole,
)

Percent = Annotated[int, Meta(ge=0, le=100)]


class NewReviewer(Struct, frozen=True):
    """Who is asked. `customer_id`: their own household, where the bank knows it."""

    id: UUID
    name: Annotated[str, Meta(min_length=1, max_length=60)]
    role: ReviewerRole
    customer_id: UUID | None = None


class CreateSession(Struct, frozen=True):
    """`evaluation.create` version 1."""

    id: UUID
    grid_id: UUID
    held_on: date
    host_id: UUID
    reviewers: Annotated[list[NewReviewer], Meta(min_length=1, max_length=MOST_REVIEWERS)]
    customer_ids: Annotated[list[UUID], Meta(min_length=1, max_length=MOST_HOUSEHOLDS)]
    place: Annotated[str, Meta(max_length=200)] = ""


class SealedForm(Struct, frozen=True):
    """One household's form, sealed by itself (context `evaluation:<session>:<reviewer>:<customer>`)."""

    customer_id: UUID
    sealed: Annotated[bytes, Meta(max_length=1024)]


class HandIn(Struct, frozen=True):
    """`evaluation.hand_in` version 1: all forms of one reviewer."""

    session_id: UUID
    reviewer_id: UUID
    forms: Annotated[list[SealedForm], Meta(min_length=1, max_length=MOST_HOUSEHOLDS)]


class Reviewed(Struct, frozen=True):
    """One household's review. `counted`: the forms that the reviewer at the branch saw."""

    customer_id: UUID
    counted: Annotated[int, Meta(ge=1)]
    percent: Percent
    reason: Annotated[str, Meta(max_length=500)] = ""


class ReviewResults(Struct, frozen=True):
    """`evaluation.review` version 1: the first or the second review of results."""

    session_id: UUID
    round: Annotated[int, Meta(ge=1, le=2)]
    items: Annotated[list[Reviewed], Meta(min_length=1, max_length=MOST_HOUSEHOLDS)]


class CloseSession(Struct, frozen=True):
    """`evaluation.close` version 1: the session takes no more forms."""

    session_id: UUID


class Invite(Struct, frozen=True):
    """`evaluation.invite` version 1: a reviewer may answer on a phone of their own. `code_hash`: SHA-256 of
    the code's text, 32 bytes; without it the code that there is, is withdrawn."""

    session_id: UUID
    reviewer_id: UUID
    code_hash: Annotated[bytes, Meta(min_length=32, max_length=32)] | None = None


class Coded(Struct, frozen=True):
    """What a reviewer's own phone shows to be let in."""

    code: Annotated[str, Meta(max_length=200)]


class CodedForms(Struct, frozen=True):
    """All forms of a reviewer from their own phone. `sealed` in base64."""

    code: Annotated[str, Meta(max_length=200)]
    forms: Annotated[list[SealedForm], Meta(min_length=1, max_length=MOST_HOUSEHOLDS)]


class AskedAbout(Struct, frozen=True):
    """A household, as the host's phone shows it to a reviewer."""

    id: UUID
    name: str
    address: str


class SealTo(Struct, frozen=True):
    """The bank's key that forms are sealed to. `key_id` in hex, `public_key` in base64url."""

    key_id: str
    public_key: str


class OwnTurn(Struct, frozen=True):
    """A reviewer's turn on their own phone: nothing that the host's phone does not show them."""

    session_id: UUID
    reviewer_id: UUID
    name: str
    place: str
    households: list[AskedAbout]
    seal: SealTo


class Taken(Struct, frozen=True):
    """How many forms the bank has of this reviewer."""

    forms: int


class Form(Struct, frozen=True):
    """What is sealed: MessagePack of this, FORM_BYTES long by its `pad`."""

    knows: Knows
    pad: bytes
    grades: dict[str, str] = {}
    limit_fen: Annotated[int, Meta(ge=0, le=MOST_LIMIT_FEN)] | None = None

    def answers(self) -> Answers:
        """As the rules take it."""
        return Answers(self.knows, self.grades, self.limit_fen)


class Purpose(Struct, frozen=True):
    """What a look is for; it goes into the audit trail."""

    purpose: Annotated[str, Meta(min_length=4, max_length=200)]


class ShownForm(Struct, frozen=True):
    """A form that was opened for somebody who may. `excluded`: why it does not count (family, said)."""

    customer_id: UUID
    customer_name: str
    knows: str
    grades: dict[str, str]
    limit_fen: int | None
    percent: int | None
    excluded: str | None


class ShownReviewer(Struct, frozen=True):
    """A reviewer with their forms."""

    id: UUID
    name: str
    role: str
    forms: list[ShownForm]


class OpenedForms(Struct, frozen=True):
    """The forms of a session, of households whose results are open."""

    reviewers: list[ShownReviewer]
