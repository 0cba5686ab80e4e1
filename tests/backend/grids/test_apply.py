"""Writing an import: by code, all or nothing, with what was before kept."""

import base64
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import text

from backend.grids.api import Duty, apply_import, assign, facts_by_code, grid_of_point, history
from backend.grids.projection import FIELDS, PROJECTIONS
from backend.grids.schemas import ReadyGrid
from backend.kernel.actor import Role
from backend.kernel.errors import Problem
from backend.kernel.uow import Database
from tests.backend.grids.bank import SYSTEM, Bank, make_bank, ready
from tests.backend.grids.county import at


@pytest.fixture
async def bank(worker_db: Database) -> Bank:
    return await make_bank(worker_db)


async def write(worker_db: Database, bank: Bank, *grids: ReadyGrid, **options: object) -> dict[str, object]:
    async with worker_db.unit(SYSTEM) as uow:
        outcome = await apply_import(uow, grids, bank.branches, source="test.geojson 0123", **options)  # type: ignore[arg-type]
    return {"outcome": outcome, "revisions": uow.revisions}


async def rows(worker_db: Database, query: str, **values: object) -> list[tuple[object, ...]]:
    async with worker_db.unit(SYSTEM) as uow:
        return [tuple(row) for row in await uow.session.execute(text(query), values)]


async def grid_id(worker_db: Database, code: str) -> UUID:
    async with worker_db.unit(SYSTEM) as uow:
        facts = await facts_by_code(uow, code)
    assert facts is not None
    return facts.id


async def test_new_grids_are_written_with_touch_audit_and_event(worker_db: Database, bank: Bank) -> None:
    done = await write(worker_db, bank, ready("G1"), ready("G2", 1000, branch="ZX02"))
    assert done["outcome"].added == ("G1", "G2")  # type: ignore[attr-defined]
    first = await grid_id(worker_db, "G1")
    assert done["revisions"] == {f"grid:{first}": 1, f"grid:{await grid_id(worker_db, 'G2')}": 1}
    assert await rows(worker_db, "SELECT kind, gone FROM sync_change WHERE row_id = :id", id=str(first)) == [
        ("grid", False)
    ]
    assert await rows(worker_db, "SELECT count(*) FROM audit_entry WHERE action = 'grid.import'") == [(2,)]
    events = await rows(worker_db, "SELECT name, payload FROM outbox_event WHERE name LIKE 'grids.%'")
    assert [name for name, _ in events] == ["grids.changed"]
    assert str(first) in events[0][1]["grid_ids"]  # type: ignore[index]
    found = await rows(worker_db, "SELECT branch_id, manager_id, source, active FROM grid WHERE code = 'G1'")
    assert found == [(bank.branches["ZX01"], None, "test.geojson 0123", True)]


async def test_the_same_file_again_writes_nothing(worker_db: Database, bank: Bank) -> None:
    await write(worker_db, bank, ready("G1"), ready("G2", 1000))
    counted = "SELECT (SELECT count(*) FROM audit_entry), (SELECT count(*) FROM outbox_event)"
    before = await rows(worker_db, counted)
    done = await write(worker_db, bank, ready("G1"), ready("G2", 1000))
    assert done["outcome"].unchanged == 2  # type: ignore[attr-defined]
    assert done["revisions"] == {}
    assert await rows(worker_db, counted) == before


async def test_a_changed_grid_keeps_its_id_and_what_it_was_before(worker_db: Database, bank: Bank) -> None:
    old = ready("G1")
    await write(worker_db, bank, old, ready("G2", 1000))
    first = await grid_id(worker_db, "G1")
    done = await write(worker_db, bank, ready("G1", name="新名", side_m=900), ready("G2", 1000))
    outcome = done["outcome"]
    assert (outcome.added, outcome.changed, outcome.unchanged) == ((), ("G1",), 1)  # type: ignore[attr-defined]
    assert await grid_id(worker_db, "G1") == first
    assert done["revisions"] == {f"grid:{first}": 2}
    ((detail,),) = await rows(
        worker_db, "SELECT detail FROM audit_entry WHERE action = 'grid.import' ORDER BY id DESC LIMIT 1"
    )
    before = detail["before"]  # type: ignore[index]
    assert before["name"] == old.name
    assert base64.b64decode(before["outline_wkb"]) == old.outline_wkb


async def test_who_holds_a_grid_stays_over_an_import(worker_db: Database, bank: Bank) -> None:
    await write(worker_db, bank, ready("G1"))
    first = await grid_id(worker_db, "G1")
    async with worker_db.unit(SYSTEM) as uow:
        await assign(uow, first, bank.people["li"], Duty.responsible)
    await write(worker_db, bank, ready("G1", name="新名"))
    async with worker_db.unit(SYSTEM) as uow:
        assert [one.staff_id for one in await history(uow, first)] == [bank.people["li"]]
    assert await rows(worker_db, "SELECT manager_id FROM grid") == [(bank.people["li"],)]


