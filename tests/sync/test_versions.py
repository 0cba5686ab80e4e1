"""Old versions of commands: made new by upcasts for as long as a phone may stay away."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar
from msgspec import Struct

from backend.app import wiring
from backend.app.prepare import ship
from backend.kernel.actor import FIELD, Actor
from backend.kernel.commands import Applied, CommandType, Envelope
from backend.kernel.ids import uuid7
from backend.kernel.settings import Settings
from backend.kernel.uow import Database, UnitOfWork
from backend.sync.registry import Registry
from tests.support.bodies import new_household
from tests.support.clock import MovingClock
from tests.support.web import application
from tests.support.world import World
from tests.sync.conftest import PhoneOf


class NoteOne(Struct, frozen=True):
    """The first version had one text."""

    text: str


class NoteTwo(Struct, frozen=True):
    """The second had lines."""

    lines: list[str]


class NoteThree(Struct, frozen=True):
    """The third counts them."""

    lines: list[str]
    count: int


@pytest.fixture
def taken() -> list[Any]:
    """The bodies that took effect."""
    return []


@pytest.fixture
def note(taken: list[Any], clock: MovingClock) -> CommandType:
    """A command whose first version ended today; its second will in five days."""

    async def take(_uow: UnitOfWork, body: NoteThree, _envelope: Envelope) -> Applied:
        taken.append(body)
        return Applied()

    return CommandType(
        "note.take",
        {1: NoteOne, 2: NoteTwo, 3: NoteThree},
        FIELD,
        take,
        upcasts={
            1: lambda body: NoteTwo([body.text]),
            2: lambda body: NoteThree(body.lines, len(body.lines)),
        },
        superseded={1: clock.today(), 2: clock.today() + timedelta(days=5)},
    )


@pytest.fixture
async def app(
    settings: Settings, worker_db: Database, note: CommandType, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Litestar]:
    """The application with one command more."""

    def registry() -> Registry:
        shipped = wiring.registry()
        return Registry({**shipped.commands, note.name: note}, shipped.projections)

    monkeypatch.setattr("backend.app.asgi.registry", registry)
    async with worker_db.unit(Actor.system("test")) as uow:
        await ship(uow)
    async with application(settings) as running:
        yield running


@pytest.mark.parametrize(("version", "body"), [(1, {"text": "甲"}), (2, {"lines": ["甲"]})])
async def test_an_old_command_is_applied_as_one_of_today(
    phone_of: PhoneOf, clock: MovingClock, taken: list[Any], version: int, body: dict[str, Any]
) -> None:
    agent = await phone_of("agent")
    agent.save("note.take", body, version=version)
    clock.advance(timedelta(hours=71))
    assert (await agent.push())[0]["result"] == "applied"
    assert taken == [NoteThree(["甲"], 1)]


async def test_a_version_older_than_the_offline_limit_is_refused_whole_and_the_stream_goes_on(
    phone_of: PhoneOf, clock: MovingClock, taken: list[Any]
) -> None:
    agent = await phone_of("agent")
    for version, body in ((1, {"text": "甲"}), (0, {}), (-3, {}), (4, {}), (2, {"lines": []})):
        agent.save("note.take", body, version=version)
    clock.advance(timedelta(days=5))
    receipts = await agent.push()
    codes = [one.get("code") for one in receipts]
    assert codes == ["version_ended", "version_ended", "version_ended", "unknown_version", None]
    assert all(one["receipt"] for one in receipts), "the bank keeps each of them"
    assert taken == [NoteThree([], 0)]


def test_a_version_without_its_upcast_or_its_last_day_is_no_command(note: CommandType) -> None:
    with pytest.raises(ValueError, match="each version but the newest"):
        replace(note, upcasts={})
    with pytest.raises(ValueError, match="each version but the newest"):
        replace(note, superseded={1: note.superseded[1]})


async def test_a_command_is_taken_by_its_former_name_and_shape(phone_of: PhoneOf, world: World) -> None:
    """Phones from before records send `asset.put` and a split that names `asset_ids`."""
    manager = await phone_of("manager")
    household = new_household(world.grids["E1"])
    thing = {"id": str(uuid7()), "customer_id": household["id"], "kind": "vehicle", "label": "皮卡"}
    gone = thing | {"id": str(uuid7()), "label": "三轮车"}
    leaving = household["members"][1]["id"]
    manager.save("customer.create", household)
    manager.save("asset.put", thing)
    manager.save("asset.put", gone)
    manager.save("asset.remove", {"id": gone["id"], "customer_id": household["id"], "reason": "sold"})
    split = {"id": str(uuid7()), "customer_id": household["id"], "name": "分出户", "address": "三组"}
    parts = {"member_ids": [leaving], "head_id": leaving, "asset_ids": [thing["id"]]}
    manager.save("customer.split", split | parts, version=1)
    assert [(one["result"], one.get("code")) for one in await manager.push()] == [("applied", None)] * 5
    await manager.pull()
    assert {key: (row["customer_id"], row["label"]) for key, row in manager.of("record").items()} == {
        thing["id"]: (split["id"], "皮卡")
    }
