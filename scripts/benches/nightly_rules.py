"""The two statements of the night over resident rows, as a multiple of one numpy pass of the same rules.

The county's rows are copied into DuckDB as the night does, each customer many times with ids of its own, and
the same rows lie beside it as numpy columns, sorted by customer. Both work out every feature and rule of the
whole catalogue; tiers, limits and tags have to be the same. In detail PostgreSQL's own two statements and a
rule engine row by row in Python, of a sample, as times slower.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import text

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from backend.app import demo
from backend.kernel.actor import Actor
from backend.kernel.settings import Settings
from backend.strategy import queries
from backend.strategy.bulk import Bulk
from backend.strategy.definitions import FROZEN, LEVELS, SPINE, Catalogue
from backend.strategy.engine import shipped_catalogue, shipped_statements
from backend.strategy.language.nodes import Type
from backend.strategy.language.sql import DUCKDB
from backend.strategy.places import lies
from scripts.benches.support.bank import finish, say
from scripts.benches.support.numpy_pass import Column, Pass, Table, Texts
from scripts.benches.support.row_engine import RowEngine
from scripts.benches.support.servers import own_servers, worker_database

BAR = 3.0
BAR_POSTGRES = 8.0
BAR_ROWS = 100.0
COUNTY = 20_000
SAMPLE = 1000
SYSTEM = Actor.system("bench")
#: what a run over the population says at a place
TOLD = {"level": Type.text, "definition": Type.text, "amount": Type.bigint, "frozen_on": Type.date}


def _copy(db: Any, catalogue: Catalogue, copies: int) -> None:
    """Each customer so many times more, within DuckDB, sorted by customer."""
    for source in catalogue.sources:
        db.execute(
            f"CREATE OR REPLACE TABLE facts.{source} AS SELECT o.* REPLACE"
            " (CASE WHEN k = 0 THEN customer_id ELSE CAST(md5(CAST(customer_id AS VARCHAR) || k) AS UUID) END"
            f" AS customer_id) FROM facts.{source} AS o, range({copies}) AS n(k) ORDER BY customer_id"
        )


def _tables(db: Any, catalogue: Catalogue, texts: Texts) -> tuple[Mapping[str, Table], Any]:
    """The rows of every source as numpy columns, those of the figures over many by the grids to which they
    belong, and the number of each customer's grid."""
    db.execute(
        f"CREATE TEMP TABLE place AS SELECT customer_id, row_number() OVER (ORDER BY customer_id) - 1 AS n"
        f" FROM facts.{SPINE}"
    )
    out = {}
    for name, source in catalogue.sources.items():
        wanted = ", ".join(("n", *source.columns))
        query = f"SELECT {wanted} FROM facts.{name} JOIN place USING (customer_id) ORDER BY n"
        out[name] = _table(db, query, {one: kind.type for one, kind in source.columns.items()}, texts)
    db.execute(
        "CREATE TEMP TABLE grid AS SELECT grid_id, row_number() OVER (ORDER BY grid_id) - 1 AS g"
        " FROM facts.place"
    )
    db.execute(f"CREATE TEMP TABLE lies AS {lies(tuple(LEVELS), DUCKDB).sql('duckdb')}")
    told = (
        f"SELECT g AS n, {', '.join(TOLD)} FROM facts.frozen JOIN lies USING (level, place)"
        " JOIN grid USING (grid_id) ORDER BY g"
    )
    out[FROZEN] = _table(db, told, TOLD, texts)
    grids = db.execute(
        "SELECT coalesce(g, (SELECT count(*) FROM grid)) AS g"
        f" FROM facts.{SPINE} JOIN place USING (customer_id) LEFT JOIN grid USING (grid_id) ORDER BY n"
    ).fetchnumpy()
    return out, np.asarray(grids["g"])


def _table(db: Any, query: str, types: Mapping[str, Type], texts: Texts) -> Table:
    """The rows that a query finds by `n`, their owner."""
    found = db.execute(query).fetchnumpy()
    columns = {one: _column(found[one], kind, texts) for one, kind in types.items()}
    own, starts = np.unique(np.asarray(found["n"]), return_index=True)
    return Table(columns, len(found["n"]), starts, own)


def _column(found: Any, kind: Type, texts: Texts) -> Column:
    missing = np.ma.getmaskarray(found)
    values = np.ma.getdata(found)
    if kind is Type.text:
        known, numbers = np.unique(np.where(missing, "", values).astype(str), return_inverse=True)
        values = np.asarray([texts.of(str(one)) for one in known], dtype=np.int64)[numbers]
    elif kind is Type.date:
        values = values.astype("M8[D]").astype(np.int64)
    elif kind is Type.bigint:
        values = values.astype(np.int64)
    return Column(np.ascontiguousarray(values), None if not missing.any() else ~missing)


