"""Photos, signatures and voice notes for other domains: which have arrived, and who may see them."""

from backend.files.queries import arrived, close
from backend.files.rules import ERASE, PHOTOS

__all__ = ["ERASE", "PHOTOS", "arrived", "close"]
