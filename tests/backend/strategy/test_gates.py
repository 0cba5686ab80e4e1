"""A night that nobody looked at: not upon a source too old, nor where it moves too much. Both ways."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from backend.app import strategy_cli
from backend.banking.models import ImportBatch
from backend.kernel.ids import uuid7
from backend.strategy import runs, versions
from backend.strategy.api import Copy, Summary, newest, recompute_all, release
from backend.strategy.definitions import FILES
from backend.strategy.documents import shipped_files
from backend.strategy.engine import Edition, shipped_catalogue
from backend.strategy.freshness import stale_among
from backend.strategy.models import StrategyRun
from tests.backend.strategy.town import SYSTEM, TODAY, Town, account_of, touch_inputs
from tests.support.clock import MovingClock
from tests.support.world import World

pytestmark = pytest.mark.slow


async def file_of(town: Town, kind: str, day: date, state: str = "taken") -> None:
    """A file of the bank's systems that tells of a day."""
    batch = ImportBatch(
        id=uuid7(),
        kind=kind,
        file_name=f"{kind}.csv",
        file_hash=str(uuid7()),
        as_of=day,
        state=state,
        reason=None,
        counts={"rows": 1, "rejected": 0},
        imported_at=town.db.clock.now(),
        run_by="test",
    )
    async with town.db.unit(SYSTEM) as uow:
        uow.session.add(batch)


async def history(town: Town) -> list[StrategyRun]:
    async with town.db.unit(SYSTEM) as uow:
        return await newest(uow, 20)


async def told(town: Town, kind: str) -> dict[str, int]:
    """How many messages of a kind whom by login."""
    async with town.db.unit(SYSTEM) as uow:
        rows = await uow.session.execute(
            text(
                "SELECT s.login, count(*) AS n FROM inbox_item i JOIN staff s ON s.id = i.staff_id"
                " WHERE i.kind = :kind GROUP BY s.login"
            ),
            {"kind": kind},
        )
        return {row.login: row.n for row in rows}


