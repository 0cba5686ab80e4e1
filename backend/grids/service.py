"""Changes of grids: applying an import, assigning people."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from backend.grids import queries
from backend.grids.errors import (
    assignment_day,
    assignment_missing,
    assignment_role,
    branch_unknown,
    grid_retired,
)
from backend.grids.models import Grid, GridAssignment
from backend.grids.rules import MAY_HOLD, SINGLE_DUTIES, Duty
from backend.grids.schemas import Assignment, GridFacts, ImportOutcome, ReadyGrid, Spot
from backend.identity.api import StaffInfo, staff_of
from backend.kernel.actor import Actor, Role
from backend.kernel.errors import not_allowed, not_found
from backend.kernel.ids import uuid7
from backend.kernel.uow import UnitOfWork

_PLAIN_FIELDS = (
    "name",
    "kind",
    "branch_id",
    "township",
    "area_code",
    "lon",
    "lat",
    "area_m2",
    "source",
    "active",
)
#: as long as a leave may last
LONGEST_COVER_DAYS = 366


def book_of(grid_id: UUID) -> str:
    """The name of a grid's partition."""
    return f"grid:{grid_id}"


async def apply_import(
    uow: UnitOfWork,
    ready: Sequence[ReadyGrid],
    branches: Mapping[str, UUID],
    *,
    default_branch: str = "",
    source: str,
    retire_absent: bool = False,
) -> ImportOutcome:
    """Writes imported grids by their code, all or none: new ones are added, known ones follow the file.

    Who holds a grid stays, unless it passes to another branch than theirs; what a grid looked like before is
    kept in the audit trail, outline included. A
    grid that the file does not have stays as it is and is named in the outcome, unless `retire_absent`: then
    those of the branches in the file become inactive. A second run of the same file writes nothing.

    `branches`: id by branch code. Raises Problem `grid_branch_unknown` for a code that is not
    among them, `not_allowed` for an actor other than the system (the command line).
    """
    if uow.actor.role is not Role.system:
        raise not_allowed("Grids are imported on the server, by the command line.")
    placed = {one.code: _branch_of(one, branches, default_branch) for one in ready}
    known = await queries.by_code(uow, placed)
    added: list[str] = []
    changed: list[str] = []
    moved: list[str] = []
    for one in sorted(ready, key=lambda grid: grid.code):
        values = _values(one, placed[one.code], source)
        row = known.get(one.code)
        if row is None:
            row = Grid(id=uuid7(), code=one.code, manager_id=None, changed_at=uow.now, **values)
            uow.session.add(row)
            uow.audit("grid.import", "grid", row.id, {"added": True, "code": one.code, "source": source})
            added.append(one.code)
        else:
            before = _differences(row, values)
            if not before:
                continue
            for name, value in values.items():
                setattr(row, name, value)
            row.changed_at = uow.now
            if "branch_id" in before:
                await uow.session.flush()
                await _left_branch(uow, row)
            uow.audit("grid.import", "grid", row.id, {"before": before, "source": source})
            changed.append(one.code)
        moved.append(str(row.id))
        uow.touch(book_of(row.id), "grid", row.id)

    absent = [
        row for row in await queries.active_of_branches(uow, set(placed.values())) if row.code not in placed
    ]
    if retire_absent:
        for row in absent:
            row.active = False
            row.changed_at = uow.now
            uow.audit("grid.retire", "grid", row.id, {"source": source})
            uow.touch(book_of(row.id), "grid", row.id, gone=True)
            moved.append(str(row.id))
    if moved:
        uow.emit("grids.changed", {"grid_ids": moved})
        await uow.session.flush()
    return ImportOutcome(
        added=tuple(added),
        changed=tuple(changed),
        unchanged=len(ready) - len(added) - len(changed),
        retired=tuple(row.code for row in absent) if retire_absent else (),
        absent=() if retire_absent else tuple(row.code for row in absent),
    )


