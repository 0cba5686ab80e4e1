"""What phones receive of policy: the figures they judge by offline."""

from collections.abc import Mapping, Sequence
from typing import Any

from backend.kernel.projections import Projection
from backend.kernel.uow import UnitOfWork
from backend.policy.queries import figures_on_phone


async def load_policy(uow: UnitOfWork, ids: Sequence[str], _projection: str) -> Mapping[str, Sequence[Any]]:
    """[value] per key."""
    return {key: [value] for key, value in (await figures_on_phone(uow, ids)).items()}


PROJECTIONS = (
    Projection(
        "policy",
        frozenset({"bank"}),
        {"bank": ("value",), "agent": ("value",)},
        load_policy,
    ),
)
