"""Fixtures for every test: real PostgreSQL and Valkey, a database of its own per test, a clock that moves."""

import gc
import os
import random
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import structlog
from redis.asyncio import Redis

from backend.audit.api import write_audit
from backend.embedded import EmbeddedServers, Urls, temporary_home
from backend.identity.api import hash_password
from backend.kernel.crypto import Keys
from backend.kernel.settings import Settings, load_settings
from backend.kernel.uow import Database
from tests.support.clock import MovingClock
from tests.support.databases import TEMPLATE, WORLD_TEMPLATE, Cluster, room_in_memory
from tests.support.quick import mark_slow
from tests.support.world import PASSWORD, World

SEED_VARIABLE = "TIANGE_TEST_SEED"
_seed = pytest.StashKey[int]()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """One seed for everything random, hypothesis too, so that a printed seed repeats the run."""
    given = os.environ.get(SEED_VARIABLE, "")
    config.stash[_seed] = int(given) if given else random.SystemRandom().randrange(1_000_000)
    # each test makes an application and throws it away; to look for rubbish as often as by default costs a
    # third of that
    gc.set_threshold(20_000, 20, 20)
    # out of the box an exception that is logged is drawn with every frame's values: seconds for each
    drawn = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], drawn])
    # processes that pytest starts to share the work take the same
    os.environ[SEED_VARIABLE] = str(config.stash[_seed])
    if config.getoption("--hypothesis-seed", default=None) is None:
        config.option.hypothesis_seed = config.stash[_seed]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Before `-m` chooses."""
    mark_slow(items)


def pytest_report_header(config: pytest.Config) -> str:
    """Says how to repeat this run."""
    return f"seed: {config.stash[_seed]} (repeat: {SEED_VARIABLE}={config.stash[_seed]})"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Says it again beside what failed: the header is far above, or left out."""
    if terminalreporter.stats.get("failed") or terminalreporter.stats.get("error"):
        terminalreporter.write_line(pytest_report_header(config))


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    """Seeded randomness, the same for a test whichever others run beside it."""
    return random.Random(f"{request.config.stash[_seed]}/{request.node.nodeid}")


@pytest.fixture(scope="session")
def servers() -> Iterator[EmbeddedServers]:
    """The session's PostgreSQL and Valkey, started by the product's own launcher."""
    with temporary_home(room_in_memory()) as home:
        running = EmbeddedServers(home, durable=False)
        running.start()
        try:
            yield running
        finally:
            running.stop()


@pytest.fixture(scope="session")
def cluster(servers: EmbeddedServers) -> Iterator[Cluster]:
    """The servers with the migrated template in them."""
    made = Cluster(servers.urls)
    try:
        made.make_template()
        yield made
    finally:
        made.close()


@pytest.fixture(scope="session")
def shared_world(
    cluster: Cluster, keys_folder: Path, password_hash: str, tmp_path_factory: pytest.TempPathFactory
) -> World:
    """The bank of `world`, made once as a template; a month old, so that tests can go back a little."""
    clock = MovingClock(tmp_path_factory.mktemp("clock") / "offset")
    clock.advance(-timedelta(days=30))
    return cluster.make_world_template(clock, Keys.load(keys_folder), password_hash)


@pytest.fixture
def template(request: pytest.FixtureRequest) -> str:
    """The template for this test's database: with the small bank in it for tests that ask for `world`."""
    if "world" not in request.fixturenames:
        return TEMPLATE
    request.getfixturevalue("shared_world")
    return WORLD_TEMPLATE


@pytest.fixture
async def databases(cluster: Cluster, template: str) -> AsyncIterator[Urls]:
    """URLs of this test's own migrated database, one per role, and of Valkey."""
    name = f"test_{uuid4().hex}"
    yield await cluster.create(name, template)
    await cluster.drop(name)


@pytest.fixture
async def empty_database(cluster: Cluster) -> AsyncIterator[Urls]:
    """URLs of a database that no migration has touched."""
    name = f"empty_{uuid4().hex}"
    yield await cluster.create(name)
    await cluster.drop(name)


@pytest.fixture
def clock(tmp_path: Path) -> MovingClock:
    """The bank's clock. It starts at the machine's time; processes that are given its file follow it."""
    return MovingClock(tmp_path / "clock-offset")


@pytest.fixture(scope="session")
def keys_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an installation's keys."""
    folder = tmp_path_factory.mktemp("keys")
    Keys.load_or_create(folder)
    return folder


@pytest.fixture
def keys(keys_folder: Path) -> Keys:
    """The installation's keys."""
    return Keys.load(keys_folder)


@pytest.fixture
def settings(databases: Urls, clock: MovingClock, keys_folder: Path, tmp_path: Path) -> Settings:
    """Settings of an installation on this test's database, for the web application or the worker."""
    files = tmp_path / "files"
    files.mkdir()
    return load_settings(
        {
            "TIANGE_ENVIRONMENT": "test",
            "TIANGE_DEMO_MODE": "true",
            "TIANGE_HOME": str(tmp_path),
            "TIANGE_KEYS_DIR": str(keys_folder),
            "TIANGE_FILES_DIR": str(files),
            "TIANGE_CLOCK_FILE": str(clock.offset_file),
            "TIANGE_DATABASE_URL": databases.owner,
            "TIANGE_DATABASE_URL_WEB": databases.web,
            "TIANGE_DATABASE_URL_WORKER": databases.worker,
            "TIANGE_DATABASE_URL_NIGHTLY": databases.nightly,
            "TIANGE_REDIS_URL": databases.redis,
        }
    )


@pytest.fixture
async def web_db(databases: Urls, clock: MovingClock, keys: Keys) -> AsyncIterator[Database]:
    """Units of work as the web server has them: row-level security binds this role."""
    database = Database.open(
        databases.web, clock, keys=keys, demo_mode=True, write_audit=write_audit, application="test web"
    )
    yield database
    await database.close()


@pytest.fixture
async def worker_db(databases: Urls, clock: MovingClock, keys: Keys) -> AsyncIterator[Database]:
    """Units of work as the worker has them."""
    database = Database.open(
        databases.worker, clock, keys=keys, demo_mode=True, write_audit=write_audit, application="test worker"
    )
    yield database
    await database.close()


@pytest.fixture
async def redis(databases: Urls) -> AsyncIterator[Redis]:
    """A client of Valkey, which is empty at the start of the test."""
    client = Redis.from_url(databases.redis)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture(scope="session")
def password_hash() -> str:
    """The hash of `tests.support.world.PASSWORD`; light, for every sign-in costs it."""
    return hash_password(PASSWORD, light=True)


@pytest.fixture
def world(shared_world: World, databases: Urls) -> World:
    """A bank with what ships, two branches, people of every role and four grids, in this test's database.

    Everybody's password is `tests.support.world.PASSWORD`.
    """
    return shared_world
