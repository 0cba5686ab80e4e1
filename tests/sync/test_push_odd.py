"""Push: entries that no honest phone sends, and copied phones, never stop what stands behind them."""

from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text

from backend.kernel.actor import Actor
from backend.kernel.ids import uuid7
from backend.kernel.uow import Database
from tests.support.bodies import new_household, visit
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf

FAR = 253_402_300_798_000  # in the year 9999
# an encoder would not go so deep: a list of one is 0x91, as often as wanted
DEEP = msgspec.Raw(b"\x81\xa4deep" + b"\x91" * 5000 + b"\x01")


@pytest.mark.parametrize(
    ("kind", "changes", "body_changes", "code"),
    [
        ("with\0zero", {}, {}, "unknown_type"),
        ("visit.log", {}, {"note": "zero \0 character"}, "internal"),
        ("visit.log", {}, {"needs": ["no\0such"]}, "bad_value"),
        ("visit.log", {"at": FAR}, {}, "malformed"),
        ("record.put", {}, {"detail": {"ext": msgspec.msgpack.Ext(5, b"x")}}, "bad_value"),
        ("record.put", {}, {"detail": DEEP}, "malformed"),
    ],
)
async def test_a_poisoned_entry_is_kept_and_the_stream_goes_on(
    phone_of: PhoneOf,
    world: World,
    kind: str,
    changes: dict[str, Any],
    body_changes: dict[str, Any],
    code: str,
) -> None:
    manager = await phone_of("manager")
    place = world.grids["E1"]
    household = new_household(place)
    manager.save("customer.create", household)
    record = {"id": str(uuid7()), "customer_id": household["id"], "kind": "vehicle", "label": "皮卡"}
    plain = record if kind == "record.put" else visit(household["id"], place.lon, place.lat, manager.now())
    manager.save(kind, plain | body_changes, **changes)
    manager.save("customer.create", new_household(place, "后来人"))
    # a clock that went wrong far back pushes a far-off entry over the end of the calendar
    answer = await manager.push_raw([one.wire() for one in manager.outbox], **_clock(changes))
    assert answer.status_code == 200, answer.text
    receipts = msgspec.msgpack.decode(answer.content)["receipts"]
    assert [one["result"] for one in receipts] == ["applied", "rejected", "applied"]
    assert receipts[1]["code"] == code
    assert receipts[1]["receipt"], "the bank has it, and says so"


def _clock(changes: dict[str, Any]) -> dict[str, Any]:
    return {"device_now": 0} if changes.get("at") == FAR else {}


async def test_the_same_photo_twice_is_one_photo_and_a_wrong_camera_clock_no_reason_to_refuse(
    phone_of: PhoneOf, world: World, worker_db: Database
) -> None:
    manager = await phone_of("manager")
    place = world.grids["E1"]
    household = new_household(place)
    manager.save("customer.create", household)
    photo = {"hash": "ab" * 32, "class": "home", "taken_at": -1}
    body = visit(household["id"], place.lon, place.lat, manager.now(), photos=[photo, photo])
    manager.save("visit.log", body)
    assert [one["result"] for one in await manager.push()] == ["applied", "applied"]
    assert await _scalar(worker_db, "SELECT count(*) FROM visit_photo") == 1


async def test_signature_and_voice_note_travel_apart_from_photos(phone_of: PhoneOf, world: World) -> None:
    manager = await phone_of("manager")
    place = world.grids["E1"]
    household = new_household(place)
    manager.save("customer.create", household)
    named = {
        "photos": [{"hash": "ab" * 32, "class": "home", "taken_at": 1}],
        "files": [
            {"hash": "cd" * 32, "class": "signature", "taken_at": 2},
            {"hash": "ef" * 32, "class": "voice", "taken_at": 3, "duration_ms": 4200},
        ],
    }
    body = visit(household["id"], place.lon, place.lat, manager.now(), **named)
    manager.save("visit.log", body)
    manager.save(
        "visit.log",
        visit(household["id"], place.lon, place.lat, manager.now())
        | {"photos": [{"hash": "ef" * 32, "class": "voice"}]},
    )
    assert [one.get("code", one["result"]) for one in await manager.push()] == [
        "applied",
        "applied",
        "bad_value",
    ]
    await manager.pull()
    (row,) = manager.of("visit").values()
    assert row["photos"] == [["ab" * 32, "home", False]], "phones from before know pictures only"
    assert row["files"] == [["cd" * 32, "signature", False, None], ["ef" * 32, "voice", False, 4200]]


async def test_somebody_elses_id_is_refused_and_the_stream_goes_on(
    phone_of: PhoneOf, world: World, worker_db: Database
) -> None:
    theirs, mine = await phone_of("manager2"), await phone_of("manager")
    first = theirs.save("customer.create", new_household(world.grids["W1"]))
    await theirs.push()
    taken = mine.save("customer.create", new_household(world.grids["E1"], "撞号"))
    after = mine.save("customer.create", new_household(world.grids["E1"], "后来人"))
    for _ in range(2):
        answer = await mine.push_raw([taken.wire() | {"id": str(first.id)}, after.wire()])
        assert answer.status_code == 200, answer.text
        refused, applied = msgspec.msgpack.decode(answer.content)["receipts"]
        assert (refused["result"], refused["code"]) == ("rejected", "hash_mismatch")
        assert "receipt" not in refused, "the bank did not keep it and does not say so"
        assert applied["result"] in ("applied", "repeated")
    assert await _scalar(worker_db, "SELECT count(*) FROM customer") == 2


