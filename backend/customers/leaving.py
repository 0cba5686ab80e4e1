"""Who leaves a household or business: moves out, marries, dies, moves to another household; and the way back.

What is known of somebody stays whatever becomes of them. With a death every consent of theirs is over, they
are a member nowhere, and whom they looked after needs another guardian.
"""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct, structs
from msgspec.structs import replace
from sqlalchemy import select

from backend.customers import dealings, followers, merging, people, photos, queries, splitting, suggestions
from backend.customers.errors import bad_value, left_since, out_of_scope
from backend.customers.models import (
    Customer,
    Membership,
    Person,
    PersonChange,
)
from backend.customers.moving import rehome
from backend.customers.person_fields import MOST_MEMBERS, relation_wrong
from backend.customers.rules import HOUSEHOLD_RELATIONS, Relation
from backend.customers.schemas import FormerMember, FormerMembers, Text200
from backend.kernel.actor import FIELD
from backend.kernel.commands import Applied, CommandType, Envelope, about_customer
from backend.kernel.errors import not_found
from backend.kernel.uow import UnitOfWork

#: why somebody is no longer a member
LEAVING = frozenset({"moved_out", "married_out", people.DIED, "mistake"})
#: what became of somebody's guardian in the history: nobody took it away, the guardian died
ENDED = "ended"


class RemoveBefore(Struct, frozen=True):
    """`member.remove` version 1: on the day it was seen."""

    id: UUID
    customer_id: UUID
    reason: Text200


class RemoveMember(Struct, frozen=True):
    """`member.remove` version 2: `on` is the day, that of the entry where it is left out."""

    id: UUID
    customer_id: UUID
    reason: Text200
    on: date | None = None


class RestoreMember(Struct, frozen=True):
    """`member.restore` version 1: that this membership ended was a mistake."""

    id: UUID
    customer_id: UUID


class MoveMember(Struct, frozen=True):
    """`member.move` version 1: a member of one household is one of another from now on, as `relation`."""

    id: UUID
    customer_id: UUID
    into_id: UUID
    relation: str


Act = Callable[[Customer, Membership], Awaitable[None]]


async def remove(uow: UnitOfWork, body: RemoveMember, envelope: Envelope) -> Applied:
    """Somebody is no longer a member. Raises Problem `out_of_scope`, `bad_value`."""
    if body.reason not in LEAVING:
        raise bad_value(f"A member leaves for one of these reasons: {', '.join(sorted(LEAVING))}.")
    seen_on = uow.clock.local(envelope.observed_at).date()
    if body.on is not None and body.on > seen_on:
        raise bad_value("Nobody has left on a day to come.")

    async def act(customer: Customer, membership: Membership) -> None:
        if membership.until_on is not None:
            return
        person = await uow.session.get_one(Person, membership.person_id, with_for_update=True)
        on = body.on or seen_on
        if person.birth_on is not None and on < person.birth_on:
            raise bad_value("That is before the person was born.")
        places = [membership]
        if body.reason == people.DIED:
            places = await _places(uow, person)
        for one in places:
            await end(uow, one, on, body.reason)
        if body.reason == people.DIED:
            await _consents_over(uow, person)
            await _without_guardian(uow, customer, person, envelope)
        detail = {"person": str(person.id), "reason": body.reason, "on": on.isoformat()}
        uow.audit("member.remove", "customer", customer.id, detail)

    now = await followers.named_now(uow, body, member="id")
    if now is not body and body.reason == "mistake":
        # the entry that was one too many has gone into the other: that one is no mistake
        return Applied()
    return await _of_member(uow, now, act)


async def restore(uow: UnitOfWork, body: RestoreMember, envelope: Envelope) -> Applied:
    """Somebody is a member again, with all that ended with them. Raises Problem `out_of_scope`,
    `bad_value`, `conflict_state` where they live in another household now."""

    async def act(customer: Customer, membership: Membership) -> None:
        if membership.until_on is None:
            return
        person = await uow.session.get_one(Person, membership.person_id, with_for_update=True)
        if person.part_of is not None:
            # an entry that was one too many: it comes back when the two are told apart
            raise left_since()
        if membership.in_household and any(one.in_household for one in await _places(uow, person)):
            raise left_since()
        ended = [membership]
        died = membership.left_reason == people.DIED
        if died:
            over = await uow.session.scalars(
                select(Membership)
                .where(
                    Membership.person_id == person.id,
                    Membership.left_reason == people.DIED,
                    Membership.until_on.is_not(None),
                )
                .order_by(Membership.id)
            )
            ended = list(over)
        for one in ended:
            await begin_again(uow, one)
        if died:
            await _consents_again(uow, person)
            await _guardian_again(uow, person, envelope)
        uow.audit("member.restore", "customer", customer.id, {"person": str(person.id)})

    return await _of_member(uow, body, act)


