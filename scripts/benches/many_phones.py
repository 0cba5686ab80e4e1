"""How long a push takes when two thousand phones come within a minute, seconds at the 95th percentile.

Each phone (installations of a few hundred people, enrolled by bulk) brings twenty visits, sealed and signed
beforehand, at a moment of its own within the minute. Everything else runs as `tiange up` runs it: one
machine, durable, and the worker recomputes beside. A phone that is told to come again later does, as the app
would, and its time counts from its first try to its receipts. Where the time goes stands in detail.
"""

import argparse
import asyncio
import os
import random
import re
import statistics
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.benches.support.bank import BenchBank, bench_bank, finish, say
from scripts.benches.support.fleet import TARGET, Push, enrolled

BAR_SECONDS = 2.0
ROLES = ("manager", "agent")
#: as pwa/src/sync/syncer.ts: the first wait after a failure, doubled each time
FIRST_RETRY_S = 2.0
#: who has no receipts this long after the last phone came never gets any
PATIENCE_S = 240.0
_SECONDS = re.compile(
    r'^tiange_http_request_seconds_(sum|count)\{route="/api/v1/sync/push"\} (\S+)$', re.MULTILINE
)
_WAITED = re.compile(r"^tiange_push_wait_seconds_(sum|count) (\S+)$", re.MULTILINE)


@dataclass
class Told:
    """What became of the pushes: seconds each, and how often a phone was sent away."""

    seconds: list[float] = field(default_factory=list)
    #: when the phone came, seconds from the start, beside its time
    came: list[float] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)
    failed: int = 0


async def _bring(
    client: httpx.AsyncClient, push: Push, at: float, began: float, told: Told, until: float
) -> None:
    await asyncio.sleep(max(0.0, began + at - time.perf_counter()))
    first, failures = time.perf_counter(), 0
    while time.perf_counter() < until:
        wait = FIRST_RETRY_S * 2**failures
        asked = 0.0
        try:
            answer = await client.post(TARGET, content=push.body, headers=push.again())
            told.answers[answer.status_code] += 1
            if answer.status_code == 200:
                receipts = msgspec.msgpack.decode(answer.content)["receipts"]
                if not all(one.get("receipt") for one in receipts):
                    raise RuntimeError(f"not all were received: {receipts}")
                told.seconds.append(time.perf_counter() - first)
                told.came.append(at)
                return
            asked = float(answer.headers.get("Retry-After", "0"))
        except httpx.TransportError:
            told.answers[0] += 1
        failures += 1
        await asyncio.sleep(max(asked, wait / 2) + random.random() * wait / 2)
    told.failed += 1


