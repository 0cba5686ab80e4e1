"""Moves of customers: to another grid, and along with their grid. All that hangs on one changes books
with it.
"""

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct
from sqlalchemy import select

from backend.customers import queries, unowned
from backend.customers.errors import bad_value, check_address, not_active, out_of_scope
from backend.customers.models import (
    Customer,
    CustomerDispute,
    CustomerPhoto,
    CustomerSuggestion,
    FileRecord,
    Membership,
)
from backend.customers.owners import books_for
from backend.customers.rules import point_error
from backend.customers.schemas import Point, Text200
from backend.grids import api as grids
from backend.kernel.actor import HEADS, Role
from backend.kernel.commands import Applied, CommandType, Envelope
from backend.kernel.models import SyncChange
from backend.kernel.uow import UnitOfWork

MOVERS = frozenset({Role.manager}) | HEADS


class MoveCustomer(Struct, frozen=True):
    """`customer.move` version 1: the customer lives or works in another grid from now on."""

    customer_id: UUID
    grid_id: UUID
    reason: Annotated[str, Meta(min_length=1, max_length=200)]
    address: Text200 | None = None
    point: Point | None = None


async def move(uow: UnitOfWork, body: MoveCustomer, _envelope: Envelope) -> Applied:
    """A manager moves a customer of theirs within the branch, a head to any grid of the bank.

    Who owned it as the old grid's manager hands it to the new grid's; an owner of another kind keeps it
    within the
    branch. Raises Problem `out_of_scope`, `bad_value`, `conflict_state`.
    """
    if body.point and (wrong := point_error(body.point.lon, body.point.lat)):
        raise bad_value(wrong)
    check_address(body.address)
    # locked as the actor sees it: row security holds the line of what may be moved away
    customer = await queries.lock(uow, body.customer_id)
    if customer.status != "active":
        raise not_active(customer.status)
    async with uow.elevated("where it goes may lie outside what the actor sees; a head may send it there"):
        target = await grids.facts_anywhere(uow, body.grid_id)
        if target is None or not target.active:
            raise out_of_scope("The grid it goes to")
        if uow.actor.role not in HEADS and target.branch_id != uow.actor.branch_id:
            raise out_of_scope("The grid it goes to")
        source = await grids.facts_anywhere(uow, customer.grid_id) if customer.grid_id else None
        if customer.grid_id != target.id:
            keeps = (
                customer.owner_id is not None
                and target.branch_id == customer.branch_id
                and (source is None or customer.owner_id != source.manager_id)
            )
            uow.audit(
                "customer.move",
                "customer",
                customer.id,
                {
                    "from": str(customer.grid_id),
                    "to": str(target.id),
                    "branch": str(target.branch_id),
                    "reason": body.reason,
                },
            )
            customer.grid_id, customer.branch_id = target.id, target.branch_id
            await own_and_file(
                uow, customer, customer.owner_id if keeps else target.manager_id, target.manager_id
            )
            await unowned.regroup(uow, [customer.id])
            # who had the former place and the one before has the visits, tasks and evidence still to follow
            uow.emit("customers.moved", {"customer_id": str(customer.id)})
        if body.address is not None:
            customer.address = body.address
        if body.point is not None:
            customer.lon, customer.lat = body.point.lon, body.point.lat
            customer.accuracy_m, customer.point_source = round(body.point.accuracy_m), "phone"
        await uow.session.flush()
        uow.touch_all(customer.books, "customer", customer.id)
    return Applied()


async def own_and_file(
    uow: UnitOfWork, customer: Customer, owner_id: UUID | None, manager_id: UUID | None
) -> bool:
    """Gives the customer an owner, and moves it and its rows into the books that follow from owner and grid.

    `manager_id`: the grid's. Returns whether the books changed; then `customers.moved` must be told, because
    rows
    of other domains follow. Needs the system's sight.
    """
    customer.owner_id = owner_id
    before, after = list(customer.books), []
    if customer.status == "active":  # one that is part of another lies nowhere
        after = books_for(customer.grid_id, owner_id, manager_id)
    await uow.session.flush()
    uow.touch_all(after, "customer", customer.id)
    if before == after:
        return False
    customer.books = after
    await uow.session.flush()
    rehome(uow, await hanging(uow, customer.id), before, after)
    return True


def rehome(
    uow: UnitOfWork, rows: Iterable[tuple[str, str]], before: Iterable[str], after: Iterable[str]
) -> None:
    """Rows (kind, id) leave the books they lay in for others; `moved_to` names where they live now."""
    before, after = list(before), list(after)
    home = after[0] if after else None
    for kind, row_id in rows:
        for book in before:
            if book not in after:
                uow.touch(book, kind, row_id, gone=True, moved_to=home)
        for book in after:
            uow.touch(book, kind, row_id)


async def hanging(uow: UnitOfWork, customer_id: UUID) -> list[tuple[str, str]]:
    """What of a customer phones hold, but for visits, which move with an event of their own."""
    key = str(customer_id)
    # those whose id is the customer's, of whichever domain: what was never sent need not be taken back
    own = await uow.session.scalars(
        select(SyncChange.kind).where(SyncChange.row_id == key, SyncChange.gone.is_(False)).distinct()
    )
    # and those of one that was made in this very transaction, the phone's same push
    found = [(kind, key) for kind in sorted({*own, *uow.touched_kinds(key)})]
    members = select(Membership.id).where(
        Membership.customer_id == customer_id, Membership.until_on.is_(None)
    )
    found += [("member", str(one)) for one in await uow.session.scalars(members)]
    records = select(FileRecord.id).where(
        FileRecord.customer_id == customer_id, FileRecord.removed_at.is_(None)
    )
    found += [("record", str(one)) for one in await uow.session.scalars(records)]
    photos = select(CustomerPhoto.id).where(
        CustomerPhoto.customer_id == customer_id, CustomerPhoto.removed_at.is_(None)
    )
    found += [("photo", str(one)) for one in await uow.session.scalars(photos)]
    suggestions = select(CustomerSuggestion.id).where(CustomerSuggestion.customer_id == customer_id)
    found += [("suggestion", str(one)) for one in await uow.session.scalars(suggestions)]
    disputes = select(CustomerDispute.id).where(CustomerDispute.customer_id == customer_id)
    return found + [("dispute", str(one)) for one in await uow.session.scalars(disputes)]


COMMANDS = (CommandType("customer.move", {1: MoveCustomer}, MOVERS, move),)
