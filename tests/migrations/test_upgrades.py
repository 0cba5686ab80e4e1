"""Migrations run on an empty database, on one with rows in it, twice, and two at a time."""

import asyncio
import json
import subprocess
import sys
import zlib
from collections import Counter
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from backend.app.migrate import MIGRATIONS, alembic_config, head_revision, upgrade
from backend.app.tables import metadata
from backend.embedded import Urls
from tests.support.databases import connect
from tests.support.filler import counts, fill


def revisions() -> list[str]:
    """All revisions, oldest first."""
    script = ScriptDirectory.from_config(alembic_config(""))
    return [one.revision for one in reversed(list(script.walk_revisions()))]


def revision_of(urls: Urls) -> str | None:
    async def ask() -> str | None:
        connection = await connect(urls.owner)
        try:
            answer: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
            return answer
        finally:
            await connection.close()

    return asyncio.run(ask())


def test_an_empty_database_reaches_the_newest_revision_and_stays_there(empty_database: Urls) -> None:
    upgrade(empty_database.owner)
    assert revision_of(empty_database) == head_revision()
    upgrade(empty_database.owner)
    assert revision_of(empty_database) == head_revision()


#: where the rows of tables lie that are there no more
BECAME = {"asset": "file_record", "asset_history": "file_record_history", "debt": "file_record"}
#: what was the sum of another's rows
SUMS = {"flow_month": "flow_part"}


@pytest.mark.parametrize("start", revisions()[:-1])
def test_rows_survive_the_way_to_the_newest_revision(empty_database: Urls, start: str) -> None:
    upgrade(empty_database.owner, start)
    filled = asyncio.run(fill(empty_database.admin))
    before = asyncio.run(counts(empty_database.admin))
    assert all(before[table] == 1 for table in filled)

    upgrade(empty_database.owner)

    after = asyncio.run(counts(empty_database.admin))
    wanted = Counter[str]()
    for table in set(filled) - set(SUMS):
        wanted[BECAME.get(table, table)] += before[table]
    shrunk = {table: after.get(table) for table, rows in wanted.items() if after.get(table, 0) < rows}
    assert not shrunk, f"rows of revision {start} are gone"
    assert revision_of(empty_database) == head_revision()


def test_the_models_and_the_migrations_say_the_same(databases: Urls) -> None:
    async def differences() -> list[object]:
        engine = create_async_engine(databases.owner, poolclass=NullPool)
        try:
            async with engine.connect() as connection:
                return await connection.run_sync(compare)
        finally:
            await engine.dispose()

    def compare(connection: sa.Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata()))

    assert asyncio.run(differences()) == []


