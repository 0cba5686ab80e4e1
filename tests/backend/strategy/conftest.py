"""Fixtures of strategy's tests."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from litestar import Litestar

from backend.embedded import Urls
from backend.kernel.uow import Database
from backend.strategy.api import Copy
from tests.backend.strategy.desks import Desk, desk
from tests.backend.strategy.town import Town
from tests.support.clock import MovingClock
from tests.sync.conftest import app

__all__ = ["app"]


@pytest.fixture
def town(worker_db: Database, clock: MovingClock) -> Town:
    """An empty town at noon of 15 January 2026, local time."""
    clock.move_to(datetime(2026, 1, 15, 4, 0, tzinfo=UTC))
    return Town(worker_db)


@pytest.fixture
def copy(databases: Urls, tmp_path: Path) -> Copy:
    """Where the nightly way may copy everything to."""
    return Copy(databases.nightly, tmp_path / "nightly")


@pytest.fixture
async def desk_of(app: Litestar) -> AsyncIterator[Callable[[str], Awaitable[Desk]]]:
    """Signs somebody of `world` in, once each."""
    async with AsyncExitStack() as stack:
        known: dict[str, Desk] = {}

        async def of(login: str) -> Desk:
            if login not in known:
                known[login] = await stack.enter_async_context(desk(app, login))
            return known[login]

        yield of
