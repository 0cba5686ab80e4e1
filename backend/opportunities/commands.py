"""What a phone may ask of opportunities."""

from sqlalchemy import select

from backend.kernel.actor import FIELD, HEADS
from backend.kernel.commands import Applied, CommandType, Envelope, Ground, Late
from backend.kernel.uow import UnitOfWork
from backend.opportunities import service
from backend.opportunities.models import Opportunity
from backend.opportunities.schemas import ReviewOpportunity, StepOpportunity


async def step(uow: UnitOfWork, body: StepOpportunity, envelope: Envelope) -> Applied:
    """`opportunity.step`."""
    return await service.step(uow, body, envelope)


async def review(uow: UnitOfWork, body: ReviewOpportunity, envelope: Envelope) -> Applied:
    """`opportunity.review`."""
    await service.review(uow, body, envelope)
    return Applied()


async def _of(uow: UnitOfWork, body: StepOpportunity, _envelope: Envelope) -> Ground | None:
    whose = select(Opportunity.customer_id).where(Opportunity.id == body.opportunity_id)
    customer_id = await uow.session.scalar(whose)
    return Ground(customer_id=customer_id) if customer_id else None


COMMANDS = (
    # it went with the customer to whoever keeps it now
    CommandType(
        "opportunity.step",
        {1: StepOpportunity},
        FIELD,
        step,
        late=Late("moot", _of, lost=("opportunity_id",)),
    ),
    CommandType("opportunity.review", {1: ReviewOpportunity}, HEADS, review),
)
