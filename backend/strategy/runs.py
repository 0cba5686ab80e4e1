"""The history of recalculations of everybody, and those that wait for somebody to let them through."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Any
from uuid import UUID

from msgspec import to_builtins
from sqlalchemy import exists, func, select, text, update

from backend.identity import api as identity
from backend.kernel.actor import Actor, Role
from backend.kernel.ids import uuid7
from backend.kernel.uow import Database, UnitOfWork
from backend.notify import api as notify
from backend.policy import api as policy
from backend.strategy.errors import NotHeld
from backend.strategy.freshness import Stale
from backend.strategy.models import StrategyRun
from backend.strategy.rules import Moves, too_much

RELEASED = "strategy.released"
#: what begins a run over everybody: the clock, a version, files, a person, a county that is loaded
CAUSES = frozenset({"nightly", "published", "released", "import", "freeze", "everybody", "demo"})
#: who hears that a run waits
WATCHING = (Role.risk_officer, Role.hq_business)
#: who hears that a source is too old for a night: also those who see to it that files come
SEEING_TO_FILES = (*WATCHING, Role.hq_data)
_TIERS, _LIMITS = "held_tiers_per_mille", "held_limits_per_mille"
_TAKE_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('strategy everybody', 0))")


@asynccontextmanager
async def alone(db: Database, actor: Actor) -> AsyncIterator[None]:
    """Inside, nobody else recalculates everybody, in whatever process: who wants to waits here until this one
    is through or its process gone. The transaction that holds the turn reads and writes nothing."""
    async with db.unit(actor) as uow:
        await uow.session.execute(_TAKE_TURN)
        yield


async def begin(uow: UnitOfWork, cause: str, engine: str, version: int, as_of: date) -> UUID:
    """A new run; only inside `alone`, so that one which is still said to run was cut off."""
    assert cause in CAUSES, cause
    await uow.session.execute(
        update(StrategyRun).where(StrategyRun.state == "running").values(state="cut", finished_at=uow.now)
    )
    run = StrategyRun(
        id=uuid7(),
        cause=cause,
        engine=engine,
        version=version,
        as_of=as_of,
        state="running",
        started_at=uow.now,
        finished_at=None,
        released_at=None,
        problem=None,
        **dict.fromkeys(("customers", "source_rows", "changed", "requeued", "known", "tiers", "zeroed"), 0),
        seconds={},
    )
    uow.session.add(run)
    await uow.session.flush()
    return run.id


async def end(uow: UnitOfWork, run_id: UUID, state: str, **found: Any) -> None:
    """Notes how a run ended; `found`: columns of StrategyRun. One that went through settles those that were
    held before it: everybody is as it found them."""
    if state == "done":
        await _settle(uow, run_id)
    await uow.session.execute(
        update(StrategyRun).where(StrategyRun.id == run_id).values(state=state, finished_at=uow.now, **found)
    )


async def hold_stale(uow: UnitOfWork, run_id: UUID, found: Sequence[Stale], customers: int) -> None:
    """Ends a run before it began: these sources are too old. Takes the place of those that were held for the
    like before; says so to those who see to it, once a source and day and person."""
    await end(uow, run_id, "held", customers=customers, stale=to_builtins(found))
    await uow.session.execute(
        update(StrategyRun)
        .where(
            StrategyRun.state == "held",
            StrategyRun.released_at.is_(None),
            StrategyRun.id != run_id,
            func.jsonb_array_length(StrategyRun.stale) > 0,
        )
        .values(state="settled")
    )
    detail = {one.source: one.day.isoformat() for one in found}
    uow.audit("strategy.run_held", "strategy_run", str(run_id), {"stale": detail})
    for person in await identity.of_roles(uow, SEEING_TO_FILES):
        for one in found:
            await notify.send(
                uow,
                person,
                "strategy_source_stale",
                {"file": one.files[0], "day": one.day.isoformat(), "days": one.days},
                dedupe=f"strategy_source_stale:{one.source}:{one.day}:{person}",
            )


async def went_through(uow: UnitOfWork, version: int) -> bool:
    """Whether a run of this catalogue version went through: whoever differs from then on does so by their
    data, also those whose result is still as an earlier version left it."""
    done = select(StrategyRun.id).where(StrategyRun.version == version, StrategyRun.state == "done")
    return bool(await uow.session.scalar(select(exists(done))))


async def must_wait(uow: UnitOfWork, moves: Moves) -> bool:
    """Whether a run moves more at once than a bank lets pass unseen (policy figures)."""
    return too_much(moves, *await bounds(uow))


async def bounds(uow: UnitOfWork) -> tuple[int, int]:
    """Per mille of customers who may get another tier, and lose their limit, without anybody's word."""
    figures: Mapping[str, Any] = await policy.figures(uow, (_TIERS, _LIMITS))
    return int(figures[_TIERS]), int(figures[_LIMITS])


async def tell_held(uow: UnitOfWork, run_id: UUID, moves: Moves) -> None:
    """Says to those who may know that a run waits, once a run and person."""
    moved = {"tiers": moves.tiers, "zeroed": moves.zeroed}
    uow.audit("strategy.run_held", "strategy_run", str(run_id), moved)
    for person in await identity.of_roles(uow, WATCHING):
        await notify.send(
            uow,
            person,
            "strategy_run_held",
            {"run_id": str(run_id), "tiers": moves.tiers, "zeroed": moves.zeroed},
            dedupe=f"strategy_run_held:{run_id}:{person}",
        )


async def tell_changed(uow: UnitOfWork, version: int) -> None:
    """Says to those who may know that a published version was changed, so that nothing is worked out with it;
    once a version and person."""
    uow.audit("strategy.version_changed", "catalogue", str(version))
    for person in await identity.of_roles(uow, WATCHING):
        await notify.send(
            uow,
            person,
            "strategy_version_changed",
            {"version": version},
            dedupe=f"strategy_version_changed:{version}:{person}",
            urgency="urgent",
        )


async def release(uow: UnitOfWork, run_id: UUID) -> None:
    """Lets a held run through: everybody is worked out anew and written, whatever moves. Raises NotHeld."""
    found = await uow.session.scalar(
        update(StrategyRun)
        .where(StrategyRun.id == run_id, StrategyRun.state == "held", StrategyRun.released_at.is_(None))
        .values(released_at=uow.now)
        .returning(StrategyRun.id)
    )
    if found is None:
        raise NotHeld(str(run_id))
    # one run of everybody follows, of what is known now: whatever else was held is in it
    await _settle(uow, run_id)
    uow.audit("strategy.release", "strategy_run", str(run_id))
    uow.emit(RELEASED, {"run_id": str(run_id)})


async def _settle(uow: UnitOfWork, but: UUID) -> None:
    await uow.session.execute(
        update(StrategyRun)
        .where(StrategyRun.state == "held", StrategyRun.released_at.is_(None), StrategyRun.id != but)
        .values(state="settled")
    )


async def newest(uow: UnitOfWork, most: int) -> list[StrategyRun]:
    """The last runs, newest first."""
    rows = await uow.session.scalars(select(StrategyRun).order_by(StrategyRun.started_at.desc()).limit(most))
    return list(rows)
