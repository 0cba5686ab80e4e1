"""Reads and writes of strategy's own tables, and the two compiled statements."""

import asyncio
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, TextClause, select, text
from sqlalchemy.dialects.postgresql import insert

from backend.customers import api as customers
from backend.kernel import bulk
from backend.kernel.db import among, encode_json
from backend.kernel.models import ServerFact
from backend.kernel.uow import UnitOfWork
from backend.strategy.compiler import Compiled
from backend.strategy.models import Decision, Profile
from backend.strategy.rules import Result


@dataclass(frozen=True, slots=True)
class FeatureRow:
    """A customer's features as JSON text, and the state of its inputs that they were read from."""

    customer_id: UUID
    inputs_revision: int
    features: str


#: customers for whom the rest of the transaction uses plans that were made once for a connection
FEW = 3
_ONE_PLAN = text("SET LOCAL plan_cache_mode = force_generic_plan")


@lru_cache(maxsize=8)
def _clause(statement: str) -> TextClause:
    """A compiled statement for SQLAlchemy, which looks through all of it for parameters each time it is made
    one: longer than PostgreSQL takes to run it for one customer."""
    return text(statement)


async def feature_rows(
    uow: UnitOfWork, statements: Compiled, ids: Sequence[UUID], as_of: date
) -> list[FeatureRow]:
    """The features of those of `ids` that are active customers, read in one snapshot."""
    if len(ids) <= FEW:
        # to plan this much SQL takes longer than to run it for a few: the plan of any number serves them
        await uow.session.execute(_ONE_PLAN)
    rows = await uow.session.execute(
        _clause(statements.features_of_some), {"customer_ids": list(ids), "as_of": as_of}
    )
    return [FeatureRow(row.customer_id, row.inputs_revision, row.features) for row in rows]


async def results_of(
    uow: UnitOfWork, statements: Compiled, features: Iterable[str], as_of: date
) -> dict[UUID, Result]:
    """The results of feature rows (JSON objects as text), whether just read or kept with an old decision."""
    rows = await uow.session.execute(
        _clause(statements.results), {"features": f"[{','.join(features)}]", "as_of": as_of}
    )
    return {
        row.customer_id: Result(
            row.tier,
            row.stage,
            row.grade,
            row.score_points,
            row.limit_fen,
            row.rate_bp,
            row.contact_days,
            row.visit_days,
            tuple(row.tag_words),
            tuple(zip(row.reason_codes, row.reason_amounts_fen, strict=True)),
            tuple(row.event_words),
            tuple(row.product_words),
            tuple(row.offer_words),
        )
        for row in rows
    }


_PROFILES = select(Profile.__table__)


async def profiles(uow: UnitOfWork, ids: Iterable[UUID]) -> dict[UUID, Row[Any]]:
    """The results in force of those of `ids` that have one: rows of `Profile`, as they stand now."""
    rows = await uow.session.execute(_PROFILES.where(among(Profile.__table__.c.customer_id, ids)))
    return {row.customer_id: row for row in rows}


def kept(features: str) -> bytes:
    """A feature row (JSON object as text) as a decision keeps it: five kilobytes in two. PostgreSQL's own
    compression and its reading of JSON cost it five times as much, for every result that changes."""
    return zlib.compress(features.encode(), level=1)


def text_of(features: bytes) -> str:
    """The feature row that `kept` made smaller."""
    return zlib.decompress(features).decode()


def values_of(features: bytes) -> dict[str, Any]:
    """Its values by name."""
    found: dict[str, Any] = msgspec.json.decode(text_of(features))
    return found


async def decision_features(
    uow: UnitOfWork, ids: Iterable[UUID], names: Sequence[str]
) -> dict[UUID, list[Any]]:
    """The features `names` that the results in force of `ids` were made from; without those customers whose
    feature row lacks one of them, or holds what may not be looked at any more."""
    rows = (
        await uow.session.execute(
            select(Profile.customer_id, Decision.made_at, Decision.features)
            .join(Decision, Decision.id == Profile.decision_id)
            .where(among(Profile.customer_id, ids))
        )
    ).all()
    less = await customers.narrowed(uow, {row.customer_id: row.made_at for row in rows})
    values = {row.customer_id: values_of(row.features) for row in rows if row.customer_id not in less}
    return {
        one: [found[name] for name in names]
        for one, found in values.items()
        if all(name in found for name in names)
    }


def result_in(profile: Row[Any]) -> Result:
    """The result that a profile row holds."""
    return Result(
        profile.tier,
        profile.stage,
        profile.grade or "none",
        profile.score,
        profile.limit_fen,
        profile.rate_bp,
        profile.contact_days,
        profile.visit_days,
        tuple(profile.tag_words),
        tuple((str(code), int(amount)) for code, amount in profile.reasons),
        tuple(profile.event_words),
        tuple(profile.product_words),
        tuple(profile.offer_words),
    )


