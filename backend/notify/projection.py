"""What phones receive of notify: the person's own inbox."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from backend.kernel.clock import millis
from backend.kernel.projections import Projection
from backend.kernel.uow import UnitOfWork
from backend.notify import queries

FIELDS = ("kind", "params", "at", "read_at")


async def load_inbox(uow: UnitOfWork, ids: Sequence[str], _projection: str) -> Mapping[str, Sequence[Any]]:
    """[kind, params, at, read_at] per item."""
    return {
        str(one.id): [
            one.kind,
            one.params,
            millis(one.created_at),
            millis(one.read_at) if one.read_at else None,
        ]
        for one in await queries.items(uow, [UUID(item) for item in ids])
    }


PROJECTIONS = (Projection("inbox", frozenset({"staff"}), {"staff": FIELDS, "agent": FIELDS}, load_inbox),)
