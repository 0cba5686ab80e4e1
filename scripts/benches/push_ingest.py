"""How many visits a second the bank takes durably, as a share of what PostgreSQL takes bare.

Eight phones at a time push batches of fifty visits, sealed and signed beforehand, through the real HTTP
route: each with its row, receipt, audit entry, events and revisions. The other side is asyncpg with one
`unnest` insert a table for the same number of rows of the same tables and indexes, eight connections at a
time, fifty visits a transaction, as the superuser. Both commit to the disk (fsync), turn by turn in the same
run, and each once before the clock starts. The worker stands still meanwhile on both sides: what it does
later with the events is no part of taking them in (`many_phones` measures with it).
"""

import argparse
import asyncio
import random
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from backend.kernel.ids import uuid7
from scripts.benches.support.bank import BenchBank, bench_bank, finish, say
from scripts.benches.support.fleet import TARGET, FleetPhone, Push, enrolled

BAR = 0.10
AT_A_TIME = 8
BATCH = 50
#: table → (how to make copies of a row differ, the columns of its key that are made anew)
FRESH = {"visit": ("id",), "sync_command": ("id", "seq"), "outbox_event": ("id",), "sync_change": ("row_id",)}
TABLES = ("visit", "sync_command", "audit_entry", "outbox_event", "sync_change")
#: made by the database itself
_OWN = {("audit_entry", "id"), ("audit_entry", "xid")}


class Bare:
    """The same rows without the product: as many of each table as one push of it wrote."""

    def __init__(self, connections: list[Any], statements: list[tuple[str, Any]], rows: int) -> None:
        self._connections = connections
        self._statements = statements
        self.rows = rows
        self._seq = 1_000_000

    @classmethod
    async def of(cls, bank: BenchBank, pushed: FleetPhone) -> "Bare":
        """Reads what a push left, and writes the like of it."""
        connections = [await asyncpg.connect(bank.admin_url) for _ in range(AT_A_TIME)]
        one = connections[0]
        visits = [
            row["id"]
            for row in await one.fetch(
                "SELECT id FROM visit WHERE installation_id = $1", pushed.installation_id
            )
        ]
        names = [str(visit) for visit in visits]
        where = {
            "visit": ("id = ANY($1)", visits),
            "sync_command": ("installation_id = $1", pushed.installation_id),
            "audit_entry": ("installation_id = $1", pushed.installation_id),
            "outbox_event": (
                "request_id = (SELECT request_id FROM audit_entry WHERE subject_id = $1)",
                names[0],
            ),
            "sync_change": ("kind = 'visit' AND row_id = ANY($1)", names),
        }
        statements, rows = [], 0
        for table in TABLES:
            condition, value = where[table]
            found = await one.fetch(f"SELECT * FROM {table} WHERE {condition}", value)
            types = await one.fetch(
                "SELECT attname, format_type(atttypid, atttypmod) AS type FROM pg_attribute"
                " WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
                table,
            )
            columns = [(row["attname"], row["type"]) for row in types if (table, row["attname"]) not in _OWN]
            # arrays of arrays have no unnest: those columns travel as text
            sent = {name: "text" if kind.endswith("[]") else kind for name, kind in columns}
            arrays = ", ".join(f"${n}::{sent[name]}[]" for n, (name, _) in enumerate(columns, 1))
            listed = ", ".join(name for name, _ in columns)
            taken = ", ".join(f"{name}::{kind}" if kind.endswith("[]") else name for name, kind in columns)
            sql = f"INSERT INTO {table} ({listed}) SELECT {taken} FROM unnest({arrays}) AS t({listed})"
            data = {
                name: [_array(row[name]) if kind.endswith("[]") else row[name] for row in found]
                for name, kind in columns
            }
            statements.append((sql, (table, data)))
            rows += len(found)
        return cls(connections, statements, rows)

    def batches(self, count: int) -> list[list[tuple[str, list[Any]]]]:
        """The arguments of `count` transactions, made before the clock starts."""
        return [[(sql, self._anew(*given)) for sql, given in self._statements] for _ in range(count)]

    def _anew(self, table: str, data: dict[str, list[Any]]) -> list[Any]:
        changed = dict(data)
        for name in FRESH.get(table, ()):
            if name == "seq":
                changed[name] = list(range(self._seq, self._seq + len(data[name])))
                self._seq += len(data[name])
            else:
                make = str if name == "row_id" else lambda one: one
                changed[name] = [make(uuid7()) for _ in data[name]]
        return list(changed.values())

    async def insert(self, batches: Sequence[list[tuple[str, list[Any]]]]) -> None:
        """All of them, so many at a time."""
        waiting = list(batches)

        async def work(connection: Any) -> None:
            while waiting:
                batch = waiting.pop()
                async with connection.transaction():
                    for sql, given in batch:
                        await connection.execute(sql, *given)

        await asyncio.gather(*(work(one) for one in self._connections))

    async def close(self) -> None:
        """Ends the connections."""
        for one in self._connections:
            await one.close()


