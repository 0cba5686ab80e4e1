"""How complete the files of a grid and of a branch are: points and open sections, counted at the bank."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text

from backend.customers.file_fields import file_fields, weights_of
from backend.customers.rules import THINGS
from backend.customers.schemas import Completeness, GridCompleteness
from backend.kernel.actor import Role
from backend.kernel.errors import not_allowed
from backend.kernel.uow import UnitOfWork
from backend.policy import api as policy

# customers by grid and kind, and, with a section, how many of them have data for it
COUNTED = text(
    "WITH mine AS (SELECT id, grid_id, kind, completeness_points AS points, lon IS NOT NULL AS located,"
    "   member_count > 0 AS peopled FROM customer WHERE status = 'active'"
    "   AND (grid_id = ANY(:grids) OR branch_id = ANY(:branches))),"
    " field AS (SELECT * FROM unnest(CAST(:fields AS text[]), CAST(:sections AS text[]))"
    "   AS f(name, section)),"
    " present AS ("
    "   SELECT id, 'point' AS section FROM mine WHERE located"
    "   UNION SELECT id, 'members' FROM mine WHERE peopled"
    "   UNION SELECT m.id, 'phone' FROM mine m JOIN membership s ON s.customer_id = m.id"
    "     AND s.until_on IS NULL JOIN person_contact p ON p.person_id = s.person_id"
    "   UNION SELECT m.id, 'assets' FROM mine m JOIN file_record r ON r.customer_id = m.id"
    "     AND r.removed_at IS NULL AND r.kind = ANY(:things)"
    "   UNION SELECT m.id, f.section FROM mine m JOIN customer_value v ON v.customer_id = m.id AND v.shown"
    "     AND (v.amount IS NOT NULL OR v.choice IS NOT NULL) JOIN field f ON f.name = v.field)"
    " SELECT grid_id, kind, NULL AS section, count(*) AS customers, sum(points)::bigint AS points,"
    "   count(*) FILTER (WHERE points >= :mark) AS complete FROM mine GROUP BY grid_id, kind"
    " UNION ALL SELECT m.grid_id, m.kind, p.section, count(*), 0, 0"
    "   FROM present p JOIN mine m ON m.id = p.id GROUP BY m.grid_id, m.kind, p.section"
)
NAMES = text("SELECT id, name FROM grid WHERE id = ANY(:grids)")


async def completeness_of(uow: UnitOfWork) -> Completeness:
    """Of the actor's grids; for heads of the whole branch. Raises Problem `not_allowed`."""
    actor = uow.actor
    if not (actor.is_head or actor.role is Role.manager):
        raise not_allowed("How complete files are is for managers and heads.")
    figures = await policy.figures(uow, ["completeness_weights", "completeness_mark"])
    weights, mark = figures["completeness_weights"], figures["completeness_mark"]
    known = file_fields()
    given = {
        "grids": list(actor.grid_ids),
        "branches": list(actor.branch_ids),
        "fields": [name for name, one in known.items() if one.section],
        "sections": [one.section for one in known.values() if one.section],
        "things": [str(one) for one in THINGS],
        "mark": mark,
    }
    async with uow.elevated("the query names the actor's own ground; only counts of it are answered"):
        rows = (await uow.session.execute(COUNTED, given)).all()
        grids = {row.grid_id for row in rows if row.grid_id}
        names = {row.id: row.name for row in await uow.session.execute(NAMES, {"grids": list(grids)})}
    by_grid: dict[UUID | None, list[Any]] = defaultdict(list)
    for row in rows:
        by_grid[row.grid_id].append(row)
    found = [_sum(grid, names.get(grid), some, weights) for grid, some in by_grid.items()]
    found.sort(key=lambda one: (one.points, one.name or "", str(one.id)))
    whole = _sum(None, None, rows, weights)
    return Completeness(mark, whole.customers, whole.points, whole.complete, whole.open, found)


def _sum(grid: UUID | None, name: str | None, rows: Any, weights: Mapping[str, int]) -> GridCompleteness:
    """Average points, rounded down; `open`: how many lack a section that they could have."""
    counted = [row for row in rows if row.section is None]
    customers = sum(row.customers for row in counted)
    open_ = Counter[str]()
    for row in counted:
        open_.update(dict.fromkeys(weights_of(row.kind, weights), row.customers))
    for row in rows:
        if row.section in open_:
            open_[row.section] -= row.customers
    return GridCompleteness(
        grid,
        name,
        customers,
        sum(row.points for row in counted) // customers if customers else 0,
        sum(row.complete for row in counted),
        {section: count for section, count in open_.items() if count > 0},
    )
