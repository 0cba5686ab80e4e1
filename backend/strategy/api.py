"""Strategy for other domains."""

from backend.strategy.errors import NotHeld
from backend.strategy.everybody import Copy, Progress, Summary, recompute_all
from backend.strategy.queries import profiles
from backend.strategy.runs import newest, release
from backend.strategy.service import Recomputed, ensure_published, recompute

__all__ = [
    "Copy",
    "NotHeld",
    "Progress",
    "Recomputed",
    "Summary",
    "ensure_published",
    "newest",
    "profiles",
    "recompute",
    "recompute_all",
    "release",
]
