"""Recalculation of everybody, grid by grid, so that phones' partitions move one after the other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec
from sqlalchemy.exc import DBAPIError

from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from backend.strategy import queries
from backend.strategy.queries import Mark
from backend.strategy.service import ensure_published, recompute

BATCH = 2000
_FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is: customers done of all, and how many visible results changed so far."""

    done: int
    total: int
    changed: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What it came to. `failed`: customers whose rows make PostgreSQL refuse (an amount beyond all bounds);
    their results stay as they were."""

    version: int
    total: int
    changed: int
    requeued: int
    failed: tuple[UUID, ...]


async def recompute_all(
    db: Database,
    *,
    progress: Callable[[Progress], None] | None = None,
    resume: bool = True,
    tell: bool = True,
    batch: int = BATCH,
    cause: str = "everybody",
) -> Summary:
    """Works out everybody's result anew, one transaction per batch of at most `batch` customers of one grid.

    Repeatable: what has not changed is not written. With `resume` it goes on where an interrupted run of the
    same catalogue and business day stopped. `tell` as in `recompute`. `db` is open for the worker's role.
    """
    return await _Run(db, progress or _silent, tell, batch, cause).run(resume=resume)


def _silent(_progress: Progress) -> None:
    return


class _Run:
    def __init__(
        self, db: Database, progress: Callable[[Progress], None], tell: bool, batch: int, cause: str
    ) -> None:
        self.db = db
        self.progress = progress
        self.tell = tell
        self.batch = batch
        self.cause = cause
        self.requeued = 0
        self.failed: list[UUID] = []
        self.actor = Actor.system("strategy.recompute_all")

    async def run(self, *, resume: bool) -> Summary:
        async with self.db.unit(self.actor) as uow:
            version = await ensure_published(uow)
            grids = await queries.grids(uow)
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
        return Summary(version, total, mark.changed, self.requeued, tuple(self.failed))

    def _say(self, mark: Mark, total: int) -> None:
        self.progress(Progress(min(mark.done, total), total, mark.changed))

    async def _step(self, mark: Mark) -> Mark | None:
        """The next batch of the mark's grid; None when the grid is through."""
        async with self.db.unit(self.actor) as uow:
            ids = await queries.in_grid(uow, mark.grid, mark.after, self.batch)
        if not ids:
            return None
        return await self._batch(mark, ids)

    async def _batch(self, mark: Mark, ids: Sequence[UUID]) -> Mark:
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
            return await self._batch(await self._batch(mark, ids[:middle]), ids[middle:])
        self.requeued += len(done.requeued)
        return moved


def is_about_data(error: DBAPIError) -> bool:
    """Whether PostgreSQL refused a value (SQLSTATE class 22), as against being away or in a hurry."""
    return str(getattr(error.orig, "sqlstate", "") or "").startswith("22")
