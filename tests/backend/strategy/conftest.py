"""Fixtures of strategy's tests."""

from datetime import UTC, datetime

import pytest

from backend.kernel.uow import Database
from tests.backend.strategy.town import Town
from tests.support.clock import MovingClock


@pytest.fixture
def town(worker_db: Database, clock: MovingClock) -> Town:
    """An empty town at noon of 15 January 2026, local time."""
    clock.move_to(datetime(2026, 1, 15, 4, 0, tzinfo=UTC))
    return Town(worker_db)
