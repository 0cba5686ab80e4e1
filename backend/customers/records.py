"""The records of a file: things, debts, plans and ties of a customer, and what they were before."""

from collections.abc import Container, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from backend.customers import disputes, partners, queries
from backend.customers.errors import bad_value, check_name, id_taken, out_of_scope
from backend.customers.limits import Said
from backend.customers.models import Customer, FileRecord, FileRecordHistory
from backend.customers.record_kinds import COLUMNS, linked, wrong
from backend.customers.rules import WORTH, Known, RecordKind, merge_fields
from backend.customers.schemas import PutRecord
from backend.customers.service import COLLECTED, refresh
from backend.kernel.commands import Envelope
from backend.kernel.ids import uuid7
from backend.kernel.models import SyncChange
from backend.kernel.uow import UnitOfWork

#: what a thing is said to be worth: two people's amounts wait for a third
MONEY = WORTH.name
#: in `lost`: somebody saw the thing, or saw that it is gone, later than this
REMOVED = "removed"
_DETAIL = "detail."
CALLED = Said("叫法", "Name")


async def put_record(uow: UnitOfWork, body: PutRecord, envelope: Envelope) -> tuple[str, ...]:
    """Adds a record or replaces what is known of it, merged field by field; what it was stays in the history.
    Returns the fields that kept a newer value.

    One that went with a part of the household that split off, or came with one that was merged, is edited
    where it is now. Raises Problem `bad_value`, `out_of_scope`, `id_taken`.
    """
    if body.kind not in set(RecordKind):
        raise bad_value(f"{body.kind!r} is no kind of record.")
    customer = await queries.lock(uow, body.customer_id)
    named, seen = await partners.named_now(uow, body)
    lost: tuple[str, ...] = ()
    async with uow.elevated("a record that somebody else made must not lose its id to this one"):
        row = await uow.session.get(FileRecord, body.id)
        now_with = row.customer_id if row is not None else customer.id
        if now_with == customer.id:
            lost = await _put(uow, customer, row, named, envelope, seen)
        elif not await queries.went_over(uow, customer.id, now_with):
            raise id_taken("record")
    if now_with != customer.id:
        return await put_record(uow, msgspec.structs.replace(body, customer_id=now_with), envelope)
    await refresh(uow, customer.id, "record")
    return lost


async def _put(
    uow: UnitOfWork,
    customer: Customer,
    row: FileRecord | None,
    body: PutRecord,
    envelope: Envelope,
    seen: Container[UUID],
) -> tuple[str, ...]:
    given = _flat(body.kind, body)
    at = envelope.stands_at
    there = _columns(row) | row.detail if row is not None and row.kind == body.kind else {}
    if fault := wrong(body.kind, _columns(body) | body.detail, there):
        raise bad_value(fault.why)
    if row is None or body.label != row.label:
        check_name(body.label, CALLED)
    # who cannot see a customer cannot name it either; what stands there already may stay
    named = linked(body.kind, there)
    if any(one not in seen and one not in named for one in linked(body.kind, body.detail)):
        raise out_of_scope("The customer that is named")
    if row is None:
        row = FileRecord(id=body.id, customer_id=customer.id, source=COLLECTED, removed_at=None)
        uow.session.add(row)
        _become(row, given)
        row.observed_at, row.recorded_by = at, envelope.staff_id
        await note_change(uow, customer, row, {}, {}, envelope)
        return ()
    current = _flat(row.kind, row)
    before, gave_way = record_facts(row), row.value_fen
    first = (row.observed_at, row.recorded_by)
    since = await _since(uow, row)
    known = {name: Known(value, since.get(name, first)[0]) for name, value in current.items()}
    outcomes = merge_fields(known, await _seen(uow, customer, row, body, current), given, at)
    lost = {name: given.get(name) for name, one in outcomes.items() if one == "lost"}
    if row.removed_at is not None and at < row.removed_at:
        lost[REMOVED] = False
    elif row.removed_at is not None:
        row.removed_at = None
    taken = {name for name, one in outcomes.items() if one in ("applied", "won")}
    other = standing = disputes.Observation(gave_way, *since.get(MONEY, first))
    if outcomes.get(MONEY) == "lost":
        other = disputes.Observation(body.value_fen, at, envelope.staff_id)
    contested = standing.contested(outcomes.get(MONEY), envelope.staff_id)
    _become(row, current | {name: given.get(name) for name in taken})
    row.observed_at = max(at, row.observed_at)
    if taken:
        row.recorded_by = envelope.staff_id
    await note_change(uow, customer, row, before, lost, envelope)
    field = disputes.worth_of(row.id)
    if contested:
        await disputes.contend(uow, customer, field, row.value_fen, other)
    elif MONEY in taken:
        await disputes.stands(uow, customer, field, row.value_fen)
    return tuple(sorted(lost))


