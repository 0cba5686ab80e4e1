"""What keeps a run that nobody looked at before from writing: a source that is too old, or more moves than a
bank lets pass unseen. Results in force stay whole then. Decision 0037.

In DuckDB what moves is known before anything is written (`everybody.py`). In PostgreSQL it is counted here
first, and only those are written then who differ.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Protocol
from uuid import UUID

import msgspec
import structlog

from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from backend.strategy import freshness, queries, runs, versions
from backend.strategy.counting import Count
from backend.strategy.errors import Superseded
from backend.strategy.progress import Progress, Summary, Times
from backend.strategy.queries import Mark
from backend.strategy.versions import Force

_FIRST = UUID(int=0)
_log = structlog.get_logger(__name__)


class Run(Protocol):
    """A recalculation of everybody, as far as it is needed here."""

    db: Database
    actor: Actor
    cause: str
    batch: int
    progress: Callable[[Progress], None]
    requeued: int
    failed: list[UUID]

    async def write_batch(self, mark: Mark, ids: Sequence[UUID]) -> Mark:
        """Recalculates `ids` in one transaction; how far the run is then."""


async def by_sources(db: Database, actor: Actor, cause: str, force: Force, in_duckdb: bool) -> Summary | None:
    """Holds a run before it begins where a source of its catalogue is too old."""
    async with db.unit(actor) as uow:
        found = await freshness.stale(uow, force.edition.catalogue)
        if not found:
            return None
        total = sum(count for _, count in await queries.grids(uow))
        engine = "duckdb" if in_duckdb else "postgres"
        run_id = await runs.begin(uow, cause, engine, force.version, uow.today)
        await runs.hold_stale(uow, run_id, found, total)
    _log.warning("strategy.stale_sources", sources=[one.source for one in found])
    return Summary(force.version, total, 0, 0, (), held=True)


async def in_postgres(run: Run, force: Force) -> Summary:
    """Counts what moves, and writes those who differ unless that is too much. Begins anew each time: what an
    interrupted run wrote is no difference any more."""
    times, state, changed = Times(), "failed", 0
    async with run.db.unit(run.actor) as uow:
        grids = await queries.grids(uow)
        run_id = await runs.begin(uow, run.cause, "postgres", force.version, uow.today)
        went_through = await runs.went_through(uow, force.version)
        mark = Mark(force.version, uow.today, None, _FIRST, 0, 0)
    total = sum(count for _, count in grids)
    run.progress(Progress(0, total, 0))
    count = Count(run.db, run.actor, force, run.batch, went_through=went_through)
    try:
        with times.of("work_out"):
            for grid, _ in grids:
                await count.grid(grid)
        moves = count.found.moves
        async with run.db.unit(run.actor) as uow:
            if held := await runs.must_wait(uow, moves):
                await runs.tell_held(uow, run_id, moves)
        if not held:
            mark = msgspec.structs.replace(mark, done=max(total - moves.changed, 0))
            with times.of("write"):
                async for now in _written(run, mark, force, count.found.differing):
                    changed = now.changed
                    run.progress(Progress(min(now.done, total), total, changed))
        state = "held" if held else "done"
    except Superseded:
        state = "superseded"
    finally:
        moves = count.found.moves
        async with run.db.unit(run.actor) as uow:
            await runs.end(
                uow,
                run_id,
                state,
                customers=moves.customers,
                changed=changed,
                requeued=run.requeued,
                known=moves.known,
                tiers=moves.tiers,
                zeroed=moves.zeroed,
                seconds=times.seconds,
            )
    run.progress(Progress(total, total, changed))
    return Summary(force.version, total, changed, run.requeued, tuple(run.failed), state == "held")


async def _written(
    run: Run, mark: Mark, force: Force, differing: Mapping[UUID | None, Sequence[UUID]]
) -> AsyncIterator[Mark]:
    """Writes those customers, grid by grid. Raises Superseded."""
    for grid, ids in differing.items():
        mark = msgspec.structs.replace(mark, grid=grid, after=_FIRST)
        for start in range(0, len(ids), run.batch):
            async with run.db.unit(run.actor) as uow:
                if await versions.number_in_force(uow) != force.version:
                    raise Superseded
            mark = await run.write_batch(mark, ids[start : start + run.batch])
            yield mark
    async with run.db.unit(run.actor) as uow:
        await queries.write_mark(uow, msgspec.structs.replace(mark, finished_at=uow.now))
