"""Says whether the audit trail is whole: the first bad link, and the tail that no link covers yet."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from backend.audit import queries
from backend.audit.rules import GENESIS, link
from backend.kernel.uow import UnitOfWork

Fault = Literal["changed", "missing", "link_missing"]


@dataclass(frozen=True, slots=True)
class Findings:
    """What `verify` found. `head` is the chain's last hash: kept elsewhere, it proves later that nothing was
    redone.

    `bad_entry` is the first entry whose link does not hold, by `fault`: its content or its link was
    `changed`, it is
    `missing`, or the link before it is (`link_missing`). Everything before it is sound; after it nothing is
    proven.
    """

    sealed: int
    head: bytes
    bad_entry: int | None
    bad_position: int | None
    fault: Fault | None
    unsealed: int
    oldest_unsealed: datetime | None

    @property
    def holds(self) -> bool:
        """True if every sealed entry is as it was written."""
        return self.fault is None


async def verify(uow: UnitOfWork) -> Findings:
    """Walks the chain. `uow` must belong to an auditor or to a job; others see no entries."""
    before, position = GENESIS, 0
    bad: tuple[int, int, Fault] | None = None
    async for sealed in queries.links(uow):
        fault: Fault | None = None
        if sealed.position != position + 1:
            fault = "link_missing"
        elif sealed.entry is None:
            fault = "missing"
        elif link(before, sealed.entry) != sealed.hash:
            fault = "changed"
        if fault is not None:
            bad = (sealed.entry_id, sealed.position, fault)
            break
        before, position = sealed.hash, sealed.position
    unsealed, oldest = await queries.tail(uow)
    entry, at, what = bad if bad is not None else (None, None, None)
    return Findings(position, before, entry, at, what, unsealed, oldest)
