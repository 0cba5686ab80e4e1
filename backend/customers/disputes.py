"""Amounts in dispute: people gave different ones without knowing of each other's; a person decides.

Until then the value shown is the later observation's, and everything is reckoned with it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from backend.customers import unowned
from backend.customers.models import Customer, CustomerDispute, CustomerValue, FileRecord
from backend.customers.rules import Outcome
from backend.customers.suggestions import who_decides
from backend.kernel.clock import millis
from backend.kernel.ids import uuid7
from backend.kernel.uow import UnitOfWork
from backend.notify import api as notify

KIND = "dispute"
COLLECTED = "collected"
FIELDS = ("customer_id", "field", "values", "opened_at", "state", "settled_at", "settled_by", "value")
Value = int | str | None


def worth_of(record_id: UUID) -> str:
    """The field under which it is disputed what a thing is worth."""
    return f"record:{record_id}:value_fen"


def thing_in(field: str) -> UUID | None:
    """The thing whose worth a field is about, None for a field of the file."""
    kind, _, rest = field.partition(":")
    return UUID(rest.partition(":")[0]) if kind == "record" else None


@dataclass(frozen=True, slots=True)
class Observation:
    """A value that somebody gave: from which source, seen when, by whom."""

    value: Value
    observed_at: datetime
    staff_id: UUID | None
    source: str = COLLECTED

    def contested(self, outcome: Outcome | None, by: UUID) -> bool:
        """Whether an amount that met this one, and did not know of it, needs a person's word.

        Nobody disputes with oneself: of one person's amounts the later observation is the one meant.
        """
        return outcome in ("won", "lost") and self.staff_id != by

    def kept(self) -> dict[str, Any]:
        """As it lies in the dispute's row."""
        return {
            "value": self.value,
            "source": self.source,
            "observed_at": millis(self.observed_at),
            "staff_id": str(self.staff_id) if self.staff_id else None,
        }


def against(standing: Value, others: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The values that differ from the one that stands, each once, as last observed; oldest first."""
    found: dict[Value, dict[str, Any]] = {}
    for one in sorted(others, key=lambda one: one["observed_at"]):
        if one["value"] != standing:
            found.pop(one["value"], None)
            found[one["value"]] = dict(one)
    return list(found.values())


async def open_one(uow: UnitOfWork, customer_id: UUID, field: str) -> CustomerDispute | None:
    """The open dispute about a field, locked. The customer's row is locked before."""
    return await uow.session.scalar(
        select(CustomerDispute)
        .where(
            CustomerDispute.customer_id == customer_id,
            CustomerDispute.field == field,
            CustomerDispute.state == "open",
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )


async def contend(
    uow: UnitOfWork, customer: Customer, field: str, standing: Value, other: Observation
) -> bool:
    """Somebody's value lost against the one that stands, or gave way to it: a person is to decide.

    Returns whether two values remain. Needs the system's sight.
    """
    row = await open_one(uow, customer.id, field)
    if row is not None:
        row.others = against(standing, [*row.others, other.kept()])
        return await _look(uow, customer, row, standing)
    row = CustomerDispute(
        id=uuid7(),
        customer_id=customer.id,
        field=field,
        others=against(standing, [other.kept()]),
        opened_at=uow.now,
        state="open",
        value=None,
        settled_at=None,
        settled_by=None,
    )
    uow.session.add(row)
    uow.audit("dispute.opened", KIND, row.id, {"customer": str(customer.id), "field": field})
    await unowned.moved(uow, customer, KIND, row.id)
    for person in await who_decides(uow, customer):
        await notify.send(
            uow,
            person,
            KIND,
            {"dispute_id": str(row.id), "customer_id": str(customer.id)},
            dedupe=f"dispute:{row.id}:{person}",
        )
    return True


async def stands(uow: UnitOfWork, customer: Customer, field: str, standing: Value) -> bool:
    """The field's value changed in the ordinary way while it was in dispute. Returns whether it still is: an
    edit decides only where it leaves no other value."""
    row = await open_one(uow, customer.id, field)
    if row is None:
        return False
    row.others = against(standing, row.others)
    return await _look(uow, customer, row, standing)


async def _look(uow: UnitOfWork, customer: Customer, row: CustomerDispute, standing: Value) -> bool:
    if not row.others:
        close(uow, row, standing)
    await unowned.moved(uow, customer, KIND, row.id)
    return bool(row.others)


def close(uow: UnitOfWork, row: CustomerDispute, value: Value) -> None:
    """The dispute is over, with `value`, by the actor's word."""
    row.state, row.value = "settled", {"value": value}
    row.settled_at, row.settled_by = uow.now, uow.actor.staff_id
    uow.audit("dispute.settled", KIND, row.id, {"customer": str(row.customer_id), "field": row.field})


async def load(uow: UnitOfWork, ids: Sequence[str], projection: str) -> Mapping[str, Sequence[Any]]:
    """Disputes by id, the value that stands first. Row security leaves those of customers in sight."""
    rows = list(
        await uow.session.scalars(
            select(CustomerDispute)
            .join(Customer, Customer.id == CustomerDispute.customer_id)
            .where(CustomerDispute.id.in_([UUID(one) for one in ids]))
        )
    )
    standing = await uow.session.scalars(
        select(CustomerValue).where(
            CustomerValue.customer_id.in_([row.customer_id for row in rows]),
            CustomerValue.source == COLLECTED,
        )
    )
    known: dict[tuple[UUID, str], tuple[Value, CustomerValue | FileRecord]] = {
        (one.customer_id, one.field): (one.amount if one.amount is not None else one.choice, one)
        for one in standing
    }
    things = [one for row in rows if (one := thing_in(row.field))]
    for thing in (
        await uow.session.scalars(select(FileRecord).where(FileRecord.id.in_(things))) if things else ()
    ):
        known[thing.customer_id, worth_of(thing.id)] = (thing.value_fen, thing)
    names = await unowned.names(uow, {row.customer_id for row in rows}, projection)
    return {
        str(row.id): unowned.named(
            _wire(row, known.get((row.customer_id, row.field))), row.customer_id, names
        )
        for row in rows
    }


def _wire(row: CustomerDispute, standing: tuple[Value, CustomerValue | FileRecord] | None) -> list[Any]:
    values: list[list[Any]] = []
    if standing is not None:
        value, one = standing
        who = str(one.recorded_by) if one.recorded_by else None
        values.append([value, one.source, millis(one.observed_at), who])
    values += [[one["value"], one["source"], one["observed_at"], one["staff_id"]] for one in row.others]
    return [
        str(row.customer_id),
        row.field,
        values if row.state == "open" else [],
        millis(row.opened_at),
        row.state,
        millis(row.settled_at) if row.settled_at else None,
        str(row.settled_by) if row.settled_by else None,
        row.value["value"] if row.value else None,
    ]


PROJECTIONS = (unowned.projection(KIND, FIELDS, load),)
