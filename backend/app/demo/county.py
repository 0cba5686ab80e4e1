"""Making the county: customers in one transaction, then the strategy's results, then duties and what
phones hold.

A fact in the database (`server_fact` demo) tells how far it has come, so that a run that was cut off goes
on from there: before the first commit nothing is there at all, and the later steps can be repeated.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from backend.app.demo import evaluations
from backend.app.demo.accounts import Login
from backend.app.demo.businesses import Businesses
from backend.app.demo.errors import DemoRefused
from backend.app.demo.ground import plan_ground
from backend.app.demo.households import Households
from backend.app.demo.live import go_live
from backend.app.demo.logins import give_passwords
from backend.app.demo.names import Namer
from backend.app.demo.openings import raise_some
from backend.app.demo.province import bring_grades
from backend.app.demo.rows import Batch
from backend.app.demo.seeded import Calendar
from backend.app.demo.site import Site
from backend.app.demo.staffing import GridTeam, Staffing, plan_staff
from backend.app.demo.world import World
from backend.app.demo.writer import Writer
from backend.audit.api import write_audit
from backend.customers import api as customers
from backend.kernel.actor import Actor
from backend.kernel.clock import Clock
from backend.kernel.crypto import Keys
from backend.kernel.settings import Settings
from backend.kernel.uow import Database, UnitOfWork
from backend.policy import api as policy
from backend.products import api as products

Report = Callable[[str, int, int], None]

MOST_CUSTOMERS = 1_000_000
_LOCK = 0x7469_616E_6765
_BATCH = 1_500
LOADED, READY = "loaded", "ready"


@dataclass(frozen=True, slots=True)
class County:
    """Which county: its size, seed and day (None: today)."""

    customers: int
    seed: int
    day: date | None


class Stage(msgspec.Struct, frozen=True):
    """How far a county has come, as kept in the database."""

    customers: int
    seed: int
    day: date
    state: str


class StillClock(Clock):
    """A clock that stands at the county's own moment, so that what is written does not depend on the hour."""

    def __init__(self, zone: ZoneInfo, moment: datetime) -> None:
        super().__init__(zone.key)
        self._moment = moment

    def now(self) -> datetime:
        return self._moment


async def make(settings: Settings, county: County, report: Report) -> list[Login]:
    """See `backend.app.demo.run`."""
    if settings.environment == "production":
        raise DemoRefused(
            "This installation says production; demo people have no place there (TIANGE_ENVIRONMENT)."
        )
    if not 100 <= county.customers <= MOST_CUSTOMERS:
        raise DemoRefused(f"A demo county has 100 to {MOST_CUSTOMERS:,} customers, not {county.customers:,}.")
    day = county.day or Clock(settings.timezone, settings.clock_file).today()
    calendar = Calendar(day, settings.zone)
    database = Database.open(
        settings.database_url_worker,
        StillClock(settings.zone, calendar.now),
        keys=Keys.load(settings.keys_dir),
        demo_mode=True,
        write_audit=write_audit,
        pool_size=2,
        application="tiange-demo",
    )
    wanted = Stage(county.customers, county.seed, day, LOADED)
    try:
        stage = await _stage(database)
        if stage is not None:
            _require_same(stage, _as_asked(wanted, stage, county))
            if stage.state == READY:
                return []
            calendar = Calendar(stage.day, settings.zone)
            database.clock = StillClock(settings.zone, calendar.now)
        plan = _plan(wanted if stage is None else stage, calendar)
        if stage is None:
            await _load(database, wanted, calendar, plan, report)
            await _analyse(settings)
        await _compute(database, settings, report)
        await bring_grades(database, settings.home / "demo", wanted.seed, calendar)
        async with database.unit(Actor.system("demo")) as uow:
            stage = await _locked_stage(uow)
            if stage is None or stage.state == READY:
                return []
            await go_live(uow, stage.seed, calendar, plan.staffing, report)
            await raise_some(uow, plan.staffing.branches[0].id, report)
            logins = await give_passwords(uow)
            await _keep(uow, msgspec.structs.replace(stage, state=READY))
        await _analyse(settings)
        return logins
    finally:
        await database.close()


async def loaded(settings: Settings) -> bool:
    """See `backend.app.demo.is_loaded`."""
    clock = Clock(settings.timezone, settings.clock_file)
    database = Database.open(settings.database_url_worker, clock, pool_size=1, application="tiange-demo")
    try:
        stage = await _stage(database)
        return stage is not None and stage.state == READY
    finally:
        await database.close()


@dataclass(frozen=True, slots=True)
class _Plan:
    staffing: Staffing
    namer: Namer


def _plan(stage: Stage, calendar: Calendar) -> _Plan:
    namer = Namer()
    ground = plan_ground(stage.seed, stage.customers, namer)
    return _Plan(plan_staff(stage.seed, ground, calendar, namer), namer)


def _as_asked(wanted: Stage, found: Stage, county: County) -> Stage:
    """The day that counts: a county that was begun, or is there while no day was asked for, keeps its own."""
    if county.day is not None and found.state == READY:
        return wanted
    return msgspec.structs.replace(wanted, day=found.day)


