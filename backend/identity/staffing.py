"""Accounts of people and the org tree: used by the command line and the demo county."""

from collections import Counter
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from backend.identity.models import OrgUnit, Session, Staff, StaffSecret
from backend.identity.roster import PersonLine, UnitLine, bad_roster, read
from backend.identity.rules import normal_login
from backend.identity.schemas import NewStaff
from backend.kernel.actor import Role
from backend.kernel.errors import Problem, not_found
from backend.kernel.ids import uuid7
from backend.kernel.uow import UnitOfWork


async def create_unit(
    uow: UnitOfWork, unit_id: UUID, kind: str, code: str, name: str, parent_id: UUID | None
) -> None:
    """Adds a node to the org tree. `kind`: hq, branch or team."""
    if kind not in {"hq", "branch", "team"}:
        raise ValueError(f"no such kind of unit: {kind}")
    uow.session.add(OrgUnit(id=unit_id, parent_id=parent_id, kind=kind, code=code, name=name))
    await uow.session.flush()
    uow.audit("identity.unit_created", "org_unit", unit_id, {"kind": kind})


async def create_staff(uow: UnitOfWork, new: NewStaff) -> None:
    """Adds a person; the branch is that of the unit. Raises Problem `login_taken` or `not_found` (unit)."""
    role = Role(new.role)
    if role is Role.system:
        raise ValueError("`system` is no person's role")
    branch_id = await _branch_of(uow, new.unit_id)
    added = await uow.session.scalar(
        insert(Staff)
        .values(
            id=new.id,
            login=normal_login(new.login),
            name=new.name,
            role=role.value,
            unit_id=new.unit_id,
            branch_id=branch_id,
            created_at=uow.now,
        )
        .on_conflict_do_nothing(index_elements=["login"])
        .returning(Staff.id)
    )
    if added is None:
        raise Problem("login_taken", 409, "This login is in use", remedy="Choose another login.")
    if new.password_hash is not None:
        await set_password(uow, new.id, new.password_hash)
    uow.touch("bank", "staffer", new.id)
    uow.audit("identity.staff_created", "staff", new.id, {"role": role.value})


async def set_password(uow: UnitOfWork, staff_id: UUID, password_hash: str) -> None:
    """Sets a password (see `hash_password`) and ends every session that the old one opened."""
    row = {"staff_id": staff_id, "password_hash": password_hash, "changed_at": uow.now}
    await uow.session.execute(
        insert(StaffSecret)
        .values(row)
        .on_conflict_do_update(
            index_elements=["staff_id"], set_={"password_hash": password_hash, "changed_at": uow.now}
        )
    )
    await _sign_out(uow, staff_id)
    uow.audit("identity.password_set", "staff", staff_id)


async def _sign_out(uow: UnitOfWork, staff_id: UUID) -> None:
    await uow.session.execute(
        update(Session)
        .where(Session.staff_id == staff_id, Session.ended_at.is_(None))
        .values(ended_at=uow.now)
    )


async def _branch_of(uow: UnitOfWork, unit_id: UUID) -> UUID | None:
    """The branch that a unit is or lies in; None for HQ."""
    unit = await uow.session.get(OrgUnit, unit_id)
    if unit is None:
        raise not_found("Unit")
    while unit is not None and unit.kind != "branch":
        unit = await uow.session.get(OrgUnit, unit.parent_id) if unit.parent_id else None
    return None if unit is None else unit.id


async def bring_in(uow: UnitOfWork, content: bytes) -> Mapping[str, int]:
    """Takes a bank's roster (roster.py): new units and people are added, known ones changed where they
    differ, who is not in the file stays. Returns how many of each; the same file again changes nothing.

    Whoever left, or has another role or unit, is signed out. Raises Problem `bad_roster`.
    """
    units = {one.code: one for one in await uow.session.scalars(select(OrgUnit).order_by(OrgUnit.code))}
    roster = read(content, {code: one.kind for code, one in units.items()})
    counts: Counter[str] = Counter()
    moved = [
        f"Line {line.line}: {line.code} is known as another kind of unit, or lies elsewhere."
        for line in roster.units
        if line.code in units and not _as_placed(units, line)
    ]
    if moved:
        raise bad_roster(moved)
    for line in roster.units:
        known = units.get(line.code)
        if known is None:
            parent = units[line.parent].id if line.parent else None
            await create_unit(uow, uuid7(), line.kind, line.code, line.name, parent)
            units[line.code] = await _unit(uow, line.code)
            counts["new units"] += 1
        elif known.name != line.name:
            known.name = line.name
            uow.audit("identity.unit_renamed", "org_unit", known.id)
            counts["renamed units"] += 1
    people = {one.login: one for one in await uow.session.scalars(select(Staff).with_for_update())}
    for person in roster.people:
        unit = units[person.unit]
        before = people.get(person.login)
        if before is None:
            new = NewStaff(
                id=uuid7(), login=person.login, name=person.name, role=person.role, unit_id=unit.id
            )
            await create_staff(uow, new)
            if not person.active:
                await uow.session.execute(update(Staff).where(Staff.id == new.id).values(active=False))
            counts["new people"] += 1
        elif await _change(uow, before, person, unit):
            counts["changed people"] += 1
        else:
            counts["as they were"] += 1
    await uow.session.flush()
    return counts


async def _unit(uow: UnitOfWork, code: str) -> OrgUnit:
    return (await uow.session.scalars(select(OrgUnit).where(OrgUnit.code == code))).one()


def _as_placed(units: Mapping[str, OrgUnit], line: UnitLine) -> bool:
    known = units[line.code]
    parent = units[line.parent].id if line.parent in units else None
    return known.kind == line.kind and known.parent_id == parent


async def _change(uow: UnitOfWork, before: Staff, person: PersonLine, unit: OrgUnit) -> bool:
    wanted = {"name": person.name, "role": person.role, "unit_id": unit.id, "active": person.active}
    differs = [field for field, value in wanted.items() if getattr(before, field) != value]
    if not differs:
        return False
    for field, value in wanted.items():
        setattr(before, field, value)
    before.branch_id = await _branch_of(uow, unit.id)
    await uow.session.flush()
    if differs != ["name"]:
        await _sign_out(uow, before.id)
    uow.touch("bank", "staffer", before.id)
    uow.audit("identity.staff_changed", "staff", before.id, {"fields": differs})
    return True


async def staff_by_login(uow: UnitOfWork, login: str) -> UUID:
    """The id of an active person. Raises Problem `not_found`."""
    found = await uow.session.scalar(select(Staff.id).where(Staff.login == normal_login(login), Staff.active))
    if found is None:
        raise not_found(f"Person {login}")
    return found
