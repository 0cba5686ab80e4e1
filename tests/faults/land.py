"""The ground of one run: a branch with people, grids and households, made by the product's services.

Runs on one bank don't see each other: their people hold different grids in different branches.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from shapely import box, to_wkb

from backend.audit.api import write_audit
from backend.customers import service as customers
from backend.customers.schemas import CreateCustomer, NewMember, Point
from backend.grids import api as grids
from backend.identity import api as identity
from backend.kernel.actor import Actor, Role
from backend.kernel.clock import Clock
from backend.kernel.commands import Envelope
from backend.kernel.crypto import Keys
from backend.kernel.ids import uuid7
from backend.kernel.uow import Database

PASSWORD = "a long enough password"
SIDE = 0.02
#: by grid
HOUSEHOLDS = {"A": 4, "B": 2}
#: login's beginning, role, grids held at the beginning, as responsible or agent
PEOPLE = (
    ("manager", Role.manager, ("A",)),
    ("agent", Role.agent, ("A",)),
    ("other", Role.manager, ("B",)),
    ("head", Role.branch_head, ()),
)


@dataclass
class Land:
    """`staff`: ids by login's beginning; `grids`: ids by letter; `held`: letters by login's beginning, as the
    harness assigned them (the judge believes this and not the database); `households`: ids by letter."""

    run: int
    staff: dict[str, UUID] = field(default_factory=dict)
    grids: dict[str, UUID] = field(default_factory=dict)
    held: dict[str, set[str]] = field(default_factory=dict)
    households: dict[str, list[UUID]] = field(default_factory=dict)
    #: of each household, its head first
    members: dict[UUID, list[UUID]] = field(default_factory=dict)
    branch: UUID = field(default_factory=uuid7)
    #: words that stand only in customers' data of this run
    secrets: list[str] = field(default_factory=list)

    def login(self, person: str) -> str:
        """How the person signs in."""
        return f"{person}{self.run:05d}"


class Registrar:
    """Makes lands and moves grids, past the phones, as the system does."""

    def __init__(self, home: Path, urls: Callable[[], dict[str, str]], clock_file: Path) -> None:
        self._database = Database.open(
            urls()["worker"],
            Clock("Asia/Shanghai", clock_file),
            keys=Keys.load(home / "keys"),
            demo_mode=True,
            write_audit=write_audit,
        )
        self._password_hash = identity.hash_password(PASSWORD, light=True)

    async def close(self) -> None:
        """Closes its connections."""
        await self._database.close()

    async def rest(self) -> None:
        """Lets go of its connections; it takes new ones when it works again."""
        await self._database.close()

    async def make(self, run: int) -> Land:
        """The land of a run."""
        land = Land(run)
        branch, code = land.branch, f"F{run:05d}"
        system = Actor.system("fault harness")
        async with self._database.unit(system) as uow:
            await identity.create_unit(uow, branch, "branch", code, f"支行{run}", None)
            for person, role, _ in PEOPLE:
                land.staff[person] = uuid7()
                await identity.create_staff(
                    uow,
                    identity.NewStaff(
                        id=land.staff[person],
                        login=land.login(person),
                        name=f"{person}{run}",
                        role=role.value,
                        unit_id=branch,
                        password_hash=self._password_hash,
                    ),
                )
        async with self._database.unit(system) as uow:
            await grids.apply_import(uow, _ground(code), {code: branch}, source="fault harness")
            for one in await grids.active_facts(uow):
                if one.code.startswith(f"{code}-"):
                    land.grids[one.code[-1]] = one.id
        async with self._database.unit(system) as uow:
            for person, role, letters in PEOPLE:
                duty = grids.Duty.agent if role is Role.agent else grids.Duty.responsible
                for letter in letters:
                    await grids.assign(uow, land.grids[letter], land.staff[person], duty)
                land.held[person] = set(letters)
        for person, letter in (("manager", "A"), ("other", "B")):
            await self._settle(land, branch, person, letter)
        return land

    async def _settle(self, land: Land, branch: UUID, person: str, letter: str) -> None:
        actor = Actor(
            staff_id=land.staff[person],
            role=Role.manager,
            unit_id=branch,
            branch_id=branch,
            branch_ids=(),
            grid_ids=(land.grids[letter],),
            request_id="fault harness",
            name=person,
        )
        land.households[letter] = []
        async with self._database.unit(actor) as uow:
            for n in range(HOUSEHOLDS[letter]):
                name, customer = f"户{letter}{n}密{land.run:05d}", uuid7()
                body = CreateCustomer(
                    id=customer,
                    kind="household",
                    name=name,
                    grid_id=land.grids[letter],
                    address=f"{letter}组{n}号密{land.run:05d}",
                    phone=None,
                    point=Point(_west(letter) + 0.001 * (n + 1), 29.505, 8.0),
                    members=[
                        NewMember(uuid7(), uuid7(), name, "head", "m", None),
                        NewMember(uuid7(), uuid7(), f"{name}妻", "spouse", "f", None),
                    ],
                )
                envelope = Envelope(
                    command_id=uuid7(),
                    installation_id=uuid7(),
                    staff_id=land.staff[person],
                    at=uow.now,
                    observed_at=uow.now,
                    offset_minutes=480,
                    received_at=uow.now,
                    clock_error_s=0,
                )
                await customers.create(uow, body, envelope)
                land.households[letter].append(customer)
                land.members[customer] = [member.id for member in body.members]
                land.secrets += [name, body.address]

    async def reassign(self, land: Land, letter: str, person: str) -> None:
        """Another manager answers for the grid from now on."""
        async with self._database.unit(Actor.system("fault harness")) as uow:
            await grids.assign(uow, land.grids[letter], land.staff[person], grids.Duty.responsible)
        for one, held in land.held.items():
            if one != "agent":
                held.discard(letter)
        land.held[person].add(letter)


def _west(letter: str) -> float:
    return 114.0 + SIDE * "AB".index(letter)


def _ground(code: str) -> list[grids.ReadyGrid]:
    return [
        grids.ReadyGrid(
            code=f"{code}-{letter}",
            name=f"{letter} 村",
            kind=grids.GridKind.village,
            township="石城镇",
            area_code="",
            branch=code,
            outline_wkb=to_wkb(box(_west(letter), 29.5, _west(letter) + SIDE, 29.5 + SIDE)),
            lon=_west(letter) + SIDE / 2,
            lat=29.51,
            area_m2=4_290_000,
        )
        for letter in "AB"
    ]
