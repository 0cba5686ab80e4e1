"""What is said of the people of a customer, and who joins. Who leaves: `leaving`."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct
from sqlalchemy import select

from backend.customers import contested, followers, identities, people, queries
from backend.customers.errors import bad_value, id_taken, no_consent, unknown_field
from backend.customers.models import Customer, Membership, Person
from backend.customers.people import Somebody
from backend.customers.person_fields import (
    ADULT_YEARS,
    ID_NUMBER,
    MOST_MEMBERS,
    day_of,
    fields,
    papers_wrong,
    relation_wrong,
    value_wrong,
    years_between,
)
from backend.customers.rules import Known, birth_error, id_error, merge, normal_id
from backend.kernel.actor import FIELD
from backend.kernel.commands import Applied, CommandType, Envelope, about_customer
from backend.kernel.uow import UnitOfWork


class PersonEdit(Struct, frozen=True):
    """One field's edit: the value the person saw and the one they gave."""

    field: str
    seen: int | str | bool | None
    value: int | str | bool | None


class PutMember(Struct, frozen=True):
    """`member.put` version 1: what is said of a member, `id` the membership's. One that is not there yet
    joins."""

    id: UUID
    customer_id: UUID
    person_id: UUID
    edits: Annotated[list[PersonEdit], Meta(min_length=1, max_length=60)]


async def put(uow: UnitOfWork, body: PutMember, envelope: Envelope) -> Applied:
    """Fields merged one by one; `lost` names those that kept a newer value.

    Raises Problem `out_of_scope`, `bad_value`, `unknown_field`, `no_consent`, `id_taken`.
    """

    async def apply(given: PutMember) -> Applied:
        return Applied(lost=await _put(uow, given, envelope))

    return await followers.follow(uow, await followers.named_now(uow, body, member="id"), apply)


async def _put(uow: UnitOfWork, body: PutMember, envelope: Envelope) -> tuple[str, ...]:
    given = _plain(uow, body.edits)
    customer = await queries.lock(uow, body.customer_id)
    lost: tuple[str, ...] = ()
    async with uow.elevated("the person is the customer's; what of them the actor sees is not answered"):
        membership = await uow.session.get(Membership, body.id)
        now_with = membership.customer_id if membership is not None else customer.id
        if now_with == customer.id:
            one = await _somebody(uow, customer, membership, body, given)
            lost = await _edit(uow, customer, one, body.edits, given, envelope, new=membership is None)
            if membership is None:
                customer.member_count = await queries.count_members(uow, customer.id)
            uow.touch_all(customer.books, "customer", customer.id)
            uow.touch_all(customer.books, "file", customer.id)
            await people.changed(uow, [one.person.id], "member")
        elif not await queries.went_over(uow, customer.id, now_with):
            raise id_taken("member")
    if now_with != customer.id:
        return await _put(uow, msgspec.structs.replace(body, customer_id=now_with), envelope)
    return lost


def _plain(uow: UnitOfWork, edits: Sequence[PersonEdit]) -> dict[str, Any]:
    """The values given, each right by itself."""
    given: dict[str, Any] = {}
    for edit in edits:
        if edit.field not in fields():
            raise unknown_field(edit.field)
        if wrong := value_wrong(edit.field, edit.value, demo=uow.demo_mode):
            raise bad_value(wrong)
        value = edit.value.strip() if isinstance(edit.value, str) else edit.value
        given[edit.field] = normal_id(str(value)) if edit.field == ID_NUMBER and value else value
    return given


async def _somebody(
    uow: UnitOfWork,
    customer: Customer,
    membership: Membership | None,
    body: PutMember,
    given: Mapping[str, Any],
) -> Somebody:
    """The member, or a new one without anything but a name and a place."""
    person = await uow.session.get(Person, body.person_id, with_for_update=True)
    if membership is not None:
        if person is None or membership.person_id != person.id:
            raise id_taken("member")
        if membership.until_on is not None:
            raise bad_value("This person is no longer a member here.")
        return await people.read(uow, person, membership)
    if person is not None:
        raise id_taken("person")
    if not given.get("name") or not given.get("relation"):
        raise bad_value("Who joins has a name and a relation.")
    if await queries.count_members(uow, customer.id) >= MOST_MEMBERS:
        raise bad_value(f"A household of more than {MOST_MEMBERS} people is two, or a mistake.")
    person = Person(
        id=body.person_id,
        name=given["name"],
        sex=None,
        birth_on=None,
        education=None,
        occupation=None,
        created_by=uow.actor.staff_id,
        consented=[],
        guardian_id=None,
    )
    uow.session.add(person)
    await uow.session.flush()
    membership = Membership(
        id=body.id,
        customer_id=customer.id,
        person_id=person.id,
        relation=given["relation"],
        whereabouts=None,
        since_on=uow.today,
        until_on=None,
        in_household=False,
        left_reason=None,
    )
    uow.session.add(membership)
    await uow.session.flush()
    return Somebody(person, membership, {}, None)


