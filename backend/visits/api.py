"""Visits for other domains."""

from backend.visits.models import Visit
from backend.visits.queries import visits
from backend.visits.rows import FIELDS as VISIT_FIELDS
from backend.visits.rows import visit_rows
from backend.visits.rules import fulfils

__all__ = ["VISIT_FIELDS", "Visit", "fulfils", "visit_rows", "visits"]
