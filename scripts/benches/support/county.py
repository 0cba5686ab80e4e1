"""A manager with many households, for the benches: `python county.py --households 3000 …`.

Runs embedded servers on the new home that TIANGE_HOME names, brings the schema up and fills the grids of one
manager with people of the demo county's making, the same for the same seed. Ends with one line of JSON: the
manager's login and password, and how many rows of each kind there are. `--documents` names a file for those
that the phone gets of customers, members and assets, one JSON document a line.

`--everybody` spreads the households over the grids of all managers instead of one's.

`--members` and `--assets` cut the households' own down to that many, and then the phone is told of customers,
members and assets only. Without them it holds all that a manager's phone holds, open tasks too.
"""

import argparse
import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from backend.app.demo.ground import plan_ground
from backend.app.demo.households import Households
from backend.app.demo.live import go_live
from backend.app.demo.logins import give_passwords
from backend.app.demo.names import Namer
from backend.app.demo.rows import Batch, CustomerRow, MembershipRow, PersonRow, RecordRow
from backend.app.demo.seeded import Calendar
from backend.app.demo.site import Site
from backend.app.demo.staffing import GridTeam, Staffing, plan_staff
from backend.app.demo.world import World
from backend.app.demo.writer import Writer
from backend.app.prepare import prepare
from backend.app.servers import connected
from backend.app.wiring import registry
from backend.audit.api import write_audit
from backend.customers import api as customers
from backend.kernel.actor import Actor, Role
from backend.kernel.clock import Clock
from backend.kernel.crypto import Keys
from backend.kernel.settings import Settings, load_settings
from backend.kernel.uow import Database, UnitOfWork
from backend.sync.partitions import Key
from backend.sync.rows import load_kind

LOGIN = "manager01"
KINDS = ("customer", "member", "record")
_RECORDS = (
    "SELECT 'bank', 'staffer', id::text FROM staff",
    "SELECT 'grid:' || id, 'grid', id::text FROM grid",
    "SELECT 'grid:' || grid_id, 'customer', id::text FROM customer",
    "SELECT 'grid:' || grid_id, 'member', m.id::text FROM membership m JOIN customer c ON c.id = customer_id",
    "SELECT 'grid:' || grid_id, 'record', r.id::text FROM file_record r, customer c WHERE c.id = customer_id",
)


def _teams(staffing: Staffing) -> tuple[GridTeam, ...]:
    """The grids of the manager who signs in."""
    manager = next(one.id for one in staffing.staff if one.login == LOGIN)
    return tuple(team for team in staffing.teams if team.manager_id == manager)


def _fill(world: World, teams: Sequence[GridTeam], households: int) -> None:
    """Exactly so many households with a place, evenly over the grids."""
    for number, team in enumerate(teams):
        site = Site(world, team)
        maker = Households(site)
        wanted = households // len(teams) + (number < households % len(teams))
        kept = 0
        while kept < wanted:
            before = {kind: len(rows) for kind, rows in world.batch.rows.items()}
            maker.make()
            made: Any = world.batch.rows[CustomerRow][-1]
            if made.grid_id is None:
                for kind, length in before.items():
                    del world.batch.rows[kind][length:]
            else:
                kept += 1


def _cut(batch: Batch, kind: type[Any], most: int) -> None:
    """Keeps `most` rows: everybody's first, then second ones, and so on."""
    seen: Counter[Any] = Counter()
    ranked: list[tuple[int, Any]] = []
    row: Any
    for row in batch.rows[kind]:
        ranked.append((seen[row.customer_id], row))
        seen[row.customer_id] += 1
    ranked.sort(key=lambda one: one[0])
    if len(ranked) < most:
        raise SystemExit(f"there are only {len(ranked)} rows of {kind.__name__}, not {most}")
    batch.rows[kind] = [row for _, row in ranked[:most]]


