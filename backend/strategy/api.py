"""Strategy for other domains."""

from backend.strategy.everybody import Progress, Summary, recompute_all
from backend.strategy.queries import profiles
from backend.strategy.service import Recomputed, ensure_published, recompute

__all__ = [
    "Progress",
    "Recomputed",
    "Summary",
    "ensure_published",
    "profiles",
    "recompute",
    "recompute_all",
]
