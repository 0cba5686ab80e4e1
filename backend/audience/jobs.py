"""What the night does for groups."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from backend.audience import queries
from backend.kernel.uow import UnitOfWork
from backend.policy import api as policy

#: raised by the clock
PURGE = "audience.purge_due"


async def purge_due(uow: UnitOfWork, _payload: Mapping[str, Any]) -> None:
    """`audience.purge_due`: groups removed long enough ago go for good, with whom they held. That there was
    one, and of how many, stays in the audit trail."""
    days = int(await policy.figure(uow, "audience_removed_days"))
    for group in await queries.removed_before(uow, uow.now - timedelta(days=days)):
        held = await queries.purge(uow, group.id)
        uow.audit("audience.purged", "group", group.id, {"owner": str(group.owner_id), "held": held})
