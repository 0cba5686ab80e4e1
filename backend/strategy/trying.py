"""A simulation under way: everybody by two editions, in a thread; its stages are told, it can be stopped."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, suppress
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import msgspec
import structlog

from backend.identity import api as identity
from backend.kernel.actor import Actor
from backend.kernel.uow import Database, UnitOfWork
from backend.strategy import freezing, runs, simulations, versions
from backend.strategy.documents import CatalogueError
from backend.strategy.draft_store import draft_of, files_of
from backend.strategy.drafts import problems_of
from backend.strategy.engine import Edition, edition_of
from backend.strategy.errors import BeyondBounds, Tampered
from backend.strategy.progress import Copy
from backend.strategy.simulation_schemas import Mover, SimulationResult

#: asked so often whether it goes on
TICK_SECONDS = 1.0
#: told the stage; answers whether it goes on
Going = Callable[[str], Awaitable[bool]]
_log = structlog.get_logger(__name__)


class Cancelled(Exception):
    """Somebody stopped the simulation."""


class EngineFailed(Exception):
    """DuckDB gave up; the simulation says so, and asked for again it is tried again."""


class Unfit(Exception):
    """Files that cannot be worked out for everybody; says why."""


_Closing = TypeVar("_Closing", bound=AbstractContextManager[Any])


async def compare(
    db: Database, actor: Actor, copy: Copy, before: Edition, after: Edition, going: Going
) -> tuple[SimulationResult, list[Mover], bytes]:
    """Everybody by `before` and by `after`, as of the business day, over one copy; nothing is written. The
    last part is for `simulated_rows`.

    Raises BeyondBounds, CatalogueError, Cancelled.
    """
    # the web server knows this module and needs no DuckDB
    from backend.strategy.simulating import Bounds, Simulation

    async with db.unit(actor) as uow:
        as_of, branches = uow.today, await identity.branches(uow)
        bounds = Bounds(*await runs.bounds(uow))
        standing = await freezing.in_force(uow)
    await before.compiled()
    await after.compiled()
    seconds: dict[str, float] = {}
    known = standing.definitions if standing is not None else frozenset[str]()
    with await _made(partial(Simulation, before, after, copy.folder, known)) as simulation:

        async def stage(name: str, work: Callable[..., Any], *given: Any) -> Any:
            began = time.monotonic()
            task = asyncio.ensure_future(asyncio.to_thread(work, *given))
            try:
                while not (await asyncio.wait([task], timeout=TICK_SECONDS))[0]:
                    if not await going(name):
                        raise Cancelled
                return task.result()
            finally:
                if not task.done():
                    # the thread works at what is closed next
                    simulation.interrupt()
                    with suppress(Exception):
                        await asyncio.shield(task)
                seconds[name] = round(time.monotonic() - began, 2)

        if not await going("copy"):
            raise Cancelled
        fetch = partial(simulation.fetch, zone=db.clock.zone.key)
        await stage("copy", fetch, copy.url, before.catalogue, after.catalogue)
        await stage("before", simulation.work_out_side, "was", as_of)
        await stage("after", simulation.work_out_side, "will", as_of)
        result, movers = await stage("compare", simulation.compare_both, bounds, branches)
    return msgspec.structs.replace(result, seconds=seconds), movers, simulation.customers


async def _made(make: Callable[[], _Closing]) -> _Closing:
    """Made in a thread; one that nobody waits for any more is closed, with its folder."""
    task = asyncio.ensure_future(asyncio.to_thread(make))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        with await task:
            pass
        raise


async def simulate_files(
    db: Database, actor: Actor, copy: Copy, files: Mapping[str, str]
) -> tuple[int, SimulationResult]:
    """A whole catalogue beside the version in force, and that version's number; nothing is kept of it but
    that it was asked for. Raises Unfit."""
    async with runs.alone(db, actor):
        async with db.unit(actor) as uow:
            problems = await problems_of(uow, files)
            if problems:
                raise Unfit("\n".join(map(str, problems)))
            try:
                force = await versions.in_force(uow, afresh=True)
            except Tampered as error:
                raise Unfit(str(error)) from error
            if force is None:
                raise Unfit("no version is in force yet")
            after = edition_of(files)
            uow.audit("strategy.simulate", "catalogue", str(force.version), {"digest": after.digest})
        try:
            result, _, _ = await compare(db, actor, copy, force.edition, after, _on)
        except BeyondBounds as error:
            raise Unfit(f"an amount is beyond all bounds: {error}") from error
    return force.version, result


async def _on(_stage: str) -> bool:
    return True


async def simulate(db: Database, actor: Actor, copy: Copy, simulation_id: UUID) -> None:
    """Works out a simulation that was asked for, one at a time; again from the beginning where a process died
    at it. What keeps it from being worked out is kept with it. Raises EngineFailed."""
    import duckdb  # the web server knows this module and needs none

    async with runs.alone(db, actor):
        async with db.unit(actor) as uow:
            begun = await _begin(uow, simulation_id)
        if begun is None:
            return
        if isinstance(begun, str):
            await _end(db, actor, simulation_id, begun)
            return
        before, after = begun

        async def going(stage: str) -> bool:
            async with db.unit(actor) as uow:
                return await simulations.step(uow, simulation_id, stage)

        if not copy.url:
            await _end(db, actor, simulation_id, "no_copy")
            return
        try:
            result, movers, rows = await compare(db, actor, copy, before, after, going)
        except Cancelled:
            _log.info("strategy.simulation_cancelled", simulation=str(simulation_id))
            return
        except BeyondBounds as error:
            _log.warning("strategy.beyond_bounds", error=str(error), simulation=str(simulation_id))
            await _end(db, actor, simulation_id, "beyond_bounds")
            return
        except duckdb.Error as error:
            # as where memory or disk is short: the same again would end the same
            _log.exception("strategy.simulation_failed", simulation=str(simulation_id))
            await _end(db, actor, simulation_id, "engine")
            raise EngineFailed(str(simulation_id)) from error
        kept = {"shown": msgspec.to_builtins(result), "movers": msgspec.to_builtins(movers)}
        async with db.unit(actor) as uow:
            await simulations.finish(uow, simulation_id, result=kept, seconds=result.seconds, rows=rows)


async def _begin(uow: UnitOfWork, simulation_id: UUID) -> tuple[Edition, Edition] | str | None:
    """Both editions; the code of what is wrong; None where nobody waits for it any more."""
    begun = await simulations.begin(uow, simulation_id)
    if begun is None:
        return None
    one, draft = begun
    try:
        force = await versions.in_force(uow, afresh=True)
        assert force is not None
        after = edition_of(await files_of(uow, draft))
        await after.compiled()
    except Tampered:
        return "version_changed"
    except CatalogueError:
        return "bad_catalogue"
    if after.digest != one.files_digest:
        return "draft_moved"
    one.base_version = force.version
    return force.edition, after


async def files_of_draft(uow: UnitOfWork, draft_id: UUID) -> dict[str, str]:
    """A draft's files. Raises Problem `not_found`, Tampered."""
    return await files_of(uow, await draft_of(uow, draft_id))


async def _end(db: Database, actor: Actor, simulation_id: UUID, problem: str) -> None:
    async with db.unit(actor) as uow:
        await simulations.finish(uow, simulation_id, result=None, seconds={}, problem=problem)
