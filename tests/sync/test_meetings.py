"""Village meetings, company on a visit, and what is added to a visit later."""

from typing import Any

from backend.kernel.ids import uuid7
from tests.support.bodies import new_household, visit
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work


async def _households(phone: FieldPhone, world: World, work: Work, count: int, **more: Any) -> list[str]:
    bodies = [new_household(world.grids["E1"], f"汪家{n}", f"1391234{n:04d}", **more) for n in range(count)]
    for body in bodies:
        phone.save("customer.create", body)
    assert {one["result"] for one in await phone.push()} == {"applied"}
    await work()
    await phone.pull()
    return [str(body["id"]) for body in bodies]


def _meeting(phone: FieldPhone, world: World, households: list[str], **changes: Any) -> list[str]:
    """One contact for each household, as the phone saves a meeting."""
    place, meeting_id = world.grids["E1"], str(uuid7())
    made = []
    for household in households:
        body = visit(household, place.lon, place.lat, phone.now(), channel="meeting", needs=[]) | changes
        body |= {"meeting_id": body.get("meeting_id", meeting_id)}
        phone.save("visit.log", body)
        made.append(str(body["id"]))
    return made


async def test_a_meeting_is_a_contact_of_each_household_and_looks_odd_to_nobody(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    households = await _households(manager, world, work, 6)
    before = {row["customer_id"]: row for row in manager.of("task").values() if row["duty"] == "visit"}
    visits = _meeting(manager, world, households, presented=["loan"], note="讲了秋收贷")
    assert {one["result"] for one in await manager.push()} == {"applied"}
    await work()
    await manager.pull()
    rows = manager.of("visit")
    assert {rows[one]["customer_id"] for one in visits} == set(households)
    assert len({rows[one]["meeting_id"] for one in visits}) == 1
    for one in visits:
        row = rows[one]
        # six households in one minute at one spot: to a meeting they come
        assert (row["flags"], row["distance_m"], row["presented"], row["note"]) == (
            [],
            None,
            ["loan"],
            "讲了秋收贷",
        )
    # a visit on site stays due
    after = {row["customer_id"]: row for row in manager.of("task").values() if row["duty"] == "visit"}
    assert before.keys() == after.keys()
    assert all(row["state"] == "open" for row in after.values())
    assert head.of("approval") == {}


async def test_a_meeting_elsewhere_is_flagged(phone_of: PhoneOf, world: World, work: Work) -> None:
    manager = await phone_of("manager")
    households = await _households(manager, world, work, 2)
    away = world.grids["W1"]
    point = {"lon": away.lon, "lat": away.lat, "accuracy_m": 20.0, "at": manager.now()}
    visits = _meeting(manager, world, households, point=point)
    assert {one["result"] for one in await manager.push()} == {"applied"}
    await manager.pull()
    assert [manager.of("visit")[one]["flags"] for one in visits] == [["off_grid"]] * 2


async def test_an_id_of_a_meeting_and_its_channel_go_together(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    households = await _households(manager, world, work, 1)
    _meeting(manager, world, households, channel="onsite")
    _meeting(manager, world, households, meeting_id=None)
    receipts = await manager.push()
    assert [(one["result"], one["code"]) for one in receipts] == [("rejected", "bad_value")] * 2


async def test_a_customer_without_a_point_is_looked_for_in_the_grid(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    (household,) = await _households(manager, world, work, 1, point=None)
    home, away = world.grids["E1"], world.grids["W1"]
    inside = visit(household, home.lon, home.lat, manager.now())
    outside = visit(household, away.lon, away.lat, manager.now())
    for body in (inside, outside):
        manager.save("visit.log", body)
        await manager.push()
    await manager.pull()
    rows = manager.of("visit")
    assert (rows[inside["id"]]["flags"], rows[outside["id"]]["flags"]) == ([], ["off_grid"])


async def test_who_came_along_hears_of_it_once(phone_of: PhoneOf, world: World, work: Work) -> None:
    manager, agent = await phone_of("manager"), await phone_of("agent")
    (household,) = await _households(manager, world, work, 1)
    place = world.grids["E1"]
    body = visit(household, place.lon, place.lat, manager.now(), companion_id=agent.staff["id"])
    sent = manager.save("visit.log", body)
    await manager.push()
    assert (await manager.push_raw([sent.wire()])).status_code == 200
    await work()
    for phone in (manager, agent):
        await phone.pull()
    assert manager.of("visit")[body["id"]]["companion_id"] == agent.staff["id"]
    (item,) = [one for one in agent.of("inbox").values() if one["kind"] == "visit_accompanied"]
    assert item["params"] == {
        "visit_id": body["id"],
        "customer_id": household,
        "staff_id": manager.staff["id"],
    }
    manager.save("visit.log", body | {"id": str(uuid7()), "companion_id": str(uuid7())})
    (receipt,) = await manager.push()
    assert (receipt["result"], receipt["code"]) == ("rejected", "bad_value")


def _supplement(visit_id: str, household: str, **changes: Any) -> dict[str, Any]:
    body = {
        "id": str(uuid7()),
        "visit_id": visit_id,
        "customer_id": household,
        "note": "孩子考上大学",
        "photos": [],
    }
    return body | changes


async def test_what_is_added_stands_beside_the_visit_and_changes_nothing_of_it(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    (household,) = await _households(manager, world, work, 1)
    place = world.grids["E1"]
    body = visit(household, place.lon, place.lat, manager.now(), note="在家")
    logged = manager.save("visit.log", body)
    (task_id,) = [
        row_id
        for row_id, row in manager.of("task").items()
        if (row["customer_id"], row["duty"]) == (household, "visit")
    ]
    manager.save("task.submit", {"task_id": task_id, "visit_id": body["id"]}, [logged.id])
    photo = {"hash": "ab" * 32, "class": "home", "taken_at": manager.now()}
    added = manager.save(
        "visit.supplement", _supplement(body["id"], household, photos=[photo, photo]), [logged.id]
    )
    assert {one["result"] for one in await manager.push()} == {"applied"}
    assert (await manager.push_raw([added.wire()])).status_code == 200
    await work()
    for phone in (manager, head):
        await phone.pull()
    row = manager.of("visit")[body["id"]]
    ((key, staff_id, _, note),) = row["supplements"]
    assert (row["note"], note, staff_id) == ("在家", "孩子考上大学", manager.staff["id"])
    assert key == added.envelope["body"]["id"]
    assert row["photos"] == [["ab" * 32, "home", False]]
    # who approves sees it too
    (approval,) = head.of("approval").values()
    assert approval["visit"]["supplements"] == row["supplements"]


async def test_only_who_sees_a_visit_adds_to_it_and_something_must_be_added(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, agent, stranger = await phone_of("manager"), await phone_of("agent"), await phone_of("manager2")
    first, second = await _households(manager, world, work, 2)
    place = world.grids["E1"]
    body = visit(first, place.lon, place.lat, manager.now())
    manager.save("visit.log", body)
    await manager.push()
    cases = [
        (stranger, _supplement(body["id"], first), "out_of_scope"),
        # an agent has only the agent's own visits
        (agent, _supplement(body["id"], first), "out_of_scope"),
        (manager, _supplement(body["id"], second), "out_of_scope"),
        (manager, _supplement(body["id"], first, note="  "), "bad_value"),
        (
            manager,
            _supplement(body["id"], first, photos=[{"hash": "cd" * 32, "class": "voice"}]),
            "bad_value",
        ),
    ]
    for phone, supplement, code in cases:
        phone.save("visit.supplement", supplement)
        (receipt,) = await phone.push()
        assert (receipt["result"], receipt["code"]) == ("rejected", code), supplement
    await manager.pull()
    assert manager.of("visit")[body["id"]]["supplements"] == []
