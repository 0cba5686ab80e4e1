"""Shapes of commands about customers. Money in fen, areas in square metres; text lengths are the field's
limits."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

Name = Annotated[str, Meta(min_length=1, max_length=80)]
Text200 = Annotated[str, Meta(max_length=200)]
Phone = Annotated[str, Meta(max_length=20)]


class Point(Struct, frozen=True):
    """WGS-84 degrees with the fix's accuracy in metres and its instant (ms)."""

    lon: Annotated[float, Meta(ge=-180, le=180)]
    lat: Annotated[float, Meta(ge=-90, le=90)]
    accuracy_m: Annotated[float, Meta(ge=0, le=1_000_000)]
    at: int | None = None


class NewMember(Struct, frozen=True):
    """A person of a new customer. The ID number goes up and never comes down."""

    id: UUID
    person_id: UUID
    name: Name
    relation: str
    sex: str | None = None
    birth_on: date | None = None
    phone: Phone | None = None
    id_number: Annotated[str, Meta(max_length=40)] | None = None


class CreateCustomer(Struct, frozen=True):
    """`customer.create` version 1."""

    id: UUID
    kind: str
    name: Name
    grid_id: UUID
    address: Text200
    members: Annotated[list[NewMember], Meta(max_length=40)]
    phone: Phone | None = None
    point: Point | None = None


class Edit(Struct, frozen=True):
    """One field's edit: the value the person saw and the one they gave."""

    field: str
    seen: int | str | None
    value: int | str | None


class SetValues(Struct, frozen=True):
    """`customer.set_values` version 1."""

    customer_id: UUID
    edits: Annotated[list[Edit], Meta(min_length=1, max_length=60)]


class LeaveQuestion(Struct, frozen=True):
    """`question.leave` version 1: what was asked of a customer and not answered."""

    customer_id: UUID
    question: Annotated[str, Meta(max_length=60)]
    why: Literal["unknown", "refused"]


class SeenRecord(Struct, frozen=True):
    """What the person saw of a record before they changed it."""

    kind: str | None = None
    label: str | None = None
    value_fen: int | None = None
    area_m2: int | None = None
    quantity: int | None = None
    detail: dict[str, Any] = {}


class PutRecord(Struct, frozen=True):
    """`record.put` version 1: adds a record, or replaces what is known of it. `seen`: what was shown before;
    apps from before it name the row's revision."""

    id: UUID
    customer_id: UUID
    kind: str
    label: Name
    # how large these may be, its kind says
    value_fen: int | None = None
    area_m2: int | None = None
    quantity: int | None = None
    detail: dict[str, Any] = {}
    seen_revision: int | None = None
    seen: SeenRecord | None = None


class RemoveRecord(Struct, frozen=True):
    """`record.remove` version 1."""

    id: UUID
    customer_id: UUID
    reason: Text200


class LookUp(Struct, frozen=True):
    """What is looked for: words of a name or place, these ids, or both. `purpose`: what head office looks
    for it for."""

    text: Annotated[str, Meta(max_length=60)] = ""
    ids: Annotated[list[UUID], Meta(max_length=50)] = []
    purpose: Annotated[str, Meta(min_length=4, max_length=200)] | None = None


class FoundCustomer(Struct, frozen=True):
    """A household as it is told from others: in a branch by its address, in the bank by its branch."""

    id: UUID
    kind: str
    name: str
    address: str | None
    grid_name: str | None
    branch_name: str | None = None


class FoundCustomers(Struct, frozen=True):
    """The likeliest first; `more`: there are others."""

    customers: list[FoundCustomer]
    more: bool


class Household(Struct, frozen=True):
    """A household or business as it is told from one that it may be."""

    id: UUID
    kind: str
    name: str
    address: str
    grid_name: str | None
    members: int
    created_on: date
    points: int


class DuplicatePeople(Struct, frozen=True):
    """Two members who may be one, the second in the other household; `reasons`: what agrees."""

    member_id: UUID
    person_id: UUID
    name: str
    other_member_id: UUID
    other_person_id: UUID
    other_name: str
    per_mille: int
    reasons: list[str]


class Likeness(Struct, frozen=True):
    """How likely two businesses are one; `reasons`: what agrees."""

    per_mille: int
    reasons: list[str]


class DuplicateHouseholds(Struct, frozen=True):
    """Two households of which somebody may be one, the likeliest people first; or two businesses that may be
    one themselves."""

    one: Household
    other: Household
    people: list[DuplicatePeople]
    business: Likeness | None = None


class MergedHouseholds(Struct, frozen=True):
    """A merge that can be taken back until `undo_until` (ms)."""

    customer_id: UUID
    kind: str
    name: str
    into_id: UUID
    into_name: str
    merged_at: int
    merged_by: UUID
    undo_until: int


class UnitedPerson(Struct, frozen=True):
    """Somebody who had an entry in two households and lives in `into_name`; told apart again until
    `undo_until` (ms)."""

    member_id: UUID
    customer_id: UUID
    person: str
    name: str
    into_name: str
    united_at: int
    united_by: UUID
    undo_until: int


class AcrossPeople(Struct, frozen=True):
    """Somebody of one's own branch, and somebody of another one who may be them. `numbered`: whether the bank
    has that one's ID number; years of birth alone."""

    person_id: UUID
    name: str
    born: int | None
    other_id: UUID
    other_name: str
    other_born: int | None
    other_numbered: bool
    per_mille: int
    reasons: list[str]


class AcrossHouseholds(Struct, frozen=True):
    """A household of one's own branch, and where the other one lies: more of it only its branch sees.
    `grid_id`: where one's own may be handed over to, if anywhere."""

    household: Household
    branch_name: str
    grid_id: UUID | None
    grid_name: str | None
    people: list[AcrossPeople]


class DuplicateList(Struct, frozen=True):
    """What waits for a word, the likeliest first, and what was made one, the newest first. `across`: with
    other branches, for heads."""

    waiting: list[DuplicateHouseholds]
    merged: list[MergedHouseholds]
    united: list[UnitedPerson]
    across: list[AcrossHouseholds]
    businesses: list[DuplicateHouseholds]


class SideBySide(Struct, frozen=True):
    """Two households whole, as a manager's phone has them (CONTRACT.md, section 7), as asked for."""

    pair: DuplicateHouseholds
    households: list[dict[str, Any]]


class GridCompleteness(Struct, frozen=True):
    """How complete the files of a grid are: `points` on average, `complete` how many reach the mark, `open`
    how many lack each section. Without a grid: those of the branch that lie in none."""

    id: UUID | None
    name: str | None
    customers: int
    points: int
    complete: int
    open: dict[str, int]


class Completeness(Struct, frozen=True):
    """The same of all grids together, and of each, the least complete first."""

    mark: int
    customers: int
    points: int
    complete: int
    open: dict[str, int]
    grids: list[GridCompleteness]


class FormerMember(Struct, frozen=True):
    """Somebody who was a member: `id` is the membership's, `on` the day it ended, `reason` why."""

    id: UUID
    name: str
    relation: str
    reason: str
    on: date


class FormerMembers(Struct, frozen=True):
    """The last one who left first."""

    members: list[FormerMember]
