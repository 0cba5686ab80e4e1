"""What a phone fetches the morning after a nightly run that changed 5 % of 200,000 customers.

The figure is the bytes of all pull answers as they travel, as a multiple of the changed rows' own bytes: the
MessagePack of those rows alone, in the order they came in, compressed as the answer is. A row counts as
changed where the phone shows something else than the evening before; one sent again unchanged is overhead.

The base is the demo county at that size, the run the worker's own (`recompute_all`) with the jobs it wakes.
"""

import argparse
import asyncio
import gzip
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
from litestar import Litestar
from sqlalchemy import text

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from backend.app import demo
from backend.app.asgi import create_app
from backend.app.wiring import HANDLERS
from backend.identity.api import hash_password, set_password
from backend.kernel.actor import Actor
from backend.kernel.crypto import Keys
from backend.kernel.relay import Relay
from backend.kernel.runner import Runner
from backend.kernel.settings import Settings
from backend.kernel.uow import Database
from backend.strategy import api as strategy
from scripts.benches.support.bank import finish, say
from scripts.benches.support.servers import own_servers, worker_database
from tests.support.clock import MovingClock
from tests.support.field_phone import PACKED, FieldPhone

BAR = 1.3
SHARE = 0.05
PASSWORD = "a long enough password"
BROWSER = {"Accept-Encoding": "gzip, deflate, br, zstd"}
SYSTEM = Actor.system("bench")
# so many people of each role get a phone; all heads of a branch see the same
PHONES = {"manager": 12, "agent": 6, "branch_head": 3}

Row = tuple[str, str, str]


@dataclass
class Counted:
    """A phone and what travelled to it since the evening."""

    role: str
    phone: FieldPhone
    grids: int
    bytes: int = 0
    changed: int = 0
    resent: int = 0
    own: int = 0

    def rows(self) -> dict[Row, dict[str, Any]]:
        """What it shows: rows by key, kind and id, without their revision."""
        return {
            (key, kind, row_id): {name: value for name, value in row.items() if name != "revision"}
            for key, kinds in self.phone.rows.items()
            for kind, rows in kinds.items()
            for row_id, row in rows.items()
        }

    async def morning(self) -> None:
        """Pulls until nothing more comes, and compares."""
        before = self.rows()
        own: list[Any] = []
        for _ in range(20):
            body = msgspec.msgpack.encode(
                {
                    "epoch": self.phone.epoch,
                    "partitions": self.phone.revisions,
                    "outbox": {"depth": 0, "oldest": None},
                }
            )
            answer = await self.phone.phone.send("POST", "/api/v1/sync/pull", body, PACKED | BROWSER)
            answer.raise_for_status()
            parts = msgspec.msgpack.decode(answer.content)["partitions"]
            if {one["state"] for one in parts} == {"same"}:
                break  # a phone asks no more once it has all that there was
            self.bytes += answer.num_bytes_downloaded
            for part in parts:
                if part["state"] == "changes":
                    own += self._take(part, before)
                elif part["state"] != "same":
                    raise RuntimeError(f"{part['key']} came as {part['state']}")
        self.own = len(gzip.compress(msgspec.msgpack.encode(own), 6, mtime=0))

    def _take(self, part: dict[str, Any], before: dict[Row, dict[str, Any]]) -> list[Any]:
        changed: list[Any] = []
        for group in part["groups"]:
            for row in group["rows"]:
                shown = dict(zip(group["fields"], row[2:], strict=True))
                if before.get((part["key"], group["kind"], row[0])) == shown:
                    self.resent += 1
                else:
                    changed.append(row)
            changed += [row for row in group["gone"] if (part["key"], group["kind"], row[0]) in before]
        self.changed += len(changed)
        self.phone.keep(part["key"], part["groups"])
        self.phone.revisions[part["key"]] = part["revision"]
        return changed


