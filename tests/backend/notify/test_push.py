"""Inbox items and their pushes, against a push service that checks the signature and decrypts."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from aiohttp import web
from msgspec.structs import replace
from sqlalchemy import text

from backend.app.wiring import HANDLERS
from backend.embedded import Urls
from backend.kernel.actor import Actor, Role
from backend.kernel.crypto import Keys
from backend.kernel.ids import uuid7
from backend.kernel.jobs import JobContext
from backend.kernel.relay import Relay
from backend.kernel.runner import Runner
from backend.kernel.settings import Settings
from backend.kernel.uow import Database
from backend.notify.api import send
from backend.notify.errors import TryLater
from backend.notify.jobs import push_item
from backend.policy.api import ensure_shipped
from tests.support.clock import MovingClock
from tests.support.databases import connect
from tests.support.push_service import PushService, Subscription
from tests.support.web import Bank, Phone, settings_for

SYSTEM = Actor.system("test")


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with PushService() as one:
        yield one
    assert one.refusals == []


@pytest.fixture
def settings(databases: Urls, tmp_path: Path, clock: MovingClock, service: PushService) -> Settings:
    return settings_for(databases, tmp_path, clock.offset_file, push_test_hosts=(service.host,))


@pytest.fixture(autouse=True)
async def day(clock: MovingClock, system_db: Database) -> None:
    """Ten in the morning, with the shipped policy figures."""
    clock.move_to_local(2026, 11, 23, 10)
    async with system_db.unit(SYSTEM) as uow:
        await ensure_shipped(uow)


@pytest.fixture
async def wang(bank: Bank) -> UUID:
    return await bank.hire("wang", "manager")


@pytest.fixture
async def phone(client: httpx.AsyncClient, wang: UUID) -> Phone:
    return await Phone(client).ready("wang")


async def subscribe(phone: Phone, subscription: Subscription) -> httpx.Response:
    return await phone.client.post("/api/v1/push/subscriptions", json=subscription.as_json())


async def subscribed(phone: Phone, service: PushService) -> Subscription:
    """A new browser subscription for the server's key, told to the server."""
    key = (await phone.client.get("/api/v1/push/key")).json()["public_key"]
    subscription = service.subscribe(key)
    assert (await subscribe(phone, subscription)).status_code == 204
    return subscription


async def tell(database: Database, staff_id: UUID, kind: str = "task_returned", **options: Any) -> UUID:
    async with database.unit(SYSTEM) as uow:
        item = await send(uow, staff_id, kind, {"count": 3}, **({"dedupe": str(uuid7())} | options))
    assert item is not None
    return item


class Jobs:
    """Runs what waits, as a worker does."""

    def __init__(self, database: Database, settings: Settings, keys: Keys) -> None:
        self._relay = Relay(database, HANDLERS)
        self._runner = Runner(database, settings, keys, HANDLERS)

    async def run(self) -> list[bool]:
        """All waiting jobs once; whether each is done."""
        await self._relay.expand()
        return [await self._runner.run(one) for ids in await self._relay.take() for one in ids]


@pytest.fixture
def jobs(system_db: Database, settings: Settings, keys: Keys) -> Jobs:
    return Jobs(system_db, settings, keys)


def context(database: Database, settings: Settings, keys: Keys) -> JobContext:
    return JobContext(database, settings, keys, uuid7(), "notify.push", "-")


async def test_an_item_is_pushed_with_ids_only(
    service: PushService, phone: Phone, wang: UUID, system_db: Database, jobs: Jobs
) -> None:
    subscription = await subscribed(phone, service)
    item = await tell(system_db, wang)
    assert await jobs.run() == [True]
    (message,) = service.received()
    assert message.subscription == subscription.id
    assert json.loads(message.text) == {"v": 1, "inbox": str(item), "kind": "task_returned"}
    assert (message.urgency, message.ttl, message.topic) == ("normal", 24 * 3600, item.hex)
    assert message.sender == "mailto:push@tiange.example"


async def test_an_item_is_a_row_for_the_phone_and_told_once(
    wang: UUID, system_db: Database, databases: Urls
) -> None:
    async with system_db.unit(SYSTEM) as uow:
        first = await send(uow, wang, "digest", {"due": 4}, dedupe="digest:1")
    assert list(uow.revisions) == [f"staff:{wang}"]
    async with system_db.unit(SYSTEM) as uow:
        assert await send(uow, wang, "digest", {"due": 5}, dedupe="digest:1") is None
    assert uow.revisions == {}
    connection = await connect(databases.admin)
    rows = await connection.fetch("SELECT id, params::text AS params FROM inbox_item")
    events = await connection.fetchval("SELECT count(*) FROM outbox_event WHERE name = 'notify.item_created'")
    await connection.close()
    assert [(row["id"], json.loads(row["params"])) for row in rows] == [(first, {"due": 4})]
    assert events == 1


