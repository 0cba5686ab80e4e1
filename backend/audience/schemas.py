"""Shapes of choices, groups and what is answered. Money in fen, rates in basis points, days as numbers."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from backend.audience.rules import MOST_CONDITIONS, MOST_VALUES
from backend.kernel.sheets import Format

Word = Annotated[str, Meta(min_length=1, max_length=60)]
Words = Annotated[list[Word], Meta(min_length=1, max_length=MOST_VALUES)]
Ids = Annotated[list[UUID], Meta(min_length=1, max_length=MOST_VALUES)]
Number = Annotated[int, Meta(ge=-(2**53), le=2**53)]


class Condition(Struct, frozen=True, tag_field="is", forbid_unknown_fields=True):
    """One condition that a customer meets or does not; `is` names its kind."""


class Tag(Condition, frozen=True, tag="tag"):
    """The tag of this name holds."""

    name: Word


class Tier(Condition, frozen=True, tag="tier"):
    """One of these tiers."""

    any_of: Words


class Stage(Condition, frozen=True, tag="stage"):
    """One of these stages of life."""

    any_of: Words


class Grade(Condition, frozen=True, tag="grade"):
    """One of these grades."""

    any_of: Words


class Kind(Condition, frozen=True, tag="kind"):
    """`household`, `business`."""

    any_of: Words


class Limit(Condition, frozen=True, tag="limit_fen"):
    """The calculated limit, in fen."""

    at_least: Number | None = None
    at_most: Number | None = None


class Rate(Condition, frozen=True, tag="rate_bp"):
    """The rate in basis points; who has none meets no condition on it."""

    at_least: Number | None = None
    at_most: Number | None = None


class Score(Condition, frozen=True, tag="score"):
    """Points of 100."""

    at_least: Number | None = None
    at_most: Number | None = None


class Grids(Condition, frozen=True, tag="grids"):
    """Lies in one of these grids (a village is one)."""

    any_of: Ids


class Townships(Condition, frozen=True, tag="townships"):
    """Lies in a grid of one of these townships."""

    any_of: Words


class Branches(Condition, frozen=True, tag="branches"):
    """Of one of these branches."""

    any_of: Ids


class Owners(Condition, frozen=True, tag="owners"):
    """Owned by one of these people."""

    any_of: Ids


class Visited(Condition, frozen=True, tag="visited"):
    """Met on site within so many days before today, today included."""

    within_days: Annotated[int, Meta(ge=0, le=3650)]


class Named(Condition, frozen=True, tag="named"):
    """The customer's name contains this."""

    contains: Word


class All(Condition, frozen=True, tag="all"):
    """Every one of these; without any, every customer."""

    of: "Annotated[list[AnyCondition], Meta(max_length=MOST_CONDITIONS)]"


class Any(Condition, frozen=True, tag="any"):
    """At least one of these; without any, no customer."""

    of: "Annotated[list[AnyCondition], Meta(max_length=MOST_CONDITIONS)]"


class Not(Condition, frozen=True, tag="not"):
    """This does not hold, or is not known."""

    of: "AnyCondition"


AnyCondition = (
    All
    | Any
    | Not
    | Tag
    | Tier
    | Stage
    | Grade
    | Kind
    | Limit
    | Rate
    | Score
    | Grids
    | Townships
    | Branches
    | Owners
    | Visited
    | Named
)


class Choice(Struct, frozen=True):
    """What to choose by."""

    choice: AnyCondition


class Counted(Struct, frozen=True):
    """How many customers meet a choice, of how many who can be chosen from, as of an instant (ms)."""

    count: int
    of: int
    as_of: int


Purpose = Annotated[str, Meta(min_length=4, max_length=200)]
Title = Annotated[str, Meta(min_length=1, max_length=60)]


class Asked(Struct, frozen=True):
    """Which customers to list: those who meet a choice, or those of a group. `after`: the last one of the
    page before. `purpose`: what head office lists them for."""

    choice: AnyCondition | None = None
    group_id: UUID | None = None
    after: UUID | None = None
    purpose: Purpose | None = None


class Listed(Struct, frozen=True):
    """A customer of a list, as it is told from others."""

    id: UUID
    kind: str
    name: str
    grid_name: str | None
    township: str | None
    tier: str | None
    owner_name: str | None


class ListPage(Struct, frozen=True):
    """A page of a list in order of the names' pinyin; `more`: others follow."""

    customers: list[Listed]
    more: bool


class Export(Struct, frozen=True):
    """Which customers to write into a file, in which language its words are, and what for."""

    purpose: Purpose
    choice: AnyCondition | None = None
    group_id: UUID | None = None
    language: Literal["zh", "en"] = "zh"
    format: Format = "csv"


class NewGroup(Struct, frozen=True):
    """A group to keep: `fixed` with the customers who meet the choice now, else with whoever does later."""

    id: UUID
    name: Title
    choice: AnyCondition
    fixed: bool
    why: Annotated[str, Meta(max_length=200)] = ""


class NewName(Struct, frozen=True):
    """What a group is to be called."""

    name: Title


class Group(Struct, frozen=True):
    """A group as its list shows it. `size`: of a fixed one, when it was made; times in ms."""

    id: UUID
    name: str
    why: str
    fixed: bool
    size: int
    choice: AnyCondition
    owner_id: UUID
    owner_name: str
    made_at: int
    removed: bool


class GroupList(Struct, frozen=True):
    """Groups, the last changed first."""

    groups: list[Group]


class GroundBranch(Struct, frozen=True):
    """A branch to choose by."""

    id: UUID
    name: str


class GroundGrid(Struct, frozen=True):
    """A grid to choose by."""

    id: UUID
    name: str
    township: str
    branch_id: UUID


class GroundOwner(Struct, frozen=True):
    """Somebody who owns customers of the asker's scope."""

    id: UUID
    name: str


class GroundTag(Struct, frozen=True):
    """A tag of the catalogue and its dimension; their words are the phone's own."""

    name: str
    dimension: str


class Ground(Struct, frozen=True):
    """The areas and people to choose by, of the asker's scope, and the catalogue's tags in order."""

    branches: list[GroundBranch]
    grids: list[GroundGrid]
    owners: list[GroundOwner]
    tags: list[GroundTag]
