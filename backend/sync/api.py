"""The synchronisation for what assembles it."""

from backend.sync.facts import ensure_epoch, has_epoch

__all__ = ["ensure_epoch", "has_epoch"]
