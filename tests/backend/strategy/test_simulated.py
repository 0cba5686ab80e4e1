"""Who is behind each figure of a simulation: as many as it says, by name, with a purpose, on record."""

import csv
import io
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from backend.kernel.jobs import JobContext
from backend.strategy import jobs, simulated
from backend.strategy.simulation_schemas import SimulationResult
from tests.backend.strategy.desks import STEP, Desk, DeskOf, steps
from tests.backend.strategy.test_everybody import peopled
from tests.backend.strategy.test_simulating import context
from tests.backend.strategy.town import SYSTEM, Town, account_of
from tests.support.clock import MovingClock
from tests.support.world import World

pytestmark = pytest.mark.slow

__all__ = ["context"]

NEW_TAG = (
    "tags:\n  - name: of_the_draft\n    bit: 999\n    dimension: value\n    zh: 新\n    en: New\n"
    "    explain: {zh: 新标签。, en: A new tag.}\n    when: deposits_fen > 0\n"
)
WHY = "发布前看看"


@pytest.fixture
async def made(town: Town, world: World, desk_of: DeskOf, context: JobContext) -> tuple[Desk, str]:
    """A desk and the path of a simulation with other steps of limits and a tag more."""
    ids = await peopled(town)
    await town.add(*(account_of(one, 90_000, 80_000) for one in ids[:2]))
    await jobs.everybody(context, {})
    business = await desk_of("business")
    draft = await business.draft()
    await business.edit(draft, STEP, steps(1_000_000))
    await business.ask("PUT", f"/drafts/{draft}/file", path="tags/extra.yaml", revision=0, text=NEW_TAG)
    assert await business.check(draft) == []
    line = await business.ask("POST", f"/drafts/{draft}/simulate", 202)
    await jobs.simulated(context, {"simulation_id": line["id"]})
    return business, f"/simulations/{line['id']}"


async def behind(desk: Desk, path: str, **chosen: Any) -> Any:
    """The first page."""
    return await desk.ask("POST", f"{path}/customers", chosen=chosen)


async def audited(town: Town) -> list[tuple[str, dict[str, Any]]]:
    """What was said of looks at simulations."""
    async with town.db.unit(SYSTEM) as uow:
        rows = await uow.session.execute(
            text("SELECT action, detail FROM audit_entry WHERE action LIKE 'strategy.simulated%' ORDER BY id")
        )
        return [(row.action, row.detail) for row in rows]


async def test_behind_each_figure_are_as_many_as_it_says(made: tuple[Desk, str], town: Town) -> None:
    desk, path = made
    result = msgspec.convert((await desk.ask("GET", path))["result"], SimulationResult)
    assert sum(one.customers for one in result.matrix) == result.customers == 7
    for cell in result.matrix:
        told = await behind(desk, path, of="cell", before=cell.before, after=cell.after)
        assert told["total"] == len(told["customers"]) == cell.customers
        pairs = {(one["tier_before"], one["tier_after"]) for one in told["customers"]}
        assert pairs == {(cell.before, cell.after)}
        moves = [abs(one["limit_after_fen"] - one["limit_before_fen"]) for one in told["customers"]]
        assert moves == sorted(moves, reverse=True)
        assert all(one["name"] for one in told["customers"])
    assert any(band.before != band.after for band in result.limits)
    for value, bands in (("limit", result.limits), ("rate", result.rates)):
        for band in bands:
            ends = {"over": band.over, "up_to": band.up_to}
            for side, count in (("before", band.before), ("after", band.after)):
                told = await behind(desk, path, of="band", value=value, side=side, **ends)
                assert told["total"] == count, (value, side, band)
                if value == "limit":
                    limits = [one[f"limit_{side}_fen"] for one in told["customers"]]
                    assert all(one > (band.over or -1) for one in limits)
    for value, gate in (("tier", result.tier_gate), ("limit", result.zero_gate)):
        assert (await behind(desk, path, of="gate", value=value))["total"] == gate.count
    turns = {one.name: one for one in result.turns}
    assert turns["of_the_draft"].gained >= 1
    for turn in result.turns:
        for change, count in (("gained", turn.gained), ("lost", turn.lost)):
            if count:
                told = await behind(desk, path, of="turn", kind=turn.kind, name=turn.name, change=change)
                assert told["total"] == count
                for one in told["customers"]:
                    assert turn.name in {it["name"] for it in one[change]}
    told = await behind(desk, path, of="turn", kind="tag", name="of_the_draft", change="lost")
    assert (told["total"], told["customers"]) == (0, [])
    for branch in result.branches:
        told = await behind(desk, path, of="branch", branch_id=str(branch.branch_id))
        moved = [one for one in told["customers"] if one["limit_before_fen"] != one["limit_after_fen"]]
        assert told["total"] == len(moved) > 0
        assert {(one["branch_id"], one["branch"]) for one in moved} == {(str(branch.branch_id), branch.name)}
        assert all(one["lines"] for one in moved)
    actions = await audited(town)
    assert actions[0][1]["of"]["of"] == "cell"
    assert len(actions[0][1]["customers"]) == result.matrix[0].customers


