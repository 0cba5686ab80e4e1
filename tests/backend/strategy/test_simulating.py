"""Simulations: nothing moves by a draft that says the same, what is told is what publishing does, and what
becomes of one that is stopped, or whose worker was killed."""

import asyncio
import csv
import io
import time
import zipfile
from collections import Counter
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import duckdb
import msgspec
import pytest
from sqlalchemy import text

from backend.kernel import sheets
from backend.kernel.crypto import Keys
from backend.kernel.jobs import JobContext
from backend.kernel.settings import Settings
from backend.strategy import jobs, trying
from backend.strategy.api import Copy, recompute_all
from backend.strategy.engine import Edition, shipped
from backend.strategy.simulating import Simulation
from backend.strategy.simulation_schemas import Mover, SimulationResult
from tests.backend.strategy.desks import STEP, Desk, DeskOf, steps
from tests.backend.strategy.test_everybody import peopled
from tests.backend.strategy.test_versions import edition, publish
from tests.backend.strategy.town import SYSTEM, Town, account_of
from tests.support.world import World


@pytest.fixture
def context(town: Town, settings: Settings, keys: Keys) -> JobContext:
    """The worker's, for jobs that are run by hand here."""
    return JobContext(town.db, settings, keys, uuid4(), "strategy.simulate", "test")


async def on(_stage: str) -> bool:
    """It goes on."""
    return True


async def test_a_draft_that_says_the_same_moves_nobody(town: Town, copy: Copy, world: World) -> None:
    await peopled(town)
    await recompute_all(town.db, copy=copy)
    before = await town.written()
    result, movers, _ = await trying.compare(town.db, SYSTEM, copy, shipped(), shipped(), on)
    assert (result.customers, result.changed, result.rises, result.falls, movers) == (7, 0, 0, 0, [])
    assert all(one.before == one.after for one in result.matrix)
    assert result.before == result.after
    assert result.before.limit_fen > 0
    assert all(one.gained == one.lost == 0 for one in result.turns)
    assert sum(one.held for one in result.turns) > 0
    assert result.rules == ()
    assert set(result.seconds) == {"copy", "before", "after", "compare"}
    assert await town.written() == before


async def results(town: Town) -> dict[UUID, Any]:
    async with town.db.unit(SYSTEM) as uow:
        rows = await uow.session.execute(
            text("SELECT customer_id, tier, limit_fen, rate_bp, tag_words, reasons FROM profile")
        )
        return {row.customer_id: row for row in rows}


def differing() -> Edition:
    """Limits in other steps, and a tag that is new."""
    files = dict(edition(20_000).files)
    files["tags/extra.yaml"] = (
        "tags:\n  - name: of_the_draft\n    bit: 999\n    dimension: value\n    zh: 新\n    en: New\n"
        "    explain: {zh: 新标签。, en: A new tag.}\n    when: deposits_fen > 0\n"
    )
    return Edition(files)


