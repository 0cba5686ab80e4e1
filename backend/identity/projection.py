"""What phones receive of identity: names of people, without logins."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from backend.identity import queries
from backend.kernel.projections import Projection
from backend.kernel.uow import UnitOfWork

FIELDS = ("name", "role", "branch_id", "branch_name")


async def load_staffers(uow: UnitOfWork, ids: Sequence[str], _projection: str) -> Mapping[str, Sequence[Any]]:
    """[name, role, branch_id, branch_name] per person; those who left stay, since old visits name them."""
    people = await queries.staff_of(uow, [UUID(one) for one in ids])
    return {
        str(one.id): [
            one.name,
            one.role.value,
            str(one.branch_id) if one.branch_id else None,
            one.branch_name,
        ]
        for one in people.values()
    }


PROJECTIONS = (Projection("staffer", frozenset({"bank"}), {"bank": FIELDS, "agent": FIELDS}, load_staffers),)
