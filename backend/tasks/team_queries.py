"""What a head's phone holds of the branch, worked out by the database: one query for each kind of row.

What falls due stands in a row by day, from its own day `as_of` on: a phone that hears nothing for some days
counts on by itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from backend.kernel.uow import UnitOfWork

#: days from `as_of` on of which a row says how much falls due: no phone shows rows for longer without contact
AHEAD = 8
#: due rows of a branch, the most urgent ones
MOST_DUE = 100

_TODAY = "CAST(:today AS date)"
_WAITING = "t.state IN ('open', 'in_progress', 'returned')"
_DONE_AT = "coalesce(t.submitted_at, t.closed_at)"
_AHEAD = ", ".join(f"count(*) FILTER (WHERE w.due = {_TODAY} + {day})" for day in range(AHEAD))
_NONE = ", ".join("0" for _ in range(AHEAD))


def _counted_by(column: str, own: str = "") -> str:
    """CTEs `due` and `done`: a branch's work by person or by grid, as a person's own day counts it.

    A household where two are due is one to go to, and a visit that did two duties one thing done. What was
    returned waits now, whenever it was due. `own`: who else's work is left out.
    """
    return f"""
        w AS (SELECT x.of, min(x.due) AS due FROM (
                SELECT t.{column} AS of, t.customer_id, t.due_on AS due FROM task t
                WHERE t.branch_id = :branch AND {_WAITING} AND t.due_on < {_TODAY} + {AHEAD}
                UNION ALL SELECT t.{column}, t.customer_id, least(t.due_on, {_TODAY}) FROM task t
                WHERE t.branch_id = :branch AND t.state = 'returned') x
              GROUP BY x.of, x.customer_id),
        due AS (SELECT w.of, count(*) FILTER (WHERE w.due < {_TODAY}) AS overdue,
                       jsonb_build_array({_AHEAD}) AS ahead FROM w GROUP BY w.of),
        done AS (SELECT t.{column} AS of, count(DISTINCT coalesce(t.evidence_id, t.id)) AS week,
                        count(DISTINCT coalesce(t.evidence_id, t.id))
                          FILTER (WHERE {_DONE_AT} >= :day_began) AS today
                 FROM task t LEFT JOIN visit v ON v.id = t.evidence_id
                 WHERE t.branch_id = :branch AND t.state IN ('submitted', 'approved', 'closed')
                   AND (t.submitted_at >= :week_began
                        OR (t.submitted_at IS NULL AND t.closed_at >= :week_began)) {own}
                 GROUP BY t.{column})"""  # noqa: S608 - the columns below


_COUNTS = f"""
    'as_of', {_TODAY}, 'overdue', coalesce(due.overdue, 0),
    'ahead', coalesce(due.ahead, jsonb_build_array({_NONE})),
    'done_today', coalesce(done.today, 0), 'done_week', coalesce(done.week, 0)"""
_WORKLOAD = f"""
    WITH {_counted_by("assignee_id", "AND (t.submitted_at IS NOT NULL OR v.staff_id = t.assignee_id)")},
        who AS (SELECT s.id FROM staff s WHERE s.branch_id = :branch AND s.active
                  AND s.role IN ('agent', 'manager', 'deputy_head', 'branch_head')
                UNION SELECT w.of FROM w)
    SELECT who.id AS row_id, jsonb_build_object({_COUNTS}) AS value
    FROM who LEFT JOIN due ON due.of = who.id LEFT JOIN done ON done.of = who.id"""  # noqa: S608 - built of the parts above
_COVERAGE = f"""
    WITH {_counted_by("grid_id")},
        ground AS (SELECT c.grid_id AS of, count(*) AS n,
                          count(*) FILTER (WHERE d.last_done_on >= :month_began) AS reached,
                          count(*) FILTER (WHERE c.completeness_points >= :full_points) AS full_files
                   FROM customer c LEFT JOIN duty d ON d.customer_id = c.id AND d.duty_kind = 'contact'
                   WHERE c.branch_id = :branch AND c.status = 'active' GROUP BY c.grid_id)
    SELECT g.id AS row_id, jsonb_build_object('name', g.name, 'manager_id', g.manager_id, {_COUNTS},
        'customers', coalesce(ground.n, 0), 'reached', coalesce(ground.reached, 0),
        'full_files', coalesce(ground.full_files, 0)) AS value
    FROM grid g LEFT JOIN due ON due.of = g.id LEFT JOIN done ON done.of = g.id
    LEFT JOIN ground ON ground.of = g.id WHERE g.branch_id = :branch AND g.active"""  # noqa: S608
_BY_TIER = "CASE p.tier WHEN 'high_end' THEN 0 WHEN 'core' THEN 1 ELSE 2 END"
_MOST_URGENT = f"""
    SELECT t.id AS row_id, jsonb_build_object('customer_id', t.customer_id, 'customer_name', t.customer_name,
        'grid_name', g.name, 'tier', p.tier, 'staff_id', t.assignee_id, 'kind', t.kind,
        'duty', t.duty_kind, 'due_on', t.due_on, 'state', t.state) AS value
    FROM task t LEFT JOIN grid g ON g.id = t.grid_id LEFT JOIN profile p ON p.customer_id = t.customer_id
    WHERE t.branch_id = :branch AND {_WAITING} AND (t.due_on <= {_TODAY} OR t.state = 'returned')
    ORDER BY t.due_on < {_TODAY} DESC, {_BY_TIER}, t.due_on, t.id LIMIT {MOST_DUE}"""  # noqa: S608
_HIGH_END = f"""
    SELECT c.id AS row_id, jsonb_build_object('name', c.name, 'grid_name', g.name, 'tier', p.tier,
        'owner_id', c.owner_id, 'last_contact_on', d.last_on, 'next_kind', n.kind, 'next_duty', n.duty_kind,
        'next_due_on', n.due_on, 'next_staff_id', n.assignee_id) AS value
    FROM customer c JOIN profile p ON p.customer_id = c.id AND p.tier = 'high_end'
    LEFT JOIN grid g ON g.id = c.grid_id
    LEFT JOIN LATERAL (SELECT max(last_done_on) AS last_on FROM duty WHERE customer_id = c.id) d ON true
    LEFT JOIN LATERAL (SELECT t.kind, t.duty_kind, t.due_on, t.assignee_id FROM task t
        WHERE t.customer_id = c.id AND {_WAITING} ORDER BY t.due_on, t.id LIMIT 1) n ON true
    WHERE c.branch_id = :branch AND c.status = 'active'"""  # noqa: S608
#: kind of row → the query for (row_id, value)
ROWS: Mapping[str, str] = {
    "workload": _WORKLOAD,
    "coverage": _COVERAGE,
    "due": _MOST_URGENT,
    "highend": _HIGH_END,
}

_RENEW = (
    "WITH fresh AS MATERIALIZED ({rows}),"
    " gone AS (DELETE FROM team_row r WHERE r.branch_id = :branch AND r.kind = :kind"
    "  AND NOT EXISTS (SELECT 1 FROM fresh f WHERE f.row_id = r.row_id) RETURNING r.row_id),"
    " put AS (INSERT INTO team_row (branch_id, kind, row_id, value)"
    "  SELECT :branch, :kind, f.row_id, f.value FROM fresh f"
    "  LEFT JOIN team_row r ON r.branch_id = :branch AND r.kind = :kind AND r.row_id = f.row_id"
    "  WHERE r.value IS DISTINCT FROM f.value"
    "  ON CONFLICT (branch_id, kind, row_id) DO UPDATE SET value = excluded.value RETURNING row_id)"
    " SELECT row_id, true AS gone FROM gone UNION ALL SELECT row_id, false FROM put"
)
_MARK = text(
    "INSERT INTO team_turn AS t (branch_id, on_day, stale)"
    " SELECT b, CAST(NULL AS date), true FROM unnest(CAST(:branches AS uuid[])) WITH ORDINALITY AS u(b, n)"
    " ORDER BY n ON CONFLICT (branch_id) DO UPDATE SET stale = true WHERE NOT t.stale"
)
_BEHIND = text(
    "SELECT u.id FROM org_unit u LEFT JOIN team_turn t ON t.branch_id = u.id WHERE u.kind = 'branch'"
    " AND (t.branch_id IS NULL OR t.stale OR t.on_day IS DISTINCT FROM :today) ORDER BY u.id"
)
_TURN = text(
    "INSERT INTO team_turn AS t (branch_id, on_day, stale) VALUES (:branch, :today, false)"
    " ON CONFLICT (branch_id) DO UPDATE SET on_day = excluded.on_day, stale = false"
    " WHERE t.stale OR t.on_day IS DISTINCT FROM excluded.on_day RETURNING t.branch_id"
)
_NAMING = text("SELECT DISTINCT branch_id FROM team_row WHERE row_id = ANY(CAST(:ids AS uuid[]))")
_VALUES = text("SELECT row_id, value FROM team_row WHERE kind = :kind AND row_id = ANY(CAST(:ids AS uuid[]))")


async def mark(uow: UnitOfWork, branch_ids: Iterable[UUID]) -> None:
    """Something of these branches moved: their rows are worked out anew at the next turn."""
    await uow.session.execute(_MARK, {"branches": sorted(set(branch_ids))})


async def behind(uow: UnitOfWork) -> Sequence[UUID]:
    """Branches of which something moved, or whose rows are another day's or were never made."""
    return list(await uow.session.scalars(_BEHIND, {"today": uow.today}))


