"""The quarantine as heads and administrators see it."""

from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import text

from backend.kernel.actor import Actor
from backend.kernel.ids import uuid7
from backend.kernel.uow import Database
from tests.support.bodies import new_household
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf

PATH = "/api/v1/quarantine"


async def _refuse(phone: FieldPhone, world: World, count: int, **body: Any) -> list[str]:
    sent = [phone.save("customer.create", new_household(world.grids["E1"], " ") | body) for _ in range(count)]
    assert {one["result"] for one in await phone.push()} == {"rejected"}
    return [str(one.id) for one in sent]


async def _get(phone: FieldPhone, query: str = "") -> httpx.Response:
    return await phone.phone.client.get(f"{PATH}{query}")


async def _listed(phone: FieldPhone, query: str = "") -> list[dict[str, Any]]:
    answer = await _get(phone, query)
    assert answer.status_code == 200, answer.text
    commands: list[dict[str, Any]] = answer.json()["commands"]
    return commands


async def test_heads_see_their_branch_and_administrators_all(phone_of: PhoneOf, world: World) -> None:
    manager, west = await phone_of("manager"), await phone_of("manager2")
    head, admin = await phone_of("head"), await phone_of("admin")
    (ours,) = await _refuse(manager, world, 1)
    (theirs,) = await _refuse(west, world, 1)
    assert [one["id"] for one in await _listed(head)] == [ours]
    assert [one["id"] for one in await _listed(admin)] == [theirs, ours]
    (row,) = await _listed(head)
    assert (row["type"], row["result"], row["code"]) == ("customer.create", "rejected", "bad_value")
    assert (row["author"], row["device"]) == ("陈经理", "A phone")
    assert row["bytes"] == len(manager.outbox[0].sealed)
    assert "李四" not in (await _get(head)).text
    for phone in (manager, await phone_of("auditor")):
        answer = await _get(phone)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    # neither is its content another branch's to read, nor its author's here
    for phone, status in ((head, 404), (west, 403)):
        answer = await phone.phone.client.post(f"{PATH}/{theirs}/content", json={"purpose": "核对录入"})
        assert answer.status_code == status


async def test_pages_follow_one_another_without_a_gap(phone_of: PhoneOf, world: World) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    made = await _refuse(manager, world, 5)
    manager.save("command.discard", {"discards": made[2]})
    await manager.push()
    found: list[str] = []
    query = "?limit=2"
    while True:
        answer = (await _get(head, query)).json()
        found += [one["id"] for one in answer["commands"]]
        if not answer["more"]:
            break
        query = f"?limit=2&before={found[-1]}"
    open_ones = [made[n] for n in (0, 1, 3, 4)]
    assert sorted(found) == sorted(open_ones)
    assert len(found) == len(open_ones)
    settled = {one["id"]: one["settled"] for one in await _listed(head, "?settled=true")}
    assert settled == {one: "discarded" if one == made[2] else None for one in made}
    assert (await _get(head, f"?before={uuid7()}")).status_code == 404
    assert (await _get(head, "?limit=0")).status_code in (400, 422)


async def test_content_is_shown_against_a_purpose_that_is_kept(
    phone_of: PhoneOf, world: World, worker_db: Database
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    (refused,) = await _refuse(manager, world, 1, address="三组 9 号")
    client = head.phone.client
    assert (await client.post(f"{PATH}/{refused}/content", json={"purpose": ""})).status_code in (400, 422)
    answer = await client.post(f"{PATH}/{refused}/content", json={"purpose": "核对录入"})
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert shown["command"]["body"]["address"] == "三组 9 号"
    assert shown["hash"] == manager.outbox[0].hash
    async with worker_db.unit(Actor.system("test")) as uow:
        trail = await uow.session.execute(
            text("SELECT staff_id, detail FROM audit_entry WHERE action = 'sync.quarantine_viewed'")
        )
        rows = [(str(row.staff_id), row.detail["purpose"]) for row in trail]
    assert rows == [(head.staff["id"], "核对录入")]


@pytest.mark.parametrize("sealed", [b"", b"\x01 not a seal", None])
async def test_what_cannot_be_read_is_given_as_it_came(
    phone_of: PhoneOf, world: World, sealed: bytes | None
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    # a body that no JSON can hold, or bytes that no key opens
    sent = manager.save("visit.log", {"ext": msgspec.msgpack.Ext(5, b"x")})
    wire = sent.wire() if sealed is None else sent.wire() | {"sealed": sealed}
    answer = await manager.push_raw([wire])
    assert msgspec.msgpack.decode(answer.content)["receipts"][0]["code"] == "malformed"
    shown = await head.phone.client.post(f"{PATH}/{sent.id}/content", json={"purpose": "核对录入"})
    assert shown.status_code == 200, shown.text
    assert shown.json()["command"] is None
    assert isinstance(shown.json()["sealed"], str)