def test_two_that_migrate_at_once_wait_for_each_other(empty_database: Urls) -> None:
    script = "import sys; from backend.app.migrate import upgrade; upgrade(sys.argv[1])"
    both = [
        subprocess.Popen(
            [sys.executable, "-c", script, empty_database.owner],
            cwd=MIGRATIONS.parent,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in both:
        _, complaint = process.communicate(timeout=90)
        assert process.returncode == 0, complaint
    assert revision_of(empty_database) == head_revision()


def test_there_is_one_line_of_revisions() -> None:
    heads = ScriptDirectory.from_config(alembic_config("")).get_heads()
    assert len(heads) == 1, f"two migrations follow the same one: {heads}"


def test_file_names_sort_in_the_order_of_the_revisions() -> None:
    script = ScriptDirectory.from_config(alembic_config(""))
    paths = [script.get_revision(one).path for one in revisions()]
    assert paths == sorted(paths)


def _execute(database: Urls, statements: str) -> None:
    """As the superuser, past row security."""

    async def run() -> None:
        connection = await connect(database.admin)
        try:
            await connection.execute(statements)
        finally:
            await connection.close()

    asyncio.run(run())


def _fetch(database: Urls, query: str) -> list[tuple[Any, ...]]:
    """The rows that the superuser finds."""

    async def run() -> list[tuple[Any, ...]]:
        connection = await connect(database.admin)
        try:
            return [tuple(row.values()) for row in await connection.fetch(query)]
        finally:
            await connection.close()

    return asyncio.run(run())


FLAGGED = """
SELECT set_config('tiange.role', 'system', false);
UPDATE customer_value SET field = 'income_wages_fen', source = 'collected', amount = 500, choice = NULL,
  disputed = true;
UPDATE customer SET books = ARRAY['grid:one'];
DELETE FROM customer_value_history;
INSERT INTO customer_value_history
  SELECT gen_random_uuid(), customer_id, field, source, '{"value": null}', '{"value": 300}',
    '2026-03-01T00:00:00Z', '2026-03-01T00:00:00Z', recorded_by, 'applied', NULL FROM customer_value;
INSERT INTO customer_value_history
  SELECT gen_random_uuid(), customer_id, field, source, '{"value": 300}', '{"value": 500}',
    '2026-03-02T00:00:00Z', '2026-03-02T00:00:00Z', recorded_by, 'won', NULL FROM customer_value;
INSERT INTO sync_partition (book, revision) VALUES ('grid:one', 41);
"""


def test_values_that_were_flagged_before_become_disputes_that_phones_receive(empty_database: Urls) -> None:
    upgrade(empty_database.owner, "0006")
    asyncio.run(fill(empty_database.admin))

    _execute(empty_database, FLAGGED)
    upgrade(empty_database.owner)
    (row,) = _fetch(empty_database, "SELECT field, others::text, state FROM customer_dispute")
    assert (row[0], row[2]) == ("income_wages_fen", "open")
    assert '"value": 300' in row[1]
    assert '"observed_at": 1772323200000' in row[1]
    stamped = _fetch(
        empty_database,
        "SELECT c.revision, p.revision FROM sync_change c JOIN sync_partition p USING (book)"
        " WHERE kind = 'dispute'",
    )
    assert stamped == [(42, 42)]


def test_assets_and_debts_become_records_that_phones_receive(empty_database: Urls) -> None:
    upgrade(empty_database.owner, "0019")
    asyncio.run(fill(empty_database.admin))
    before = """
    SELECT set_config('tiange.role', 'system', false);
    UPDATE customer SET books = ARRAY['grid:one'];
    UPDATE debt SET lender = 'private', label = '亲友借款', balance_fen = 1800000, removed_at = NULL;
    UPDATE asset SET asset_kind = 'vehicle', label = '皮卡';
    UPDATE customer_dispute SET field = 'asset:' || (SELECT id FROM asset) || ':value_fen';
    UPDATE customer_suggestion SET type = 'asset.put';
    UPDATE customer_move SET detail = '{"assets": ["a"], "debts": ["b"], "members": ["m"]}';
    INSERT INTO sync_partition (book, revision) VALUES ('grid:one', 41);
    INSERT INTO sync_change (book, kind, row_id, revision, gone)
      SELECT 'grid:one', 'asset', id::text, 3, false FROM asset;
    """
    after = {
        "SELECT concat_ws(' ', kind, label, detail ->> 'lender') FROM file_record ORDER BY 1": [
            "debt 亲友借款 private",
            "vehicle 皮卡",
        ],
        "SELECT kind || ' ' || count(*) FROM sync_change WHERE book = 'grid:one' GROUP BY kind": ["record 2"],
        "SELECT split_part(field, ':', 1) FROM customer_dispute": ["record"],
        "SELECT type FROM customer_suggestion": ["record.put"],
        "SELECT detail ->> 'records' FROM customer_move": ['["a", "b"]'],
        "SELECT asset_kind FROM facts.asset": ["vehicle"],
        "SELECT lender || ' ' || balance_fen FROM facts.debt": ["private 1800000"],
    }

    _execute(empty_database, before)
    upgrade(empty_database.owner)
    assert {one: [row[0] for row in _fetch(empty_database, one)] for one in after} == after


def test_a_business_counts_as_complete_without_a_home(empty_database: Urls) -> None:
    upgrade(empty_database.owner, "0029")
    asyncio.run(fill(empty_database.admin))
    before = """
    SELECT set_config('tiange.role', 'system', false);
    UPDATE customer SET kind = 'business', completeness_points = 45;
    UPDATE policy_figure SET key = 'completeness_weights', valid_from = '2026-01-01',
      value = '{"income": 60, "home": 40}';
    """

    _execute(empty_database, before)
    upgrade(empty_database.owner)
    assert _fetch(empty_database, "SELECT completeness_points FROM customer") == [(75,)]


def test_accounts_name_nobody_and_months_without_a_holder_are_kept(empty_database: Urls) -> None:
    upgrade(empty_database.owner, "0037")
    asyncio.run(fill(empty_database.admin))
    before = """
    SELECT set_config('tiange.role', 'system', false);
    UPDATE account SET balance_fen = 500, closed_on = NULL;
    UPDATE flow_part SET month = '2026-02-01', in_fen = 70;
    UPDATE flow_month SET month = '2026-02-01', in_fen = 70;
    INSERT INTO flow_month SELECT customer_id, '2026-01-01', 30, out_fen, in_count, out_count, wages_fen,
      merchant_fen FROM flow_month;
    UPDATE membership SET relation = 'head';
    UPDATE person SET consented = '{credit}';
    """
    shown = "SELECT balance_fen FROM facts.account"
    months = "SELECT month::text, in_fen FROM facts.flow ORDER BY month"

    _execute(empty_database, before)
    upgrade(empty_database.owner)
    assert _fetch(empty_database, "SELECT person_id FROM account UNION SELECT person_id FROM flow_part") == [
        (None,)
    ]
    assert _fetch(empty_database, shown) == _fetch(empty_database, months) == []
    # the head signs, and all of it is there, once
    _execute(empty_database, "UPDATE person SET consented = '{accounts,credit}'")
    assert _fetch(empty_database, shown) == [(500,)]
    assert _fetch(empty_database, months) == [("2026-01-01", 30), ("2026-02-01", 70)]


def test_whose_a_product_is_is_known_by_its_holder_and_whose_a_loan_is_the_next_file_says(
    empty_database: Urls,
) -> None:
    upgrade(empty_database.owner, "0039")
    asyncio.run(fill(empty_database.admin))
    before = """
    SELECT set_config('tiange.role', 'system', false);
    UPDATE person_identity SET number_index = 'one';
    UPDATE holding_part SET holder = 'one';
    INSERT INTO holding_part (holder, product_code, number_index, customer_id, since_on, as_of)
      SELECT 'a business', product_code, number_index, customer_id, since_on, as_of FROM holding_part;
    """
    parts = """
    SELECT encode(holder, 'escape'), h.person_id = i.person_id, filed_under
    FROM holding_part h, person_identity i ORDER BY 1
    """

    _execute(empty_database, before)
    upgrade(empty_database.owner)
    assert _fetch(empty_database, parts) == [("a business", None, None), ("one", True, None)]
    assert _fetch(empty_database, "SELECT person_id, filed_under FROM loan") == [(None, None)]


def test_who_gave_an_id_number_is_known_from_the_history_or_from_who_entered_the_person(
    empty_database: Urls,
) -> None:
    upgrade(empty_database.owner, "0038")
    asyncio.run(fill(empty_database.admin))
    before = """
    SELECT set_config('tiange.role', 'system', false);
    DELETE FROM person_change;
    INSERT INTO person (id, name, created_by) SELECT md5(n)::uuid, n, md5('maker')::uuid
      FROM unnest(ARRAY['created', 'typed', 'nobodys']) AS n;
    UPDATE person SET created_by = NULL WHERE name = 'nobodys';
    DELETE FROM person_identity;
    INSERT INTO person_identity (person_id, number_sealed, number_index)
      SELECT id, 'sealed', convert_to(name, 'UTF8') FROM person
      WHERE name IN ('created', 'typed', 'nobodys');
    INSERT INTO person_change (id, person_id, customer_id, field, after_sealed, outcome, observed_at,
        recorded_at, recorded_by)
      SELECT gen_random_uuid(), md5('typed')::uuid, c.id, f.field, 'sealed', f.outcome, now(),
        f.at::timestamptz, md5(f.who)::uuid
      FROM customer c, (VALUES ('id_number', 'applied', '2026-03-01', 'first'),
        ('id_number', 'lost', '2026-03-02', 'second'), ('phone', 'won', '2026-03-03', 'third'))
        AS f (field, outcome, at, who);
    """
    after = """
    SELECT p.name, ARRAY(SELECT CASE WHEN g = md5('maker')::uuid THEN 'maker'
      WHEN g = md5('first')::uuid THEN 'first' ELSE g::text END FROM unnest(i.given_by) AS g)
    FROM person_identity i JOIN person p ON p.id = i.person_id ORDER BY 1
    """

    _execute(empty_database, before)
    upgrade(empty_database.owner)
    assert _fetch(empty_database, after) == [("created", ["maker"]), ("nobodys", []), ("typed", ["first"])]
    # what was refused before the rule is nobody's first word
    assert _fetch(empty_database, "SELECT * FROM number_entry") == []


def test_the_feature_rows_of_decisions_are_the_same_in_a_smaller_room(empty_database: Urls) -> None:
    upgrade(empty_database.owner, "0053")
    asyncio.run(fill(empty_database.admin))
    row = """{"kind": "household", "limit_fen": 9007199254740993, "ratio": 0.1, "day": null}"""
    more = f"""
    SELECT set_config('tiange.role', 'system', false);
    UPDATE decision SET features = '{row}';
    INSERT INTO decision SELECT gen_random_uuid(), customer_id, version, as_of, jsonb_build_object('n', n),
      result, cause, made_at FROM decision, generate_series(1, 7000) AS n;
    """

    _execute(empty_database, more)
    upgrade(empty_database.owner)
    kept = [
        json.loads(zlib.decompress(one)) for (one,) in _fetch(empty_database, "SELECT features FROM decision")
    ]
    assert [one for one in kept if "n" not in one] == [json.loads(row)]
    assert sorted(one["n"] for one in kept if "n" in one) == list(range(1, 7001))