@asynccontextmanager
async def _phones(app: Litestar, database: Database) -> AsyncIterator[list[Counted]]:
    """Phones that hold everything they should."""
    clock = MovingClock(Path(tempfile.gettempdir()) / "no-offset")
    password = hash_password(PASSWORD, light=True)
    chosen: list[tuple[str, str, int]] = []
    async with database.unit(SYSTEM) as uow:
        for role, number in PHONES.items():
            found = await uow.session.execute(
                text(
                    "SELECT s.id, s.login, count(a.grid_id) AS grids FROM staff s"
                    " LEFT JOIN grid_assignment a ON a.staff_id = s.id AND a.to_on IS NULL"
                    " WHERE s.role = :role AND s.active GROUP BY s.id, s.login"
                    " HAVING count(a.grid_id) > 0 OR :role = 'branch_head'"
                    " ORDER BY md5(s.login) LIMIT :number"
                ),
                {"role": role, "number": number},
            )
            for row in found.all():
                await set_password(uow, row.id, password)
                chosen.append((role, row.login, row.grids))
    async with AsyncExitStack() as stack:
        made = []
        for role, login, grids in chosen:
            transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
            client = await stack.enter_async_context(
                httpx.AsyncClient(transport=transport, base_url="http://bench.test", timeout=120)
            )
            phone = await FieldPhone.ready(client, clock, login, PASSWORD)
            await phone.pull()
            made.append(Counted(role, phone, grids))
        yield made


async def _move_balances(database: Database) -> int:
    """The core system's evening: the balances of 5 % of the customers are others. Returns how many."""
    async with database.unit(SYSTEM) as uow:
        moved = await uow.session.execute(
            text(
                "WITH chosen AS (SELECT id FROM customer WHERE grid_id IS NOT NULL AND EXISTS"
                "  (SELECT 1 FROM account a WHERE a.customer_id = customer.id) ORDER BY md5(id::text)"
                "  LIMIT (SELECT count(*) * :permille / 1000 FROM customer))"
                " UPDATE account SET balance_fen = balance_fen * 2 + 3000000,"
                "  year_average_fen = year_average_fen * 2 + 3000000"
                " FROM chosen WHERE customer_id = chosen.id RETURNING customer_id"
            ),
            {"permille": round(SHARE * 1000)},
        )
        return len({row.customer_id for row in moved})


async def _work(database: Database, settings: Settings) -> int:
    """Runs what the night's events wake, until nothing waits."""
    relay = Relay(database, HANDLERS)
    runner = Runner(database, settings, Keys.load(settings.keys_dir), HANDLERS)
    ran = 0
    while True:
        await relay.expand()
        jobs = await relay.take()
        if not jobs:
            return ran
        for ids in jobs:
            ran += await runner.run_all(ids)


async def _measure(settings: Settings) -> tuple[list[Counted], dict[str, Any]]:
    database = worker_database(settings)
    app = create_app(settings)
    try:
        say("the evening before …")
        await strategy.recompute_all(database)
        await _work(database, settings)
        async with _phones(app, database) as phones:
            moved = await _move_balances(database)
            say(f"the night: {moved} customers' balances moved …")
            began = time.perf_counter()
            summary = await strategy.recompute_all(database, cause="nightly")
            ran = await _work(database, settings)
            took = time.perf_counter() - began
            say("the morning …")
            for phone in phones:
                await phone.morning()
        return phones, {
            "customers": summary.total,
            "customers_changed": summary.changed,
            "changed_share": round(summary.changed / summary.total, 4),
            "jobs": ran,
            "night_s": round(took, 1),
        }
    finally:
        await app.state.resources.close()
        await database.close()


def _of(phones: list[Counted]) -> dict[str, Any]:
    rows = sum(one.changed for one in phones)
    return {
        "phones": len(phones),
        "grids": sum(one.grids for one in phones),
        "bytes_a_phone": round(sum(one.bytes for one in phones) / len(phones)),
        "rows_a_phone": round(rows / len(phones), 1),
        "sent_again_unchanged": sum(one.resent for one in phones),
        "multiple": round(sum(one.bytes for one in phones) / max(1, sum(one.own for one in phones)), 3),
        "worst": round(max(one.bytes / max(1, one.own) for one in phones), 3),
    }


def main() -> None:
    """Measures and says the figure."""
    parser = argparse.ArgumentParser(prog="morning")
    parser.add_argument("--customers", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with own_servers() as running:
        say("making the county …")
        demo.run(running, asked.customers, asked.seed, progress=lambda *_: None)
        phones, detail = asyncio.run(_measure(running))
    whole = _of(phones)
    by_role = {role: _of([one for one in phones if one.role == role]) for role in PHONES}
    if not 0.9 * SHARE <= detail["changed_share"] <= 1.1 * SHARE:
        raise RuntimeError(f"the night changed {detail['changed_share']:.2%} instead of {SHARE:.0%}")
    finish(
        "morning",
        whole["multiple"],
        "times the changed rows' own bytes",
        BAR,
        whole["multiple"] <= BAR,
        detail | whole | by_role,
    )


if __name__ == "__main__":
    main()
