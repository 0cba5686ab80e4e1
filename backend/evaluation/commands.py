"""What a phone may ask of evaluations."""

from backend.evaluation import closing, codes, queries, reckoning, service
from backend.evaluation.schemas import CloseSession, CreateSession, HandIn, Invite, ReviewResults
from backend.kernel.actor import FIELD, HEADS, Role
from backend.kernel.commands import Applied, CommandType, Envelope, Ground, Late
from backend.kernel.uow import UnitOfWork

MAKERS = frozenset({Role.manager}) | HEADS


async def create(uow: UnitOfWork, body: CreateSession, envelope: Envelope) -> Applied:
    """`evaluation.create`."""
    return Applied(lost=await service.create(uow, body, envelope))


async def hand_in(uow: UnitOfWork, body: HandIn, envelope: Envelope) -> Applied:
    """`evaluation.hand_in`."""
    await service.hand_in(uow, body, envelope)
    return Applied()


async def review(uow: UnitOfWork, body: ReviewResults, envelope: Envelope) -> Applied:
    """`evaluation.review`."""
    await reckoning.review(uow, body, envelope)
    return Applied()


async def close(uow: UnitOfWork, body: CloseSession, envelope: Envelope) -> Applied:
    """`evaluation.close`."""
    await closing.close(uow, body, envelope)
    return Applied()


async def invite(uow: UnitOfWork, body: Invite, envelope: Envelope) -> Applied:
    """`evaluation.invite`."""
    await codes.invite(uow, body, envelope)
    return Applied()


async def _of_session(uow: UnitOfWork, body: HandIn, _envelope: Envelope) -> Ground | None:
    row = await queries.session(uow, body.session_id)
    return Ground(grid_id=row.grid_id) if row is not None else None


COMMANDS = (
    CommandType("evaluation.create", {1: CreateSession}, MAKERS, create),
    # forms only add: a host who has lost the grid meanwhile still brings what was answered
    CommandType("evaluation.hand_in", {1: HandIn}, FIELD, hand_in, late=Late("add", _of_session)),
    CommandType("evaluation.review", {1: ReviewResults}, MAKERS, review),
    CommandType("evaluation.invite", {1: Invite}, FIELD, invite),
    CommandType("evaluation.close", {1: CloseSession}, FIELD, close),
)
