"""What is said to raise a limit, taken at its word: done for some of the county of whom it is said, and
worked out again, the limit rises by what was said, to the fen."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from backend.customers import service
from backend.kernel.actor import Actor
from backend.kernel.crypto import Keys
from backend.kernel.uow import Database, UnitOfWork
from backend.strategy import queries
from backend.strategy.compiler import calculated, calculation_statement
from backend.strategy.engine import shipped_catalogue, shipped_statements
from backend.strategy.language.nodes import Ref
from tests.backend.demo.conftest import LoadedCounty
from tests.support.clock import MovingClock

pytestmark = pytest.mark.slow
#: unproven land and turnover count in part, and evaluations count
AS_OF = date(2026, 12, 15)
AT = datetime(2026, 12, 15, 2, tzinfo=UTC)
#: of each line so many customers are tried
TRIED = 40

_LEADS = """
SELECT person_id FROM membership WHERE customer_id = ANY(:ids) AND until_on IS NULL
AND relation IN ('head', 'owner', 'legal_person')
"""
_CONSENT = f"""
UPDATE person SET consented = array_append(consented, 'credit')
WHERE id IN ({_LEADS}) AND NOT 'credit' = ANY (consented)
"""
_BORN = f"UPDATE person SET birth_on = CAST('1966-12-15' AS date) WHERE id IN ({_LEADS})"
_PHOTO = """
INSERT INTO customer_photo (id, customer_id, file_hash, file_class, taken_at, observed_at)
SELECT gen_random_uuid(), one, repeat('0', 64), '{}', now(), now() FROM unnest(CAST(:ids AS uuid[])) one
"""
_VALUE = """
INSERT INTO customer_value (customer_id, field, source, {column}, observed_at, shown, disputed)
SELECT c.id, {field}, 'collected', {value}, :at, true, false
FROM unnest(CAST(:ids AS uuid[]), CAST(:goals AS bigint[])) AS one (id, goal)
JOIN customer c ON c.id = one.id
ON CONFLICT (customer_id, field, source) DO UPDATE SET
amount = excluded.amount, choice = excluded.choice, observed_at = excluded.observed_at, shown = true
"""
_SPENDING = _VALUE.format(
    column="amount",
    field="CASE c.kind WHEN 'household' THEN 'spending_living_fen' ELSE 'costs_year_fen' END",
    value="one.goal",
)
_LOOKED_AT = """
UPDATE customer_value SET observed_at = :at WHERE customer_id = ANY(:ids)
AND (left(field, 7) = 'income_' OR field = 'turnover_year_fen')
"""
_EVALUATED = """
INSERT INTO evaluation_result (session_id, customer_id, counted, known, grades, flags, opened_at,
settled_percent, settled_at, current, counts_for)
SELECT (SELECT id FROM evaluation_session ORDER BY id LIMIT 1), one, 3, 3, '{}', '{}', :at, 80, :at, true, one
FROM unnest(CAST(:ids AS uuid[])) one
"""
_DEPOSITED = """
INSERT INTO account (customer_id, account_kind, balance_fen, year_average_fen, opened_on, as_of)
SELECT one.id, 'demand', 0, one.goal - coalesce(
  (SELECT sum(a.year_average_fen) FROM facts.account a WHERE a.customer_id = one.id), 0
), CURRENT_DATE, CURRENT_DATE
FROM unnest(CAST(:ids AS uuid[]), CAST(:goals AS bigint[])) AS one (id, goal)
"""
_REPAID = """
UPDATE file_record SET value_fen = 0
WHERE customer_id = ANY(:ids) AND kind = 'debt' AND detail ->> 'lender' = 'elsewhere'
"""
#: by the code of a reason, what somebody does; `ids` and, beside each, the `goal` that is told
DONE: Mapping[str, Sequence[str]] = {
    "raise.consent": [_CONSENT],
    "raise.birth_date": [_BORN],
    "raise.papers": [_CONSENT, _BORN],
    "raise.contract": [_PHOTO.format("contract")],
    "raise.licence": [_PHOTO.format("licence")],
    "raise.spending": [_SPENDING],
    "raise.completeness": [
        "UPDATE customer SET lon = 114, lat = 29.5 WHERE id = ANY(:ids) AND lon IS NULL",
        _VALUE.format(column="choice", field="'home_type'", value="'homestead'"),
        f"INSERT INTO person_contact SELECT person_id, '', '' FROM ({_LEADS}) one ON CONFLICT DO NOTHING",
        "UPDATE customer_value SET observed_at = :at WHERE customer_id = ANY(:ids)",
        "UPDATE file_record SET observed_at = :at WHERE customer_id = ANY(:ids)",
    ],
    "raise.fresh_income": [_LOOKED_AT],
    "raise.evaluation": [_EVALUATED],
    "raise.deposits": [_DEPOSITED],
    "raise.debts": [_REPAID],
    "raise.overdue": ["UPDATE loan SET overdue_days = 0 WHERE customer_id = ANY(:ids)"],
}
_UNBORN = f"UPDATE person SET birth_on = NULL WHERE id IN ({_LEADS})"
_UNSIGNED = f"UPDATE person SET consented = array_remove(consented, 'credit') WHERE id IN ({_LEADS})"
#: what nobody of the county lacks is taken away first, of some who have a limit
LACKING: Mapping[str, Sequence[str]] = {
    "raise.birth_date": [_UNBORN],
    "raise.papers": [_UNBORN, _UNSIGNED],
}
#: brings points of completeness too: how many of those who were tried may get more than is said. Of income
#: looked at again none are reckoned with; of spending they need not be whole, as weights need not divide 100
AT_LEAST: Mapping[str, int] = {"raise.spending": 2, "raise.fresh_income": TRIED}


class _Undone(Exception):
    """Ends a transaction of which nothing is to stay."""


def _amount(code: str) -> str:
    return code.removeprefix("raise.") + "_raise_fen"


async def amounts(uow: UnitOfWork, ids: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    """Every amount on the way to each one's limit."""
    catalogue = shipped_catalogue()
    rows = await queries.feature_rows(uow, shipped_statements(), list(ids), AS_OF)
    given = {"features": f"[{','.join(row.features for row in rows)}]", "as_of": AS_OF}
    names = [one.name for one in calculated(catalogue)[: len(catalogue.amounts)] if isinstance(one, Ref)]
    found = await uow.session.execute(text(calculation_statement(catalogue)), given)
    return {row[0]: dict(zip(names, row[1:], strict=False)) for row in found}


