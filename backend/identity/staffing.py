"""Accounts of people and the org tree: used by the command line, the demo county and, later,
administrators."""

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from backend.identity.models import OrgUnit, Session, Staff, StaffSecret
from backend.identity.rules import normal_login
from backend.identity.schemas import NewStaff
from backend.kernel.actor import Role
from backend.kernel.errors import Problem, not_found
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
    await uow.session.execute(
        update(Session)
        .where(Session.staff_id == staff_id, Session.ended_at.is_(None))
        .values(ended_at=uow.now)
    )
    uow.audit("identity.password_set", "staff", staff_id)


async def _branch_of(uow: UnitOfWork, unit_id: UUID) -> UUID | None:
    """The branch that a unit is or lies in; None for HQ."""
    unit = await uow.session.get(OrgUnit, unit_id)
    if unit is None:
        raise not_found("Unit")
    while unit is not None and unit.kind != "branch":
        unit = await uow.session.get(OrgUnit, unit.parent_id) if unit.parent_id else None
    return None if unit is None else unit.id
