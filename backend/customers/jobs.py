"""Handlers of customers."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from backend.customers import ages, moving, owners, partners, photos, queries, unowned
from backend.customers.models import Customer
from backend.customers.service import complete_to
from backend.grids import api as grids
from backend.kernel.jobs import JobContext
from backend.kernel.uow import UnitOfWork

FILES_AGE = "customers.files_age"
#: files looked at, and refreshed where their points moved, in one transaction
FILES = 500
_FIRST = UUID(int=0)


async def on_grid_assigned(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`grids.assigned` {grid_id, staff_id, duty, to_on, ended}: a new manager owns what the one before
    owned."""
    if payload["duty"] == "responsible" and payload["to_on"] is None:
        grid_id = UUID(payload["grid_id"])
        before = [UUID(one) for one in payload["ended"]] or await _last_responsible(uow, grid_id)
        await owners.hand_over(uow, grid_id, before, UUID(payload["staff_id"]))
    await _settle(uow, UUID(payload["grid_id"]))


async def on_grids_moved(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`grids.moved` {grid_id}: the grid belongs to another branch now, and its customers with it."""
    grid_id = UUID(payload["grid_id"])
    ground = await grids.facts(uow, grid_id)
    if ground is None:
        return
    for customer in await owners.of_other_branches(uow, grid_id, ground.branch_id):
        customer.branch_id = ground.branch_id
        # the owner stays behind with the branch; who becomes the grid's manager takes over what has no owner
        if await moving.own_and_file(uow, customer, ground.manager_id, ground.manager_id):
            uow.emit("customers.moved", {"customer_id": str(customer.id)})
    await _settle(uow, grid_id)


async def on_merged(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`customers.merged` {move_id, from, to}: records that name the one as a partner name the other."""
    await partners.follow_merge(uow, *(UUID(payload[one]) for one in ("move_id", "from", "to")))


async def on_unmerged(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`customers.unmerged` {move_id, from, to}: those that the merge renamed name the one again."""
    await partners.follow_unmerge(uow, *(UUID(payload[one]) for one in ("move_id", "from", "to")))


async def on_file_received(uow: UnitOfWork, payload: Mapping[str, Any]) -> None:
    """`files.received` {hash}: photos of files that name it show it as arrived."""
    await photos.arrived(uow, payload["hash"])


async def age_files(ctx: JobContext, _payload: Mapping[str, Any]) -> None:
    """`customers.files_age`, nightly: a file whose answers came of age is worth less from that day on.

    Goes through everybody in the order of their ids, so that a night that was missed is made up for.
    """
    after = _FIRST
    while True:
        async with ctx.unit() as uow:
            ids = list(
                await uow.session.scalars(
                    select(Customer.id)
                    .where(Customer.id > after, Customer.status == "active")
                    .order_by(Customer.id)
                    .limit(FILES)
                )
            )
            if not ids:
                return
            standards = await ages.standards(uow)
            before = await queries.points_of(uow, [str(one) for one in ids])
            for facts in await queries.section_facts(uow, ids):
                points, _ = ages.judged(facts, standards)
                if points != before[str(facts.id)]:
                    await complete_to(uow, facts.id, points, "aged")
            after = ids[-1]


async def on_covers_turned(uow: UnitOfWork, _payload: Mapping[str, Any]) -> None:
    """`grids.covers_turned`, daily: where a stand-in began or ended lately, tasks follow."""
    for grid_id in await grids.turned_covers(uow):
        uow.emit("customers.duties_moved", {"grid_id": str(grid_id)})


async def _settle(uow: UnitOfWork, grid_id: UUID) -> None:
    """After a change of people: each customer of the grid lies in the books that follow from its owner."""
    ground = await grids.facts(uow, grid_id)
    manager_id = ground.manager_id if ground else None
    for customer in await owners.in_wrong_books(uow, grid_id, manager_id):
        if await moving.own_and_file(uow, customer, customer.owner_id, manager_id):
            uow.emit("customers.moved", {"customer_id": str(customer.id)})
    await unowned.of_grid(uow, grid_id)
    uow.emit("customers.duties_moved", {"grid_id": str(grid_id)})


async def _last_responsible(uow: UnitOfWork, grid_id: UUID) -> list[UUID]:
    """Who was responsible last, where the grid lay without anybody before its new manager came."""
    ended = [
        one
        for one in await grids.history(uow, grid_id)
        if one.duty is grids.Duty.responsible and one.to_on is not None
    ]
    return [ended[-1].staff_id] if ended else []