async def move(uow: UnitOfWork, body: MoveMember, envelope: Envelope) -> Applied:
    """Somebody lives in another household of the actor's from now on; their papers go along. Moved there
    already, nothing changes. Raises Problem `out_of_scope`, `bad_value`, `conflict_state`."""
    if body.relation not in HOUSEHOLD_RELATIONS:
        raise bad_value(f"{body.relation!r} is nothing that somebody is in a household.")
    if body.into_id == body.customer_id:
        raise bad_value("They live there already.")

    async def apply(given: MoveMember) -> Applied:
        first, second = sorted((given.customer_id, given.into_id))
        locked = {one: await queries.lock(uow, one) for one in (first, second)}
        old, new = locked[given.customer_id], locked[given.into_id]
        if new.kind != "household" or old.kind != new.kind:
            raise bad_value("Somebody moves from one household to another.")
        async with uow.elevated("both are the actor's; what hangs on the person goes along"):
            membership = await uow.session.get(Membership, given.id)
            if membership is None or membership.customer_id not in locked:
                raise out_of_scope("This person")
            if membership.customer_id == new.id:
                return Applied()
            if membership.until_on is not None:
                raise left_since()
            if await queries.count_members(uow, new.id) >= MOST_MEMBERS:
                raise bad_value(f"A household of more than {MOST_MEMBERS} people is two, or a mistake.")
            if wrong := relation_wrong(given.relation, new.kind, await _relations(uow, new.id)):
                raise bad_value(wrong)
            was = membership.relation
            membership.customer_id, membership.relation = new.id, given.relation
            papers = await splitting.papers_of(uow, old.id, [membership.person_id])
            for photo in papers:
                photo.customer_id = new.id
            if old.phone_person_id == membership.person_id:
                old.phone_person_id = None
            went = {"members": [[str(membership.id), was]]}
            merging.record(uow, envelope, "member", old.id, new.id, went)
            await uow.session.flush()
            moved = [("member", str(membership.id)), *(("photo", str(one.id)) for one in papers)]
            rehome(uow, moved, old.books, new.books)
            detail = {"person": str(membership.person_id), "to": str(new.id)}
            uow.audit("member.move", "customer", old.id, detail)
            for one in (old, new):
                await recount_and_tell(uow, one)
            dealings.people_moved(uow, old.id, new.id)
        return Applied()

    return await followers.follow(uow, body, apply)


async def former(uow: UnitOfWork, customer_id: UUID) -> FormerMembers:
    """Who was a member of a customer that the actor sees, and left. Raises Problem `not_found`."""
    if not await queries.visible(uow, [customer_id]):
        raise not_found("customer")
    rows = await uow.session.execute(
        select(Membership, Person.name)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.customer_id == customer_id,
            Membership.until_on.is_not(None),
            Person.part_of.is_(None),
        )
        .order_by(Membership.until_on.desc(), Membership.id)
    )
    return FormerMembers(
        [
            FormerMember(one.id, name, one.relation, one.left_reason or "", one.until_on)
            for one, name in rows
            if one.until_on is not None
        ]
    )


async def _of_member(uow: UnitOfWork, body: Any, act: Act) -> Applied:
    """Does something to a membership, whatever customer it is with since a split, move or merge."""

    async def apply(given: Any) -> Applied:
        customer = await queries.lock(uow, given.customer_id)
        async with uow.elevated("the customer is the actor's, and its members with it"):
            membership = await uow.session.get(Membership, given.id, with_for_update=True)
            now_with = membership.customer_id if membership is not None else None
            if membership is not None and now_with == customer.id:
                await act(customer, membership)
            elif now_with is None or not await queries.went_over(uow, customer.id, now_with):
                raise out_of_scope("This person")
        if now_with != customer.id:
            return await apply(replace(given, customer_id=now_with))
        return Applied()

    return await followers.follow(uow, body, apply)


async def _places(uow: UnitOfWork, person: Person) -> list[Membership]:
    """Wherever somebody is a member now."""
    rows = await uow.session.scalars(
        select(Membership)
        .where(Membership.person_id == person.id, Membership.until_on.is_(None))
        .order_by(Membership.id)
    )
    return list(rows)


async def end(uow: UnitOfWork, membership: Membership, on: date, reason: str) -> None:
    """Somebody is no member there from that day on. Needs the system's sight."""
    customer = await uow.session.get_one(Customer, membership.customer_id)
    membership.until_on, membership.left_reason = on, reason
    if customer.phone_person_id == membership.person_id:
        customer.phone_person_id = None
    await uow.session.flush()
    uow.touch_all(customer.books, "member", membership.id, gone=True)
    await recount_and_tell(uow, customer)


