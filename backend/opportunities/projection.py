"""What phones receive of opportunities: one row a customer, so that it goes wherever the customer goes. An
agent has of it what agents may see, without amounts and without who did what."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from backend.kernel.clock import millis
from backend.kernel.projections import Projection, itself, online
from backend.kernel.uow import UnitOfWork
from backend.opportunities import queries
from backend.opportunities.models import Opportunity
from backend.opportunities.rules import OPEN
from backend.opportunities.service import KIND

FIELDS = ("items",)
#: of those that are closed a phone shows the last ones
MOST_CLOSED = 3


async def load(uow: UnitOfWork, ids: Sequence[str], projection: str) -> Mapping[str, Sequence[Any]]:
    """[items] per customer with any: open ones by priority, then closed ones, newest first. An agent's row
    stays, empty, where what it held is over."""
    agent = projection == "agent"
    found: dict[str, Sequence[Any]] = {}
    for customer_id, rows in (await queries.of_customers(uow, [UUID(one) for one in ids])).items():
        shown = _shown(rows)
        seen = [_item(one, agent=agent) for one in shown if one.agent_visible or not agent]
        if seen or (agent and any(one.agent_visible for one in rows)):
            found[str(customer_id)] = [seen]
    return found


def _shown(rows: Sequence[Opportunity]) -> list[Opportunity]:
    now = [one for one in rows if one.stage in OPEN]
    over = [one for one in rows if one.stage in queries.SHOWN - OPEN]
    now.sort(key=lambda one: (one.priority, one.valid_until, one.event))
    over.sort(key=lambda one: one.stepped_at, reverse=True)
    return now + over[:MOST_CLOSED]


def _item(row: Opportunity, *, agent: bool) -> list[Any]:
    values: list[Any] = [
        str(row.id),
        row.event,
        row.dimension,
        row.product,
        row.priority,
        row.stage,
        row.raised_on.isoformat(),
        row.valid_until.isoformat(),
    ]
    if not agent:
        values += [
            millis(row.stepped_at),
            str(row.stepped_by) if row.stepped_by else None,
            str(row.assignee_id) if row.assignee_id else None,
            row.outcome,
            row.reason,
            row.before_fen,
            row.after_fen,
        ]
    return values


PROJECTIONS = (
    Projection(
        KIND,
        frozenset({"grid", "care"}),
        {"manager": FIELDS, "agent": FIELDS},
        load,
        online=online(FIELDS, itself, load),
    ),
)
