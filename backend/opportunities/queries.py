"""Reads of opportunities, under the actor's row security.

Who changes any locks the customer first, then the rows: of one customer one at a time decides.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, text

from backend.customers import api as customers
from backend.kernel.uow import UnitOfWork
from backend.opportunities.errors import opportunity_missing
from backend.opportunities.models import Opportunity, OpportunityStep
from backend.opportunities.rules import LIVING, URGENT, Stage

_LIVING = [str(one) for one in LIVING]


async def lock(uow: UnitOfWork, opportunity_id: UUID) -> Opportunity:
    """The opportunity, locked for a step, with its customer. Raises Problem `out_of_scope`."""
    locked: UUID | None = None
    whose = select(Opportunity.customer_id).where(Opportunity.id == opportunity_id)
    while True:
        customer_id = await uow.session.scalar(whose)
        if customer_id is None:
            raise opportunity_missing()
        if customer_id != locked:
            await customers.lock_inputs(uow, [customer_id])
            locked = customer_id
        row = await uow.session.scalar(
            select(Opportunity)
            .where(Opportunity.id == opportunity_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        if row is None:
            raise opportunity_missing()
        if row.customer_id == locked:  # else its household was merged just now
            return row


async def of_customers(uow: UnitOfWork, ids: Iterable[UUID]) -> dict[UUID, list[Opportunity]]:
    """All opportunities of each customer that has had any, oldest first."""
    return await _by_customer(uow, Opportunity.customer_id.in_(list(ids)))


async def living_of(uow: UnitOfWork, ids: Iterable[UUID]) -> dict[UUID, list[Opportunity]]:
    """Those of each customer that wait or are open, oldest first."""
    return await _by_customer(uow, Opportunity.customer_id.in_(list(ids)), Opportunity.stage.in_(_LIVING))


async def _by_customer(uow: UnitOfWork, *which: ColumnElement[bool]) -> dict[UUID, list[Opportunity]]:
    rows = await uow.session.scalars(
        select(Opportunity)
        .where(*which)
        .order_by(Opportunity.customer_id, Opportunity.raised_on, Opportunity.id)
        .execution_options(populate_existing=True)
    )
    found: dict[UUID, list[Opportunity]] = {}
    for row in rows:
        found.setdefault(row.customer_id, []).append(row)
    return found


async def noted(uow: UnitOfWork, decisions: Collection[UUID]) -> set[tuple[UUID, str]]:
    """(decision, event) of the rises among these decisions that were noted already."""
    rows = await uow.session.execute(
        select(OpportunityStep.decision_id, Opportunity.event)
        .join(Opportunity, Opportunity.id == OpportunityStep.opportunity_id)
        .where(OpportunityStep.decision_id.in_(list(decisions)))
    )
    return {(row.decision_id, row.event) for row in rows}


async def overdue(uow: UnitOfWork, today: date, most: int) -> list[UUID]:
    """Customers with something that waits or is open past its last day, at most so many."""
    rows = await uow.session.scalars(
        select(Opportunity.customer_id)
        .where(Opportunity.valid_until < today, Opportunity.stage.in_(_LIVING))
        .distinct()
        .order_by(Opportunity.customer_id)
        .limit(most)
    )
    return list(rows)


async def dealt(uow: UnitOfWork, keeper: UUID, urgent: bool, today: date) -> int:
    """How many were taken up from this person's share of the day, of the urgent or of the others."""
    counted = select(func.count()).where(
        Opportunity.assignee_id == keeper,
        Opportunity.dealt_on == today,
        (Opportunity.priority <= URGENT) == urgent,
    )
    return int(await uow.session.scalar(counted) or 0)


