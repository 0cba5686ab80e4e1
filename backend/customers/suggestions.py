"""Edits of people who no longer look after the customer: put to its owner, who accepts or dismisses them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from backend.customers import unowned
from backend.customers.errors import out_of_scope
from backend.customers.models import Customer, CustomerSuggestion, Membership, Person
from backend.customers.person_fields import ID_NUMBER, fields
from backend.grids import api as grids
from backend.identity import api as identity
from backend.kernel.clock import millis
from backend.kernel.commands import Envelope
from backend.kernel.errors import Problem
from backend.kernel.uow import UnitOfWork
from backend.notify import api as notify

KIND = "suggestion"
#: what it says of a person lies sealed
OF_PERSON = "member.put"
FIELDS = ("customer_id", "author_id", "type", "body", "at", "state", "decided_at", "decided_by")


async def suggest(
    uow: UnitOfWork, customer_id: UUID, name: str, version: int, body: msgspec.Struct, envelope: Envelope
) -> None:
    """Keeps an edit as an open suggestion and tells the customer's owner, else its grid's manager or the
    branch's heads. Needs the system's sight."""
    customer = await uow.session.get_one(Customer, customer_id)
    uow.session.add(
        CustomerSuggestion(
            id=envelope.command_id,
            customer_id=customer_id,
            author_id=envelope.staff_id,
            installation_id=envelope.installation_id,
            type=name,
            version=version,
            body=_kept(uow, envelope.command_id, name, body),
            at=envelope.at,
            observed_at=envelope.observed_at,
            offset_minutes=envelope.offset_minutes,
            clock_error_s=envelope.clock_error_s,
            received_at=envelope.received_at,
            state="open",
            decided_at=None,
            decided_by=None,
        )
    )
    uow.audit("suggestion.made", KIND, envelope.command_id, {"customer": str(customer_id), "type": name})
    await unowned.moved(uow, customer, KIND, envelope.command_id)
    for person in await who_decides(uow, customer, envelope.staff_id):
        await notify.send(
            uow,
            person,
            "suggestion",
            {"suggestion_id": str(envelope.command_id), "customer_id": str(customer_id)},
            dedupe=f"suggestion:{envelope.command_id}:{person}",
        )


def _kept(uow: UnitOfWork, suggestion_id: UUID, name: str, body: msgspec.Struct) -> dict[str, Any]:
    """The body as it lies in the database: what is said of a person is sealed, as it is with the person."""
    plain: dict[str, Any] = msgspec.to_builtins(body)
    if name == OF_PERSON:
        edits = msgspec.json.encode(plain.pop("edits")).decode()
        plain["sealed"] = uow.keys.seal_field(edits, f"suggestion:{suggestion_id}").hex()
    return plain


def body_of(uow: UnitOfWork, row: CustomerSuggestion) -> dict[str, Any]:
    """The body as its author sent it."""
    plain = dict(row.body)
    if "sealed" in plain:
        edits = uow.keys.open_field(bytes.fromhex(plain.pop("sealed")), f"suggestion:{row.id}")
        plain["edits"] = msgspec.json.decode(edits)
    return plain


async def _of(uow: UnitOfWork, person_id: UUID) -> Sequence[CustomerSuggestion]:
    homes = select(Membership.customer_id).where(Membership.person_id == person_id)
    rows = await uow.session.scalars(
        select(CustomerSuggestion).where(
            CustomerSuggestion.customer_id.in_(homes),
            CustomerSuggestion.type == OF_PERSON,
            CustomerSuggestion.body["person_id"].astext == str(person_id),
        )
    )
    return rows.all()


async def consented(uow: UnitOfWork, person_id: UUID) -> None:
    """What is suggested of a person shows another part of itself. Needs the system's sight."""
    for row in await _of(uow, person_id):
        customer = await uow.session.get_one(Customer, row.customer_id)
        await unowned.moved(uow, customer, KIND, row.id)


async def forget(uow: UnitOfWork, person_id: UUID, names: Collection[str]) -> int:
    """Takes fields of a person out of what was suggested of them; how many there were. Needs the system's
    sight."""
    rows = await _of(uow, person_id)
    forgotten = 0
    for row in rows:
        body = body_of(uow, row)
        left = [edit for edit in body["edits"] if edit["field"] not in names]
        if len(left) < len(body["edits"]):
            forgotten += len(body["edits"]) - len(left)
            edits = msgspec.json.encode(left).decode()
            del body["edits"]
            row.body = body | {"sealed": uow.keys.seal_field(edits, f"suggestion:{row.id}").hex()}
    await uow.session.flush()
    return forgotten