async def test_a_person_may_write_to_another(
    wang: UUID, bank: Bank, databases: Urls, clock: MovingClock
) -> None:
    web_db = Database.open(databases.web, clock)
    head = await bank.hire("head", "branch_head")
    async with web_db.unit(Actor(wang, Role.manager)) as uow:
        assert await send(uow, head, "approval_waiting", {"count": 1}, dedupe="x") is not None
        # the sender's own rows are all that this unit sees again afterwards
        assert (await uow.session.execute(text("SELECT id FROM inbox_item"))).all() == []
    await web_db.close()


async def test_a_repeated_job_does_not_push_again(
    service: PushService, phone: Phone, wang: UUID, system_db: Database, settings: Settings, keys: Keys
) -> None:
    await subscribed(phone, service)
    item = await tell(system_db, wang)
    for _ in range(3):
        await push_item(context(system_db, settings, keys), {"inbox_id": str(item)})
    assert len(service.received()) == 1


async def test_a_push_whose_outcome_is_unknown_is_repeated_under_the_same_topic(
    service: PushService,
    phone: Phone,
    wang: UUID,
    system_db: Database,
    settings: Settings,
    keys: Keys,
    databases: Urls,
    clock: MovingClock,
) -> None:
    """A worker killed between sending and recording: the reminder must not be lost, nor shown twice."""
    await subscribed(phone, service)
    item = await tell(system_db, wang)
    await push_item(context(system_db, settings, keys), {"inbox_id": str(item)})
    connection = await connect(databases.admin)
    await connection.execute("UPDATE push_delivery SET state = 'sending'")
    await connection.close()
    await push_item(context(system_db, settings, keys), {"inbox_id": str(item)})
    assert len(service.received()) == 1
    clock.advance(timedelta(minutes=3))
    await push_item(context(system_db, settings, keys), {"inbox_id": str(item)})
    assert [one.topic for one in service.received()] == [item.hex] * 2


@pytest.mark.parametrize("status", [404, 410])
async def test_a_subscription_that_is_gone_is_dropped(
    service: PushService,
    phone: Phone,
    wang: UUID,
    system_db: Database,
    jobs: Jobs,
    databases: Urls,
    status: int,
) -> None:
    subscription = await subscribed(phone, service)
    subscription.answers.append(status)
    await tell(system_db, wang)
    assert await jobs.run() == [True]
    connection = await connect(databases.admin)
    assert await connection.fetchval("SELECT count(*) FROM push_subscription") == 0
    assert await connection.fetchval("SELECT state FROM push_delivery") == "gone"
    await connection.close()
    # allowed again, it counts as new
    assert (await subscribe(phone, service.subscribe(subscription.application_server_key))).status_code == 204


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_push_service_that_is_away_is_asked_again_later(
    service: PushService,
    phone: Phone,
    wang: UUID,
    system_db: Database,
    jobs: Jobs,
    clock: MovingClock,
    status: int,
) -> None:
    subscription = await subscribed(phone, service)
    subscription.answers.append(status)
    await tell(system_db, wang)
    assert await jobs.run() == [False]
    assert service.received() == []
    clock.advance(timedelta(minutes=1))
    assert await jobs.run() == [True]
    assert len(service.received()) == 1


async def test_only_the_phone_that_missed_it_is_tried_again(
    service: PushService,
    phone: Phone,
    other_client: httpx.AsyncClient,
    wang: UUID,
    system_db: Database,
    settings: Settings,
    keys: Keys,
) -> None:
    first = await subscribed(phone, service)
    second = await subscribed(await Phone(other_client).ready("wang"), service)
    second.answers.append(503)
    item = {"inbox_id": str(await tell(system_db, wang))}
    with pytest.raises(TryLater):
        await push_item(context(system_db, settings, keys), item)
    await push_item(context(system_db, settings, keys), item)
    assert [one.subscription for one in service.received()] == [first.id, second.id]


async def test_a_refusal_is_not_repeated(
    service: PushService, phone: Phone, wang: UUID, system_db: Database, jobs: Jobs, databases: Urls
) -> None:
    subscription = await subscribed(phone, service)
    subscription.answers.extend([403, 403])
    await tell(system_db, wang)
    assert await jobs.run() == [True]
    assert subscription.answers == [403]
    connection = await connect(databases.admin)
    assert await connection.fetchval("SELECT failures FROM push_subscription") == 1
    await connection.close()


