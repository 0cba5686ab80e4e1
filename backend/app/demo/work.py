"""Duties and tasks on the day the county goes live: first due days spread, a little overdue, some work
behind.

Pure: what it needs of a customer comes in as `Standing`, what it decides goes out as rows. The clock's
rules are those of the tasks domain (`first_due`); tasks past their first day are made with the moves that
would have led there.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from backend.app.demo.rows import DutyRow, MoveRow, Row, TaskRow
from backend.app.demo.seeded import Calendar, Stream
from backend.app.demo.staffing import Branch
from backend.tasks.api import State, first_due

CONTACT, VISIT = "contact", "visit"

_RETURN_REASONS = ("离户址太远，说明原因。", "没拍到店面，补一张。", "意向没问清，再联系一次。")

MOST_OVERDUE_DAYS = 12
_WAITING_A_BRANCH = 8
_COLLECTIONS_A_GRID = 5


@dataclass(frozen=True, slots=True)
class LastVisit:
    """The last time the customer was met on site."""

    id: UUID
    staff_id: UUID
    at: datetime
    received_at: datetime
    odd: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What the duties of a customer depend on. Days are local ones, rhythms in days."""

    customer_id: UUID
    kind: str
    name: str
    grid_id: UUID
    branch_id: UUID
    manager_id: UUID
    agent_id: UUID | None
    points: int
    tier: str
    contact_days: int
    visit_days: int
    last_met_on: date | None
    last_visit: LastVisit | None


