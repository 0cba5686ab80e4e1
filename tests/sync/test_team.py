"""What heads steer by lies on their phones: counts of people and grids, due work, high-end customers.

It moves with the work, with the people and with the day, and nobody else has it."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from backend.grids import api as grids
from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from backend.strategy.service import PROFILE_CHANGED
from backend.tasks import team, team_queries
from backend.tasks.jobs import TEAM_TURN
from tests.support.bodies import new_household, visit
from tests.support.clock import MovingClock
from tests.support.field_phone import FieldPhone
from tests.support.figures import set_figure
from tests.support.signing import sign
from tests.support.till import ACCOUNTS, Till, account
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work
from tests.sync.test_duplicates import HEAD, household

KINDS = ("workload", "coverage", "due", "highend")
Turn = Callable[[], Awaitable[None]]


@pytest.fixture
def turn(worker_db: Database, work: Work) -> Turn:
    """What waits is done, and then what the clock raises every few seconds."""

    async def run() -> None:
        await work()
        async with worker_db.unit(Actor.system("test")) as uow:
            uow.emit(TEAM_TURN, {})
        await work()

    return run


async def numbered_household(manager: FieldPhone, world: World, grid: str = "E1", **changes: Any) -> str:
    """A household of the eastern manager's with an ID number, or of some other people without."""
    body = new_household(world.grids[grid], **changes) if changes else household(world, grid)
    manager.save("customer.create", body)
    assert [one["result"] for one in await manager.push()] == ["applied"]
    return str(body["id"])


async def _visit(manager: FieldPhone, world: World, customer_id: str) -> str:
    """The manager's visit task is handed in with a visit; returns the task's id."""
    await manager.pull()
    (task_id,) = [
        row_id
        for row_id, row in manager.of("task").items()
        if row["customer_id"] == customer_id
        and row["duty"] == "visit"
        and row["state"] in ("open", "returned")
    ]
    place = world.grids["E1"]
    body = visit(customer_id, place.lon, place.lat, manager.now())
    logged = manager.save("visit.log", body)
    manager.save("task.submit", {"task_id": task_id, "visit_id": body["id"]}, needs=[logged.id])
    assert [one["result"] for one in await manager.push()] == ["applied", "applied"]
    return task_id


async def _of(head: FieldPhone, kind: str, of: object) -> dict[str, Any]:
    await head.pull()
    return head.of(kind)[str(of)]


def _due_of(head: FieldPhone, customer_id: str) -> dict[str, dict[str, Any]]:
    return {
        row["duty"]: row | {"id": row_id}
        for row_id, row in head.of("due").items()
        if row["customer_id"] == customer_id
    }


async def rich(
    till: Till, ago: int, deposits: str = "300000.00", loan: str = "200000.00", overdue: str = "0"
) -> None:
    """What the bank's systems say of HEAD: enough to be high-end, if nothing else is said."""
    saved = till.write([ACCOUNTS, account(HEAD, 1, deposits)], f"accounts-{ago}.csv")
    assert "1 new" in (said := await till.take("accounts", saved, ago=ago)).out or "1 changed" in said.out
    owed = till.write(
        ["证件号码,合同号,合同金额(元),贷款余额,年利率(%),发放日期,到期日,逾期天数",
         f"{HEAD},C-1,200000,{loan},4.35,20250301,20280301,{overdue}"],
        f"loans-{ago}.csv",
    )  # fmt: skip
    assert "1 new" in (said := await till.take("loans", owed, ago=ago)).out or "1 changed" in said.out


