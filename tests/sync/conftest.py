"""A bank with its web application and a worker that runs when a test says so."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest
from litestar import Litestar

from backend.app.prepare import ship
from backend.app.wiring import HANDLERS
from backend.embedded import Urls
from backend.kernel.actor import Actor
from backend.kernel.crypto import Keys
from backend.kernel.relay import Relay
from backend.kernel.runner import Runner
from backend.kernel.settings import Settings
from backend.kernel.uow import Database
from tests.support.clock import MovingClock
from tests.support.databases import TEMPLATE
from tests.support.field_phone import FieldPhone
from tests.support.till import Till
from tests.support.web import application, serving
from tests.support.worker import work_off
from tests.support.world import PASSWORD, World

PhoneOf = Callable[[str], Awaitable[FieldPhone]]
Work = Callable[[], Awaitable[int]]


@pytest.fixture
async def app(settings: Settings, worker_db: Database, template: str) -> AsyncIterator[Litestar]:
    """The application over a prepared database."""
    if template == TEMPLATE:
        async with worker_db.unit(Actor.system("test")) as uow:
            await ship(uow)
    async with application(settings) as running:
        yield running


@pytest.fixture
async def phone_of(app: Litestar, world: World, clock: MovingClock) -> AsyncIterator[PhoneOf]:
    """Makes phones: `await phone_of("manager")`. Each has its own cookies."""
    async with AsyncExitStack() as stack:

        async def make(login: str) -> FieldPhone:
            client = await stack.enter_async_context(serving(app))
            return await FieldPhone.ready(client, clock, login, PASSWORD)

        yield make


@pytest.fixture
def work(worker_db: Database, settings: Settings, keys: Keys) -> Work:
    """Runs everything that waits, as the worker would, until nothing does. Returns how many jobs ran."""
    relay, runner = Relay(worker_db, HANDLERS), Runner(worker_db, settings, keys, HANDLERS)
    return partial(work_off, relay, runner)


@pytest.fixture
def till(databases: Urls, keys_folder: Path, clock: MovingClock, tmp_path: Path) -> Till:
    """Where files of the bank's systems are imported."""
    folder = tmp_path / "files of the bank"
    folder.mkdir()
    environment = {
        "TIANGE_HOME": str(tmp_path / "home"),
        "TIANGE_ENVIRONMENT": "test",
        "TIANGE_DEMO_MODE": "true",
        "TIANGE_KEYS_DIR": str(keys_folder),
        "TIANGE_CLOCK_FILE": str(clock.offset_file),
        "TIANGE_DATABASE_URL": databases.owner,
        "TIANGE_DATABASE_URL_WEB": databases.web,
        "TIANGE_DATABASE_URL_WORKER": databases.worker,
        "TIANGE_DATABASE_URL_NIGHTLY": databases.nightly,
        "TIANGE_REDIS_URL": databases.redis,
        "COLUMNS": "200",
    }
    return Till(folder, environment, clock.local(clock.now()).date())
