"""What is known of a person, field by field, wherever it lies: columns, sealed rows, the place in a customer.

All of it needs the system's sight: who may see a field is the projection's business.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, select, text

from backend.customers import dealings, identities, queries
from backend.customers.models import (
    Customer,
    CustomerMove,
    Membership,
    Person,
    PersonChange,
    PersonContact,
    PersonIdentity,
    PersonPrivate,
)
from backend.customers.names import pinyin_of
from backend.customers.person_fields import ID_NUMBER, day_of, fields
from backend.customers.rules import HOUSEHOLD_RELATIONS, Relation
from backend.customers.service import refresh
from backend.kernel.commands import Envelope
from backend.kernel.ids import uuid7
from backend.kernel.uow import UnitOfWork

_COLUMNS = ("name", "sex", "education", "occupation")
#: of a member, not of the person
_PLACE = ("relation", "whereabouts")
_PHONE = "phone"
#: why a membership ended that ended with its person
DIED = "died"


def sealed_fields() -> list[str]:
    """The fields that lie sealed together, for the bank's people alone."""
    elsewhere = {*_COLUMNS, *_PLACE, _PHONE, ID_NUMBER, "birth_on", "guardian_id"}
    return [name for name in fields() if name not in elsewhere]


@dataclass(slots=True)
class Somebody:
    """A member with all that is known of them; `values` by field, days as text."""

    person: Person
    membership: Membership
    values: dict[str, Any]
    number: str | None


async def read(uow: UnitOfWork, person: Person, membership: Membership) -> Somebody:
    """All that is known."""
    values: dict[str, Any] = {name: getattr(person, name) for name in _COLUMNS}
    values |= {name: getattr(membership, name) for name in _PLACE}
    values["birth_on"] = person.birth_on.isoformat() if person.birth_on else None
    values["guardian_id"] = str(person.guardian_id) if person.guardian_id else None
    values[_PHONE] = (await queries.phones(uow, [str(person.id)])).get(str(person.id))
    values |= (await queries.private(uow, [str(person.id)])).get(str(person.id), {})
    identity = await uow.session.get(PersonIdentity, person.id)
    number = None
    if identity is not None:
        number = uow.keys.open_field(identity.number_sealed, f"{identities.CONTEXT}:{person.id}")
    return Somebody(person, membership, values, number)


async def since(uow: UnitOfWork, one: Somebody) -> dict[str, datetime]:
    """When each field was last observed to be what it is, as far as it was ever changed."""
    rows = await uow.session.scalars(
        select(PersonChange)
        .where(PersonChange.person_id == one.person.id, PersonChange.outcome != "lost")
        .order_by(PersonChange.recorded_at, PersonChange.id)
    )
    return {row.field: row.observed_at for row in rows}


_GIVEN = text(
    "SELECT DISTINCT ON (person_id, field) person_id::text AS person_id, field, observed_at,"
    " recorded_by::text AS recorded_by FROM person_change"
    " WHERE person_id = ANY(:people) AND outcome IN ('applied', 'won')"
    " ORDER BY person_id, field, recorded_at DESC, id DESC"
)


async def given(uow: UnitOfWork, person_ids: Sequence[str]) -> dict[str, dict[str, tuple[str, str | None]]]:
    """By person and field the day on which it was last observed to be what it is, and by whom, as far as it
    was ever changed."""
    wanted = {"people": [UUID(one) for one in person_ids]}
    found: dict[str, dict[str, tuple[str, str | None]]] = {}
    async with uow.elevated("when and by whom, and nothing of what; the caller knows who may hear of it"):
        rows = (await uow.session.execute(_GIVEN, wanted)).all()
    for row in rows:
        day = uow.clock.local(row.observed_at).date().isoformat()
        found.setdefault(row.person_id, {})[row.field] = (day, row.recorded_by)
    return found


def first_seen(uow: UnitOfWork, one: Somebody) -> datetime:
    """What was never changed was observed when the person became a member."""
    return datetime.combine(one.membership.since_on, time(), uow.clock.zone)


