"""The audit trail: written with the change, chained behind it, and a check that finds what was tampered
with."""

import asyncio

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from backend.audit.api import Findings, verify, write_audit
from backend.audit.jobs import HANDLERS
from backend.audit.service import seal
from backend.embedded import Urls
from backend.kernel.actor import Actor, Role
from backend.kernel.ids import uuid7
from backend.kernel.uow import Database
from tests.support.clock import MovingClock
from tests.support.databases import connect

SYSTEM = Actor.system("test")


async def write(database: Database, count: int = 1) -> None:
    for number in range(count):
        async with database.unit(SYSTEM) as uow:
            uow.audit("test.done", "thing", f"thing {number}", {"number": number, "names": ["a", "b"]})


async def sealed(database: Database) -> int:
    async with database.unit(SYSTEM) as uow:
        return await seal(uow)


async def check(database: Database) -> Findings:
    async with database.unit(SYSTEM) as uow:
        return await verify(uow)


async def tamper(urls: Urls, statement: str) -> None:
    connection: asyncpg.Connection = await connect(urls.admin)
    await connection.execute(statement)
    await connection.close()


async def test_an_entry_stands_and_falls_with_its_change(
    databases: Urls, clock: MovingClock, system_db: Database
) -> None:
    web = Database.open(databases.web, clock, write_audit=write_audit)
    person, phone = uuid7(), uuid7()
    actor = Actor(person, Role.agent, installation_id=phone, request_id="request-1")

    async def break_off() -> None:
        async with web.unit(actor) as uow:
            uow.audit("test.undone", "thing", "1")
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        await break_off()
    async with web.unit(actor) as uow:
        uow.audit("test.done", "thing", "2", {"field": "income"})
    await web.close()
    async with system_db.unit(SYSTEM) as uow:
        rows = (await uow.session.execute(text("SELECT * FROM audit_entry"))).all()
    assert [(row.action, row.subject_id, row.detail) for row in rows] == [
        ("test.done", "2", {"field": "income"})
    ]
    assert (rows[0].staff_id, rows[0].role, rows[0].installation_id, rows[0].request_id) == (
        person,
        "agent",
        phone,
        "request-1",
    )


async def test_a_whole_trail_holds(system_db: Database) -> None:
    assert (await check(system_db)).holds
    await write(system_db, 3)
    assert await sealed(system_db) == 3
    await write(system_db, 2)
    assert await sealed(system_db) == 2
    assert await sealed(system_db) == 0
    found = await check(system_db)
    assert (found.holds, found.sealed, found.unsealed, found.oldest_unsealed) == (True, 5, 0, None)


async def test_the_unsealed_tail_is_told(system_db: Database, clock: MovingClock) -> None:
    await write(system_db, 2)
    await sealed(system_db)
    before = clock.now()
    await write(system_db, 3)
    found = await check(system_db)
    assert (found.holds, found.sealed, found.unsealed) == (True, 2, 3)
    assert found.oldest_unsealed is not None
    assert before <= found.oldest_unsealed <= clock.now()


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE audit_entry SET action = 'test.other' WHERE id = {id}", "changed"),
        ("UPDATE audit_entry SET detail = '{{\"number\": 99}}' WHERE id = {id}", "changed"),
        ("UPDATE audit_entry SET at = at + interval '1 microsecond' WHERE id = {id}", "changed"),
        ("UPDATE audit_entry SET staff_id = gen_random_uuid() WHERE id = {id}", "changed"),
        ("UPDATE audit_seal SET hash = sha256('x') WHERE entry_id = {id}", "changed"),
        ("DELETE FROM audit_entry WHERE id = {id}", "missing"),
    ],
)
async def test_the_first_bad_entry_is_named(
    databases: Urls, system_db: Database, statement: str, fault: str
) -> None:
    await write(system_db, 5)
    await sealed(system_db)
    async with system_db.unit(SYSTEM) as uow:
        ids = list(await uow.session.scalars(text("SELECT entry_id FROM audit_seal ORDER BY position")))
    await tamper(databases, statement.format(id=ids[4]))
    await tamper(databases, statement.format(id=ids[2]))
    found = await check(system_db)
    assert (found.holds, found.fault, found.bad_entry, found.bad_position) == (False, fault, ids[2], 3)
    assert found.sealed == 2