async def assign(
    uow: UnitOfWork,
    grid_id: UUID,
    staff_id: UUID,
    duty: Duty,
    from_on: date | None = None,
) -> Assignment:
    """Gives a grid's duty to a person from a day on (default: today), and ends the holder before where one
    may hold it.

    The same assignment again changes nothing. Raises Problem: `not_found`; `not_allowed` (the
    branch's head assigns); `grid_retired`; `grid_duty_role` (a role that cannot hold the duty);
    `grid_assignment_day` (a day to come, or before the present holder's first).
    """
    row = await _grid_to_assign(uow, grid_id)
    if duty is Duty.stand_in:
        raise assignment_day(from_on, "a stand-in covers from a day to a day")
    await _person_for(uow, row, staff_id, duty)
    from_on = from_on or uow.today
    if from_on > uow.today:
        # the day on which a future assignment begins would need a job of its own; nobody has asked for it yet
        raise assignment_day(from_on, f"it is after today, {uow.today}")

    present = await queries.holders(uow, grid_id, uow.today, duty=duty)
    for holder in present:
        if holder.staff_id == staff_id:
            return queries.assignment_of(holder)
    ended = [holder for holder in present if duty in SINGLE_DUTIES]
    for holder in ended:
        if from_on < holder.from_on:
            raise assignment_day(from_on, f"the present holder began on {holder.from_on}")
        holder.to_on = from_on
    # before the new row: at most one responsible person is a unique index
    await uow.session.flush()

    given = GridAssignment(
        id=uuid7(),
        grid_id=grid_id,
        staff_id=staff_id,
        duty=duty.value,
        from_on=from_on,
        to_on=None,
        assigned_by=uow.actor.staff_id,
    )
    uow.session.add(given)
    if duty is Duty.responsible:
        row.manager_id = staff_id
        row.changed_at = uow.now
    uow.touch(book_of(grid_id), "grid", grid_id)
    _tell(uow, "grid.assign", given, ended=[str(holder.staff_id) for holder in ended])
    # sessions do not flush by themselves, and the next read of this unit of work is to see it
    await uow.session.flush()
    return queries.assignment_of(given)


async def cover(uow: UnitOfWork, grid_id: UUID, staff_id: UUID, from_on: date, to_on: date) -> Assignment:
    """A stand-in for the grid's responsible person from a day to a day (exclusive); it ends by itself.

    Raises Problem as `assign`, and `grid_assignment_day` (over before it began, over a year, in the past, or
    while
    another stand-in covers). `release` ends it early.
    """
    row = await _grid_to_assign(uow, grid_id)
    person = await _person_for(uow, row, staff_id, Duty.stand_in)
    if not uow.today <= from_on < to_on:
        raise assignment_day(from_on, f"the days must lie in order and not before today, {uow.today}")
    if (to_on - from_on).days > LONGEST_COVER_DAYS:
        raise assignment_day(from_on, f"a stand-in covers for {LONGEST_COVER_DAYS} days at most")
    if row.manager_id == person.id:
        raise assignment_day(from_on, "nobody stands in for themselves")
    for other in await queries.covers(uow, grid_id):
        if other.from_on < to_on and (other.to_on is None or other.to_on > from_on):
            raise assignment_day(from_on, f"another stand-in covers from {other.from_on} to {other.to_on}")
    given = GridAssignment(
        id=uuid7(),
        grid_id=grid_id,
        staff_id=staff_id,
        duty=Duty.stand_in.value,
        from_on=from_on,
        to_on=to_on,
        assigned_by=uow.actor.staff_id,
    )
    uow.session.add(given)
    _tell(uow, "grid.cover", given, ended=[])
    await uow.session.flush()
    return queries.assignment_of(given)


async def move_to_branch(uow: UnitOfWork, grid_id: UUID, branch_id: UUID) -> None:
    """Gives a grid to another branch; its people of other branches are ended today. Customers follow by a
    job.

    The command line only: a head decides within one branch. Raises Problem `not_found`, `not_allowed`,
    `grid_retired`.
    """
    if uow.actor.role is not Role.system:
        raise not_allowed("A grid passes to another branch on the server, by the command line.")
    row = await _grid_to_assign(uow, grid_id)
    if row.branch_id == branch_id:
        return
    before, row.branch_id, row.changed_at = row.branch_id, branch_id, uow.now
    uow.audit("grid.move", "grid", grid_id, {"from": str(before), "to": str(branch_id)})
    await uow.session.flush()
    await _left_branch(uow, row)


async def _left_branch(uow: UnitOfWork, row: Grid) -> None:
    """Ends who held the grid from another branch than its present one, and tells those whom it concerns."""
    present = [*await queries.holders(uow, row.id, uow.today), *await queries.covers(uow, row.id)]
    people = await staff_of(uow, [one.staff_id for one in present])
    for holder in {one.id: one for one in present}.values():
        if people[holder.staff_id].branch_id == row.branch_id:
            continue
        holder.to_on = max(uow.today, holder.from_on)
        if holder.staff_id == row.manager_id and holder.duty == Duty.responsible.value:
            row.manager_id = None
        _tell(uow, "grid.release", holder, ended=[str(holder.staff_id)])
    uow.touch(book_of(row.id), "grid", row.id)
    uow.emit("grids.moved", {"grid_id": str(row.id)})
    await uow.session.flush()


async def _person_for(uow: UnitOfWork, row: Grid, staff_id: UUID, duty: Duty) -> StaffInfo:
    """The person, if they may hold the duty of this grid. Raises Problem as `assign`."""
    person = (await staff_of(uow, [staff_id])).get(staff_id)
    if person is None or not person.active:
        raise not_found("Person")
    if person.role not in MAY_HOLD[duty]:
        raise assignment_role(duty, person.role)
    if uow.actor.role is not Role.system and person.branch_id != row.branch_id:
        # holding a grid opens its customers: a head gives that to people of the own branch only
        raise not_allowed("A branch's head gives its grids to people of the branch.")
    return person


