"""An ID number of which people say different things (decision 0027): the one that is known stands until two
different people have entered the same other one.

All of it needs the system's sight.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from backend.customers import identities
from backend.customers.errors import bad_value
from backend.customers.limits import Said
from backend.customers.models import Customer, NumberEntry, PersonIdentity
from backend.customers.people import Somebody
from backend.customers.person_fields import ID_NUMBER
from backend.customers.rules import id_facts
from backend.customers.suggestions import who_decides
from backend.identity import api as identity
from backend.kernel.commands import Envelope
from backend.kernel.uow import UnitOfWork
from backend.notify import api as notify

#: what `lost` of a receipt says of a number: it waits for a second person, or its author said the same before
WAITS, AGAIN = "id_contested", "id_again"
#: what tells whoever must look at the card
KIND = "number_contested"
NEITHER = Said(
    "出生日期或性别和已有的号码、这个号码都对不上，请看着证件把出生日期、性别和号码一起录",
    "birth date or sex fit neither the number on record nor this one; enter them from the card along with it",
)


@dataclass(frozen=True, slots=True)
class Weighed:
    """What becomes of a number that was entered: its outcome in the history, and what the receipt says."""

    outcome: str
    lost: tuple[str, ...] = ()


UNCHANGED = Weighed("unchanged")


async def enter(
    uow: UnitOfWork, customer: Customer, one: Somebody, given: Mapping[str, Any], envelope: Envelope
) -> Weighed:
    """Somebody enters a number that is nobody else's, of a person who has one. Raises Problem `bad_value`.

    `contested`: it waits for somebody else to enter the same; whoever decides is told. `won`: it stands from
    now on. `confirmed`: the number that is known stands, as somebody else has entered it again.
    """
    waiting = await _waiting(uow, one.person.id)
    me = envelope.staff_id
    if given[ID_NUMBER] == one.number:
        return await _known_again(uow, customer, one, waiting, me)
    _check(one, given)
    index = uow.keys.blind_index(given[ID_NUMBER], identities.CONTEXT)
    same = {row.entered_by for row in waiting if row.number_index == index}
    if me in same:
        await _tell_heads(uow, customer, one, waiting, me)
        return Weighed("unchanged", (AGAIN,))
    if same:
        stands = await uow.session.get_one(PersonIdentity, one.person.id)
        identities.replace(uow, stands, given[ID_NUMBER], {me, *same})
        await _end(uow, "identity.replaced", customer, waiting, same)
        return Weighed("won")
    mine = NumberEntry(
        person_id=one.person.id,
        entered_by=me,
        number_index=index,
        observed_at=envelope.observed_at,
        recorded_at=uow.now,
    )
    await uow.session.merge(mine)
    await uow.session.flush()
    uow.audit("identity.contested", "person", one.person.id, {"customer": str(customer.id)})
    for person in await who_decides(uow, customer, me):
        await _tell(uow, person, one, f"{envelope.command_id}:{person}")
    return Weighed("contested", (WAITS,))


async def _known_again(
    uow: UnitOfWork, customer: Customer, one: Somebody, waiting: Sequence[NumberEntry], me: UUID
) -> Weighed:
    if not waiting:
        return UNCHANGED
    stands = await uow.session.get_one(PersonIdentity, one.person.id)
    if me not in stands.given_by:
        stands.given_by = sorted({*stands.given_by, me})
        await _end(uow, "identity.confirmed", customer, waiting, set())
        return Weighed("confirmed")
    others = [row for row in waiting if row.entered_by != me]
    if len(others) < len(waiting):
        # who gave both has thought better of the other one
        await _drop(uow, stands.person_id, [me])
        uow.audit("identity.taken_back", "person", stands.person_id, {"customer": str(customer.id)})
    if not others:
        return UNCHANGED
    await _tell_heads(uow, customer, one, others, me)
    return Weighed("unchanged", (AGAIN,))


async def _waiting(uow: UnitOfWork, person_id: UUID) -> Sequence[NumberEntry]:
    rows = select(NumberEntry).where(NumberEntry.person_id == person_id).order_by(NumberEntry.recorded_at)
    return (await uow.session.scalars(rows)).all()


async def _end(
    uow: UnitOfWork, action: str, customer: Customer, waiting: Sequence[NumberEntry], same: Collection[UUID]
) -> None:
    """Nothing is open any more of those that waited, of whom `same` entered the number that stands now."""
    person_id = waiting[0].person_id
    gave_way = sorted(str(row.entered_by) for row in waiting if row.entered_by not in same)
    await _drop(uow, person_id, [row.entered_by for row in waiting])
    detail = {"customer": str(customer.id), "with": sorted(str(who) for who in same), "gave_way": gave_way}
    uow.audit(action, "person", person_id, detail)


async def _drop(uow: UnitOfWork, person_id: UUID, authors: Collection[UUID]) -> None:
    await uow.session.execute(
        delete(NumberEntry)
        .where(NumberEntry.person_id == person_id, NumberEntry.entered_by.in_(authors))
        .execution_options(synchronize_session="fetch")
    )


async def _tell_heads(
    uow: UnitOfWork, customer: Customer, one: Somebody, waiting: Sequence[NumberEntry], me: UUID
) -> None:
    """Who said the same before cannot settle it: the branch's heads hear of it, once for each entry."""
    last = waiting[-1]
    for person in await identity.heads_of(uow, customer.branch_id):
        if person != me:
            await _tell(uow, person, one, f"{last.person_id}:{last.recorded_at.isoformat()}:{person}")


async def _tell(uow: UnitOfWork, person: UUID, one: Somebody, key: str) -> None:
    place = one.membership
    params = {"customer_id": str(place.customer_id), "member_id": str(place.id)}
    await notify.send(uow, person, KIND, params, dedupe=f"number:{key}")


def _facts(number: str) -> dict[str, str]:
    born, sex = id_facts(number)
    return {"birth_on": born.isoformat(), "sex": sex}


def follows(one: Somebody, taken: Mapping[str, Any]) -> dict[str, str]:
    """What a number says of its person where nothing was said, or what the number said that it replaces."""
    before = _facts(one.number) if one.number else {}
    return {
        name: said
        for name, said in _facts(taken[ID_NUMBER]).items()
        if name not in taken and one.values.get(name) in (None, before.get(name)) and said != before.get(name)
    }


def waits(one: Somebody, given: Mapping[str, Any]) -> list[str]:
    """What was said along with a number that waits, fits that one alone, and so waits with it."""
    before = _facts(one.number or "")
    said = _facts(given[ID_NUMBER])
    return [name for name, value in said.items() if given.get(name) == value != before[name]]


def _check(one: Somebody, given: Mapping[str, Any]) -> None:
    """What is known of birth date and sex comes from the number that stands, or fits the new one."""
    before = _facts(one.number or "")
    for name, said in _facts(given[ID_NUMBER]).items():
        fits = (None, said) if name in given else (None, said, before[name])
        if given.get(name, one.values.get(name)) not in fits:
            raise bad_value(NEITHER)
