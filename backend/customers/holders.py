"""Whose a row of another system is: the customer that it names by a member's ID number or by its own id."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from backend.customers.followers import merged_on
from backend.customers.identities import CONTEXT
from backend.customers.rules import id_error, normal_id
from backend.kernel.uow import UnitOfWork

_PLACES = text(
    "SELECT i.number_index, i.person_id, m.customer_id, m.in_household, c.status FROM person_identity i"
    " LEFT JOIN membership m ON m.person_id = i.person_id AND m.until_on IS NULL"
    " LEFT JOIN customer c ON c.id = m.customer_id"
    " WHERE i.number_index = ANY(:numbers)"
)
# where each lives, or lived last; an entry that was one too many lives where the one that stayed does
_HOMES = text(
    "SELECT asked.id AS person_id, home.customer_id FROM unnest(CAST(:people AS uuid[])) AS asked(id)"
    " JOIN person p ON p.id = asked.id"
    " JOIN LATERAL (SELECT m.customer_id FROM membership m"
    "  WHERE m.person_id = coalesce(p.part_of, p.id) AND m.in_household"
    "  ORDER BY m.until_on DESC NULLS FIRST, m.id DESC LIMIT 1) home ON true"
)
_ACTIVE = text("SELECT id, kind FROM customer WHERE id = ANY(:ids) AND status = 'active'")


class Named(NamedTuple):
    """How a row names its customer: `number` as `number_index` answers it, the customer's id, or both."""

    number: bytes | None
    customer_id: UUID | None


@dataclass(frozen=True, slots=True)
class Holder:
    """An active customer; `in_person`: through somebody who lives in that household. `person_id`: who was
    named."""

    customer_id: UUID
    household: bool
    in_person: bool
    person_id: UUID | None


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody, or more than one, is meant. `code`: unknown_person, no_household, unknown_customer,
    not_member."""

    code: str


def number_index(uow: UnitOfWork, number: str) -> bytes | None:
    """What an ID number is found by; None for a wrong one."""
    if id_error(number, None, None, uow.today, demo=uow.demo_mode):
        return None
    return uow.keys.blind_index(normal_id(number), CONTEXT)


async def holders(uow: UnitOfWork, named: Collection[Named]) -> Mapping[Named, Holder | Unknown]:
    """The customer that each of `named` means. Job only: it sees every customer.

    A person alone stands for the household they live in; a business is named by its id. Where both are
    given, the person must be among the customer's.
    """
    numbers = {one.number for one in named if one.number is not None}
    lives: dict[bytes, UUID] = {}
    people: dict[bytes, UUID] = {}
    places: dict[bytes, set[UUID]] = {}
    for row in await uow.session.execute(_PLACES, {"numbers": list(numbers)}):
        of_person = places.setdefault(row.number_index, set())
        people[row.number_index] = row.person_id
        if row.status == "active":
            of_person.add(row.customer_id)
            if row.in_household:
                lives[row.number_index] = row.customer_id
    ids = {one.customer_id for one in named if one.customer_id is not None}
    kinds = {row.id: row.kind for row in await uow.session.execute(_ACTIVE, {"ids": list(ids)})}

    def meant(one: Named) -> Holder | Unknown:
        home = lives.get(one.number) if one.number is not None else None
        person = people.get(one.number) if one.number is not None else None
        if one.number is not None and one.number not in places:
            return Unknown("unknown_person")
        if one.customer_id is None:
            return Holder(home, True, True, person) if home is not None else Unknown("no_household")
        if one.customer_id not in kinds:
            return Unknown("unknown_customer")
        if one.number is not None and one.customer_id not in places[one.number]:
            return Unknown("not_member")
        household = kinds[one.customer_id] == "household"
        return Holder(one.customer_id, household, one.customer_id == home, person)

    return {one: meant(one) for one in named}


async def homes_of(uow: UnitOfWork, people: Collection[UUID]) -> dict[UUID, UUID]:
    """The active household in which each of these people lives, or lived last before they left or died.
    Whoever never lived in one, or in one that is active no more, has none. Job only."""
    found: dict[UUID, UUID] = {}
    for row in (await uow.session.execute(_HOMES, {"people": list(people)})).all():
        place = row.customer_id
        while (step := await merged_on(uow, place)) is not None:
            place = step[1]
        found[row.person_id] = place
    rows = await uow.session.execute(_ACTIVE, {"ids": list(set(found.values()))})
    active = {row.id for row in rows}
    return {person: place for person, place in found.items() if place in active}
