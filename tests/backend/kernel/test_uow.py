"""The unit of work: all of it or nothing, and nobody sees further than they may once an error has passed."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from backend.embedded import Urls
from backend.kernel.actor import Actor, Role
from backend.kernel.errors import Problem
from backend.kernel.ids import uuid7
from backend.kernel.uow import Database, UnitOfWork
from tests.support.databases import connect
from tests.support.world import World

ROLE = text("SELECT current_setting('tiange.role', true)")


def _manager(world: World) -> Actor:
    return Actor(staff_id=world["manager"].id, role=Role.manager, name="manager")


async def _tally(database: Database) -> tuple[int, ...]:
    async with database.unit(Actor.system("test")) as uow:
        row = (
            await uow.session.execute(
                text(
                    "SELECT (SELECT count(*) FROM sync_change), (SELECT sum(revision) FROM sync_partition),"
                    " (SELECT count(*) FROM outbox_event), (SELECT count(*) FROM audit_entry),"
                    " (SELECT count(*) FROM server_fact)"
                )
            )
        ).one()
    return tuple(int(one or 0) for one in row)


async def _work(uow: UnitOfWork, row_id: UUID) -> None:
    uow.touch("bank", "term", row_id)
    uow.emit("test.happened", {"id": str(row_id)})
    uow.audit("test.done", "test", row_id)
    await uow.session.execute(
        text("INSERT INTO server_fact (name, value) VALUES (:name, '1')"), {"name": str(row_id)}
    )


async def _work_in_vain(uow: UnitOfWork) -> None:
    async with uow.savepoint():
        await _work(uow, uuid7())
        raise Problem("no", 409, "No")


async def test_a_part_that_fails_takes_everything_it_collected_with_it(
    world: World, worker_db: Database
) -> None:
    before = await _tally(worker_db)
    async with worker_db.unit(Actor.system("test")) as uow:
        await _work(uow, uuid7())
        with pytest.raises(Problem):
            await _work_in_vain(uow)
    assert [after - was for after, was in zip(await _tally(worker_db), before, strict=True)] == [1] * 5


async def test_a_unit_that_fails_leaves_nothing(world: World, worker_db: Database) -> None:
    before = await _tally(worker_db)

    async def fail() -> None:
        async with worker_db.unit(Actor.system("test")) as uow:
            await _work(uow, uuid7())
            raise Problem("no", 409, "No")

    with pytest.raises(Problem):
        await fail()
    assert await _tally(worker_db) == before


async def test_an_error_does_not_leave_the_actor_with_the_systems_eyes(
    world: World, web_db: Database
) -> None:
    async with web_db.unit(_manager(world)) as uow:
        with pytest.raises(Problem):
            async with uow.elevated("a look that ends badly"):
                raise Problem("no", 409, "No")
        assert await uow.session.scalar(ROLE) == "manager"
        with pytest.raises(DBAPIError):
            async with uow.savepoint(), uow.elevated("a statement that fails"):
                await uow.session.execute(text("SELECT 1/0"))
        assert await uow.session.scalar(ROLE) == "manager"


async def test_an_elevated_part_inside_another_ends_alone(world: World, web_db: Database) -> None:
    async with web_db.unit(_manager(world)) as uow:
        async with uow.elevated("outer"):
            async with uow.elevated("inner"):
                pass
            assert await uow.session.scalar(ROLE) == "system"
        assert await uow.session.scalar(ROLE) == "manager"


async def test_the_text_of_a_database_error_quotes_no_values(world: World, worker_db: Database) -> None:
    with pytest.raises(DBAPIError) as caught:
        async with worker_db.unit(Actor.system("test")) as uow:
            await uow.session.execute(text("SELECT 1/0, CAST(:name AS text)"), {"name": "13812342260"})
    assert "13812342260" not in str(caught.value)


async def test_connections_that_died_while_they_lay_idle_cost_nobody_an_error(
    world: World, databases: Urls, web_db: Database
) -> None:
    """A server that was started again: the first to use a dead connection gets another one."""

    async def cut() -> None:
        connection = await connect(databases.admin)
        ended = await connection.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await connection.close()
        assert ended

    async def look(_number: int) -> str:
        async with web_db.unit(_manager(world)) as uow:
            return str(await uow.session.scalar(ROLE))

    async def ask(_number: int) -> int:
        row = await web_db.ask("SELECT $1::int AS one", 1)
        assert row is not None
        return int(row["one"])

    for use, found in ((look, "manager"), (ask, 1)):
        for _ in range(2):
            assert await asyncio.gather(*(use(number) for number in range(6))) == [found] * 6
            await cut()


async def test_a_lonely_statement_has_no_scope(world: World, web_db: Database) -> None:
    async with web_db.unit(_manager(world)) as uow:
        assert await uow.session.scalar(text("SELECT count(*) FROM staff"))
    row = await web_db.ask("SELECT scope.role() AS role, (SELECT count(*) FROM staff) AS staff")
    assert row is not None
    assert (row["role"], row["staff"]) == ("", 0)
    with pytest.raises(DBAPIError) as caught:
        await web_db.ask("SELECT 1/0, $1::text", "13812342260")
    assert "13812342260" not in str(caught.value)
