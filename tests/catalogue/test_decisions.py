"""What must hold of every decision, tried on random feature rows in PostgreSQL."""

import random
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import duckdb
import msgspec

from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from backend.strategy import queries
from backend.strategy.definitions import Feature
from backend.strategy.engine import shipped_catalogue, shipped_statements
from backend.strategy.rules import Result

AS_OF = date(2026, 12, 15)
ROWS = 3000


def value_of(rng: random.Random, feature: Feature) -> Any:
    """A value that the feature might have, unknown where it may be."""
    if feature.otherwise.value is None and rng.random() < 0.2:
        return None
    match feature.unit:
        case "fen":
            low = -10 if feature.name == "net_assets_fen" else 0
            return rng.choice([0, rng.randint(low, 60) * rng.choice([1, 99_999, 1_000_001])])
        case "date":
            return (AS_OF - timedelta(days=rng.randint(0, 3000))).isoformat()
        case "flag":
            return rng.random() < 0.5
        case "code":
            return rng.choice(sorted(feature.column.choices))
        case "ratio":
            return rng.choice([0.0, 0.5, 1.0, 1.3, 4.0])
        case "years":
            return rng.randint(10, 80)
        case "points":
            return rng.randint(0, 100)
        case "days" if feature.name == "overdue_days":
            return rng.choice([0, 0, 0, 0, 12])
        case "days":
            return rng.randint(0, 900)
        case _:
            return rng.randint(0, 12)


def well_off(rng: random.Random) -> dict[str, Any]:
    """What makes a good score, so that the better grades and their caps are reached too."""
    return {
        "lead_age_years": None if rng.random() < 0.1 else rng.randint(25, 62),
        "harmony": "good",
        "worker_count": rng.randint(1, 4),
        "member_count": rng.randint(1, 4),
        "employee_count": rng.randint(1, 9),
        "assets_fen": rng.randint(1, 100) * 1_000_000,
        "net_assets_fen": rng.randint(1, 100) * 1_000_000,
        "income_year_fen": rng.randint(1, 40) * 1_000_003,
        "turnover_year_fen": rng.randint(1, 400) * 1_000_003,
        "costs_year_fen": rng.choice([None, 0, 10_000_000]),
        "spending_year_fen": rng.choice([None, 0, 1_000_000]),
        "contract_photo_count": rng.choice([0, 1]),
        "licence_photo_count": rng.choice([0, 1]),
        "year_average_fen": rng.randint(0, 30) * 1_000_000,
        "active_month_count": rng.randint(6, 12),
        "product_count": rng.randint(2, 6),
        "overdue_days": rng.choice([0] * 9 + [5]),
    }


def rows(rng: random.Random) -> dict[UUID, dict[str, Any]]:
    """Random feature rows by customer, every second one of the better sort."""
    features = shipped_catalogue().features.values()
    return {
        UUID(int=number): {"customer_id": str(UUID(int=number))}
        | {feature.name: value_of(rng, feature) for feature in features}
        | (well_off(rng) if number % 2 else {})
        for number in range(1, ROWS + 1)
    }


async def decide(db: Database, given: Mapping[UUID, Mapping[str, Any]]) -> dict[UUID, Result]:
    texts = [msgspec.json.encode(row).decode() for row in given.values()]
    async with db.unit(Actor.system("test")) as uow:
        return await queries.results_of(uow, shipped_statements(), texts, AS_OF)


async def test_every_decision(worker_db: Database, rng: random.Random) -> None:
    given = rows(rng)
    results = await decide(worker_db, given)
    assert results.keys() == given.keys()
    for one, result in results.items():
        check(result, given[one])
    # the rows reach far enough for the checks to mean something
    assert len({result.tier for result in results.values()}) == 4
    assert len({result.grade for result in results.values()}) == 4
    assert sum(result.limit_fen > 0 for result in results.values()) > ROWS / 20
    assert {code for result in results.values() for code, _ in result.reasons} == {
        reason.code for reason in shipped_catalogue().reasons
    }