async def turn(uow: UnitOfWork, branch_id: UUID) -> bool:
    """Takes the branch's mark away, and holds its rows until the transaction ends. False: somebody else did.

    What moves from now on waits to mark the branch again; what moved before is seen by the next statement.
    """
    return bool(await uow.session.scalar(_TURN, {"branch": branch_id, "today": uow.today}))


async def renew(uow: UnitOfWork, branch_id: UUID, kind: str, full_points: int) -> Sequence[Any]:
    """Works out a branch's rows of a kind anew; a file is full from `full_points` of 100 on. Returns (row_id,
    gone) of those that differ now."""
    week_began = uow.today - timedelta(days=uow.today.weekday())
    given = {
        "branch": branch_id,
        "kind": kind,
        "today": uow.today,
        "day_began": _midnight(uow, uow.today),
        "week_began": _midnight(uow, week_began),
        "month_began": uow.today.replace(day=1),
        "full_points": full_points,
    }
    statement = _RENEW.format(rows=ROWS[kind])
    wanted = {name: value for name, value in given.items() if f":{name}" in statement}
    return (await uow.session.execute(text(statement), wanted)).all()


def _midnight(uow: UnitOfWork, day: date) -> datetime:
    return datetime.combine(day, time.min, uow.clock.zone)


async def naming(uow: UnitOfWork, ids: Iterable[UUID]) -> list[UUID]:
    """Branches whose heads hold a row of these customers or grids."""
    return list(await uow.session.scalars(_NAMING, {"ids": list(ids)}))


async def values(uow: UnitOfWork, kind: str, ids: Iterable[UUID]) -> Mapping[UUID, Mapping[str, Any]]:
    """Rows of a kind by id, under the actor's row security."""
    rows = await uow.session.execute(_VALUES, {"kind": kind, "ids": list(ids)})
    return {row.row_id: row.value for row in rows}