async def test_a_phone_enrolled_anew_sends_everything_again_and_goes_on(
    phone_of: PhoneOf, world: World, worker_db: Database
) -> None:
    manager = await phone_of("manager")
    place = world.grids["E1"]
    refused = manager.save("customer.create", new_household(place, " "))
    manager.save("customer.create", new_household(place))
    manager.save("customer.create", new_household(place, "等人"), needs=[refused.id])
    assert [one["result"] for one in await manager.push()] == ["rejected", "applied", "held"]
    manager.phone.installation_id = uuid7()
    enrolled = await manager.phone.enrol()
    assert enrolled.status_code == 200, enrolled.text
    manager.save("customer.create", new_household(place, "新入"))
    answer = await manager.push_raw([one.wire() for one in manager.outbox])
    receipts = msgspec.msgpack.decode(answer.content)["receipts"]
    results = [(one["result"], one.get("was")) for one in receipts]
    assert results == [("repeated", "rejected"), ("repeated", "applied"), ("held", None), ("applied", None)]
    assert await _scalar(worker_db, "SELECT count(*) FROM customer") == 2


async def test_what_was_held_must_come_again_with_the_same_content(
    phone_of: PhoneOf, world: World, worker_db: Database
) -> None:
    manager = await phone_of("manager")
    missing = uuid7()
    held = manager.save("customer.create", new_household(world.grids["E1"]), needs=[missing])
    assert (await manager.push())[0]["result"] == "held"
    other = manager.save("customer.create", new_household(world.grids["E1"], "换过"))
    forged = other.wire() | {"id": str(held.id), "seq": held.seq}
    (receipt,) = msgspec.msgpack.decode((await manager.push_raw([forged])).content)["receipts"]
    assert (receipt["result"], receipt["code"]) == ("rejected", "hash_mismatch")
    kept = await _scalar(worker_db, "SELECT hash FROM sync_command")
    assert kept == held.hash


async def test_a_receipt_names_only_books_that_the_sender_holds(
    phone_of: PhoneOf, world: World, worker_db: Database
) -> None:
    """Whose care a customer is in tells an agent its tier; and nobody should wait for a book in vain."""
    manager, agent = await phone_of("manager"), await phone_of("agent")
    place = world.grids["E1"]
    household = new_household(place)
    manager.save("customer.create", household)
    await manager.push()
    async with worker_db.unit(Actor.system("test")) as uow:
        await uow.session.execute(
            text("UPDATE customer SET owner_id = :head, books = :books WHERE id = :id"),
            {
                "head": world["head"].id,
                "books": [f"grid:{place.id}", f"care:{world['head'].id}"],
                "id": UUID(household["id"]),
            },
        )
    sent = agent.save("visit.log", visit(household["id"], place.lon, place.lat, agent.now()))
    (receipt,) = await agent.push()
    assert receipt["await"].keys() == {f"grid:{place.id}"}
    (repeat,) = msgspec.msgpack.decode((await agent.push_raw([sent.wire()])).content)["receipts"]
    assert repeat["await"] == receipt["await"]


async def test_a_business_keeps_the_phone_that_was_typed(phone_of: PhoneOf, world: World) -> None:
    manager = await phone_of("manager")
    shop = new_household(world.grids["E1"], "李记商店", "13912345678", kind="business", members=[])
    manager.save("customer.create", shop)
    assert (await manager.push())[0]["result"] == "applied"
    await manager.pull()
    assert manager.of("customer")[shop["id"]]["phone"] == "13912345678"


async def test_an_older_look_at_the_same_value_does_not_make_it_older(
    phone_of: PhoneOf, world: World
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    household = new_household(world.grids["E1"])
    manager.save("customer.create", household)

    def edit(phone: FieldPhone, value: int, age_ms: int) -> None:
        edits = [{"field": "income_wages_fen", "seen": None, "value": value}]
        body = {"customer_id": household["id"], "edits": edits}
        phone.save("customer.set_values", body, at=phone.now() - age_ms)

    edit(manager, 5_000_000, 60_000)
    await manager.push()
    edit(head, 5_000_000, 3_600_000)
    edit(head, 9_000_000, 1_800_000)
    assert [one["result"] for one in await head.push()] == ["applied", "merged"]
    await manager.pull()
    assert manager.of("file")[household["id"]]["values"]["income_wages_fen"][0] == 5_000_000


async def _scalar(database: Database, statement: str) -> Any:
    async with database.unit(Actor.system("test")) as uow:
        return await uow.session.scalar(text(statement))
