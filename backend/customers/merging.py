"""Two households become one (并户), or two businesses: what moves, and how that is taken back."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct
from sqlalchemy import select

from backend.customers import dealings, joining, queries, service, shops, unowned
from backend.customers.errors import bad_value, not_active
from backend.customers.handing import hand_back, hand_over
from backend.customers.models import (
    Customer,
    CustomerDispute,
    CustomerMove,
    Membership,
)
from backend.customers.moving import MOVERS, hanging, rehome
from backend.customers.owners import books_for
from backend.grids import api as grids
from backend.kernel.commands import Applied, CommandType, Envelope
from backend.kernel.errors import Problem
from backend.kernel.uow import UnitOfWork
from backend.policy import api as policy

MERGED = "merged"


class MergeBefore(Struct, frozen=True):
    """`customer.merge` version 1, which knew of nobody who is a member of both."""

    customer_id: UUID
    into_id: UUID
    reason: Annotated[str, Meta(min_length=1, max_length=200)]


class MergeCustomers(Struct, frozen=True):
    """`customer.merge` version 2: `customer_id` is part of `into_id` from now on; `same` are one person
    each."""

    customer_id: UUID
    into_id: UUID
    reason: Annotated[str, Meta(min_length=1, max_length=200)]
    same: Annotated[list[joining.Same], Meta(max_length=40)] = []


class UnmergeCustomer(Struct, frozen=True):
    """`customer.unmerge` version 1: the merge of `customer_id` was a mistake."""

    customer_id: UUID
    reason: Annotated[str, Meta(min_length=1, max_length=200)]


async def merge(uow: UnitOfWork, body: MergeCustomers, envelope: Envelope) -> Applied:
    """Members, things and debts go over; values fill what the other lacks; `lost` names those that it has
    otherwise.

    Raises Problem `bad_value`, `out_of_scope`, `conflict_state`, `known_to_bank`.
    """
    if body.customer_id == body.into_id:
        raise bad_value("A household cannot become part of itself.")
    loser, winner = await both(uow, body.customer_id, body.into_id)
    if loser.kind != winner.kind:
        raise bad_value("A household and a business are two.")
    async with uow.elevated("both are the actor's; what hangs on them goes along whoever recorded it"):
        if await dealings.known_by_bank(uow, loser.id):
            raise known_to_bank()
        same = await joining.chosen(uow, loser, winner, body.same)
        doubles = await shops.doubles(uow, loser, winner)
        same = [one for one in same if one not in doubles]
        if loser.kind == "business":
            await shops.check(uow, loser, winner, same, doubles)
        staying = [one.id for one, _ in (*same, *doubles)]
        return await absorb(uow, loser, winner, envelope, body.reason, staying, same, doubles)


async def absorb(
    uow: UnitOfWork,
    loser: Customer,
    winner: Customer,
    envelope: Envelope,
    reason: str,
    staying: Collection[UUID] = (),
    same: Sequence[tuple[Membership, Membership]] = (),
    doubles: Sequence[tuple[Membership, Membership]] = (),
) -> Applied:
    """Makes one customer part of another. `staying`: members whom the other has already; `same`: and as
    whom; `doubles`: the same where it is one entry. Needs the system's sight."""
    rows = await hanging(uow, loser.id)
    before = list(loser.books)
    detail, lost = await hand_over(uow, loser, winner, staying)
    detail["doubles"] = [{"member": str(goes.id), "into_member": str(stays.id)} for goes, stays in doubles]
    detail["people"] = []
    for goes, stays in same:
        joined, other = await joining.join(uow, winner, goes, stays)
        detail["people"].append(joined)
        lost = tuple(sorted({*lost, *other}))
    loser.status, loser.member_count, loser.books = MERGED, 0, []
    await uow.session.flush()
    await recount(uow, winner)
    home = winner.books[0] if winner.books else None
    # a dispute about a value that the other has itself stays behind with it, and so do people
    left = {("dispute", str(one)) for one in await uow.session.scalars(_disputes(loser.id))}
    left |= {("member", str(one)) for one in staying}
    own = [row for row in rows if row[1] == str(loser.id) or row in left]
    rehome(uow, [row for row in rows if row not in own], before, winner.books)
    for kind, row_id in own:
        for book in before:
            uow.touch(book, kind, row_id, gone=True, moved_to=home)
    note(uow, envelope, "merge", loser.id, winner.id, detail, reason)
    await changed(uow, winner)
    dealings.people_moved(uow, loser.id, winner.id)
    await unowned.regroup(uow, [loser.id, winner.id])
    payload = {"move_id": str(envelope.command_id), "from": str(loser.id), "to": str(winner.id)}
    uow.emit("customers.merged", payload)
    return Applied(lost=lost, alias={str(loser.id): str(winner.id)})


