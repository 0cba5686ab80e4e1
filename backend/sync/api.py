"""The synchronisation for what assembles it."""

from backend.sync.facts import begin_epoch, covered_by_backup, ensure_epoch, has_epoch

__all__ = ["begin_epoch", "covered_by_backup", "ensure_epoch", "has_epoch"]
