"""The bank and its phones, as the tests of synchronisation have them."""

import pytest

from backend.audience import memory
from tests.sync.conftest import app, phone_of, till, work

__all__ = ["app", "at_once", "phone_of", "till", "work"]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each question looks what changed, not one a second."""
    monkeypatch.setattr(memory, "REFRESH_SECONDS", 0.0)
