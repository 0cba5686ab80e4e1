"""A phone that lost entries says so; a copied phone is told; neither stops for it."""

from typing import Any

import msgspec
from sqlalchemy import text

from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from tests.support.bodies import new_household
from tests.support.field_phone import FieldPhone, Sent
from tests.support.world import World
from tests.sync.conftest import PhoneOf


async def _send(phone: FieldPhone, *sent: Sent, lost: list[dict[str, Any]]) -> dict[str, Any]:
    answer = await phone.push_raw([one.wire() for one in sent], lost=lost)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = msgspec.msgpack.decode(answer.content)
    return document


def _results(answer: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(one["result"], one.get("code")) for one in answer["receipts"]]


async def test_a_declared_loss_closes_the_gap_and_administrators_hear_of_it_once(
    phone_of: PhoneOf, world: World, worker_db: Database
) -> None:
    manager, admin = await phone_of("manager"), await phone_of("admin")
    sent = [manager.save("customer.create", new_household(world.grids["E1"], f"户{n}")) for n in range(5)]
    assert _results(await _send(manager, sent[0], sent[3], lost=[])) == [("applied", None), ("held", "gap")]
    for _ in range(2):
        answer = await _send(manager, sent[3], lost=[{"first": 2, "last": 3}])
    assert answer["expects"] == 5
    assert _results(answer) == [("repeated", None)]
    await admin.pull()
    (told,) = [one for one in admin.of("inbox").values() if one["kind"] == "phone_lost_work"]
    assert told["params"] == {
        "installation_id": str(manager.phone.installation_id),
        "staff_id": manager.staff["id"],
        "count": 2,
    }
    assert await _all(worker_db, "SELECT detail->>'count' FROM audit_entry WHERE action = 'sync.lost'") == [
        "2"
    ]
    # found again after all, on a backup say: its place is free; a third one finds it taken
    assert _results(await _send(manager, sent[1], lost=[])) == [("applied", None)]
    copy = manager.save("customer.create", new_household(world.grids["E1"], "另一个"), seq=2)
    copy.seq = 2
    assert _results(await _send(manager, copy, lost=[])) == [("rejected", "stream_conflict")]


async def test_a_loss_without_an_end_is_told_and_closes_nothing(phone_of: PhoneOf, world: World) -> None:
    manager, admin = await phone_of("manager"), await phone_of("admin")
    first = manager.save("customer.create", new_household(world.grids["E1"]))
    await _send(manager, first, lost=[{"first": 1}])
    answer = await _send(manager, lost=[{"first": 2, "last": None}])
    assert answer["expects"] == 2
    await admin.pull()
    counts = [row["params"]["count"] for row in admin.of("inbox").values()]
    assert counts == [None, None]


async def test_a_loss_is_told_before_its_places_are_known_and_alerts_once(
    phone_of: PhoneOf, world: World, worker_db: Database
) -> None:
    manager, admin = await phone_of("manager"), await phone_of("admin")
    sent = [manager.save("customer.create", new_household(world.grids["E1"], f"户{n}")) for n in range(3)]
    await _send(manager, sent[0], lost=[])
    for _ in range(2):
        assert (await _send(manager, lost=[{"first": 1}]))["expects"] == 2
    answer = await _send(manager, sent[2], lost=[{"first": 1, "last": 2}])
    assert (_results(answer), answer["expects"]) == ([("applied", None)], 4)
    await admin.pull()
    assert [row["params"]["count"] for row in admin.of("inbox").values()] == [None]
    assert await _all(
        worker_db, "SELECT detail->>'count' FROM audit_entry WHERE action = 'sync.lost' ORDER BY id"
    ) == [None, "1"]


async def test_a_loss_whose_places_a_copy_has_filled_is_told_once(phone_of: PhoneOf, world: World) -> None:
    manager, admin = await phone_of("manager"), await phone_of("admin")
    sent = [manager.save("customer.create", new_household(world.grids["E1"], f"户{n}")) for n in range(3)]
    # two were saved and not sent; then the database went, and a copy of the phone used their places
    gone = [manager.save("customer.create", new_household(world.grids["E1"], f"没{n}")) for n in range(2)]
    copied = [manager.save("customer.create", new_household(world.grids["E1"], f"副{n}")) for n in range(3)]
    for n, one in enumerate(copied):
        one.seq = 4 + n
    # the places are those that the phone had itself: it lost nothing that the bank lacks
    answer = await _send(manager, *sent, lost=[{"first": 1, "last": 3, "hash": sent[2].hash}])
    assert answer["expects"] == 4
    answer = await _send(manager, *copied, lost=[])
    assert answer["expects"] == 7
    for _ in range(2):
        answer = await _send(manager, lost=[{"first": 1, "last": 5, "hash": gone[1].hash}])
    assert answer["expects"] == 7
    await admin.pull()
    (told,) = [one for one in admin.of("inbox").values() if one["kind"] == "phone_lost_work"]
    assert told["params"]["count"] is None


async def test_a_wrong_loss_does_not_use_up_the_stream(phone_of: PhoneOf, world: World) -> None:
    manager, admin = await phone_of("manager"), await phone_of("admin")
    sent = [manager.save("customer.create", new_household(world.grids["E1"], f"户{n}")) for n in range(3)]
    wrong: list[dict[str, Any]] = [
        {"first": 1, "last": 9_000_000_000},
        {"first": 1, "last": 3},
        {"first": 2, "last": 2},
        {"first": 3, "last": 1},
    ]
    answer = await _send(manager, sent[2], lost=wrong)
    assert (_results(answer), answer["expects"]) == ([("held", "gap")], 1)
    assert _results(await _send(manager, *sent, lost=[])) == [("applied", None)] * 3
    await admin.pull()
    assert not admin.of("inbox")
    far = manager.save("customer.create", new_household(world.grids["E1"]))
    refused = await manager.push_raw([far.wire() | {"seq": 2**63}])
    assert refused.status_code in (400, 422)


async def test_behind_a_place_taken_twice_nothing_new_of_the_copy_is_taken(
    phone_of: PhoneOf, world: World, worker_db: Database
) -> None:
    original = await phone_of("manager")
    original.save("customer.create", new_household(world.grids["E1"], "原机"))
    await original.push()
    original.outbox.clear()
    copied = [
        original.save("customer.create", new_household(world.grids["E1"], f"副本{n}")) for n in range(2)
    ]
    answer = await _send(original, *copied, lost=[])
    assert _results(answer) == [("rejected", "stream_conflict")] * 2
    assert all("receipt" not in one for one in answer["receipts"]), "the bank did not keep them"
    # it enrols anew and sends all it keeps, in its own order
    original.phone.installation_id = type(original.phone.installation_id)(int=7)
    assert (await original.phone.enrol()).status_code == 200
    original.outbox = []
    anew = [original.save("customer.create", new_household(world.grids["E1"], f"副本{n}")) for n in range(2)]
    assert _results(await _send(original, *anew, lost=[])) == [("applied", None)] * 2
    names = await _all(worker_db, "SELECT name FROM customer ORDER BY name")
    assert names == ["副本0", "副本1", "原机"]
    assert await _all(worker_db, "SELECT action FROM audit_entry WHERE action = 'sync.stream_conflict'") == [
        "sync.stream_conflict"
    ]


async def _all(database: Database, statement: str) -> list[Any]:
    async with database.unit(Actor.system("test")) as uow:
        return list(await uow.session.scalars(text(statement)))
