"""What is supposed: names that are known, and read on the way; of what is ranked the largest are told."""

import random

import msgspec
import pytest
from sqlalchemy import text

from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from backend.strategy import queries
from backend.strategy.compiler import calculation_statement
from backend.strategy.engine import shipped_catalogue, shipped_statements
from backend.strategy.language.nodes import Ref, Type, integer
from backend.strategy.supposing import MOST_RANKED, moved_by
from tests.backend.strategy.test_loader import broken
from tests.catalogue.test_decisions import AS_OF, rows

FILE = "limits/raise.yaml"


@pytest.mark.parametrize(
    ("before", "after", "what", "nearest"),
    [
        (
            'supposing: {credit_consent_count: "1"}',
            'supposing: {credit_consents_count: "1"}',
            "credit_consents_count is not known here",
            "credit_consent_count",
        ),
        (
            'supposing: {credit_consent_count: "1"}',
            'supposing: {pig_count: "1"}',
            "nothing on the way to limit_fen reads pig_count",
            None,
        ),
        (
            'supposing: {credit_consent_count: "1"}',
            "supposing: {credit_consent_count: kind = 'business'}",
            "the expression gives boolean, bigint is wanted here",
            None,
        ),
        ("raises: limit_fen", "raises: limits_fen", "raises limits_fen is not known", "limit_fen"),
        ("raises: limit_fen", "raises: grade", "grade is no number known here", None),
    ],
)
def test_a_supposition_that_cannot_be_made(before: str, after: str, what: str, nearest: str | None) -> None:
    problems, _ = broken(FILE, before, after)
    assert (what, nearest) in [(str(one.what), one.nearest) for one in problems]


def test_an_amount_is_said_in_one_way() -> None:
    problems, _ = broken(FILE, "    raises: limit_fen\n", "    value: limit_fen\n    raises: limit_fen\n")
    assert problems


def test_a_goal_is_an_amount() -> None:
    problems, line = broken("reasons/limit.yaml", "amount: deposits_goal_fen", "amount: deposits_goals_fen")
    assert [(one.line, one.nearest) for one in problems] == [(line, "deposits_goal_fen")]


def test_only_what_lies_between_is_made_a_second_time() -> None:
    number = Type.bigint
    values = {
        "a": Ref("x", number),
        "b": Ref("a", number),
        "c": Ref("y", number),
        "beside": Ref("x", number),
        "wanted": Ref("b", number),
    }
    assert moved_by({"x": integer(1)}, "wanted", values) == ["a", "b", "wanted"]
    assert moved_by({"a": integer(1)}, "wanted", values) == ["b", "wanted"]
    assert moved_by({"y": integer(1)}, "wanted", values) == []


async def test_the_largest_are_told_and_no_others(worker_db: Database, rng: random.Random) -> None:
    catalogue = shipped_catalogue()
    given = rows(rng)
    # one with room above what it earns, which it has on rented land, once, and of which much is not told
    one = next(row for row in given.values() if row["kind"] == "household")
    one |= dict.fromkeys(("assets_fen", "net_assets_fen"), 100_000_000) | dict.fromkeys(
        ("income_year_fen", "planting_income_fen"), 20_000_000
    )
    one |= {
        "lead_age_years": 40,
        "credit_consent_count": 1,
        "overdue_days": 0,
        "debts_elsewhere_fen": 2_000_000,
    }
    one |= {"income_age_days": 700, "income_observed_on": "2025-01-14", "spending_year_fen": None}
    one |= {"rented_land_percent": 90, "contract_photo_count": 0, "wages_year_fen": 0, "worker_count": 3}
    one |= {"harmony": "good", "member_count": 3, "completeness_points": 90, "evaluation_percent": 90}
    texts = [msgspec.json.encode(row).decode() for row in given.values()]
    names = list(catalogue.amounts)
    ranked = {
        one.amount.value.name: one.code
        for one in catalogue.reasons
        if one.holds and isinstance(one.amount.value, Ref)
    }
    assert len(ranked) > MOST_RANKED
    async with worker_db.unit(Actor.system("test")) as uow:
        results = await queries.results_of(uow, shipped_statements(), texts, AS_OF)
        found = await uow.session.execute(
            text(calculation_statement(catalogue)), {"features": f"[{','.join(texts)}]", "as_of": AS_OF}
        )
        more = 0
        for row in found:
            amounts = dict(zip(names, row[1:], strict=False))
            holding = sorted((amounts[name] for name in ranked if amounts[name] > 0), reverse=True)
            told = [fen for code, fen in results[row[0]].reasons if code in ranked.values()]
            assert sorted(told, reverse=True) == holding[:MOST_RANKED]
            more += len(holding) > MOST_RANKED
    assert more > 0, "some have more than are told"
