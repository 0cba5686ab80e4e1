"""Runs over the population: which is in force, when one is due, how one takes force, which are kept.

What is frozen is read by *now* and by the night from the same run: whoever writes results holds the lock of
`versions` shared, and a run takes force under it alone, as a catalogue version does.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import delete, exists, func, insert, select, text, update

from backend.kernel.ids import uuid7
from backend.kernel.uow import UnitOfWork
from backend.strategy import versions
from backend.strategy.definitions import FREEZE_EVERY, LEVELS, Catalogue
from backend.strategy.errors import Superseded
from backend.strategy.language.sql import POSTGRES
from backend.strategy.models import Decision, FrozenRun, FrozenValue
from backend.strategy.population import statement


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure at one place; `amount` in the unit of its feature."""

    level: str
    place: str
    definition: str
    amount: int


@dataclass(frozen=True, slots=True)
class Standing:
    """The run in force."""

    id: UUID
    as_of: date
    definitions: frozenset[str]


async def in_force(uow: UnitOfWork) -> Standing | None:
    """The run in force; None before the first."""
    wanted = select(FrozenRun.id, FrozenRun.as_of, FrozenRun.definitions)
    row = (await uow.session.execute(wanted.where(FrozenRun.left_force_at.is_(None)))).one_or_none()
    return None if row is None else Standing(row.id, row.as_of, frozenset(row.definitions))


async def cited(uow: UnitOfWork, catalogue: Catalogue) -> UUID | None:
    """The run that results of a catalogue stand on; None where it asks for nothing frozen, or none is there
    yet: the policy's figures stand in then."""
    found = await in_force(uow) if catalogue.frozen else None
    return None if found is None else found.id


async def hold(uow: UnitOfWork, run_id: UUID | None) -> None:
    """Sees to it that the run on which results stand is still in force; after `versions.hold`, whose lock
    keeps it so. Raises Superseded."""
    if run_id is None:
        return
    found = await in_force(uow)
    if found is None or found.id != run_id:
        raise Superseded(f"the run over the population {run_id}")


def is_due(catalogue: Catalogue, run: Standing | None, day: date) -> bool:
    """Whether a run is wanted for `day`: none is there, one of the catalogue's figures was never asked of
    it, or so many months turned since (`freeze_every_months`)."""
    if not catalogue.frozen:
        return False
    if run is None or not run.definitions >= {one.definition for one in catalogue.frozen.values()}:
        return True
    turned = (day.year - run.as_of.year) * 12 + day.month - run.as_of.month
    return turned >= catalogue.figures[FREEZE_EVERY].on(day)


async def figures_in_postgres(uow: UnitOfWork, catalogue: Catalogue, as_of: date) -> list[Figure]:
    """The figures of a new run, worked out in PostgreSQL over everybody. Needs the role `system`."""
    told = statement(catalogue.frozen.values(), POSTGRES)
    given = {"as_of": as_of} if ":as_of" in told else {}
    rows = await uow.session.execute(text(told), given)
    return [Figure(row.level, row.place, row.definition, row.amount) for row in rows]


async def take_force(
    uow: UnitOfWork, version: int, catalogue: Catalogue, as_of: date, figures: Iterable[Figure]
) -> UUID:
    """Keeps a run's figures and puts them in force in place of those before. Runs that left force earlier and
    that no decision cites go.

    Needs the role `system`; waits for results that are being written. Raises Superseded where `version` is
    not in force any more.
    """
    await versions.move_alone(uow)
    if await versions.number_in_force(uow) != version:
        raise Superseded(str(version))
    await purge(uow)
    await uow.session.execute(
        update(FrozenRun).where(FrozenRun.left_force_at.is_(None)).values(left_force_at=uow.now)
    )
    run_id = uuid7()
    uow.session.add(
        FrozenRun(
            id=run_id,
            as_of=as_of,
            version=version,
            definitions=sorted(one.definition for one in catalogue.frozen.values()),
            made_at=uow.now,
            left_force_at=None,
        )
    )
    await uow.session.flush()
    told = sorted(figures, key=lambda one: (one.level, one.place, one.definition))
    if told:
        await uow.session.execute(insert(FrozenValue), [_row(run_id, one) for one in told])
    uow.audit("strategy.freeze", "frozen_run", str(as_of), {"version": version, "figures": len(told)})
    return run_id


async def take_back(uow: UnitOfWork, run_id: UUID, before: UUID | None) -> None:
    """Lets the run `before` be in force again in place of `run_id`, whose results were held. Needs the role
    `system`."""
    await versions.move_alone(uow)
    for one, left in ((run_id, uow.now), (before, None)):
        await uow.session.execute(update(FrozenRun).where(FrozenRun.id == one).values(left_force_at=left))
    uow.audit("strategy.freeze_taken_back", "frozen_run", str(uow.today))


def _row(run_id: UUID, one: Figure) -> dict[str, object]:
    return {
        "run_id": run_id,
        "level": one.level,
        "place": one.place,
        "definition": one.definition,
        "amount": one.amount,
    }


async def told_at(uow: UnitOfWork) -> tuple[Standing | None, dict[str, dict[str, int]]]:
    """The run in force, and by name of a figure at how many places of each level it is told. Needs the role
    `system`."""
    run = await in_force(uow)
    if run is None or not run.definitions:
        return None, {}
    level, definition = FrozenValue.level, FrozenValue.definition
    wanted = select(definition, level, func.count()).where(FrozenValue.run_id == run.id)
    found: dict[str, dict[str, int]] = {}
    for one, at, count in await uow.session.execute(wanted.group_by(definition, level)):
        found.setdefault(one, {})[at] = count
    return run, {
        one.partition("@")[0]: {at: found.get(one, {})[at] for at in LEVELS if at in found.get(one, {})}
        for one in sorted(run.definitions)
    }


async def purge(uow: UnitOfWork) -> Sequence[UUID]:
    """Removes the runs that left force and that no decision stands on; which. Needs the role `system`."""
    is_cited = exists().where(Decision.frozen_run_id == FrozenRun.id)
    wanted = select(FrozenRun.id).where(FrozenRun.left_force_at.is_not(None), ~is_cited)
    gone = list(await uow.session.scalars(wanted))
    if gone:
        await uow.session.execute(delete(FrozenValue).where(FrozenValue.run_id.in_(gone)))
        await uow.session.execute(delete(FrozenRun).where(FrozenRun.id.in_(gone)))
    return gone