async def test_a_visit_moves_the_counts_and_takes_the_due_row_away(
    phone_of: PhoneOf, world: World, turn: Turn, clock: MovingClock
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    customer_id = await numbered_household(manager, world)
    await turn()
    person, ground = world["manager"].id, world.grids["E1"].id
    week = clock.today() + timedelta(days=7)
    mine = await _of(head, "workload", person)
    assert mine["as_of"] == clock.today().isoformat()
    assert (mine["overdue"], mine["ahead"], mine["done_today"]) == (0, [0, 0, 0, 0, 0, 0, 0, 1], 0)
    assert head.of("due") == {}

    clock.advance(timedelta(days=10))
    await turn()
    mine = await _of(head, "workload", person)
    assert (mine["overdue"], mine["ahead"]) == (1, [0] * 8)
    due = _due_of(head, customer_id)
    assert due.keys() == {"visit", "contact"}
    assert due["visit"] | {"id": 0, "revision": 0} == {
        "id": 0, "revision": 0, "customer_id": customer_id, "customer_name": "李四", "grid_name": "E1 村",
        "tier": due["visit"]["tier"], "staff_id": str(person), "kind": "follow_up", "duty": "visit",
        "due_on": week.isoformat(), "state": "open",
    }  # fmt: skip
    assert due["contact"]["staff_id"] == str(world["agent"].id)
    covered = await _of(head, "coverage", ground)
    assert (covered["name"], covered["manager_id"]) == ("E1 村", str(person))
    assert (covered["overdue"], covered["customers"], covered["reached"]) == (1, 1, 0), (
        "one household to go to"
    )

    task_id = await _visit(manager, world, customer_id)
    await turn()
    mine = await _of(head, "workload", person)
    assert (mine["overdue"], mine["done_today"], mine["done_week"]) == (0, 1, 1)
    assert _due_of(head, customer_id) == {}
    # the agent's contact is done too, but not by the agent
    helper = await _of(head, "workload", world["agent"].id)
    assert (helper["overdue"], helper["done_today"]) == (0, 0)
    covered = await _of(head, "coverage", ground)
    assert (covered["overdue"], covered["done_today"], covered["reached"]) == (0, 1, 1)

    head.save("task.approve", {"task_id": task_id})
    assert [one["result"] for one in await head.push()] == ["applied"]
    await turn()
    mine = await _of(head, "workload", person)
    assert mine["done_today"] == 1


async def test_what_is_returned_is_due_again_and_taken_back_too(
    phone_of: PhoneOf, world: World, turn: Turn, clock: MovingClock
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    customer_id = await numbered_household(manager, world)
    await turn()
    task_id = await _visit(manager, world, customer_id)
    head.save("task.return", {"task_id": task_id, "reason": "照片看不清"})
    assert [one["result"] for one in await head.push()] == ["applied"]
    await turn()
    mine = await _of(head, "workload", world["manager"].id)
    # it was due in a week, and waits for its person now
    assert (mine["ahead"][0], mine["done_today"]) == (1, 0)
    assert _due_of(head, customer_id)["visit"]["state"] == "returned"
    await _visit(manager, world, customer_id)
    manager.save("task.withdraw", {"task_id": task_id})
    assert [one["result"] for one in await manager.push()] == ["applied"]
    await turn()
    mine = await _of(head, "workload", world["manager"].id)
    assert (mine["ahead"], mine["done_today"]) == ([0, 0, 0, 0, 0, 0, 0, 1], 0)
    assert "visit" not in _due_of(head, customer_id)


async def test_the_day_turns_without_anybody_doing_anything(
    phone_of: PhoneOf, world: World, turn: Turn, worker_db: Database, clock: MovingClock
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    customer_id = await numbered_household(manager, world)
    await turn()
    before = await _of(head, "workload", world["manager"].id)
    for day, overdue in ((7, 0), (8, 1)):
        clock.advance(timedelta(days=7 if day == 7 else 1))
        await turn()
        now = await _of(head, "workload", world["manager"].id)
        # a phone that heard nothing since the first day counts the same
        told = before["overdue"] + sum(before["ahead"][:day]), (before["ahead"] + [0])[day]
        assert told == (now["overdue"], now["ahead"][0]) == (overdue, 1 - overdue)
        assert set(_due_of(head, customer_id)) == {"visit", "contact"}
    revisions = dict(head.revisions)
    async with worker_db.unit(Actor.system("test")) as uow:
        team.moved(uow, world.east)
    await turn()
    await head.pull()
    assert head.revisions[_key(head)] == revisions[_key(head)], "nothing moved that the phone would see"


def _key(head: FieldPhone) -> str:
    (key,) = [one for one in head.revisions if one.startswith("team:")]
    return key


async def test_only_branches_of_which_something_moved_are_worked_out(
    phone_of: PhoneOf, world: World, turn: Turn, work: Work, worker_db: Database
) -> None:
    async def behind() -> list[object]:
        async with worker_db.unit(Actor.system("test")) as uow:
            return list(await team_queries.behind(uow))

    manager = await phone_of("manager")
    await work()
    assert await behind() == sorted((world.east, world.west)), "nothing was ever worked out"
    await turn()
    assert await behind() == []
    customer_id = await numbered_household(manager, world)
    await work()
    assert await behind() == [world.east]
    await turn()
    assert await behind() == []
    # another tier with the same rhythm leaves the tasks as they are, but not what heads see
    for tier, expected in (("basic", []), ("high_end", [world.east])):
        async with worker_db.unit(Actor.system("test")) as uow:
            rows = await uow.session.execute(
                text("SELECT duty_kind || '_days', rhythm_days FROM duty WHERE customer_id = :id"),
                {"id": customer_id},
            )
            told = {"customer_id": customer_id, "tier_before": "basic", "tier_after": tier}
            uow.emit(PROFILE_CHANGED, told | {row[0]: row[1] for row in rows})
        await work()
        assert await behind() == expected


async def test_high_end_customers_come_with_their_owner_and_go_with_their_tier(
    phone_of: PhoneOf, world: World, turn: Turn, till: Till, worker_db: Database, clock: MovingClock
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    customer_id = await numbered_household(manager, world)
    await sign(manager, customer_id, "head")
    await turn()
    await head.pull()
    assert head.of("highend") == {}
    await rich(till, 1)
    await turn()
    row = await _of(head, "highend", customer_id)
    assert (row["name"], row["tier"], row["grid_name"]) == ("李四", "high_end", "E1 村")
    assert (row["owner_id"], row["last_contact_on"]) == (str(world["manager"].id), None)
    assert row["next_kind"] == "follow_up"
    assert row["next_due_on"] == (clock.today() + timedelta(days=7)).isoformat()
    await _visit(manager, world, customer_id)
    await turn()
    row = await _of(head, "highend", customer_id)
    assert row["last_contact_on"] == clock.today().isoformat()
    assert date.fromisoformat(row["next_due_on"]) > clock.today() + timedelta(days=20)
    # the grid goes to the deputy: so does the customer
    async with worker_db.unit(Actor.system("test")) as uow:
        await grids.assign(uow, world.grids["E1"].id, world["deputy"].id, grids.Duty.responsible)
    await turn()
    row = await _of(head, "highend", customer_id)
    assert row["owner_id"] == str(world["deputy"].id)
    assert (await _of(head, "coverage", world.grids["E1"].id))["manager_id"] == str(world["deputy"].id)
    await rich(till, 0, deposits="100.00", loan="0.00")
    await turn()
    await head.pull()
    assert head.of("highend") == {}


async def test_a_grid_that_goes_to_another_branch_takes_its_rows_along(
    phone_of: PhoneOf, world: World, turn: Turn, till: Till, worker_db: Database, clock: MovingClock
) -> None:
    manager, head, other = await phone_of("manager"), await phone_of("head"), await phone_of("head2")
    customer_id = await numbered_household(manager, world)
    await sign(manager, customer_id, "head")
    await turn()
    await rich(till, 0)
    clock.advance(timedelta(days=10))
    await turn()
    await head.pull()
    assert customer_id in head.of("highend")
    await other.pull()
    assert customer_id not in other.everything()
    # one where nobody lives
    empty = str(world.grids["E2"].id)
    assert empty in head.of("coverage")
    async with worker_db.unit(Actor.system("test")) as uow:
        await grids.move_to_branch(uow, world.grids["E2"].id, world.west)
    await turn()
    for phone, has in ((head, False), (other, True)):
        await phone.pull()
        assert (empty in phone.of("coverage")) is has
    async with worker_db.unit(Actor.system("test")) as uow:
        await grids.move_to_branch(uow, world.grids["E1"].id, world.west)
        await grids.assign(uow, world.grids["E1"].id, world["manager2"].id, grids.Duty.responsible)
    await turn()
    await head.pull()
    assert customer_id not in head.everything()
    assert str(world.grids["E1"].id) not in head.of("coverage")
    await other.pull()
    assert customer_id in other.of("highend")
    assert set(_due_of(other, customer_id)) == {"visit", "contact"}
    assert str(world.grids["E1"].id) in other.of("coverage")


async def test_a_household_that_became_part_of_another_is_gone(
    phone_of: PhoneOf, world: World, turn: Turn, clock: MovingClock
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    stays = await numbered_household(manager, world)
    goes = await numbered_household(manager, world, name="赵六", phone="13900001111")
    await turn()
    clock.advance(timedelta(days=10))
    await turn()
    await head.pull()
    assert len(_due_of(head, goes)) == 2
    assert (await _of(head, "coverage", world.grids["E1"].id))["customers"] == 2
    manager.save("customer.merge", {"customer_id": goes, "into_id": stays, "reason": "一家人"})
    assert [one["result"] for one in await manager.push()] in (["applied"], ["merged"])
    await turn()
    await head.pull()
    assert goes not in str(head.of("due"))
    assert (await _of(head, "coverage", world.grids["E1"].id))["customers"] == 1


async def test_only_the_branchs_heads_have_any_of_it(
    phone_of: PhoneOf, world: World, turn: Turn, till: Till, web_db: Database, clock: MovingClock
) -> None:
    manager = await phone_of("manager")
    customer_id = await numbered_household(manager, world)
    await sign(manager, customer_id, "head")
    await turn()
    await rich(till, 0)
    clock.advance(timedelta(days=10))
    await turn()
    for login in ("head", "deputy"):
        phone = await phone_of(login)
        await phone.pull()
        assert all(phone.of(kind) for kind in KINDS), login
    for login in ("manager", "agent"):
        phone = await phone_of(login)
        await phone.pull()
        assert not any(phone.of(kind) for kind in KINDS), login
    elsewhere = await phone_of("head2")
    await elsewhere.pull()
    assert {row["name"] for row in elsewhere.of("coverage").values()} == {"W1 村", "W2 村"}
    assert (elsewhere.of("due"), elsewhere.of("highend")) == ({}, {})
    assert customer_id not in elsewhere.everything()
    # and the database says so too, whoever asks it
    for login, member in world.staff.items():
        async with web_db.unit(member.actor) as uow:
            found = await uow.session.scalar(
                text("SELECT count(*) FROM team_row WHERE branch_id = :id"), {"id": world.east}
            )
        assert bool(found) == (login in ("head", "deputy")), login


async def test_phones_get_the_most_urgent_of_much_due_work(
    phone_of: PhoneOf,
    world: World,
    turn: Turn,
    till: Till,
    clock: MovingClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    rows = dict(team_queries.ROWS)
    rows["due"] = rows["due"].replace(f"LIMIT {team_queries.MOST_DUE}", "LIMIT 3")
    monkeypatch.setattr(team_queries, "ROWS", rows)
    first = await numbered_household(manager, world, name="赵六", phone="13900001111")
    await turn()
    clock.advance(timedelta(days=2))
    best = await numbered_household(manager, world)
    await sign(manager, best, "head")
    await turn()
    await rich(till, 0)
    clock.advance(timedelta(days=8))
    await turn()
    await head.pull()
    # both tasks of the high-end customer, though they are overdue for less long, and one of the other two
    assert set(_due_of(head, best)) == {"visit", "contact"}
    assert len(_due_of(head, first)) == 1
    assert (await _of(head, "coverage", world.grids["E1"].id))["overdue"] == 2, "the counts leave nothing out"


async def test_files_are_full_from_the_banks_own_mark_on(
    phone_of: PhoneOf, world: World, turn: Turn, clock: MovingClock, worker_db: Database
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    await numbered_household(manager, world)
    await turn()
    assert (await _of(head, "coverage", world.grids["E1"].id))["full_files"] == 0
    await set_figure(worker_db, "completeness_mark", 30, on_phone=True)
    clock.advance(timedelta(days=1))
    await turn()
    assert (await _of(head, "coverage", world.grids["E1"].id))["full_files"] == 1