class Desk:
    """Gives the customers of one branch their owners, clocks and tasks."""

    def __init__(self, seed: int, calendar: Calendar, branch: Branch, capacity: int) -> None:
        self._calendar = calendar
        self._branch = branch
        self._capacity = capacity
        self._stream = Stream(seed, calendar.today, "desk", branch.id)
        self._load: Counter[tuple[UUID, date]] = Counter()
        self._positions: Counter[tuple[UUID, str]] = Counter()
        self._waiting = 0
        self._collections: Counter[UUID] = Counter()

    def owner(self, one: Standing) -> UUID:
        """The default policy: head or deputy (each half of the grids) for high-end customers, else the
        manager."""
        if one.tier != "high_end":
            return one.manager_id
        return self._branch.head_id if one.grid_id.int % 2 else self._branch.deputy_id

    def work(self, one: Standing) -> list[Row]:
        """Duties and tasks of one customer."""
        owner = self.owner(one)
        keeper = one.agent_id if one.kind == "household" and one.agent_id is not None else owner
        rows: list[Row] = []
        visited_on = None if one.last_visit is None else self._day(one.last_visit.at)
        for kind, rhythm, done_on, person in (
            (CONTACT, one.contact_days, one.last_met_on, keeper),
            (VISIT, one.visit_days, visited_on, owner),
        ):
            due_on = self._due(person, kind, rhythm, done_on)
            if kind == VISIT and one.last_visit is not None and one.last_visit.staff_id == owner:
                rows += self._behind(one, one.last_visit, rhythm)
            rows.append(DutyRow(one.customer_id, kind, rhythm, due_on, done_on))
            rows.append(self._task(one, "follow_up", kind, person, State.open, due_on, rhythm))
        if one.kind == "household" and one.points < 60 and one.agent_id is not None:
            self._collections[one.grid_id] += 1
            if self._collections[one.grid_id] <= _COLLECTIONS_A_GRID:
                due_on = self._calendar.today + timedelta(days=self._stream.randint(0, 13))
                rows.append(self._task(one, "collection", None, one.agent_id, State.open, due_on, None))
        return rows

    def _due(self, person: UUID, kind: str, rhythm: int, done_on: date | None) -> date:
        """The rhythm's own day where it lies ahead; of the rest a few overdue ones, the others spread as
        at go-live."""
        today = self._calendar.today
        due_on = None if done_on is None else done_on + timedelta(days=rhythm)
        if due_on is not None and due_on < today:
            late = (today - due_on).days
            if late > MOST_OVERDUE_DAYS or not self._stream.chance(0.35):
                due_on = None
        if due_on is None:
            self._positions[person, kind] += 1
            due_on = first_due(self._positions[person, kind], rhythm, today)
        while due_on >= today and self._load[person, due_on] >= self._capacity:
            due_on += timedelta(days=1)
        self._load[person, due_on] += 1
        return due_on

    def _day(self, at: datetime) -> date:
        return at.astimezone(self._calendar.zone).date()

    def _behind(self, one: Standing, visit: LastVisit, rhythm: int) -> list[Row]:
        """The task that this month's visit has done: approved, waiting for the head, or given back."""
        day = self._day(visit.at)
        today = self._calendar.today
        if day < today.replace(day=1):
            return []
        person = visit.staff_id
        recent = (today - day).days <= 4
        if recent and self._waiting < _WAITING_A_BRANCH:
            self._waiting += 1
            task = self._task(one, "follow_up", VISIT, person, State.submitted, day, rhythm, visit=visit)
            return [
                task,
                self._moved(task, "submit", State.open, State.submitted, person, visit.received_at, visit),
            ]
        decided = min(visit.received_at + timedelta(hours=self._stream.randint(2, 20)), self._calendar.now)
        decider = self._branch.head_id if person != self._branch.head_id else self._branch.deputy_id
        back = visit.odd and recent
        state = State.returned if back else State.closed
        reason = self._stream.choice(_RETURN_REASONS) if back else None
        task = self._task(
            one,
            "follow_up",
            VISIT,
            person,
            state,
            day,
            rhythm,
            visit=visit,
            decided=decided,
            by=decider,
            reason=reason,
        )
        rows: list[Row] = [
            task,
            self._moved(task, "submit", State.open, State.submitted, person, visit.received_at, visit),
        ]
        if back:
            return [*rows, self._moved(task, "return", State.submitted, state, decider, decided, None)]
        rows.append(self._moved(task, "approve", State.submitted, State.approved, decider, decided, None))
        rows.append(self._moved(task, "close", State.approved, State.closed, decider, decided, None))
        return rows

    def _task(
        self,
        one: Standing,
        kind: str,
        duty: str | None,
        person: UUID,
        state: State,
        due_on: date,
        rhythm: int | None,
        *,
        visit: LastVisit | None = None,
        decided: datetime | None = None,
        by: UUID | None = None,
        reason: str | None = None,
    ) -> TaskRow:
        opened = self._calendar.now
        if visit is not None:
            opened = self._calendar.at(self._day(visit.at) - timedelta(days=self._stream.randint(2, 20)), 7)
        elif due_on < self._calendar.today:
            opened = self._calendar.at(due_on - timedelta(days=7), 7)
        return TaskRow(
            id=self._stream.id_at(opened),
            kind=kind,
            duty_kind=duty,
            customer_id=one.customer_id,
            customer_name=one.name,
            grid_id=one.grid_id,
            branch_id=one.branch_id,
            assignee_id=person,
            state=state.value,
            due_on=due_on,
            rhythm_days=rhythm,
            opened_at=opened,
            evidence_id=None if visit is None else visit.id,
            submitted_at=None if visit is None else visit.received_at,
            decided_at=decided,
            decided_by=by,
            reason=reason,
            closed_at=decided if state is State.closed else None,
        )

    def _moved(
        self,
        task: TaskRow,
        move: str,
        before: State,
        after: State,
        by: UUID,
        at: datetime,
        visit: LastVisit | None,
    ) -> MoveRow:
        return MoveRow(
            id=self._stream.id_at(at),
            task_id=task.id,
            move=move,
            from_state=before.value,
            to_state=after.value,
            staff_id=by,
            reason=task.reason if move == "return" else None,
            evidence_id=None if visit is None else visit.id,
            at=at,
        )
