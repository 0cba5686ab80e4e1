"""What a phone may ask of customers."""

from backend.customers import duplicates, followers, records, service, unanswered
from backend.customers.schemas import CreateCustomer, LeaveQuestion, PutRecord, RemoveRecord, SetValues
from backend.kernel.actor import FIELD
from backend.kernel.commands import Applied, CommandType, Envelope, Ground, Late, about_customer
from backend.kernel.uow import UnitOfWork


async def create(uow: UnitOfWork, body: CreateCustomer, envelope: Envelope) -> Applied:
    """`customer.create`; a household that the bank knows already becomes part of that one."""
    people = await service.create(uow, body, envelope)
    return await duplicates.settle(uow, body, people, envelope)


async def set_values(uow: UnitOfWork, body: SetValues, envelope: Envelope) -> Applied:
    """`customer.set_values`."""

    async def apply(given: SetValues) -> Applied:
        return Applied(lost=await service.set_values(uow, given.customer_id, given.edits, envelope))

    return await followers.follow(uow, body, apply)


async def put_record(uow: UnitOfWork, body: PutRecord, envelope: Envelope) -> Applied:
    """`record.put`."""

    async def apply(given: PutRecord) -> Applied:
        return Applied(lost=await records.put_record(uow, given, envelope))

    return await followers.follow(uow, body, apply)


async def remove_record(uow: UnitOfWork, body: RemoveRecord, envelope: Envelope) -> Applied:
    """`record.remove`."""

    async def apply(given: RemoveRecord) -> Applied:
        lost = await records.remove_record(uow, given.id, given.customer_id, given.reason, envelope)
        return Applied(lost=lost)

    return await followers.follow(uow, body, apply)


async def leave_question(uow: UnitOfWork, body: LeaveQuestion, envelope: Envelope) -> Applied:
    """`question.leave`."""

    async def apply(given: LeaveQuestion) -> Applied:
        await unanswered.leave(uow, given, envelope)
        return Applied()

    return await followers.follow(uow, body, apply, adds=True)


async def _on_grid(_uow: UnitOfWork, body: CreateCustomer, _envelope: Envelope) -> Ground:
    return Ground(grid_id=body.grid_id)


COMMANDS = (
    CommandType("customer.create", {1: CreateCustomer}, FIELD, create, late=Late("add", _on_grid)),
    CommandType("customer.set_values", {1: SetValues}, FIELD, set_values, late=about_customer("suggest")),
    CommandType("question.leave", {1: LeaveQuestion}, FIELD, leave_question, late=about_customer("add")),
    CommandType(
        "record.put", {1: PutRecord}, FIELD, put_record, late=about_customer("suggest"), former="asset.put"
    ),
    CommandType(
        "record.remove",
        {1: RemoveRecord},
        FIELD,
        remove_record,
        late=about_customer("suggest"),
        former="asset.remove",
    ),
)