async def test_what_the_file_lacks_stays_unless_it_is_retired(worker_db: Database, bank: Bank) -> None:
    await write(worker_db, bank, ready("G1"), ready("G2", 1000), ready("G3", 2000, branch="ZX02"))
    kept = await write(worker_db, bank, ready("G1"))
    assert kept["outcome"].absent == ("G2",)  # type: ignore[attr-defined]
    assert await rows(worker_db, "SELECT code FROM grid WHERE active ORDER BY code") == [
        ("G1",),
        ("G2",),
        ("G3",),
    ]
    second = await grid_id(worker_db, "G2")
    retired = await write(worker_db, bank, ready("G1"), retire_absent=True)
    assert retired["outcome"].retired == ("G2",)  # type: ignore[attr-defined]
    assert await rows(worker_db, "SELECT code FROM grid WHERE active ORDER BY code") == [("G1",), ("G3",)]
    assert await rows(worker_db, "SELECT gone FROM sync_change WHERE row_id = :id", id=str(second)) == [
        (True,)
    ]
    back = await write(worker_db, bank, ready("G2", 1000))
    assert back["outcome"].changed == ("G2",)  # type: ignore[attr-defined]
    assert await rows(worker_db, "SELECT gone FROM sync_change WHERE row_id = :id", id=str(second)) == [
        (False,)
    ]


@pytest.mark.parametrize("branch", ["ZX99", ""])
async def test_an_unknown_branch_stops_everything(worker_db: Database, bank: Bank, branch: str) -> None:
    with pytest.raises(Problem) as caught:
        await write(worker_db, bank, ready("G1"), ready("G2", 1000, branch=branch))
    assert caught.value.code == "grid_branch_unknown"
    assert "ZX01, ZX02" in caught.value.detail
    assert await rows(worker_db, "SELECT count(*) FROM grid") == [(0,)]


async def test_a_failing_row_takes_the_whole_import_back(worker_db: Database, bank: Bank) -> None:
    broken = replace(ready("G2", 1000), name=None)  # type: ignore[arg-type]
    with pytest.raises(Exception, match="not-null"):
        await write(worker_db, bank, ready("G1"), broken)
    assert await rows(worker_db, "SELECT count(*) FROM grid") == [(0,)]
    assert await rows(worker_db, "SELECT count(*) FROM audit_entry WHERE action = 'grid.import'") == [(0,)]


async def test_only_the_server_itself_imports(web_db: Database, worker_db: Database, bank: Bank) -> None:
    head = bank.actor("head1", Role.branch_head, "ZX01")
    with pytest.raises(Problem) as caught:
        async with web_db.unit(head) as uow:
            await apply_import(uow, [ready("G1")], bank.branches, source="test")
    assert caught.value.code == "not_allowed"


async def test_in_which_grid_a_point_lies(worker_db: Database, bank: Bank) -> None:
    await write(worker_db, bank, ready("G1"), ready("G2", 1000), ready("G3", 2000))
    async with worker_db.unit(SYSTEM) as uow:
        assert await grid_of_point(uow, *at(500, 500)) == (await facts_by_code(uow, "G1")).id  # type: ignore[union-attr]
        assert await grid_of_point(uow, *at(2500, 10)) == (await facts_by_code(uow, "G3")).id  # type: ignore[union-attr]
        assert await grid_of_point(uow, *at(500, 5000)) is None
    await write(worker_db, bank, ready("G2", 1000), retire_absent=True)
    async with worker_db.unit(SYSTEM) as uow:
        assert await grid_of_point(uow, *at(500, 500)) is None


async def test_what_phones_receive_of_a_grid(web_db: Database, worker_db: Database, bank: Bank) -> None:
    await write(worker_db, bank, ready("G1"), ready("G2", 1000, branch="ZX02"))
    first, second = await grid_id(worker_db, "G1"), await grid_id(worker_db, "G2")
    async with worker_db.unit(SYSTEM) as uow:
        await assign(uow, first, bank.people["li"], Duty.responsible)
        await assign(uow, first, bank.people["nong"], Duty.agent)
    (projection,) = PROJECTIONS
    assert projection.fields == {"manager": FIELDS, "agent": FIELDS}
    agent = bank.actor("nong", Role.agent, "ZX01", first)
    async with web_db.unit(agent) as uow:
        seen = await projection.load(uow, [str(first), str(second)], "agent")
    lon, lat = ready("G1").lon, ready("G1").lat
    li, nong = str(bank.people["li"]), str(bank.people["nong"])
    assert seen == {str(first): ("G1", "网格G1", "village", "甲镇", lon, lat, li, [nong])}
    head = bank.actor("head2", Role.branch_head, "ZX02")
    async with web_db.unit(head) as uow:
        assert set(await projection.load(uow, [str(first), str(second)], "manager")) == {str(second)}
    await write(worker_db, bank, ready("G9", 9000), retire_absent=True)
    async with web_db.unit(agent) as uow:
        assert await projection.load(uow, [str(first)], "agent") == {}
