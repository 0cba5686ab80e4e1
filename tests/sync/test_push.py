"""Push, as CONTRACT.md section 4 promises it."""

from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text

from backend.kernel.actor import Actor
from backend.kernel.ids import uuid7
from backend.kernel.uow import Database
from backend.sync.partitions import VERSION
from tests.support.bodies import new_household, visit
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work


async def test_a_command_reaches_another_persons_phone(phone_of: PhoneOf, world: World) -> None:
    manager, head = await phone_of("manager"), await phone_of("agent")
    place = world.grids["E1"]
    body = new_household(place)
    manager.save("customer.create", body)
    (receipt,) = await manager.push()
    assert receipt["result"] == "applied"
    assert receipt["await"].keys() == {f"grid:{place.id}"}
    await manager.pull()
    await head.pull()
    assert manager.of("customer")[body["id"]]["phone"] == "13912345678"
    assert manager.of("customer")[body["id"]]["initials"] == "ls"
    assert manager.revisions[f"grid:{place.id}/manager@{VERSION}"] >= receipt["await"][f"grid:{place.id}"]
    assert head.of("customer")[body["id"]]["name"] == "李四"


async def test_a_repeat_answers_the_recorded_result_and_changes_nothing(
    phone_of: PhoneOf, world: World, worker_db: Database
) -> None:
    manager = await phone_of("manager")
    place = world.grids["E1"]
    body = new_household(place)
    created = manager.save("customer.create", body)
    logged = manager.save("visit.log", visit(body["id"], place.lon, place.lat, manager.now()))
    wire = [created.wire(), logged.wire()]
    first = msgspec.msgpack.decode((await manager.push_raw(wire)).content)["receipts"]
    for _ in range(3):
        again = msgspec.msgpack.decode((await manager.push_raw(wire)).content)["receipts"]
        assert [(one["result"], one["was"]) for one in again] == [("repeated", "applied")] * 2
        assert [one["receipt"] for one in again] == [one["receipt"] for one in first]
    assert await _count(worker_db, "visit") == 1
    assert await _count(worker_db, "customer") == 1


async def test_a_gap_is_held_and_closes(phone_of: PhoneOf, world: World) -> None:
    manager = await phone_of("manager")
    first = manager.save("customer.create", new_household(world.grids["E1"]))
    second = manager.save("customer.create", new_household(world.grids["E1"], "赵六"))
    answer = msgspec.msgpack.decode((await manager.push_raw([second.wire()])).content)
    assert (answer["receipts"][0]["result"], answer["receipts"][0]["code"]) == ("held", "gap")
    assert answer["expects"] == 1
    assert "receipt" not in answer["receipts"][0]
    both = msgspec.msgpack.decode((await manager.push_raw([second.wire(), first.wire()])).content)
    assert [one["result"] for one in both["receipts"]] == ["applied", "applied"]


async def test_known_id_with_other_bytes_is_refused_and_the_first_stands(
    phone_of: PhoneOf, world: World, worker_db: Database
) -> None:
    manager = await phone_of("manager")
    sent = manager.save("customer.create", new_household(world.grids["E1"]))
    await manager.push()
    other = manager.save("customer.create", new_household(world.grids["E1"], "冒名"), seq=sent.seq)
    forged = other.wire() | {"id": str(sent.id), "seq": sent.seq}
    (receipt,) = msgspec.msgpack.decode((await manager.push_raw([forged])).content)["receipts"]
    assert (receipt["result"], receipt["code"]) == ("rejected", "hash_mismatch")
    (repeat,) = msgspec.msgpack.decode((await manager.push_raw([sent.wire()])).content)["receipts"]
    assert (repeat["result"], repeat["was"]) == ("repeated", "applied")
    assert await _count(worker_db, "customer") == 1


async def test_known_place_with_another_id_is_a_copied_phone(phone_of: PhoneOf, world: World) -> None:
    manager = await phone_of("manager")
    manager.save("customer.create", new_household(world.grids["E1"]))
    await manager.push()
    manager.outbox.clear()
    copied = manager.save("customer.create", new_household(world.grids["E1"], "另一台"))
    (receipt,) = msgspec.msgpack.decode((await manager.push_raw([copied.wire()])).content)["receipts"]
    assert (receipt["result"], receipt["code"]) == ("rejected", "stream_conflict")


