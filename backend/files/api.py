"""Photos, signatures and voice notes for other domains: which have arrived."""

from backend.files.queries import arrived

__all__ = ["arrived"]