async def _seen(
    uow: UnitOfWork, customer: Customer, row: FileRecord, body: PutRecord, current: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """What the person saw, None where that cannot be told: an app from before `seen` names a revision only,
    from which it is known whether it saw what is there now."""
    if body.seen is not None:
        return _flat(body.seen.kind, body.seen)
    if body.seen_revision is None:
        return None
    newest = await uow.session.scalar(
        select(SyncChange.revision)
        .where(
            SyncChange.kind == "record",
            SyncChange.row_id == str(row.id),
            SyncChange.book.in_(customer.books),
            SyncChange.revision > body.seen_revision,
        )
        .limit(1)
    )
    return current if newest is None else None


async def _since(uow: UnitOfWork, row: FileRecord) -> dict[str, tuple[datetime, UUID | None]]:
    """When each field was last observed to be what it is, and by whom, as far as it was ever changed."""
    found: dict[str, tuple[datetime, UUID | None]] = {}
    history = await uow.session.scalars(
        select(FileRecordHistory)
        .where(FileRecordHistory.record_id == row.id)
        .order_by(FileRecordHistory.recorded_at, FileRecordHistory.id)
    )
    for one in history:
        if "kind" not in one.after:
            continue  # a removal
        before, after = _flat_facts(one.before), _flat_facts(one.after)
        for name in before.keys() | after.keys():
            if before.get(name) != after.get(name):
                found[name] = (one.observed_at, one.recorded_by)
    return found


async def remove_record(
    uow: UnitOfWork, record_id: UUID, customer_id: UUID, reason: str, envelope: Envelope
) -> tuple[str, ...]:
    """A record is over (sold, died, repaid, mistaken). Its row and history stay.

    Returns `removed` where somebody saw it later than that.
    """
    customer = await queries.lock(uow, customer_id)
    row = await uow.session.get(FileRecord, record_id)
    if row is None:
        raise out_of_scope("This record")
    if row.customer_id == customer_id:
        if row.observed_at > envelope.stands_at:
            await note_change(uow, customer, row, record_facts(row), {REMOVED: reason}, envelope)
            return (REMOVED,)
        row.removed_at = envelope.stands_at
        await note_change(uow, customer, row, record_facts(row), {}, envelope, removed=reason)
        await refresh(uow, customer.id, "record")
        return ()
    async with uow.elevated("only whether the household it was with has split or was merged"):
        followed = await queries.went_over(uow, customer_id, row.customer_id)
    if not followed:
        raise out_of_scope("This record")
    return await remove_record(uow, record_id, row.customer_id, reason, envelope)


async def note_change(
    uow: UnitOfWork,
    customer: Customer,
    row: FileRecord,
    before: dict[str, Any],
    lost: dict[str, Any],
    envelope: Envelope,
    removed: str | None = None,
) -> None:
    """History, trail and partitions of a change. `lost`: what was not taken, by field; it stays on record."""
    uow.session.add(
        FileRecordHistory(
            id=uuid7(),
            record_id=row.id,
            customer_id=customer.id,
            before=before,
            after=record_facts(row) if removed is None else {"removed": removed},
            lost=lost,
            observed_at=envelope.stands_at,
            recorded_at=uow.now,
            recorded_by=envelope.staff_id,
            command_id=envelope.command_id,
        )
    )
    await uow.session.flush()
    uow.audit(
        "record.remove" if removed is not None else "record.put",
        "record",
        row.id,
        {"customer": str(customer.id), **({"lost": sorted(lost)} if lost else {})},
    )
    uow.touch_all(customer.books, "record", row.id, gone=row.removed_at is not None)


def record_facts(row: FileRecord) -> dict[str, Any]:
    """A record as the history keeps it."""
    return _facts(row.kind, row)


def _columns(of: Any) -> dict[str, Any]:
    return {name: getattr(of, name) for name in sorted(COLUMNS)}


def _facts(kind: str | None, of: Any) -> dict[str, Any]:
    plain = {name: getattr(of, name) for name in ("label", "value_fen", "area_m2", "quantity", "detail")}
    return {"kind": kind, **plain}


def _flat(kind: str | None, of: Any) -> dict[str, Any]:
    """Its fields one by one, those of `detail` too: each is merged for itself."""
    return _flat_facts(_facts(kind, of))


def _flat_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    flat = {name: value for name, value in facts.items() if name != "detail"}
    return flat | {f"{_DETAIL}{name}": value for name, value in (facts.get("detail") or {}).items()}


def _become(row: FileRecord, flat: Mapping[str, Any]) -> None:
    row.kind, row.label = flat["kind"], flat["label"]
    row.value_fen, row.area_m2, row.quantity = flat["value_fen"], flat["area_m2"], flat["quantity"]
    row.detail = {
        name.removeprefix(_DETAIL): value
        for name, value in flat.items()
        if name.startswith(_DETAIL) and value is not None
    }
