"""The branch's opportunities, online. JSON, with a session."""

from collections.abc import Iterable
from datetime import datetime, time
from typing import Any

from litestar import Controller, Router, get

from backend.kernel.clock import millis
from backend.kernel.errors import not_allowed
from backend.kernel.injected import AskedBy, Db
from backend.opportunities import queries
from backend.opportunities.schemas import BranchOpportunities, Listed
from backend.policy import api as policy

#: rows of a list at most: what is behind them comes as these are done
MOST = 100


class OpportunitiesController(Controller):
    """How a branch's opportunities stand."""

    path = "/opportunities"
    tags = ("opportunities",)

    @get("/branch")
    async def branch(self, actor: AskedBy, database: Db) -> BranchOpportunities:
        """For its heads: counts, their own open ones, and closed ones to look at. 403 `not_allowed`."""
        if not actor.is_head:
            raise not_allowed("Only the heads of a branch see how its opportunities stand.")
        async with database.unit(actor) as uow:
            since = uow.today.replace(day=1)
            began = datetime.combine(since, time.min, uow.clock.zone)
            counts = await queries.counts(uow, actor.branch_ids, began)
            mine = await queries.mine(uow, actor.branch_ids, actor.require_staff(), MOST)
            closed = await queries.to_review(uow, actor.branch_ids, MOST)
            open_most = int(await policy.figure(uow, "opportunities_open_most"))
            day_most = int(await policy.figure(uow, "opportunities_day_most"))
        return BranchOpportunities(
            since.isoformat(),
            counts.open,
            counts.waiting,
            counts.won,
            counts.lost,
            counts.to_review,
            open_most,
            day_most,
            _listed(mine),
            _listed(closed),
        )


def _listed(rows: Iterable[Any]) -> list[Listed]:
    return [
        Listed(
            **row._asdict()
            | {"stepped_at": millis(row.stepped_at), "valid_until": row.valid_until.isoformat()}
        )
        for row in rows
    ]


router = Router(path="/api/v1", route_handlers=[OpportunitiesController])
