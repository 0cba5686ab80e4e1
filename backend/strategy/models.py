"""Published catalogues, each customer's result in force, and the decisions it came from."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.db import Base


class CatalogueVersion(Base):
    """A published catalogue: immutable but for when it took force, left it, or was withdrawn before.

    `content`: the YAML files by path; `digest`: SHA-256 over them. Without `publisher_id` it is one that
    shipped. At most one has taken force and not left it.
    """

    __tablename__ = "catalogue_version"
    version: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(index=True)
    content: Mapped[dict[str, Any]]
    valid_from: Mapped[date]
    published_at: Mapped[datetime]
    author_id: Mapped[uuid.UUID | None]
    publisher_id: Mapped[uuid.UUID | None]
    took_force_at: Mapped[datetime | None]
    left_force_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class Profile(Base):
    """A customer's result in force. Limit in fen, rate in basis points; `…_words`: bits by stable position,
    of tags, events that hold, products that suit, packages and plans."""

    __tablename__ = "profile"
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    tier: Mapped[str]
    stage: Mapped[str]
    tag_words: Mapped[list[int]]
    event_words: Mapped[list[int]] = mapped_column(server_default="{}")
    product_words: Mapped[list[int]] = mapped_column(server_default="{}")
    offer_words: Mapped[list[int]] = mapped_column(server_default="{}")
    limit_fen: Mapped[int]
    rate_bp: Mapped[int | None]
    grade: Mapped[str | None]
    score: Mapped[int]
    reasons: Mapped[list[Any]]
    contact_days: Mapped[int]
    visit_days: Mapped[int]
    decision_id: Mapped[uuid.UUID]
    version: Mapped[int]
    as_of: Mapped[date]
    inputs_revision: Mapped[int]


class Decision(Base):
    """A changed result with the feature row it was made from, so that it replays to the fen.

    `features`: as `queries.kept` makes them small."""

    __tablename__ = "decision"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"), index=True)
    version: Mapped[int]
    as_of: Mapped[date]
    features: Mapped[bytes]
    result: Mapped[dict[str, Any]]
    cause: Mapped[str]
    made_at: Mapped[datetime]
    frozen_run_id: Mapped[uuid.UUID | None]
    __table_args__ = (
        Index(
            "ix_decision_frozen_run_id", "frozen_run_id", postgresql_where=text("frozen_run_id IS NOT NULL")
        ),
    )


class FrozenRun(Base):
    """Figures over everybody, worked out once for `as_of` by catalogue `version`; at most one is in force
    (`left_force_at` empty). `definitions`: what was asked, whether or not any place had enough members. Kept
    while a decision cites it."""

    __tablename__ = "frozen_run"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    as_of: Mapped[date]
    version: Mapped[int]
    definitions: Mapped[list[str]]
    made_at: Mapped[datetime]
    left_force_at: Mapped[datetime | None]
    __table_args__ = (
        Index(
            "uq_frozen_run_in_force",
            text("(true)"),
            unique=True,
            postgresql_where=text("left_force_at IS NULL"),
        ),
    )


class FrozenValue(Base):
    """One figure of a run at one place: `level` village, township or bank, `place` as `facts.place` has
    it."""

    __tablename__ = "frozen_value"
    run_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("frozen_run.id"), primary_key=True)
    level: Mapped[str] = mapped_column(primary_key=True)
    place: Mapped[str] = mapped_column(primary_key=True)
    definition: Mapped[str] = mapped_column(primary_key=True)
    amount: Mapped[int]


class StrategyRun(Base):
    """A recalculation of everybody.

    `state`: running, done, held (until somebody lets it through), settled (held, and a later one took its
    place), cut (its process went away), superseded (another catalogue took force), failed. `problem`: why it
    is held, where not for what it moves; `stale`: the sources that were too old for it. `seconds`: by stage.
    `tiers`, `zeroed`: of customers whose result can be compared (`known`), how many got another tier, or lost
    their limit.
    """

    __tablename__ = "strategy_run"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    cause: Mapped[str]
    engine: Mapped[str]
    version: Mapped[int]
    as_of: Mapped[date]
    state: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None]
    customers: Mapped[int]
    source_rows: Mapped[int]
    changed: Mapped[int]
    requeued: Mapped[int]
    known: Mapped[int]
    tiers: Mapped[int]
    zeroed: Mapped[int]
    seconds: Mapped[dict[str, Any]]
    released_at: Mapped[datetime | None]
    problem: Mapped[str | None]
    stale: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))


class StrategyDraft(Base):
    """Changes upon a published version, worked at by several people until another one publishes them.

    `overlay`: by path the text (null: removed), the `revision` at which it last changed, by whom, when.
    `revision` counts every change of a file. `checked_digest`: of the files that were last checked well.
    """

    __tablename__ = "strategy_draft"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    title: Mapped[str]
    note: Mapped[str]
    origin: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    base_version: Mapped[int] = mapped_column(ForeignKey("catalogue_version.version"))
    overlay: Mapped[dict[str, Any]]
    revision: Mapped[int]
    digest: Mapped[str]
    checked_digest: Mapped[str | None]
    author_id: Mapped[uuid.UUID | None]
    editors: Mapped[list[uuid.UUID]]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    changed_by: Mapped[uuid.UUID | None]
    submitted_by: Mapped[uuid.UUID | None]
    returned_reason: Mapped[str | None]
    published_version: Mapped[int | None]


class StrategySimulation(Base):
    """A draft worked out for everybody beside the version in force; nothing of it is in force.

    `state`: queued, running, done, failed, cancelled. `files_digest`: of the draft's files that were worked
    out. `result` holds customers by id, without names.
    """

    __tablename__ = "strategy_simulation"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    draft_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("strategy_draft.id"), index=True)
    files_digest: Mapped[str]
    base_version: Mapped[int]
    as_of: Mapped[date | None]
    state: Mapped[str]
    stage: Mapped[str]
    asked_by: Mapped[uuid.UUID | None]
    asked_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    seconds: Mapped[dict[str, Any]]
    result: Mapped[dict[str, Any] | None]
    problem: Mapped[str | None]


class StrategySimulated(Base):
    """Every customer of a simulation before and after (`simulated_rows`), by id. Of a draft's simulations
    only the last one has them, and for some days (policy figure `simulation_rows_days`)."""

    __tablename__ = "strategy_simulated"
    simulation_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("strategy_simulation.id", ondelete="CASCADE"), primary_key=True
    )
    made_at: Mapped[datetime] = mapped_column(index=True)
    content: Mapped[bytes]