@pytest.mark.parametrize(
    ("kind", "changes", "body_changes", "code"),
    [
        ("customer.fly", {}, {}, "unknown_type"),
        ("customer.create", {"version": 99}, {}, "unknown_version"),
        ("customer.create", {}, {"members": "none"}, "malformed"),
        ("customer.create", {"at": -5}, {}, "malformed"),
        ("customer.create", {}, {"name": " "}, "bad_value"),
        ("customer.create", {}, {"point": {"lon": 29.5, "lat": 114.0, "accuracy_m": 5}}, "malformed"),
        ("customer.create", {}, {"phone": "not a number"}, "bad_value"),
        ("customer.create", {}, {"grid_id": str(uuid7())}, "out_of_scope"),
        ("task.approve", {}, {}, "not_allowed"),
    ],
)
async def test_what_cannot_take_effect_stays_whole_in_quarantine_and_the_stream_goes_on(
    phone_of: PhoneOf,
    world: World,
    worker_db: Database,
    keys: Any,
    kind: str,
    changes: dict[str, Any],
    body_changes: dict[str, Any],
    code: str,
) -> None:
    manager = await phone_of("manager")
    bad = manager.save(kind, new_household(world.grids["E1"]) | body_changes, **changes)
    manager.save("customer.create", new_household(world.grids["E1"], "后来人"))
    refused, applied = await manager.push()
    assert (refused["result"], refused["code"]) == ("rejected", code)
    assert refused["receipt"], "the bank has it, and says so"
    assert applied["result"] == "applied"
    async with worker_db.unit(Actor.system("test")) as uow:
        kept = await uow.session.scalar(
            text("SELECT quarantined FROM sync_command WHERE id = :id"), {"id": bad.id}
        )
    assert msgspec.msgpack.decode(keys.seal.open(kept, f"command:{bad.id}"))["type"] == kind


async def test_what_needs_a_refused_command_is_held_with_it(phone_of: PhoneOf, world: World) -> None:
    manager = await phone_of("manager")
    place = world.grids["E1"]
    bad = new_household(place, name=" ")
    refused = manager.save("customer.create", bad)
    manager.save("visit.log", visit(bad["id"], place.lon, place.lat, manager.now()), needs=[refused.id])
    manager.save("customer.create", new_household(place, "独立"))
    first, dependent, independent = await manager.push()
    assert first["result"] == "rejected"
    assert (dependent["result"], dependent["code"]) == ("held", "needs")
    assert independent["result"] == "applied"


async def test_scope_another_branchs_customer_cannot_be_touched(
    phone_of: PhoneOf, world: World, worker_db: Database
) -> None:
    theirs, mine = await phone_of("manager2"), await phone_of("manager")
    place = world.grids["W1"]
    body = new_household(place)
    theirs.save("customer.create", body)
    await theirs.push()
    mine.save("visit.log", visit(body["id"], place.lon, place.lat, mine.now()))
    mine.save(
        "customer.set_values",
        {
            "customer_id": body["id"],
            "edits": [{"field": "income_wages_fen", "seen": None, "value": 5}],
        },
    )
    assert [one["code"] for one in await mine.push()] == ["out_of_scope", "out_of_scope"]
    assert await _count(worker_db, "visit") == 0
    assert await _count(worker_db, "customer_value") == 0


async def test_a_clock_ten_years_off_is_corrected_kept_and_flagged(
    phone_of: PhoneOf, world: World, worker_db: Database
) -> None:
    manager = await phone_of("manager")
    manager.clock_error_ms = 10 * 365 * 86_400_000
    place = world.grids["E1"]
    body = new_household(place)
    manager.save("customer.create", body)
    logged = visit(body["id"], place.lon, place.lat, manager.now())
    manager.save("visit.log", logged)
    assert [one["result"] for one in await manager.push()] == ["applied", "applied"]
    async with worker_db.unit(Actor.system("test")) as uow:
        row = (
            await uow.session.execute(
                text("SELECT at, device_at, flags, received_at FROM visit WHERE id = :id"),
                {"id": UUID(logged["id"])},
            )
        ).one()
    assert abs((row.received_at - row.at).total_seconds()) < 5
    assert (row.device_at - row.at).days > 3600
    assert "clock" in row.flags