def _require_same(found: Stage, wanted: Stage) -> None:
    if (found.customers, found.seed, found.day) == (wanted.customers, wanted.seed, wanted.day):
        return
    raise DemoRefused(
        f"This database already holds a demo county (--customers {found.customers} --seed {found.seed} "
        f"--date {found.day}); nothing was changed. For another one use another folder: "
        "tiange --home /other/folder demo …"
    )


async def _load(database: Database, stage: Stage, calendar: Calendar, plan: _Plan, report: Report) -> None:
    async with database.unit(Actor.system("demo")) as uow:
        if await _locked_stage(uow) is not None:
            raise DemoRefused("Another run is loading the demo county; nothing was changed here.")
        await _require_empty(uow)
        await policy.ensure_shipped(uow)
        await products.ensure_shipped(uow)
        assert uow.keys is not None
        standards = await customers.standards(uow)
        world = World(stage.seed, calendar, plan.namer, uow.keys, standards)
        writer = await Writer.of(uow.session)
        staffing = plan.staffing
        for rows in (staffing.units, staffing.staff, staffing.grids, staffing.assignments):
            world.batch.extend(rows)
        await writer.write(world.batch)
        await _fill_all(writer, world, staffing, stage, report)
        await evaluations.hold(uow, stage.seed, calendar, staffing, plan.namer)
        uow.audit("demo.load", "county", str(stage.seed), {"customers": stage.customers})
        await _keep(uow, stage)


async def _fill_all(writer: Writer, world: World, staffing: Staffing, stage: Stage, report: Report) -> None:
    """All grids; the next ones are made while PostgreSQL takes those before."""
    done = 0
    writing: asyncio.Task[None] | None = None
    try:
        for teams in _chunks(staffing.teams):
            batch = await asyncio.to_thread(_fill, world, teams)
            if writing is not None:
                await writing
            writing = asyncio.create_task(writer.write(batch))
            done += sum(team.grid.customers for team in teams)
            report("customers", done, stage.customers)
        if writing is not None:
            await writing
    except BaseException:
        # the connection must be quiet before its transaction is rolled back
        if writing is not None:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
        raise


def _chunks(teams: Sequence[GridTeam]) -> Iterator[list[GridTeam]]:
    """Runs of grids with some thousand customers each, so that memory stays bounded."""
    chunk: list[GridTeam] = []
    for team in teams:
        chunk.append(team)
        if sum(one.grid.customers for one in chunk) >= _BATCH:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _fill(world: World, teams: Sequence[GridTeam]) -> Batch:
    """All customers of some grids: businesses after the households that run them."""
    filled = replace(world, batch=Batch())
    for team in teams:
        site = Site(filled, team)
        households, businesses = Households(site), Businesses(site)
        runners = [households.make() for _ in range(team.grid.customers - team.grid.businesses)]
        for _ in range(team.grid.businesses):
            businesses.make(site.stream.choice(runners))
    return filled.batch


async def _compute(database: Database, settings: Settings, report: Report) -> None:
    """Tiers, limits and rhythms by the strategy in force."""
    from backend.strategy import api as strategy

    async with database.unit(Actor.system("demo")) as uow:
        await strategy.ensure_published(uow)

    def progress(now: strategy.Progress) -> None:
        report("strategy", now.done, now.total)

    # untold: duties are made from the results afterwards, so nobody need hear of twenty thousand first tiers
    copy = strategy.Copy(settings.database_url_nightly, settings.home / "nightly")
    await strategy.recompute_all(database, progress=progress, tell=False, cause="demo", copy=copy)


async def _require_empty(uow: UnitOfWork) -> None:
    for table, what in (
        ("customer", "customers"),
        ("grid", "grids"),
        ("staff", "staff"),
        ("org_unit", "branches"),
    ):
        if await uow.session.scalar(text(f"SELECT EXISTS (SELECT 1 FROM {table})")):  # noqa: S608
            raise DemoRefused(
                f"This database already holds {what} of its own; nothing was changed. A demo county "
                "needs an empty one: tiange --home /other/folder demo …"
            )


async def _analyse(settings: Settings) -> None:
    """Fresh statistics, without which the first queries after a bulk load plan badly."""
    if not settings.database_url:
        return
    engine = create_async_engine(settings.database_url, isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            await connection.execute(text("ANALYZE"))
    finally:
        await engine.dispose()


async def _stage(database: Database) -> Stage | None:
    async with database.unit(Actor.system("demo")) as uow:
        return await _read(uow)


async def _locked_stage(uow: UnitOfWork) -> Stage | None:
    """The stage, with every other run held off until this transaction ends."""
    await uow.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    return await _read(uow)


async def _read(uow: UnitOfWork) -> Stage | None:
    value: Any = await uow.session.scalar(text("SELECT value FROM server_fact WHERE name = 'demo'"))
    return None if value is None else msgspec.json.decode(value, type=Stage)


async def _keep(uow: UnitOfWork, stage: Stage) -> None:
    await uow.session.execute(
        text(
            "INSERT INTO server_fact (name, value) VALUES ('demo', :value)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        ),
        {"value": msgspec.json.encode(stage).decode()},
    )