async def keep(uow: UnitOfWork, customer: Customer, one: Somebody, taken: Mapping[str, Any]) -> None:
    """Writes the fields that were taken to where they lie, but for an ID number (`identities`)."""
    person, membership = one.person, one.membership
    before = person.name
    for name in _COLUMNS:
        if name in taken:
            setattr(person, name, taken[name])
    for name in _PLACE:
        if name in taken:
            setattr(membership, name, taken[name])
    if "birth_on" in taken:
        person.birth_on = day_of(taken["birth_on"]) if taken["birth_on"] else None
    if "guardian_id" in taken:
        person.guardian_id = UUID(taken["guardian_id"]) if taken["guardian_id"] else None
    membership.in_household = customer.kind == "household" and membership.relation in HOUSEHOLD_RELATIONS
    if _PHONE in taken:
        await _keep_phone(uow, customer, one, taken[_PHONE])
    private = {name: taken[name] for name in sealed_fields() if name in taken}
    if private:
        now = {name: one.values.get(name) for name in sealed_fields()} | private
        await keep_private(uow, person.id, now)
    is_head = membership.relation == Relation.head
    came = is_head and "relation" in taken and await _called_by_another(uow, customer, person)
    if came or (is_head and customer.name == before != person.name):
        # the household is called by its head: a name that was mended is mended there too
        customer.name = person.name
        customer.pinyin, customer.initials = pinyin_of(person.name)
    await uow.session.flush()


async def _called_by_another(uow: UnitOfWork, customer: Customer, head: Person) -> bool:
    """Whether a household bears the name of somebody who was its head, and not a name of its own."""
    if customer.kind != "household" or customer.name == head.name:
        return False
    went = select(CustomerMove.other_id).where(
        CustomerMove.customer_id == customer.id, CustomerMove.undone_at.is_(None)
    )
    found = await uow.session.scalar(
        select(Person.id)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Person.name == customer.name,
            Membership.customer_id.in_(went) | (Membership.customer_id == customer.id),
        )
        .limit(1)
    )
    return found is not None


async def _keep_phone(uow: UnitOfWork, customer: Customer, one: Somebody, phone: str | None) -> None:
    person_id = one.person.id
    if phone is None:
        await uow.session.execute(delete(PersonContact).where(PersonContact.person_id == person_id))
        if customer.phone_person_id == person_id:
            customer.phone_person_id = None
        return
    sealed = uow.keys.seal_field(phone, f"phone:{person_id}")
    index = uow.keys.blind_index(phone, "phone")
    await uow.session.merge(PersonContact(person_id=person_id, phone_sealed=sealed, phone_index=index))
    if customer.phone_person_id is None or one.membership.relation == Relation.head:
        customer.phone_person_id = person_id


async def keep_private(uow: UnitOfWork, person_id: UUID, values: Mapping[str, Any]) -> None:
    """Seals what only the bank may see of a person; what has no value is left out."""
    plain = msgspec.json.encode({name: value for name, value in values.items() if value is not None})
    sealed = uow.keys.seal_field(plain.decode(), f"private:{person_id}")
    await uow.session.merge(PersonPrivate(person_id=person_id, sealed=sealed))


def note(
    uow: UnitOfWork,
    customer: Customer,
    one: Somebody,
    field: str,
    given: Any,
    outcome: str,
    envelope: Envelope,
) -> None:
    """One field in the history, also where what was given did not stand."""

    def sealed(value: Any) -> bytes | None:
        if value is None:
            return None
        context = f"change:{one.person.id}:{field}"
        return uow.keys.seal_field(msgspec.json.encode(value).decode(), context)

    uow.session.add(
        PersonChange(
            id=uuid7(),
            person_id=one.person.id,
            customer_id=customer.id,
            field=field,
            before_sealed=sealed(one.number if field == ID_NUMBER else one.values.get(field)),
            after_sealed=sealed(given),
            outcome=outcome,
            observed_at=envelope.stands_at,
            recorded_at=uow.now,
            recorded_by=envelope.staff_id,
            command_id=envelope.command_id,
        )
    )


async def died(uow: UnitOfWork, person_id: UUID) -> bool:
    """Whether somebody has died: what they consented to ended with them. Needs the system's sight."""
    found = await uow.session.scalar(
        select(Membership.id)
        .where(
            Membership.person_id == person_id,
            Membership.left_reason == DIED,
            Membership.until_on.is_not(None),
        )
        .limit(1)
    )
    return found is not None


async def changed(uow: UnitOfWork, person_ids: Sequence[UUID], cause: str) -> None:
    """Tells every customer of which these people are members: phones, and whoever reckons with them."""
    rows = await uow.session.execute(
        select(Membership.id, Membership.customer_id, Customer.books)
        .join(Customer, Customer.id == Membership.customer_id)
        .where(Membership.person_id.in_(person_ids), Membership.until_on.is_(None))
        .order_by(Membership.customer_id)
    )
    customers: dict[UUID, None] = {}
    for row in rows:
        uow.touch_all(row.books, "member", row.id)
        customers[row.customer_id] = None
    for customer_id in customers:
        await refresh(uow, customer_id, cause)
    await dealings.holders_changed(uow, customers)
