"""Shapes of commands about opportunities, and of the branch's page."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

Reason = Literal["not_needed", "elsewhere", "terms", "later", "unreachable", "unfit"]


class StepOpportunity(Struct, frozen=True):
    """`opportunity.step` version 1: what was done about it, or what came of it; `reason` where nothing did.
    `customer_id`: under whom the phone shows it."""

    opportunity_id: UUID
    customer_id: UUID
    step: Literal["contact", "follow", "win", "lose", "reopen"]
    reason: Reason | None = None


class ReviewOpportunity(Struct, frozen=True):
    """`opportunity.review` version 1: a head has looked at what came of it."""

    opportunity_id: UUID
    note: Annotated[str, Meta(max_length=200)] | None = None


class Listed(Struct, frozen=True):
    """An opportunity on the branch's page. Instants in ms, days `YYYY-MM-DD`."""

    id: UUID
    customer_id: UUID
    customer_name: str
    grid_name: str | None
    event: str
    product: str | None
    dimension: str
    priority: int
    stage: str
    outcome: str | None
    reason: str | None
    assignee_id: UUID | None
    stepped_by: UUID | None
    stepped_at: int
    valid_until: str


class BranchOpportunities(Struct, frozen=True):
    """What a head steers by: counts (`won`, `lost` since the first of the month), the head's own open ones,
    and closed ones to look at, oldest first. `open_most`: how many of one customer may be open at once;
    `day_most`: how many a run over everybody gives one person a day."""

    since: str
    open: int
    waiting: int
    won: int
    lost: int
    to_review_count: int
    open_most: int
    day_most: int
    mine: list[Listed]
    to_review: list[Listed]
