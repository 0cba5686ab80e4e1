"""A simulation of two catalogue versions over 1,000,000 customers, as a multiple of one nightly run.

The base is the nightly bench's: the demo county copied forty-nine times, results included. The run that is
compared with copies, works out and compares; its writing is left out, since a simulation writes nothing.
Then the worker's own simulation compares the version in force with a draft (limits in other steps, a feature
and a tag more): one copy, both versions' features and results, and all tables of the result.
"""

import argparse
import asyncio
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from backend.app import demo
from backend.kernel.settings import Settings
from backend.strategy import api as strategy
from backend.strategy.bulk import Bulk
from backend.strategy.engine import Edition, shipped
from backend.strategy.trying import compare
from scripts.benches.nightly import COUNTY, FILED_PERCENT, SYSTEM, TABLES, most_memory
from scripts.benches.support.bank import finish, say
from scripts.benches.support.copies import copy_everybody
from scripts.benches.support.servers import own_servers, worker_database

BAR_TIMES = 2.5
BAR_BYTES = 6e9


def draft() -> Edition:
    """Limits in other steps, a feature and a tag more: the draft needs features of its own."""
    files = dict(shipped().files)
    step = "debts_counted_fen, limit_step_fen)"
    assert step in files["limits/limit.yaml"]
    files["limits/limit.yaml"] = files["limits/limit.yaml"].replace(step, "debts_counted_fen, yuan(20000))")
    words = "    zh: 试\n    en: Tried\n    explain: {zh: 试。, en: Tried.}\n"
    files["features/tried.yaml"] = (
        f"features:\n  - name: tried_fen\n{words}    unit: fen\n    value: deposits_fen + loans_fen\n"
    )
    files["tags/tried.yaml"] = (
        f"tags:\n  - name: tried\n    bit: 4000\n    dimension: value\n{words}    when: tried_fen > 0\n"
    )
    return Edition(files)


def _one_run(settings: Settings, edition: Edition, today: Any) -> dict[str, float]:
    """Seconds by stage of a nightly run up to where it would write."""
    seconds = {}
    with Bulk(settings.home / "nightly") as bulk:
        began = time.perf_counter()
        bulk.fetch(settings.database_url_nightly, edition.catalogue)
        seconds["copy"] = time.perf_counter() - began
        began = time.perf_counter()
        bulk.work_out(edition.statements, today)
        seconds["work_out"] = time.perf_counter() - began
    return {stage: round(one, 2) for stage, one in seconds.items()}


async def _on(_stage: str) -> bool:
    return True


async def _measure(settings: Settings, many: int, filed_percent: int) -> dict[str, Any]:
    database = worker_database(settings)
    try:
        say(f"copying everybody {many} times …")
        await copy_everybody(settings, TABLES, many, filed_percent=filed_percent)
        before, after = shipped(), draft()
        await before.compiled()
        await after.compiled()
        async with database.unit(SYSTEM) as uow:
            today = uow.today
        say("one run …")
        run = await asyncio.to_thread(_one_run, settings, after, today)
        say("the simulation …")
        copy = strategy.Copy(settings.database_url_nightly, settings.home / "nightly")
        began = time.perf_counter()
        result, movers, _ = await compare(database, SYSTEM, copy, before, after, _on)
        took = time.perf_counter() - began
        return {
            "times": round(took / sum(run.values()), 2),
            "seconds": round(took, 1),
            "one_run_s": run,
            "stages_s": result.seconds,
            "customers": result.customers,
            "changed": result.changed,
            "movers": len(movers),
            "memory_bytes": most_memory(),
        }
    finally:
        await database.close()


def main() -> None:
    """Measures and says the figure."""
    parser = argparse.ArgumentParser(prog="simulate")
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--county", type=int, default=COUNTY, help="customers of the county that is copied")
    parser.add_argument("--filed", type=int, default=FILED_PERCENT, help="of a hundred copies, with a file")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with own_servers() as running:
        say("making the county …")
        demo.run(running, asked.county, asked.seed, progress=lambda *_: None)
        detail = asyncio.run(_measure(running, asked.customers // asked.county - 1, asked.filed))
    if detail["changed"] == 0:
        raise RuntimeError("the draft moved nobody")
    holds = detail["times"] <= BAR_TIMES and detail["memory_bytes"] <= BAR_BYTES
    finish("simulate", detail["times"], "times one run", BAR_TIMES, holds, detail)


if __name__ == "__main__":
    main()
