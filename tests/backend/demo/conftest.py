"""A county of 2,500 customers, loaded once for the tests that only look at it."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from backend.app import demo
from backend.embedded import Urls
from backend.kernel.crypto import Keys
from backend.kernel.settings import Settings
from tests.backend.demo.county import DAY, quiet, settings_for
from tests.support.databases import TEMPLATE, Cluster


@dataclass(frozen=True)
class LoadedCounty:
    """A demo county in its database, with the logins that were shown."""

    urls: Urls
    settings: Settings
    logins: list[demo.Login]


@pytest.fixture(scope="session")
def county(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoadedCounty]:
    """Large enough for its shares to be steady. Tests only look at it."""
    name = f"county_{uuid4().hex}"
    urls = asyncio.run(cluster.create(name, TEMPLATE))
    settings = settings_for(urls, tmp_path_factory.mktemp("county"))
    Keys.load_or_create(settings.keys_dir)
    yield LoadedCounty(urls, settings, demo.run(settings, 2_500, 1, DAY, quiet))
    asyncio.run(cluster.drop(name))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with keys."""
    Keys.load_or_create(tmp_path / "keys")
    return tmp_path


@pytest.fixture
def empty(cluster: Cluster) -> Iterator[Urls]:
    """A migrated database with nothing in it, for code that runs event loops of its own."""
    name = f"empty_{uuid4().hex}"
    yield asyncio.run(cluster.create(name, TEMPLATE))
    asyncio.run(cluster.drop(name))


@pytest.fixture
def another(cluster: Cluster) -> Iterator[Urls]:
    """A second one."""
    name = f"another_{uuid4().hex}"
    yield asyncio.run(cluster.create(name, TEMPLATE))
    asyncio.run(cluster.drop(name))
