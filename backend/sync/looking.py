"""One customer whom a phone does not hold, as the phone of whoever looks after them has them: for a look, and
kept nowhere."""

from collections.abc import Mapping
from typing import Any

from backend.customers import api as customers
from backend.kernel.clock import millis
from backend.kernel.uow import UnitOfWork
from backend.sync.registry import Registry
from backend.sync.schemas import CustomerRequest

#: rows of a look belong to no partition
NO_REVISION = 0


async def look(uow: UnitOfWork, registry: Registry, asked: CustomerRequest) -> Mapping[str, Any]:
    """`{customer_id, now, groups}`; `customer_id` is another one where the one asked for has become part of
    it.

    Raises Problem `not_allowed`, `purpose_needed`, `not_found`, `too_many_look_ups`.
    """
    async with customers.looking_at(uow, asked.customer_id, asked.purpose) as customer_id:
        groups = []
        for kind, projection in registry.projections.items():
            if projection.online is None:
                continue
            found = await projection.online.load(uow, customer_id)
            rows = [[row_id, NO_REVISION, *values] for row_id, values in found.items()]
            groups.append({"kind": kind, "fields": projection.online.fields, "rows": rows, "gone": []})
    return {"customer_id": str(customer_id), "now": millis(uow.now), "groups": groups}
