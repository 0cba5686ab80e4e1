"""ID numbers of people: sealed, with a blind index; and which household of the bank's a new one already is.

They go up with the people of a new customer and never come down again. And credit codes of businesses, which
are public and lie among the values.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from backend.customers.errors import code_taken
from backend.customers.models import PersonIdentity
from backend.customers.rules import Relation, normal_id
from backend.customers.schemas import CreateCustomer
from backend.kernel.uow import UnitOfWork

#: what an ID number is sealed and indexed under
CONTEXT = "id_number"
#: whose number tells that two households are one; a child that is the head of its own is a split
COUPLE = frozenset({Relation.head, Relation.spouse})

# two phones that enter the same person at the same moment: the second one finds what the first has made
_LOCK = text(
    "SELECT pg_advisory_xact_lock(hashtextextended('id number ' || encode(CAST(:index AS bytea), 'hex'), 0))"
)
_KNOWN = text(
    "SELECT i.number_index, i.person_id, m.relation, c.id AS household FROM person_identity i"
    " LEFT JOIN membership m ON m.person_id = i.person_id AND m.in_household AND m.until_on IS NULL"
    " LEFT JOIN customer c ON c.id = m.customer_id AND c.status = 'active'"
    " WHERE i.number_index = ANY(:indexes)"
)
_LOCK_CODE = text("SELECT pg_advisory_xact_lock(hashtextextended('credit code ' || :code, 0))")
_HAS_CODE = text(
    "SELECT EXISTS (SELECT 1 FROM customer_value v JOIN customer c ON c.id = v.customer_id"
    " WHERE v.field = 'credit_code' AND v.choice = :code AND v.shown"
    " AND c.id <> :customer AND c.status = 'active')"
)


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """Whom the bank knows by an ID number; `household`: in which they live, as `relation`."""

    person_id: UUID
    household: UUID | None
    relation: str | None


async def known(uow: UnitOfWork, body: CreateCustomer) -> Mapping[UUID, KnownPerson]:
    """Whom the bank knows already among the people of a new customer, by their `person_id` there.

    Nobody else enters these numbers until the transaction ends.
    """
    indexes = {
        uow.keys.blind_index(normal_id(one.id_number), CONTEXT): one.person_id
        for one in body.members
        if one.id_number
    }
    if not indexes:
        return {}
    for index in sorted(indexes):
        await uow.session.execute(_LOCK, {"index": index})
    async with uow.elevated(
        "whose number it is decides what becomes of the entry; nothing of them is answered"
    ):
        rows = (await uow.session.execute(_KNOWN, {"indexes": list(indexes)})).all()
    return {
        indexes[row.number_index]: KnownPerson(row.person_id, row.household, row.relation) for row in rows
    }


def household_of(body: CreateCustomer, people: Mapping[UUID, KnownPerson]) -> UUID | None:
    """The household that a new one already is: where one of its couple is one of the couple. None where
    that is nobody, or two different ones."""
    if body.kind != "household":
        return None
    couple = [people.get(one.person_id) for one in body.members if one.relation in COUPLE]
    found = {one.household for one in couple if one and one.household and one.relation in COUPLE}
    return found.pop() if len(found) == 1 else None


async def taken(uow: UnitOfWork, number: str, person_id: UUID) -> bool:
    """Whether a number is somebody else's. Nobody else enters it until the transaction ends."""
    index = uow.keys.blind_index(normal_id(number), CONTEXT)
    await uow.session.execute(_LOCK, {"index": index})
    async with uow.elevated("whether the number is somebody's is all that is told"):
        rows = (await uow.session.execute(_KNOWN, {"indexes": [index]})).all()
    return any(row.person_id != person_id for row in rows)


async def check_code(uow: UnitOfWork, customer_id: UUID, code: str) -> None:
    """Raises Problem `code_taken` where a credit code is another customer's. Nobody else enters it until the
    transaction ends."""
    await uow.session.execute(_LOCK_CODE, {"code": code})
    async with uow.elevated("whether the code is another customer's is all that is told"):
        if await uow.session.scalar(_HAS_CODE, {"code": code, "customer": customer_id}):
            raise code_taken()


def keep(uow: UnitOfWork, person_id: UUID, number: str, given_by: UUID) -> None:
    """Keeps the first ID number of a person."""
    number = normal_id(number)
    uow.session.add(
        PersonIdentity(
            person_id=person_id,
            number_sealed=uow.keys.seal_field(number, f"{CONTEXT}:{person_id}"),
            number_index=uow.keys.blind_index(number, CONTEXT),
            valid_until=None,
            given_by=[given_by],
        )
    )


def replace(uow: UnitOfWork, identity: PersonIdentity, number: str, given_by: Collection[UUID]) -> None:
    """Another ID number stands from now on, and the person is found by it alone."""
    number = normal_id(number)
    identity.number_sealed = uow.keys.seal_field(number, f"{CONTEXT}:{identity.person_id}")
    identity.number_index = uow.keys.blind_index(number, CONTEXT)
    identity.given_by = sorted(given_by)
