"""Chains the audit trail every few seconds (the schedule `audit.seal` in app/wiring.py)."""

from collections.abc import Mapping
from typing import Any

from backend.audit.service import BATCH, seal
from backend.kernel.jobs import Handler
from backend.kernel.uow import UnitOfWork


async def seal_trail(uow: UnitOfWork, _payload: Mapping[str, Any]) -> None:
    """Chains one batch; a backlog goes on at once rather than at the next turn of the clock."""
    if await seal(uow) == BATCH:
        uow.emit("audit.seal", {})


HANDLERS = (Handler("audit.seal", "audit.seal", seal_trail),)
