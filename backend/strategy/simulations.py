"""Simulations as rows: asked for, cancelled, looked at, exported. The work itself is `simulating.py`'s."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, update

from backend.customers import api as customers
from backend.identity import api as identity
from backend.kernel.actor import Role
from backend.kernel.errors import Problem, not_found, purpose_needed
from backend.kernel.ids import uuid7
from backend.kernel.uow import UnitOfWork
from backend.strategy import archives, versions
from backend.strategy.draft_store import draft_of, require_editor, require_reader, simulation_line
from backend.strategy.models import StrategyDraft, StrategySimulation
from backend.strategy.schemas import SimulationLine
from backend.strategy.simulation_schemas import Export, Mover, Movers, SimulationResult, SimulationView

WANTED = "strategy.simulation_wanted"
#: whose rows are the whole bank's by role; the others say what for
WITHOUT_PURPOSE = frozenset({Role.hq_business})
_OPEN = ("queued", "running")
_HEAD = (
    *("客户编号", "客户", "支行", "原分层", "新分层", "原额度（元）", "新额度（元）", "变化（元）"),
    *("原利率（基点）", "新利率（基点）", "主要原因"),
)


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
    one, draft = await _find(uow, simulation_id, to_change=True)
    if one.state in _OPEN:
        _cancel(uow, one)
    return simulation_line(one, draft, await versions.number_in_force(uow))


def _cancel(uow: UnitOfWork, one: StrategySimulation) -> None:
    one.state, one.finished_at = "cancelled", uow.now
    uow.audit("strategy.simulation_cancelled", "strategy_draft", one.draft_id, {"simulation": str(one.id)})


async def look(uow: UnitOfWork, simulation_id: UUID) -> SimulationView:
    """A simulation with its result; no customers. Raises Problem `not_allowed`, `not_found`."""
    require_reader(uow.actor)
    one, draft = await _find(uow, simulation_id)
    line = simulation_line(one, draft, await versions.number_in_force(uow))
    result = None if one.result is None else msgspec.convert(one.result["shown"], SimulationResult)
    return SimulationView(line, draft.id, draft.title, one.files_digest, result)


async def movers(uow: UnitOfWork, simulation_id: UUID, purpose: str | None) -> Movers:
    """The customers that move most, by name: whose they are stands in the audit trail, and what for.

    Raises Problem `not_allowed`, `not_found`, `purpose_needed`, `too_many_look_ups`.
    """
    require_reader(uow.actor)
    if purpose is None and uow.actor.role not in WITHOUT_PURPOSE:
        raise purpose_needed()
    one, _ = await _find(uow, simulation_id)
    if one.result is None:
        raise not_found("Result")
    await identity.count_look_up(uow)
    found = msgspec.convert(one.result["movers"], list[Mover])
    ids = [it.customer_id for it in found]
    async with uow.overseeing("who looks, and what for, is on record; nothing can be changed"):
        names = {it.id: it.name for it in await customers.visible(uow, ids)}
    detail: dict[str, Any] = {"simulation": str(one.id), "customers": [str(it) for it in ids]}
    if purpose is not None:
        detail["purpose"] = purpose
    uow.audit("strategy.movers_looked_at", "strategy_draft", one.draft_id, detail)
    return Movers(tuple(msgspec.structs.replace(it, name=names.get(it.customer_id)) for it in found))


async def export(uow: UnitOfWork, simulation_id: UUID, asked: Export) -> bytes:
    """The movers as a table, in yuan. Raises as `movers`."""
    found = await movers(uow, simulation_id, asked.purpose)
    uow.audit("strategy.movers_exported", "strategy_simulation", simulation_id, {"format": asked.format})
    one, _ = await _find(uow, simulation_id)
    assert one.result is not None
    result = msgspec.convert(one.result["shown"], SimulationResult)
    tiers = {it.code: it.zh for it in result.tiers}
    rows = [_row(it, tiers) for it in found.movers]
    return archives.as_csv(_HEAD, rows) if asked.format == "csv" else archives.as_xlsx(_HEAD, rows)


def _row(one: Mover, tiers: dict[str, str]) -> Sequence[archives.Cell]:
    return (
        str(one.customer_id),
        one.name,
        one.branch,
        tiers.get(one.tier_before, one.tier_before),
        tiers.get(one.tier_after, one.tier_after),
        one.limit_before_fen // 100,
        one.limit_after_fen // 100,
        (one.limit_after_fen - one.limit_before_fen) // 100,
        one.rate_before_bp,
        one.rate_after_bp,
        "，".join(it.zh for it in one.reasons),
    )


async def _find(
    uow: UnitOfWork, simulation_id: UUID, *, to_change: bool = False
) -> tuple[StrategySimulation, StrategyDraft]:
    wanted = select(StrategySimulation).where(StrategySimulation.id == simulation_id)
    if to_change:
        wanted = wanted.with_for_update()
    one = await uow.session.scalar(wanted.execution_options(populate_existing=True))
    if one is None:
        raise not_found("Simulation")
    return one, await draft_of(uow, one.draft_id)


async def begin(uow: UnitOfWork, simulation_id: UUID) -> tuple[StrategySimulation, StrategyDraft] | None:
    """Takes one up, also one that a killed worker left; None if it was cancelled or is done. Job only."""
    one, draft = await _find(uow, simulation_id, to_change=True)
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
) -> None:
    """Keeps what came of it; a draft that still says the same counts as simulated. Job only."""
    one, _ = await _find(uow, simulation_id, to_change=True)
    if one.state != "running":
        return
    one.state = "failed" if result is None else "done"
    one.finished_at, one.seconds, one.result, one.problem = uow.now, seconds, result, problem
    if result is not None:
        await uow.session.execute(
            update(StrategyDraft)
            .where(
                StrategyDraft.id == one.draft_id,
                StrategyDraft.digest == one.files_digest,
                StrategyDraft.state == "checked",
            )
            .values(state="simulated")
        )