_KEEP = (
    "INSERT INTO decision (id, customer_id, version, as_of, features, result, cause, made_at,"
    "  frozen_run_id)"
    " SELECT one, customer, CAST(:version AS integer), CAST(:as_of AS date), features, CAST(result AS jsonb),"
    "  CAST(:cause AS text), CAST(:made_at AS timestamptz), CAST(:frozen_run_id AS uuid)"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:customers AS uuid[]), CAST(:features AS bytea[]),"
    "  CAST(:results AS text[])) AS made(one, customer, features, result)"
)


@dataclass(frozen=True, slots=True)
class NewDecision:
    """A changed result with what it was made from."""

    id: UUID
    row: FeatureRow
    result: Result


async def write(
    uow: UnitOfWork,
    decisions: Sequence[NewDecision],
    version: int,
    as_of: date,
    cause: str,
    frozen_run_id: UUID | None,
) -> None:
    """Keeps the decisions and puts their results in force; `frozen_run_id`: the run they stand on."""
    rows = [one.row.features for one in decisions]
    features = await asyncio.to_thread(list, map(kept, rows)) if len(rows) > FEW else list(map(kept, rows))
    keeping = bulk.Part(
        _KEEP,
        {
            "ids": [one.id for one in decisions],
            "customers": [one.row.customer_id for one in decisions],
            "features": features,
            "results": [encode_json(one.result.plain()) for one in decisions],
            "version": version,
            "as_of": as_of,
            "cause": cause,
            "made_at": uow.now,
            "frozen_run_id": frozen_run_id,
        },
    )
    in_force = [_profile_values(one, version, as_of) for one in decisions]
    await bulk.write(uow.session, [keeping, *bulk.upserting(Profile, in_force)])


def _profile_values(decision: NewDecision, version: int, as_of: date) -> dict[str, Any]:
    result = decision.result
    return {
        "customer_id": decision.row.customer_id,
        "tier": result.tier,
        "stage": result.stage,
        "tag_words": list(result.tag_words),
        "event_words": list(result.event_words),
        "product_words": list(result.product_words),
        "offer_words": list(result.offer_words),
        "limit_fen": result.limit_fen,
        "rate_bp": result.rate_bp,
        "grade": result.grade,
        "score": result.score,
        "reasons": [list(line) for line in result.reasons],
        "contact_days": result.contact_days,
        "visit_days": result.visit_days,
        "decision_id": decision.id,
        "version": version,
        "as_of": as_of,
        "inputs_revision": decision.row.inputs_revision,
    }


GRIDS = text("SELECT grid_id, count(*) AS customers FROM facts.customer GROUP BY grid_id ORDER BY grid_id")
IN_GRID = text(
    "SELECT customer_id FROM facts.customer WHERE grid_id IS NOT DISTINCT FROM CAST(:grid AS uuid)"
    " AND customer_id > CAST(:after AS uuid) ORDER BY customer_id LIMIT :most"
)


async def grids(uow: UnitOfWork) -> list[tuple[UUID | None, int]]:
    """Every grid that has customers with their number, the unplaced ones (None) last."""
    return [(row.grid_id, row.customers) for row in await uow.session.execute(GRIDS)]


async def in_grid(uow: UnitOfWork, grid: UUID | None, after: UUID, most: int) -> list[UUID]:
    """Up to `most` customers of a grid in order of id, those behind `after`."""
    return list(await uow.session.scalars(IN_GRID, {"grid": grid, "after": after, "most": most}))


class Mark(msgspec.Struct, frozen=True):
    """How far a recalculation of everybody has come."""

    version: int
    as_of: date
    grid: UUID | None
    after: UUID
    done: int
    changed: int
    finished_at: datetime | None = None


_MARK = "strategy.recompute_all"


async def read_mark(uow: UnitOfWork) -> Mark | None:
    """Where the last recalculation of everybody stood."""
    value = await uow.session.scalar(select(ServerFact.value).where(ServerFact.name == _MARK))
    return None if value is None else msgspec.json.decode(value, type=Mark)


async def write_mark(uow: UnitOfWork, mark: Mark) -> None:
    """Notes how far it has come, in the transaction of the batch itself."""
    value = msgspec.json.encode(mark).decode()
    await uow.session.execute(
        insert(ServerFact)
        .values(name=_MARK, value=value)
        .on_conflict_do_update(index_elements=[ServerFact.name], set_={"value": value})
    )
