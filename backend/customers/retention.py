"""Retention (保存期限): what a consent was for goes some days after it was withdrawn, or its person died.

The rule is policy (`retention_days`); what was deleted, of whom and why stays on record, not what it said.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, text, update

from backend.customers import people, photos, queries, suggestions
from backend.customers.consent_texts import purposes
from backend.customers.models import (
    CustomerPhoto,
    Membership,
    Person,
    PersonChange,
    RetentionDeletion,
)
from backend.customers.person_fields import fields
from backend.files import api as files
from backend.kernel.ids import uuid7
from backend.kernel.uow import UnitOfWork
from backend.policy import api as policy

DUE = "customers.retention_due"
#: fields of a member, not of the person's sealed ones
_OF_MEMBER = frozenset({"whereabouts"})

# a purpose that was withdrawn long enough ago, and nothing of it deleted since
_WITHDRAWN = text(
    "SELECT person_id, purpose, observed_at AS since FROM (SELECT DISTINCT ON (person_id, purpose) *"
    " FROM consent ORDER BY person_id, purpose, observed_at DESC, given) last"
    " WHERE NOT given AND observed_at < :before AND purpose = ANY(:purposes) AND NOT EXISTS ("
    "   SELECT 1 FROM retention_deletion d WHERE d.person_id = last.person_id"
    "   AND d.purpose = last.purpose AND d.since >= last.observed_at)"
    " ORDER BY person_id, purpose"
)
_DIED = text(
    "SELECT m.person_id, wanted.purpose, m.until_on::timestamptz AS since FROM membership m"
    " CROSS JOIN unnest(CAST(:purposes AS text[])) AS wanted(purpose)"
    " WHERE m.left_reason = 'died' AND m.until_on < :before AND NOT EXISTS ("
    "   SELECT 1 FROM retention_deletion d WHERE d.person_id = m.person_id"
    "   AND d.purpose = wanted.purpose AND d.rule = 'died')"
    " ORDER BY m.person_id, wanted.purpose"
)


def sensitive() -> dict[str, list[str]]:
    """The fields that hang on a consent, by its purpose; those of papers are photos. What the bank's own
    systems know (accounts) is no field, and not forgotten here."""
    found: dict[str, list[str]] = {name: [] for name, one in purposes().items() if one.sensitive}
    for name, one in fields().items():
        if one.consent is not None:
            found[one.consent].append(name)
    return {purpose: names for purpose, names in found.items() if names or purpose == photos.CONSENT}


async def delete_due(uow: UnitOfWork, _payload: Mapping[str, Any]) -> None:
    """`customers.retention_due`, nightly: deletes what its rule has let go of."""
    days = await policy.figure(uow, "retention_days")
    names = list(sensitive())
    for rule, statement in (("withdrawn", _WITHDRAWN), ("died", _DIED)):
        before = uow.now - timedelta(days=int(days[rule]))
        given = {"purposes": names, "before": before.date() if rule == "died" else before}
        for row in (await uow.session.execute(statement, given)).all():
            # what entries held that are part of this one goes too
            parts = await uow.session.scalars(select(Person.id).where(Person.part_of == row.person_id))
            for person_id in (row.person_id, *parts.all()):
                await _delete(uow, person_id, row.purpose, rule, row.since)


async def _delete(uow: UnitOfWork, person_id: UUID, purpose: str, rule: str, since: datetime) -> None:
    names = sensitive()[purpose]
    await uow.session.get_one(Person, person_id, with_for_update=True)
    counts = {"fields": await _forget(uow, person_id, names)}
    gone = await uow.session.execute(
        delete(PersonChange).where(PersonChange.person_id == person_id, PersonChange.field.in_(names))
    )
    counts["changes"] = getattr(gone, "rowcount", 0)
    counts["suggested"] = await suggestions.forget(uow, person_id, names)
    counts["photos"] = await _erase_papers(uow, person_id) if purpose == photos.CONSENT else 0
    uow.session.add(
        RetentionDeletion(
            id=uuid7(),
            person_id=person_id,
            purpose=purpose,
            rule=rule,
            since=since,
            deleted_at=uow.now,
            counts=counts,
        )
    )
    await uow.session.flush()
    uow.audit("retention.delete", "person", person_id, {"purpose": purpose, "rule": rule, **counts})


async def _forget(uow: UnitOfWork, person_id: UUID, names: Sequence[str]) -> int:
    """Takes the fields out of where they lie; how many there were. No phone shows them any more."""
    forgotten = 0
    for name in _OF_MEMBER & set(names):
        found = await uow.session.scalars(
            update(Membership)
            .where(Membership.person_id == person_id, getattr(Membership, name).is_not(None))
            .values({name: None})
            .returning(Membership.id)
            .execution_options(synchronize_session=False)
        )
        forgotten += len(found.all())
    private = (await queries.private(uow, [str(person_id)])).get(str(person_id), {})
    left = {name: value for name, value in private.items() if name not in names}
    if left != private:
        forgotten += len(private) - len(left)
        await people.keep_private(uow, person_id, left)
    return forgotten


async def _erase_papers(uow: UnitOfWork, person_id: UUID) -> int:
    found = await uow.session.scalars(
        select(CustomerPhoto).where(
            CustomerPhoto.person_id == person_id, CustomerPhoto.file_class == photos.PAPERS
        )
    )
    papers = found.all()
    for one in papers:
        one.removed_at = one.removed_at or uow.now
        one.removed_reason = one.removed_reason or "retention"
    hashes = sorted({one.file_hash for one in papers})
    await files.close(uow, hashes, closed=True)
    if hashes:
        uow.emit(files.ERASE, {"hashes": hashes})
    return len(hashes)


async def deletions(uow: UnitOfWork, since: datetime) -> Sequence[RetentionDeletion]:
    """What was deleted since, oldest first."""
    rows = select(RetentionDeletion).where(RetentionDeletion.deleted_at >= since)
    return (
        await uow.session.scalars(rows.order_by(RetentionDeletion.deleted_at, RetentionDeletion.id))
    ).all()
