"""What a phone may ask of visits."""

from backend.customers import api as customers
from backend.kernel.actor import FIELD
from backend.kernel.commands import Applied, CommandType, Envelope, about_customer
from backend.kernel.uow import UnitOfWork
from backend.visits import service, together
from backend.visits.schemas import LogVisit, Supplement


async def log(uow: UnitOfWork, body: LogVisit, envelope: Envelope) -> Applied:
    """`visit.log`."""

    async def apply(given: LogVisit) -> Applied:
        await service.log(uow, given, envelope)
        return Applied()

    return await customers.follow(uow, body, apply, adds=True)


async def supplement(uow: UnitOfWork, body: Supplement, envelope: Envelope) -> Applied:
    """`visit.supplement`."""

    async def apply(given: Supplement) -> Applied:
        await service.supplement(uow, given, envelope)
        return Applied()

    return await customers.follow(uow, body, apply, adds=True)


COMMANDS = (
    CommandType(
        "visit.log", {1: LogVisit}, FIELD, log, late=about_customer("add"), together=together.log_together
    ),
    CommandType("visit.supplement", {1: Supplement}, FIELD, supplement, late=about_customer("add")),
)
