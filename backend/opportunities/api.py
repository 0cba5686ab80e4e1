"""Opportunities for other domains and for the demo county."""

from backend.opportunities.raising import raise_standing

__all__ = ["raise_standing"]
