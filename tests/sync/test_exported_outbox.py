"""A phone's exported outbox, loaded by support: once, through the normal push."""

import base64
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import text

from backend.app.outbox_cli import said
from backend.app.outbox_file import MAGIC, Loaded, NotAnOutbox, load_outbox, read_outbox
from backend.app.wiring import registry
from backend.kernel.actor import Actor
from backend.kernel.crypto import Keys, SealKey
from backend.kernel.settings import Settings
from backend.kernel.uow import Database
from tests.support.bodies import new_household, visit
from tests.support.clock import MovingClock
from tests.support.field_phone import FieldPhone
from tests.support.web import serving
from tests.support.world import PASSWORD, World
from tests.sync.conftest import PhoneOf

FIXTURES = Path(__file__).parent / "fixtures"


def written(tmp_path: Path, phone: FieldPhone, **changes: Any) -> Path:
    """The file that the contract describes, of everything in the phone's outbox."""
    installation = str(phone.phone.installation_id)
    document = {
        "format": 1,
        "installation": installation,
        "epoch": phone.epoch,
        "app": "1.0.0",
        "made_at": phone.now(),
        "clock_ahead_ms": 0,
        "commands": [one.wire() | {"stream": installation} for one in phone.outbox],
        "files": [],
    } | changes
    path = tmp_path / "phone.outbox"
    path.write_bytes(MAGIC + msgspec.msgpack.encode(document))
    return path


async def loaded(path: Path, database: Database, keys: Keys, settings: Settings) -> Loaded:
    return await load_outbox(database, registry(), keys, settings, read_outbox(path))


async def counted(database: Database, table: str) -> int:
    async with database.unit(Actor.system("test")) as uow:
        return int(await uow.session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


async def test_loading_it_is_no_contact_of_the_phone(
    phone_of: PhoneOf,
    world: World,
    worker_db: Database,
    keys: Keys,
    settings: Settings,
    tmp_path: Path,
    clock: MovingClock,
) -> None:
    """The phone learnt nothing by it, of a lost right say."""
    manager = await phone_of("manager")
    await manager.pull()
    manager.save("customer.create", new_household(world.grids["E1"]))
    before = await counted(worker_db, "device_contact")
    clock.advance(timedelta(hours=1))
    assert (await loaded(written(tmp_path, manager), worker_db, keys, settings)).receipts
    assert await counted(worker_db, "device_contact") == before
    await manager.push()
    assert await counted(worker_db, "device_contact") == before + 1


async def test_it_takes_effect_once_however_often_it_comes_and_whoever_brings_it(
    phone_of: PhoneOf, world: World, worker_db: Database, keys: Keys, settings: Settings, tmp_path: Path
) -> None:
    manager = await phone_of("manager")
    place = world.grids["E1"]
    body = new_household(place)
    made = manager.save("customer.create", body)
    manager.save("visit.log", visit(body["id"], place.lon, place.lat, manager.now()), needs=[made.id])
    manager.save("customer.create", new_household(world.grids["W1"], "别家"))
    path = written(tmp_path, manager)

    first = await loaded(path, worker_db, keys, settings)
    assert [one["result"] for one in first.receipts] == ["applied", "applied", "rejected"]
    assert first.owners == {manager.phone.installation_id: "陈经理"}
    lines, whole = said(first)
    assert whole
    assert "3 records: 2 applied, 1 rejected; 0 were here before." in lines

    again = await loaded(path, worker_db, keys, settings)
    assert [one["result"] for one in again.receipts] == ["repeated"] * 3
    assert [one["receipt"] for one in again.receipts] == [one["receipt"] for one in first.receipts]
    # the network came back after all
    receipts = await manager.push()
    assert [one["result"] for one in receipts] == ["repeated"] * 3
    assert await counted(worker_db, "customer") == 1
    assert await counted(worker_db, "visit") == 1
    async with worker_db.unit(Actor.system("test")) as uow:
        visited_by = await uow.session.scalar(text("SELECT staff_id FROM visit"))
        noted = await uow.session.scalar(
            text("SELECT count(*) FROM audit_entry WHERE action = 'sync.outbox_loaded'")
        )
    assert visited_by == world["manager"].id
    assert noted == 2


async def test_a_copied_phone_that_never_heard_of_its_copy_loses_nothing(
    phone_of: PhoneOf, world: World, worker_db: Database, keys: Keys, settings: Settings, tmp_path: Path
) -> None:
    """Its places are taken by what the copy sent, and the phone is gone: the file is all there is."""
    manager = await phone_of("manager")
    place = world.grids["E1"]
    manager.save("customer.create", new_household(place, "先到"))
    await manager.push()
    manager.outbox.clear()
    body = new_household(place, "后到")
    made = manager.save("customer.create", body)
    manager.save("visit.log", visit(body["id"], place.lon, place.lat, manager.now()), needs=[made.id])
    broken = manager.save("customer.create", new_household(place, "坏了"))
    broken.sealed = broken.sealed[:-1] + bytes([broken.sealed[-1] ^ 1])
    path = written(tmp_path, manager)
    first = await loaded(path, worker_db, keys, settings)
    assert {one["id"]: one["result"] for one in first.receipts} == {
        str(made.id): "applied",
        str(manager.outbox[1].id): "applied",
        str(broken.id): "rejected",
    }
    again = await loaded(path, worker_db, keys, settings)
    assert sorted(one["result"] for one in again.receipts) == ["rejected", "repeated", "repeated"]
    # and if the phone turns up after all, it sends the same under new places
    del manager.outbox[1:]
    manager.outbox[0].receipt = {}
    manager.put({name: value for name, value in made.envelope.items() if name != "seq"})
    (receipt,) = await manager.push()
    assert (receipt["result"], await counted(worker_db, "customer")) == ("repeated", 2)


async def test_its_instants_are_corrected_by_what_the_phone_knew_of_its_clock_not_by_when_it_is_loaded(
    phone_of: PhoneOf,
    world: World,
    clock: MovingClock,
    worker_db: Database,
    keys: Keys,
    settings: Settings,
    tmp_path: Path,
) -> None:
    manager = await phone_of("manager")
    customer_id, place = await world.household(worker_db), world.grids["E1"]
    manager.clock_error_ms = 3_600_000
    saved_at = clock.now()
    manager.save("visit.log", visit(customer_id, place.lon, place.lat, manager.now()))
    path = written(tmp_path, manager, clock_ahead_ms=3_600_000)
    clock.advance(timedelta(days=2))
    await loaded(path, worker_db, keys, settings)
    async with worker_db.unit(Actor.system("test")) as uow:
        at = await uow.session.scalar(text("SELECT at FROM visit"))
    assert abs((at - saved_at).total_seconds()) < 1


async def test_a_phone_that_the_bank_does_not_know_is_said_so(
    phone_of: PhoneOf, world: World, worker_db: Database, keys: Keys, settings: Settings, tmp_path: Path
) -> None:
    manager = await phone_of("manager")
    manager.save("customer.create", new_household(world.grids["E1"]))
    manager.phone.installation_id = UUID("01900000-0000-7000-8000-000000000001")
    done = await loaded(written(tmp_path, manager), worker_db, keys, settings)
    assert done.unknown == {manager.phone.installation_id: 1}
    assert not said(done)[1]
    assert await counted(worker_db, "customer") == 0


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: b"PK" + content,
        lambda content: content[:-40],
        lambda content: MAGIC + msgspec.msgpack.encode({"format": 1}),
        lambda content: content.replace(b"\xa6format\x01", b"\xa6format\x09"),
    ],
)
async def test_a_file_that_was_cut_or_changed_is_refused_whole(
    phone_of: PhoneOf, world: World, tmp_path: Path, spoil: Any
) -> None:
    manager = await phone_of("manager")
    manager.save("customer.create", new_household(world.grids["E1"]))
    path = written(tmp_path, manager)
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(NotAnOutbox):
        read_outbox(path)


