"""Products for other domains."""

from backend.products.queries import CODES, codes_by_name, codes_in, known_codes
from backend.products.service import ensure_shipped

__all__ = ["CODES", "codes_by_name", "codes_in", "ensure_shipped", "known_codes"]
