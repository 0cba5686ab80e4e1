"""The bank and its phones, as the tests of synchronisation have them."""

from tests.sync.conftest import app, phone_of, till, work

__all__ = ["app", "phone_of", "till", "work"]
