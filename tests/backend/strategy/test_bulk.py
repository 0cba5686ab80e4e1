"""Everybody at once in DuckDB: the same results as PostgreSQL's, and what happens when a run goes wrong."""

import asyncio
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import duckdb
import pytest
from sqlalchemy import text

from backend.app import strategy_cli
from backend.identity import api as identity
from backend.kernel.actor import Role
from backend.kernel.crypto import Keys
from backend.kernel.jobs import JobContext
from backend.kernel.settings import Settings
from backend.strategy import bulk, jobs, queries, runs
from backend.strategy.api import Copy, NotHeld, Progress, newest, recompute_all, release
from backend.strategy.bulk import PREFIX, Bulk
from backend.strategy.engine import shipped_catalogue, shipped_statements
from backend.strategy.models import StrategyRun
from backend.strategy.rules import Moves, too_much
from tests.backend.strategy.test_everybody import Stopped, peopled
from tests.backend.strategy.town import SYSTEM, Town, account_of, touch_inputs
from tests.support.clock import MovingClock
from tests.support.world import World


async def history(town: Town) -> list[StrategyRun]:
    async with town.db.unit(SYSTEM) as uow:
        return await newest(uow, 10)


async def test_what_one_engine_wrote_the_other_finds_right(town: Town, copy: Copy) -> None:
    ids = await peopled(town)
    seen: list[Progress] = []
    summary = await recompute_all(town.db, copy=copy, progress=seen.append, batch=2)
    assert (summary.total, summary.changed, summary.requeued, summary.failed) == (7, 7, 0, ())
    assert [one.done for one in seen] == sorted(one.done for one in seen)
    assert seen[-1] == Progress(7, 7, 7)
    assert (await town.profile(ids[0])).limit_fen == 150_000_00
    before = await town.written()
    assert (await recompute_all(town.db, copy=copy)).changed == 0
    assert (await recompute_all(town.db)).changed == 0
    assert await town.written() == before
    (kept,) = await town.decisions(ids[0])
    assert queries.values_of(kept.features)["deposits_fen"] == 38_000_00
    postgres, again, first = await history(town)
    assert (first.engine, first.state, first.changed, again.changed) == ("duckdb", "done", 7, 0)
    assert (postgres.engine, postgres.state) == ("postgres", "done")
    assert set(first.seconds) == {"copy", "work_out", "write"}
    assert list((copy.folder or Path()).iterdir()) == []


async def test_a_run_for_a_day_writes_that_day(town: Town, copy: Copy, clock: MovingClock) -> None:
    """Midnight passes while it runs: the results are those of the day for which they were worked out."""
    (one, *_) = await peopled(town)

    def midnight(_progress: Progress) -> None:
        clock.move_to_local(2026, 1, 16, 0)

    await recompute_all(town.db, copy=copy, progress=midnight)
    assert (await town.profile(one)).as_of == date(2026, 1, 15)


async def test_a_run_that_was_cut_off_begins_again_and_finds_the_rest(town: Town, copy: Copy) -> None:
    ids = await peopled(town)

    def cut(progress: Progress) -> None:
        if progress.done >= 4:
            raise Stopped

    with pytest.raises(Stopped):
        await recompute_all(town.db, copy=copy, progress=cut, batch=2)
    # what was under way is brought to its end
    written = sum([len(await town.decisions(one)) for one in ids])
    assert 4 <= written < 7
    summary = await recompute_all(town.db, copy=copy, batch=2)
    assert summary.changed == 7 - written
    second, first = await history(town)
    assert (first.state, first.changed, second.state) == ("failed", written, "done")


