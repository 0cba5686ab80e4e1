"""How many of 1,000,000 customers have A and B and not C in these grids, p95 in milliseconds.

The base is the demo county of 20,000 with the results that the shipped catalogue gives it, each customer
copied forty-nine times by the database itself, visits too. A to C are tags drawn from those that between 2
and 60 of a hundred customers have, the grids forty drawn from all. Counted as a web process counts, in its
packed columns; beside it the same choices by PostgreSQL's own scan, which must say the same.
"""

import argparse
import asyncio
import random
import resource
import sys
import time
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from backend.app import demo
from backend.audience import memory, queries
from backend.audience.memory import Memory
from backend.audience.rules import Scope
from backend.audience.service import EVERYBODY, vocabulary
from backend.audience.tree import Between, Bit, Every, Lacks, Node, Vocabulary, Within
from backend.kernel.actor import Actor
from backend.kernel.settings import Settings
from backend.kernel.uow import Database
from scripts.benches.support.bank import finish, say
from scripts.benches.support.copies import copy_everybody
from scripts.benches.support.servers import own_servers, worker_database

BAR_MS = 2.0
COUNTY = 20_000
#: what a choice is about
TABLES = ("customer", "profile", "visit")
CHOICES, SCANS, CHANGED = 1000, 25, 1000
GRIDS = 40
SYSTEM = Actor.system("bench")
BANK = Scope(True, frozenset(), frozenset(), None)


async def _measure(settings: Settings, copies: int, seed: int) -> dict[str, Any]:
    database, rng = worker_database(settings), random.Random(seed)
    packed = Memory(database)
    try:
        say(f"copying everybody {copies} times …")
        await copy_everybody(settings, TABLES, copies)
        async with database.unit(SYSTEM) as uow:
            words = await vocabulary(uow)
        before, began = _most_memory(), time.perf_counter()
        say("reading everybody …")
        held, stall = await _read(packed, words)
        reading = time.perf_counter() - began
        grids = await _grids(database)
        tags = [bit for bit, share in _shares(held, words).items() if 0.02 <= share <= 0.6]
        choices = [_choice(rng, tags, grids) for _ in range(CHOICES)]
        say("counting …")
        alone = [_timed(held, one) for one in choices]
        asked = [await _asked(packed, words, one) for one in choices]
        say("the same by PostgreSQL …")
        scanned = [await _scanned(database, one) for one in choices[:SCANS]]
        counts = [held.count(one, BANK) for one in choices[:SCANS]]
        if [found for found, _ in scanned] != counts:
            raise RuntimeError("memory and PostgreSQL do not count the same")
        figures = [
            Every((one, Between("limit_fen", 1, 10**7), Between("score", 50, None))) for one in choices
        ]
        return {
            "customers": held.count(EVERYBODY, BANK),
            "tags": len(words.bits),
            "p50_ms": _at(alone, 50),
            "p95_ms": _at(alone, 95),
            "asked_p50_ms": _at(asked, 50),
            "asked_p95_ms": _at(asked, 95),
            "with_two_figures_p95_ms": _at([_timed(held, one) for one in figures], 95),
            "postgres_p50_ms": _at([took for _, took in scanned], 50),
            "postgres_p95_ms": _at([took for _, took in scanned], 95),
            "postgres_times_slower": round(_at([took for _, took in scanned], 50) / _at(alone, 50)),
            "median_count": sorted(counts)[len(counts) // 2],
            "bytes": held.bytes,
            "reading_s": round(reading, 1),
            "longest_stall_ms": round(stall, 1),
            "memory_before_bytes": before,
            "memory_most_bytes": _most_memory(),
            f"taking_{CHANGED}_changes_ms": await _changes(database, packed, words),
        }
    finally:
        await packed.close()
        await database.close()


async def _read(packed: Memory, words: Vocabulary) -> tuple[Any, float]:
    """Reads everybody as a web process does; the longest time in which its loop did nothing else, in ms."""
    longest, ended = 0.0, False

    async def watch() -> None:
        nonlocal longest
        while not ended:
            began = time.perf_counter()
            await asyncio.sleep(0.001)
            longest = max(longest, (time.perf_counter() - began) * 1000 - 1)

    watching = asyncio.create_task(watch())
    if await packed.count(words, BANK, [EVERYBODY]) is not None:
        raise RuntimeError("nobody was read yet")
    await packed.loaded()
    ended = True
    await watching
    if packed.columns is None:
        raise RuntimeError("everybody could not be read")
    return packed.columns, longest


async def _grids(database: Database) -> list[UUID]:
    async with database.unit(SYSTEM) as uow:
        return list(await uow.session.scalars(text("SELECT id FROM grid WHERE active ORDER BY id")))


def _shares(held: Any, words: Vocabulary) -> dict[int, float]:
    everybody = held.count(EVERYBODY, BANK)
    return {bit: held.count(Bit(bit), BANK) / everybody for bit in sorted(words.bits.values())}


def _choice(rng: random.Random, tags: list[int], grids: list[UUID]) -> Node:
    first, second, third = rng.sample(tags, 3)
    within = Within("grid_id", frozenset(rng.sample(grids, min(GRIDS, len(grids)))))
    return Every((Bit(first), Bit(second), Lacks(Bit(third)), within))


def _timed(held: Any, node: Node) -> float:
    began = time.perf_counter()
    held.count(node, BANK)
    return (time.perf_counter() - began) * 1000


async def _asked(packed: Memory, words: Vocabulary, node: Node) -> float:
    """As a request asks: its turn, the look for changes once a second, the thread."""
    began = time.perf_counter()
    if await packed.count(words, BANK, [node]) is None:
        raise RuntimeError("what was read is gone")
    return (time.perf_counter() - began) * 1000


async def _scanned(database: Database, node: Node) -> tuple[int, float]:
    async with database.unit(SYSTEM) as uow:
        began = time.perf_counter()
        found = await queries.count(uow, node, BANK)
        return found, (time.perf_counter() - began) * 1000


async def _changes(database: Database, packed: Memory, words: Vocabulary) -> float:
    """Milliseconds in which results that changed are taken over and counted."""
    async with database.unit(SYSTEM) as uow:
        rows = await uow.session.execute(
            text(
                "UPDATE profile SET limit_fen = limit_fen + 100 FROM customer c WHERE c.id = customer_id"
                " AND customer_id IN (SELECT id FROM customer WHERE grid_id IS NOT NULL"
                "  ORDER BY md5(id::text) LIMIT :many) RETURNING c.id, c.books"
            ),
            {"many": CHANGED},
        )
        for row in rows:
            uow.touch_all(row.books, "profile", row.id)
    await asyncio.sleep(memory.REFRESH_SECONDS)
    return round(await _asked(packed, words, EVERYBODY), 1)


def _at(times: list[float], percent: int) -> float:
    return round(sorted(times)[min(len(times) - 1, len(times) * percent // 100)], 3)


def _most_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    """Measures and says the figure."""
    parser = argparse.ArgumentParser(prog="audience")
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--county", type=int, default=COUNTY, help="customers of the county that is copied")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with own_servers() as running:
        say("making the county …")
        demo.run(running, asked.county, asked.seed, progress=lambda *_: None)
        detail = asyncio.run(_measure(running, asked.customers // asked.county - 1, asked.seed))
    finish("audience", detail["p95_ms"], "ms", BAR_MS, detail["p95_ms"] <= BAR_MS, detail)


if __name__ == "__main__":
    main()
