"""Notify for other domains: a message to a person."""

from backend.notify.service import send

__all__ = ["send"]