# whom a row belongs to follows from what it is partitioned by: of a partition no more than a share is dealt
_IN_TURN = text(
    "WITH places AS (SELECT customer_id, count(*) AS n FROM opportunity"
    "  WHERE stage IN ('screened', 'assigned', 'contacted', 'followed') GROUP BY customer_id),"
    " fitting AS (SELECT o.*, c.branch_id, c.grid_id, c.owner_id, c.kind, coalesce(places.n, 0) AS taken,"
    "  row_number() OVER (PARTITION BY o.customer_id ORDER BY o.priority, o.raised_on, o.event) AS place"
    "  FROM opportunity o JOIN customer c ON c.id = o.customer_id"
    "  LEFT JOIN places ON places.customer_id = c.id"
    "  WHERE o.stage = 'raised' AND o.valid_until >= :today AND c.status = 'active'),"
    " ranked AS (SELECT customer_id, priority, raised_on, row_number() OVER ("
    "  PARTITION BY branch_id, grid_id, owner_id, kind, owner_role, priority <= :urgent"
    "  ORDER BY priority, raised_on, event, id) AS rank"
    "  FROM fitting WHERE place <= :most - taken)"
    " SELECT customer_id FROM ranked WHERE rank <= :share GROUP BY customer_id"
    " ORDER BY min(priority), min(raised_on), customer_id"
)


async def in_turn(uow: UnitOfWork, today: date, most: int, share: int) -> list[UUID]:
    """Customers with something that waits and could be taken up today, the most urgent first: of each of whom
    it could belong to as many as a day's share."""
    given = {"today": today, "most": most, "share": share, "urgent": URGENT}
    return list(await uow.session.scalars(_IN_TURN, given))


async def customers_of_grid(uow: UnitOfWork, grid_id: UUID) -> list[UUID]:
    """The customers of a grid with something that waits or is open."""
    here = select(customers.Customer.id).where(customers.Customer.grid_id == grid_id)
    rows = await uow.session.scalars(
        select(Opportunity.customer_id)
        .where(Opportunity.customer_id.in_(here), Opportunity.stage.in_(_LIVING))
        .distinct()
        .order_by(Opportunity.customer_id)
    )
    return list(rows)


_COUNTS = text(
    "SELECT count(*) FILTER (WHERE o.stage IN ('screened', 'assigned', 'contacted', 'followed')) AS open,"
    " count(*) FILTER (WHERE o.stage = 'raised') AS waiting,"
    " count(*) FILTER (WHERE o.outcome = 'won' AND o.stepped_at >= :since) AS won,"
    " count(*) FILTER (WHERE o.outcome = 'lost' AND o.stepped_at >= :since) AS lost,"
    " count(*) FILTER (WHERE o.stage IN ('won', 'lost')) AS to_review"
    " FROM opportunity o JOIN customer c ON c.id = o.customer_id WHERE c.branch_id = ANY(:branches)"
)
_LISTED = (
    "SELECT o.id, o.customer_id, c.name AS customer_name, g.name AS grid_name, o.event, o.product,"
    " o.dimension, o.priority, o.stage, o.outcome, o.reason, o.assignee_id, o.stepped_by, o.stepped_at,"
    " o.valid_until FROM opportunity o JOIN customer c ON c.id = o.customer_id"
    " LEFT JOIN grid g ON g.id = c.grid_id WHERE c.branch_id = ANY(:branches) AND {} LIMIT :most"
)
_TO_REVIEW = text(_LISTED.format("o.stage IN ('won', 'lost') ORDER BY o.stepped_at, o.id"))
_MINE = text(
    _LISTED.format(
        "o.stage IN ('assigned', 'contacted', 'followed') AND o.assignee_id = :me ORDER BY o.priority,"
        " o.valid_until, o.id"
    )
)


async def counts(uow: UnitOfWork, branches: Sequence[UUID], since: Any) -> Any:
    """How many of the branches' are open, wait, were won and lost since, and are to be reviewed."""
    return (await uow.session.execute(_COUNTS, {"branches": list(branches), "since": since})).one()


async def to_review(uow: UnitOfWork, branches: Sequence[UUID], most: int) -> Sequence[Any]:
    """Won and lost ones that no head has looked at, oldest first."""
    return (await uow.session.execute(_TO_REVIEW, {"branches": list(branches), "most": most})).all()


async def mine(uow: UnitOfWork, branches: Sequence[UUID], me: UUID, most: int) -> Sequence[Any]:
    """Open ones that this person works on, most urgent first."""
    given = {"branches": list(branches), "me": me, "most": most}
    return (await uow.session.execute(_MINE, given)).all()


#: what phones are shown of a customer
SHOWN = frozenset(
    {Stage.screened, Stage.assigned, Stage.contacted, Stage.followed, Stage.won, Stage.lost, Stage.reviewed}
)
