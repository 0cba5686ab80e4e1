"""The language admits what is on its lists and nothing else."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp, parse_one

from backend.strategy.language.checker import MAX_CHARACTERS, check, check_as
from backend.strategy.language.errors import ExpressionError
from backend.strategy.language.nodes import AsOf, Case, Literal, Type, walk
from backend.strategy.language.scope import Column, Scope
from backend.strategy.language.sql import lower

COLUMNS = {
    "income_fen": Column(Type.bigint),
    "debts_fen": Column(Type.bigint),
    "born_on": Column(Type.date),
    "is_head": Column(Type.boolean),
    "kind": Column(Type.text, frozenset({"household", "business"})),
    "note": Column(Type.text),
}
ROW = Scope(COLUMNS)
ROWS = Scope(COLUMNS, aggregates=True)


def sql(text: str, scope: Scope = ROW) -> str:
    said: str = lower(check(text, scope)).sql("postgres")
    return said


@pytest.mark.parametrize(
    ("text", "expected", "type_"),
    [
        ("income_fen - debts_fen", "income_fen - debts_fen", Type.bigint),
        ("income_fen - (debts_fen - 1)", "income_fen - (debts_fen - 1)", Type.bigint),
        ("(income_fen + 1) * 2", "(income_fen + 1) * 2", Type.bigint),
        ("yuan(300000)", "30000000", Type.bigint),
        ("2 * 3 - 7", "-1", Type.bigint),
        ("share(income_fen, 50)", "(income_fen * 50) / 100", Type.bigint),
        ("floor_to(income_fen, 100000)", "income_fen - (income_fen % 100000)", Type.bigint),
        (
            "ratio(income_fen, debts_fen)",
            "CAST(income_fen AS DOUBLE PRECISION) / NULLIF(CAST(debts_fen AS DOUBLE PRECISION), 0)",
            Type.double,
        ),
        ("kind = 'household' AND NOT is_head", "kind = 'household' AND NOT is_head", Type.boolean),
        ("kind NOT IN ('business')", "NOT (kind IN ('business'))", Type.boolean),
        ("is_head OR income_fen > 1 AND is_head", "is_head OR income_fen > 1 AND is_head", Type.boolean),
        ("(is_head OR is_head) AND is_head", "(is_head OR is_head) AND is_head", Type.boolean),
        ("born_on IS NOT NULL", "NOT (born_on IS NULL)", Type.boolean),
        ("days_between(born_on, as_of)", "CAST((CAST(:as_of AS DATE) - born_on) AS BIGINT)", Type.bigint),
        ("COALESCE(income_fen, 0)", "COALESCE(income_fen, 0)", Type.bigint),
        ("GREATEST(income_fen, -1)", "GREATEST(income_fen, -1)", Type.bigint),
        ("income_fen BETWEEN 1 AND 2", "income_fen BETWEEN 1 AND 2", Type.boolean),
    ],
)
def test_what_is_admitted(text: str, expected: str, type_: Type) -> None:
    assert sql(text) == expected
    assert check(text, ROW).type is type_


HOSTILE = [
    # more, or less, than one expression
    "",
    "   ",
    "income_fen; DROP TABLE profile",
    "income_fen AS x",
    "income_fen debts_fen",
    "1 2",
    "income_fen)",
    "((income_fen)",
    "DROP TABLE profile",
    "INSERT INTO profile VALUES (1)",
    "SELECT 1",
    "(SELECT 1)",
    "(SELECT income_fen FROM facts.customer)",
    "EXISTS (SELECT 1)",
    "income_fen IN (SELECT 1)",
    "income_fen = ANY (SELECT 1)",
    "income_fen UNION SELECT 1",
    "income_fen LIMIT 1",
    # functions that are not on the list
    "pg_sleep(10)",
    "pg_read_file('x')",
    "current_setting('tiange_role')",
    "set_config('tiange_role', 'system', true)",
    "dblink('x')",
    "lo_import('x')",
    "query_to_xml('x', true, true, true)",
    "random()",
    "version()",
    "now()",
    "CURRENT_DATE",
    "CURRENT_TIMESTAMP",
    "CURRENT_USER",
    "nextval('x')",
    "facts.yuan(1)",
    "upper(note)",
    "CONCAT(note, note)",
    "IF(is_head, 1, 2)",
    "NULLIF(income_fen, 0)",
    "GENERATE_SERIES(1, 100000000)",
    "REPEAT('a', 1000000000)",
    # operators and forms that are not on the list
    "income_fen / debts_fen",
    "income_fen % 2",
    "income_fen || 'x'",
    "note LIKE 'x'",
    "note ~ 'x'",
    "note SIMILAR TO 'x'",
    "income_fen::text",
    "CAST(income_fen AS TEXT)",
    "income_fen & 1",
    "income_fen << 62",
    "income_fen ^ 2",
    'note COLLATE "C"',
    "born_on AT TIME ZONE 'UTC'",
    "INTERVAL '1 day'",
    "DATE '2020-01-01'",
    "ARRAY[1, 2]",
    "income_fen[1]",
    "ROW(1, 2)",
    "CASE kind WHEN 'household' THEN 1 END",
    "income_fen IS DISTINCT FROM 1",
    "is_head IS TRUE",
    "income_fen BETWEEN SYMMETRIC 2 AND 1",
    "COALESCE(income_fen) IGNORE NULLS",
    # stars, tuples, windows
    "*",
    "facts.*",
    "COUNT(*)",
    "(income_fen, debts_fen)",
    "(income_fen, debts_fen) = (1, 2)",
    "ROW_NUMBER() OVER ()",
    "SUM(income_fen) OVER ()",
    # names
    "customer.income_fen",
    "facts.customer.income_fen",
    '"income_fen"',
    '"a""b"',
    "INCOME_FEN.x",
    "ctid",
    "tableoid",
    "xmin",
    "$1",
    ":as_of",
    "?",
    "@x",
    "%(x)s",
    "{{ x }}",
    # numbers
    "1e400",
    "1e5",
    "0x10",
    "99999999999999999999",
    "1_000",
    "income_fen > 0.00000000001",
    "9223372036854775807 * 2",
    "999999999999999999 * 999999999999999999",
    "'NaN'::float",
    # texts
    "note = 'it''s'",
    "note = E'\\n'",
    "note = 'a:b'",
    "note = $$x$$",
    "note = U&'x'",
    "note = '中'",
    "kind = 'houshold'",
    "kind IN ('household', 'firm')",
    # characters
    "income_fen（1）",
    "income_fen\u00a0+ 1",
    "income_fen \u202e+ 1",
    "income_fen\x00",
    "income_fen -- + 1",
    "income_fen /* + 1 */",
    # types
    "income_fen AND is_head",
    "is_head + 1",
    "income_fen = 'x'",
    "income_fen = NULL",
    "born_on > 20200101",
    "is_head > is_head",
    "kind < 'z'",
    "NOT income_fen",
    "COALESCE(income_fen, 'x')",
    "COALESCE(NULL, NULL)",
    "GREATEST(kind, note)",
    "CASE WHEN income_fen THEN 1 ELSE 2 END",
    "CASE WHEN is_head THEN 1 ELSE 'x' END",
    "CASE WHEN is_head THEN born_on ELSE 1 END",
    "ratio(income_fen, 0.5)",
    "share(born_on, 10)",
    "floor_to(income_fen, 0)",
    "floor_to(income_fen, debts_fen)",
    "yuan(income_fen)",
    "yuan(1.5)",
    "yuan()",
    "days_between(born_on)",
    "days_between(born_on, income_fen)",
    "income_fen IN (debts_fen)",
    "as_of + 1",
    # aggregates stand at feature level only
    "SUM(income_fen)",
    "MAX(born_on)",
    "COUNT(1)",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        check(text, ROW)
    assert refused.value.why


HOSTILE_AGGREGATES = [
    "income_fen",
    "SUM(income_fen) + debts_fen",
    "SUM(SUM(income_fen))",
    "SUM(DISTINCT income_fen)",
    "SUM(is_head)",
    "SUM(born_on)",
    "MIN(is_head)",
    "AVG(income_fen)",
    "STRING_AGG(note, 'x')",
    "ARRAY_AGG(income_fen)",
    "COUNT(*)",
    "COUNT(DISTINCT income_fen, debts_fen)",
    "COUNT(income_fen, debts_fen)",
    "COUNT(income_fen ORDER BY born_on)",
    "MIN(income_fen, debts_fen)",
    "SUM(income_fen) FILTER (WHERE is_head)",
    "SUM(income_fen) OVER (PARTITION BY kind)",
    "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY income_fen)",
    "SUM((SELECT 1))",
]


@pytest.mark.parametrize("text", HOSTILE_AGGREGATES)
def test_what_is_refused_of_aggregates(text: str) -> None:
    with pytest.raises(ExpressionError):
        check(text, ROWS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SUM(income_fen)", "CAST(SUM(income_fen) AS BIGINT)"),
        ("COUNT(1)", "COUNT(1)"),
        ("COUNT(DISTINCT kind)", "COUNT(DISTINCT kind)"),
        ("MAX(born_on)", "MAX(born_on)"),
        (
            "SUM(income_fen) - SUM(debts_fen)",
            "CAST(SUM(income_fen) AS BIGINT) - CAST(SUM(debts_fen) AS BIGINT)",
        ),
    ],
)
def test_aggregates_that_are_admitted(text: str, expected: str) -> None:
    assert sql(text, ROWS) == expected


def test_limits_of_size() -> None:
    with pytest.raises(ExpressionError, match="characters"):
        check("1" + " + 1" * MAX_CHARACTERS, ROW)
    with pytest.raises(ExpressionError, match="parts"):
        check("1" + "+1" * 900, ROW)
    with pytest.raises(ExpressionError, match="parentheses"):
        check("(" * 900 + "1" + ")" * 900, ROW)
    with pytest.raises(ExpressionError):
        check("NOT " * 490 + "is_head", ROW)
    with pytest.raises(ExpressionError):
        check("- " * 900 + "1", ROW)


def test_a_wrong_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(ExpressionError) as refused:
        check("incom_fen > 1", ROW)
    assert refused.value.nearest == "income_fen"
    with pytest.raises(ExpressionError) as refused:
        check("kind = 'busines'", ROW)
    assert refused.value.nearest == "business"
    with pytest.raises(ExpressionError) as refused:
        check("day_between(born_on, as_of)", ROW)
    assert refused.value.nearest == "days_between"


def test_figures_stand_in_the_place_of_their_names() -> None:
    figure = Literal(30, Type.bigint)
    assert sql("income_fen > cap_fen", Scope(COLUMNS, {"cap_fen": figure})) == "income_fen > 30"


def test_the_wanted_type_is_required() -> None:
    assert check_as("income_fen > 1", ROW, Type.boolean).type is Type.boolean
    with pytest.raises(ExpressionError, match="boolean is wanted"):
        check_as("income_fen", ROW, Type.boolean)
    assert check_as("NULL", ROW, Type.date) == Literal(None, Type.date)


def test_as_of_is_an_input_and_no_clock() -> None:
    nodes = list(walk(check("years_between(born_on, as_of)", ROW)))
    assert AsOf() in nodes
    assert "CURRENT" not in sql("years_between(born_on, as_of)").upper()


def test_constant_branches_are_as_wide_as_the_rest() -> None:
    case = check("CASE WHEN is_head THEN 2000000000 ELSE 1 END", ROW)
    assert isinstance(case, Case)
    assert sql("CASE WHEN is_head THEN 2000000000 ELSE 1 END * 100").startswith("CAST(CASE")


_names = st.sampled_from(["income_fen", "debts_fen", "7", "yuan(3)", "-2"])
_numbers = st.recursive(
    _names,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(lambda t: f"({t[0]}) {t[1]} ({t[2]})"),
        st.tuples(inner, inner).map(lambda t: f"GREATEST({t[0]}, {t[1]})"),
        st.tuples(inner, inner, inner).map(lambda t: f"CASE WHEN {t[0]} > {t[1]} THEN {t[2]} ELSE 0 END"),
    ),
    max_leaves=8,
)


@settings(max_examples=60)
@given(_numbers)
def test_what_comes_out_parses_and_says_the_same(text: str) -> None:
    """Parentheses are made anew from the tree: what is written out reads back as the same nodes."""
    first = check(text, ROW)
    written: str = lower(first).sql("postgres")
    tree: exp.Expr = exp.Paren(this=parse_one(written, read="postgres"))
    while (cast := tree.find(exp.Cast)) is not None:
        cast.replace(cast.this)
    assert check(tree.sql("postgres"), ROW) == first


@settings(max_examples=60)
@given(st.text(max_size=60))
def test_any_text_is_admitted_or_refused_politely(text: str) -> None:
    refused = None
    try:
        check(text, ROW)
    except ExpressionError as error:
        refused = error
    assert refused is None or refused.why


def test_dates_are_compared_with_dates() -> None:
    scope = Scope(COLUMNS, {"start_on": Literal(date(2025, 1, 1), Type.date)})
    assert sql("born_on >= start_on", scope) == "born_on >= CAST('2025-01-01' AS DATE)"
