"""The bank's people: head office, branches with head, deputy, managers and agents, and who holds which
grid."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from backend.app.demo.accounts import LOGINS
from backend.app.demo.ground import GridPlan, Ground
from backend.app.demo.names import Namer
from backend.app.demo.rows import AssignmentRow, GridRow, StaffRow, UnitRow
from backend.app.demo.seeded import Calendar, Stream, apportion
from backend.app.demo.townships import BANK, TOWNSHIPS, short
from backend.grids.api import Duty
from backend.kernel.actor import Role

GRIDS_PER_MANAGER = 5
GRIDS_PER_AGENT = 2
_GRIDS_PER_BRANCH = 18

_HEAD_OFFICE = (
    (Role.hq_lead, 2),
    (Role.hq_business, 3),
    (Role.hq_data, 2),
    (Role.risk_officer, 2),
    (Role.auditor, 1),
    (Role.admin, 1),
)


@dataclass(frozen=True, slots=True)
class GridTeam:
    """Who works in a grid. `agent_id` is None where no agent has it."""

    grid: GridPlan
    grid_id: UUID
    branch_id: UUID
    branch_index: int
    manager_id: UUID
    agent_id: UUID | None


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch with the two who own its high-end customers."""

    id: UUID
    head_id: UUID
    deputy_id: UUID


@dataclass(frozen=True, slots=True)
class Staffing:
    """All rows of the bank's organisation, and what the generator needs of them."""

    units: tuple[UnitRow, ...]
    staff: tuple[StaffRow, ...]
    grids: tuple[GridRow, ...]
    assignments: tuple[AssignmentRow, ...]
    branches: tuple[Branch, ...]
    teams: tuple[GridTeam, ...]


class _Hiring:
    """Gives out staff rows with logins in order."""

    def __init__(self, stream: Stream, namer: Namer, calendar: Calendar) -> None:
        self._stream = stream
        self._namer = namer
        self._calendar = calendar
        self._numbers = dict.fromkeys(Role, 0)
        self.rows: list[StaffRow] = []

    def hire(self, role: Role, unit_id: UUID, branch_id: UUID | None) -> UUID:
        self._numbers[role] += 1
        youngest, oldest = (30, 58) if role is Role.agent else (24, 55)
        born = self._calendar.today.year - self._stream.randint(youngest, oldest)
        sex = "m" if self._stream.chance(0.58) else "f"
        joined = self._calendar.at(self._calendar.before(self._stream.randint(500, 2500)), 9)
        row = StaffRow(
            id=self._stream.id_at(joined),
            login=f"{LOGINS[role]}{self._numbers[role]:02d}",
            name=self._namer.surname(self._stream) + self._namer.given(self._stream, born, sex),
            role=role.value,
            unit_id=unit_id,
            branch_id=branch_id,
            active=True,
            created_at=joined,
        )
        self.rows.append(row)
        return row.id


def plan_staff(seed: int, ground: Ground, calendar: Calendar, namer: Namer) -> Staffing:
    """Branches over neighbouring townships, people for them, and grids handed out with some history."""
    stream = Stream(seed, "staff")
    hiring = _Hiring(stream, namer, calendar)
    founded = calendar.at(date(calendar.today.year - 8, 3, 1), 9)
    hq = UnitRow(stream.id_at(founded), None, "hq", "HQ", BANK)
    units = [hq]
    for role, number in _HEAD_OFFICE:
        for _ in range(number):
            hiring.hire(role, hq.id, None)

    grids: list[GridRow] = []
    assignments: list[AssignmentRow] = []
    branches: list[Branch] = []
    teams: list[GridTeam] = []
    for index, towns in enumerate(_branch_towns(ground)):
        name = short(TOWNSHIPS[towns[0]])
        branch = UnitRow(stream.id_at(founded), hq.id, "branch", f"B{index + 1:02d}", f"{name}支行")
        team = UnitRow(
            stream.id_at(founded), branch.id, "team", f"B{index + 1:02d}-1", f"{name}支行客户经理组"
        )
        units += [branch, team]
        head = hiring.hire(Role.branch_head, branch.id, branch.id)
        deputy = hiring.hire(Role.deputy_head, branch.id, branch.id)
        branches.append(Branch(branch.id, head, deputy))
        plans = [plan for plan in ground.grids if plan.township in towns]
        managers = [
            hiring.hire(Role.manager, team.id, branch.id)
            for _ in range(max(1, round(len(plans) / GRIDS_PER_MANAGER)))
        ]
        agents = [
            hiring.hire(Role.agent, team.id, branch.id)
            for _ in range(max(1, round(len(plans) / GRIDS_PER_AGENT)))
        ]
        manager_of = _dealt(managers, len(plans))
        agent_of = _dealt(agents, len(plans))
        for plan, manager, agent in zip(_neighbours(plans), manager_of, agent_of, strict=True):
            row = _grid_row(stream, plan, branch.id, manager, calendar)
            grids.append(row)
            teams.append(GridTeam(plan, row.id, branch.id, index, manager, agent))
            assignments += _assignments(stream, row.id, manager, agent, managers, head, calendar)
    teams.sort(key=lambda one: one.grid.index)
    return Staffing(
        tuple(units), tuple(hiring.rows), tuple(grids), tuple(assignments), tuple(branches), tuple(teams)
    )


