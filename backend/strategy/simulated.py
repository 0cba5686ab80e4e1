"""Who is in a simulation: the customers that move most, and those behind each of its figures, by name.

Whose they are, and what for, stands in the audit trail.
"""

import asyncio
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from backend.customers import api as customers
from backend.identity import api as identity
from backend.kernel import sheets
from backend.kernel.actor import Role
from backend.kernel.errors import Problem, not_found, purpose_needed
from backend.kernel.uow import UnitOfWork
from backend.strategy import simulations
from backend.strategy.draft_store import require_reader
from backend.strategy.models import StrategySimulated, StrategySimulation
from backend.strategy.simulation_schemas import (
    AskCustomers,
    Chosen,
    Customers,
    Export,
    InBranch,
    Mover,
    Movers,
    OfBand,
    OfCell,
    OfGate,
    OfTurn,
    SimulationResult,
    Turned,
)

#: whose rows are the whole bank's by role; the others say what for
WITHOUT_PURPOSE = frozenset({Role.hq_business})
PAGE = 50
#: rows of one file
MOST_EXPORTED = 20_000
#: whose names are looked up at once
_AT_ONCE = 1000
_SIDES = {"before": "was", "after": "will"}
_HEAD = (
    *("客户编号", "客户", "支行", "原分层", "新分层", "原额度（元）", "新额度（元）", "变化（元）"),
    *("原利率（基点）", "新利率（基点）", "主要原因"),
)


async def movers(uow: UnitOfWork, simulation_id: UUID, purpose: str | None) -> Movers:
    """The customers that move most.

    Raises Problem `not_allowed`, `not_found`, `purpose_needed`, `too_many_look_ups`.
    """
    one, _ = await _looked_at(uow, simulation_id, purpose)
    found = await _named(uow, _kept(one))
    ids = [str(it.customer_id) for it in found]
    detail = _detail(one, purpose, customers=ids)
    uow.audit("strategy.movers_looked_at", "strategy_draft", one.draft_id, detail)
    return Movers(tuple(found))


async def behind(uow: UnitOfWork, simulation_id: UUID, asked: AskCustomers) -> Customers:
    """A page of the customers behind a figure. Raises as `movers`, and Problem `customers_gone`."""
    one, result = await _looked_at(uow, simulation_id, asked.purpose)
    total, found = await _picked(uow, one, result, asked.chosen, asked.after, PAGE)
    found = await _named(uow, found)
    said = {"of": msgspec.to_builtins(asked.chosen), "customers": [str(it.customer_id) for it in found]}
    detail = _detail(one, asked.purpose, **said)
    uow.audit("strategy.simulated_looked_at", "strategy_draft", one.draft_id, detail)
    return Customers(total, tuple(found))


