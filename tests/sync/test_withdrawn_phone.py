"""A phone that the bank withdrew delivers what waits on it, gets nothing, and is then told to wipe."""

import hashlib
import io
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from PIL import Image
from sqlalchemy import text

from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from backend.sync.partitions import VERSION
from tests.support.bodies import new_household
from tests.support.clock import MovingClock
from tests.support.field_phone import PACKED, FieldPhone, seal
from tests.support.world import World
from tests.sync.conftest import PhoneOf


async def _withdraw(admin: FieldPhone, phone: FieldPhone) -> None:
    answer = await admin.phone.client.post(f"/api/v1/devices/{phone.phone.installation_id}/revoke")
    assert answer.status_code == 204


async def _pull(phone: FieldPhone) -> httpx.Response:
    body = msgspec.msgpack.encode({"epoch": None, "partitions": {}})
    return await phone.phone.send("POST", "/api/v1/sync/pull", body, PACKED)


def _told(answer: httpx.Response) -> tuple[int, str, bool | None]:
    return answer.status_code, answer.json()["code"], answer.json().get("deliver")


async def _deliver(phone: FieldPhone, *, last: bool) -> dict[str, Any]:
    answer = await phone.push_raw([one.wire() for one in phone.outbox], last=last)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = msgspec.msgpack.decode(answer.content)
    return document


def _results(answer: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(one["result"], one.get("code")) for one in answer["receipts"]]


async def test_it_delivers_commands_and_photos_and_is_then_told_to_wipe(
    phone_of: PhoneOf, world: World, clock: MovingClock
) -> None:
    manager, admin, agent = await phone_of("manager"), await phone_of("admin"), await phone_of("agent")
    await manager.pull()
    clock.advance(timedelta(hours=3))
    made = new_household(world.grids["E1"])
    first = manager.save("customer.create", made)
    clock.advance(timedelta(hours=1))
    await _withdraw(admin, manager)
    clock.advance(timedelta(hours=1))
    refused = manager.save("customer.create", new_household(world.grids["E1"], " "))
    manager.save("inbox.read", {"ids": [made["id"]]}, needs=[refused.id])
    assert _told(await _pull(manager)) == (401, "device_revoked", True)
    page = await manager.phone.send("GET", f"/api/v1/sync/pages?key=bank%2Fbank%40{VERSION}&revision=1&n=0")
    assert _told(page) == (401, "device_revoked", True)
    jpeg = io.BytesIO()
    Image.new("RGB", (32, 32), (9, 9, 9)).save(jpeg, "JPEG")
    name = hashlib.sha256(jpeg.getvalue()).hexdigest()
    sealed = seal(manager.seal_key, jpeg.getvalue(), f"file:{name}")
    put = await manager.phone.send("PUT", f"/api/v1/files/{name}", sealed, {"Tiange-File-Class": "home"})
    assert put.status_code == 200, put.text
    assert _told(await manager.phone.send("GET", f"/api/v1/files/{name}")) == (401, "device_revoked", True)

    # a gap is not the bank's yet: no wipe, whatever the phone says
    answer = await manager.push_raw([manager.outbox[1].wire()], last=True)
    assert msgspec.msgpack.decode(answer.content)["wipe"] is False
    answer_ = await _deliver(manager, last=False)
    assert answer_["wipe"] is False
    assert _results(answer_) == [("applied", None), ("rejected", "bad_value"), ("held", "needs")]
    done = await _deliver(manager, last=True)
    assert done["wipe"] is True
    assert done["receipts"][0]["was"] == "applied"
    for answer in (await _pull(manager), await manager.push_raw([first.wire()], last=True)):
        assert _told(answer) == (401, "device_revoked", False)
    await agent.pull()
    assert agent.of("customer")[made["id"]]["name"] == "李四"


async def test_a_phone_that_is_not_withdrawn_is_never_told_to_wipe(phone_of: PhoneOf, world: World) -> None:
    manager = await phone_of("manager")
    manager.save("customer.create", new_household(world.grids["E1"]))
    assert "wipe" not in await _deliver(manager, last=True)
    assert (await _pull(manager)).status_code == 200


@pytest.mark.parametrize("why", ["left", "late", "after"])
async def test_what_has_no_right_any_more_stays_whole_in_quarantine(
    phone_of: PhoneOf, world: World, worker_db: Database, clock: MovingClock, why: str
) -> None:
    manager, admin = await phone_of("manager"), await phone_of("admin")
    household = new_household(world.grids["E1"])
    if why != "after":
        manager.save("customer.create", household)
    await _withdraw(admin, manager)
    if why == "left":
        async with worker_db.unit(Actor.system("test")) as uow:
            await uow.session.execute(
                text("UPDATE staff SET active = false WHERE id = :id"), {"id": world["manager"].id}
            )
    elif why == "late":
        clock.advance(timedelta(hours=73))
    else:
        clock.advance(timedelta(minutes=30))
        await manager.push_raw([])
        clock.advance(timedelta(minutes=30))
        manager.save("customer.create", household)
    answer = await _deliver(manager, last=True)
    code = "person_left" if why == "left" else "delivered_late"
    assert _results(answer) == [("rejected", code)]
    assert answer["receipts"][0]["receipt"]
    assert answer["wipe"] is True, "the bank has all of it"
    async with worker_db.unit(Actor.system("test")) as uow:
        assert await uow.session.scalar(text("SELECT count(*) FROM customer")) == 0
        kept = await uow.session.scalar(text("SELECT quarantined FROM sync_command"))
    assert kept == manager.outbox[0].sealed


async def test_without_the_phones_key_nobody_delivers_for_it(phone_of: PhoneOf, world: World) -> None:
    manager, admin, agent = await phone_of("manager"), await phone_of("admin"), await phone_of("agent")
    manager.save("customer.create", new_household(world.grids["E1"]))
    await _withdraw(admin, manager)
    kept, manager.phone.key = manager.phone.key, ec.generate_private_key(ec.SECP256R1())
    answer = await manager.push_raw([one.wire() for one in manager.outbox], last=True)
    assert _told(answer) == (401, "signed_out", None)
    # nor somebody else's session with its number
    agent.phone.installation_id = manager.phone.installation_id
    other = await agent.push_raw([one.wire() for one in manager.outbox], last=True)
    assert _told(other) == (401, "signature_invalid", None)
    manager.phone.key = kept
    # and a request that was listened in on does not work twice
    body = msgspec.msgpack.encode(
        {"stream": str(manager.phone.installation_id), "device_now": manager.now(), "commands": []}
    )
    headers = manager.phone.headers("POST", "/api/v1/sync/push", body) | PACKED
    client = manager.phone.client
    assert (await client.post("/api/v1/sync/push", content=body, headers=headers)).status_code == 200
    again = await client.post("/api/v1/sync/push", content=body, headers=headers)
    assert _told(again) == (401, "nonce_used", None)
