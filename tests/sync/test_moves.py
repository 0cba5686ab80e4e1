"""Moves: households between grids, grids between people and branches, stand-ins. CONTRACT.md section 9."""

from datetime import timedelta
from typing import Any

import pytest

from backend.app.wiring import PERIODIC
from backend.grids import api as grids
from backend.kernel.actor import Actor
from backend.kernel.errors import Problem
from backend.kernel.ids import uuid7
from backend.kernel.uow import Database
from backend.sync.partitions import VERSION
from tests.support.bodies import new_household, visit
from tests.support.clock import MovingClock
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work

KINDS = ("customer", "member", "record", "visit", "file", "profile")


def record(customer_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": str(uuid7()),
        "customer_id": customer_id,
        "kind": "farmland",
        "label": "水田",
        "area_m2": 2000 if changes.get("kind", "farmland") == "farmland" else None,
        "detail": {},
    } | changes


async def furnished(
    phone: FieldPhone, world: World, grid: str = "E1", name: str = "搬家户"
) -> dict[str, Any]:
    """A household with members, a field, a value and a visit, as the bank has it."""
    place = world.grids[grid]
    body = new_household(place, name=name)
    phone.save("customer.create", body)
    phone.save("record.put", record(body["id"]))
    edits = [{"field": "income_wages_fen", "seen": None, "value": 90_000_00}]
    phone.save("customer.set_values", {"customer_id": body["id"], "edits": edits})
    phone.save("visit.log", visit(body["id"], place.lon, place.lat, phone.now()))
    assert [one["result"] for one in await phone.push()] == ["applied"] * 4
    return body


def move(customer_id: str, world: World, grid: str, **changes: Any) -> dict[str, Any]:
    return {"customer_id": customer_id, "grid_id": str(world.grids[grid].id), "reason": "迁居"} | changes


def held(phone: FieldPhone, customer_id: str) -> dict[str, int]:
    """How many rows of each kind about a customer a phone holds."""
    found = {}
    for kind in KINDS:
        rows = phone.of(kind)
        found[kind] = sum(
            1
            for row_id, row in rows.items()
            if row_id == customer_id or row.get("customer_id") == customer_id
        )
    return found


WHOLE = {"customer": 1, "member": 2, "record": 1, "visit": 1, "file": 1, "profile": 1}
NOTHING = dict.fromkeys(KINDS, 0)