async def export(uow: UnitOfWork, simulation_id: UUID, asked: Export) -> bytes:
    """The movers, or those behind a figure, as a table, in yuan. Raises as `behind`, and Problem
    `too_many_rows`."""
    one, result = await _looked_at(uow, simulation_id, asked.purpose)
    found: Sequence[Mover] = _kept(one)
    if asked.chosen is not None:
        total, found = await _picked(uow, one, result, asked.chosen, 0, MOST_EXPORTED)
        if total > MOST_EXPORTED:
            raise Problem(
                "too_many_rows",
                422,
                "Too many customers for one file",
                detail=f"A file holds {MOST_EXPORTED} of them.",
                remedy="Choose a smaller group.",
                most=MOST_EXPORTED,
            )
    named = await _named(uow, found)
    tiers = {it.code: it.zh for it in result.tiers}
    content = await asyncio.to_thread(sheets.as_file, asked.format, _HEAD, [_row(it, tiers) for it in named])
    said = {
        "of": msgspec.to_builtins(asked.chosen),
        "format": asked.format,
        "count": len(named),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    detail = _detail(one, asked.purpose, **said)
    uow.audit("strategy.simulated_exported", "strategy_draft", one.draft_id, detail)
    return content


async def _looked_at(
    uow: UnitOfWork, simulation_id: UUID, purpose: str | None
) -> tuple[StrategySimulation, SimulationResult]:
    """Counts a look at customers of a simulation that is done."""
    require_reader(uow.actor)
    if purpose is None and uow.actor.role not in WITHOUT_PURPOSE:
        raise purpose_needed()
    one, _ = await simulations.find(uow, simulation_id)
    if one.result is None:
        raise not_found("Result")
    await identity.count_look_up(uow)
    return one, msgspec.convert(one.result["shown"], SimulationResult)


def _kept(one: StrategySimulation) -> list[Mover]:
    assert one.result is not None
    return msgspec.convert(one.result["movers"], list[Mover])


def _detail(one: StrategySimulation, purpose: str | None, **more: Any) -> dict[str, Any]:
    said = {} if purpose is None else {"purpose": purpose}
    return {"simulation": str(one.id), **more, **said}


async def _picked(
    uow: UnitOfWork,
    one: StrategySimulation,
    result: SimulationResult,
    chosen: Chosen,
    after: int,
    many: int,
) -> tuple[int, list[Mover]]:
    """How many are meant, and up to `many` of them without names."""
    # the web server knows this module and needs no Arrow
    from backend.strategy import simulated_rows as rows

    content = await uow.session.scalar(
        select(StrategySimulated.content).where(StrategySimulated.simulation_id == one.id)
    )
    if content is None:
        raise Problem(
            "customers_gone",
            409,
            "Who was in this simulation is not kept any more",
            remedy="Simulate again.",
        )
    codes = [it.code for it in result.tiers]

    def meant() -> rows.Wanted | None:
        match chosen:
            case OfCell(before, after):
                known = before in codes and after in codes
                return rows.of_cell(codes.index(before), codes.index(after)) if known else None
            case OfBand(value, side, over, up_to):
                return rows.of_band(value, _SIDES[side], over, up_to)
            case OfGate(value):
                return rows.of_gate(value)
            case OfTurn(kind, name, change):
                return rows.of_turn(content, (kind, name), change)
            case InBranch(branch_id):
                return rows.of_branch(branch_id)

    def pick() -> tuple[int, list[rows.Row]]:
        wanted = meant()
        return (0, []) if wanted is None else rows.page(content, wanted, after, many)

    total, found = await asyncio.to_thread(pick)
    branches = await identity.branches(uow)
    steps = {it.customer_id: it for it in _kept(one)}
    words = {(it.kind, it.name): Turned(it.kind, it.name, it.zh, it.en) for it in result.turns}

    def mover(row: rows.Row) -> Mover:
        known = steps.get(row.customer_id)
        return Mover(
            customer_id=row.customer_id,
            name=None,
            branch_id=row.branch_id,
            branch=None if row.branch_id is None else branches.get(row.branch_id),
            tier_before=codes[row.tiers[0]],
            tier_after=codes[row.tiers[1]],
            limit_before_fen=row.limits[0],
            limit_after_fen=row.limits[1],
            rate_before_bp=row.rates[0],
            rate_after_bp=row.rates[1],
            reasons=() if known is None else known.reasons,
            lines=() if known is None else known.lines,
            gained=tuple(words[key] for key in row.gained),
            lost=tuple(words[key] for key in row.lost),
        )

    return total, [mover(row) for row in found]


async def _named(uow: UnitOfWork, found: Sequence[Mover]) -> list[Mover]:
    """With the names of those whom the bank still knows."""
    names: dict[UUID, str] = {}
    async with uow.overseeing("who looks, and what for, is on record; nothing can be changed"):
        for some in _by(_AT_ONCE, [it.customer_id for it in found]):
            names |= {it.id: it.name for it in await customers.visible(uow, some)}
    return [msgspec.structs.replace(it, name=names.get(it.customer_id)) for it in found]


def _by(many: int, ids: Sequence[UUID]) -> Iterable[Sequence[UUID]]:
    return (ids[first : first + many] for first in range(0, len(ids), many))


def _row(one: Mover, tiers: Mapping[str, str]) -> Sequence[sheets.Cell]:
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