async def who_decides(uow: UnitOfWork, customer: Customer, author_id: UUID | None = None) -> list[UUID]:
    """Whose word counts about the customer: its owner's, else its grid's manager's or the branch's heads';
    never the author's own. Needs the system's sight."""
    ground = await grids.facts(uow, customer.grid_id) if customer.grid_id else None
    for person in (customer.owner_id, ground.manager_id if ground else None):
        if person is not None and person != author_id:
            return [person]
    return [one for one in await identity.heads_of(uow, customer.branch_id) if one != author_id]


async def decide(uow: UnitOfWork, suggestion_id: UUID, *, accepted: bool) -> CustomerSuggestion:
    """Closes an open suggestion about a customer in the actor's scope, and tells its author.

    Raises Problem `out_of_scope`, `conflict_state` where somebody decided before.
    """
    row = await uow.session.scalar(
        select(CustomerSuggestion)
        .where(CustomerSuggestion.id == suggestion_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    customer = await uow.session.get(Customer, row.customer_id) if row is not None else None
    if row is None or customer is None:
        raise out_of_scope("This suggestion")
    if row.state != "open":
        raise Problem(
            "conflict_state", 409, "This was decided before", detail=f"The suggestion is {row.state}."
        )
    row.state = "accepted" if accepted else "dismissed"
    row.decided_at, row.decided_by = uow.now, uow.actor.require_staff()
    await uow.session.flush()
    uow.audit(f"suggestion.{row.state}", KIND, row.id, {"author": str(row.author_id), "type": row.type})
    await unowned.moved(uow, customer, KIND, row.id)
    if row.author_id != row.decided_by:
        # no customer's id: it lies outside what the author may see
        await notify.send(
            uow,
            row.author_id,
            f"suggestion_{row.state}",
            {"suggestion_id": str(row.id)},
            dedupe=f"suggestion:{row.id}:{row.state}",
        )
    return row


async def load(uow: UnitOfWork, ids: Sequence[str], projection: str) -> Mapping[str, Sequence[Any]]:
    """Suggestions by id. Row security leaves a person those about customers they see."""
    rows = list(
        await uow.session.scalars(
            select(CustomerSuggestion)
            .join(Customer, Customer.id == CustomerSuggestion.customer_id)
            .where(CustomerSuggestion.id.in_([UUID(one) for one in ids]))
        )
    )
    names = await unowned.names(uow, {row.customer_id for row in rows}, projection)
    people = await _people(uow, rows)
    return {str(row.id): unowned.named(_wire(uow, row, people), row.customer_id, names) for row in rows}


async def _people(uow: UnitOfWork, rows: Sequence[CustomerSuggestion]) -> Mapping[str, Any]:
    """Whom suggestions are about, by the id of the membership: name and consents."""
    ids = [UUID(row.body["id"]) for row in rows if row.type.startswith("member.")]
    if not ids:
        return {}
    found = await uow.session.execute(
        select(Membership.id, Person.name, Person.consented)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.id.in_(ids))
    )
    return {str(row.id): row for row in found}


def _shown(uow: UnitOfWork, row: CustomerSuggestion, people: Mapping[str, Any]) -> dict[str, Any]:
    """The body as phones receive it: an ID number is only said to be there, and what needs a consent that is
    not in force is left out; with the name of the person whom it is about."""
    if not row.type.startswith("member."):
        return row.body
    person = people.get(row.body["id"])
    body = body_of(uow, row) | {"person_name": person.name if person else None}
    if row.type != OF_PERSON:
        return body
    consented = person.consented if person else []
    edits = []
    for edit in body["edits"]:
        field = fields().get(edit["field"])
        if field is None or (field.consent is not None and field.consent not in consented):
            continue
        if edit["field"] == ID_NUMBER:
            edits.append(edit | {"seen": None, "value": True})
        else:
            edits.append(edit)
            if edit["field"] == "name" and person is None:
                body["person_name"] = edit["value"]
    return body | {"edits": edits}


def _wire(uow: UnitOfWork, row: CustomerSuggestion, people: Mapping[str, Any]) -> list[Any]:
    return [
        str(row.customer_id),
        str(row.author_id),
        row.type,
        _shown(uow, row, people),
        millis(row.observed_at),
        row.state,
        millis(row.decided_at) if row.decided_at else None,
        str(row.decided_by) if row.decided_by else None,
    ]


PROJECTIONS = (unowned.projection(KIND, FIELDS, load),)
