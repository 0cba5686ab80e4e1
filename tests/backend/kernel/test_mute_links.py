"""PostgreSQL that is gone without a word: the connection stays, and nothing comes over it any more."""

import asyncio
import ctypes
import socket
from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from backend.embedded import Urls
from backend.kernel import db
from backend.kernel.actor import Actor
from backend.kernel.crypto import Keys
from backend.kernel.uow import Database
from tests.faults.links import Link, Way
from tests.support.clock import MovingClock

pytestmark = [
    pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="only Linux has it"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture
async def link(databases: Urls) -> AsyncIterator[Link]:
    place = urlsplit(databases.worker)
    loop = asyncio.get_running_loop()
    link = Link(lambda make: loop.create_connection(make, str(place.hostname), place.port or 0))
    await link.start()
    yield link
    await link.stop()


@pytest.fixture
async def far(
    databases: Urls, clock: MovingClock, keys: Keys, link: Link, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Database]:
    """The database over the link."""
    monkeypatch.setattr(db, "MUTE_SECONDS", 1)
    place = urlsplit(databases.worker)
    login = place.netloc.rpartition("@")[0]
    database = Database.open(
        urlunsplit(place._replace(netloc=f"{login}@127.0.0.1:{link.port}")), clock, keys=keys
    )
    yield database
    await database.close()


def _leave(link: Link, way: Way = "back") -> None:
    """The far end of all connections is there no more, or with `there` the near one: its system throws away
    what comes, and says nothing."""

    class Filter(ctypes.Structure):
        _fields_ = (("count", ctypes.c_ushort), ("rules", ctypes.c_void_p))

    # one rule: of each packet nothing is taken
    rules = ctypes.create_string_buffer(b"\x06\x00\x00\x00\x00\x00\x00\x00", 8)
    program = bytes(Filter(1, ctypes.addressof(rules)))
    attach_filter = 26
    for pair in link.pairs:
        end = pair.sides[way].get_extra_info("socket")
        with socket.fromfd(end.fileno(), end.family, end.type) as real:
            real.setsockopt(socket.SOL_SOCKET, attach_filter, program)


async def _ask(database: Database) -> None:
    async with database.unit(Actor.system("test")) as uow:
        await uow.session.execute(text("SELECT 1"))


async def test_who_asks_over_a_dead_connection_gets_another(far: Database, link: Link) -> None:
    await _ask(far)
    _leave(link)
    async with asyncio.timeout(30):
        await _ask(far)


async def test_who_waits_for_an_answer_hears_that_none_will_come(far: Database, link: Link) -> None:
    async def ask_and_wait() -> None:
        async with far.unit(Actor.system("test")) as uow:
            asking = asyncio.create_task(uow.session.execute(text("SELECT pg_sleep(20)")))
            await asyncio.sleep(0.5)
            _leave(link)
            await asking

    async with asyncio.timeout(30):
        with pytest.raises(DBAPIError) as raised:
            await ask_and_wait()
        assert raised.value.connection_invalidated
        await _ask(far)


async def test_what_a_process_that_is_gone_had_locked_is_free(
    far: Database, worker_db: Database, link: Link
) -> None:
    lock = text("SELECT pg_advisory_xact_lock(7)")
    freed = asyncio.Event()

    async def lock_and_go() -> None:
        async with far.unit(Actor.system("test")) as uow:
            await uow.session.execute(lock)
            _leave(link, "there")
            try:
                async with asyncio.timeout(30), worker_db.unit(Actor.system("test")) as other:
                    await other.session.execute(lock)
                    freed.set()
            finally:
                link.cut()

    with pytest.raises(DBAPIError):
        await lock_and_go()
    assert freed.is_set()
