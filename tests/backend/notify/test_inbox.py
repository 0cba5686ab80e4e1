"""The inbox on the phone: what it receives, and marking as read."""

from datetime import timedelta
from uuid import UUID

import pytest

from backend.embedded import Urls
from backend.kernel.actor import Actor, Role
from backend.kernel.clock import millis
from backend.kernel.commands import Envelope
from backend.kernel.ids import uuid7
from backend.kernel.uow import Database
from backend.notify.api import send
from backend.notify.commands import COMMANDS
from backend.notify.projection import FIELDS, PROJECTIONS
from backend.notify.schemas import ReadInbox
from tests.support.clock import MovingClock
from tests.support.web import Bank

(READ,) = COMMANDS
(INBOX,) = PROJECTIONS


@pytest.fixture
async def wang(bank: Bank) -> UUID:
    return await bank.hire("wang", "manager")


async def item_for(database: Database, staff_id: UUID) -> UUID:
    async with database.unit(Actor.system("test")) as uow:
        item = await send(uow, staff_id, "digest", {"due": 4}, dedupe=str(uuid7()))
    assert item is not None
    return item


def envelope(staff_id: UUID, clock: MovingClock) -> Envelope:
    now = clock.now()
    return Envelope(uuid7(), uuid7(), staff_id, now, now - timedelta(minutes=5), 480, now, 0)


async def test_reading_moves_the_row_and_only_ones_own(
    databases: Urls, clock: MovingClock, system_db: Database, bank: Bank, wang: UUID
) -> None:
    chen = await bank.hire("chen", "manager")
    mine, other = await item_for(system_db, wang), await item_for(system_db, chen)
    web = Database.open(databases.web, clock)
    sent = envelope(wang, clock)
    async with web.unit(Actor(wang, Role.manager)) as uow:
        await READ.apply(uow, ReadInbox([mine, other, uuid7()]), sent)
    assert list(uow.revisions) == [f"staff:{wang}"]
    async with web.unit(Actor(wang, Role.manager)) as uow:
        rows = await INBOX.load(uow, [str(mine), str(other)], "staff")
    assert {key: dict(zip(FIELDS, row, strict=True))["read_at"] for key, row in rows.items()} == {
        str(mine): millis(sent.observed_at)
    }
    async with web.unit(Actor(chen, Role.manager)) as uow:
        (row,) = (await INBOX.load(uow, [str(other)], "staff")).values()
        assert row[3] is None
    # a second reading, later, leaves the first time and moves nothing
    async with web.unit(Actor(wang, Role.manager)) as uow:
        await READ.apply(uow, ReadInbox([mine]), envelope(wang, clock))
    assert uow.revisions == {}
    await web.close()


async def test_a_row_has_the_contracts_fields(
    databases: Urls, clock: MovingClock, system_db: Database, wang: UUID
) -> None:
    item = await item_for(system_db, wang)
    web = Database.open(databases.web, clock)
    async with web.unit(Actor(wang, Role.agent)) as uow:
        (row,) = (await INBOX.load(uow, [str(item)], "agent")).values()
    await web.close()
    assert FIELDS == ("kind", "params", "at", "read_at")
    assert (row[0], row[1], row[3]) == ("digest", {"due": 4}, None)
    assert abs(row[2] - millis(clock.now())) < 60_000


def test_everybody_may_read_their_inbox() -> None:
    assert set(READ.roles) == set(Role) - {Role.system}
    assert set(READ.versions) == {1}