async def _edit(
    uow: UnitOfWork,
    customer: Customer,
    one: Somebody,
    edits: Sequence[PersonEdit],
    given: dict[str, Any],
    envelope: Envelope,
    *,
    new: bool,
) -> tuple[str, ...]:
    at, since, first = envelope.stands_at, await people.since(uow, one), people.first_seen(uow, one)
    outcomes: dict[str, str] = {}
    number = contested.UNCHANGED
    for edit in edits:
        value = given[edit.field]
        purpose = fields()[edit.field].consent
        if value is not None and purpose is not None and purpose not in one.person.consented:
            raise no_consent(edit.field)
        if edit.field == ID_NUMBER:
            number = await _of_number(uow, customer, one, given, envelope)
            outcomes[edit.field] = number.outcome
        else:
            current = Known(one.values.get(edit.field), since.get(edit.field, first))
            outcomes[edit.field] = merge(current, edit.seen, Known(value, at))
    if number.outcome == "contested":
        # they come with the number, if that comes to stand
        outcomes |= {name: "lost" for name in contested.waits(one, given) if name in outcomes}
    taken = {name: given[name] for name, outcome in outcomes.items() if outcome in ("applied", "won")}
    if taken.get(ID_NUMBER):
        # what the number says of its person need not be asked
        taken |= contested.follows(one, taken)
    if new:
        taken |= {"name": given["name"], "relation": given["relation"]}
    await _check(uow, customer, one, taken)
    for name, outcome in outcomes.items():
        if outcome != "unchanged":
            people.note(uow, customer, one, name, given[name], outcome, envelope)
    for name in taken.keys() - outcomes.keys():
        people.note(uow, customer, one, name, taken[name], "applied", envelope)
    await people.keep(uow, customer, one, taken)
    if taken.get(ID_NUMBER) and one.number is None:
        identities.keep(uow, one.person.id, taken[ID_NUMBER], envelope.staff_id)
    uow.audit(
        "member.put",
        "person",
        one.person.id,
        {"customer": str(customer.id), "fields": sorted(given), "new": new},
    )
    return tuple(sorted({name for name, outcome in outcomes.items() if outcome == "lost"} | {*number.lost}))


async def _of_number(
    uow: UnitOfWork, customer: Customer, one: Somebody, given: Mapping[str, Any], envelope: Envelope
) -> contested.Weighed:
    """What becomes of an ID number. One that is somebody else's by the bank's records is never taken; it
    stays in the history for a person to look at."""
    number = given[ID_NUMBER]
    if number is None:
        return contested.UNCHANGED
    if wrong := id_error(number, None, None, uow.today, demo=uow.demo_mode):
        raise bad_value(wrong)
    if number != one.number and await identities.taken(uow, number, one.person.id):
        return contested.Weighed("lost")
    if one.number is None:
        return contested.Weighed("applied")
    return await contested.enter(uow, customer, one, given, envelope)


async def _check(uow: UnitOfWork, customer: Customer, one: Somebody, taken: Mapping[str, Any]) -> None:
    """What must fit together, as far as something of it changes. Raises Problem `bad_value`."""
    after = {**one.values, **taken}
    born = day_of(after["birth_on"]) if after.get("birth_on") else None
    number = taken.get(ID_NUMBER) or one.number
    if taken.keys() & {"birth_on", "sex", ID_NUMBER}:
        wrong = birth_error(born, uow.today) if born else None
        if number and not wrong:
            wrong = id_error(number, born, after.get("sex"), uow.today, demo=uow.demo_mode)
        if wrong:
            raise bad_value(wrong)
    if taken.keys() & {"id_from", "id_until", "id_long"} and (wrong := papers_wrong(after)):
        raise bad_value(wrong)
    beside = (
        select(Membership.relation, Membership.person_id, Person.birth_on)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.customer_id == customer.id,
            Membership.until_on.is_(None),
            Membership.id != one.membership.id,
        )
    )
    others = (await uow.session.execute(beside)).all()
    if "relation" in taken and (
        wrong := relation_wrong(after["relation"], customer.kind, [row.relation for row in others])
    ):
        raise bad_value(wrong)
    if taken.get("guardian_id"):
        adults = {str(row.person_id) for row in others if _adult(row.birth_on, uow.today)}
        if _adult(born, uow.today):
            raise bad_value("Only who is not of age has a guardian.")
        if taken["guardian_id"] not in adults:
            raise bad_value("A guardian is a grown-up of the same household.")


def _adult(born: date | None, today: date) -> bool:
    return born is not None and years_between(born, today) >= ADULT_YEARS


COMMANDS = (CommandType("member.put", {1: PutMember}, FIELD, put, late=about_customer("suggest")),)
