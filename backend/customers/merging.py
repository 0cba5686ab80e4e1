"""Two households become one (并户) and one becomes two (分户): what moves, and how a merge is taken back."""

from collections.abc import Awaitable, Callable, Collection
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct, structs
from msgspec.structs import replace
from sqlalchemy import select, text

from backend.customers import disputes, queries, service, unowned
from backend.customers.errors import MergedAway, bad_value, id_taken, not_active
from backend.customers.handing import current_members, hand_back, hand_over, no_head
from backend.customers.models import Customer, CustomerDispute, CustomerMove, CustomerPhoto, FileRecord
from backend.customers.moving import MOVERS, hanging, rehome
from backend.customers.names import pinyin_of
from backend.customers.owners import books_for
from backend.customers.rules import Relation
from backend.customers.schemas import Name, Text200
from backend.grids import api as grids
from backend.kernel.commands import Applied, CommandType, Envelope
from backend.kernel.errors import Problem
from backend.kernel.uow import UnitOfWork

MERGED = "merged"
Ids = Annotated[list[UUID], Meta(max_length=200)]

#: rows of the bank's own systems, ended ones too: they lie under the id that those know, and a merge must not
#: take it from them
OF_THE_BANK = ("account", "loan", "flow_month", "flow_part", "holding", "holding_part")
_KNOWN_TO_BANK = text(
    "SELECT " + " OR ".join(f"EXISTS (SELECT 1 FROM {one} WHERE customer_id = :id)" for one in OF_THE_BANK)  # noqa: S608
)


class MergeCustomers(Struct, frozen=True):
    """`customer.merge` version 1: `customer_id` is part of `into_id` from now on."""

    customer_id: UUID
    into_id: UUID
    reason: Annotated[str, Meta(min_length=1, max_length=200)]


class UnmergeCustomer(Struct, frozen=True):
    """`customer.unmerge` version 1: the merge of `customer_id` was a mistake."""

    customer_id: UUID
    reason: Annotated[str, Meta(min_length=1, max_length=200)]


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


async def merge(uow: UnitOfWork, body: MergeCustomers, envelope: Envelope) -> Applied:
    """Members, things and debts go over; values fill what the other lacks; `lost` names those that it has
    otherwise.

    Raises Problem `bad_value`, `out_of_scope`, `conflict_state`, `known_to_bank`.
    """
    if body.customer_id == body.into_id:
        raise bad_value("A household cannot become part of itself.")
    loser, winner = await _both(uow, body.customer_id, body.into_id)
    if loser.kind != "household" or winner.kind != "household":
        raise bad_value("Only households are merged; a business is closed.")
    async with uow.elevated("both are the actor's; what hangs on them goes along whoever recorded it"):
        if await uow.session.scalar(_KNOWN_TO_BANK, {"id": loser.id}):
            raise known_to_bank()
        return await absorb(uow, loser, winner, envelope, body.reason)


async def absorb(
    uow: UnitOfWork,
    loser: Customer,
    winner: Customer,
    envelope: Envelope,
    reason: str,
    staying: Collection[UUID] = (),
) -> Applied:
    """Makes one household part of another. `staying`: members whom the other has already. Needs the system's
    sight."""
    rows = await hanging(uow, loser.id)
    before = list(loser.books)
    detail, lost = await hand_over(uow, loser, winner, staying)
    loser.status, loser.member_count, loser.books = MERGED, 0, []
    await uow.session.flush()
    await _recount(uow, winner)
    home = winner.books[0] if winner.books else None
    # a dispute about a value that the other has itself stays behind with it, and so do people
    left = {("dispute", str(one)) for one in await uow.session.scalars(_disputes(loser.id))}
    left |= {("member", str(one)) for one in staying}
    own = [row for row in rows if row[1] == str(loser.id) or row in left]
    rehome(uow, [row for row in rows if row not in own], before, winner.books)
    for kind, row_id in own:
        for book in before:
            uow.touch(book, kind, row_id, gone=True, moved_to=home)
    _note(uow, envelope, "merge", loser.id, winner.id, detail, reason)
    await _changed(uow, winner)
    await unowned.regroup(uow, [loser.id, winner.id])
    payload = {"move_id": str(envelope.command_id), "from": str(loser.id), "to": str(winner.id)}
    uow.emit("customers.merged", payload)
    return Applied(lost=lost, alias={str(loser.id): str(winner.id)})


