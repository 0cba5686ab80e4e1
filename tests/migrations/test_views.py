"""The views that strategy reads hand over columns and nothing else, bound by the reader's row security."""

import pytest

from backend.embedded import Urls
from tests.support.databases import connect
from tests.support.views import faults, tables


async def test_every_view_is_bound_by_its_readers_rows(databases: Urls) -> None:
    connection = await connect(databases.admin)
    try:
        rows = await connection.fetch(
            "SELECT n.nspname || '.' || c.relname AS view, c.relkind::text, c.reloptions FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('v', 'm')"
            " AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
        )
    finally:
        await connection.close()
    assert len(rows) >= 12
    for row in rows:
        assert row["relkind"] == "v", f"{row['view']}: a materialized view knows no row security"
        assert "security_invoker=true" in (row["reloptions"] or []), row["view"]


async def test_facts_views_are_casts_only(databases: Urls) -> None:
    connection = await connect(databases.admin)
    try:
        rows = await connection.fetch("SELECT viewname, definition FROM pg_views WHERE schemaname = 'facts'")
    finally:
        await connection.close()
    assert {row["viewname"]: faults(row["definition"]) for row in rows} == {
        row["viewname"]: [] for row in rows
    }
    for row in rows:
        assert not any(name.startswith("facts.") for name in tables(row["definition"])), (
            "views on views hide work"
        )


async def test_accounts_are_read_where_consents_are_asked_for_and_nowhere_else(databases: Urls) -> None:
    connection = await connect(databases.admin)
    try:
        rows = await connection.fetch(
            "SELECT viewname, definition FROM pg_views WHERE schemaname IN ('public', 'facts')"
        )
    finally:
        await connection.close()
    reads = {row["viewname"]: tables(row["definition"]) for row in rows}
    found = {name for name, read in reads.items() if {"account", "flow_part"} & read}
    assert found == {"held_account", "held_flow", "consented_account", "consented_flow"}
    assert all({"person", "membership"} <= reads[name] for name in found)


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("SELECT customer_id, sum(balance_fen) AS s FROM account GROUP BY customer_id", "SUM(balance_fen)"),
        ("SELECT customer_id, balance_fen * 2 AS twice FROM account", "balance_fen * 2"),
        (
            "SELECT customer_id, CASE WHEN overdue_days > 0 THEN 1 ELSE 0 END AS bad FROM loan",
            "overdue_days > 0",
        ),
        (
            "SELECT CASE WHEN 'x' = ANY (kinds) THEN health END AS health FROM person",
            "CASE WHEN 'x' = ANY(kinds) THEN health END",
        ),
        (
            "SELECT CASE WHEN 'x' = ANY (consented) THEN 1 END AS one FROM person",
            "CASE WHEN 'x' = ANY(consented) THEN 1 END",
        ),
        ("SELECT id, row_number() OVER (ORDER BY at) AS n FROM visit", "ROW_NUMBER()"),
        ("SELECT id, coalesce(lon, 0) AS lon FROM customer", "COALESCE(lon, 0)"),
        ("SELECT id, (SELECT max(at) FROM visit) AS last FROM customer", "MAX(at)"),
        ("SELECT DISTINCT customer_id FROM visit", "DISTINCT"),
        ("SELECT v.id FROM (SELECT id FROM visit) v", "SELECT id FROM visit"),
        ("SELECT customer_id FROM visit ORDER BY at LIMIT 3", "LIMIT 3"),
    ],
)
def test_what_is_more_than_a_cast_is_found(query: str, fault: str) -> None:
    assert any(fault in one for one in faults(query)), faults(query)


async def test_money_rates_and_times_have_the_units_their_names_promise(databases: Urls) -> None:
    connection = await connect(databases.admin)
    try:
        rows = await connection.fetch(
            "SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns"
            " WHERE table_schema IN ('public', 'facts') AND table_name <> 'alembic_version'"
        )
    finally:
        await connection.close()
    suffixes = {"_fen": "bigint", "_bp": "bigint", "_m": "bigint", "_m2": "bigint", "_on": "date"}
    wrong = [
        tuple(row)
        for row in rows
        if any(
            row["column_name"].endswith(suffix) and row["data_type"] != kind
            for suffix, kind in suffixes.items()
        )
        or (row["column_name"].endswith("_at") and row["data_type"] != "timestamp with time zone")
        or row["data_type"]
        in {"timestamp without time zone", "numeric", "real", "money", "character varying"}
    ]
    assert wrong == []
