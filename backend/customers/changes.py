"""What somebody changed in a customer's file, for whoever approves it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from backend.customers.models import (
    Consent,
    CustomerValueHistory,
    FileRecordHistory,
    Person,
    PersonChange,
)
from backend.customers.person_fields import ID_NUMBER, fields
from backend.kernel.uow import UnitOfWork


async def changes_by(
    uow: UnitOfWork, customer_id: UUID, staff_id: UUID, since: datetime, until: datetime
) -> list[tuple[str, Any, Any, datetime]]:
    """What a person changed in a customer's file between two instants: (what, before, after, when), oldest
    first."""
    values = await uow.session.execute(
        select(
            CustomerValueHistory.field,
            CustomerValueHistory.before,
            CustomerValueHistory.after,
            CustomerValueHistory.observed_at,
        ).where(
            CustomerValueHistory.customer_id == customer_id,
            CustomerValueHistory.recorded_by == staff_id,
            CustomerValueHistory.observed_at.between(since, until),
        )
    )
    found: list[tuple[str, Any, Any, datetime]] = [
        (row.field, row.before.get("value"), row.after.get("value"), row.observed_at) for row in values
    ]
    things = await uow.session.execute(
        select(FileRecordHistory.before, FileRecordHistory.after, FileRecordHistory.observed_at).where(
            FileRecordHistory.customer_id == customer_id,
            FileRecordHistory.recorded_by == staff_id,
            FileRecordHistory.observed_at.between(since, until),
        )
    )
    for row in things:
        kind = (row.after or row.before).get("kind", "record")
        found.append((f"record:{kind}", row.before.get("label"), row.after.get("label"), row.observed_at))
    found += await _of_people(uow, customer_id, staff_id, since, until)
    return sorted(found, key=lambda one: (one[3], one[0]))


async def _of_people(
    uow: UnitOfWork, customer_id: UUID, staff_id: UUID, since: datetime, until: datetime
) -> list[tuple[str, Any, Any, datetime]]:
    """What was said of members (`person:<field>:<name>`; an ID number only that it is there) and what they
    signed (`consent:<purpose>:<name>`). What needs a consent that is not in force is left out."""
    rows = await uow.session.execute(
        select(PersonChange, Person.name, Person.consented)
        .join(Person, Person.id == PersonChange.person_id)
        .where(
            PersonChange.customer_id == customer_id,
            PersonChange.recorded_by == staff_id,
            PersonChange.observed_at.between(since, until),
            PersonChange.outcome.in_(["applied", "won"]),
        )
    )
    found: list[tuple[str, Any, Any, datetime]] = []
    for change, name, consented in rows:
        field = fields().get(change.field)
        if field is None or (field.consent is not None and field.consent not in consented):
            continue
        before, after = (_opened(uow, change, one) for one in (change.before_sealed, change.after_sealed))
        found.append((f"person:{change.field}:{name}", before, after, change.observed_at))
    signed = await uow.session.execute(
        select(Consent.purpose, Consent.given, Consent.observed_at, Person.name)
        .join(Person, Person.id == Consent.person_id)
        .where(
            Consent.customer_id == customer_id,
            Consent.recorded_by == staff_id,
            Consent.observed_at.between(since, until),
        )
    )
    return found + [(f"consent:{row.purpose}:{row.name}", None, row.given, row.observed_at) for row in signed]


def _opened(uow: UnitOfWork, change: PersonChange, sealed: bytes | None) -> Any:
    if sealed is None:
        return None
    if change.field == ID_NUMBER:
        return True
    plain = uow.keys.open_field(sealed, f"change:{change.person_id}:{change.field}")
    return msgspec.json.decode(plain)