async def _measure(bank: BenchBank, phones: int, visits: int, seconds: float) -> dict[str, Any]:
    chance = random.Random(1)
    fleet = await enrolled(bank, phones + 40, ROLES)
    say(f"sealing {phones * visits} visits …")
    pushes = [one.push(visits, chance) for one in fleet]
    warm, pushes = pushes[:40], pushes[40:]
    people = len({one.staff_id for one in fleet})
    arrivals = sorted(chance.uniform(0, seconds) for _ in pushes)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=64)
    told, sampled = Told(), _Samples()
    async with httpx.AsyncClient(base_url=bank.url, timeout=30, limits=limits) as client:
        for push in warm:
            (await client.post(TARGET, content=push.body, headers=push.headers)).raise_for_status()
        before = await _figures(client)
        cpu = {part: bank.cpu_seconds(part) for part in ("web", "worker")} | {
            "postgres": bank.postgres_cpu_seconds()
        }
        connection = await asyncpg.connect(bank.admin_url)
        jobs = await _jobs(connection)
        say(f"{phones} phones of {people} people over {seconds:g} s …")
        watching = asyncio.create_task(sampled.watch(connection))
        began = time.perf_counter()
        until = began + seconds + PATIENCE_S
        await asyncio.gather(
            *(_bring(client, push, at, began, told, until) for push, at in zip(pushes, arrivals, strict=True))
        )
        took = time.perf_counter() - began
        used = {part: bank.cpu_seconds(part) for part in ("web", "worker")} | {
            "postgres": bank.postgres_cpu_seconds()
        }
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        after = await _figures(client)
        done = await _jobs(connection)
        waiting = await connection.fetchval("SELECT count(*) FROM job WHERE state <> 'done'")
        events = await connection.fetchval("SELECT count(*) FROM outbox_event WHERE expanded_at IS NULL")
        stored = await connection.fetchval("SELECT count(*) FROM sync_command WHERE result = 'applied'")
        await connection.close()
    answered = max(1.0, after["count"] - before["count"])
    if told.seconds:
        quantiles = statistics.quantiles(told.seconds, n=100)
    else:
        quantiles = [PATIENCE_S] * 99
    inside = (after["sum"] - before["sum"]) / answered
    late = [one for one, at in zip(told.seconds, told.came, strict=True) if at > seconds / 2]
    return {
        "p95": PATIENCE_S if told.failed > phones / 20 else quantiles[94],
        "p50_s": round(quantiles[49], 3),
        "p99_s": round(quantiles[98], 3),
        "max_s": round(max(told.seconds, default=PATIENCE_S), 2),
        "p50_of_second_half_s": round(statistics.median(late), 3) if late else None,
        "phones": phones,
        "people": people,
        "visits": phones * visits,
        "applied": stored,
        "arriving_over_s": seconds,
        "all_received_after_s": round(took, 1),
        "visits_a_second": round(len(told.seconds) * visits / took),
        "never_received": told.failed,
        "answers": {str(status): count for status, count in sorted(told.answers.items())},
        "mean_ms_before_the_server_begins": round((statistics.fmean(told.seconds or [0]) - inside) * 1000, 1),
        "mean_ms_inside": round(inside * 1000, 1),
        "mean_ms_waiting_for_a_turn": round((after["waited"] - before["waited"]) / answered * 1000, 1),
        "cpu_s": {part: round(used[part] - cpu[part], 1) for part in cpu},
        "cores": os.cpu_count(),
        "busy_share_of_machine": sampled.busy(),
        "database": sampled.waits(),
        "jobs_done_beside": done - jobs,
        "jobs_waiting_at_the_end": waiting,
        "events_waiting_at_the_end": events,
    }


class _Samples:
    """Twice a second: how busy the machine is, and what the database's connections do or wait for."""

    def __init__(self) -> None:
        self._busy: list[float] = []
        self._states: Counter[str] = Counter()
        self._count = 0

    async def watch(self, connection: Any) -> None:
        """Until it is cancelled."""
        psutil.cpu_percent()
        while True:
            await asyncio.sleep(0.5)
            self._busy.append(psutil.cpu_percent())
            rows = await connection.fetch(
                "SELECT application_name || ': ' || CASE WHEN state = 'active' THEN"
                " coalesce('waits for ' || wait_event_type, 'works') ELSE state END AS what,"
                " count(*) AS number"
                " FROM pg_stat_activity WHERE application_name IN ('tiange-web', 'tiange-worker')"
                " AND state <> 'idle' GROUP BY 1"
            )
            self._count += 1
            for row in rows:
                self._states[row["what"]] += row["number"]

    def busy(self) -> float:
        """Mean share of the processor's time, 1 is all cores."""
        return round(statistics.fmean(self._busy or [0]) / 100, 2)

    def waits(self) -> dict[str, float]:
        """Mean number of connections by what they did."""
        return {what: round(number / max(1, self._count), 2) for what, number in self._states.most_common(8)}


async def _figures(client: httpx.AsyncClient) -> dict[str, float]:
    text = (await client.get("/metrics")).text
    seconds = {name: float(value) for name, value in _SECONDS.findall(text)}
    waited = {name: float(value) for name, value in _WAITED.findall(text)}
    return {
        "sum": seconds.get("sum", 0.0),
        "count": seconds.get("count", 0.0),
        "waited": waited.get("sum", 0.0),
    }


async def _jobs(connection: Any) -> int:
    return int(await connection.fetchval("SELECT count(*) FROM job WHERE state = 'done'"))


def main() -> None:
    """Measures and says the figure."""
    parser = argparse.ArgumentParser(prog="many_phones")
    parser.add_argument("--phones", type=int, default=2000)
    parser.add_argument("--visits", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--households", type=int, default=6000)
    asked = parser.parse_args()
    with bench_bank("--everybody", "--households", str(asked.households), durable=True) as bank:
        detail = asyncio.run(_measure(bank, asked.phones, asked.visits, asked.seconds))
        figure = round(detail.pop("p95"), 3)
        finish(
            "many_phones",
            figure,
            "s at the 95th percentile of a push",
            BAR_SECONDS,
            figure <= BAR_SECONDS,
            detail,
        )


if __name__ == "__main__":
    main()
