"""Reads of identity, each under row-level security of the caller."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import aliased

from backend.identity.models import Device, DeviceEscrow, OrgUnit, Staff
from backend.identity.schemas import StaffView
from backend.kernel import revisions
from backend.kernel.actor import Actor, Role
from backend.kernel.revisions import Standing
from backend.kernel.uow import Database, UnitOfWork

LOGIN = text("SELECT staff_id, password_hash, active FROM identity_login(:login)")
SESSION = "SELECT * FROM identity_session($1, $2, $3)"
_HEARD = ("last_seen_at", "outbox_depth", "outbox_oldest_at", "outbox_photos", "app_version")
# what a pull compares, in the same round trip
SESSION_STANDING = (
    "SELECT s.*, t.* FROM identity_session($1, $2, $3) s"
    " CROSS JOIN LATERAL sync_standing(scope.books(s.staff_id, s.grid_ids, s.branch_ids)) t"
)


@dataclass(frozen=True, slots=True)
class StaffInfo:
    """A person as other domains see them."""

    id: UUID
    name: str
    role: Role
    unit_id: UUID
    branch_id: UUID | None
    branch_name: str | None
    active: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """When a phone was last heard of, to ten minutes, and what it said: commands that wait, the oldest one's
    instant, photos that wait, the app's version."""

    at: datetime | None
    depth: int
    oldest_at: datetime | None
    photos: int
    app: str


@dataclass(frozen=True, slots=True)
class Resumed:
    """A live session: who acts, and the key of the phone it is bound to (None: not bound yet).

    `heard`: of that phone. `standing`: of the person's partitions, where it was asked for.
    """

    actor: Actor
    public_key: dict[str, Any] | None
    revoked_at: datetime | None
    heard: Heard | None
    standing: Standing | None


async def login_of(uow: UnitOfWork, login: str) -> tuple[UUID, str, bool] | None:
    """(staff id, password hash, active) of a normalised login."""
    row = (await uow.session.execute(LOGIN, {"login": login})).one_or_none()
    return None if row is None else (row.staff_id, row.password_hash, row.active)


async def login_name(uow: UnitOfWork, staff_id: UUID) -> str:
    """What the person signs in with. Raises NoResultFound."""
    return (await uow.session.scalars(select(Staff.login).where(Staff.id == staff_id))).one()


async def session_of(
    database: Database, token: bytes, request_id: str, *, standing: bool = False
) -> Resumed | None:
    """The live session with this token hash, with today's scope of its person; one round trip.

    The database's function decides with its own rights: nobody is signed in yet.
    """
    now = database.clock.now()
    today = database.clock.local(now).date()
    row = await database.ask(SESSION_STANDING if standing else SESSION, token, now, today)
    if row is None:
        return None
    actor = Actor(
        staff_id=row["staff_id"],
        role=Role(row["role"]),
        unit_id=row["unit_id"],
        branch_id=row["branch_id"],
        branch_ids=tuple(row["branch_ids"]),
        grid_ids=tuple(row["grid_ids"]),
        installation_id=row["installation_id"],
        session_id=row["session_id"],
        request_id=request_id,
        name=row["name"],
    )
    return Resumed(
        actor,
        row["public_key"],
        row["revoked_at"],
        Heard(*(row[name] for name in _HEARD)) if row["public_key"] is not None else None,
        revisions.standing_in(row) if standing else None,
    )


async def staff_view(uow: UnitOfWork, staff_id: UUID) -> StaffView:
    """The person with the names of unit and branch. Raises LookupError."""
    unit, branch = aliased(OrgUnit), aliased(OrgUnit)
    row = (
        await uow.session.execute(
            select(Staff, unit.name, branch.name)
            .join(unit, unit.id == Staff.unit_id)
            .outerjoin(branch, branch.id == Staff.branch_id)
            .where(Staff.id == staff_id)
        )
    ).one_or_none()
    if row is None:
        raise LookupError("no such person")
    person, unit_name, branch_name = row
    return StaffView(
        person.id, person.name, person.role, person.unit_id, unit_name, person.branch_id, branch_name
    )