async def _make(settings: Settings, asked: argparse.Namespace) -> dict[str, Any]:
    clock = Clock(settings.timezone, settings.clock_file)
    calendar = Calendar(clock.today(), settings.zone)
    keys = Keys.load(settings.keys_dir)
    namer = Namer()
    # a county of this size has some three hundred people in the field
    size = 60_000 if asked.everybody else 1000
    staffing = plan_staff(asked.seed, plan_ground(asked.seed, size, namer), calendar, namer)
    teams = staffing.teams if asked.everybody else _teams(staffing)
    database = Database.open(
        settings.database_url_worker, clock, keys=keys, demo_mode=True, write_audit=write_audit, pool_size=2
    )
    try:
        async with database.unit(Actor.system("bench")) as uow:
            world = World(asked.seed, calendar, namer, keys, await customers.standards(uow))
            for rows in (staffing.units, staffing.staff, staffing.grids, staffing.assignments):
                world.batch.extend(rows)
            _fill(world, teams, asked.households)
            if asked.members:
                _cut(world.batch, MembershipRow, asked.members)
                _cut(world.batch, RecordRow, asked.assets)
            people = len(world.batch.rows[PersonRow])
            await (await Writer.of(uow.session)).write(world.batch)
            if asked.members:
                await _stamp_records(uow)
            else:
                await go_live(uow, asked.seed, calendar, replace(staffing, teams=teams), lambda *_: None)
            logins = {one.login: one for one in await give_passwords(uow)}
        await _analyse(settings)
        async with database.unit(Actor.system("bench")) as uow:
            books = [f"grid:{team.grid_id}" for team in teams]
            counts = await _counts(uow, books)
            if asked.documents:
                await _write_documents(uow, books, asked.documents)
    finally:
        await database.close()
    found = logins[LOGIN]
    return {"login": found.login, "password": found.password, "counts": counts, "people": people}


async def _stamp_records(uow: UnitOfWork) -> None:
    """Tells phones of the grids' customers, members and assets, and of nothing else that hangs on them."""
    for query in _RECORDS:
        await uow.session.execute(
            text(
                "INSERT INTO sync_change (book, kind, row_id, revision, gone)"
                f" SELECT q.*, 1, false FROM ({query}) q"
            )
        )
    await uow.session.execute(
        text(
            "INSERT INTO sync_partition (book, revision) SELECT DISTINCT book, 1 FROM sync_change"
            " ON CONFLICT DO NOTHING"
        )
    )


async def _analyse(settings: Settings) -> None:
    """As the demo county does: without statistics the first queries after a bulk load plan badly."""
    engine = create_async_engine(settings.database_url or "", isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            await connection.execute(text("ANALYZE"))
    finally:
        await engine.dispose()


async def _counts(uow: UnitOfWork, books: list[str]) -> dict[str, int]:
    rows = await uow.session.execute(
        text(
            "SELECT kind, count(*) AS number FROM sync_change WHERE book = ANY(:books) AND NOT gone"
            " GROUP BY kind ORDER BY kind"
        ),
        {"books": books},
    )
    return {row.kind: row.number for row in rows}


async def _write_documents(uow: UnitOfWork, books: list[str], path: Path) -> None:
    """The very rows that a manager's phone gets, as documents with named fields."""
    known = registry()
    with path.open("wb") as out:
        for book in books:
            for kind in KINDS:
                ids = await uow.session.execute(
                    text(
                        "SELECT row_id, revision FROM sync_change"
                        " WHERE book = :book AND kind = :kind ORDER BY row_id"
                    ),
                    {"book": book, "kind": kind},
                )
                stamped = [(row.row_id, row.revision) for row in ids]
                fields, rows = await load_kind(uow, known, Key(book, Role.manager.value), kind, stamped)
                for row_id, revision, *values in rows:
                    document = {"_id": f"{kind}:{row_id}", "type": kind, "revision": revision}
                    out.write(msgspec.json.encode(document | dict(zip(fields, values, strict=True))) + b"\n")


def main() -> None:
    """Reads what is asked for, and says what was made."""
    parser = argparse.ArgumentParser(prog="county")
    parser.add_argument("--households", type=int, default=3000)
    parser.add_argument("--members", type=int, default=0)
    parser.add_argument("--assets", type=int, default=0)
    parser.add_argument("--documents", type=Path)
    parser.add_argument("--everybody", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    settings = load_settings()
    with connected(settings, lambda _: None) as settings:
        prepare(settings)
        made = asyncio.run(_make(settings, asked))
    print(json.dumps(made))


if __name__ == "__main__":
    main()