@pytest.fixture(params=["duckdb", "postgres"])
def way(request: pytest.FixtureRequest, copy: Copy) -> Copy | None:
    """Both ways to the same results."""
    return copy if request.param == "duckdb" else None


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three customers are enough to speak of parts of a hundred."""
    monkeypatch.setattr("backend.strategy.rules.FEW", 3)


async def night(town: Town, way: Copy | None, cause: str = "nightly") -> Summary:
    return await recompute_all(town.db, copy=way, cause=cause)


async def households(town: Town, number: int = 4) -> list[UUID]:
    grid = await town.grid("A")
    return [await town.reference(grid) for _ in range(number)]


async def everybody_turns_96(town: Town) -> None:
    async with town.db.unit(SYSTEM) as uow:
        await uow.session.execute(text("UPDATE person SET birth_on = '1930-01-01'"))


async def test_a_night_does_not_stand_on_a_file_that_is_too_old(
    town: Town, world: World, clock: MovingClock, way: Copy | None
) -> None:
    ids = await households(town)
    await file_of(town, "accounts", TODAY)
    assert (await night(town, way)).changed == 4
    before = await town.written()

    clock.advance(timedelta(days=7))
    async with town.db.unit(SYSTEM) as uow:
        await uow.session.execute(text("UPDATE account SET balance_fen = 1, year_average_fen = 1"))
    await file_of(town, "accounts", TODAY + timedelta(days=5), "refused")  # what was refused tells of no day
    await file_of(town, "loans", TODAY + timedelta(days=7))
    clock.advance(timedelta(days=1))
    for _ in range(2):
        summary = await night(town, way)
        assert (summary.held, summary.changed) == (True, 0)
    after = await town.written()
    assert {name: after[name] for name in ("decisions", "profiles")} == {
        name: before[name] for name in ("decisions", "profiles")
    }
    newer, older, first = await history(town)
    assert [one.state for one in (newer, older, first)] == ["held", "settled", "done"]
    (said,) = newer.stale
    assert (said["source"], said["day"], said["days"]) == ("account", TODAY.isoformat(), 7)
    assert newer.customers == 4
    # those who see to files and those who answer for results, once
    once = await told(town, "strategy_source_stale")
    assert {login: once.get(login) for login in ("data", "business", "risk")} == dict.fromkeys(
        ("data", "business", "risk"), 1
    )
    assert set(once) == {"data", "business", "risk"}
    async with town.db.unit(SYSTEM) as uow:
        (line,) = await strategy_cli.lines(uow, 1)
    assert f"Deposit account (account) is known until {TODAY}" in line
    assert "import newer accounts: waits" in line

    # what a person asks for, and what touches one customer, goes on
    assert (await night(town, way, "published")).held is False
    async with town.db.unit(SYSTEM) as uow:
        assert (await strategy_cli.lines(uow, 2))[1].count("settled") == 1
    assert (await town.profile(ids[0])).version == summary.version


async def test_the_file_that_comes_lets_the_night_through(
    town: Town, world: World, clock: MovingClock, way: Copy | None
) -> None:
    await households(town)
    await file_of(town, "accounts", TODAY - timedelta(days=8))
    assert (await night(town, way)).held
    await file_of(town, "accounts", TODAY - timedelta(days=7))
    assert (await night(town, way)).changed == 4
    assert [one.state for one in await history(town)] == ["done", "settled"]


async def test_who_lets_a_run_through_does_so_for_that_day_of_that_file(
    town: Town, world: World, clock: MovingClock, way: Copy | None
) -> None:
    await households(town)
    await file_of(town, "accounts", TODAY - timedelta(days=8))
    assert (await night(town, way)).held
    (held,) = await history(town)
    async with town.db.unit(SYSTEM) as uow:
        await release(uow, held.id)
    assert (await night(town, way, "released")).changed == 4
    clock.advance(timedelta(days=1))
    assert not (await night(town, way)).held
    # another source, or another day of this one, waits anew
    await file_of(town, "flows", TODAY - timedelta(days=60))
    assert (await night(town, way)).held
    assert [one["source"] for one in (await history(town))[0].stale] == ["flow"]
    await file_of(town, "flows", TODAY)
    await file_of(town, "accounts", TODAY - timedelta(days=7))
    clock.advance(timedelta(days=7))
    assert (await night(town, way)).held
    assert [one["day"] for one in (await history(town))[0].stale] == [(TODAY - timedelta(days=7)).isoformat()]
    assert (await told(town, "strategy_source_stale"))["data"] == 3


def test_what_never_came_is_not_waited_for_and_one_of_two_kinds_is_enough() -> None:
    catalogue = shipped_catalogue()
    late = TODAY - timedelta(days=400)
    assert stale_among(catalogue, {}, TODAY) == ()
    assert [one.source for one in stale_among(catalogue, {"products": late}, TODAY)] == ["holding"]
    assert stale_among(catalogue, {"products": late, "contracts": TODAY}, TODAY) == ()
    assert stale_among(catalogue, {"grades": late, "consents": late}, TODAY) == ()
    gated = {name: source.gate for name, source in catalogue.sources.items() if source.gate}
    assert set(gated) == {"account", "loan", "flow", "holding"}
    assert {file for gate in gated.values() for file in gate.files} == set(FILES)


async def test_a_night_that_moves_too_many_waits_in_either_way(
    town: Town, world: World, few: None, way: Copy | None
) -> None:
    ids = await households(town)
    assert (await night(town, way)).changed == 4  # first results are nobody's loss
    before = await town.written()
    await everybody_turns_96(town)
    for cause in ("nightly", "import"):
        summary = await night(town, way, cause)
        assert (summary.held, summary.changed) == (True, 0)
    after = await town.written()
    assert {name: after[name] for name in ("decisions", "profiles")} == {
        name: before[name] for name in ("decisions", "profiles")
    }
    held = (await history(town))[0]
    assert (held.state, held.known, held.zeroed, held.changed, held.stale) == ("held", 4, 4, 0, [])
    assert set(await told(town, "strategy_run_held")) == {"business", "risk"}
    async with town.db.unit(SYSTEM) as uow:
        await release(uow, held.id)
    assert (await night(town, way, "released")).changed == 4
    assert (await town.profile(ids[0])).limit_fen == 0


async def test_after_a_publication_everybody_is_still_looked_at(
    town: Town, world: World, few: None, way: Copy | None
) -> None:
    """A version that moves nobody leaves results as the one before wrote them; they count all the same."""
    ids = await households(town)
    await night(town, way)
    files = shipped_files()
    files["figures/limit.yaml"] += "# a remark\n"
    async with town.db.unit(SYSTEM) as uow:
        version = await versions.add(uow, Edition(files), uow.today)
        await versions.take_force(uow, version)
        # nobody was looked at by it: what moves may be the rules' doing
        assert not await runs.went_through(uow, version)
    assert (await night(town, way, "published")).changed == 0
    assert {(await town.profile(one)).version for one in ids} == {version - 1}
    await everybody_turns_96(town)
    assert (await night(town, way)).held
    held = (await history(town))[0]
    assert (held.known, held.zeroed) == (4, 4)


async def test_in_postgres_only_those_are_written_who_differ(town: Town, world: World, few: None) -> None:
    ids = await households(town, 40)
    assert (await night(town, None)).changed == 40
    bad = ids[1]
    await town.value(ids[0], "income_planting_fen", 87_000)
    most = 2**63 // 100 // 2
    await town.add(account_of(bad, most, 0), account_of(bad, most, 0), account_of(bad, most, 0))
    async with town.db.unit(SYSTEM) as uow:
        await touch_inputs(uow, bad)
    seen: list[tuple[int, int]] = []
    summary = await recompute_all(
        town.db, cause="nightly", batch=7, progress=lambda now: seen.append((now.done, now.total))
    )
    assert (summary.held, summary.failed, summary.total) == (False, (bad,), 40)
    assert summary.changed <= 1
    run = (await history(town))[0]
    assert (run.engine, run.state, run.customers, run.known) == ("postgres", "done", 40, 39)
    assert set(run.seconds) == {"work_out", "write"}
    assert seen[-1] == (40, 40)
    assert (await night(town, None)).changed == 0


async def test_a_version_that_takes_force_while_it_is_counted_ends_it(
    town: Town, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await households(town)
    asked = runs.must_wait

    async def meanwhile(uow: object, moves: object) -> bool:
        files = shipped_files()
        files["figures/limit.yaml"] += "# another\n"
        async with town.db.unit(SYSTEM) as other:
            await versions.take_force(other, await versions.add(other, Edition(files), other.today))
        return await asked(uow, moves)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(runs, "must_wait", meanwhile)
    summary = await night(town, None)
    assert (summary.changed, (await history(town))[0].state) == (0, "superseded")
