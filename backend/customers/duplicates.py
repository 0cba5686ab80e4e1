"""A household that was entered as a new one and is the bank's already: it becomes part of that at once.

What was typed stays on record under the new id, so that a merge of two that are not the same can be undone
like any other.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from backend.customers import merging, queries
from backend.customers.errors import MergedAway
from backend.customers.handing import current_members
from backend.customers.identities import KnownPerson, household_of
from backend.customers.models import Customer, Membership, Person
from backend.customers.schemas import CreateCustomer, NewMember
from backend.customers.suggestions import who_decides
from backend.kernel.commands import Applied, Envelope
from backend.kernel.uow import UnitOfWork
from backend.notify import api as notify

REASON = "ID number"


async def settle(
    uow: UnitOfWork, body: CreateCustomer, people: Mapping[UUID, KnownPerson], envelope: Envelope
) -> Applied:
    """What becomes of a new customer of whose people the bank knows some by ID number.

    `alias` where it is a household that the bank has; `lost` names what that one has otherwise, as far as the
    actor may know it, and `id_number` where a number stays with somebody elsewhere.
    """
    if not people:
        return Applied()
    into = household_of(body, people)
    for member in body.members:
        if member.person_id in people:
            known = str(people[member.person_id].person_id)
            uow.audit("customer.known_person", "person", member.person_id, {"known": known})
    if into is None:
        return Applied(lost=("id_number",))
    theirs = bool(await queries.visible(uow, [into]))
    async with uow.elevated("the household may be anybody's; what is answered of it is what the actor sees"):
        try:
            winner = await queries.lock(uow, into)
        except MergedAway as away:  # between the look and the lock
            winner = await queries.lock(uow, into := away.into)
        loser = await queries.lock(uow, body.id)
        there = await _people_of(uow, winner.id)
        staying = [one.id for one in body.members if _is_there(one, there, people)]
        # a contact that was made of the phone alone is nobody
        named = {one.id for one in body.members}
        staying += [one.id for one in await current_members(uow, body.id) if one.id not in named]
        applied = await merging.absorb(uow, loser, winner, envelope, REASON, staying)
        lost = list(applied.lost)
        if theirs:
            lost += await _otherwise(uow, body, winner, there)
        else:
            await _tell(uow, winner, body.id, envelope)
        here = {one.person_id for one in there}
    if any(one.person_id not in here for one in people.values()):
        lost.append("id_number")
    return Applied(tuple(sorted({*lost})), applied.alias)


async def _people_of(uow: UnitOfWork, customer_id: UUID) -> Sequence[Any]:
    """(person_id, name, birth_on, sex) of the members."""
    return (
        await uow.session.execute(
            select(Person.id.label("person_id"), Person.name, Person.birth_on, Person.sex)
            .join(Membership, Membership.person_id == Person.id)
            .where(Membership.customer_id == customer_id, Membership.until_on.is_(None))
        )
    ).all()


def _is_there(member: NewMember, there: Sequence[Any], people: Mapping[UUID, KnownPerson]) -> bool:
    """Whether a person of the new household is one of the known one's: by number, else by name, where
    nothing that is known of both speaks against it."""
    if member.person_id in people:
        return people[member.person_id].person_id in {one.person_id for one in there}
    return any(
        one.name == member.name
        and (one.birth_on is None or member.birth_on is None or one.birth_on == member.birth_on)
        and (one.sex is None or member.sex is None or one.sex == member.sex)
        for one in there
    )


async def _otherwise(
    uow: UnitOfWork, body: CreateCustomer, winner: Customer, there: Sequence[Any]
) -> list[str]:
    """What was typed and the known household has otherwise. A point that it lacks it takes."""
    found = []
    if body.name.strip() not in {winner.name, *(one.name for one in there)}:
        found.append("name")
    if body.address.strip() not in ("", winner.address):
        found.append("address")
    # an agent knows no phones of the bank's: not even whether one is another
    if body.phone and not uow.actor.is_agent:
        known = await queries.phones(uow, [str(one.person_id) for one in there])
        if body.phone not in known.values():
            found.append("phone")
    if winner.lon is None and body.point is not None:
        winner.lon, winner.lat = body.point.lon, body.point.lat
        winner.accuracy_m, winner.point_source = round(body.point.accuracy_m), "phone"
        await uow.session.flush()
    return found


async def _tell(uow: UnitOfWork, winner: Customer, made_id: UUID, envelope: Envelope) -> None:
    """The author and whoever looks after the household hear of each other; who that is stays unsaid to the
    one, since the household lies outside what they see."""
    for person in await who_decides(uow, winner, envelope.staff_id):
        await notify.send(
            uow,
            person,
            "customer_met_elsewhere",
            {"customer_id": str(winner.id), "staff_id": str(envelope.staff_id)},
            dedupe=f"met:{envelope.command_id}:{person}",
        )
    await notify.send(
        uow,
        envelope.staff_id,
        "customer_known_elsewhere",
        {"made_id": str(made_id)},
        dedupe=f"known:{envelope.command_id}",
    )
