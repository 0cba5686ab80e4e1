"""A small bank for tests of grids: two branches with their people."""

from dataclasses import dataclass
from uuid import UUID

from backend.grids.rules import GridKind
from backend.grids.schemas import ReadyGrid
from backend.identity.api import NewStaff, create_staff, create_unit
from backend.kernel.actor import Actor, Role
from backend.kernel.ids import uuid7
from backend.kernel.uow import Database
from tests.backend.grids.county import square

SYSTEM = Actor.system("grids test")


@dataclass(frozen=True)
class Bank:
    """Ids of branches by code, and of people by login."""

    branches: dict[str, UUID]
    people: dict[str, UUID]

    def actor(self, login: str, role: Role, branch: str, *grids: UUID) -> Actor:
        """A signed-in person with the scope of their role."""
        branch_id = self.branches[branch]
        heads = role in {Role.branch_head, Role.deputy_head}
        return Actor(
            staff_id=self.people[login],
            role=role,
            branch_id=branch_id,
            branch_ids=(branch_id,) if heads else (),
            grid_ids=grids,
            name=login,
        )


PEOPLE = {
    "head1": (Role.branch_head, "ZX01"),
    "li": (Role.manager, "ZX01"),
    "wang": (Role.manager, "ZX01"),
    "nong": (Role.agent, "ZX01"),
    "nong2": (Role.agent, "ZX01"),
    "head2": (Role.branch_head, "ZX02"),
    "zhao": (Role.manager, "ZX02"),
}


async def make_bank(database: Database) -> Bank:
    """Writes the branches and people."""
    hq = uuid7()
    branches = {"ZX01": uuid7(), "ZX02": uuid7()}
    people = {login: uuid7() for login in PEOPLE}
    async with database.unit(SYSTEM) as uow:
        await create_unit(uow, hq, "hq", "HQ", "总行", None)
        for code, unit_id in branches.items():
            await create_unit(uow, unit_id, "branch", code, f"支行{code}", hq)
        for login, (role, branch) in PEOPLE.items():
            await create_staff(
                uow,
                NewStaff(
                    id=people[login], login=login, name=login, role=role.value, unit_id=branches[branch]
                ),
            )
    return Bank(branches, people)


def ready(
    code: str, east_m: float = 0.0, *, name: str = "", branch: str = "ZX01", side_m: float = 1000.0
) -> ReadyGrid:
    """A square grid as an import makes it."""
    shape = square(east_m, 0, side_m)
    return ReadyGrid(
        code=code,
        name=name or f"网格{code}",
        kind=GridKind.village,
        township="甲镇",
        area_code="990001100201",
        branch=branch,
        outline_wkb=shape.wkb,
        lon=shape.centroid.x,
        lat=shape.centroid.y,
        area_m2=round(side_m**2),
    )
