"""Simulations as rows: asked for, cancelled, looked at. The work itself is `simulating.py`'s."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, insert, select, update

from backend.kernel.errors import Problem, not_found
from backend.kernel.ids import uuid7
from backend.kernel.uow import UnitOfWork
from backend.policy import api as policy
from backend.strategy import versions
from backend.strategy.draft_store import draft_of, require_editor, require_reader, simulation_line
from backend.strategy.models import StrategyDraft, StrategySimulated, StrategySimulation
from backend.strategy.schemas import SimulationLine
from backend.strategy.simulation_schemas import SimulationResult, SimulationView

WANTED = "strategy.simulation_wanted"
_OPEN = ("queued", "running")


async def ask(uow: UnitOfWork, draft_id: UUID) -> SimulationLine:
    """Has a checked draft worked out for everybody; asked twice it is the same one. Raises Problem
    `not_allowed`, `not_found`, `draft_closed`, `draft_not_ready`."""
    require_editor(uow.actor)
    draft = await draft_of(uow, draft_id, to_change=True)
    if draft.checked_digest != draft.digest:
        raise Problem(
            "draft_not_ready",
            409,
            "The draft is not ready for this",
            detail="It is simulated once a check found nothing wrong.",
            state=draft.state,
        )
    force = await versions.number_in_force(uow)
    assert force is not None
    under_way = await uow.session.scalar(
        select(StrategySimulation).where(
            StrategySimulation.draft_id == draft_id, StrategySimulation.state.in_(_OPEN)
        )
    )
    if under_way is not None:
        if (under_way.files_digest, under_way.base_version) == (draft.digest, force):
            return simulation_line(under_way, draft, force)
        _cancel(uow, under_way)  # of files that are not the draft's any more
    made = StrategySimulation(
        id=uuid7(),
        draft_id=draft_id,
        files_digest=draft.digest,
        base_version=force,
        as_of=None,
        state="queued",
        stage="",
        asked_by=uow.actor.staff_id,
        asked_at=uow.now,
        started_at=None,
        finished_at=None,
        seconds={},
        result=None,
        problem=None,
    )
    uow.session.add(made)
    await uow.session.flush()
    uow.emit(WANTED, {"simulation_id": str(made.id)})
    detail = {"simulation": str(made.id), "digest": draft.digest, "base": force}
    uow.audit("strategy.simulate", "strategy_draft", draft_id, detail)
    return simulation_line(made, draft, force)


async def cancel(uow: UnitOfWork, simulation_id: UUID) -> SimulationLine:
    """Stops one that is queued or under way. Raises Problem `not_allowed`, `not_found`."""
    require_editor(uow.actor)
    one, draft = await find(uow, simulation_id, to_change=True)
    if one.state in _OPEN:
        _cancel(uow, one)
    return simulation_line(one, draft, await versions.number_in_force(uow))


def _cancel(uow: UnitOfWork, one: StrategySimulation) -> None:
    one.state, one.finished_at = "cancelled", uow.now
    uow.audit("strategy.simulation_cancelled", "strategy_draft", one.draft_id, {"simulation": str(one.id)})


async def look(uow: UnitOfWork, simulation_id: UUID) -> SimulationView:
    """A simulation with its result; no customers. Raises Problem `not_allowed`, `not_found`."""
    require_reader(uow.actor)
    one, draft = await find(uow, simulation_id)
    line = simulation_line(one, draft, await versions.number_in_force(uow))
    result = None if one.result is None else msgspec.convert(one.result["shown"], SimulationResult)
    return SimulationView(line, draft.id, draft.title, one.files_digest, result)


async def find(
    uow: UnitOfWork, simulation_id: UUID, *, to_change: bool = False
) -> tuple[StrategySimulation, StrategyDraft]:
    """A simulation, locked if it is `to_change`, with its draft. Raises Problem `not_found`."""
    wanted = select(StrategySimulation).where(StrategySimulation.id == simulation_id)
    if to_change:
        wanted = wanted.with_for_update()
    one = await uow.session.scalar(wanted.execution_options(populate_existing=True))
    if one is None:
        raise not_found("Simulation")
    return one, await draft_of(uow, one.draft_id)


async def begin(uow: UnitOfWork, simulation_id: UUID) -> tuple[StrategySimulation, StrategyDraft] | None:
    """Takes one up, also one that a killed worker left; None if it was cancelled or is done. Job only."""
    one, draft = await find(uow, simulation_id, to_change=True)
    if one.state not in _OPEN:
        return None
    one.state, one.started_at, one.as_of, one.stage = "running", uow.now, uow.today, "copy"
    return one, draft


async def step(uow: UnitOfWork, simulation_id: UUID, stage: str) -> bool:
    """Notes how far it is; False where it was cancelled. Job only."""
    found = await uow.session.scalar(
        update(StrategySimulation)
        .where(StrategySimulation.id == simulation_id, StrategySimulation.state == "running")
        .values(stage=stage)
        .returning(StrategySimulation.id)
    )
    return found is not None


async def finish(
    uow: UnitOfWork,
    simulation_id: UUID,
    *,
    result: dict[str, Any] | None,
    seconds: dict[str, float],
    problem: str | None = None,
    rows: bytes = b"",
) -> None:
    """Keeps what came of it, and who is in it in the place of an earlier one's; a draft that still says the
    same counts as simulated. Job only."""
    one, _ = await find(uow, simulation_id, to_change=True)
    if one.state != "running":
        return
    one.state = "failed" if result is None else "done"
    one.finished_at, one.seconds, one.result, one.problem = uow.now, seconds, result, problem
    if result is not None:
        of_draft = select(StrategySimulation.id).where(StrategySimulation.draft_id == one.draft_id)
        earlier = StrategySimulated.simulation_id.in_(of_draft)
        await uow.session.execute(delete(StrategySimulated).where(earlier))
        await uow.session.execute(
            insert(StrategySimulated).values(simulation_id=one.id, made_at=uow.now, content=rows)
        )
        await uow.session.execute(
            update(StrategyDraft)
            .where(
                StrategyDraft.id == one.draft_id,
                StrategyDraft.digest == one.files_digest,
                StrategyDraft.state == "checked",
            )
            .values(state="simulated")
        )


async def forget(uow: UnitOfWork) -> None:
    """Drops who was in simulations of longer ago than the policy says; their figures stay. Job only."""
    days = int(await policy.figure(uow, "simulation_rows_days"))
    old = StrategySimulated.made_at < uow.now - timedelta(days=days)
    gone = await uow.session.scalars(
        delete(StrategySimulated).where(old).returning(StrategySimulated.simulation_id)
    )
    for one in gone.all():
        uow.audit("strategy.simulated_forgotten", "strategy_simulation", one)
