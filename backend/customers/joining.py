"""Two entries of one person become one as their households do: what one lacks the other brings; and back.

The entry that goes stays with the household that went, as it was. All of it needs the system's sight.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select, update
from sqlalchemy.orm import InstrumentedAttribute, aliased

from backend.customers import identities, people, photos, queries
from backend.customers.errors import bad_value
from backend.customers.handing import current_members
from backend.customers.models import (
    Customer,
    CustomerPhoto,
    Membership,
    Person,
    PersonContact,
    PersonIdentity,
)
from backend.customers.pair_models import DuplicatePair
from backend.customers.person_fields import fields
from backend.kernel.uow import UnitOfWork

#: what may be filled in where the entry that stays has nothing
_COLUMNS = ("sex", "birth_on", "education", "occupation")
#: rows that are a person's, and go along, by the name under which a merge notes them
_ALONG: Mapping[str, InstrumentedAttribute[Any]] = {
    "papers": CustomerPhoto.person_id,
    "wards": Person.guardian_id,
    "roles": Membership.person_id,
    # entries that became part of this one before
    "parts": Person.part_of,
}


class Same(Struct, frozen=True):
    """Two members who are one person: `member_id` goes with its household, `into_member_id` stays."""

    member_id: UUID
    into_member_id: UUID


async def chosen(
    uow: UnitOfWork, loser: Customer, winner: Customer, same: Sequence[Same]
) -> list[tuple[Membership, Membership]]:
    """The members that are one, checked. Raises Problem `bad_value`."""
    theirs = {one.id: one for one in await current_members(uow, loser.id)}
    ours = {one.id: one for one in await current_members(uow, winner.id)}
    sides = ([one.member_id for one in same], [one.into_member_id for one in same])
    if any(len(set(one)) < len(one) for one in sides):
        raise bad_value("One person is one other person.")
    if not all(one.member_id in theirs and one.into_member_id in ours for one in same):
        raise bad_value("Not all of these are members of these households now.")
    pairs = [(theirs[one.member_id], ours[one.into_member_id]) for one in same]
    numbered = {
        row.person_id
        for row in await uow.session.scalars(
            select(PersonIdentity).where(
                PersonIdentity.person_id.in_([one.person_id for pair in pairs for one in pair])
            )
        )
    }
    if any(
        one.person_id != other.person_id and {one.person_id, other.person_id} <= numbered
        for one, other in pairs
    ):
        raise bad_value("Two people with an ID number each are two people.")
    return pairs


async def join(
    uow: UnitOfWork, winner: Customer, goes: Membership, stays: Membership
) -> tuple[dict[str, Any], set[str]]:
    """What is needed to take it back, and the fields that both have otherwise."""
    old = await uow.session.get_one(Person, goes.person_id, with_for_update=True)
    new = await uow.session.get_one(Person, stays.person_id, with_for_update=True)
    detail: dict[str, Any] = {
        "member": str(goes.id),
        "into_member": str(stays.id),
        "person": str(old.id),
        "into": str(new.id),
        "filled": [],
    }
    for name, column in _ALONG.items():
        detail[name] = await _repoint(uow, column, old.id, new.id, besides=goes.id)
    old.part_of = new.id
    await _consented(uow, new)
    lost = await _fill(uow, old, new, detail["filled"])
    if winner.phone_person_id is None and "phone" in detail["filled"]:
        winner.phone_person_id = new.id
    await _pair(uow, old.id, new.id, "open", "settled")
    await people.changed(uow, [new.id], "joined")
    return detail, lost


async def part(uow: UnitOfWork, winner: Customer, detail: Mapping[str, Any]) -> None:
    """Takes `join` back, as far as what it brought is still there."""
    old = await uow.session.get_one(Person, UUID(detail["person"]), with_for_update=True)
    new = await uow.session.get_one(Person, UUID(detail["into"]), with_for_update=True)
    old.part_of = None
    for name, column in _ALONG.items():
        await _repoint(uow, column, new.id, old.id, only=detail[name])
    await _empty(uow, winner, old, new, detail["filled"])
    for one in (old, new):
        await _consented(uow, one)
    await _pair(uow, old.id, new.id, "settled", "open")
    await people.changed(uow, [old.id, new.id], "parted")


async def _fill(uow: UnitOfWork, old: Person, new: Person, filled: list[str]) -> set[str]:
    lost: set[str] = set()

    def taken(name: str, theirs: Any, ours: Any) -> bool:
        if theirs is not None and ours is None:
            filled.append(name)
        elif theirs is not None and theirs != ours:
            lost.add(name)
        return theirs is not None and ours is None

    taken("name", old.name, new.name)
    for name in _COLUMNS:
        if taken(name, getattr(old, name), getattr(new, name)):
            setattr(new, name, getattr(old, name))
    ids = [str(old.id), str(new.id)]
    phones = await queries.phones(uow, ids)
    if taken("phone", phones.get(ids[0]), phones.get(ids[1])):
        await _say_phone(uow, new.id, phones[ids[0]])
    private = await queries.private(uow, ids)
    ours = private.get(ids[1], {})
    # what a consent was for goes along only as long as that is in force
    theirs = {name: value for name, value in private.get(ids[0], {}).items() if _allowed(new, name)}
    more = {name: value for name, value in theirs.items() if taken(name, value, ours.get(name))}
    if more:
        await people.keep_private(uow, new.id, ours | more)
    if await _hand_number(uow, old.id, new.id):
        filled.append("id_number")
    await uow.session.flush()
    return lost


async def _empty(uow: UnitOfWork, winner: Customer, old: Person, new: Person, filled: Sequence[str]) -> None:
    """What was filled and is still as it was filled is taken out again."""
    for name in _COLUMNS:
        if name in filled and getattr(new, name) == getattr(old, name):
            setattr(new, name, None)
    ids = [str(old.id), str(new.id)]
    phones = await queries.phones(uow, ids)
    if "phone" in filled and phones.get(ids[0]) == phones.get(ids[1]):
        contact = await uow.session.get_one(PersonContact, new.id)
        await uow.session.delete(contact)
        if winner.phone_person_id == new.id:
            winner.phone_person_id = None
    private = await queries.private(uow, ids)
    theirs, ours = private.get(ids[0], {}), private.get(ids[1], {})
    left = {name: value for name, value in ours.items() if name not in filled or value != theirs.get(name)}
    if left != ours:
        await people.keep_private(uow, new.id, left)
    if "id_number" in filled:
        await _hand_number(uow, new.id, old.id)
    await uow.session.flush()


async def _say_phone(uow: UnitOfWork, person_id: UUID, phone: str) -> None:
    sealed = uow.keys.seal_field(phone, f"phone:{person_id}")
    index = uow.keys.blind_index(phone, "phone")
    await uow.session.merge(PersonContact(person_id=person_id, phone_sealed=sealed, phone_index=index))


async def _hand_number(uow: UnitOfWork, giver: UUID, taker: UUID) -> bool:
    """An ID number is one row of the bank's: it goes over, sealed anew. Whether there was one to take."""
    row = await uow.session.get(PersonIdentity, giver)
    if row is None or await uow.session.get(PersonIdentity, taker) is not None:
        return False
    number = uow.keys.open_field(row.number_sealed, f"{identities.CONTEXT}:{giver}")
    sealed = uow.keys.seal_field(number, f"{identities.CONTEXT}:{taker}")
    await uow.session.execute(
        update(PersonIdentity)
        .where(PersonIdentity.person_id == giver)
        .values(person_id=taker, number_sealed=sealed)
        .execution_options(synchronize_session=False)
    )
    uow.session.expunge(row)
    return True