async def test_a_push_service_cannot_send_the_server_elsewhere(
    phone: Phone,
    wang: UUID,
    system_db: Database,
    settings: Settings,
    keys: Keys,
    service: PushService,
    databases: Urls,
) -> None:
    subscription = await subscribed(phone, service)
    reached: list[str] = []

    async def inner(request: web.Request) -> web.Response:
        reached.append(request.path)
        return web.Response(status=201)

    async def away(_request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": "/inner"})

    site = web.Application()
    site.router.add_post("/inner", inner)
    site.router.add_post("/away", away)
    runner = web.AppRunner(site, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host = f"127.0.0.1:{runner.addresses[0][1]}"
    connection = await connect(databases.admin)
    await connection.execute("UPDATE push_subscription SET endpoint = $1", f"http://{host}/away")
    item = await tell(system_db, wang)
    allowed = replace(settings, push_test_hosts=(host,))
    await push_item(context(system_db, allowed, keys), {"inbox_id": str(item)})
    state = await connection.fetchrow("SELECT state, status FROM push_delivery")
    await connection.close()
    await runner.cleanup()
    assert reached == []
    assert tuple(state) == ("refused", 307)
    assert subscription.answers == []


async def test_a_read_item_is_not_pushed(
    service: PushService, phone: Phone, wang: UUID, system_db: Database, jobs: Jobs, databases: Urls
) -> None:
    await subscribed(phone, service)
    await tell(system_db, wang)
    connection = await connect(databases.admin)
    await connection.execute("UPDATE inbox_item SET read_at = now()")
    await connection.close()
    assert await jobs.run() == [True]
    assert service.received() == []


async def test_at_night_only_the_urgent_is_pushed_and_the_rest_once_in_the_morning(
    service: PushService, phone: Phone, wang: UUID, system_db: Database, jobs: Jobs, clock: MovingClock
) -> None:
    await subscribed(phone, service)
    clock.move_to_local(2026, 11, 23, 21, 30)
    await tell(system_db, wang)
    urgent = await tell(system_db, wang, "warning", urgency="urgent")
    last = await tell(system_db, wang, "task_approved")
    await jobs.run()
    assert [json.loads(one.text)["inbox"] for one in service.received()] == [str(urgent)]
    assert service.received()[0].urgency == "high"
    clock.move_to_local(2026, 11, 24, 7, 0)
    async with system_db.unit(SYSTEM) as uow:
        uow.emit("notify.quiet_over", {"on": "2026-11-24"})
    await jobs.run()
    await jobs.run()
    assert [json.loads(one.text)["inbox"] for one in service.received()] == [str(urgent), str(last)]


async def test_a_subscription_belongs_to_the_session(
    service: PushService, phone: Phone, other_client: httpx.AsyncClient, bank: Bank, databases: Urls
) -> None:
    """Two people who share a browser share its subscription: it follows who is signed in."""
    subscription = await subscribed(phone, service)
    chen = await bank.hire("chen", "manager")
    other = await Phone(other_client).ready("chen")
    assert (await subscribe(other, subscription)).status_code == 204
    connection = await connect(databases.admin)
    rows = await connection.fetch("SELECT staff_id, installation_id FROM push_subscription")
    await connection.close()
    assert [tuple(row) for row in rows] == [(chen, other.installation_id)]


async def test_subscribing_again_renews_and_replaces(
    service: PushService, phone: Phone, databases: Urls, clock: MovingClock
) -> None:
    first = await subscribed(phone, service)
    connection = await connect(databases.admin)
    before = await connection.fetchrow("SELECT id, seen_at FROM push_subscription")
    clock.advance(timedelta(hours=1))
    await subscribe(phone, first)
    after = await connection.fetchrow("SELECT id, seen_at FROM push_subscription")
    assert before["id"] == after["id"]
    assert before["seen_at"] < after["seen_at"]
    second = await subscribed(phone, service)
    endpoints = await connection.fetch("SELECT endpoint FROM push_subscription")
    await connection.close()
    assert [row["endpoint"] for row in endpoints] == [second.endpoint]


async def test_a_strange_endpoint_and_broken_keys_are_refused(phone: Phone, service: PushService) -> None:
    good = service.subscribe().as_json()
    elsewhere = await phone.client.post(
        "/api/v1/push/subscriptions", json=good | {"endpoint": "https://10.0.0.1/steal"}
    )
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (422, "push_endpoint_refused")
    broken = await phone.client.post(
        "/api/v1/push/subscriptions", json=good | {"keys": {"p256dh": "AAAA", "auth": "AAAA"}}
    )
    assert (broken.status_code, broken.json()["code"]) == (422, "malformed")
    without = await phone.client.post("/api/v1/push/subscriptions", json=good | {"keys": {}})
    assert (without.status_code, without.json()["code"]) == (422, "malformed")


async def test_subscribing_needs_an_enrolled_phone(
    client: httpx.AsyncClient, wang: UUID, service: PushService
) -> None:
    await Phone(client).login("wang")
    answer = await client.post("/api/v1/push/subscriptions", json=service.subscribe().as_json())
    assert (answer.status_code, answer.json()["code"]) == (409, "not_enrolled")


@pytest.mark.parametrize("how", ["unsubscribe", "sign_out", "revoke"])
async def test_reminders_end_with_the_phones_session(
    service: PushService, phone: Phone, wang: UUID, system_db: Database, jobs: Jobs, how: str
) -> None:
    await subscribed(phone, service)
    if how == "unsubscribe":
        await phone.client.delete("/api/v1/push/subscriptions")
    elif how == "sign_out":
        await phone.client.post("/api/v1/auth/logout", json={})
    else:
        await phone.client.post(f"/api/v1/devices/{phone.installation_id}/revoke")
    await jobs.run()
    await tell(system_db, wang)
    await jobs.run()
    assert service.received() == []