def _agree(db: Any, said: Mapping[str, Column], texts: Texts) -> None:
    """Tier, limit and tags of everybody are the same."""
    rows = db.execute(
        "SELECT tier, limit_fen, tag_words FROM results JOIN place USING (customer_id) ORDER BY n"
    ).fetchnumpy()
    names = {number: name for name, number in texts.numbers.items()}
    tiers = np.asarray([names[number] for number in said["tier"].values])
    words = said["words"].values.view(np.int64)
    theirs = np.stack([np.asarray(one) for one in rows["tag_words"]])
    same = {
        "tier": bool((tiers == rows["tier"].astype(str)).all()),
        "limit_fen": bool((said["limit_fen"].values == rows["limit_fen"]).all()),
        "tags": bool((words == theirs).all()),
    }
    if not all(same.values()):
        raise RuntimeError(f"numpy and DuckDB differ: {same}")


def _row_by_row(db: Any, catalogue: Catalogue, as_of: date) -> float:
    """Seconds a customer."""
    ids = [row[0] for row in db.execute(f"SELECT customer_id FROM place WHERE n < {SAMPLE}").fetchall()]
    rows: dict[Any, dict[str, list[Any]]] = {one: {} for one in ids}
    wanted = {
        name: f"SELECT * FROM facts.{name} JOIN place USING (customer_id)" for name in catalogue.sources
    }
    wanted[FROZEN] = (
        f"SELECT customer_id, n, {', '.join(TOLD)} FROM facts.{SPINE} JOIN place USING (customer_id)"
        " JOIN lies USING (grid_id) JOIN facts.frozen USING (level, place)"
    )
    for name, query in wanted.items():
        cursor = db.execute(f"{query} WHERE n < {SAMPLE}")
        columns = [one[0] for one in cursor.description]
        for values in cursor.fetchall():
            row = dict(zip(columns, values, strict=True))
            rows[row["customer_id"]].setdefault(name, []).append(row)
    engine = RowEngine(catalogue, as_of)
    began = time.perf_counter()
    said = {one: engine.customer(of)["limit_fen"] for one, of in rows.items()}
    took = time.perf_counter() - began
    for one, limit in db.execute("SELECT customer_id, limit_fen FROM results").fetchall():
        if one in said and said[one] != limit:
            raise RuntimeError(f"row by row the limit is {said[one]} and not {limit}")
    return took / len(ids)


async def _in_postgres(settings: Settings) -> float:
    """Seconds a customer, in batches of a thousand."""
    database = worker_database(settings)
    try:
        async with database.unit(SYSTEM) as uow:
            wanted = text("SELECT id FROM customer ORDER BY md5(id::text) LIMIT :most")
            ids = list(await uow.session.scalars(wanted, {"most": SAMPLE}))
            began = time.perf_counter()
            rows = await queries.feature_rows(uow, shipped_statements(), ids, uow.today)
            await queries.results_of(uow, shipped_statements(), (row.features for row in rows), uow.today)
            return (time.perf_counter() - began) / len(ids)
    finally:
        await database.close()


def _measure(settings: Settings, copies: int, as_of: date) -> dict[str, Any]:
    catalogue, statements, texts = shipped_catalogue(), shipped_statements(), Texts()
    with Bulk(memory="8GB") as bulk:
        bulk.fetch(settings.database_url_nightly, catalogue)
        db = bulk._db  # noqa: SLF001 - the rows it holds are what is measured
        say(f"copying everybody {copies} times …")
        _copy(db, catalogue, copies)
        tables, grids = _tables(db, catalogue, texts)
        customers = len(grids)
        say("DuckDB …")
        began = time.perf_counter()
        db.execute(f"CREATE TABLE features AS {statements.nightly.features}", {"as_of": as_of})
        features = time.perf_counter() - began
        db.execute(f"CREATE TABLE results AS {statements.nightly.results}", {"as_of": as_of})
        duck = time.perf_counter() - began
        say("numpy …")
        began = time.perf_counter()
        said = Pass(catalogue, as_of, texts, grids).run(tables, customers)
        took = time.perf_counter() - began
        _agree(db, said, texts)
        rows = _row_by_row(db, catalogue, as_of)
    postgres = asyncio.run(_in_postgres(settings))
    return {
        "multiple": round(duck / took, 2),
        "customers": customers,
        "source_rows": sum(table.rows for table in tables.values()),
        "duckdb_s": round(duck, 2),
        "duckdb_features_s": round(features, 2),
        "numpy_s": round(took, 2),
        "postgres_times_slower": round(postgres * customers / duck, 1),
        "row_by_row_times_slower": round(rows * customers / duck, 1),
    }


def main() -> None:
    """Measures and says the figure."""
    parser = argparse.ArgumentParser(prog="nightly_rules")
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--county", type=int, default=COUNTY, help="customers of the county that is copied")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with own_servers() as running:
        say("making the county …")
        demo.run(running, asked.county, asked.seed, progress=lambda *_: None)
        detail = _measure(running, asked.customers // asked.county, date.today())  # noqa: DTZ011
    holds = (
        detail["multiple"] <= BAR
        and detail["postgres_times_slower"] >= BAR_POSTGRES
        and detail["row_by_row_times_slower"] >= BAR_ROWS
    )
    finish("nightly_rules", detail["multiple"], "times one numpy pass", BAR, holds, detail)


if __name__ == "__main__":
    main()
