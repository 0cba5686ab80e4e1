"""Once a day: tombstones and snapshot pages that nobody needs any more (the schedule is in app/wiring.py)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from backend.kernel import revisions
from backend.kernel.jobs import Handler
from backend.kernel.uow import UnitOfWork
from backend.policy import api as policy
from backend.sync import queries

TIDY = "sync.tidy"
#: partitions in one transaction: their locks hold up everybody who writes there
PARTITIONS = 50


async def tidy(uow: UnitOfWork, _payload: Mapping[str, Any]) -> None:
    """Forgets tombstones past their keeping, raising floors, and pages that are old.

    A phone that stayed away for no longer than `offline_hours` never falls below a floor, whatever the figure
    `tombstone_days` says. What is left over goes on in another job at once.
    """
    offline = timedelta(hours=await policy.figure(uow, "offline_hours"))
    kept = max(timedelta(days=await policy.figure(uow, "tombstone_days")), 2 * offline)
    if await revisions.drop_tombstones(uow.session, uow.now - kept, PARTITIONS) == PARTITIONS:
        uow.emit(TIDY, {})
    pages = timedelta(days=await policy.figure(uow, "snapshot_page_days"))
    await queries.drop_pages_before(uow, uow.now - pages)


HANDLERS = (Handler(TIDY, TIDY, tidy),)