async def everybody(db: Database) -> dict[str, list[UUID]]:
    """Some of whom each line holds, by its code; in a county whose points of completeness are of today."""
    ranked = [one for one in shipped_catalogue().reasons if one.holds is not None]
    async with db.unit(Actor.system("test")) as uow:
        ids = list(
            await uow.session.scalars(text("SELECT id FROM customer WHERE status = 'active' ORDER BY id"))
        )
        found = await amounts(uow, ids)
    some: dict[str, list[UUID]] = defaultdict(list)
    for one, values in found.items():
        for reason in ranked:
            if values[_amount(reason.code)] > 0 and len(some[reason.code]) < TRIED:
                some[reason.code].append(one)
    limited = [one for one, values in found.items() if values["limit_fen"] > 0]
    return some | dict.fromkeys(LACKING, limited[:TRIED])


async def done(db: Database, code: str, ids: list[UUID], wrong: list[object]) -> Counter[str]:
    """Does what the line says for `ids`, and undoes it again. How often it came out to the fen."""
    kept = Counter[str]()
    reason = next(one for one in shipped_catalogue().reasons if one.code == code)
    before, after = dict[UUID, dict[str, int]](), dict[UUID, dict[str, int]]()
    with suppress(_Undone):
        async with db.unit(Actor.system("test")) as uow:
            for command in LACKING.get(code, ()):
                await uow.session.execute(text(command), {"ids": ids})
            for one in ids:
                await service.refresh(uow, one, "test")
            before = await amounts(uow, ids)
            goals = [0 if reason.goal is None else before[one][reason.goal] for one in ids]
            for command in DONE[code]:
                given = {"ids": ids, "goals": goals, "at": AT}
                named = {name: value for name, value in given.items() if f":{name}" in command}
                await uow.session.execute(text(command), named)
            for one in ids:
                await service.refresh(uow, one, "test")
            after = await amounts(uow, ids)
            raise _Undone
    for one in ids:
        said = before[one][_amount(code)]
        rose = after[one]["limit_fen"] - before[one]["limit_fen"]
        if not said:
            # another thing stands against it too
            continue
        kept["exact" if rose == said else "more"] += 1
        if rose != said and not (code in AT_LEAST and rose > said):
            wrong.append((code, one, said, rose))
    return kept


def test_each_line_taken_at_its_word(county: LoadedCounty, tmp_path: Path) -> None:
    clock = MovingClock(tmp_path / "clock")
    clock.move_to(AT)

    async def go() -> None:
        keys = Keys.load(county.settings.keys_dir)
        db = Database.open(county.urls.worker, clock, keys=keys, application="test raises")
        try:
            some = await everybody(db)
            wrong: list[object] = []
            tried = {code: await done(db, code, ids, wrong) for code, ids in sorted(some.items())}
        finally:
            await db.close()
        print(tried)
        assert not wrong, (tried, wrong[:10])
        assert some.keys() == DONE.keys()
        assert all(one["exact"] for one in tried.values()), tried
        assert all(one["more"] <= AT_LEAST.get(code, 0) for code, one in tried.items()), tried

    asyncio.run(go())
