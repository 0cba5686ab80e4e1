"""What phones receive of policy: the figures they judge by offline."""

from collections.abc import Mapping, Sequence
from typing import Any

from backend.kernel.projections import Projection
from backend.kernel.uow import UnitOfWork
from backend.policy.queries import figures_on_phone

# an agent judges visits, and what is worth asking, by these; rhythms and capacities of duties, and what an
# answer is worth, stay with the bank's own people
FOR_AGENTS = frozenset(
    {
        "visit_distance_limit_m",
        "visit_accuracy_limit_m",
        "visit_burst_count",
        "visit_burst_minutes",
        "value_age_days",
        "ask_again_days",
        "offline_hours",
        "time_zone",
    }
)


async def load_policy(uow: UnitOfWork, ids: Sequence[str], projection: str) -> Mapping[str, Sequence[Any]]:
    """[value] per key."""
    wanted = [key for key in ids if projection != "agent" or key in FOR_AGENTS]
    return {key: [value] for key, value in (await figures_on_phone(uow, wanted)).items()}


PROJECTIONS = (
    Projection(
        "policy",
        frozenset({"bank"}),
        {"bank": ("value",), "agent": ("value",)},
        load_policy,
    ),
)