async def test_what_is_told_is_what_publishing_does(town: Town, copy: Copy, world: World) -> None:
    ids = await peopled(town)
    await town.add(*(account_of(one, 90_000, 80_000) for one in ids[:1]))
    await recompute_all(town.db, copy=copy)
    was = await results(town)
    draft = differing()
    result, movers, _ = await trying.compare(town.db, SYSTEM, copy, shipped(), draft, on)
    await publish(town, draft)
    summary = await recompute_all(town.db, copy=copy, cause="published")
    will = await results(town)
    assert result.changed == summary.changed > 0
    pairs = Counter((was[one].tier, will[one].tier) for one in was)
    assert {(one.before, one.after): one.customers for one in result.matrix} == pairs
    assert result.before.limit_fen == sum(one.limit_fen for one in was.values())
    assert result.after.limit_fen == sum(one.limit_fen for one in will.values())
    rated = [one for one in will.values() if one.limit_fen and one.rate_bp is not None]
    weighted = sum(one.limit_fen * one.rate_bp for one in rated) // sum(one.limit_fen for one in rated)
    assert result.after.rate_bp == weighted
    assert sum(one.before for one in result.limits) == sum(one.after for one in result.limits) == len(was)
    (new,) = [one for one in result.turns if one.name == "of_the_draft"]
    held = sum(bool(one.tag_words[15] >> 39 & 1) for one in will.values())
    assert (new.gained, new.lost, new.held) == (held, 0, 0)
    assert held >= 1
    assert [one.name for one in result.rules if one.customers] == ["limit_before_veto_fen"]
    moved = {one for one in was if was[one].limit_fen != will[one].limit_fen}
    assert {one.customer_id for one in movers if one.limit_before_fen != one.limit_after_fen} == moved
    for one in movers:
        assert (one.limit_before_fen, one.tier_before) == (
            was[one.customer_id].limit_fen,
            was[one.customer_id].tier,
        )
        assert (one.limit_after_fen, one.tier_after) == (
            will[one.customer_id].limit_fen,
            will[one.customer_id].tier,
        )
    assert movers[0].reasons[0].before_fen != movers[0].reasons[0].after_fen
    for one in movers:
        before, after = (
            {str(line[0]): line[1] for line in of[one.customer_id].reasons} for of in (was, will)
        )
        told = [(line.code, line.before_fen, line.after_fen) for line in one.lines]
        assert told == [
            (code, before.get(code), after.get(code)) for code in dict.fromkeys((*after, *before))
        ]
    sums = [one.after.limit_fen for one in result.branches]
    assert sum(sums) == result.after.limit_fen


async def prepared(town: Town, desk: Desk) -> str:
    """A checked draft over a few customers."""
    await peopled(town)
    await recompute_all(town.db)
    draft = await desk.draft()
    await desk.edit(draft, STEP, steps(20_000))
    assert await desk.check(draft) == []
    return draft