def _array(values: Sequence[Any]) -> str:
    return "{" + ",".join(f'"{one}"' for one in values) + "}"


async def _send(client: httpx.AsyncClient, push: Push) -> float:
    began = time.perf_counter()
    answer = await client.post(TARGET, content=push.body, headers=push.headers)
    took = time.perf_counter() - began
    answer.raise_for_status()
    receipts = msgspec.msgpack.decode(answer.content)["receipts"]
    if [one["result"] for one in receipts] != ["applied"] * push.visits:
        raise RuntimeError(f"not all were applied: {receipts[0]}")
    return took


async def _measure(bank: BenchBank, rounds: int, pushes: int, roles: Sequence[str]) -> dict[str, Any]:
    chance = random.Random(1)
    phones = await enrolled(bank, AT_A_TIME + 1, roles)
    first, phones = phones[0], phones[1:]
    limits = httpx.Limits(max_connections=AT_A_TIME, max_keepalive_connections=AT_A_TIME)
    async with httpx.AsyncClient(base_url=bank.url, timeout=120, limits=limits) as client:
        await _send(client, first.push(BATCH, chance))
        bare = await Bare.of(bank, first)
        say(f"{bare.rows / BATCH:g} rows a visit; sealing {rounds * AT_A_TIME * pushes * BATCH} visits …")
        warm = [[one.push(BATCH, chance) for _ in range(2)] for one in phones]
        sealed = [[[one.push(BATCH, chance) for _ in range(pushes)] for one in phones] for _ in range(rounds)]
        took: list[float] = []

        async def phone(own: Sequence[Push]) -> None:
            for push in own:
                took.append(await _send(client, push))  # noqa: PERF401 - one after the other

        await asyncio.gather(*(phone(own) for own in warm))
        await bare.insert(bare.batches(2 * AT_A_TIME))
        took.clear()
        seconds = {"ours": 0.0, "bare": 0.0}
        web = postgres = bare_postgres = 0.0
        shares = []
        for number, own in enumerate(sealed):
            batches = bare.batches(AT_A_TIME * pushes)
            before, began = (bank.cpu_seconds("web"), bank.postgres_cpu_seconds()), time.perf_counter()
            await asyncio.gather(*(phone(one) for one in own))
            ours = time.perf_counter() - began
            between = bank.postgres_cpu_seconds()
            web += bank.cpu_seconds("web") - before[0]
            postgres += between - before[1]
            began = time.perf_counter()
            await bare.insert(batches)
            theirs = time.perf_counter() - began
            bare_postgres += bank.postgres_cpu_seconds() - between
            seconds["ours"] += ours
            seconds["bare"] += theirs
            shares.append(theirs / ours)
            visits = AT_A_TIME * pushes * BATCH
            say(f"round {number + 1}: {visits / ours:.0f} visits/s, bare {visits / theirs:.0f}")
        await bare.close()
    visits = rounds * AT_A_TIME * pushes * BATCH
    return {
        "share": seconds["bare"] / seconds["ours"],
        "share_by_round": [round(one, 3) for one in shares],
        "visits": visits,
        "visits_a_second": round(visits / seconds["ours"]),
        "bare_visits_a_second": round(visits / seconds["bare"]),
        "bare_rows_a_second": round(visits * bare.rows / BATCH / seconds["bare"]),
        "rows_a_visit": round(bare.rows / BATCH, 2),
        "push_p50_ms": round(statistics.median(took) * 1000, 1),
        "push_p95_ms": round(statistics.quantiles(took, n=20)[-1] * 1000, 1),
        "web_cpu_ms_a_visit": round(web / visits * 1000, 3),
        "postgres_cpu_ms_a_visit": round(postgres / visits * 1000, 3),
        "bare_postgres_cpu_ms_a_visit": round(bare_postgres / visits * 1000, 3),
        "phones": list(roles),
        "fsync": True,
    }


def main() -> None:
    """Measures and says the figure."""
    parser = argparse.ArgumentParser(prog="push_ingest")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--pushes", type=int, default=4, help="of each phone in a round")
    parser.add_argument("--households", type=int, default=3000)
    asked = parser.parse_args()
    with (
        bench_bank("--everybody", "--households", str(asked.households), durable=True) as bank,
        bank.without_worker(),
    ):
        detail = asyncio.run(_measure(bank, asked.rounds, asked.pushes, ("manager",)))
        share = round(detail.pop("share"), 3)
        finish("push_ingest", share, "of bare inserts' visits a second", BAR, share >= BAR, detail)


if __name__ == "__main__":
    main()
