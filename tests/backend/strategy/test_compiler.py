"""The SQL that comes out: reviewed as a snapshot, and reading nothing but the facts views."""

import os
from functools import cache
from operator import attrgetter
from pathlib import Path

import pytest
from sqlglot import exp, parse
from sqlglot.optimizer.scope import traverse_scope

from backend.strategy.compiler import compile_catalogue, compile_for_spark
from backend.strategy.documents import CatalogueError, shipped_files
from backend.strategy.engine import shipped_catalogue, shipped_statements
from backend.strategy.language.nodes import FALSE, TRUE, Call, Op
from backend.strategy.loader import load

SNAPSHOTS = Path(__file__).parent / "snapshots"
WRITE = "TIANGE_WRITE_SNAPSHOTS"


#: name → sqlglot's dialect
STATEMENTS = {
    "features_of_some": "postgres",
    "results": "postgres",
    "nightly.features": "duckdb",
    "nightly.results": "duckdb",
    "spark.features": "spark",
    "spark.results": "spark",
}


@cache
def statement_of(name: str) -> str:
    if name.startswith("spark."):
        found = attrgetter(name.removeprefix("spark."))(compile_for_spark(shipped_catalogue()))
    else:
        found = attrgetter(name)(shipped_statements())
    return str(found)


@pytest.mark.parametrize("name", STATEMENTS)
def test_the_sql_is_the_reviewed_one(name: str) -> None:
    """After a wanted change: run with TIANGE_WRITE_SNAPSHOTS=1 and read the difference before committing."""
    statement = statement_of(name) + "\n"
    file = SNAPSHOTS / f"{name.replace('.', '_')}.sql"
    if os.environ.get(WRITE):
        file.write_text(statement, encoding="utf-8")
    assert statement == file.read_text(encoding="utf-8"), f"the SQL changed; {WRITE}=1 rewrites the snapshot"


def tables_of(statement: str, dialect: str = "postgres") -> set[str]:
    """Every table that a statement reads, common table expressions left out."""
    (tree,) = parse(statement, read=dialect)
    assert tree is not None
    found = set()
    for scope in traverse_scope(tree):
        for source in scope.sources.values():
            if isinstance(source, exp.Table):
                found.add(source.sql(dialect).split(" AS ")[0])
    return found


def test_only_facts_are_read() -> None:
    statements = shipped_statements()
    # and what is frozen of places, which is no customer's
    read = [*shipped_catalogue().sources, "place", "frozen"]
    views = {f"facts.{name}" for name in read}
    assert tables_of(statements.features_of_some) == views
    assert tables_of(statements.nightly.features, "duckdb") == views
    assert tables_of(statements.nightly.results, "duckdb") == {"features"}
    spark = {f"facts_{name}" for name in read}
    assert tables_of(statement_of("spark.features"), "spark") == spark
    assert tables_of(statement_of("spark.results"), "spark") == {"features"}
    assert all("JSONB_TO_RECORDSET" in table for table in tables_of(statements.results))


def test_the_same_catalogue_gives_the_same_sql() -> None:
    files = shipped_files()
    once = compile_catalogue(load(files))
    again = compile_catalogue(load(dict(reversed(files.items()))))
    assert once == again


def test_nothing_reads_the_clock_or_rounds() -> None:
    for name, dialect in STATEMENTS.items():
        (tree,) = parse(statement_of(name), read=dialect)
        assert tree is not None
        kinds = (exp.CurrentDate, exp.CurrentTimestamp, exp.Avg, exp.Round, exp.Window, exp.Order)
        assert not list(tree.find_all(*kinds))
        for summed in tree.find_all(exp.Sum):
            assert not list(summed.find_all(exp.Div))


def test_predicates_are_never_unknown() -> None:
    """A tag or a reason is held or not; NULL would drop out of sums of bits and of lists of reasons."""
    catalogue = shipped_catalogue()
    for rule in (*(tag.rule for tag in catalogue.tags), *(reason.when for reason in catalogue.reasons)):
        value = rule.value
        tail = value.args[1] if isinstance(value, Call) and value.op is Op.both else value
        surely = isinstance(tail, Call) and tail.op is Op.coalesce and tail.args[-1] == FALSE
        assert surely or tail in (TRUE, FALSE), rule.name


def test_a_result_that_is_missing_is_named() -> None:
    files = shipped_files()
    files["rhythms/rhythm.yaml"] = files["rhythms/rhythm.yaml"].replace("visit_days", "call_days")
    with pytest.raises(CatalogueError, match="no rule gives visit_days"):
        compile_catalogue(load(files))
