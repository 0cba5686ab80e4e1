"""One household becomes two (分户): who and what goes. A merge takes it back."""

from datetime import date
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct, structs
from sqlalchemy import select

from backend.customers import dealings, disputes, queries
from backend.customers.errors import bad_value, check_address, check_name, id_taken, not_active
from backend.customers.handing import current_members, no_head
from backend.customers.merging import changed, note, recount
from backend.customers.models import Customer, CustomerDispute, CustomerPhoto, FileRecord
from backend.customers.moving import MOVERS
from backend.customers.names import pinyin_of
from backend.customers.rules import Relation
from backend.customers.schemas import Name, Text200
from backend.kernel.commands import Applied, CommandType, Envelope
from backend.kernel.uow import UnitOfWork

Ids = Annotated[list[UUID], Meta(max_length=200)]


class SplitBefore(Struct, frozen=True):
    """`customer.split` version 1, which knew things only."""

    id: UUID
    customer_id: UUID
    name: Name
    address: Text200
    member_ids: Annotated[list[UUID], Meta(min_length=1, max_length=40)]
    head_id: UUID
    asset_ids: Ids = []


class SplitCustomer(Struct, frozen=True):
    """`customer.split` version 2: some members, with some of the file's records, are the household `id` from
    now on.
    """

    id: UUID
    customer_id: UUID
    name: Name
    address: Text200
    member_ids: Annotated[list[UUID], Meta(min_length=1, max_length=40)]
    head_id: UUID
    record_ids: Ids = []


async def split(uow: UnitOfWork, body: SplitCustomer, envelope: Envelope) -> Applied:
    """A new household in the same grid, of the same owner, with these members and things. Visits stay.

    Raises Problem `out_of_scope`, `conflict_state`, `bad_value`, `id_taken`.
    """
    check_name(body.name)
    check_address(body.address)
    old = await queries.lock(uow, body.customer_id)
    if old.status != "active":
        raise not_active(old.status)
    if old.kind != "household":
        raise bad_value("Only a household splits.")
    async with uow.elevated("the household is the actor's; what hangs on it goes along whoever recorded it"):
        if await uow.session.get(Customer, body.id) is not None:
            raise id_taken("customer")
        members = await current_members(uow, old.id)
        leaving = [one for one in members if one.id in set(body.member_ids)]
        if len(leaving) != len(set(body.member_ids)):
            raise bad_value("Not all of these are members of this household now.")
        if len(leaving) == len(members):
            raise bad_value("Somebody must stay. To move the whole household use customer.move.")
        if body.head_id not in body.member_ids:
            raise bad_value("The new household's head must be one of its members.")
        things = await _things(uow, old.id, set(body.record_ids))
        new = _beside(uow, old, body)
        uow.session.add(new)
        await uow.session.flush()
        for member in leaving:
            member.customer_id = new.id
            head = member.id == body.head_id
            member.relation = Relation.head if head else no_head(member.relation)
        for thing in things:
            thing.customer_id = new.id
        photos = await papers_of(uow, old.id, [one.person_id for one in leaving])
        for photo in photos:
            photo.customer_id = new.id
        went = await _disputes_of(uow, old.id, things)
        for dispute in went:
            dispute.customer_id = new.id
        stayed = {one.person_id for one in members} - {one.person_id for one in leaving}
        if old.phone_person_id not in stayed:
            new.phone_person_id, old.phone_person_id = old.phone_person_id, None
        await uow.session.flush()
        for one in (old, new):
            await recount(uow, one)
        uow.touch_all(new.books, "customer", new.id)
        uow.touch_all(new.books, "file", new.id)
        for member in leaving:
            uow.touch_all(new.books, "member", member.id)
        for thing in things:
            uow.touch_all(new.books, "record", thing.id)
        for photo in photos:
            uow.touch_all(new.books, "photo", photo.id)
        for dispute in went:
            uow.touch_all(new.books, disputes.KIND, dispute.id)
        detail = {"members": [str(one.id) for one in leaving], "records": [str(one.id) for one in things]}
        note(uow, envelope, "split", old.id, new.id, detail, "")
        for one in (old, new):
            await changed(uow, one)
        dealings.people_moved(uow, old.id, new.id)
    return Applied()


async def _things(uow: UnitOfWork, customer_id: UUID, ids: set[UUID]) -> list[FileRecord]:
    rows = await uow.session.scalars(
        select(FileRecord).where(
            FileRecord.id.in_(ids), FileRecord.customer_id == customer_id, FileRecord.removed_at.is_(None)
        )
    )
    found = list(rows)
    if len(found) != len(ids):
        raise bad_value("Not all of these things are this household's now.")
    return found


async def papers_of(uow: UnitOfWork, customer_id: UUID, people: list[UUID]) -> list[CustomerPhoto]:
    """Photos of papers go with the person whose they are."""
    rows = await uow.session.scalars(
        select(CustomerPhoto).where(
            CustomerPhoto.customer_id == customer_id,
            CustomerPhoto.person_id.in_(people),
            CustomerPhoto.removed_at.is_(None),
        )
    )
    return list(rows)


async def _disputes_of(uow: UnitOfWork, customer_id: UUID, things: list[FileRecord]) -> list[CustomerDispute]:
    """What these things are worth, where that is in dispute."""
    rows = await uow.session.scalars(
        select(CustomerDispute).where(
            CustomerDispute.customer_id == customer_id,
            CustomerDispute.state == "open",
            CustomerDispute.field.in_([disputes.worth_of(one.id) for one in things]),
        )
    )
    return list(rows)


def _beside(uow: UnitOfWork, old: Customer, body: SplitCustomer) -> Customer:
    pinyin, initials = pinyin_of(body.name)
    return Customer(
        id=body.id,
        kind=old.kind,
        name=body.name,
        pinyin=pinyin,
        initials=initials,
        branch_id=old.branch_id,
        grid_id=old.grid_id,
        owner_id=old.owner_id,
        address=body.address,
        lon=None,
        lat=None,
        accuracy_m=None,
        point_source=None,
        phone_person_id=None,
        member_count=0,
        completeness_points=0,
        status="active",
        source=old.source,
        created_on=uow.today,
        created_by=uow.actor.staff_id,
        inputs_revision=1,
        books=list(old.books),
    )


def _with_records(body: SplitBefore) -> SplitCustomer:
    known = structs.asdict(body)
    return SplitCustomer(record_ids=known.pop("asset_ids"), **known)


COMMANDS = (
    CommandType(
        "customer.split",
        {1: SplitBefore, 2: SplitCustomer},
        MOVERS,
        split,
        upcasts={1: _with_records},
        superseded={1: date(2026, 11, 29)},
    ),
)
