"""What a household or business has: things with their value, and what they were before."""

from typing import Any
from uuid import UUID

import msgspec

from backend.customers import queries
from backend.customers.errors import bad_value, id_taken, out_of_scope
from backend.customers.models import Asset, AssetHistory, Customer
from backend.customers.rules import AssetKind
from backend.customers.schemas import PutAsset
from backend.customers.service import COLLECTED, refresh
from backend.kernel.commands import Envelope
from backend.kernel.ids import uuid7
from backend.kernel.uow import UnitOfWork


async def put_asset(uow: UnitOfWork, body: PutAsset, envelope: Envelope) -> None:
    """Adds an asset or replaces what is known of it; what it was stays in the history.

    One that went with a part of the household that split off, or came with one that was merged, is edited
    where it
    is now. Raises Problem `bad_value`, `out_of_scope`, `id_taken`.
    """
    if body.kind not in set(AssetKind):
        raise bad_value(f"{body.kind!r} is no kind of asset.")
    customer = await queries.lock(uow, body.customer_id)
    async with uow.elevated("an asset that somebody else recorded must not lose its id to this one"):
        row = await uow.session.get(Asset, body.id)
        now_with = row.customer_id if row is not None else customer.id
        if now_with == customer.id:
            await _put(uow, customer, row, body, envelope)
        elif not await queries.went_over(uow, customer.id, now_with):
            raise id_taken("asset")
    if now_with == customer.id:
        await refresh(uow, customer.id, "asset")
    else:
        await put_asset(uow, msgspec.structs.replace(body, customer_id=now_with), envelope)


async def _put(
    uow: UnitOfWork, customer: Customer, row: Asset | None, body: PutAsset, envelope: Envelope
) -> None:
    before: dict[str, Any] = {} if row is None else asset_facts(row)
    if row is None:
        row = Asset(id=body.id, customer_id=customer.id, source=COLLECTED, removed_at=None)
        uow.session.add(row)
    row.asset_kind = body.kind
    row.label = body.label
    row.value_fen = body.value_fen
    row.area_m2 = body.area_m2
    row.quantity = body.quantity
    row.detail = body.detail
    row.observed_at = envelope.observed_at
    row.recorded_by = envelope.staff_id
    row.removed_at = None
    await _asset_changed(uow, customer, row, before, asset_facts(row), envelope)


async def remove_asset(
    uow: UnitOfWork, asset_id: UUID, customer_id: UUID, reason: str, envelope: Envelope
) -> None:
    """An asset is gone (sold, died, mistaken). Its row and history stay."""
    customer = await queries.lock(uow, customer_id)
    row = await uow.session.get(Asset, asset_id)
    if row is None:
        raise out_of_scope("This asset")
    if row.customer_id == customer_id:
        row.removed_at = envelope.observed_at
        await _asset_changed(uow, customer, row, asset_facts(row), {"removed": reason}, envelope)
        await refresh(uow, customer.id, "asset")
        return
    async with uow.elevated("only whether the household it was with has split or was merged"):
        followed = await queries.went_over(uow, customer_id, row.customer_id)
    if not followed:
        raise out_of_scope("This asset")
    await remove_asset(uow, asset_id, row.customer_id, reason, envelope)


async def _asset_changed(
    uow: UnitOfWork,
    customer: Customer,
    row: Asset,
    before: dict[str, Any],
    after: dict[str, Any],
    envelope: Envelope,
) -> None:
    uow.session.add(
        AssetHistory(
            id=uuid7(),
            asset_id=row.id,
            customer_id=customer.id,
            before=before,
            after=after,
            observed_at=envelope.observed_at,
            recorded_at=uow.now,
            recorded_by=envelope.staff_id,
            command_id=envelope.command_id,
        )
    )
    await uow.session.flush()
    uow.audit(
        "asset.remove" if row.removed_at else "asset.put", "asset", row.id, {"customer": str(customer.id)}
    )
    uow.touch_all(customer.books, "asset", row.id, gone=row.removed_at is not None)


def asset_facts(row: Asset) -> dict[str, Any]:
    """An asset as the history keeps it."""
    return {
        "kind": row.asset_kind,
        "label": row.label,
        "value_fen": row.value_fen,
        "area_m2": row.area_m2,
        "quantity": row.quantity,
        "detail": row.detail,
    }
