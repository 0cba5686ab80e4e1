"""Two people or businesses that may be one, and what somebody said of it: they are two (`duplicate.decline`,
`duplicate.decline_business`)."""

from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from backend.customers import across, queries
from backend.customers.errors import bad_value, out_of_scope
from backend.customers.models import Person
from backend.customers.moving import MOVERS
from backend.customers.pair_models import BusinessPair, DuplicatePair
from backend.kernel.actor import FIELD
from backend.kernel.commands import Applied, CommandType, Envelope
from backend.kernel.ids import uuid7
from backend.kernel.uow import UnitOfWork


class DeclineDuplicate(Struct, frozen=True):
    """`duplicate.decline` version 1: the two are not one person, whatever agrees."""

    person_id: UUID
    other_id: UUID


class DeclineBusiness(Struct, frozen=True):
    """`duplicate.decline_business` version 1: the two are not one business, whatever agrees."""

    customer_id: UUID
    other_id: UUID


async def decline(uow: UnitOfWork, body: DeclineDuplicate, envelope: Envelope) -> Applied:
    """The two stay two, and are offered to nobody again.

    Both must be people whom the actor sees, or one of them and the other somebody of another branch of whom
    they are asked as a head; an agent says it only of somebody whom they entered themselves.
    Of one's own entry beside somebody who is out of sight by now nothing is kept, and `lost` says so.
    Raises Problem `bad_value`, `out_of_scope`.
    """
    if body.person_id == body.other_id:
        raise bad_value("Somebody is not two people.")
    rows = await uow.session.execute(
        select(Person.id, Person.created_by).where(Person.id.in_((body.person_id, body.other_id)))
    )
    authors: dict[UUID, Any] = {row.id: row.created_by for row in rows}
    own = uow.actor.require_staff() in authors.values()
    asked = len(authors) == 1 and await _asked_across(uow, body)
    if not asked and (len(authors) < 2 or (uow.actor.is_agent and not own)):
        if own:
            return Applied(lost=("other_id",))
        raise out_of_scope("One of these people")
    async with uow.elevated("of both the actor is asked; what is known of the pair is not answered"):
        low, high = sorted((body.person_id, body.other_id))
        await _said(uow, low, high, envelope)
    uow.audit("duplicate.decline", "person", body.person_id, {"other": str(body.other_id)})
    return Applied()


async def decline_business(uow: UnitOfWork, body: DeclineBusiness, envelope: Envelope) -> Applied:
    """The two stay two, and are offered to nobody again; the first word counts. Raises Problem `bad_value`,
    `out_of_scope`."""
    one, other = sorted((body.customer_id, body.other_id))
    found = {row.id: row.kind for row in await queries.visible(uow, [one, other])}
    if len(found) < 2 and one != other:
        raise out_of_scope("One of these businesses")
    if one == other or set(found.values()) != {"business"}:
        raise bad_value("These are not two businesses.")
    decided = _decided(envelope)
    row = insert(BusinessPair).values(
        id=uuid7(), customer_id=one, other_id=other, per_mille=None, reasons=[], found_at=None, **decided
    )
    async with uow.elevated("both are the actor's; what is known of the pair is not answered"):
        await uow.session.execute(
            row.on_conflict_do_update(
                index_elements=["customer_id", "other_id"], set_=decided, where=BusinessPair.state == "open"
            )
        )
    uow.audit("duplicate.decline", "customer", one, {"other": str(other)})
    return Applied()


def _decided(envelope: Envelope) -> dict[str, Any]:
    return {"state": "declined", "decided_at": envelope.stands_at, "decided_by": envelope.staff_id}


async def _asked_across(uow: UnitOfWork, body: DeclineDuplicate) -> bool:
    one, other = body.person_id, body.other_id
    return await across.waits(uow, one, other) or await across.waits(uow, other, one)


async def _said(uow: UnitOfWork, one: UUID, other: UUID, envelope: Envelope) -> None:
    """The first word counts, and is kept; the nightly comparison leaves the pair alone."""
    decided = _decided(envelope)
    row = insert(DuplicatePair).values(
        id=uuid7(), person_id=one, other_id=other, per_mille=None, reasons=[], found_at=None, **decided
    )
    await uow.session.execute(
        row.on_conflict_do_update(
            index_elements=["person_id", "other_id"], set_=decided, where=DuplicatePair.state == "open"
        )
    )


COMMANDS = (
    CommandType("duplicate.decline", {1: DeclineDuplicate}, FIELD, decline),
    CommandType("duplicate.decline_business", {1: DeclineBusiness}, MOVERS, decline_business),
)
