"""Banking for the command line and other domains."""

from backend.banking.queries import batches, newest_batch, newest_days
from backend.banking.rules import GRADES, REASONS, Kind
from backend.banking.schemas import Order, Outcome
from backend.banking.service import take_file

__all__ = [
    "GRADES",
    "REASONS",
    "Kind",
    "Order",
    "Outcome",
    "batches",
    "newest_batch",
    "newest_days",
    "take_file",
]
