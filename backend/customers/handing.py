"""What a household hands over when it becomes part of another one, and gets back when that is undone."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from backend.customers import disputes, queries, service
from backend.customers.models import (
    Customer,
    CustomerDispute,
    CustomerPhoto,
    CustomerSuggestion,
    CustomerValue,
    FileRecord,
    Membership,
)
from backend.customers.rules import Relation
from backend.kernel.uow import UnitOfWork

#: what lies with a household by its id alone, by the name under which a merge notes what it moved
GOING_ALONG = (("records", FileRecord), ("photos", CustomerPhoto), ("suggestions", CustomerSuggestion))


async def current_members(uow: UnitOfWork, customer_id: UUID) -> list[Membership]:
    """Who is a member now, in order of id."""
    rows = await uow.session.scalars(
        select(Membership)
        .where(Membership.customer_id == customer_id, Membership.until_on.is_(None))
        .order_by(Membership.id)
    )
    return list(rows)


async def hand_over(
    uow: UnitOfWork, loser: Customer, winner: Customer, staying: Collection[UUID] = ()
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Moves what the loser has, but for the members in `staying`: people whom the winner has already. Returns
    what is needed to take it back, and the fields that both have otherwise.
    """
    members = [one for one in await current_members(uow, loser.id) if one.id not in staying]
    places = {one.relation for one in await current_members(uow, winner.id)}
    detail: dict[str, Any] = {"members": [[str(one.id), one.relation] for one in members], "values": []}
    for member in members:
        member.customer_id, member.relation = winner.id, _beside(member.relation, places)
    for name, model in GOING_ALONG:
        moved = await uow.session.scalars(
            update(model)
            .where(model.customer_id == loser.id)
            .values(customer_id=winner.id)
            .returning(model.id)
            .execution_options(synchronize_session=False)
        )
        detail[name] = [str(one) for one in moved]
    known = {(one.field, one.source): one for one in await queries.values_of(uow, [winner.id])}
    lost = set()
    for value in await queries.values_of(uow, [loser.id]):
        there = known.get((value.field, value.source))
        if there is None:
            uow.session.add(_copied(value, winner.id))
            detail["values"].append([value.field, value.source])
        elif service.value_of(there) != service.value_of(value):
            lost.add(value.field)
    if winner.phone_person_id is None and loser.phone_person_id in {one.person_id for one in members}:
        winner.phone_person_id = loser.phone_person_id
    went = await uow.session.scalars(
        update(CustomerDispute)
        .where(
            CustomerDispute.customer_id == loser.id,
            CustomerDispute.state == "open",
            CustomerDispute.field.in_(
                [
                    *(field for field, source in detail["values"] if source == service.COLLECTED),
                    *(disputes.worth_of(UUID(one)) for one in detail["records"]),
                ]
            ),
        )
        .values(customer_id=winner.id)
        .returning(CustomerDispute.id)
        .execution_options(synchronize_session=False)
    )
    detail["disputes"] = [str(one) for one in went]
    await uow.session.flush()
    await service.show_values(uow, winner.id)
    return detail, tuple(sorted(lost))


def _copied(value: CustomerValue, customer_id: UUID) -> CustomerValue:
    return CustomerValue(
        customer_id=customer_id,
        field=value.field,
        source=value.source,
        amount=value.amount,
        choice=value.choice,
        observed_at=value.observed_at,
        recorded_by=value.recorded_by,
        shown=False,
        disputed=value.disputed,
    )


async def hand_back(uow: UnitOfWork, loser: Customer, winner: Customer, detail: dict[str, Any]) -> None:
    """Takes back what `hand_over` noted in `detail`, as far as it is still with the other household."""
    relations = {UUID(one): relation for one, relation in detail["members"]}
    for member in await current_members(uow, winner.id):
        if member.id in relations:
            member.customer_id, member.relation = loser.id, relations[member.id]
            if winner.phone_person_id == member.person_id:
                winner.phone_person_id = None
    for name, model in GOING_ALONG:
        await uow.session.execute(
            update(model)
            # merges of before photos went along note none
            .where(model.id.in_([UUID(one) for one in detail.get(name, [])]), model.customer_id == winner.id)
            .values(customer_id=loser.id)
            .execution_options(synchronize_session=False)
        )
    # one that was settled in between is the other household's; merges of before disputes had rows note none
    await uow.session.execute(
        update(CustomerDispute)
        .where(
            CustomerDispute.id.in_([UUID(one) for one in detail.get("disputes", [])]),
            CustomerDispute.customer_id == winner.id,
            CustomerDispute.state == "open",
        )
        .values(customer_id=loser.id)
        .execution_options(synchronize_session=False)
    )
    theirs = {(one.field, one.source): one for one in await queries.values_of(uow, [loser.id])}
    for value in await queries.values_of(uow, [winner.id]):
        key = (value.field, value.source)
        # one that was observed anew since is the other household's own
        if list(key) in detail["values"] and theirs[key].observed_at == value.observed_at:
            value.amount = value.choice = None
            value.disputed = False
    await uow.session.flush()
    await service.show_values(uow, winner.id)


def _beside(relation: str, there: Collection[str]) -> str:
    """What somebody is beside these: a household has one head, a business one legal person."""
    legal = Relation.legal_person.value
    return Relation.other.value if relation == legal and legal in there else no_head(relation)


def no_head(relation: str) -> str:
    """A household has one head; who was another's is a member like the rest."""
    return Relation.other.value if relation == Relation.head else relation