async def test_a_killed_run_is_told_as_cut_and_its_copy_goes(town: Town, copy: Copy) -> None:
    assert copy.folder is not None
    async with town.db.unit(SYSTEM) as uow:
        await runs.begin(uow, "nightly", "duckdb", 1, uow.today)
    script = (
        "import os, signal, sys; from pathlib import Path; from backend.strategy.bulk import Bulk;"
        "bulk = Bulk(Path(sys.argv[1])); os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = await asyncio.create_subprocess_exec(sys.executable, "-c", script, str(copy.folder))
    assert await killed.wait() == -signal.SIGKILL
    (left,) = copy.folder.glob(f"{PREFIX}*")
    assert left.stat().st_mode & 0o077 == 0
    with Bulk(copy.folder) as beside:
        await recompute_all(town.db, copy=copy)
        assert [one for one in copy.folder.iterdir() if one != left] != []  # that of a run under way stays
        assert not left.exists()
        beside.fetch(copy.url, shipped_catalogue())
    done, gone = await history(town)
    assert (done.state, gone.state) == ("done", "cut")


async def test_a_second_run_waits_for_the_first(town: Town, copy: Copy) -> None:
    """Else it would take the first for cut off, and both would work out the same."""
    await peopled(town)
    async with runs.alone(town.db, SYSTEM):
        second = asyncio.create_task(recompute_all(town.db, copy=copy))
        done, _ = await asyncio.wait({second}, timeout=1.5)
        assert not done
        assert await history(town) == []
    assert (await second).changed == 7
    first, third = await asyncio.gather(*(recompute_all(town.db, copy=copy) for _ in range(2)))
    assert (first.changed, third.changed) == (0, 0)
    assert {one.state for one in await history(town)} == {"done"}


async def test_everybody_comes_in_order_however_many_are_sorted_at_once(
    town: Town, copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    await peopled(town)
    async with town.db.unit(SYSTEM) as uow:
        as_of = uow.today
        asked = text("SELECT customer_id FROM facts.customer ORDER BY grid_id NULLS LAST, customer_id")
        expected = list(await uow.session.scalars(asked))
    for many in (3, 7, 50):
        monkeypatch.setattr(bulk, "SORTED", many)
        with Bulk(copy.folder) as everybody:
            everybody.fetch(copy.url, shipped_catalogue())
            everybody.work_out(shipped_statements(), as_of)
            assert [row.customer_id for some in everybody.changed(2) for row, _ in some] == expected


def test_what_is_stopped_ends_and_leaves_nothing(tmp_path: Path) -> None:
    """A worker that stops closes the copy while its thread is still at work there, for hours maybe."""
    endless = "SELECT sum(hash(a.range) % 7) FROM range(1000000) a, range(1000000) b"
    with ThreadPoolExecutor(1) as thread:
        with Bulk(tmp_path) as everybody:
            work = thread.submit(everybody._db.execute, endless)
            with pytest.raises(TimeoutError):
                work.result(timeout=0.5)
        with pytest.raises(duckdb.InterruptException):
            work.result(timeout=10)
    with pytest.raises(duckdb.Error):
        Bulk(tmp_path, memory="much")
    assert list(tmp_path.iterdir()) == []


async def made_beyond(town: Town, *ids: UUID) -> None:
    """Gives them accounts whose sum no engine can hold."""
    most = 2**63 // 100 // 2
    for one in ids:
        await town.person(one, "head", date(1980, 1, 1))  # who consents to their accounts being read
        await town.add(*(account_of(one, most, 0) for _ in range(3)))


async def test_amounts_beyond_all_bounds_are_left_out_and_named(town: Town, copy: Copy) -> None:
    ids = await peopled(town)
    await made_beyond(town, ids[1], ids[4])
    summary = await recompute_all(town.db, copy=copy)
    assert (summary.failed, summary.changed) == (tuple(sorted((ids[1], ids[4]))), 5)
    assert [(run.engine, run.state, run.changed) for run in await history(town)] == [("duckdb", "done", 5)]
    assert (await recompute_all(town.db, copy=copy)).changed == 0


async def test_a_night_with_such_an_amount_waits_for_a_person_all_the_same(
    town: Town, copy: Copy, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.strategy.rules.FEW", 3)
    grid = await town.grid("A")
    ids = [await town.reference(grid) for _ in range(5)]
    await recompute_all(town.db, copy=copy, cause="nightly")
    await made_beyond(town, ids[0])
    async with town.db.unit(SYSTEM) as uow:
        await uow.session.execute(text("UPDATE person SET birth_on = '1930-01-01'"))
    before = await town.written()
    summary = await recompute_all(town.db, copy=copy, cause="nightly")
    assert (summary.held, summary.changed) == (True, 0)
    assert (await town.written())["profiles"] == before["profiles"]
    assert [(run.state, run.zeroed) for run in await history(town)] == [("held", 4), ("done", 0)]


async def test_a_night_with_many_such_amounts_waits_too(
    town: Town, copy: Copy, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.strategy.everybody.MOST_BEYOND", 1)
    ids = await peopled(town)
    await made_beyond(town, ids[0], ids[1])
    summary = await recompute_all(town.db, copy=copy, cause="nightly")
    assert (summary.held, summary.changed) == (True, 0)
    (held,) = await history(town)
    assert (held.state, held.problem) == ("held", "the amounts of more than 1 customers")
    async with town.db.unit(SYSTEM) as uow:
        assert (await strategy_cli.lines(uow, 1))[0].count("more than 1 customers: waits") == 1
        await release(uow, held.id)
    # somebody let it through: PostgreSQL works out whom it can
    summary = await recompute_all(town.db, copy=copy, cause="released")
    assert (set(summary.failed), summary.changed) == ({ids[0], ids[1]}, 5)


async def test_of_two_held_runs_the_one_let_through_settles_the_other(
    town: Town, copy: Copy, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.strategy.rules.FEW", 3)
    grid = await town.grid("A")
    for _ in range(4):
        await town.reference(grid)
    await recompute_all(town.db, copy=copy, cause="nightly")
    async with town.db.unit(SYSTEM) as uow:
        await uow.session.execute(text("UPDATE person SET birth_on = '1930-01-01'"))
    for _ in range(2):
        assert (await recompute_all(town.db, copy=copy, cause="nightly")).held
    newer, older, _ = await history(town)
    async with town.db.unit(SYSTEM) as uow:
        await release(uow, newer.id)
    with pytest.raises(NotHeld):
        async with town.db.unit(SYSTEM) as uow:
            await release(uow, older.id)
    assert [run.state for run in await history(town)] == ["held", "settled", "done"]
    assert len(await town.events(runs.RELEASED)) == 1
    assert (await recompute_all(town.db, copy=copy, cause="released")).changed == 4
    # and a night within bounds settles what waited before
    async with town.db.unit(SYSTEM) as uow:
        await uow.session.execute(text("UPDATE profile SET limit_fen = 100"))
    assert (await recompute_all(town.db, copy=copy, cause="nightly")).held
    await recompute_all(town.db, copy=copy, cause="published")
    assert [run.state for run in await history(town)][:2] == ["done", "settled"]


async def test_what_moves_on_behind_the_copy_is_queued_again(
    town: Town, copy: Copy, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one, *_) = await peopled(town)
    asked = runs.must_wait

    async def meanwhile(uow: object, moves: Moves) -> bool:
        async with town.db.unit(SYSTEM) as another:
            await touch_inputs(another, one)
        return await asked(uow, moves)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(runs, "must_wait", meanwhile)
    summary = await recompute_all(town.db, copy=copy, cause="nightly")
    assert (summary.changed, summary.requeued) == (6, 1)
    async with town.db.unit(SYSTEM) as uow:
        assert (
            await uow.session.scalar(
                text("SELECT count(*) FROM profile WHERE customer_id = :one"), {"one": one}
            )
            == 0
        )


async def inbox(town: Town, person: UUID) -> int:
    async with town.db.unit(SYSTEM) as uow:
        found = await uow.session.scalar(
            text("SELECT count(*) FROM inbox_item WHERE staff_id = :one AND kind = 'strategy_run_held'"),
            {"one": person},
        )
    return int(found or 0)


async def test_a_night_that_would_move_too_many_waits_for_a_person(
    town: Town, copy: Copy, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of the bank's made everybody ninety-six: no limit falls until somebody looked."""
    monkeypatch.setattr("backend.strategy.rules.FEW", 3)
    grid = await town.grid("A")
    ids = [await town.reference(grid) for _ in range(4)]
    await recompute_all(town.db, copy=copy, cause="nightly")  # first results are nobody's loss
    assert (await history(town))[0].state == "done"
    before = await town.written()
    async with town.db.unit(SYSTEM) as uow:
        await uow.session.execute(text("UPDATE person SET birth_on = '1930-01-01'"))
    summary = await recompute_all(town.db, copy=copy, cause="nightly")
    assert (summary.held, summary.changed) == (True, 0)
    after = await town.written()
    assert {name: after[name] for name in ("decisions", "profiles")} == {
        name: before[name] for name in ("decisions", "profiles")
    }
    held = (await history(town))[0]
    assert (held.state, held.known, held.zeroed, held.changed) == ("held", 4, 4, 0)
    async with town.db.unit(SYSTEM) as uow:
        watching = await identity.of_roles(uow, (Role.risk_officer, Role.hq_business))
        heads = await identity.of_roles(uow, (Role.branch_head, Role.manager))
    assert watching
    assert [await inbox(town, person) for person in watching] == [1] * len(watching)
    assert [await inbox(town, person) for person in heads] == [0] * len(heads)

    async with town.db.unit(SYSTEM) as uow:
        assert (await strategy_cli.lines(uow, 1))[0].count("4 limits lost among 4: waits") == 1
        await release(uow, held.id)
        assert "let through" in (await strategy_cli.lines(uow, 1))[0]
    assert await town.events(runs.RELEASED) == [{"run_id": str(held.id)}]
    assert (await recompute_all(town.db, copy=copy, cause="released")).changed == 4
    assert (await town.profile(ids[0])).limit_fen == 0
    with pytest.raises(NotHeld):  # twice is once
        async with town.db.unit(SYSTEM) as uow:
            await release(uow, held.id)


def test_how_much_is_too_much() -> None:
    assert not too_much(Moves(1000, 0, 0, 1000, 30, 10), 30, 10)
    assert too_much(Moves(1000, 0, 0, 1000, 31, 0), 30, 10)
    assert too_much(Moves(1000, 0, 0, 1000, 0, 11), 30, 10)
    assert not too_much(Moves(199, 0, 0, 199, 199, 199), 30, 10)


async def test_the_nights_job_takes_the_way_through_duckdb(
    town: Town, settings: Settings, keys: Keys, world: World
) -> None:
    await peopled(town)
    context = JobContext(town.db, settings, keys, uuid4(), "strategy.everybody_nightly", "test")
    await jobs.everybody(context, {})
    await jobs.everybody(context, {"version": 1})
    await jobs.everybody_released(context, {})
    await jobs.everybody_anew(context, {})
    told = [(run.cause, run.engine, run.state, run.changed) for run in reversed(await history(town))]
    assert told == [
        ("nightly", "duckdb", "done", 7),
        ("published", "duckdb", "done", 0),
        ("released", "duckdb", "done", 0),
        ("import", "duckdb", "done", 0),
    ]


#: a result of nobody, column by column
OTHER = {
    "tier": "'nobody'",
    "stage": "'nobody'",
    "tag_words": "ARRAY[-1::bigint]",
    "event_words": "ARRAY[-1::bigint]",
    "product_words": "ARRAY[-1::bigint]",
    "offer_words": "ARRAY[-1::bigint]",
    "limit_fen": "1",
    "rate_bp": "1",
    "grade": "'nobody'",
    "score": "-1",
    "reasons": """'[["nobody", 1]]'""",
    "contact_days": "-1",
    "visit_days": "-1",
}


async def test_whatever_a_person_sees_is_compared(town: Town, copy: Copy) -> None:
    grid = await town.grid("A")
    ids = [await town.customer(grid) for _ in OTHER]
    await recompute_all(town.db, copy=copy)
    async with town.db.unit(SYSTEM) as uow:
        for one, (column, value) in zip(ids, OTHER.items(), strict=True):
            changed = f"UPDATE profile SET {column} = {value} WHERE customer_id = :one"
            await uow.session.execute(text(changed), {"one": one})
    assert (await recompute_all(town.db, copy=copy)).changed == len(OTHER)
    assert (await recompute_all(town.db, copy=copy)).changed == 0
