"""Fixtures of strategy's tests."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from backend.embedded import Urls
from backend.kernel.uow import Database
from backend.strategy.api import Copy
from tests.backend.strategy.town import Town
from tests.support.clock import MovingClock


@pytest.fixture
def town(worker_db: Database, clock: MovingClock) -> Town:
    """An empty town at noon of 15 January 2026, local time."""
    clock.move_to(datetime(2026, 1, 15, 4, 0, tzinfo=UTC))
    return Town(worker_db)


@pytest.fixture
def copy(databases: Urls, tmp_path: Path) -> Copy:
    """Where the nightly way may copy everything to."""
    return Copy(databases.nightly, tmp_path / "nightly")
