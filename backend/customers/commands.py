"""What a phone may ask of customers."""

from backend.customers import assets, duplicates, merging, service
from backend.customers.schemas import CreateCustomer, PutAsset, RemoveAsset, SetValues
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

    return await merging.follow(uow, body, apply)


async def put_asset(uow: UnitOfWork, body: PutAsset, envelope: Envelope) -> Applied:
    """`asset.put`."""

    async def apply(given: PutAsset) -> Applied:
        return Applied(lost=await assets.put_asset(uow, given, envelope))

    return await merging.follow(uow, body, apply)


async def remove_asset(uow: UnitOfWork, body: RemoveAsset, envelope: Envelope) -> Applied:
    """`asset.remove`."""

    async def apply(given: RemoveAsset) -> Applied:
        lost = await assets.remove_asset(uow, given.id, given.customer_id, given.reason, envelope)
        return Applied(lost=lost)

    return await merging.follow(uow, body, apply)


async def _on_grid(_uow: UnitOfWork, body: CreateCustomer, _envelope: Envelope) -> Ground:
    return Ground(grid_id=body.grid_id)


COMMANDS = (
    CommandType("customer.create", {1: CreateCustomer}, FIELD, create, late=Late("add", _on_grid)),
    CommandType("customer.set_values", {1: SetValues}, FIELD, set_values, late=about_customer("suggest")),
    CommandType("asset.put", {1: PutAsset}, FIELD, put_asset, late=about_customer("suggest")),
    CommandType("asset.remove", {1: RemoveAsset}, FIELD, remove_asset, late=about_customer("suggest")),
)
