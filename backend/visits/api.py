"""Visits for other domains."""

from backend.visits.models import Visit
from backend.visits.projection import FIELDS as VISIT_FIELDS
from backend.visits.projection import load_visits
from backend.visits.queries import visits
from backend.visits.rules import fulfils

__all__ = ["VISIT_FIELDS", "Visit", "fulfils", "load_visits", "visits"]
