"""Spark says what PostgreSQL and DuckDB say of every customer of the demo county, to the fen."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest

from backend.app.servers import environment
from backend.strategy.rules import Result
from tests.backend.demo.conftest import LoadedCounty
from tests.backend.demo.county import DAY
from tests.backend.demo.test_engines import in_duckdb
from tests.support.java import needs_java

#: two machines of a core each, as far as Spark can tell
MASTER = "local-cluster[2,1,1024]"
#: Java compiles for a run of a minute, not of a day: half the processor time
SHORT = {"JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}


pytestmark = [pytest.mark.slow, needs_java, pytest.mark.timeout(900)]


def tiange(*words: str, environ: Mapping[str, str]) -> str:
    """What a command says."""
    program = [str(Path(sys.executable).parent / "tiange"), "strategy", "union", *words]
    done = subprocess.run(program, env={**os.environ, **environ}, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


@pytest.fixture(scope="session")
def exported(county: LoadedCounty, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("union") / "banks"
    given = environment(county.settings) | {"TIANGE_REDIS_URL": county.urls.redis}
    said = tiange("export", str(folder), "--bank", "huaxi", environ=given)
    assert "customers of huaxi" in said
    return folder


def in_union(exported: Path, engine: str) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Features and results by customer."""
    out = exported.parent / engine
    given = ("--engine", engine, "--master", MASTER, "--as-of", DAY.isoformat())
    said = tiange("run", str(exported), "--out", str(out), *given, environ=SHORT)
    assert "huaxi: " in said
    rows = [
        {row["customer_id"]: row for row in _read(out / table / "bank=huaxi")}
        for table in ("features", "results")
    ]
    assert rows[0].keys() == rows[1].keys()
    return {customer: (rows[0][customer], rows[1][customer]) for customer in rows[0]}


def _read(folder: Path) -> list[dict[str, Any]]:
    query = f"SELECT * FROM read_parquet('{folder}/*.parquet', hive_partitioning = false)"
    return list(duckdb.connect().execute(query).to_arrow_table().to_pylist())


def told_result(row: Mapping[str, Any]) -> Result:
    """A row of results as the other engines give it."""
    plain = ("tier", "stage", "grade", "limit_fen", "rate_bp", "contact_days", "visit_days")
    told: dict[str, Any] = {name: row[name] for name in plain}
    told |= {name: tuple(row[name]) for name in row if name.endswith("_words")}
    reasons = tuple(zip(row["reason_codes"], row["reason_amounts_fen"], strict=True))
    return Result(**told, score=row["score_points"], reasons=reasons)


@pytest.mark.parametrize("engine", ["spark", "duckdb-per-partition"])
def test_the_union_says_the_same_of_everybody(county: LoadedCounty, exported: Path, engine: str) -> None:
    known = in_duckdb(county)
    found = in_union(exported, engine)
    assert len(known) > 2_400
    assert found.keys() == {str(customer) for customer in known}
    for customer, (row, result) in known.items():
        features, said = found[str(customer)]
        revision = features.pop("inputs_revision")
        assert revision == row.inputs_revision
        told = {
            name: value.isoformat() if hasattr(value, "isoformat") else value
            for name, value in features.items()
        }
        assert told == msgspec.json.decode(row.features)
        assert told_result(said) == result