async def test_what_the_phones_own_exporter_wrote_is_read(
    app: Any, clock: MovingClock, world: World, worker_db: Database, keys: Keys, settings: Settings
) -> None:
    """`outbox-1.*` were made by pwa/src/sync/exported.test.ts with TIANGE_WRITE_FIXTURES."""
    found = read_outbox(FIXTURES / "outbox-1.outbox")
    jwk = json.loads((FIXTURES / "outbox-1.seal.json").read_text())
    secret = int.from_bytes(base64.urlsafe_b64decode(jwk["d"] + "="), "big")
    theirs = replace(keys, seal=SealKey.of(ec.derive_private_key(secret, ec.SECP256R1())))
    assert [one.seq for one in found.commands] == [2, 3]
    for one in found.commands:
        plain = msgspec.msgpack.decode(theirs.seal.open(one.sealed, f"command:{one.id}"))
        assert plain["id"] == str(one.id)
    assert (
        theirs.seal.open(found.files[0].sealed, f"file:{found.files[0].hash}") == "a photo of 谢金枝".encode()
    )

    async with serving(app) as client:
        phone = await FieldPhone.ready(client, clock, "manager", PASSWORD)
        phone.phone.installation_id = found.installation
        assert (await phone.phone.enrol()).status_code == 200
    database = Database(worker_db.engine, clock, keys=theirs)
    done = await load_outbox(database, registry(), theirs, settings, found)
    # seq 1 went over the network to another bank: here its place is empty
    assert [(one["result"], one["code"]) for one in done.receipts] == [("held", "gap")] * 2
    assert done.photos == [(found.files[0].hash, "not_an_image")]
    assert not said(done)[1]