async def test_a_household_moves_to_another_branch_with_all_that_hangs_on_it(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, agent, head = await phone_of("manager"), await phone_of("agent"), await phone_of("head")
    manager2, head2 = await phone_of("manager2"), await phone_of("head2")
    body = await furnished(manager, world)
    await work()
    for phone in (manager, agent, manager2):
        await phone.pull()
    assert held(manager, body["id"]) == WHOLE
    assert any(one["customer_id"] == body["id"] for one in manager.of("task").values())
    head.save("customer.move", move(body["id"], world, "W1", address="城西 3 号"))
    assert [one["result"] for one in await head.push()] == ["applied"]
    await work()
    for phone in (manager, agent, manager2, head2):
        await phone.pull()
    assert held(manager2, body["id"]) == WHOLE
    assert held(manager, body["id"]) == held(agent, body["id"]) == NOTHING
    row = manager2.of("customer")[body["id"]]
    assert (row["address"], row["owner_id"]) == ("城西 3 号", str(world["manager2"].id))
    assert row["home_book"] == f"grid:{world.grids['W1'].id}"
    assert row["branch_id"] == str(world.west)
    for phone, ours in ((manager, False), (agent, False)):
        assert any(one["customer_id"] == body["id"] for one in phone.of("task").values()) is ours
    tasks = [
        one
        for phone in (manager2, await phone_of("agent2"))
        for one in (await _pulled(phone)).of("task").values()
        if one["customer_id"] == body["id"]
    ]
    assert len(tasks) == 2
    assert "搬家户" not in manager.everything()


async def _pulled(phone: FieldPhone) -> FieldPhone:
    await phone.pull()
    return phone


async def test_made_and_moved_in_one_push_it_lies_where_it_went_and_nowhere_else(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    body = new_household(world.grids["E1"], name="当天就搬")
    made = manager.save("customer.create", body)
    manager.save("customer.move", move(body["id"], world, "E2"), needs=[made.id])
    assert [one["result"] for one in await manager.push()] == ["applied"] * 2
    await work()
    await manager.pull()
    former, present = (
        manager.rows[f"grid:{world.grids[code].id}/manager@{VERSION}"] for code in ("E1", "E2")
    )
    for kind in ("customer", "file", "member", "profile"):
        about = [
            row_id
            for row_id, row in former.get(kind, {}).items()
            if body["id"] in (row_id, row.get("customer_id"))
        ]
        assert about == [], kind
    assert body["id"] in present["customer"]
    assert body["id"] in present["file"]
    assert len(present["member"]) == 2


async def test_tombstones_say_where_the_household_lives_now(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    body = await furnished(manager, world)
    await work()
    await manager.pull()
    manager.save("customer.move", move(body["id"], world, "E2"))
    receipt = (await manager.push())[0]
    assert set(receipt["await"]) == {f"grid:{world.grids[code].id}" for code in ("E1", "E2")}
    await work()
    seen: list[Any] = []
    keep = manager.keep

    def watch(key: str, groups: list[dict[str, Any]]) -> None:
        seen.extend((key, group["kind"], gone) for group in groups for gone in group["gone"])
        keep(key, groups)

    manager.keep = watch  # type: ignore[method-assign]
    await manager.pull()
    old, new = (f"grid:{world.grids[code].id}" for code in ("E1", "E2"))
    gone = {kind: row[2] for key, kind, row in seen if key.startswith(old)}
    # what was raised of them goes along
    assert set(gone) - {"opportunity"} == set(KINDS)
    assert set(gone.values()) == {new}
    assert held(manager, body["id"]) == WHOLE
    assert manager.of("customer")[body["id"]]["owner_id"] == str(world["manager"].id)


async def test_two_children_edited_offline_land_where_the_household_lives_now(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, agent, head = await phone_of("manager"), await phone_of("agent"), await phone_of("head")
    body = await furnished(manager, world)
    await work()
    field = next(iter((await _pulled(manager)).of("record")))
    # both are out of reach; each edits a child of the household
    manager.save("record.put", record(body["id"], id=field, label="水田三亩", area_m2=2100))
    edits = [{"field": "income_planting_fen", "seen": None, "value": 12_000_00}]
    agent.save("customer.set_values", {"customer_id": body["id"], "edits": edits})
    agent.save("record.put", record(body["id"], label="拖拉机", kind="machinery"))
    head.save("customer.move", move(body["id"], world, "E2"))
    assert [one["result"] for one in await head.push()] == ["applied"]
    for phone, count in ((agent, 2), (manager, 1)):
        assert [one["result"] for one in await phone.push()] == ["applied"] * count
    await work()
    await manager.pull()
    key = f"grid:{world.grids['E2'].id}/manager@{VERSION}"
    assert manager.rows[key]["record"][field]["label"] == "水田三亩"
    assert len(manager.rows[key]["record"]) == 2
    assert manager.rows[key]["file"][body["id"]]["values"]["income_planting_fen"][0] == 12_000_00
    assert not manager.rows[f"grid:{world.grids['E1'].id}/manager@{VERSION}"].get("record")


@pytest.mark.parametrize(
    ("login", "grid", "code"),
    [
        ("agent", "E2", "not_allowed"),
        ("manager", "W1", "out_of_scope"),
        ("manager2", "W1", "out_of_scope"),
        ("head2", "W1", "out_of_scope"),
    ],
)
async def test_who_may_not_move_a_household(
    phone_of: PhoneOf, world: World, login: str, grid: str, code: str
) -> None:
    body = await furnished(await phone_of("manager"), world)
    phone = await phone_of(login)
    phone.save("customer.move", move(body["id"], world, grid))
    receipt = (await phone.push())[0]
    assert (receipt["result"], receipt["code"]) == ("rejected", code)


async def test_a_move_to_nowhere_is_refused(phone_of: PhoneOf, world: World) -> None:
    head = await phone_of("head")
    body = await furnished(head, world)
    for changes in (
        {"grid_id": str(uuid7())},
        {"reason": ""},
        {"point": {"lon": 200, "lat": 0, "accuracy_m": 1}},
    ):
        head.save("customer.move", move(body["id"], world, "E2") | changes)
    receipts = await head.push()
    assert [one["code"] for one in receipts] == ["out_of_scope", "malformed", "malformed"]


async def test_a_grid_passes_to_another_branch_and_then_to_its_manager(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    manager, head, head2 = await phone_of("manager"), await phone_of("head"), await phone_of("head2")
    body = await furnished(manager, world)
    await work()
    await manager.pull()
    async with worker_db.unit(Actor.system("test")) as uow:
        await grids.move_to_branch(uow, world.grids["E1"].id, world.west)
    await work()
    for phone in (manager, head, head2):
        await phone.pull()
    key = f"grid:{world.grids['E1'].id}/manager@{VERSION}"
    assert key in manager.evicted
    assert held(manager, body["id"]) == NOTHING
    # until somebody is responsible there, its head has the work
    assert {one["customer_id"] for one in head2.of("task").values()} == {body["id"]}
    async with worker_db.unit(Actor.system("test")) as uow:
        await grids.assign(uow, world.grids["E1"].id, world["manager2"].id, grids.Duty.responsible)
    await work()
    manager2 = await phone_of("manager2")
    await manager2.pull()
    await head2.pull()
    assert held(manager2, body["id"]) == WHOLE
    assert manager2.of("customer")[body["id"]]["owner_id"] == str(world["manager2"].id)
    assert manager2.of("customer")[body["id"]]["branch_id"] == str(world.west)
    assert not head2.of("task")
    with pytest.raises(Problem, match="not_allowed"):
        async with worker_db.unit(world["head"].actor) as uow:
            await grids.move_to_branch(uow, world.grids["E2"].id, world.west)


async def test_a_grid_passes_from_one_manager_to_another(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    body = await furnished(manager, world)
    await work()
    async with worker_db.unit(world["head"].actor) as uow:
        await grids.assign(uow, world.grids["E1"].id, world["deputy"].id, grids.Duty.responsible)
    await work()
    deputy = await phone_of("deputy")
    for phone in (manager, deputy, head):
        await phone.pull()
    assert held(manager, body["id"]) == NOTHING
    assert held(deputy, body["id"]) == WHOLE
    assert deputy.of("customer")[body["id"]]["owner_id"] == str(world["deputy"].id)


async def test_a_grid_without_a_manager_stays_in_its_owners_care(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    manager = await phone_of("manager")
    body = await furnished(manager, world)
    await work()
    async with worker_db.unit(world["head"].actor) as uow:
        await grids.release(uow, world.grids["E1"].id, world["manager"].id, grids.Duty.responsible)
    await work()
    await manager.pull()
    care = f"care:{world['manager'].id}/manager@{VERSION}"
    assert set(manager.rows[care]["customer"]) == {body["id"]}
    assert held(manager, body["id"]) == WHOLE
    async with worker_db.unit(world["head"].actor) as uow:
        await grids.assign(uow, world.grids["E1"].id, world["deputy"].id, grids.Duty.responsible)
    await work()
    await manager.pull()
    assert held(manager, body["id"]) == NOTHING


async def test_a_stand_in_covers_for_some_days_and_it_ends_by_itself(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database, clock: MovingClock
) -> None:
    manager = await phone_of("manager")
    body = await furnished(manager, world)
    await work()
    today = clock.today()
    async with worker_db.unit(world["head"].actor) as uow:
        await grids.cover(
            uow,
            world.grids["E1"].id,
            world["deputy"].id,
            today + timedelta(days=1),
            today + timedelta(days=4),
        )
    await work()
    key = f"grid:{world.grids['E1'].id}/manager@{VERSION}"
    assert key not in (await _pulled(await phone_of("deputy"))).revisions
    for days, covered in ((1, True), (3, False)):
        clock.advance(timedelta(days=days))
        async with worker_db.unit(Actor.system("clock")) as uow:
            uow.emit("grids.covers_turned", {"on": ""})
        await work()
        deputy, manager = await phone_of("deputy"), await phone_of("manager")
        for phone in (deputy, manager):
            await phone.pull()
        assert held(deputy, body["id"]) == (WHOLE if covered else NOTHING)
        assert held(manager, body["id"]) == WHOLE, "the manager keeps what is theirs"
        visits = {
            login: sum(one["duty"] == "visit" for one in phone.of("task").values())
            for login, phone in (("deputy", deputy), ("manager", manager))
        }
        assert visits == ({"deputy": 1, "manager": 0} if covered else {"deputy": 0, "manager": 1})
        if covered:
            edits = [{"field": "spending_living_fen", "seen": None, "value": 1_000_00}]
            deputy.save("customer.set_values", {"customer_id": body["id"], "edits": edits})
            assert (await deputy.push())[0]["result"] == "applied"
    assert "grids.covers_turned" in {one.name for one in PERIODIC}


async def test_covers_that_cannot_be(world: World, worker_db: Database, clock: MovingClock) -> None:
    today, place = clock.today(), world.grids["E1"].id
    async with worker_db.unit(world["head"].actor) as uow:
        await grids.cover(uow, place, world["deputy"].id, today, today + timedelta(days=3))
    for login, first, last in (
        ("deputy", 2, 5),
        ("deputy", 5, 5),
        ("deputy", -1, 1),
        ("manager", 5, 6),
        ("head", 5, 800),
        ("agent", 5, 6),
        ("manager2", 5, 6),
    ):
        with pytest.raises(Problem):
            async with worker_db.unit(world["head"].actor) as uow:
                await grids.cover(
                    uow, place, world[login].id, today + timedelta(days=first), today + timedelta(days=last)
                )
    with pytest.raises(Problem):
        async with worker_db.unit(world["manager"].actor) as uow:
            await grids.cover(
                uow, place, world["deputy"].id, today + timedelta(days=9), today + timedelta(days=10)
            )