async def release(uow: UnitOfWork, grid_id: UUID, staff_id: UUID, duty: Duty) -> Assignment:
    """Ends a person's duty for a grid today; nobody takes over.

    Raises Problem as `assign`, and `not_found`.
    """
    row = await _grid_to_assign(uow, grid_id)
    held = [
        one for one in await queries.holders(uow, grid_id, uow.today, duty=duty) if one.staff_id == staff_id
    ]
    if not held:
        raise assignment_missing(duty)
    held[0].to_on = uow.today
    if duty is Duty.responsible:
        row.manager_id = None
        row.changed_at = uow.now
    uow.touch(book_of(grid_id), "grid", grid_id)
    _tell(uow, "grid.release", held[0], ended=[str(staff_id)])
    await uow.session.flush()
    return queries.assignment_of(held[0])


async def facts(uow: UnitOfWork, grid_id: UUID) -> GridFacts | None:
    """What other domains need of a grid; None where it does not exist or may not be seen."""
    row = await queries.grid(uow, grid_id)
    return queries.facts_of(row) if row is not None else None


async def facts_anywhere(uow: UnitOfWork, grid_id: UUID) -> GridFacts | None:
    """`facts` of any grid of the bank, for a caller who has checked what the actor may do with it."""
    row = await queries.any_grid(uow, grid_id)
    return queries.facts_of(row) if row is not None else None


async def grid_of_point(uow: UnitOfWork, lon: float, lat: float) -> UUID | None:
    """The active grid, of those the actor may see, in which the point lies (WGS-84 degrees)."""
    from backend.grids.locator import GridIndex

    return GridIndex(await queries.active_outlines(uow)).locate(lon, lat)


async def metres_outside(uow: UnitOfWork, spots: Iterable[Spot]) -> dict[Spot, int]:
    """How far each spot lies outside its grid, in metres; 0 inside. Grids that the actor may not see are
    absent. Raises ValueError for a position that is no number."""
    from backend.grids.locator import metres_outside

    asked = list(spots)
    outlines = await queries.outlines(uow, {grid_id for grid_id, _, _ in asked})
    return {spot: metres_outside(outlines[spot[0]], *spot[1:]) for spot in asked if spot[0] in outlines}


async def _grid_to_assign(uow: UnitOfWork, grid_id: UUID) -> Grid:
    # first a plain read: to those who may not write it, row security would hide a row that is to be locked
    row = await queries.grid(uow, grid_id)
    if row is None:
        raise not_found("Grid")
    if not _may_assign(uow.actor, row):
        raise not_allowed("A grid is assigned by its branch's head.")
    row = await queries.grid(uow, grid_id, lock=True)
    if row is None or not row.active:
        raise grid_retired(row.code if row is not None else str(grid_id))
    return row


def _may_assign(actor: Actor, row: Grid) -> bool:
    return actor.role is Role.system or (actor.role is Role.branch_head and row.branch_id in actor.branch_ids)


def _tell(uow: UnitOfWork, action: str, given: GridAssignment, *, ended: list[str]) -> None:
    detail = {
        "staff_id": str(given.staff_id),
        "duty": given.duty,
        "from_on": given.from_on.isoformat(),
        "to_on": given.to_on.isoformat() if given.to_on else None,
        "ended": ended,
    }
    uow.audit(action, "grid", given.grid_id, detail)
    # who holds a grid decides which partitions phones hold and who owns its customers
    uow.emit("grids.assigned", {"grid_id": str(given.grid_id)} | detail)


def _branch_of(one: ReadyGrid, branches: Mapping[str, UUID], default: str) -> UUID:
    code = one.branch or default
    if code not in branches:
        raise branch_unknown(code, one.code, sorted(branches))
    return branches[code]


def _values(one: ReadyGrid, branch_id: UUID, source: str) -> dict[str, Any]:
    return {
        "name": one.name,
        "kind": one.kind.value,
        "branch_id": branch_id,
        "township": one.township,
        "area_code": one.area_code or None,
        "outline_wkb": one.outline_wkb,
        "lon": one.lon,
        "lat": one.lat,
        "area_m2": one.area_m2,
        "source": source,
        "active": True,
    }


def _differences(row: Grid, values: Mapping[str, Any]) -> dict[str, Any]:
    """The old values of what differs. A new file name alone is no change: the ground is the same."""
    before: dict[str, Any] = {
        name: _plain(getattr(row, name)) for name in _PLAIN_FIELDS if getattr(row, name) != values[name]
    }
    if bytes(row.outline_wkb) != values["outline_wkb"]:
        before["outline_wkb"] = base64.b64encode(row.outline_wkb).decode()
    return {} if set(before) == {"source"} else before


def _plain(value: object) -> object:
    return str(value) if isinstance(value, UUID) else value
