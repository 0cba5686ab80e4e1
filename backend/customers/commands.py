"""What a phone may ask of customers."""

from backend.customers import service
from backend.customers.schemas import CreateCustomer, PutAsset, RemoveAsset, SetValues
from backend.kernel.actor import FIELD
from backend.kernel.commands import Applied, CommandType, Envelope, Ground, Late, about_customer
from backend.kernel.uow import UnitOfWork


async def create(uow: UnitOfWork, body: CreateCustomer, envelope: Envelope) -> Applied:
    """`customer.create`."""
    await service.create(uow, body, envelope)
    return Applied()


async def set_values(uow: UnitOfWork, body: SetValues, envelope: Envelope) -> Applied:
    """`customer.set_values`."""
    return Applied(lost=await service.set_values(uow, body.customer_id, body.edits, envelope))


async def put_asset(uow: UnitOfWork, body: PutAsset, envelope: Envelope) -> Applied:
    """`asset.put`."""
    await service.put_asset(uow, body, envelope)
    return Applied()


async def remove_asset(uow: UnitOfWork, body: RemoveAsset, envelope: Envelope) -> Applied:
    """`asset.remove`."""
    await service.remove_asset(uow, body.id, body.customer_id, body.reason, envelope)
    return Applied()


async def _on_grid(_uow: UnitOfWork, body: CreateCustomer, _envelope: Envelope) -> Ground:
    return Ground(grid_id=body.grid_id)


COMMANDS = (
    CommandType("customer.create", {1: CreateCustomer}, FIELD, create, late=Late("add", _on_grid)),
    CommandType("customer.set_values", {1: SetValues}, FIELD, set_values, late=about_customer("suggest")),
    CommandType("asset.put", {1: PutAsset}, FIELD, put_asset, late=about_customer("suggest")),
    CommandType("asset.remove", {1: RemoveAsset}, FIELD, remove_asset, late=about_customer("suggest")),
)
