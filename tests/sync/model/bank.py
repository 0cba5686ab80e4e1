"""The model's bank: a database of its own, web servers that come and go, a worker that runs when told."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import httpx
import msgspec
from litestar import Litestar
from sqlalchemy import text

from backend.app.wiring import HANDLERS
from backend.audit.api import write_audit
from backend.grids import api as grids
from backend.kernel.actor import Actor
from backend.kernel.crypto import Keys
from backend.kernel.ids import uuid7
from backend.kernel.relay import Relay
from backend.kernel.runner import Runner
from backend.kernel.uow import Database
from backend.sync.jobs import TIDY
from tests.support.clock import MovingClock
from tests.support.databases import WORLD_TEMPLATE, Cluster
from tests.support.field_phone import FieldPhone
from tests.support.web import Phone, application, settings_for
from tests.support.worker import work_off
from tests.support.world import PASSWORD, World
from tests.sync.model.page import Handset, Page

SYSTEM = Actor.system("model")
#: a person is told a thing in their own time; everything else is done before the bank is at rest
UNRESTING = text(
    "SELECT EXISTS (SELECT 1 FROM outbox_event WHERE expanded_at IS NULL)"
    " OR EXISTS (SELECT 1 FROM job WHERE state <> 'done' AND handler NOT LIKE 'notify.%')"
)
HOLDER = text(
    "SELECT staff_id FROM grid_assignment WHERE grid_id = :grid AND duty = 'responsible' AND to_on IS NULL"
)


class Now(httpx.AsyncBaseTransport):
    """Whatever web server runs at the moment."""

    def __init__(self) -> None:
        self.app: Litestar | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        transport = httpx.ASGITransport(app=cast(Any, self.app), raise_app_exceptions=False)
        return await transport.handle_async_request(request)


class Bank:
    """One bank and all that speaks to it."""

    def __init__(self, cluster: Cluster, world: World, keys_folder: Path, folder: Path) -> None:
        self.cluster, self.world = cluster, world
        self.keys_folder, self.folder = keys_folder, folder
        self.name = f"model_{uuid4().hex}"
        self.clock = MovingClock(folder / f"{self.name}-clock")
        self.stack, self.server = AsyncExitStack(), AsyncExitStack()
        self.web = Now()
        self.months = 0

    async def open(self) -> None:
        """Makes the database and starts the first web server."""
        urls = await self.cluster.create(self.name, WORLD_TEMPLATE)
        home = self.folder / self.name
        home.mkdir()
        self.settings = settings_for(
            urls, home, self.clock.offset_file, keys_dir=self.keys_folder, demo_mode=True
        )
        keys = Keys.load(self.keys_folder)
        self.database = Database.open(
            urls.worker, self.clock, keys=keys, demo_mode=True, write_audit=write_audit, application="model"
        )
        self.stack.push_async_callback(self.database.close)
        self.relay = Relay(self.database, HANDLERS)
        self.runner = Runner(self.database, self.settings, keys, HANDLERS)
        await self.restart()

    async def restart(self) -> None:
        """The web server ends and another starts: what it only had in its memory is gone."""
        await self.server.aclose()
        self.server = AsyncExitStack()
        self.web.app = await self.server.enter_async_context(application(self.settings))

    async def close(self) -> None:
        """Ends everything and drops the database."""
        await self.server.aclose()
        await self.stack.aclose()
        await self.cluster.drop(self.name)

    # ---- phones

    async def handset(self, login: str) -> Handset:
        """A new phone, signed in and enrolled."""
        client = await self._client()
        phone = await FieldPhone.ready(client, self.clock, login, PASSWORD)
        return Handset(login, phone, month=self.months)

    async def _client(self) -> httpx.AsyncClient:
        client = httpx.AsyncClient(transport=self.web, base_url="http://tiange.test")
        return await self.stack.enter_async_context(client)

    async def copied(self, handset: Handset) -> Handset:
        """The same phone twice: its storage was copied, with keys, session and outbox."""
        own = handset.phone
        client = await self._client()
        client.cookies.update(own.phone.client.cookies)
        twin = Phone(client, own.phone.installation_id, own.phone.key)
        phone = FieldPhone(twin, own.clock, own.seal_key, own.staff, outbox=list(own.outbox), epoch=own.epoch)
        phone.clock_error_ms = own.clock_error_ms
        return Handset(handset.login, phone, dict(handset.sent), set(handset.lost), month=handset.month)

    async def reinstalled(self, handset: Handset) -> None:
        """A phone that was told of a copy goes on under a new number; what it keeps gets new places."""
        phone = handset.phone
        phone.phone.installation_id = uuid7()
        await self.sign_in(handset)
        answer = await phone.phone.enrol()
        assert answer.status_code == 200, answer.text
        phone.outbox.clear()
        for key in handset.lost:
            del handset.sent[key]
        handset.lost.clear()
        for one in list(handset.sent.values()):
            handset.keep(phone.put({name: value for name, value in one.envelope.items() if name != "seq"}))
        handset.conflicted = False

    async def sign_in(self, handset: Handset) -> None:
        """The person gives the password again."""
        answer = await handset.phone.phone.login(handset.login, PASSWORD)
        assert answer.status_code == 200, answer.text
        handset.month = self.months

    async def signed_in(self, handset: Handset) -> None:
        """A session lasts a month."""
        if handset.month != self.months:
            await self.sign_in(handset)

    async def push(self, handset: Handset, page: Page, sent: list[Any], **more: Any) -> int:
        """One push whose answer is heard. Returns the place that the bank expects next."""
        answer = await self.push_raw(handset, sent, **more)
        assert answer.status_code == 200, answer.text
        document = msgspec.msgpack.decode(answer.content)
        page.hear(handset, document["receipts"])
        return int(document["expects"])

    async def push_raw(self, handset: Handset, sent: list[Any], **more: Any) -> httpx.Response:
        """One push, of 200 commands at most, as the contract allows."""
        return await handset.phone.push_raw([one.wire() for one in sent[:200]], **more)

    async def both(self, handset: Handset, page: Page, sent: list[Any]) -> None:
        """The same push twice at once: whichever was first is recorded, the other repeats it."""
        answers = await asyncio.gather(*(self.push_raw(handset, sent) for _ in range(2)))
        assert [one.status_code for one in answers] == [200, 200], [one.text for one in answers]
        told = [msgspec.msgpack.decode(one.content)["receipts"] for one in answers]
        for receipts in sorted(told, key=lambda some: sum(one["result"] == "repeated" for one in some)):
            page.hear(handset, receipts)

    # ---- what happens at the bank

    async def work(self) -> None:
        """The worker does what waits, until nothing does."""
        await work_off(self.relay, self.runner)

    async def at_rest(self) -> bool:
        """Whether everything that follows from what was taken has happened."""
        async with self.database.unit(SYSTEM) as uow:
            return not await uow.session.scalar(UNRESTING)

    async def month(self) -> None:
        """A month passes, and the night in which tombstones are forgotten."""
        self.clock.advance(timedelta(days=32))
        self.months += 1
        async with self.database.unit(SYSTEM) as uow:
            uow.emit(TIDY, {})
        await self.work()

    async def hand_over(self, grid: UUID) -> None:
        """A grid goes from the manager to the deputy, or back."""
        manager, deputy = self.world["manager"].id, self.world["deputy"].id
        async with self.database.unit(SYSTEM) as uow:
            holder = await uow.session.scalar(HOLDER, {"grid": grid})
            if holder is not None:
                await grids.release(uow, grid, holder, grids.Duty.responsible)
        async with self.database.unit(SYSTEM) as uow:
            taker = deputy if holder == manager else manager
            await grids.assign(uow, grid, taker, grids.Duty.responsible)
