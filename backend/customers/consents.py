"""Consents (授权): given with a signature, withdrawn with a reason, each a row of its own.

What is in force also stands in `person.consented`, where projections, facts and checks read it.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct
from msgspec.structs import replace

from backend.customers import followers, people, photos, queries, suggestions
from backend.customers.consent_texts import purposes, text_wrong
from backend.customers.errors import bad_value, id_taken, out_of_scope
from backend.customers.models import Consent, Customer, Membership, Person
from backend.customers.person_fields import ADULT_YEARS, years_between
from backend.kernel.actor import FIELD
from backend.kernel.commands import Applied, CommandType, Envelope, about_customer
from backend.kernel.uow import UnitOfWork
from backend.policy import api as policy


class Signature(Struct, frozen=True):
    """A signature by the hash of its bytes."""

    hash: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    taken_at: int


class GiveConsent(Struct, frozen=True):
    """`consent.give` version 1: `signed_by` is the person, or the guardian of somebody too young to sign."""

    id: UUID
    customer_id: UUID
    member_id: UUID
    purpose: str
    text_number: int
    signed_by: UUID
    signature: Signature


class WithdrawConsent(Struct, frozen=True):
    """`consent.withdraw` version 1."""

    id: UUID
    customer_id: UUID
    member_id: UUID
    purpose: str
    reason: Annotated[str, Meta(min_length=1, max_length=200)]


async def give(uow: UnitOfWork, body: GiveConsent, envelope: Envelope) -> Applied:
    """Adds a consent. Raises Problem `out_of_scope`, `bad_value`, `id_taken`."""
    day = uow.clock.local(envelope.observed_at).date()
    if wrong := text_wrong(body.purpose, body.text_number, day):
        raise bad_value(wrong)

    body = await followers.named_now(uow, body, member="member_id")

    async def say(customer: Customer, person: Person) -> None:
        await _check_signer(uow, person, body)
        row = _row(uow, body, customer, person, envelope, given=True)
        row.text_number, row.signed_by = body.text_number, body.signed_by
        row.signature_hash = body.signature.hash
        await _add(uow, row, person)

    return await _of_member(uow, body, say)


async def withdraw(uow: UnitOfWork, body: WithdrawConsent, envelope: Envelope) -> Applied:
    """Ends a consent: from now on what needs it is neither shown, nor taken, nor reckoned with. Raises
    Problem `out_of_scope`, `bad_value`, `id_taken`."""
    if body.purpose not in purposes():
        raise bad_value(f"{body.purpose!r} is nothing that can be consented to")

    body = await followers.named_now(uow, body, member="member_id")

    async def say(customer: Customer, person: Person) -> None:
        row = _row(uow, body, customer, person, envelope, given=False)
        row.reason = body.reason
        await _add(uow, row, person)

    return await _of_member(uow, body, say)


Say = Callable[[Customer, Person], Awaitable[None]]


async def _of_member(uow: UnitOfWork, body: GiveConsent | WithdrawConsent, say: Say) -> Applied:
    """Lets a member say something, whatever customer they are with since a split or merge; also one who has
    left, for a consent may be withdrawn after that."""

    async def apply(given: GiveConsent | WithdrawConsent) -> Applied:
        customer = await queries.lock(uow, given.customer_id)
        async with uow.elevated("the person is the customer's; nothing of them is answered"):
            membership = await uow.session.get(Membership, given.member_id)
            now_with = membership.customer_id if membership is not None else None
            if membership is not None and now_with == customer.id:
                person = await uow.session.get_one(Person, membership.person_id, with_for_update=True)
                await say(customer, person)
            elif now_with is None or not await queries.went_over(uow, customer.id, now_with):
                raise out_of_scope("This person")
        if now_with != customer.id:
            return await apply(replace(given, customer_id=now_with))
        return Applied()

    return await followers.follow(uow, body, apply)


async def _check_signer(uow: UnitOfWork, person: Person, body: GiveConsent) -> None:
    if await people.died(uow, person.id):
        raise bad_value("This person has died.")
    if person.birth_on is None:
        raise bad_value("Without a birth date nobody can tell who may sign.")
    years = years_between(person.birth_on, uow.today)
    if purposes()[body.purpose].adults and years < ADULT_YEARS:
        raise bad_value("Nobody who is not of age is offered products.")
    young = years < int(await policy.figure(uow, "consent_guardian_years"))
    if young and person.guardian_id is None:
        raise bad_value("A guardian signs for somebody so young: say first who that is.")
    if body.signed_by != (person.guardian_id if young else person.id):
        raise bad_value("A guardian signs for this person." if young else "The person signs in person.")


def _row(
    uow: UnitOfWork,
    body: GiveConsent | WithdrawConsent,
    customer: Customer,
    person: Person,
    envelope: Envelope,
    *,
    given: bool,
) -> Consent:
    return Consent(
        id=body.id,
        person_id=person.id,
        customer_id=customer.id,
        purpose=body.purpose,
        given=given,
        text_number=None,
        signed_by=None,
        signature_hash=None,
        paper=None,
        reason=None,
        observed_at=envelope.stands_at,
        recorded_at=uow.now,
        recorded_by=envelope.staff_id,
    )


async def _add(uow: UnitOfWork, row: Consent, person: Person) -> None:
    if await uow.session.get(Consent, row.id) is not None:
        raise id_taken("consent")
    uow.session.add(row)
    await uow.session.flush()
    last = (await queries.consents(uow, [str(person.id)]))[str(person.id)]
    person.consented = (
        [] if await people.died(uow, person.id) else sorted(one.purpose for one in last if one.given)
    )
    await uow.session.flush()
    uow.audit(
        "consent.give" if row.given else "consent.withdraw",
        "person",
        person.id,
        {"customer": str(row.customer_id), "purpose": row.purpose, "text": row.text_number},
    )
    if row.purpose == photos.CONSENT:
        await photos.consented(uow, person.id, given=photos.CONSENT in person.consented)
    await suggestions.consented(uow, person.id)
    await people.changed(uow, [person.id], "consent")


COMMANDS = (
    CommandType("consent.give", {1: GiveConsent}, FIELD, give, late=about_customer("add")),
    CommandType("consent.withdraw", {1: WithdrawConsent}, FIELD, withdraw, late=about_customer("add")),
)
