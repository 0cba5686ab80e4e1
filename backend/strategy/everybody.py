"""Recalculation of everybody, grid by grid, so that phones' partitions move one after the other.

Two ways to the same results: in DuckDB over a copy of everything (`bulk.py`), and in PostgreSQL batch by
batch, where no login for the copy is set, or where the amounts of many are beyond all bounds and a person let
the run through.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
import structlog
from sqlalchemy.exc import DBAPIError

from backend.kernel.actor import Actor
from backend.kernel.uow import Database, UnitOfWork
from backend.strategy import freezing, gating, queries, runs, versions
from backend.strategy.errors import BeyondBounds, Superseded, Tampered
from backend.strategy.freezing import Figure
from backend.strategy.progress import Copy, Progress, Summary, Times, is_about_data
from backend.strategy.queries import FeatureRow, Mark
from backend.strategy.rules import Moves, Result
from backend.strategy.service import Basis, put_in_force, recompute
from backend.strategy.versions import Force

if TYPE_CHECKING:
    from backend.strategy.bulk import Bulk

BATCH = 2000
#: batches written side by side: one is made ready while PostgreSQL works at the other
WRITERS = 2
#: causes that nobody looked at before: what they move beyond the policy's bounds waits for a person, and so
#: do they where a source is too old
GATED = frozenset({"nightly", "import"})
#: so many customers with amounts beyond all bounds are left out; more are no few wrong amounts
MOST_BEYOND = 100
_FIRST = UUID(int=0)
_log = structlog.get_logger(__name__)


async def recompute_all(
    db: Database,
    *,
    progress: Callable[[Progress], None] | None = None,
    resume: bool = True,
    tell: bool = True,
    batch: int = BATCH,
    cause: str = "everybody",
    copy: Copy | None = None,
    freeze: bool = False,
) -> Summary:
    """Works out everybody's result anew and writes what differs, at most `batch` customers a transaction.

    Repeatable: what has not changed is not written. With `copy` it runs in DuckDB; a run that was cut off
    begins again and finds less to write. Without, in PostgreSQL, `resume` goes on where an interrupted run of
    the same catalogue and business day stopped; one that is gated begins again there too. `tell` as in
    `recompute`. Where a run over the population is due (`freezing.is_due`), or with `freeze`, it is worked
    out first, and takes force with the results that stand on it. `db`: open for the worker's role. Waits
    while another one runs. Where another catalogue version takes force meanwhile it ends, for that one has a
    run of its own. Raises Tampered, CatalogueError: nothing is written then.
    """
    run = _Run(db, progress or _silent, tell, batch, cause, freeze)
    async with runs.alone(db, run.actor):
        force = await run.force()
        in_duckdb = copy is not None and bool(copy.url)
        if cause in GATED and (waits := await gating.by_sources(db, run.actor, cause, force, in_duckdb)):
            return waits
        if copy is not None and copy.url:
            try:
                return await run.in_duckdb(copy, force)
            except BeyondBounds as error:
                _log.warning("strategy.beyond_bounds", error=str(error))
        before, frozen = await run.freeze_in_postgres(force)
        if cause in GATED:
            summary = await gating.in_postgres(run, force)
            if summary.held and frozen is not None:
                async with db.unit(run.actor) as uow:
                    await freezing.take_back(uow, frozen, before)
            return summary
        return await run.in_postgres(force, resume=resume)


def _silent(_progress: Progress) -> None:
    return


class _Run:
    def __init__(
        self,
        db: Database,
        progress: Callable[[Progress], None],
        tell: bool,
        batch: int,
        cause: str,
        freeze: bool,
    ) -> None:
        self.db = db
        self.progress = progress
        self.tell = tell
        self.batch = batch
        self.cause = cause
        self.freeze = freeze
        self.requeued = 0
        self.changed = 0
        self.failed: list[UUID] = []
        self.actor = Actor.system("strategy.recompute_all")

    async def force(self) -> Force:
        """What is in force today, read afresh: a version whose day has come takes force now."""
        try:
            async with self.db.unit(self.actor) as uow:
                await versions.turn(uow)
                if await versions.number_in_force(uow) is None:
                    await versions.ensure_published(uow)
                found = await versions.in_force(uow, afresh=True)
        except Tampered as error:
            async with self.db.unit(self.actor) as uow:
                await runs.tell_changed(uow, error.version)
            raise
        assert found is not None
        await found.edition.compiled()
        return found

    async def in_duckdb(self, copy: Copy, force: Force) -> Summary:
        """Raises BeyondBounds; nothing is written then."""
        # the web server knows this module and needs no DuckDB
        from backend.strategy.bulk import Bulk

        async with self.db.unit(self.actor) as uow:
            version, as_of = force.version, uow.today
            total = sum(count for _, count in await queries.grids(uow))
            run_id = await runs.begin(uow, self.cause, "duckdb", version, as_of)
            basis, due = await self._basis(uow, force)
        self.progress(Progress(0, total, 0))
        times = Times()
        state = "failed"
        moves = Moves(total, 0, 0, 0, 0, 0)
        problem = None
        try:
            with Bulk(copy.folder) as bulk:
                with times.of("copy"):
                    await asyncio.to_thread(
                        bulk.fetch, copy.url, force.edition.catalogue, zone=self.db.clock.zone.key
                    )
                with times.of("work_out"):
                    figures, beyond = await self._work_out(bulk, force, as_of, freeze=due)
                async with self.db.unit(self.actor) as uow:
                    moves = bulk.moves(version, went_through=await runs.went_through(uow, version))
                    held = self.cause in GATED and await runs.must_wait(uow, moves)
                    if held:
                        await runs.tell_held(uow, run_id, moves)
                    elif figures is not None:
                        basis = await self._frozen(uow, force, as_of, figures)
                with times.of("write"):
                    if not held:
                        done = moves.customers - moves.changed
                        writing = self._write_all(bulk.changed(self.batch), basis)
                        async with aclosing(writing):
                            async for count in writing:
                                done += count
                                self.progress(Progress(done, moves.customers, self.changed))
                    for one in beyond if not held else ():
                        self.changed += await self._alone(one)
            state = "held" if held else "done"
        except Superseded:
            state = "superseded"
        except BeyondBounds as error:
            if self.cause not in GATED:
                raise
            # in PostgreSQL nobody would know what moves before it is written
            state, problem = "held", str(error)
            async with self.db.unit(self.actor) as uow:
                await runs.tell_held(uow, run_id, moves)
        finally:
            async with self.db.unit(self.actor) as uow:
                await runs.end(
                    uow,
                    run_id,
                    state,
                    customers=moves.customers,
                    source_rows=moves.source_rows,
                    changed=self.changed,
                    requeued=self.requeued,
                    known=moves.known,
                    tiers=moves.tiers,
                    zeroed=moves.zeroed,
                    seconds=times.seconds,
                    problem=problem,
                )
        self.progress(Progress(moves.customers, moves.customers, self.changed))
        failed = tuple(self.failed)
        return Summary(version, moves.customers, self.changed, self.requeued, failed, state == "held")

    async def _basis(self, uow: UnitOfWork, force: Force) -> tuple[Basis, bool]:
        """What results stand on as things are, and whether a run over the population comes first."""
        catalogue = force.edition.catalogue
        standing = await freezing.in_force(uow)
        cited = standing.id if standing is not None and catalogue.frozen else None
        due = freezing.is_due(catalogue, standing, uow.today) or (self.freeze and bool(catalogue.frozen))
        return Basis(force.version, uow.today, cited), due

    async def _frozen(self, uow: UnitOfWork, force: Force, as_of: date, figures: list[Figure]) -> Basis:
        """Puts a run over the population in force; what results stand on from here on. Raises Superseded."""
        catalogue = force.edition.catalogue
        run_id = await freezing.take_force(uow, force.version, catalogue, as_of, figures)
        return Basis(force.version, as_of, run_id)

    async def _work_out(
        self, bulk: "Bulk", force: Force, as_of: date, *, freeze: bool
    ) -> tuple[list[Figure] | None, tuple[UUID, ...]]:
        """Works everybody out but those whose amounts are beyond all bounds, who are the second answer; the
        first: the figures of a run over the population, with `freeze`. Raises BeyondBounds where they are
        many."""
        statements = force.edition.statements

        def work() -> list[Figure] | None:
            frozen = tuple(force.edition.catalogue.frozen.values())
            figures = bulk.freeze(frozen, as_of) if freeze else None
            bulk.work_out(statements, as_of)
            return figures

        try:
            return await asyncio.to_thread(work), ()
        except BeyondBounds as error:
            _log.warning("strategy.beyond_bounds", error=str(error))
            beyond = await asyncio.to_thread(bulk.leave_out_beyond, statements, as_of, MOST_BEYOND)
            return await asyncio.to_thread(work), beyond

    async def _alone(self, one: UUID) -> int:
        """Tries in PostgreSQL whom DuckDB could not work out; how many changed."""
        try:
            async with self.db.unit(self.actor) as uow:
                return len((await recompute(uow, [one], self.cause, tell=self.tell)).changed)
        except DBAPIError as error:
            if error.connection_invalidated or not is_about_data(error):
                raise
        self.failed.append(one)
        return 0

    async def _write_all(
        self, batches: Iterator[list[tuple[FeatureRow, Result]]], basis: Basis
    ) -> AsyncGenerator[int, None]:
        """Puts batches in force, `WRITERS` at a time: how many results each held, as it is through."""
        under_way: dict[asyncio.Task[None], int] = {}
        try:
            while (some := await asyncio.to_thread(next, batches, None)) is not None or under_way:
                if some is not None:
                    under_way[asyncio.create_task(self._write(some, basis))] = len(some)
                if some is None or len(under_way) == WRITERS:
                    through, _ = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                    for one in through:
                        count = under_way.pop(one)
                        one.result()
                        yield count
        finally:
            # one that is cut off while it commits would be in force and not counted
            await asyncio.gather(*under_way, return_exceptions=True)

    async def _write(self, some: Sequence[tuple[FeatureRow, Result]], basis: Basis) -> None:
        """Puts results in force, and counts how many changed."""
        async with self.db.unit(self.actor) as uow:
            done = await put_in_force(
                uow,
                {row.customer_id: row for row, _ in some},
                {row.customer_id: result for row, result in some},
                basis,
                self.cause,
                tell=self.tell,
            )
        self.requeued += len(done.requeued)
        self.changed += len(done.changed)

    async def in_postgres(self, force: Force, *, resume: bool) -> Summary:
        """Batch by batch; a customer whose rows PostgreSQL refuses is left out and named."""
        began = time.monotonic()
        async with self.db.unit(self.actor) as uow:
            version = force.version
            grids = await queries.grids(uow)
            run_id = await runs.begin(uow, self.cause, "postgres", version, uow.today)
            last = await queries.read_mark(uow) if resume else None
            mark = Mark(version, uow.today, None, _FIRST, 0, 0)
            ahead = [grid for grid, _ in grids]
            if last and last.finished_at is None and (last.version, last.as_of) == (version, uow.today):
                mark = last
                ahead = ahead[ahead.index(last.grid) :] if last.grid in ahead else ahead
        total = sum(count for _, count in grids)
        self._say(mark, total)
        for grid in ahead:
            if grid != mark.grid:
                mark = msgspec.structs.replace(mark, grid=grid, after=_FIRST)
            while (step := await self._step(mark)) is not None:
                mark = step
                self._say(mark, total)
        async with self.db.unit(self.actor) as uow:
            await queries.write_mark(uow, msgspec.structs.replace(mark, finished_at=uow.now))
            took = {"write": round(time.monotonic() - began, 2)}
            counts = {"customers": total, "changed": mark.changed, "requeued": self.requeued}
            await runs.end(uow, run_id, "done", **counts, seconds=took)
        return Summary(version, total, mark.changed, self.requeued, tuple(self.failed))

    async def freeze_in_postgres(self, force: Force) -> tuple[UUID | None, UUID | None]:
        """A run over the population where one is due: the one in force before, and the new one. The former
        stays where PostgreSQL refuses the amounts of somebody, or another catalogue took force: that has a
        run of its own."""
        try:
            async with self.db.unit(self.actor) as uow:
                before, due = await self._basis(uow, force)
                if due:
                    as_of, catalogue = uow.today, force.edition.catalogue
                    figures = await freezing.figures_in_postgres(uow, catalogue, as_of)
                    after = await self._frozen(uow, force, as_of, figures)
                    return before.frozen_run_id, after.frozen_run_id
        except Superseded as error:
            _log.info("strategy.not_frozen", error=str(error))
        except DBAPIError as error:
            if error.connection_invalidated or not is_about_data(error):
                raise
            _log.warning("strategy.not_frozen", error=str(error.orig))
        return None, None

    def _say(self, mark: Mark, total: int) -> None:
        self.progress(Progress(min(mark.done, total), total, mark.changed))

    async def _step(self, mark: Mark) -> Mark | None:
        """The next batch of the mark's grid; None when the grid is through."""
        async with self.db.unit(self.actor) as uow:
            ids = await queries.in_grid(uow, mark.grid, mark.after, self.batch)
        if not ids:
            return None
        return await self.write_batch(mark, ids)

    async def write_batch(self, mark: Mark, ids: Sequence[UUID]) -> Mark:
        """Recalculates `ids` in one transaction. What PostgreSQL refuses is halved until the customer whose
        rows it is stands alone; that one is left out and reported, the others get their results."""
        try:
            async with self.db.unit(self.actor) as uow:
                done = await recompute(uow, ids, self.cause, tell=self.tell)
                moved = msgspec.structs.replace(
                    mark,
                    after=ids[-1],
                    done=mark.done + len(ids),
                    changed=mark.changed + len(done.changed),
                )
                await queries.write_mark(uow, moved)
        except DBAPIError as error:
            if error.connection_invalidated or not is_about_data(error):
                raise
            if len(ids) == 1:
                self.failed.append(ids[0])
                return msgspec.structs.replace(mark, after=ids[0], done=mark.done + 1)
            middle = len(ids) // 2
            return await self.write_batch(await self.write_batch(mark, ids[:middle]), ids[middle:])
        self.requeued += len(done.requeued)
        return moved