async def _repoint(
    uow: UnitOfWork,
    column: InstrumentedAttribute[Any],
    before: UUID,
    after: UUID,
    only: Sequence[str] | None = None,
    besides: UUID | None = None,
) -> list[str]:
    """Rows that name the one name the other; their ids. `besides`: the membership that stays as it was."""
    model = column.class_
    statement = update(model).where(column == before).values({column.key: after})
    if model is Membership:
        # places in businesses; the one in the household stays with it
        there = aliased(Membership)
        statement = statement.where(
            Membership.in_household.is_(False),
            Membership.until_on.is_(None),
            Membership.id.is_distinct_from(besides),
            # where both have one, the other's stays
            Membership.customer_id.not_in(
                select(there.customer_id).where(there.person_id == after, there.until_on.is_(None))
            ),
        )
    if only is not None:
        statement = statement.where(model.id.in_([UUID(one) for one in only]))
    rows = await uow.session.scalars(
        statement.returning(model.id).execution_options(synchronize_session=False)
    )
    return [str(one) for one in rows]


def _allowed(person: Person, field: str) -> bool:
    purpose = fields()[field].consent if field in fields() else None
    return purpose is None or purpose in person.consented


async def _consented(uow: UnitOfWork, person: Person) -> None:
    """The consents in force, by the words of all that are this person; none of somebody who has died."""
    await uow.session.flush()
    last = (await queries.consents(uow, [str(person.id)])).get(str(person.id), [])
    gone = await people.died(uow, person.id)
    person.consented = [] if gone else sorted(one.purpose for one in last if one.given)
    await uow.session.flush()
    await photos.consented(uow, person.id, given=photos.CONSENT in person.consented)


async def _pair(uow: UnitOfWork, one: UUID, other: UUID, before: str, after: str) -> None:
    low, high = sorted((one, other))
    await uow.session.execute(
        update(DuplicatePair)
        .where(DuplicatePair.person_id == low, DuplicatePair.other_id == high, DuplicatePair.state == before)
        .values(
            state=after,
            decided_at=uow.now if after == "settled" else None,
            decided_by=uow.actor.staff_id if after == "settled" else None,
        )
        .execution_options(synchronize_session=False)
    )
