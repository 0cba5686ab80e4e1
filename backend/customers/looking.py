"""Heads look up their branch's customers at the bank, and look at them: their phones do not hold them. Head
office looks for one of the whole bank, and at one, when it says what for."""

import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from backend.customers import look_ups, queries
from backend.customers.schemas import FoundCustomer, FoundCustomers, LookUp
from backend.identity import api as identity
from backend.kernel.actor import Role
from backend.kernel.errors import Problem, not_allowed, not_found, purpose_needed
from backend.kernel.uow import UnitOfWork

#: how many are shown; who wants others says more of the name or place
MOST = 20
#: who looks at customers of the whole bank, each time for a stated purpose
FOR_A_PURPOSE = frozenset({Role.hq_lead, Role.auditor})


async def look_up(uow: UnitOfWork, asked: LookUp) -> FoundCustomers:
    """Active households with what tells them apart: of the actor's branch by words or by ids; `FOR_A_PURPOSE`
    of the bank, by words of which one is a whole name.

    Each look-up is in the audit trail with what it showed, and what it was for. Raises Problem `not_allowed`,
    `purpose_needed`, `malformed`, `too_many_look_ups`.
    """
    actor = uow.actor
    _check_purpose(uow, asked.purpose)
    words = unicodedata.normalize("NFKC", asked.text).lower().split()
    if not words and not (asked.ids and actor.is_head):
        raise Problem("malformed", 422, "Nothing was asked for", detail="Give a text, or as a head ids.")
    await identity.count_look_up(uow)
    if actor.is_head:
        rows = await look_ups.in_branches(uow, actor.branch_ids, words, asked.ids or None, MOST + 1)
        found = [FoundCustomer(row.id, row.kind, row.name, row.address, row.grid_name) for row in rows[:MOST]]
    else:
        async with uow.overseeing("what for is on record, and no more is told than whose page can be opened"):
            rows = await look_ups.anywhere(uow, words, MOST + 1)
            branches = await identity.branches(uow)
        found = [
            FoundCustomer(row.id, row.kind, row.name, None, row.grid_name, branches.get(row.branch_id))
            for row in rows[:MOST]
        ]
    detail: dict[str, Any] = {"text": asked.text, "found": [str(one.id) for one in found]}
    if asked.purpose is not None:
        detail["purpose"] = asked.purpose
    uow.audit("customer.looked_up", "branch", actor.branch_id or "", detail)
    return FoundCustomers(found, more=len(rows) > MOST)


def _check_purpose(uow: UnitOfWork, purpose: str | None) -> None:
    """Heads need none. Raises Problem `not_allowed`, `purpose_needed`."""
    actor = uow.actor
    if not actor.is_head and actor.role not in FOR_A_PURPOSE:
        raise not_allowed("Customers are looked at by the heads of their branch, and by head office.")
    if not actor.is_head and purpose is None:
        raise purpose_needed()


@asynccontextmanager
async def looking_at(uow: UnitOfWork, customer_id: UUID, purpose: str | None) -> AsyncIterator[UUID]:
    """Inside, one customer may be read whole; gives their id, another one where they have become part of it.

    Heads look within their branch, `FOR_A_PURPOSE` anywhere. Each look is in the audit trail. Raises Problem
    `not_allowed`, `purpose_needed`, `not_found`, `too_many_look_ups`.
    """
    _check_purpose(uow, purpose)
    await identity.count_look_up(uow)
    if uow.actor.is_head:
        yield await _found(uow, customer_id, purpose)
        return
    async with uow.overseeing("what for is on record, and nothing can be changed"):
        yield await _found(uow, customer_id, purpose)


async def _found(uow: UnitOfWork, asked: UUID, purpose: str | None) -> UUID:
    """The customer as who they are by now, in the actor's scope; noted in the trail."""
    row = next(iter(await queries.visible(uow, [asked])), None)
    if row is not None and row.status == "merged":
        into = (await queries.merged_away(uow, asked)).into
        row = next(iter(await queries.visible(uow, [into])), None)
    if row is None or (uow.actor.is_head and row.branch_id not in uow.actor.branch_ids):
        raise not_found("Customer")
    detail = {"purpose": purpose, "asked": None if row.id == asked else str(asked)}
    uow.audit("customer.looked_at", "customer", row.id, {k: v for k, v in detail.items() if v is not None})
    return row.id