def _branch_towns(ground: Ground) -> list[list[int]]:
    """The townships of each branch, neighbours together. The county seat, by itself once there are many,
    comes last."""
    count = max(1, min(ground.townships, round(len(ground.grids) / _GRIDS_PER_BRANCH)))
    if count == 1:
        return [list(range(ground.townships))]
    seats: dict[int, tuple[float, float]] = {}
    for plan in ground.grids:
        # the first grid of a township lies at its seat
        seats.setdefault(plan.township, (plan.lon, plan.lat))
    rest = list(range(1, ground.townships))
    branches: list[list[int]] = []
    for size in apportion(len(rest), [1.0] * (count - 1)):
        first = rest.pop(0)
        rest.sort(key=lambda town: _apart(seats[town], seats[first]))
        branches.append([first, *rest[: size - 1]])
        rest = sorted(rest[size - 1 :])
    return [*branches, [0]]


def _apart(one: tuple[float, float], other: tuple[float, float]) -> float:
    return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2


def _neighbours(plans: Sequence[GridPlan]) -> list[GridPlan]:
    """The grids in an order in which the next one is near: each is the nearest not yet taken."""
    left = sorted(plans, key=lambda plan: plan.code)
    # the last grid is a village: the first manager's and the first agent's grids are those of the countryside
    ordered = [left.pop()]
    while left:
        here = ordered[-1]
        following = min(
            left, key=lambda plan: (_apart((plan.lon, plan.lat), (here.lon, here.lat)), plan.code)
        )
        left.remove(following)
        ordered.append(following)
    return ordered


def _dealt(people: Sequence[UUID], count: int) -> list[UUID]:
    """`count` grids in a row, given to `people` in even runs."""
    return [
        person
        for person, run in zip(people, apportion(count, [1.0] * len(people)), strict=True)
        for _ in range(run)
    ]


def _grid_row(
    stream: Stream, plan: GridPlan, branch_id: UUID, manager_id: UUID, calendar: Calendar
) -> GridRow:
    made = calendar.at(calendar.before(stream.randint(300, 700)), 10)
    return GridRow(
        id=stream.id_at(made),
        code=plan.code,
        name=plan.name,
        kind=plan.kind.value,
        branch_id=branch_id,
        township=TOWNSHIPS[plan.township],
        area_code=None,
        outline_wkb=plan.outline_wkb,
        lon=plan.lon,
        lat=plan.lat,
        area_m2=plan.area_m2,
        manager_id=manager_id,
        source="demo",
        active=True,
        changed_at=made,
    )


def _assignments(
    stream: Stream,
    grid_id: UUID,
    manager_id: UUID,
    agent_id: UUID,
    managers: Sequence[UUID],
    head_id: UUID,
    calendar: Calendar,
) -> list[AssignmentRow]:
    """Who holds the grid today, and in a third of them who held it before."""
    begun = calendar.before(stream.randint(40, 280))
    rows: list[AssignmentRow] = []

    def give(staff_id: UUID, duty: Duty, from_on: date, to_on: date | None) -> None:
        at = calendar.at(from_on, 9)
        rows.append(AssignmentRow(stream.id_at(at), grid_id, staff_id, duty.value, from_on, to_on, head_id))

    others = [one for one in managers if one != manager_id]
    if others and stream.chance(0.33):
        give(stream.choice(others), Duty.responsible, calendar.before(stream.randint(300, 600)), begun)
    give(manager_id, Duty.responsible, begun, None)
    give(agent_id, Duty.agent, calendar.before(stream.randint(20, 200)), None)
    return rows
