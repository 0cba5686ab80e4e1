"""The phones as heads and administrators see them: which ones need somebody, most urgent first."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from backend.kernel.uow import Database
from backend.sync.phones import Facts, states_of, version
from backend.sync.schemas import PhoneLimits
from tests.support.bodies import new_household
from tests.support.clock import MovingClock
from tests.support.field_phone import PACKED, FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf

PATH = "/api/v1/phones"
NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
LIMITS = PhoneLimits(silent_days=7, stuck_hours=4, loss_days=30, oldest_app="1.2.0")
WELL = Facts(NOW - timedelta(days=90), NOW, 0, None, "1.2.0", None, None, None)


@pytest.mark.parametrize(
    ("changes", "states"),
    [
        ({}, []),
        ({"last_seen_at": NOW - timedelta(days=6, hours=23)}, []),
        ({"last_seen_at": NOW - timedelta(days=7)}, ["silent"]),
        ({"last_seen_at": None}, ["silent"]),
        ({"outbox_depth": 3, "outbox_same_since": NOW - timedelta(hours=3, minutes=59)}, []),
        ({"outbox_depth": 3, "outbox_same_since": NOW - timedelta(hours=4)}, ["stuck"]),
        ({"outbox_depth": 0, "outbox_same_since": NOW - timedelta(hours=9)}, []),
        # heard once, with old entries, and never since: it is silent, not stuck
        (
            {
                "outbox_depth": 3,
                "outbox_same_since": NOW - timedelta(days=9),
                "last_seen_at": NOW - timedelta(days=9),
            },
            ["silent"],
        ),
        ({"app_version": "1.1.9"}, ["old_version"]),
        ({"app_version": ""}, ["old_version"]),
        ({"app_version": "1.10.0-rc1"}, []),
        ({"lost_at": NOW - timedelta(days=29)}, ["lost_work"]),
        ({"lost_at": NOW - timedelta(days=30)}, []),
        ({"revoked_at": NOW, "last_seen_at": None, "app_version": "0.1"}, ["withdrawn_waiting"]),
        ({"revoked_at": NOW, "delivered_at": NOW}, ["withdrawn_done"]),
        (
            {"revoked_at": NOW, "lost_at": NOW - timedelta(days=1)},
            ["lost_work", "withdrawn_waiting"],
        ),
    ],
)
def test_states(changes: dict[str, Any], states: list[str]) -> None:
    from dataclasses import replace

    assert states_of(replace(WELL, **changes), LIMITS, NOW) == states


def test_versions_compare_as_numbers() -> None:
    assert version("1.9.0") < version("1.10") < version("2")
    assert version("unknown") < version("0.0.1")


async def _speak(
    phone: FieldPhone, clock: MovingClock, depth: int, oldest: int | None, app: str = "0.1.0", **more: Any
) -> None:
    body = {"epoch": None, "partitions": {}, "outbox": {"depth": depth, "oldest": oldest} | more, "app": app}
    answer = await phone.phone.send("POST", "/api/v1/sync/pull", msgspec.msgpack.encode(body), PACKED)
    assert answer.status_code == 200, answer.text


async def _list(phone: FieldPhone, query: str = "") -> dict[str, Any]:
    answer = await phone.phone.client.get(f"{PATH}{query}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_heads_see_their_branchs_phones_and_administrators_all(phone_of: PhoneOf) -> None:
    everybody = {login: await phone_of(login) for login in ("manager", "agent", "manager2", "head", "deputy")}
    admin = await phone_of("admin")
    agent = everybody["agent"].phone.client
    assert (await agent.put("/api/v1/devices/unlock", json={"ways": ["prf", "pin"]})).status_code == 204
    east = {str(everybody[login].phone.installation_id) for login in ("manager", "agent", "head", "deputy")}
    for login in ("head", "deputy"):
        found = await _list(everybody[login])
        assert {one["installation_id"] for one in found["phones"]} == east
        assert found["counts"]["all"] == 4
        opens = {one["person"]: one["unlock_ways"] for one in found["phones"]}
        assert opens["周农金"] == ["pin", "prf"]
    every = await _list(admin)
    assert every["counts"]["all"] == 6
    shown = {one["person"]: one["branch"] for one in every["phones"]}
    assert shown["何经理"] == "城西支行"
    assert shown["管理员"] is None
    for login in ("manager", "agent"):
        answer = await everybody[login].phone.client.get(PATH)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


async def test_a_phone_whose_outbox_does_not_fall_is_stuck_until_it_does(
    phone_of: PhoneOf, clock: MovingClock, worker_db: Database
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    oldest = manager.now()
    await _speak(manager, clock, 5, oldest, photos=2)
    clock.advance(timedelta(hours=3))
    await _speak(manager, clock, 6, oldest, photos=2)
    (phone,) = [one for one in (await _list(head))["phones"] if one["person"] == "陈经理"]
    assert (phone["states"], phone["outbox_depth"], phone["outbox_photos"]) == ([], 6, 2)
    clock.advance(timedelta(hours=1))
    await _speak(manager, clock, 7, oldest)
    found = await _list(head)
    assert (found["phones"][0]["person"], found["phones"][0]["states"]) == ("陈经理", ["stuck"])
    assert found["phones"][0]["outbox_oldest_at"] == oldest
    assert found["phones"][0]["outbox_photos"] == 2, "what it did not say stands"
    assert found["counts"] == {"stuck": 1, "well": 1, "all": 2}
    # something went through: another entry is the oldest now
    await _speak(manager, clock, 3, oldest + 60_000)
    assert (await _list(head, "?of=stuck"))["phones"] == []
    await _speak(manager, clock, 0, None)
    assert (await _list(head))["counts"] == {"well": 2, "all": 2}


async def test_silent_old_and_those_that_lost_work_come_in_the_order_of_urgency(
    phone_of: PhoneOf, clock: MovingClock, world: World
) -> None:
    silent, old = await phone_of("agent"), await phone_of("deputy")
    await _speak(silent, clock, 0, None)
    clock.advance(timedelta(days=8))
    manager, head = await phone_of("manager"), await phone_of("head")
    await _speak(old, clock, 0, None, app="0.0.9")
    await _speak(manager, clock, 0, None)
    sent = manager.save("customer.create", new_household(world.grids["E1"]), seq=4)
    answer = await manager.push_raw([sent.wire() | {"seq": 4}], lost=[{"first": 1, "last": 3}], app="0.1.0")
    assert answer.status_code == 200, answer.text
    await _speak(head, clock, 0, None)
    found = await _list(head)
    assert [(one["person"], one["states"]) for one in found["phones"]] == [
        ("陈经理", ["lost_work"]),
        ("周农金", ["silent"]),
        ("孙副行", ["old_version"]),
        ("吴行长", []),
    ]
    assert found["phones"][0]["lost"] == 3
    assert found["phones"][2]["app_version"] == "0.0.9"
    assert found["limits"]["oldest_app"] == "0.1.0"
    assert [one["person"] for one in (await _list(head, "?of=well"))["phones"]] == ["吴行长"]
    page = await _list(head, "?limit=1&skip=1")
    assert ([one["person"] for one in page["phones"]], page["more"]) == (["周农金"], True)


async def test_a_withdrawn_phone_waits_until_it_has_delivered(phone_of: PhoneOf, world: World) -> None:
    manager, admin = await phone_of("manager"), await phone_of("admin")
    manager.save("customer.create", new_household(world.grids["E1"]))
    path = f"/api/v1/devices/{manager.phone.installation_id}/revoke"
    head = await phone_of("head")
    assert (await head.phone.client.post(path)).status_code == 404, "a head looks on"
    assert (await admin.phone.client.post(path)).status_code == 204
    (phone,) = (await _list(admin, "?of=withdrawn_waiting"))["phones"]
    assert (phone["person"], phone["delivered_at"]) == ("陈经理", None)
    answer = await manager.push_raw([manager.outbox[0].wire()], last=True)
    assert msgspec.msgpack.decode(answer.content)["wipe"] is True
    (phone,) = (await _list(admin, "?of=withdrawn_done"))["phones"]
    assert phone["delivered_at"] is not None
    assert phone["outbox_depth"] == 0


@pytest.mark.parametrize("query", ["?limit=0", "?limit=5000", "?skip=-1", "?of=broken"])
async def test_what_cannot_be_asked_for_is_said(phone_of: PhoneOf, query: str) -> None:
    admin = await phone_of("admin")
    answer = await admin.phone.client.get(f"{PATH}{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
