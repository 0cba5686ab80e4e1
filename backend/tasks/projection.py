"""What phones receive of tasks: `task` for the assignee (neutral for agents); for heads `approval`, and what
they steer their branch by."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from backend.customers import api as customers
from backend.kernel.clock import millis
from backend.kernel.projections import Projection, online
from backend.kernel.uow import UnitOfWork
from backend.tasks import queries, team_queries
from backend.tasks.models import Task
from backend.visits import api as visits

TASK_AGENT = (
    "kind",
    "customer_id",
    "customer_name",
    "grid_id",
    "due_on",
    "state",
    "opened_on",
    "submitted_at",
    "evidence_id",
    "decided_at",
    "decided_by",
    "reason",
)
TASK = (*TASK_AGENT, "duty", "rhythm_days")
#: as those see it at the bank whose own it is not: with whose it is
ONLINE = "online"
TASK_ONLINE = (*TASK, "staff_id")
APPROVAL = (
    "customer_id",
    "customer_name",
    "grid_name",
    "tier",
    "staff_id",
    "state",
    "submitted_at",
    "due_on",
    "visit",
    "customer_lon",
    "customer_lat",
    "changes",
    "flags",
    "decided_at",
    "decided_by",
    "reason",
)
_COUNTS = ("as_of", "overdue", "ahead", "done_today", "done_week")
#: kind → fields of what heads hold of their branch, as `team_queries` works it out
TEAM = {
    "workload": _COUNTS,
    "coverage": ("name", "manager_id", *_COUNTS, "customers", "reached", "full_files"),
    "due": (
        "customer_id",
        "customer_name",
        "grid_name",
        "tier",
        "staff_id",
        "kind",
        "duty",
        "due_on",
        "state",
    ),
    "highend": (
        "name",
        "grid_name",
        "tier",
        "owner_id",
        "last_contact_on",
        "next_kind",
        "next_duty",
        "next_due_on",
        "next_staff_id",
    ),
}


def _instant(at: datetime | None) -> int | None:
    return None if at is None else millis(at)


async def load_tasks(uow: UnitOfWork, ids: Sequence[str], projection: str) -> Mapping[str, Sequence[Any]]:
    """Tasks of the assignee, or for a look at a customer anybody's. An agent's carry no duty and no rhythm,
    and name only the agent's own visits.

    What an assignee's own contact closed without anybody's approval was handed in when it closed.
    """
    found: dict[str, Sequence[Any]] = {}
    rows = await queries.tasks(uow, [UUID(one) for one in ids])
    named = [row.evidence_id for row in rows if row.evidence_id]
    # row security leaves an agent their own visits
    seen = {visit.id: visit.staff_id for visit in await visits.visits(uow, named)}
    shown = set(seen) if projection == "agent" else set(named)
    for row in rows:
        if row.state in ("cancelled", "expired"):
            continue
        values: list[Any] = [
            row.kind,
            str(row.customer_id),
            row.customer_name,
            str(row.grid_id) if row.grid_id else None,
            row.due_on.isoformat(),
            row.state,
            uow.clock.local(row.opened_at).date().isoformat(),
            _instant(row.submitted_at or _own_contact(row, seen)),
            str(row.evidence_id) if row.evidence_id in shown else None,
            _instant(row.decided_at),
            str(row.decided_by) if row.decided_by else None,
            row.reason,
        ]
        if projection != "agent":
            values += [row.duty_kind, row.rhythm_days]
        if projection == ONLINE:
            values.append(str(row.assignee_id))
        found[str(row.id)] = values
    return found


def _own_contact(task: Task, authors: Mapping[UUID, UUID]) -> datetime | None:
    own = task.evidence_id is not None and authors.get(task.evidence_id) == task.assignee_id
    return task.closed_at if own else None


async def load_approvals(
    uow: UnitOfWork, ids: Sequence[str], _projection: str
) -> Mapping[str, Sequence[Any]]:
    """Submitted and decided tasks of the branch with their evidence and what changed in the file that day."""
    rows = {row.id: row for row in await queries.tasks(uow, [UUID(one) for one in ids])}
    places = {row.id: row for row in await queries.of_branch(uow, list(rows))}
    evidence = await visits.visit_rows(
        uow, [str(row.evidence_id) for row in rows.values() if row.evidence_id]
    )
    found: dict[str, Sequence[Any]] = {}
    for row in rows.values():
        values = evidence.get(str(row.evidence_id))
        place = places.get(row.id)
        if values is None or place is None:
            continue
        visit = dict(zip(visits.VISIT_FIELDS, values, strict=True))
        found[str(row.id)] = [
            str(row.customer_id),
            row.customer_name,
            place.grid_name,
            place.tier,
            str(row.assignee_id),
            row.state,
            _instant(row.submitted_at),
            row.due_on.isoformat(),
            visit,
            place.lon,
            place.lat,
            await _changes(uow, row, visit),
            visit["flags"],
            _instant(row.decided_at),
            str(row.decided_by) if row.decided_by else None,
            row.reason,
        ]
    return found


async def _changes(uow: UnitOfWork, task: Task, visit: Mapping[str, Any]) -> list[list[Any]]:
    day = uow.clock.local(datetime.fromtimestamp(visit["at"] / 1000, UTC)).date()
    since = datetime.combine(day, time.min, uow.clock.zone)
    changes = await customers.changes_by(
        uow, task.customer_id, UUID(visit["staff_id"]), since, since + timedelta(days=1)
    )
    return [[what, before, after, millis(at)] for what, before, after, at in changes]


def _team(kind: str, fields: tuple[str, ...]) -> Projection:
    async def load(uow: UnitOfWork, ids: Sequence[str], _projection: str) -> Mapping[str, Sequence[Any]]:
        found = await team_queries.values(uow, kind, [UUID(one) for one in ids])
        return {str(one): [value[name] for name in fields] for one, value in found.items()}

    return Projection(kind, frozenset({"team"}), {"head": fields}, load)


PROJECTIONS = (
    Projection(
        "task",
        frozenset({"staff"}),
        {"staff": TASK, "agent": TASK_AGENT},
        load_tasks,
        online=online(TASK_ONLINE, queries.waiting_of, load_tasks, ONLINE),
    ),
    Projection("approval", frozenset({"team"}), {"head": APPROVAL}, load_approvals),
    *(_team(kind, fields) for kind, fields in TEAM.items()),
)
