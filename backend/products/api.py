"""Products for other domains."""

from backend.products.queries import known_codes
from backend.products.service import ensure_shipped

__all__ = ["ensure_shipped", "known_codes"]
