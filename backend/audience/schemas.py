"""Shapes of choices, groups and what is answered. Money in fen, rates in basis points, days as numbers."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from backend.audience.rules import MOST_CONDITIONS, MOST_VALUES

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
