"""The tests' own ground holds: separate databases, a moving clock, no way out to the network."""

import socket
import warnings
from datetime import UTC, datetime, timedelta

import pytest
from pytest_socket import SocketConnectBlockedError
from redis.asyncio import Redis
from sqlalchemy import text

from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from tests.support.clock import MovingClock
from tests.support.world import World


@pytest.mark.parametrize("turn", [1, 2])
async def test_each_test_has_its_own_database(worker_db: Database, turn: int) -> None:
    async with worker_db.unit(Actor.system("test")) as uow:
        there = (
            await uow.session.execute(text("SELECT count(*) FROM server_fact WHERE name = 'mine'"))
        ).scalar()
        await uow.session.execute(text("INSERT INTO server_fact VALUES ('mine', 'yes')"))
    assert there == 0, f"turn {turn} sees what another test wrote"


async def test_the_roles_are_those_of_production(web_db: Database, worker_db: Database) -> None:
    for database, role in ((web_db, "tiange_web"), (worker_db, "tiange_worker")):
        async with database.unit(Actor.system("test")) as uow:
            assert (await uow.session.execute(text("SELECT current_user"))).scalar() == role


@pytest.mark.parametrize("turn", [1, 2])
async def test_valkey_is_empty_at_the_start(redis: Redis, turn: int) -> None:
    assert await redis.dbsize() == 0
    await redis.set(f"left-by-{turn}", "1")


def test_the_clock_moves_for_everyone_who_reads_its_file(clock: MovingClock) -> None:
    clock.move_to(datetime(2031, 3, 1, 16, 30, tzinfo=UTC))
    other = MovingClock(clock.offset_file)
    assert abs(other.now() - datetime(2031, 3, 1, 16, 30, tzinfo=UTC)) < timedelta(seconds=30)
    assert str(other.today()) == "2031-03-02", "the bank's day has begun, UTC's has not"
    clock.advance(timedelta(days=-1))
    assert str(other.today()) == "2031-03-01"


def test_nothing_beyond_this_machine_can_be_reached() -> None:
    # its warning, an error here, comes before its error
    with (
        socket.socket() as outside,
        pytest.raises((SocketConnectBlockedError, UserWarning), match=r"192\.0\.2\.1"),
    ):
        outside.connect(("192.0.2.1", 80))


def test_warnings_are_errors() -> None:
    with pytest.raises(UserWarning, match="look here"):
        warnings.warn("look here", UserWarning, stacklevel=1)


async def test_the_small_bank_is_seen_as_each_role_sees_it(web_db: Database, world: World) -> None:
    household = await world.household(web_db, "李家", grid="E2", by="agent")

    async def sees(login: str) -> int:
        async with web_db.unit(world[login].actor) as uow:
            found = await uow.session.execute(
                text("SELECT count(*) FROM customer WHERE id = :id"), {"id": household}
            )
            return int(found.scalar_one())

    seen = {login: await sees(login) for login in world.staff}
    assert {login for login, count in seen.items() if count} == {
        "manager", "agent", "deputy", "head", "business", "auditor"
    }  # fmt: skip
