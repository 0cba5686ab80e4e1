"""One touched customer: from its moved rows to its new result committed, p95 in milliseconds.

A running bank whose worker stands still meanwhile; what the worker does for one customer is done here, over
its database with what is committed on the disk: read the features, work out, compare, write and commit. Each
customer's income is another before its turn, so that a result changes. Unchanged ones stand in detail, and
there, with the worker at work: the time from a phone's push of an income to the pull that brings the limit.
"""

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
from sqlalchemy import text

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from backend.audit.api import write_audit
from backend.embedded import running_servers
from backend.kernel.actor import Actor
from backend.kernel.clock import Clock
from backend.kernel.crypto import Keys
from backend.kernel.uow import Database
from backend.strategy import api as strategy
from scripts.benches.support.bank import BenchBank, bench_bank, finish, say
from tests.support.clock import MovingClock
from tests.support.field_phone import FieldPhone

BAR_MS = 25.0
BAR_PHONE_MS = 3000.0
SYSTEM = Actor.system("bench")
WARM = 30
FIELD = "income_wages_fen"
PATIENCE_S = 30.0
MOVE = text(
    "WITH moved AS (UPDATE customer_value SET amount = amount / 2 + 100000 WHERE customer_id = :one"
    " AND field LIKE 'income%' AND field NOT LIKE '%expected%' AND shown)"
    " UPDATE customer SET inputs_revision = inputs_revision + 1 WHERE id = :one"
)


async def _recomputed(database: Database, one: UUID) -> tuple[float, bool]:
    """Milliseconds, and whether the result changed."""
    began = time.perf_counter()
    async with database.unit(SYSTEM) as uow:
        done = await strategy.recompute(uow, [one], "changed")
    return (time.perf_counter() - began) * 1000, bool(done.changed)


async def _at_the_bank(bank: BenchBank, times: int) -> tuple[list[float], list[float]]:
    """Milliseconds of those whose result changed, and of those where nothing did."""
    urls = running_servers(bank.home)
    assert urls is not None
    database = Database.open(
        urls.worker, Clock(), keys=Keys.load(bank.home / "keys"), write_audit=write_audit, demo_mode=True
    )
    changed: list[float] = []
    same: list[float] = []
    try:
        await strategy.recompute_all(database, tell=False)
        async with database.unit(SYSTEM) as uow:
            wanted = text("SELECT customer_id FROM profile ORDER BY md5(customer_id::text) LIMIT :most")
            ids = list(await uow.session.scalars(wanted, {"most": times + WARM}))
        for turn, one in enumerate(ids):
            async with database.unit(SYSTEM) as uow:
                await uow.session.execute(MOVE, {"one": one})
            for _ in range(2):
                took, moved = await _recomputed(database, one)
                if turn >= WARM:
                    (changed if moved else same).append(took)
    finally:
        await database.close()
    return changed, same


async def _to_the_phone(bank: BenchBank, times: int) -> list[float]:
    """Milliseconds from a push until a pull has brought the new limit."""
    async with httpx.AsyncClient(base_url=bank.url, timeout=60) as client:
        phone = await FieldPhone.ready(
            client, MovingClock(bank.home / "no-offset"), bank.login, bank.password
        )
        await phone.pull()
        profiles = phone.of("profile")
        earning = [
            (one, row["values"][FIELD][0], profiles[one])
            for one, row in phone.of("file").items()
            if FIELD in row["values"] and one in profiles and profiles[one]["limit_fen"] > 0
        ]
        took = []
        for one, wages, profile in earning[:times]:
            edit = {"field": FIELD, "seen": wages, "value": wages // 2 + 100_000}
            phone.save("customer.set_values", {"customer_id": one, "edits": [edit]})
            began = time.perf_counter()
            await phone.push()
            while phone.of("profile")[one]["decision_id"] == profile["decision_id"]:
                if time.perf_counter() - began > PATIENCE_S:
                    raise RuntimeError("no new result came")
                await asyncio.sleep(0.05)
                await phone.pull()
            took.append((time.perf_counter() - began) * 1000)
        return took


def _said(times: Sequence[float]) -> dict[str, Any]:
    if len(times) < 2:
        return {"n": len(times)}
    cut = statistics.quantiles(times, n=20, method="inclusive")
    return {"n": len(times), "p50_ms": round(statistics.median(times), 1), "p95_ms": round(cut[-1], 1)}


async def _measure(bank: BenchBank, times: int) -> dict[str, Any]:
    with bank.without_worker():
        say(f"{times} customers, one by one …")
        changed, same = await _at_the_bank(bank, times)
    say("from phone to phone …")
    phones = await _to_the_phone(bank, times // 10)
    return {"changed": _said(changed), "unchanged": _said(same), "push_to_pull": _said(phones)}


def main() -> None:
    """Measures and says the figure."""
    parser = argparse.ArgumentParser(prog="now")
    parser.add_argument("--customers", type=int, default=300)
    parser.add_argument("--households", type=int, default=2000)
    asked = parser.parse_args()
    with bench_bank("--households", str(asked.households), durable=True) as bank:
        detail = asyncio.run(_measure(bank, asked.customers))
    if detail["changed"]["n"] < asked.customers // 3:
        raise RuntimeError(f"too few results changed: {msgspec.json.encode(detail).decode()}")
    figure = detail["changed"]["p95_ms"]
    detail["push_to_pull_bar_ms"] = BAR_PHONE_MS
    holds = figure <= BAR_MS and detail["push_to_pull"]["p95_ms"] <= BAR_PHONE_MS
    finish("now", figure, "ms p95, compute and commit", BAR_MS, holds, detail)


if __name__ == "__main__":
    main()
