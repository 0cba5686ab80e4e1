"""Fixtures for every test: real PostgreSQL and Valkey, a database of its own per test, a clock that moves."""

import os
import random
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from backend.embedded import EmbeddedServers, Urls, temporary_home
from backend.kernel.uow import Database
from tests.support.clock import MovingClock
from tests.support.databases import TEMPLATE, Cluster

SEED_VARIABLE = "TIANGE_TEST_SEED"
_seed = pytest.StashKey[int]()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """One seed for everything random, hypothesis too, so that a printed seed repeats the run."""
    given = os.environ.get(SEED_VARIABLE, "")
    config.stash[_seed] = int(given) if given else random.SystemRandom().randrange(1_000_000)
    if config.getoption("--hypothesis-seed", default=None) is None:
        config.option.hypothesis_seed = config.stash[_seed]


def pytest_report_header(config: pytest.Config) -> str:
    """Says how to repeat this run."""
    return f"seed: {config.stash[_seed]} (repeat: {SEED_VARIABLE}={config.stash[_seed]})"


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    """Seeded randomness, the same for a test whichever others run beside it."""
    return random.Random(f"{request.config.stash[_seed]}/{request.node.nodeid}")


@pytest.fixture(scope="session")
def servers() -> Iterator[EmbeddedServers]:
    """The session's PostgreSQL and Valkey, started by the product's own launcher."""
    with temporary_home() as home:
        running = EmbeddedServers(home, durable=False)
        running.start()
        try:
            yield running
        finally:
            running.stop()


@pytest.fixture(scope="session")
def cluster(servers: EmbeddedServers) -> Cluster:
    """The servers with the migrated template in them."""
    made = Cluster(servers.urls)
    made.make_template()
    return made


@pytest.fixture
async def databases(cluster: Cluster) -> AsyncIterator[Urls]:
    """URLs of this test's own migrated database, one per role, and of Valkey."""
    name = f"test_{uuid4().hex}"
    yield await cluster.create(name, TEMPLATE)
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


@pytest.fixture
async def web_db(databases: Urls, clock: MovingClock) -> AsyncIterator[Database]:
    """Units of work as the web server has them: row-level security binds this role."""
    database = Database.open(databases.web, clock, application="test web")
    yield database
    await database.close()


@pytest.fixture
async def worker_db(databases: Urls, clock: MovingClock) -> AsyncIterator[Database]:
    """Units of work as the worker has them."""
    database = Database.open(databases.worker, clock, application="test worker")
    yield database
    await database.close()


@pytest.fixture
async def redis(databases: Urls) -> AsyncIterator[Redis]:
    """A client of Valkey, which is empty at the start of the test."""
    client = Redis.from_url(databases.redis)
    await client.flushall()
    yield client
    await client.aclose()
