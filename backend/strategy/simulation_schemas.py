"""Shapes of simulations and of runs over HTTP. Money in fen, rates in basis points, times UTC."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from backend.strategy.schemas import Purpose, SimulationLine


class Gate(Struct, frozen=True):
    """A bound of the policy: `count` of `known` customers against `per_mille`; `is_passed`: beyond it."""

    count: int
    known: int
    per_mille: int
    is_passed: bool


class Sums(Struct, frozen=True):
    """Limits in fen; `rate_bp`: the mean of those that have a limit, weighted by it, cut to whole points."""

    customers: int
    limit_fen: int
    with_limit: int
    rate_bp: int | None


class Band(Struct, frozen=True):
    """Customers above `over` (None: no beginning) up to and with `up_to` (None: no end), before and after."""

    over: int | None
    up_to: int | None
    before: int
    after: int


class Move(Struct, frozen=True):
    """Customers of one row before and column after."""

    before: str
    after: str
    customers: int


class Turn(Struct, frozen=True):
    """How many customers get a tag, event, product that suits or offer, and how many lose it; `held`: that
    have it before and after. `kind`: tag, event, product, offer."""

    kind: str
    name: str
    zh: str
    en: str
    gained: int
    lost: int
    held: int


class Affected(Struct, frozen=True):
    """How many customers' value of a changed rule is another one."""

    name: str
    customers: int


class OfBranch(Struct, frozen=True):
    """A branch's sums, tiers that rise and fall, limits that are lost."""

    branch_id: UUID | None
    name: str | None
    before: Sums
    after: Sums
    rises: int
    falls: int
    zeroed: int


class ReasonMove(Struct, frozen=True):
    """A line of the explanation of a limit, in fen; None: not among the reasons then."""

    code: str
    zh: str
    en: str
    before_fen: int | None
    after_fen: int | None


class Turned(Struct, frozen=True):
    """A tag, event, product or offer that a customer gets or loses; `kind` as in Turn."""

    kind: str
    name: str
    zh: str
    en: str


class Mover(Struct, frozen=True):
    """A customer before and after. `name`: only where the asker may see it. Of the hundred that move most
    `reasons`: the lines of the explanation that differ most, and `lines`: all of both (none in simulations of
    before they were kept). `gained`, `lost`: only where customers were asked for."""

    customer_id: UUID
    name: str | None
    branch_id: UUID | None
    branch: str | None
    tier_before: str
    tier_after: str
    limit_before_fen: int
    limit_after_fen: int
    rate_before_bp: int | None
    rate_after_bp: int | None
    reasons: tuple[ReasonMove, ...]
    lines: tuple[ReasonMove, ...] = ()
    gained: tuple[Turned, ...] = ()
    lost: tuple[Turned, ...] = ()


class Label(Struct, frozen=True):
    """A code's name."""

    code: str
    zh: str
    en: str


class SimulationResult(Struct, frozen=True):
    """Everybody by the version in force and by the draft, both as of the same day and rows. `tiers`: of both,
    highest first; `changed`: results that a person would see differ."""

    customers: int
    changed: int
    rises: int
    falls: int
    tiers: tuple[Label, ...]
    matrix: tuple[Move, ...]
    tier_gate: Gate
    zero_gate: Gate
    before: Sums
    after: Sums
    limits: tuple[Band, ...]
    rates: tuple[Band, ...]
    turns: tuple[Turn, ...]
    rules: tuple[Affected, ...]
    branches: tuple[OfBranch, ...]
    seconds: dict[str, float]


class SimulationView(Struct, frozen=True):
    """A simulation with what came of it. Movers are asked for apart: they are customers."""

    line: SimulationLine
    draft_id: UUID
    draft_title: str
    digest: str
    result: SimulationResult | None


class AskMovers(Struct, frozen=True):
    """`purpose`: what head office looks at customers for; the business department needs none."""

    purpose: Purpose | None = None


class Movers(Struct, frozen=True):
    """Up to a hundred, those that move most first."""

    movers: tuple[Mover, ...]


class OfCell(Struct, frozen=True, tag_field="of", tag="cell"):
    """Customers of one tier before and one after, by code."""

    before: str
    after: str


class OfBand(Struct, frozen=True, tag_field="of", tag="band"):
    """Customers in a band of limits (fen), or of rates (basis points; of those with a limit)."""

    value: Literal["limit", "rate"]
    side: Literal["before", "after"]
    over: int | None = None
    up_to: int | None = None


class OfGate(Struct, frozen=True, tag_field="of", tag="gate"):
    """Customers who come to another tier, or lose their limit."""

    value: Literal["tier", "limit"]


class OfTurn(Struct, frozen=True, tag_field="of", tag="turn"):
    """Customers who get, or lose, a tag, event, product or offer."""

    kind: str
    name: str
    change: Literal["gained", "lost"]


class InBranch(Struct, frozen=True, tag_field="of", tag="branch"):
    """Customers of a branch (None: of none) whose tier, limit or rate is another one."""

    branch_id: UUID | None = None


Chosen = OfCell | OfBand | OfGate | OfTurn | InBranch


class AskCustomers(Struct, frozen=True):
    """`after`: how many were shown already; `purpose` as for movers."""

    chosen: Chosen
    after: Annotated[int, Meta(ge=0, le=10_000_000)] = 0
    purpose: Purpose | None = None


class Customers(Struct, frozen=True):
    """A page of those who are meant, those that move most first; `total`: how many they are."""

    total: int
    customers: tuple[Mover, ...]


class Export(Struct, frozen=True):
    """`format`: csv or xlsx; `purpose` as for movers; without `chosen` the movers."""

    format: Literal["csv", "xlsx"]
    purpose: Purpose | None = None
    chosen: Chosen | None = None


class StaleView(Struct, frozen=True):
    """A source that was too old for a run: its newest file tells of `day`, and may be `days` old. `files`:
    kinds of files, any of which brings it on."""

    source: str
    zh: str
    en: str
    files: tuple[str, ...]
    day: date
    days: int


class RunView(Struct, frozen=True):
    """A recalculation of everybody. `state`: running, done, held, settled, cut, superseded, failed;
    `is_waiting`: held and not let through. `problem`: why it is held, where not for what it moves; `stale`:
    the sources that were too old for it. Seconds by stage."""

    id: UUID
    cause: str
    engine: str
    version: int
    as_of: date
    state: str
    is_waiting: bool
    started_at: datetime
    finished_at: datetime | None
    customers: int
    changed: int
    known: int
    tiers: int
    zeroed: int
    released_at: datetime | None
    seconds: dict[str, float]
    problem: str | None
    stale: tuple[StaleView, ...] = ()


class Runs(Struct, frozen=True):
    """The last recalculations of everybody, newest first."""

    runs: tuple[RunView, ...]
