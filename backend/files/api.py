"""Photos, signatures and voice notes for other domains: which have arrived, and who may see them."""

from backend.files.queries import arrived, close
from backend.files.rules import PHOTOS

__all__ = ["PHOTOS", "arrived", "close"]