async def test_an_entry_taken_out_with_its_link_is_noticed(databases: Urls, system_db: Database) -> None:
    await write(system_db, 4)
    await sealed(system_db)
    await tamper(
        databases,
        "WITH gone AS (DELETE FROM audit_seal WHERE position = 2 RETURNING entry_id)"
        " DELETE FROM audit_entry WHERE id = (SELECT entry_id FROM gone)",
    )
    found = await check(system_db)
    assert (found.fault, found.bad_position) == ("link_missing", 3)


async def test_nothing_is_sealed_past_a_running_transaction(system_db: Database) -> None:
    """Else an entry committed later could come to lie below what is sealed, where nobody would miss it."""
    async with system_db.unit(SYSTEM) as slow:
        # takes its transaction number now, writes its entry at the end
        await slow.session.execute(text("SELECT pg_current_xact_id()"))
        slow.audit("test.slow", "thing", "slow")
        await write(system_db, 3)
        assert await sealed(system_db) == 0
    assert await sealed(system_db) == 4
    async with system_db.unit(SYSTEM) as uow:
        actions = list(
            await uow.session.scalars(
                text(
                    "SELECT e.action FROM audit_seal s JOIN audit_entry e ON e.id = s.entry_id"
                    " ORDER BY s.position"
                )
            )
        )
    assert actions == ["test.slow", "test.done", "test.done", "test.done"]
    assert (await check(system_db)).holds


async def test_two_sealers_at_once_make_one_chain(system_db: Database) -> None:
    await write(system_db, 2)
    async with system_db.unit(SYSTEM) as first, system_db.unit(SYSTEM) as second:
        assert await seal(first) == 2
        async with asyncio.timeout(20):  # it must not wait for the first one's rows
            assert await seal(second) == 0
    assert (await check(system_db)).sealed == 2


async def test_the_job_goes_on_at_once_with_a_backlog(
    system_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.audit.service.BATCH", 2)
    monkeypatch.setattr("backend.audit.jobs.BATCH", 2)
    (handler,) = HANDLERS
    await write(system_db, 3)
    for _ in range(2):
        async with system_db.unit(SYSTEM) as uow:
            await handler.run(uow, {})
    async with system_db.unit(SYSTEM) as uow:
        events = list(await uow.session.scalars(text("SELECT name FROM outbox_event")))
    assert events == ["audit.seal"]
    assert (await check(system_db)).unsealed == 0


@pytest.mark.parametrize("table", ["audit_entry", "audit_seal"])
@pytest.mark.parametrize("role", ["web", "worker"])
async def test_no_role_of_the_product_may_change_the_trail(
    databases: Urls, clock: MovingClock, system_db: Database, table: str, role: str
) -> None:
    await write(system_db)
    await sealed(system_db)
    database = Database.open(getattr(databases, role), clock)
    column = "at" if table == "audit_entry" else "sealed_at"
    for statement in (f"UPDATE {table} SET {column} = now()", f"DELETE FROM {table}"):
        async with database.unit(SYSTEM) as uow:
            with pytest.raises(DBAPIError, match="permission denied"):
                await uow.session.execute(text(statement))
            await uow.session.rollback()
    await database.close()


async def test_only_auditors_read_the_trail(databases: Urls, clock: MovingClock, system_db: Database) -> None:
    await write(system_db)
    web = Database.open(databases.web, clock)
    for role, seen in ((Role.auditor, 1), (Role.manager, 0), (Role.admin, 0), (Role.hq_lead, 0)):
        async with web.unit(Actor(uuid7(), role)) as uow:
            assert len((await uow.session.execute(text("SELECT id FROM audit_entry"))).all()) == seen
    await web.close()
