"""A pull in which nothing moved: no transaction, no write, and refused as any other."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from backend.kernel.actor import Actor
from backend.kernel.uow import Database, UnitOfWork
from backend.sync.partitions import VERSION
from tests.support.bodies import new_household
from tests.support.clock import MovingClock
from tests.support.field_phone import PACKED, FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf

EVERYBODY = ("manager", "agent", "head", "deputy", "lead", "business", "data", "risk", "auditor", "admin")


@pytest.fixture
def units(monkeypatch: pytest.MonkeyPatch) -> list[Actor]:
    """Who opened a unit of work, from now on."""
    opened: list[Actor] = []
    real: Callable[[Database, Actor], Any] = Database.unit

    @asynccontextmanager
    async def counted(self: Database, actor: Actor) -> AsyncIterator[UnitOfWork]:
        opened.append(actor)
        async with real(self, actor) as uow:
            yield uow

    monkeypatch.setattr(Database, "unit", counted)
    return opened


async def heard(database: Database, phone: FieldPhone) -> tuple[Any, ...]:
    """What the bank holds of a phone's contacts: last second, depth, oldest, how many stretches."""
    async with database.unit(Actor.system("test")) as uow:
        row = await uow.session.execute(
            text(
                "SELECT last_seen_at, outbox_depth, outbox_oldest_at, (SELECT count(*) FROM device_contact c"
                " WHERE c.installation_id = d.installation_id) FROM device d WHERE installation_id = :id"
            ),
            {"id": phone.phone.installation_id},
        )
        return tuple(row.one())


async def ask(phone: FieldPhone, depth: int = 0, oldest: int | None = None) -> dict[str, Any]:
    """One pull with what waits on the phone."""
    body = {
        "epoch": phone.epoch,
        "partitions": phone.revisions,
        "outbox": {"depth": depth, "oldest": oldest},
    }
    answer = await phone.phone.send("POST", "/api/v1/sync/pull", msgspec.msgpack.encode(body), PACKED)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = msgspec.msgpack.decode(answer.content)
    return document


@pytest.mark.parametrize("login", EVERYBODY)
async def test_for_everybody_it_needs_no_transaction(
    phone_of: PhoneOf, clock: MovingClock, units: list[Actor], login: str
) -> None:
    clock.move_to_local(2026, 12, 1, 9, 1)
    phone = await phone_of(login)
    await phone.pull()
    units.clear()
    answer = await ask(phone)
    assert {one["key"]: one["revision"] for one in answer["partitions"]} == phone.revisions
    assert {one["state"] for one in answer["partitions"]} == {"same"}
    assert (answer["epoch"], answer["durable_through"]) == (phone.epoch, None)
    assert units == []


async def test_what_moves_meanwhile_comes_with_the_next(
    phone_of: PhoneOf, world: World, worker_db: Database
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    await manager.pull()
    assert {one["state"] for one in (await ask(manager))["partitions"]} == {"same"}
    body = new_household(world.grids["E1"])
    head.save("customer.create", body)
    await head.push()
    async with worker_db.unit(Actor.system("test")) as uow:
        await uow.session.execute(
            text("INSERT INTO server_fact (name, value) VALUES ('durable_through', '1764000000000')")
        )
    answer = await ask(manager)
    assert answer["durable_through"] == 1_764_000_000_000
    assert [one["key"] for one in answer["partitions"] if one["state"] != "same"] == [
        f"grid:{world.grids['E1'].id}/manager@{VERSION}"
    ]


async def test_a_contact_is_written_once_in_ten_minutes_and_what_waits_at_once(
    phone_of: PhoneOf, worker_db: Database, clock: MovingClock, units: list[Actor]
) -> None:
    clock.move_to_local(2026, 12, 1, 9, 1)
    phone = await phone_of("manager")
    await phone.pull()
    first = await heard(worker_db, phone)
    assert (first[1], first[3]) == (0, 1)
    clock.move_to_local(2026, 12, 1, 9, 9)
    await ask(phone)
    assert await heard(worker_db, phone) == first
    # what waits is right within the stretch too, the more so when it is sent
    await ask(phone, 3, 1_760_000_000_000)
    depth = await heard(worker_db, phone)
    assert (depth[1], depth[2].timestamp(), depth[3]) == (3, 1_760_000_000, 1)
    units.clear()
    await ask(phone, 3, 1_760_000_000_000)
    assert units == []
    await ask(phone, 3, 1_760_000_060_000)
    assert (await heard(worker_db, phone))[2].timestamp() == 1_760_000_060
    await ask(phone)
    assert (await heard(worker_db, phone))[1:] == (0, None, 1)
    # the next stretch is another contact
    clock.move_to_local(2026, 12, 1, 9, 10)
    await ask(phone)
    second = await heard(worker_db, phone)
    assert (second[0] >= depth[0] + timedelta(seconds=50), second[3]) == (True, 2)


async def test_a_phone_that_takes_over_a_session_is_heard_itself(
    phone_of: PhoneOf, worker_db: Database
) -> None:
    """The session still named another phone when its last contact was read."""
    one, two = await phone_of("manager"), await phone_of("manager")
    await one.pull()
    one.phone.client.cookies, two.phone.client.cookies = two.phone.client.cookies, one.phone.client.cookies
    before = await heard(worker_db, two)
    assert before[0] is None
    await ask(two)
    assert (await heard(worker_db, two))[0] is not None


async def test_a_withdrawn_phone_and_an_ended_session_are_refused_at_once(phone_of: PhoneOf) -> None:
    phone, admin = await phone_of("manager"), await phone_of("admin")
    await phone.pull()
    assert {one["state"] for one in (await ask(phone))["partitions"]} == {"same"}
    other = await phone_of("manager")
    await other.pull()
    body = msgspec.msgpack.encode({"epoch": phone.epoch, "partitions": phone.revisions})
    gone = await admin.phone.client.post(f"/api/v1/devices/{phone.phone.installation_id}/revoke")
    assert gone.status_code in (200, 204), gone.text
    refused = await phone.phone.send("POST", "/api/v1/sync/pull", body, PACKED)
    assert (refused.status_code, refused.json()["code"]) == (401, "device_revoked")
    assert (await other.phone.client.post("/api/v1/auth/logout")).status_code in (200, 204)
    refused = await other.phone.send("POST", "/api/v1/sync/pull", body, PACKED)
    assert (refused.status_code, refused.json()["code"]) == (401, "signed_out")


async def test_the_same_request_again_is_refused(phone_of: PhoneOf) -> None:
    phone = await phone_of("manager")
    await phone.pull()
    body = msgspec.msgpack.encode({"epoch": phone.epoch, "partitions": phone.revisions})
    headers = phone.phone.headers("POST", "/api/v1/sync/pull", body) | PACKED
    first = await phone.phone.client.post("/api/v1/sync/pull", content=body, headers=headers)
    again = await phone.phone.client.post("/api/v1/sync/pull", content=body, headers=headers)
    assert (first.status_code, again.status_code, again.json()["code"]) == (200, 401, "nonce_used")
