"""Who holds a grid, from when to when."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from backend.grids.api import (
    Duty,
    apply_import,
    assign,
    assigned_grids,
    facts_by_code,
    history,
    holders,
    release,
)
from backend.kernel.actor import Role
from backend.kernel.errors import Problem
from backend.kernel.ids import uuid7
from backend.kernel.uow import Database
from tests.backend.grids.bank import SYSTEM, Bank, make_bank, ready
from tests.support.clock import MovingClock


@pytest.fixture
async def bank(worker_db: Database) -> Bank:
    made = await make_bank(worker_db)
    async with worker_db.unit(SYSTEM) as uow:
        grids = [ready("G1"), ready("G2", 1000), ready("G3", 2000, branch="ZX02")]
        await apply_import(uow, grids, made.branches, source="test")
    return made


@pytest.fixture
async def grid(worker_db: Database, bank: Bank) -> UUID:
    return await id_of(worker_db, "G1")


async def id_of(worker_db: Database, code: str) -> UUID:
    async with worker_db.unit(SYSTEM) as uow:
        facts = await facts_by_code(uow, code)
    assert facts is not None
    return facts.id


async def test_the_next_responsible_person_ends_the_one_before(
    worker_db: Database, bank: Bank, grid: UUID, clock: MovingClock
) -> None:
    start = clock.today()
    async with worker_db.unit(SYSTEM) as uow:
        await assign(uow, grid, bank.people["li"], Duty.responsible)
    clock.advance(timedelta(days=10))
    async with worker_db.unit(SYSTEM) as uow:
        await assign(uow, grid, bank.people["wang"], Duty.responsible)
    assert uow.revisions == {f"grid:{grid}": 3}
    async with worker_db.unit(SYSTEM) as uow:
        past = [(one.staff_id, one.from_on, one.to_on) for one in await history(uow, grid)]
        now = [one.staff_id for one in await holders(uow, grid, uow.today)]
        then = [one.staff_id for one in await holders(uow, grid, start + timedelta(days=9))]
        facts = await facts_by_code(uow, "G1")
        mine = await assigned_grids(uow, bank.people["wang"], uow.today)
        assert await assigned_grids(uow, bank.people["li"], uow.today) == []
    handed_over = start + timedelta(days=10)
    assert past == [(bank.people["li"], start, handed_over), (bank.people["wang"], handed_over, None)]
    assert (now, then) == ([bank.people["wang"]], [bank.people["li"]])
    assert facts is not None
    assert facts.manager_id == bank.people["wang"]
    assert [(one.grid_id, one.duty) for one in mine] == [(grid, Duty.responsible)]


async def test_an_assignment_is_audited_and_told(worker_db: Database, bank: Bank, grid: UUID) -> None:
    async with worker_db.unit(SYSTEM) as uow:
        await assign(uow, grid, bank.people["li"], Duty.responsible)
        await assign(uow, grid, bank.people["wang"], Duty.responsible)
    async with worker_db.unit(SYSTEM) as uow:
        events = (
            await uow.session.execute(
                text("SELECT payload FROM outbox_event WHERE name = 'grids.assigned' ORDER BY id")
            )
        ).scalars()
        audit = (
            await uow.session.execute(text("SELECT subject_id FROM audit_entry WHERE action = 'grid.assign'"))
        ).scalars()
        told = list(events)
        assert list(audit) == [str(grid)] * 2
    assert told[1]["grid_id"] == str(grid)
    assert told[1]["staff_id"] == str(bank.people["wang"])
    assert told[1]["ended"] == [str(bank.people["li"])]


async def test_agents_and_assistants_are_added_to_each_other(
    worker_db: Database, bank: Bank, grid: UUID
) -> None:
    async with worker_db.unit(SYSTEM) as uow:
        await assign(uow, grid, bank.people["li"], Duty.responsible)
        await assign(uow, grid, bank.people["wang"], Duty.assistant)
        await assign(uow, grid, bank.people["nong"], Duty.agent)
        await assign(uow, grid, bank.people["nong2"], Duty.agent)
        found = {(one.duty, one.staff_id) for one in await holders(uow, grid, uow.today)}
    assert found == {
        ("responsible", bank.people["li"]),
        ("assistant", bank.people["wang"]),
        ("agent", bank.people["nong"]),
        ("agent", bank.people["nong2"]),
    }


async def test_the_same_assignment_again_changes_nothing(worker_db: Database, bank: Bank, grid: UUID) -> None:
    async with worker_db.unit(SYSTEM) as uow:
        first = await assign(uow, grid, bank.people["li"], Duty.responsible)
    async with worker_db.unit(SYSTEM) as uow:
        assert await assign(uow, grid, bank.people["li"], Duty.responsible) == first
    assert uow.revisions == {}
    async with worker_db.unit(SYSTEM) as uow:
        assert len(await history(uow, grid)) == 1


async def test_a_duty_is_released(worker_db: Database, bank: Bank, grid: UUID, clock: MovingClock) -> None:
    async with worker_db.unit(SYSTEM) as uow:
        await assign(uow, grid, bank.people["li"], Duty.responsible)
    clock.advance(timedelta(days=3))
    async with worker_db.unit(SYSTEM) as uow:
        ended = await release(uow, grid, bank.people["li"], Duty.responsible)
    assert ended.to_on == clock.today()
    async with worker_db.unit(SYSTEM) as uow:
        assert await holders(uow, grid, uow.today) == []
        facts = await facts_by_code(uow, "G1")
        assert facts is not None
        assert facts.manager_id is None
    with pytest.raises(Problem, match="does not hold"):
        async with worker_db.unit(SYSTEM) as uow:
            await release(uow, grid, bank.people["li"], Duty.responsible)


@pytest.mark.parametrize(
    ("login", "duty"),
    [("nong", Duty.responsible), ("nong", Duty.assistant), ("li", Duty.agent), ("li", Duty.supervisor)],
)
async def test_a_role_that_cannot_hold_a_duty(
    worker_db: Database, bank: Bank, grid: UUID, login: str, duty: Duty
) -> None:
    with pytest.raises(Problem) as caught:
        async with worker_db.unit(SYSTEM) as uow:
            await assign(uow, grid, bank.people[login], duty)
    assert caught.value.code == "grid_duty_role"


async def test_days_that_cannot_be(worker_db: Database, bank: Bank, grid: UUID, clock: MovingClock) -> None:
    today = clock.today()
    async with worker_db.unit(SYSTEM) as uow:
        await assign(uow, grid, bank.people["li"], Duty.responsible, today - timedelta(days=5))
    for day in (today + timedelta(days=1), today - timedelta(days=6)):
        with pytest.raises(Problem) as caught:
            async with worker_db.unit(SYSTEM) as uow:
                await assign(uow, grid, bank.people["wang"], Duty.responsible, day)
        assert caught.value.code == "grid_assignment_day"
    async with worker_db.unit(SYSTEM) as uow:
        assert [one.staff_id for one in await holders(uow, grid, today)] == [bank.people["li"]]


async def test_a_branch_head_assigns_the_own_branch_and_nobody_else_does(
    worker_db: Database, web_db: Database, bank: Bank, grid: UUID
) -> None:
    other = await id_of(worker_db, "G3")
    head = bank.actor("head1", Role.branch_head, "ZX01")
    async with web_db.unit(head) as uow:
        await assign(uow, grid, bank.people["li"], Duty.responsible)
    assert uow.revisions == {f"grid:{grid}": 2}
    for actor, grid_id, login, code in (
        (head, other, "li", "not_found"),
        (head, grid, "zhao", "not_allowed"),
        (bank.actor("li", Role.manager, "ZX01", grid), grid, "wang", "not_allowed"),
        (bank.actor("nong", Role.agent, "ZX01", grid), grid, "nong", "not_allowed"),
    ):
        with pytest.raises(Problem) as caught:
            async with web_db.unit(actor) as uow:
                await assign(uow, grid_id, bank.people[login], Duty.responsible)
        assert caught.value.code == code, (actor.name, login)


async def test_what_is_not_there(worker_db: Database, bank: Bank, grid: UUID) -> None:
    for grid_id, staff_id in ((uuid7(), bank.people["li"]), (grid, uuid7())):
        with pytest.raises(Problem) as caught:
            async with worker_db.unit(SYSTEM) as uow:
                await assign(uow, grid_id, staff_id, Duty.responsible)
        assert caught.value.code == "not_found"
    async with worker_db.unit(SYSTEM) as uow:
        await apply_import(uow, [ready("G2", 1000)], bank.branches, source="t", retire_absent=True)
    with pytest.raises(Problem) as caught:
        async with worker_db.unit(SYSTEM) as uow:
            await assign(uow, grid, bank.people["li"], Duty.responsible)
    assert caught.value.code == "grid_retired"