async def unmerge(uow: UnitOfWork, body: UnmergeCustomer, _envelope: Envelope) -> Applied:
    """What the merge moved goes back as far as it is still there; what came since stays with the other
    household.

    Raises Problem `out_of_scope`, `conflict_state` (not merged, or the other is not active any more),
    `undo_over`.
    """
    standing = await queries.lock(uow, body.customer_id, any_status=True)
    done = await uow.session.scalar(_merge_of(body.customer_id).with_for_update())
    if done is None:
        # also where the other household went to somebody else: it is not the actor's to take from
        raise not_active(standing.status)
    await check_undo(uow, done)
    loser, winner = await both(uow, done.customer_id, done.other_id, merged=True)
    async with uow.elevated("as in merge"):
        await hand_back(uow, loser, winner, done.detail)
        for joined in reversed(done.detail.get("people", [])):
            await joining.part(uow, winner, joined)
        ground = await grids.facts_anywhere(uow, loser.grid_id) if loser.grid_id else None
        loser.status = "active"
        loser.books = books_for(loser.grid_id, loser.owner_id, ground.manager_id if ground else None)
        done.undone_at, done.undone_by = uow.now, uow.actor.require_staff()
        await uow.session.flush()
        for one in (loser, winner):
            await recount(uow, one)
        own = [(kind, str(loser.id)) for kind in ("customer", "file", "profile", "standing")]
        rows = [*await hanging(uow, loser.id), *own]
        rehome(uow, dict.fromkeys(rows), winner.books, loser.books)
        for one in (loser, winner):
            await changed(uow, one)
        dealings.people_moved(uow, loser.id, winner.id)
        await unowned.regroup(uow, [loser.id, winner.id])
    detail = {"from": str(winner.id), "reason": len(body.reason)}
    uow.audit("customer.unmerge", "customer", loser.id, detail)
    payload = {"move_id": str(done.id), "from": str(winner.id), "to": str(loser.id)}
    uow.emit("customers.unmerged", payload)
    return Applied()


async def check_undo(uow: UnitOfWork, done: CustomerMove) -> None:
    """Whether what was made one may still be taken back. Raises Problem `undo_over`."""
    days = int(await policy.figure(uow, "merge_undo_days"))
    if uow.now > done.moved_at + timedelta(days=days):
        raise undo_over(days)


async def both(
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


def note(
    uow: UnitOfWork,
    envelope: Envelope,
    kind: str,
    one: UUID,
    other: UUID,
    detail: dict[str, Any],
    reason: str,
) -> None:
    """A merge or split on record, by which it is taken back, and in the audit trail."""
    record(uow, envelope, kind, one, other, detail | ({"reason": reason} if reason else {}))
    counts = {name: len(found) for name, found in detail.items() if isinstance(found, list)}
    uow.audit(f"customer.{kind}", "customer", one, {"other": str(other)} | counts)


def record(
    uow: UnitOfWork, envelope: Envelope, kind: str, one: UUID, other: UUID, detail: dict[str, Any]
) -> None:
    """What a command moved from one household to another."""
    uow.session.add(
        CustomerMove(
            id=envelope.command_id,
            kind=kind,
            customer_id=one,
            other_id=other,
            detail=detail,
            moved_at=uow.now,
            moved_by=envelope.staff_id,
            undone_at=None,
            undone_by=None,
        )
    )


async def recount(uow: UnitOfWork, customer: Customer) -> None:
    """Counts the household's members anew."""
    customer.member_count = await queries.count_members(uow, customer.id)
    await uow.session.flush()


async def changed(uow: UnitOfWork, customer: Customer, cause: str = "members") -> None:
    """Tells phones, and whoever reckons with it, that the household's members are others."""
    uow.touch_all(customer.books, "customer", customer.id)
    uow.touch_all(customer.books, "file", customer.id)
    await service.refresh(uow, customer.id, cause)
    await dealings.holders_changed(uow, [customer.id])


def known_to_bank() -> Problem:
    """The household that would go is one that the core systems know."""
    return Problem(
        "known_to_bank",
        409,
        "The bank's systems know this household",
        detail="It has accounts, loans or products, which stay under its own id.",
        remedy="Merge the other household into this one. If both have accounts, ask the data department.",
    )


def undo_over(days: int) -> Problem:
    """The merge is too long ago to be taken back."""
    return Problem(
        "undo_over",
        409,
        "The merge stands for good",
        detail=f"A merge is taken back within {days} days.",
        remedy="Split the household instead.",
    )


def _nobody_twice(body: MergeBefore) -> MergeCustomers:
    return MergeCustomers(body.customer_id, body.into_id, body.reason)


COMMANDS = (
    CommandType(
        "customer.merge",
        {1: MergeBefore, 2: MergeCustomers},
        MOVERS,
        merge,
        upcasts={1: _nobody_twice},
        superseded={1: date(2026, 11, 30)},
    ),
    CommandType("customer.unmerge", {1: UnmergeCustomer}, MOVERS, unmerge),
)
