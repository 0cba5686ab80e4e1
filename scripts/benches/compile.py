"""The whole catalogue read, checked, bound against the database and compiled, in seconds.

In detail the same with 500 features, 3,000 tags, 1,000 events and 200 products
more, as a bank's catalogue grows.
"""

import asyncio
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from backend.kernel.actor import Actor
from backend.kernel.settings import Settings
from backend.kernel.uow import Database
from backend.strategy import binding
from backend.strategy.compiler import compile_catalogue
from backend.strategy.documents import shipped_files
from backend.strategy.loader import load
from scripts.benches.support.bank import finish, say
from scripts.benches.support.servers import own_servers, worker_database
from tests.backend.strategy.many import many_files

BAR_SECONDS = 1.0
ROUNDS = 5
SYSTEM = Actor.system("bench")


async def _once(database: Database, files: Mapping[str, str]) -> dict[str, Any]:
    began = time.perf_counter()
    catalogue = load(files)
    checked = time.perf_counter()
    async with database.unit(SYSTEM) as uow:
        problems = await binding.bind(uow, catalogue)
    if problems:
        raise RuntimeError(str(problems[0]))
    bound = time.perf_counter()
    compile_catalogue(catalogue)
    done = time.perf_counter()
    return {
        "seconds": round(done - began, 2),
        "check": round(checked - began, 2),
        "bind": round(bound - checked, 2),
        "compile": round(done - bound, 2),
        "features": len(catalogue.features),
        "tags": len(catalogue.tags),
        "events": len(catalogue.offering.events),
        "products": len(catalogue.offering.products),
    }


async def _measure(settings: Settings) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    database = worker_database(settings)
    try:
        rounds = [await _once(database, shipped_files()) for _ in range(ROUNDS + 1)]
        say("thousands of tags and events …")
        return rounds[1:], await _once(database, many_files())
    finally:
        await database.close()


def main() -> None:
    """Measures and says the figure."""
    with own_servers() as running:
        rounds, many = asyncio.run(_measure(running))
    middle = sorted(rounds, key=lambda one: one["seconds"])[len(rounds) // 2]
    detail: dict[str, Any] = {"rounds": [one["seconds"] for one in rounds], "middle": middle, "many": many}
    finish("compile", middle["seconds"], "s", BAR_SECONDS, middle["seconds"] <= BAR_SECONDS, detail)


if __name__ == "__main__":
    main()
