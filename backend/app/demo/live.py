"""The last step: owners by tier, duties and tasks, and what phones hold."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import text

from backend.app.demo.rows import Batch
from backend.app.demo.seeded import Calendar
from backend.app.demo.staffing import Branch, GridTeam, Staffing
from backend.app.demo.stamps import stamp_all
from backend.app.demo.work import Desk, LastVisit, Standing
from backend.app.demo.writer import Writer
from backend.customers.api import books_for
from backend.kernel.uow import UnitOfWork
from backend.policy import api as policy

Report = Callable[[str, int, int], None]

#: a customer with its tier and its last contacts; one without a result counts as basic
_STANDINGS = text(
    "SELECT c.id, c.kind, c.name, c.grid_id, c.completeness_points,"
    " coalesce(p.tier, 'basic') AS tier, coalesce(p.contact_days, 30) AS contact_days,"
    " coalesce(p.visit_days, 120) AS visit_days, m.at AS met_at,"
    " v.id AS visit_id, v.staff_id, v.at, v.received_at, v.odd"
    " FROM customer c LEFT JOIN profile p ON p.customer_id = c.id"
    " LEFT JOIN LATERAL (SELECT max(o.at) AS at FROM visit o"
    "   WHERE o.customer_id = c.id AND o.outcome = 'met') m ON true"
    " LEFT JOIN LATERAL (SELECT o.id, o.staff_id, o.at, o.received_at, cardinality(o.flags) > 0 AS odd"
    "   FROM visit o"
    "   WHERE o.customer_id = c.id AND o.outcome = 'met' AND o.channel = 'onsite'"
    "   ORDER BY o.at DESC, o.id LIMIT 1) v ON true"
    " WHERE c.branch_id = :branch AND c.grid_id IS NOT NULL ORDER BY c.id"
)

_OWNERS = text(
    "UPDATE customer c SET owner_id = n.owner_id, books = string_to_array(n.books, ',')"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:owners AS uuid[]), CAST(:books AS text[])) "
    "   AS n(id, owner_id, books)"
    " WHERE c.id = n.id"
)


async def go_live(uow: UnitOfWork, seed: int, calendar: Calendar, staffing: Staffing, report: Report) -> None:
    """Gives every customer with a place its owner, clocks and first tasks, then stamps all partitions."""
    capacity = await policy.figure(uow, "daily_capacity")
    teams = {team.grid_id: team for team in staffing.teams}
    total = sum(team.grid.customers for team in staffing.teams)
    writer = await Writer.of(uow.session)
    done = 0
    for branch in staffing.branches:
        desk = Desk(seed, calendar, branch, capacity)
        done += await _branch(uow, writer, desk, branch, teams, calendar)
        report("duties", done, total)
    report("duties", total, total)
    report("phones", 0, 1)
    await stamp_all(uow.session)
    report("phones", 1, 1)


async def _branch(
    uow: UnitOfWork,
    writer: Writer,
    desk: Desk,
    branch: Branch,
    teams: dict[UUID, GridTeam],
    calendar: Calendar,
) -> int:
    batch = Batch()
    owners: list[tuple[UUID, UUID, str]] = []
    rows: list[Any] = list((await uow.session.execute(_STANDINGS, {"branch": branch.id})).all())
    for row in rows:
        team = teams[row.grid_id]
        one = Standing(
            customer_id=row.id,
            kind=row.kind,
            name=row.name,
            grid_id=row.grid_id,
            branch_id=branch.id,
            manager_id=team.manager_id,
            agent_id=team.agent_id,
            points=row.completeness_points,
            tier=row.tier,
            contact_days=row.contact_days,
            visit_days=row.visit_days,
            last_met_on=None if row.met_at is None else row.met_at.astimezone(calendar.zone).date(),
            last_visit=None
            if row.visit_id is None
            else LastVisit(row.visit_id, row.staff_id, row.at, row.received_at, row.odd),
        )
        owner = desk.owner(one)
        if owner != team.manager_id:
            books = books_for(one.grid_id, owner, team.manager_id)
            owners.append((one.customer_id, owner, ",".join(books)))
        batch.extend(desk.work(one))
    if owners:
        ids, people, books_of = zip(*owners, strict=True)
        await uow.session.execute(
            _OWNERS, {"ids": list(ids), "owners": list(people), "books": list(books_of)}
        )
    await writer.write(batch)
    return len(rows)
