"""Recalculation of everybody: grid by grid, repeatable, resumable, and not stopped by one bad row."""

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import text

from backend.strategy.api import Progress, recompute_all
from backend.strategy.service import PROFILE_CHANGED
from tests.backend.strategy.town import SYSTEM, Town, account_of
from tests.support.clock import MovingClock


async def peopled(town: Town) -> list[UUID]:
    """Two grids and the unplaced pool, seven customers."""
    first, second = await town.grid("A"), await town.grid("B")
    ids = [await town.reference(first)]
    ids += [await town.customer(first) for _ in range(2)]
    ids += [await town.customer(second, "business") for _ in range(2)]
    ids += [await town.customer(None) for _ in range(2)]
    return ids


async def test_everybody_gets_a_result_and_a_second_run_writes_nothing(
    town: Town, clock: MovingClock
) -> None:
    ids = await peopled(town)
    seen: list[Progress] = []
    summary = await recompute_all(town.db, progress=seen.append, batch=2)
    assert (summary.total, summary.changed, summary.requeued, summary.failed) == (7, 7, 0, ())
    assert [one.done for one in seen] == sorted(one.done for one in seen)
    assert seen[0] == Progress(0, 7, 0)
    assert seen[-1] == Progress(7, 7, 7)
    for one in ids:
        assert (await town.profile(one)).version == summary.version
    before = await town.written()
    assert (await recompute_all(town.db)).changed == 0
    clock.move_to_local(2026, 1, 16, 2)
    assert (await recompute_all(town.db)).changed == 0
    assert await town.written() == before


async def test_a_grid_at_a_time(town: Town) -> None:
    """A transaction moves one grid's partition, by one revision per batch."""
    await peopled(town)
    await recompute_all(town.db, batch=2)
    async with town.db.unit(SYSTEM) as uow:
        rows = await uow.session.execute(
            text(
                "SELECT g.code, p.revision AS revision FROM sync_partition p"
                " JOIN grid g ON p.book = 'grid:' || g.id"
            )
        )
        assert {row.code: row.revision for row in rows} == {"A": 2, "B": 1}


class Stopped(Exception):
    """The run was cut off."""


async def test_an_interrupted_run_goes_on_where_it_stopped(town: Town) -> None:
    await peopled(town)

    def cut(progress: Progress) -> None:
        if progress.done >= 4:
            raise Stopped

    with pytest.raises(Stopped):
        await recompute_all(town.db, progress=cut, batch=2)
    seen: list[Progress] = []
    summary = await recompute_all(town.db, progress=seen.append, batch=2)
    assert seen[0].done >= 4
    assert seen[-1].done == 7
    assert summary.changed == 7  # of both halves together
    # a finished run is not gone on with: the next one looks at everybody
    seen.clear()
    await recompute_all(town.db, progress=seen.append, batch=2)
    assert seen[0].done == 0


async def test_one_bad_row_does_not_keep_the_others_from_their_results(town: Town) -> None:
    ids = await peopled(town)
    bad = ids[1]
    most = 2**63 // 100 // 2
    await town.person(bad, "head", date(1980, 1, 1))
    await town.add(account_of(bad, most, 0), account_of(bad, most, 0), account_of(bad, most, 0))
    summary = await recompute_all(town.db)
    assert summary.failed == (bad,)
    assert summary.changed == 6


async def test_a_first_load_can_be_quiet(town: Town) -> None:
    await peopled(town)
    await recompute_all(town.db, tell=False)
    assert await town.events(PROFILE_CHANGED) == []
