"""Notify for other domains: a message to a person, and taking it back."""

from backend.notify.service import send, withdraw

__all__ = ["send", "withdraw"]
