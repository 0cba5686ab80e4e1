"""Customers for other domains."""

from backend.customers.models import Customer
from backend.customers.names import pinyin_of
from backend.customers.owners import books_for
from backend.customers.queries import books_of as home_books
from backend.customers.queries import by_id, changes_by, lock, lock_inputs, visible
from backend.customers.rules import FIELDS, completeness
from backend.customers.service import inputs_changed

__all__ = [
    "FIELDS",
    "Customer",
    "books_for",
    "by_id",
    "changes_by",
    "completeness",
    "home_books",
    "inputs_changed",
    "lock",
    "lock_inputs",
    "pinyin_of",
    "visible",
]