async def unmerge(uow: UnitOfWork, body: UnmergeCustomer, _envelope: Envelope) -> Applied:
    """What the merge moved goes back as far as it is still there; what came since stays with the other
    household.

    Raises Problem `out_of_scope`, `conflict_state` (not merged, or the other is not active any more).
    """
    standing = await queries.lock(uow, body.customer_id, any_status=True)
    done = await uow.session.scalar(_merge_of(body.customer_id).with_for_update())
    if done is None:
        # also where the other household went to somebody else: it is not the actor's to take from
        raise not_active(standing.status)
    loser, winner = await _both(uow, done.customer_id, done.other_id, merged=True)
    async with uow.elevated("as in merge"):
        await hand_back(uow, loser, winner, done.detail)
        ground = await grids.facts_anywhere(uow, loser.grid_id) if loser.grid_id else None
        loser.status = "active"
        loser.books = books_for(loser.grid_id, loser.owner_id, ground.manager_id if ground else None)
        done.undone_at, done.undone_by = uow.now, uow.actor.require_staff()
        await uow.session.flush()
        for one in (loser, winner):
            await _recount(uow, one)
        own = [(kind, str(loser.id)) for kind in ("customer", "file", "profile", "standing")]
        rows = [*await hanging(uow, loser.id), *own]
        rehome(uow, dict.fromkeys(rows), winner.books, loser.books)
        for one in (loser, winner):
            await _changed(uow, one)
        await unowned.regroup(uow, [loser.id, winner.id])
    detail = {"from": str(winner.id), "reason": len(body.reason)}
    uow.audit("customer.unmerge", "customer", loser.id, detail)
    payload = {"move_id": str(done.id), "from": str(winner.id), "to": str(loser.id)}
    uow.emit("customers.unmerged", payload)
    return Applied()


async def split(uow: UnitOfWork, body: SplitCustomer, envelope: Envelope) -> Applied:
    """A new household in the same grid, of the same owner, with these members and things. Visits stay.

    Raises Problem `out_of_scope`, `conflict_state`, `bad_value`, `id_taken`.
    """
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
        photos = await _papers_of(uow, old.id, [one.person_id for one in leaving])
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
            await _recount(uow, one)
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
        _note(uow, envelope, "split", old.id, new.id, detail, "")
        for one in (old, new):
            await _changed(uow, one)
    return Applied()


async def follow(
    uow: UnitOfWork, body: Any, apply: Callable[[Any], Awaitable[Applied]], *, adds: bool = False
) -> Applied:
    """Applies a body that names its customer; one about a merged household lands on what that is part of.

    `adds`: it only adds, so that its author need not hold the ground on which that household lives.
    """
    try:
        return await apply(body)
    except MergedAway as away:
        into = replace(body, customer_id=away.into)
        if adds:
            async with uow.widened("the author held the household that became part", [*away.grid_ids]):
                applied = await apply(into)
        else:
            applied = await apply(into)
        alias = {str(body.customer_id): str(away.into)}
        return Applied(applied.lost, {**(applied.alias or {}), **alias})


async def _both(
    uow: UnitOfWork, first: UUID, second: UUID, *, merged: bool = False
) -> tuple[Customer, Customer]:
    """Both households, locked in order of id under the actor's own sight. Raises Problem."""
    found = {one: await queries.lock(uow, one, any_status=True) for one in sorted((first, second))}
    if found[second].status != "active" or found[first].status != (MERGED if merged else "active"):
        raise not_active(found[second if found[second].status != "active" else first].status)
    return found[first], found[second]


def _merge_of(customer_id: UUID) -> Any:
    return select(CustomerMove).where(
        CustomerMove.customer_id == customer_id,
        CustomerMove.kind == "merge",
        CustomerMove.undone_at.is_(None),
    )


def _disputes(customer_id: UUID) -> Any:
    return select(CustomerDispute.id).where(CustomerDispute.customer_id == customer_id)


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


async def _papers_of(uow: UnitOfWork, customer_id: UUID, people: list[UUID]) -> list[CustomerPhoto]:
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


def _note(
    uow: UnitOfWork,
    envelope: Envelope,
    kind: str,
    one: UUID,
    other: UUID,
    detail: dict[str, Any],
    reason: str,
) -> None:
    uow.session.add(
        CustomerMove(
            id=envelope.command_id,
            kind=kind,
            customer_id=one,
            other_id=other,
            detail=detail | ({"reason": reason} if reason else {}),
            moved_at=uow.now,
            moved_by=envelope.staff_id,
            undone_at=None,
            undone_by=None,
        )
    )
    counts = {name: len(found) for name, found in detail.items() if isinstance(found, list)}
    uow.audit(f"customer.{kind}", "customer", one, {"other": str(other)} | counts)


async def _recount(uow: UnitOfWork, customer: Customer) -> None:
    customer.member_count = await queries.count_members(uow, customer.id)
    await uow.session.flush()


async def _changed(uow: UnitOfWork, customer: Customer) -> None:
    uow.touch_all(customer.books, "customer", customer.id)
    uow.touch_all(customer.books, "file", customer.id)
    await service.refresh(uow, customer.id, "members")


def known_to_bank() -> Problem:
    """The household that would go is one that the core systems know."""
    return Problem(
        "known_to_bank",
        409,
        "The bank's systems know this household",
        detail="It has accounts, loans or products, which stay under its own id.",
        remedy="Merge the other household into this one. If both have accounts, ask the data department.",
    )


def _with_records(body: SplitBefore) -> SplitCustomer:
    known = structs.asdict(body)
    return SplitCustomer(record_ids=known.pop("asset_ids"), **known)


COMMANDS = (
    CommandType("customer.merge", {1: MergeCustomers}, MOVERS, merge),
    CommandType("customer.unmerge", {1: UnmergeCustomer}, MOVERS, unmerge),
    CommandType(
        "customer.split",
        {1: SplitBefore, 2: SplitCustomer},
        MOVERS,
        split,
        upcasts={1: _with_records},
        superseded={1: date(2026, 11, 29)},
    ),
)
