"""A small bank for tests, made by the services: two branches, people of every role, grids, households."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from shapely import box, to_wkb

from backend.customers import service as customers
from backend.customers.schemas import CreateCustomer, NewMember, Point
from backend.grids import api as grids
from backend.identity import api as identity
from backend.kernel.actor import Actor, Role
from backend.kernel.commands import Envelope
from backend.kernel.ids import uuid7
from backend.kernel.uow import Database, UnitOfWork

#: everybody's password; its hash is made once a session, because making it is slow on purpose
PASSWORD = "a long enough password"
#: the south-west corner of the ground, WGS-84; each grid is a square of SIDE degrees (some 2 km)
WEST, SOUTH, SIDE = 114.0, 29.5, 0.02

EAST_GRIDS = ("E1", "E2")
WEST_GRIDS = ("W1", "W2")


@dataclass(frozen=True)
class Member:
    """A member of staff. `grid_ids`: what they hold; `branch_ids`: branches that they see whole."""

    id: UUID
    login: str
    name: str
    role: Role
    unit_id: UUID
    branch_id: UUID | None
    grid_ids: tuple[UUID, ...] = ()

    @property
    def actor(self) -> Actor:
        """The person as signed in, without a phone."""
        return Actor(
            staff_id=self.id,
            role=self.role,
            unit_id=self.unit_id,
            branch_id=self.branch_id,
            branch_ids=(self.branch_id,)
            if self.branch_id and self.role in {Role.branch_head, Role.deputy_head}
            else (),
            grid_ids=self.grid_ids,
            request_id="test",
            name=self.name,
        )

    def on(self, installation_id: UUID) -> Actor:
        """The person on an enrolled phone."""
        return replace(self.actor, installation_id=installation_id)


@dataclass(frozen=True)
class Place:
    """A grid and a point inside it, WGS-84 degrees."""

    id: UUID
    code: str
    branch_id: UUID
    lon: float
    lat: float


@dataclass(frozen=True)
class World:
    """The bank. `staff` by login, `grids` by code."""

    hq: UUID
    east: UUID
    west: UUID
    staff: dict[str, Member]
    grids: dict[str, Place]

    def __getitem__(self, login: str) -> Member:
        return self.staff[login]

    async def household(
        self,
        db: Database,
        name: str = "张三户",
        *,
        grid: str = "E1",
        by: str = "manager",
        members: Sequence[tuple[str, str, str, date]] = (("张三", "head", "m", date(1980, 5, 1)),),
        phone: str | None = None,
        with_point: bool = True,
    ) -> UUID:
        """A household met at the door by `by`. `members`: name, relation, sex, birth date."""
        place, person, customer_id = self.grids[grid], self.staff[by], uuid7()
        body = CreateCustomer(
            id=customer_id,
            kind="household",
            name=name,
            grid_id=place.id,
            address=f"{grid} 组 1 号",
            phone=phone,
            point=Point(place.lon, place.lat, 8.0) if with_point else None,
            members=[
                NewMember(uuid7(), uuid7(), member_name, relation, sex, birth_on)
                for member_name, relation, sex, birth_on in members
            ],
        )
        async with db.unit(person.actor) as uow:
            await customers.create(uow, body, envelope(uow, person))
        return customer_id


def envelope(uow: UnitOfWork, person: Member, installation_id: UUID | None = None) -> Envelope:
    """What surrounds a command sent at once by a phone whose clock is right."""
    return Envelope(
        command_id=uuid7(),
        installation_id=installation_id or uuid7(),
        staff_id=person.id,
        at=uow.now,
        observed_at=uow.now,
        offset_minutes=480,
        received_at=uow.now,
        clock_error_s=0,
    )


# login, role, unit, name
_PEOPLE = (
    ("manager", Role.manager, "east", "陈经理"),
    ("agent", Role.agent, "east", "周农金"),
    ("deputy", Role.deputy_head, "east", "孙副行"),
    ("head", Role.branch_head, "east", "吴行长"),
    ("manager2", Role.manager, "west", "何经理"),
    ("agent2", Role.agent, "west", "许农金"),
    ("head2", Role.branch_head, "west", "郑行长"),
    ("lead", Role.hq_lead, "hq", "总行领导"),
    ("business", Role.hq_business, "hq", "业务部"),
    ("data", Role.hq_data, "hq", "科技部"),
    ("risk", Role.risk_officer, "hq", "风险岗"),
    ("auditor", Role.auditor, "hq", "审计"),
    ("admin", Role.admin, "hq", "管理员"),
)


async def build_world(worker_db: Database, password_hash: str) -> World:
    """Makes the bank, with all that ships.

    The eastern manager and agent hold both eastern grids, their western peers the rest.
    """
    from backend.app.prepare import ship  # loads the strategy's compiler, which few tests need

    units = {"hq": uuid7(), "east": uuid7(), "west": uuid7()}
    async with worker_db.unit(Actor.system("test world")) as uow:
        await identity.create_unit(uow, units["hq"], "hq", "HQ", "总行", None)
        for branch, name in (("east", "城东支行"), ("west", "城西支行")):
            await identity.create_unit(uow, units[branch], "branch", branch.upper(), name, units["hq"])
        staff = {}
        for login, role, unit, name in _PEOPLE:
            person = identity.NewStaff(
                id=uuid7(),
                login=login,
                name=name,
                role=role.value,
                unit_id=units[unit],
                password_hash=password_hash,
            )
            await identity.create_staff(uow, person)
            branch_id = None if unit == "hq" else units[unit]
            staff[login] = Member(person.id, login, name, role, units[unit], branch_id)
    async with worker_db.unit(Actor.system("test world")) as uow:
        await ship(uow)
    async with worker_db.unit(Actor.system("test world")) as uow:
        await grids.apply_import(
            uow, _ground(), {"EAST": units["east"], "WEST": units["west"]}, source="test world"
        )
    async with worker_db.unit(Actor.system("test world")) as uow:
        places = {
            one.code: Place(one.id, one.code, one.branch_id, one.lon, one.lat)
            for one in await grids.active_facts(uow)
        }
        for logins, codes in ((("manager", "agent"), EAST_GRIDS), (("manager2", "agent2"), WEST_GRIDS)):
            for code in codes:
                for login, duty in zip(logins, (grids.Duty.responsible, grids.Duty.agent), strict=True):
                    await grids.assign(uow, places[code].id, staff[login].id, duty)
            held = tuple(sorted(places[code].id for code in codes))
            for login in logins:
                staff[login] = replace(staff[login], grid_ids=held)
    return World(units["hq"], units["east"], units["west"], staff, places)


def _ground() -> list[grids.ReadyGrid]:
    ready = []
    for column, code in enumerate((*WEST_GRIDS, *EAST_GRIDS)):
        west = WEST + column * SIDE
        square = box(west, SOUTH, west + SIDE, SOUTH + SIDE)
        ready.append(
            grids.ReadyGrid(
                code=code,
                name=f"{code} 村",
                kind=grids.GridKind.village,
                township="石城镇",
                area_code="",
                branch="EAST" if code in EAST_GRIDS else "WEST",
                outline_wkb=to_wkb(square),
                lon=west + SIDE / 2,
                lat=SOUTH + SIDE / 2,
                area_m2=4_290_000,
            )
        )
    return ready
