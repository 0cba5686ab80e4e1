"""Strategy for other domains."""

from backend.strategy.engine import falls, shipped_catalogue
from backend.strategy.errors import NotHeld
from backend.strategy.everybody import Copy, Progress, Summary, recompute_all
from backend.strategy.explaining import Explanation, decisions_of, explain, replay
from backend.strategy.queries import profiles
from backend.strategy.runs import newest, release
from backend.strategy.service import Recomputed, ensure_published, recompute

__all__ = [
    "Copy",
    "Explanation",
    "NotHeld",
    "Progress",
    "Recomputed",
    "Summary",
    "decisions_of",
    "ensure_published",
    "explain",
    "falls",
    "newest",
    "profiles",
    "recompute",
    "recompute_all",
    "release",
    "replay",
    "shipped_catalogue",
]