async def test_pages_follow_each_other(
    made: tuple[Desk, str], monkeypatch: pytest.MonkeyPatch, desk_of: DeskOf
) -> None:
    desk, path = made
    chosen = {"of": "band", "value": "limit", "side": "after"}
    whole = [one["customer_id"] for one in (await behind(desk, path, **chosen))["customers"]]
    assert len(set(whole)) == 7
    monkeypatch.setattr(simulated, "PAGE", 3)
    paged: list[str] = []
    for _ in range(3):
        page = await desk.ask("POST", f"{path}/customers", chosen=chosen, after=len(paged))
        assert page["total"] == 7
        paged += [one["customer_id"] for one in page["customers"]]
    assert paged == whole
    risk = await desk_of("risk")
    assert await risk.refused("POST", f"{path}/customers", chosen=chosen) == "purpose_needed"
    told = await risk.ask("POST", f"{path}/customers", chosen=chosen, purpose=WHY)
    assert len(told["customers"]) == 3
    manager = await desk_of("manager")
    assert await manager.refused("POST", f"{path}/customers", chosen=chosen, purpose=WHY) == "not_allowed"


async def test_a_file_of_them_is_harmless_and_on_record(
    made: tuple[Desk, str], town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, path = made
    async with town.db.unit(SYSTEM) as uow:
        await uow.session.execute(text("UPDATE customer SET name = '=cmd|'' /C calc''!A0'"))
    wanted = {"format": "csv", "chosen": {"of": "band", "value": "limit", "side": "after"}}
    answer = await desk.client.post(f"/api/v1/strategy{path}/export", json=wanted)
    assert answer.status_code == 200, answer.text
    _, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert [row[1] for row in rows] == ["'=cmd|' /C calc'!A0"] * 7
    action, detail = (await audited(town))[-1]
    assert (action, detail["count"], detail["of"]["of"]) == ("strategy.simulated_exported", 7, "band")
    monkeypatch.setattr(simulated, "MOST_EXPORTED", 6)
    assert await desk.refused("POST", f"{path}/export", **wanted) == "too_many_rows"


async def test_they_are_kept_for_the_last_simulation_and_for_some_days(
    made: tuple[Desk, str], town: Town, context: JobContext, clock: MovingClock
) -> None:
    desk, path = made
    draft = (await desk.ask("GET", path))["draft_id"]
    await desk.edit(draft, "yuan(1000000)", "yuan(30000)")
    assert await desk.check(draft) == []
    line = await desk.ask("POST", f"/drafts/{draft}/simulate", 202)
    await jobs.simulated(context, {"simulation_id": line["id"]})
    chosen = {"of": "branch"}
    assert await desk.refused("POST", f"{path}/customers", chosen=chosen) == "customers_gone"
    assert (await desk.ask("GET", path))["result"] is not None
    newer = f"/simulations/{line['id']}"
    await desk.ask("POST", f"{newer}/customers", chosen=chosen)
    for days, left in ((89, 1), (2, 0)):
        clock.advance(timedelta(days=days))
        async with town.db.unit(SYSTEM) as uow:
            await jobs.take_turn(uow, {})
            assert await uow.session.scalar(text("SELECT count(*) FROM strategy_simulated")) == left
    assert (await audited(town))[-1][0] == "strategy.simulated_forgotten"
