"""The nightly run over 1,000,000 customers, 20 million rows, 5 % changed, from and to PostgreSQL, in seconds.

The base is the demo county of 20,000, each customer copied forty-nine times with ids of its own, as the
database itself can do it: the same spread of families, farms and shops, results included. In the county
everybody has a file, which makes forty rows a customer; twenty are what a bank has that began with its files
(`--filed 100` measures the former). The evening moves the balances of 5 %; then the worker's own run
(`recompute_all`) copies, works out, compares and writes. Beside it, PostgreSQL's own two statements over a
sample, as times slower.
"""

import argparse
import asyncio
import resource
import sys
import time
from pathlib import Path
from typing import Any

from sqlalchemy import text

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from backend.app import demo
from backend.kernel.actor import Actor
from backend.kernel.settings import Settings
from backend.kernel.uow import Database
from backend.strategy import api as strategy
from backend.strategy import queries
from backend.strategy.engine import shipped_statements
from scripts.benches.support.bank import finish, say
from scripts.benches.support.copies import copy_everybody, swept
from scripts.benches.support.servers import own_servers, worker_database

BAR_SECONDS = 60.0
BAR_CUSTOMERS = 900_000
BAR_BYTES = 6e9
#: of a hundred copies: 20 million rows of a million customers
FILED_PERCENT = 13
SHARE = 0.05
COUNTY = 20_000
SAMPLE = 1000
SYSTEM = Actor.system("bench")

#: what strategy reads, the referred first
TABLES = (
    *("person", "customer", "membership", "customer_value", "file_record", "account", "loan", "holding"),
    *("flow_part", "visit", "evaluation_result", "profile"),
)


async def _move_balances(database: Database) -> None:
    """The core system's evening: the balances of 5 % of the customers are others."""
    async with database.unit(SYSTEM) as uow:
        await uow.session.execute(
            text(
                "WITH chosen AS (SELECT id FROM customer WHERE EXISTS"
                "  (SELECT 1 FROM account a WHERE a.customer_id = customer.id) ORDER BY md5(id::text)"
                "  LIMIT (SELECT count(*) * :permille / 1000 FROM customer))"
                " UPDATE account SET balance_fen = balance_fen * 2 + 3000000,"
                "  year_average_fen = year_average_fen * 2 + 3000000"
                " FROM chosen WHERE customer_id = chosen.id"
            ),
            {"permille": round(SHARE * 1000)},
        )


async def _in_postgres(database: Database) -> float:
    """Seconds that PostgreSQL takes for one customer, from a sample."""
    statements = shipped_statements()
    async with database.unit(SYSTEM) as uow:
        ids = list(
            await uow.session.scalars(text("SELECT id FROM customer ORDER BY md5(id::text) LIMIT 1000"))
        )
        began = time.perf_counter()
        rows = await queries.feature_rows(uow, statements, ids, uow.today)
        await queries.results_of(uow, statements, (row.features for row in rows), uow.today)
        return (time.perf_counter() - began) / len(ids)


async def _measure(settings: Settings, copies: int, filed_percent: int) -> dict[str, Any]:
    database = worker_database(settings)
    try:
        say(f"copying everybody {copies} times …")
        await copy_everybody(settings, TABLES, copies, filed_percent=filed_percent)
        copy = strategy.Copy(settings.database_url_nightly, settings.home / "nightly")
        if filed_percent < 100:
            # those without a file were copied with the result of one who has one
            say("the night before …")
            await strategy.recompute_all(database, tell=False, copy=copy)
            # no bank rewrites nearly all results on the evening before: what that left is swept up first
            await swept(settings)
        say("the evening …")
        await _move_balances(database)
        say("the night …")
        before = most_memory()
        began = time.perf_counter()
        # published: a night that moves as many tiers would wait for a person
        summary = await strategy.recompute_all(database, cause="published", copy=copy)
        took = time.perf_counter() - began
        async with database.unit(SYSTEM) as uow:
            (run,) = await strategy.newest(uow, 1)
        return {
            "seconds": round(took, 1),
            "customers": summary.total,
            "source_rows": run.source_rows,
            "changed": summary.changed,
            "changed_share": round(summary.changed / summary.total, 4),
            "requeued": summary.requeued,
            "stages_s": run.seconds,
            "memory_bytes": most_memory(),
            "memory_before_bytes": before,
            "postgres_times_slower": round(await _in_postgres(database) * summary.total / took, 1),
        }
    finally:
        await database.close()


def most_memory() -> int:
    """Bytes that this process held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    """Measures and says the figure."""
    parser = argparse.ArgumentParser(prog="nightly")
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--county", type=int, default=COUNTY, help="customers of the county that is copied")
    parser.add_argument("--filed", type=int, default=FILED_PERCENT, help="of a hundred copies, with a file")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with own_servers() as running:
        say("making the county …")
        demo.run(running, asked.county, asked.seed, progress=lambda *_: None)
        detail = asyncio.run(_measure(running, asked.customers // asked.county - 1, asked.filed))
    if detail["customers"] < 0.9 * asked.customers:
        raise RuntimeError(f"only {detail['customers']} customers were worked out")
    if not 0.8 * SHARE <= detail["changed_share"] <= 1.2 * SHARE:
        raise RuntimeError(f"the night changed {detail['changed_share']:.2%} instead of {SHARE:.0%}")
    holds = (
        detail["customers"] >= BAR_CUSTOMERS
        and detail["seconds"] <= BAR_SECONDS
        and detail["memory_bytes"] <= BAR_BYTES
    )
    finish("nightly", detail["seconds"], "s", BAR_SECONDS, holds, detail)


if __name__ == "__main__":
    main()
