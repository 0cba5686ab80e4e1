"""Heads look up their branch's customers at the bank: their phones do not hold them."""

import unicodedata

from backend.customers import queries
from backend.customers.schemas import FoundCustomer, FoundCustomers, LookUp
from backend.identity import api as identity
from backend.kernel.errors import Problem, not_allowed
from backend.kernel.uow import UnitOfWork

#: how many are shown; who wants others says more of the name or place
MOST = 20


async def look_up(uow: UnitOfWork, asked: LookUp) -> FoundCustomers:
    """Active households of the actor's branch by words or by ids, with what tells them apart.

    Each look-up is in the audit trail with what it showed. Raises Problem `not_allowed`, `malformed`,
    `too_many_look_ups`.
    """
    if not uow.actor.is_head:
        raise not_allowed("The branch's customers are looked up by its heads.")
    words = unicodedata.normalize("NFKC", asked.text).lower().split()
    if not words and not asked.ids:
        raise Problem("malformed", 422, "Nothing was asked for", detail="Give a text or ids.")
    await identity.count_look_up(uow)
    rows = await queries.looked_up(uow, uow.actor.branch_ids, words, asked.ids or None, MOST + 1)
    found = [FoundCustomer(row.id, row.kind, row.name, row.address, row.grid_name) for row in rows[:MOST]]
    uow.audit(
        "customer.looked_up",
        "branch",
        uow.actor.branch_id or "",
        {"text": asked.text, "found": [str(one.id) for one in found]},
    )
    return FoundCustomers(found, more=len(rows) > MOST)