async def staff_of(uow: UnitOfWork, ids: Sequence[UUID]) -> dict[UUID, StaffInfo]:
    """Names and roles of people, by id; unknown ids are absent."""
    rows = await uow.session.execute(
        select(Staff, OrgUnit.name)
        .outerjoin(OrgUnit, OrgUnit.id == Staff.branch_id)
        .where(Staff.id.in_(set(ids)))
    )
    return {person.id: _info(person, branch_name) for person, branch_name in rows}


async def heads_of(uow: UnitOfWork, branch_id: UUID) -> list[UUID]:
    """Who may approve in a branch: its head first, then its deputies; only people who are active."""
    rows = await uow.session.scalars(
        select(Staff.id)
        .where(
            Staff.branch_id == branch_id,
            Staff.active,
            Staff.role.in_([Role.branch_head.value, Role.deputy_head.value]),
        )
        # `branch_head` sorts before `deputy_head`
        .order_by(Staff.role, Staff.id)
    )
    return list(rows)


async def branches(uow: UnitOfWork) -> dict[UUID, str]:
    """Every branch of the bank with its name."""
    rows = await uow.session.execute(select(OrgUnit.id, OrgUnit.name).where(OrgUnit.kind == "branch"))
    return {row.id: row.name for row in rows}


async def administrators(uow: UnitOfWork) -> list[UUID]:
    """The bank's active administrators."""
    return await of_roles(uow, (Role.admin,))


async def of_roles(uow: UnitOfWork, roles: Iterable[Role]) -> list[UUID]:
    """The bank's active people of these roles."""
    wanted = [role.value for role in roles]
    rows = await uow.session.scalars(
        select(Staff.id).where(Staff.role.in_(wanted), Staff.active).order_by(Staff.id)
    )
    return list(rows)


async def devices_of(uow: UnitOfWork, staff_id: UUID) -> list[Device]:
    """A person's phones, newest first."""
    rows = await uow.session.scalars(
        select(Device).where(Device.staff_id == staff_id).order_by(Device.enrolled_at.desc())
    )
    return list(rows)


async def phones(uow: UnitOfWork) -> list[tuple[Device, StaffInfo]]:
    """All phones that the caller may see, with their people: one's own; a head's branch's; an administrator's
    all."""
    rows = await uow.session.execute(
        select(Device, Staff, OrgUnit.name)
        .join(Staff, Staff.id == Device.staff_id)
        .outerjoin(OrgUnit, OrgUnit.id == Staff.branch_id)
        .order_by(Device.installation_id)
    )
    return [(device, _info(person, branch)) for device, person, branch in rows]


async def labels_of(uow: UnitOfWork, installations: Iterable[UUID]) -> dict[UUID, str]:
    """What phones are called, by installation; those that the caller may not see are absent."""
    rows = await uow.session.execute(
        select(Device.installation_id, Device.label).where(Device.installation_id.in_(list(installations)))
    )
    return {row.installation_id: row.label for row in rows}


async def device(uow: UnitOfWork, installation_id: UUID, *, lock: bool = False) -> Device | None:
    """A phone that the caller may see."""
    query = select(Device).where(Device.installation_id == installation_id)
    return (await uow.session.scalars(query.with_for_update() if lock else query)).one_or_none()


async def revoked_at(uow: UnitOfWork, installation_id: UUID) -> datetime | None:
    """When the bank withdrew a phone that the caller may see."""
    return await uow.session.scalar(
        select(Device.revoked_at).where(Device.installation_id == installation_id)
    )


async def escrow_of(uow: UnitOfWork, installation_id: UUID) -> DeviceEscrow | None:
    """What is kept for a phone's forgotten PIN, locked until the transaction ends."""
    query = select(DeviceEscrow).where(DeviceEscrow.installation_id == installation_id).with_for_update()
    return (await uow.session.scalars(query)).one_or_none()


def _info(person: Staff, branch_name: str | None) -> StaffInfo:
    return StaffInfo(
        person.id,
        person.name,
        Role(person.role),
        person.unit_id,
        person.branch_id,
        branch_name,
        person.active,
    )