def check(result: Result, features: Mapping[str, Any]) -> None:
    lines = [amount for code, amount in result.reasons if code.startswith("sum.")]
    assert sum(lines) == result.limit_fen, (result, features)
    raising = [amount for code, amount in result.reasons if code.startswith("raise.")]
    assert 1 <= len(result.reasons) - len(raising) <= 6
    assert len(raising) <= 3
    assert result.limit_fen >= 0
    assert result.limit_fen % 100_000 == 0
    assert result.limit_fen <= {"AAA": 30_000_000, "AA": 15_000_000, "A": 8_000_000, "none": 0}[result.grade]
    assert (result.rate_bp is None) == (result.limit_fen == 0)
    assert result.rate_bp is None or 385 <= result.rate_bp <= 480
    assert 0 <= result.score <= 100
    for code, amount in result.reasons:
        if code.startswith("cap."):
            assert amount > result.limit_fen
        if code.startswith("raise."):
            assert amount > 0
    age = features["lead_age_years"]
    unsigned = features["credit_consent_count"] == 0
    if features["overdue_days"] or age is None or not 18 <= age <= 60 or unsigned:
        assert result.limit_fen == 0
    assert result.visit_days == {"high_end": 30, "core": 60, "basic": 120, "potential": 180}[result.tier]
    assert result.contact_days == 30


async def test_a_result_applied_to_itself_stays(worker_db: Database, rng: random.Random) -> None:
    """The tier is read back as the previous one: a second run must not move it on."""
    given = rows(rng)
    first = await decide(worker_db, given)
    again = await decide(
        worker_db, {one: {**row, "previous_tier": first[one].tier} for one, row in given.items()}
    )
    assert again == first


async def test_the_tier_rises_at_once_and_never_falls_further_than_now(
    worker_db: Database, rng: random.Random
) -> None:
    order = ["potential", "basic", "core", "high_end"]
    given = rows(rng)
    without = await decide(worker_db, {one: {**row, "previous_tier": None} for one, row in given.items()})
    with_previous = await decide(worker_db, given)
    kept = 0
    for one, row in given.items():
        now, then = order.index(without[one].tier), order.index(with_previous[one].tier)
        before = -1 if row["previous_tier"] is None else order.index(row["previous_tier"])
        assert now <= then <= max(now, before)
        kept += then > now
    assert kept > 0


def in_duckdb(given: Mapping[UUID, Mapping[str, Any]]) -> dict[UUID, tuple[Any, ...]]:
    """What the nightly statement makes of the same rows."""
    features = shipped_catalogue().features.values()
    types = {"customer_id": "UUID"} | {one.name: one.column.type.value for one in features}
    texts = msgspec.json.encode(list(given.values())).decode()
    with duckdb.connect() as db:
        # row by row would take minutes
        rows_of = "SELECT unnest(from_json($texts, $types), recursive := true)"
        told = {"texts": texts, "types": msgspec.json.encode([types]).decode()}
        db.execute(f"CREATE TABLE features AS {rows_of}", told)
        found = db.execute(shipped_statements().nightly.results, {"as_of": AS_OF}).fetchall()
    return {row[0]: row[1:] for row in found}


async def test_duckdb_decides_alike(worker_db: Database, rng: random.Random) -> None:
    given = dict(list(rows(rng).items())[:1500])
    results = await decide(worker_db, given)
    for one, row in in_duckdb(given).items():
        *plain, tags, events, products, offers, codes, amounts = row
        result = results[one]
        assert tuple(plain) == (
            *(result.tier, result.stage, result.grade, result.score, result.limit_fen, result.rate_bp),
            *(result.contact_days, result.visit_days),
        )
        assert tuple(tags) == result.tag_words
        assert (tuple(events), tuple(products), tuple(offers)) == (
            result.event_words,
            result.product_words,
            result.offer_words,
        )
        assert tuple(zip(codes, amounts, strict=True)) == result.reasons