async def begin_again(uow: UnitOfWork, membership: Membership) -> None:
    """A membership that ended goes on. Needs the system's sight."""
    customer = await uow.session.get_one(Customer, membership.customer_id)
    membership.until_on = membership.left_reason = None
    if relation_wrong(membership.relation, customer.kind, await _relations(uow, customer.id, membership.id)):
        # there is another head or spouse meanwhile
        membership.relation = Relation.other.value
    await uow.session.flush()
    uow.touch_all(customer.books, "member", membership.id)
    await recount_and_tell(uow, customer)


async def recount_and_tell(uow: UnitOfWork, customer: Customer) -> None:
    """Counts the members anew, and tells phones and whoever reckons with them."""
    await merging.recount(uow, customer)
    await merging.changed(uow, customer, "member")


async def _relations(uow: UnitOfWork, customer_id: UUID, without: UUID | None = None) -> list[str]:
    rows = await uow.session.scalars(
        select(Membership.relation).where(
            Membership.customer_id == customer_id,
            Membership.until_on.is_(None),
            Membership.id.is_distinct_from(without),
        )
    )
    return list(rows)


async def _consents_over(uow: UnitOfWork, person: Person) -> None:
    """What somebody consented to is over with them; the signatures stay on record."""
    had_papers = photos.CONSENT in person.consented
    person.consented = []
    await uow.session.flush()
    await suggestions.consented(uow, person.id)
    if had_papers:
        await photos.consented(uow, person.id, given=False)


async def _consents_again(uow: UnitOfWork, person: Person) -> None:
    last = (await queries.consents(uow, [str(person.id)])).get(str(person.id), [])
    person.consented = sorted(one.purpose for one in last if one.given)
    await uow.session.flush()
    await suggestions.consented(uow, person.id)
    if photos.CONSENT in person.consented:
        await photos.consented(uow, person.id, given=True)
    await people.changed(uow, [person.id], "consent")


async def _without_guardian(uow: UnitOfWork, customer: Customer, person: Person, envelope: Envelope) -> None:
    wards = await uow.session.scalars(
        select(Person).where(Person.guardian_id == person.id).order_by(Person.id).with_for_update()
    )
    for ward in wards.all():
        places = await _places(uow, ward)
        if places:
            one = await people.read(uow, ward, places[0])
            people.note(uow, customer, one, "guardian_id", None, ENDED, envelope)
        ward.guardian_id = None
        await uow.session.flush()
        await people.changed(uow, [ward.id], "member")


async def _guardian_again(uow: UnitOfWork, person: Person, envelope: Envelope) -> None:
    """Whom somebody looked after is looked after by them again, where nobody else was named since."""
    homes = select(Membership.customer_id).where(Membership.person_id == person.id)
    family = select(Membership.person_id).where(Membership.customer_id.in_(homes))
    rows = await uow.session.scalars(
        select(PersonChange)
        .join(Person, Person.id == PersonChange.person_id)
        .where(
            PersonChange.person_id.in_(family),
            PersonChange.field == "guardian_id",
            PersonChange.outcome == ENDED,
            Person.guardian_id.is_(None),
        )
        .order_by(PersonChange.recorded_at, PersonChange.id)
    )
    for row in {one.person_id: one for one in rows}.values():
        before = row.before_sealed and uow.keys.open_field(
            row.before_sealed, f"change:{row.person_id}:guardian_id"
        )
        if not before or msgspec.json.decode(before) != str(person.id):
            continue
        ward = await uow.session.get_one(Person, row.person_id, with_for_update=True)
        places = await _places(uow, ward)
        if places:
            customer = await uow.session.get_one(Customer, places[0].customer_id)
            one = await people.read(uow, ward, places[0])
            people.note(uow, customer, one, "guardian_id", str(person.id), "applied", envelope)
        ward.guardian_id = person.id
        await uow.session.flush()
        await people.changed(uow, [ward.id], "member")


def _with_day(body: RemoveBefore) -> RemoveMember:
    return RemoveMember(**structs.asdict(body))


COMMANDS = (
    CommandType(
        "member.remove",
        {1: RemoveBefore, 2: RemoveMember},
        FIELD,
        remove,
        late=about_customer("suggest"),
        upcasts={1: _with_day},
        superseded={1: date(2026, 11, 30)},
    ),
    CommandType("member.restore", {1: RestoreMember}, FIELD, restore, late=about_customer("suggest")),
    CommandType("member.move", {1: MoveMember}, FIELD, move),
)