async def test_movers_are_shown_and_exported_with_a_purpose(
    town: Town, world: World, desk_of: DeskOf, context: JobContext
) -> None:
    business, risk = await desk_of("business"), await desk_of("risk")
    draft = await prepared(town, business)
    async with town.db.unit(SYSTEM) as uow:
        await uow.session.execute(text("UPDATE customer SET name = '=cmd|'' /C calc''!A0'"))
    line = await business.ask("POST", f"/drafts/{draft}/simulate", 202)
    again = await business.ask("POST", f"/drafts/{draft}/simulate", 202)
    assert (again["id"], again["state"]) == (line["id"], "queued")
    path = f"/simulations/{line['id']}"
    assert (await risk.ask("GET", path))["result"] is None
    await jobs.simulated(context, {"simulation_id": line["id"]})
    view = await risk.ask("GET", path)
    assert (view["line"]["state"], view["line"]["is_current"]) == ("done", True)
    result = msgspec.convert(view["result"], SimulationResult)
    assert (result.customers, result.tier_gate.per_mille, result.zero_gate.per_mille) == (7, 30, 10)
    assert "=cmd" not in str(view)
    assert await risk.refused("POST", f"{path}/movers", purpose=None) == "purpose_needed"
    shown = await risk.ask("POST", f"{path}/movers", purpose="发布前看看")
    movers = msgspec.convert(shown["movers"], list[Mover])
    assert {one.name for one in movers} == {"=cmd|' /C calc'!A0"}
    for kind in ("csv", "xlsx"):
        answer = await business.client.post(f"/api/v1/strategy{path}/export", json={"format": kind})
        assert answer.status_code == 200, answer.text
        if kind == "csv":
            _, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
            assert [row[1] for row in rows] == ["'=cmd|' /C calc'!A0"] * len(movers)
            assert rows[0][7] == str((movers[0].limit_after_fen - movers[0].limit_before_fen) // 100)
        else:
            with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
                sheet = book.read("xl/worksheets/sheet1.xml").decode()
            assert "<f>" not in sheet
            assert "'=cmd" in sheet
    async with town.db.unit(SYSTEM) as uow:
        kept = await uow.session.execute(
            text(
                "SELECT action, detail FROM audit_entry WHERE action LIKE 'strategy.movers%'"
                " OR action LIKE 'strategy.simulated%' ORDER BY id"
            )
        )
        looks = [
            (
                row.action,
                row.detail.get("purpose"),
                len(row.detail.get("customers", ())),
                row.detail.get("count"),
            )
            for row in kept
        ]
    assert looks == [
        ("strategy.movers_looked_at", "发布前看看", len(movers), None),
        *[("strategy.simulated_exported", None, 0, len(movers))] * 2,
    ]


async def under_way(desk: Desk, simulation: str) -> None:
    """Waits until the worker is at it, as the database says."""
    while (await desk.ask("GET", f"/simulations/{simulation}"))["line"]["state"] != "running":  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def test_a_simulation_can_be_stopped(
    town: Town, world: World, desk_of: DeskOf, context: JobContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trying, "TICK_SECONDS", 0.05)
    worked_out: list[str] = []

    def slowly(simulation: Simulation, side: str, _as_of: date) -> None:
        for _ in range(200):
            if simulation._stopped:
                raise duckdb.InterruptException("stopped")
            time.sleep(0.05)
        worked_out.append(side)

    monkeypatch.setattr(Simulation, "work_out_side", slowly)
    business = await desk_of("business")
    draft = await prepared(town, business)
    line = await business.ask("POST", f"/drafts/{draft}/simulate", 202)
    at_work = asyncio.create_task(jobs.simulated(context, {"simulation_id": line["id"]}))
    await under_way(business, line["id"])
    stopped = await business.ask("POST", f"/simulations/{line['id']}/cancel")
    assert stopped["state"] == "cancelled"
    await at_work
    assert worked_out == []
    view = await business.ask("GET", f"/simulations/{line['id']}")
    assert (view["line"]["state"], view["result"]) == ("cancelled", None)
    assert not list((context.settings.home / "nightly").glob("tiange-nightly-*"))
    assert (await business.ask("GET", f"/drafts/{draft}"))["state"] == "checked"
    # what was stopped stays so, when the job comes again
    await jobs.simulated(context, {"simulation_id": line["id"]})
    assert (await business.ask("GET", f"/simulations/{line['id']}"))["line"]["state"] == "cancelled"


async def test_a_simulation_whose_worker_was_killed_is_made_by_the_next(
    town: Town, world: World, desk_of: DeskOf, context: JobContext
) -> None:
    business = await desk_of("business")
    draft = await prepared(town, business)
    line = await business.ask("POST", f"/drafts/{draft}/simulate", 202)
    at_work = asyncio.create_task(jobs.simulated(context, {"simulation_id": line["id"]}))
    await under_way(business, line["id"])
    at_work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await at_work
    assert (await business.ask("GET", f"/simulations/{line['id']}"))["line"]["state"] == "running"
    await jobs.simulated(context, {"simulation_id": line["id"]})
    assert (await business.ask("GET", f"/simulations/{line['id']}"))["line"]["state"] == "done"
    assert (await business.ask("GET", f"/drafts/{draft}"))["state"] == "simulated"


async def test_amounts_beyond_all_bounds_are_told(
    town: Town, world: World, desk_of: DeskOf, context: JobContext
) -> None:
    business = await desk_of("business")
    draft = await prepared(town, business)
    one = await town.customer(await town.grid("G9"))
    await town.person(one, "head", date(1980, 1, 1))  # who consents to their accounts being read
    await town.add(*(account_of(one, 2**63 // 200, 0) for _ in range(3)))
    line = await business.ask("POST", f"/drafts/{draft}/simulate", 202)
    await jobs.simulated(context, {"simulation_id": line["id"]})
    told = (await business.ask("GET", f"/simulations/{line['id']}"))["line"]
    assert (told["state"], told["problem"]) == ("failed", "beyond_bounds")
    assert await business.refused("POST", f"/drafts/{draft}/submit") == "draft_not_ready"


def test_cells_that_a_spreadsheet_would_work_out_are_texts() -> None:
    table = sheets.as_csv(["a"], [["=1+1"], ["-2"], ["@x"], ["+3"], ["\tx"], ["fine"], [-5], [None]])
    rows = [row[0] for row in csv.reader(io.StringIO(table.decode("utf-8-sig"))) if row]
    assert rows == ["a", "'=1+1", "'-2", "'@x", "'+3", "'\tx", "fine", "-5", ""]
