"""What a pull costs the server in which nothing changed: the web processes' processor time, milliseconds.

A manager's enrolled phone that is up to date asks again and again, signed, one request after the other, as
phones do when they wake. What PostgreSQL and the network add stands in detail, and there `noting_ms`: a pull
whose contact is written down, as once in ten minutes for each phone, or where what waits on it has changed.
"""

import argparse
import asyncio
import sys
import time
from pathlib import Path

import httpx
import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.benches.support.bank import BenchBank, bench_bank, finish, say
from tests.support.clock import MovingClock
from tests.support.field_phone import PACKED, FieldPhone

BAR_MS = 2.0


async def _measure(bank: BenchBank, pulls: int) -> tuple[float, float, float, float]:
    async with httpx.AsyncClient(base_url=bank.url, timeout=60) as client:
        clock = MovingClock(bank.home / "no-offset")
        phone = await FieldPhone.ready(client, clock, bank.login, bank.password)
        await phone.pull()
        held = {"epoch": phone.epoch, "partitions": phone.revisions}

        async def once(depth: int = 0) -> None:
            body = msgspec.msgpack.encode(held | {"outbox": {"depth": depth, "oldest": None}})
            answer = await phone.phone.send("POST", "/api/v1/sync/pull", body, PACKED)
            states = {one["state"] for one in msgspec.msgpack.decode(answer.content)["partitions"]}
            if states != {"same"}:
                raise RuntimeError(f"something changed meanwhile: {states}")

        for _ in range(50):
            await once()
        web, postgres, began = bank.cpu_seconds("web"), bank.postgres_cpu_seconds(), time.perf_counter()
        for _ in range(pulls):
            await once()
        took = time.perf_counter() - began
        web, postgres = bank.cpu_seconds("web") - web, bank.postgres_cpu_seconds() - postgres
        noting = bank.cpu_seconds("web")
        for number in range(pulls // 4):
            await once(number % 2 + 1)
        return web, postgres, took, bank.cpu_seconds("web") - noting


def main() -> None:
    """Measures and says the figure."""
    parser = argparse.ArgumentParser(prog="pull_idle")
    parser.add_argument("--pulls", type=int, default=2000)
    parser.add_argument("--households", type=int, default=1000)
    asked = parser.parse_args()
    with bench_bank("--households", str(asked.households)) as bank:
        say(f"{asked.pulls} pulls …")
        web, postgres, took, noting = asyncio.run(_measure(bank, asked.pulls))
        figure = round(web / asked.pulls * 1000, 2)
        finish(
            "pull_idle",
            figure,
            "ms of the web processes' processor time a pull",
            BAR_MS,
            figure <= BAR_MS,
            {
                "pulls": asked.pulls,
                "partitions": 2 + 5 + 1,
                "postgres_cpu_ms": round(postgres / asked.pulls * 1000, 2),
                "noting_ms": round(noting / (asked.pulls // 4) * 1000, 2),
                "wall_ms": round(took / asked.pulls * 1000, 2),
            },
        )


if __name__ == "__main__":
    main()
