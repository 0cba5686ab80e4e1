"""`dispute.settle`: a person says which of two amounts is right, or gives a third."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from backend.customers import disputes, queries, records, service, unowned
from backend.customers.errors import bad_value, out_of_scope
from backend.customers.file_fields import file_fields
from backend.customers.models import (
    Customer,
    CustomerDispute,
    CustomerValue,
    CustomerValueHistory,
    FileRecord,
)
from backend.customers.moving import MOVERS
from backend.customers.rules import WORTH, value_error
from backend.kernel.clock import from_millis
from backend.kernel.commands import Applied, CommandType, Envelope
from backend.kernel.errors import Problem
from backend.kernel.ids import uuid7
from backend.kernel.uow import UnitOfWork


class SettleDispute(Struct, frozen=True):
    """`dispute.settle` version 1. `seen`: the values that the person chose among; `value`: one of them or
    another."""

    dispute_id: UUID
    seen: Annotated[list[int | str | None], Meta(min_length=1, max_length=20)]
    value: int | str | None


async def settle(uow: UnitOfWork, body: SettleDispute, envelope: Envelope) -> Applied:
    """The value stands: one that was chosen as its own observer's, a third one as the actor's.

    The first decision counts. Raises Problem `out_of_scope`, `bad_value`, `conflict_state` (decided before,
    or a value came in that the person had not seen).
    """
    found = await uow.session.get(CustomerDispute, body.dispute_id)
    if found is None:
        raise out_of_scope("This choice")
    # customers are locked before what hangs on them
    customer = await queries.lock(uow, found.customer_id)
    row = await disputes.open_one(uow, customer.id, found.field)
    if row is None or row.id != body.dispute_id:
        raise Problem("conflict_state", 409, "This was decided before", detail="Somebody has decided.")
    thing_id = disputes.thing_in(row.field)
    if wrong := value_error(file_fields()[row.field] if thing_id is None else WORTH, body.value):
        raise bad_value(wrong)
    async with uow.elevated("the actor's scope was checked; the value may be one that a colleague recorded"):
        if thing_id is None:
            await _settle_value(uow, customer, row, body, envelope)
        else:
            await _settle_worth(uow, customer, row, thing_id, body, envelope)
        disputes.close(uow, row, body.value)
        await uow.session.flush()
        await service.show_values(uow, customer.id)
    await unowned.moved(uow, customer, disputes.KIND, row.id)
    if thing_id is None:
        uow.touch_all(customer.books, "file", customer.id)
    await service.refresh(uow, customer.id, "values" if thing_id is None else "record")
    return Applied()


async def _settle_value(
    uow: UnitOfWork, customer: Customer, row: CustomerDispute, body: SettleDispute, envelope: Envelope
) -> None:
    standing = await uow.session.get_one(
        CustomerValue, (customer.id, row.field, disputes.COLLECTED), with_for_update=True
    )
    before = service.value_of(standing)
    observed_at, recorded_by = _chosen(row, body, envelope, before, standing)
    if body.value != before:
        standing.amount = body.value if isinstance(body.value, int) else None
        standing.choice = body.value if isinstance(body.value, str) else None
        standing.observed_at, standing.recorded_by = observed_at, recorded_by
    standing.disputed = False
    uow.session.add(
        CustomerValueHistory(
            id=uuid7(),
            customer_id=customer.id,
            field=row.field,
            source=disputes.COLLECTED,
            before={"value": before},
            after={"value": body.value},
            observed_at=envelope.observed_at,
            recorded_at=uow.now,
            recorded_by=envelope.staff_id,
            outcome="settled",
            command_id=envelope.command_id,
        )
    )


async def _settle_worth(
    uow: UnitOfWork,
    customer: Customer,
    row: CustomerDispute,
    thing_id: UUID,
    body: SettleDispute,
    envelope: Envelope,
) -> None:
    thing = await uow.session.get_one(FileRecord, thing_id, with_for_update=True, populate_existing=True)
    before = records.record_facts(thing)
    _, recorded_by = _chosen(row, body, envelope, thing.value_fen, thing)
    if body.value != thing.value_fen:
        thing.value_fen = body.value if isinstance(body.value, int) else None
        thing.recorded_by = recorded_by
    await records.note_change(uow, customer, thing, before, {}, envelope)


def _chosen(
    row: CustomerDispute,
    body: SettleDispute,
    envelope: Envelope,
    before: int | str | None,
    standing: CustomerValue | FileRecord,
) -> tuple[datetime, UUID | None]:
    """When the chosen value was observed, and by whom. Raises Problem `conflict_state` where the person has
    not seen all of them."""
    if not {before, *(one["value"] for one in row.others)} <= set(body.seen):
        raise Problem(
            "conflict_state",
            409,
            "Another value came in",
            detail="Look at the values again, then choose.",
        )
    chosen = next((one for one in row.others if one["value"] == body.value), None)
    if chosen is None:
        return max(envelope.observed_at, standing.observed_at), envelope.staff_id
    return from_millis(chosen["observed_at"]), UUID(chosen["staff_id"]) if chosen["staff_id"] else None


COMMANDS = (CommandType("dispute.settle", {1: SettleDispute}, MOVERS, settle),)
