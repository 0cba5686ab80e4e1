"""Banking for the command line and other domains."""

from backend.banking.queries import batches
from backend.banking.rules import REASONS, Kind
from backend.banking.schemas import Order, Outcome
from backend.banking.service import take_file

__all__ = ["REASONS", "Kind", "Order", "Outcome", "batches", "take_file"]