async def test_the_stream_belongs_to_the_phone_that_signs(phone_of: PhoneOf, world: World) -> None:
    manager, agent = await phone_of("manager"), await phone_of("agent")
    sent = manager.save("customer.create", new_household(world.grids["E1"]))
    answer = await agent.push_raw([sent.wire()], stream=str(manager.phone.installation_id))
    assert answer.status_code == 409
    assert answer.json()["code"] == "wrong_stream"


async def test_a_commit_that_fails_answers_with_an_error_and_nothing_happened(
    phone_of: PhoneOf, world: World, worker_db: Database, databases: Any
) -> None:
    import asyncpg

    owner = await asyncpg.connect(databases.owner.replace("+asyncpg", ""))
    await owner.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'disk full'; END $$"
    )
    await owner.execute(
        "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON customer DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION refuse()"
    )
    manager = await phone_of("manager")
    sent = manager.save("customer.create", new_household(world.grids["E1"]))
    answer = await manager.push_raw([sent.wire()])
    assert answer.status_code >= 500
    assert answer.json()["code"] in ("internal", "try_again")
    assert await _count(worker_db, "customer") == 0
    await owner.execute("DROP TRIGGER late ON customer")
    await owner.close()
    (receipt,) = await manager.push()
    assert receipt["result"] == "applied"


async def test_edits_merge_field_by_field_by_the_later_observation(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    place = world.grids["E1"]
    body = new_household(place)
    manager.save("customer.create", body)
    await manager.push()

    def edit(phone: Any, field: str, seen: Any, value: Any, age_ms: int) -> None:
        phone.save(
            "customer.set_values",
            {"customer_id": body["id"], "edits": [{"field": field, "seen": seen, "value": value}]},
            at=phone.now() - age_ms,
        )

    edit(manager, "income_wages_fen", None, 1_000_000, 60_000)
    edit(manager, "home_type", None, "flat", 60_000)
    assert [one["result"] for one in await manager.push()] == ["applied", "applied"]
    # the head saw nothing yet and observed an hour earlier: the manager's later observation stands
    edit(head, "income_wages_fen", None, 2_000_000, 3_600_000)
    (lost,) = await head.push()
    assert (lost["result"], lost["lost"]) == ("merged", ["income_wages_fen"])
    # seen and changed: applies
    edit(head, "home_type", "flat", "rented", 0)
    assert (await head.push())[0]["result"] == "applied"
    await manager.pull()
    values = manager.of("file")[body["id"]]["values"]
    assert values["income_wages_fen"][0] == 1_000_000
    assert values["home_type"][0] == "rented"


async def _count(database: Database, table: str) -> int:
    async with database.unit(Actor.system("test")) as uow:
        found = await uow.session.scalar(text(f"SELECT count(*) FROM {table}"))
    assert found is not None
    return int(found)


async def test_a_push_tells_what_waits_and_a_silent_one_changes_nothing_of_it(
    phone_of: PhoneOf, world: World, worker_db: Database
) -> None:
    manager = await phone_of("manager")
    await manager.push_raw([], outbox={"depth": 7, "oldest": 1_760_000_000_000})
    await manager.push_raw([])
    async with worker_db.unit(Actor.system("test")) as uow:
        row = (
            await uow.session.execute(
                text("SELECT outbox_depth, outbox_oldest_at, last_seen_at FROM device WHERE staff_id = :id"),
                {"id": world["manager"].id},
            )
        ).one()
    assert row.outbox_depth == 7
    assert row.outbox_oldest_at.timestamp() == 1_760_000_000
    assert row.last_seen_at is not None
