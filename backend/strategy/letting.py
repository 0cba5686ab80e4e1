"""Recalculations of everybody as people see them, and one that waits let through by somebody."""

from uuid import UUID

from backend.kernel.errors import Problem
from backend.kernel.uow import UnitOfWork
from backend.strategy import runs
from backend.strategy.draft_store import require_decider, require_reader
from backend.strategy.errors import NotHeld
from backend.strategy.freshness import kept
from backend.strategy.models import StrategyRun
from backend.strategy.simulation_schemas import Runs, RunView, StaleView

#: shown at once
MOST = 50


async def recent(uow: UnitOfWork) -> Runs:
    """Counts alone, no customers. Raises Problem `not_allowed`."""
    require_reader(uow.actor)
    async with uow.elevated("counts of runs, which say nothing of any one customer"):
        return Runs(tuple(_view(one) for one in await runs.newest(uow, MOST)))


async def let_through(uow: UnitOfWork, run_id: UUID) -> Runs:
    """Lets a held run through. Raises Problem `not_allowed`, `not_held`."""
    require_decider(uow.actor)
    try:
        async with uow.elevated("whoever watches runs may let one through"):
            await runs.release(uow, run_id)
    except NotHeld as error:
        raise Problem(
            "not_held",
            409,
            "No such run waits",
            detail="It was let through, or a later run took its place. Nothing was changed.",
        ) from error
    return await recent(uow)


def _view(one: StrategyRun) -> RunView:
    return RunView(
        one.id,
        one.cause,
        one.engine,
        one.version,
        one.as_of,
        one.state,
        one.state == "held" and one.released_at is None,
        one.started_at,
        one.finished_at,
        one.customers,
        one.changed,
        one.known,
        one.tiers,
        one.zeroed,
        one.released_at,
        one.seconds,
        one.problem,
        tuple(StaleView(it.source, it.zh, it.en, it.files, it.day, it.days) for it in kept(one.stale)),
    )
