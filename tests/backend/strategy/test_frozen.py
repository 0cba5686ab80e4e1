"""Figures over many customers: whose they are, how few may make one, which run results stand on."""

import math
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text

from backend.app.strategy_words import explained
from backend.embedded import Urls
from backend.strategy import freezing, queries, trying, versions
from backend.strategy.api import Copy, decisions_of, explain, recompute, recompute_all, replay
from backend.strategy.documents import shipped_files
from backend.strategy.engine import Edition
from backend.strategy.errors import Superseded
from backend.strategy.loader import load
from backend.strategy.service import Basis, put_in_force
from tests.backend.strategy.test_simulate_command import typed
from tests.backend.strategy.test_versions import publish
from tests.backend.strategy.town import SYSTEM, Town
from tests.support.clock import MovingClock
from tests.support.world import World

pytestmark = pytest.mark.slow

PER_HEAD = "place_income_per_head_fen"
#: figure, place and day, as a feature row has them
Seen = tuple[int, str | None, str | None]


async def seen(town: Town, customer: UUID) -> Seen:
    """What the result in force stands on."""
    (*_, last) = await town.decisions(customer)
    row = queries.values_of(last.features)
    return row[PER_HEAD], row[f"{PER_HEAD}_level"], row["frozen_on"]


async def found(town: Town, customer: UUID) -> Seen:
    """What a result would stand on now."""
    async with town.db.unit(SYSTEM) as uow:
        force = await versions.in_force(uow)
        assert force is not None
        (row,) = await queries.feature_rows(uow, force.edition.statements, [customer], uow.today)
    told = msgspec.json.decode(row.features)
    return told[PER_HEAD], told[f"{PER_HEAD}_level"], told["frozen_on"]


async def rows(town: Town, query: str) -> list[dict[str, Any]]:
    async with town.db.unit(SYSTEM) as uow:
        return [dict(row._mapping) for row in await uow.session.execute(text(query))]


async def figures(town: Town) -> list[tuple[str, str, str, int]]:
    """Those of the run in force, in order."""
    found = await rows(town, "SELECT level, place, definition, amount FROM facts.frozen ORDER BY 1, 2, 3")
    return [(one["level"], one["place"], one["definition"], one["amount"]) for one in found]


async def runs(town: Town) -> list[UUID]:
    """Every run that is kept, oldest first."""
    return [one["id"] for one in await rows(town, "SELECT id FROM frozen_run ORDER BY made_at, id")]


async def cited(town: Town, customer: UUID) -> list[UUID | None]:
    return [one.frozen_run_id for one in await town.decisions(customer)]


@pytest.fixture(params=["duckdb", "postgres"])
def night(request: pytest.FixtureRequest, copy: Copy) -> Copy | None:
    """Both ways in which everybody is worked out."""
    return copy if request.param == "duckdb" else None


async def test_income_is_looked_at_beside_that_of_ones_own_village(town: Town, night: Copy | None) -> None:
    poor = await town.villagers(await town.grid("A"), *[9_000] * 9, 20_005)
    rich = await town.villagers(await town.grid("B"), *[41_000] * 10)
    await recompute_all(town.db, copy=night)
    assert await seen(town, poor[0]) == (1_010_050, "village", "2026-01-15")
    assert await seen(town, rich[0]) == (4_100_000, "village", "2026-01-15")
    # 9,000 yuan among 10,100: between 70 and 100 of a hundred; 41,000 among as many: exactly the mean
    scored = [(await town.profile(one)).score for one in (poor[0], poor[9], rich[0])]
    assert scored[0] < scored[2] < scored[1]


async def test_what_too_few_would_tell_is_told_of_a_wider_place_or_not_at_all(
    town: Town, night: Copy | None
) -> None:
    """Nine villagers, then nine in a township, then nine in the bank."""
    few = await town.villagers(await town.grid("A", "North"), *[10_000] * 9)
    await recompute_all(town.db, copy=night)
    assert await found(town, few[0]) == (2_311_900, None, None)
    assert await figures(town) == []
    one = await town.villagers(await town.grid("B", "South"), 30_000)
    await recompute_all(town.db, copy=night, freeze=True)
    assert await found(town, few[0]) == (1_200_000, "bank", "2026-01-15")
    beside = await town.villagers(await town.grid("C", "North"), 20_000)
    nowhere = await town.customer(None)
    await recompute_all(town.db, copy=night, freeze=True)
    assert await found(town, few[0]) == (1_100_000, "township", "2026-01-15")
    assert await found(town, beside[0]) == (1_100_000, "township", "2026-01-15")
    assert (await found(town, one[0]))[1] == "bank"
    assert await found(town, nowhere) == (2_311_900, None, None)
    assert [(level, place) for level, place, _, _ in await figures(town)] == [
        ("bank", "bank"),
        ("township", "North"),
    ]


async def test_who_has_no_income_on_file_is_no_member(town: Town, night: Copy | None) -> None:
    grid = await town.grid("A")
    await town.villagers(grid, *[10_000] * 9)
    nothing = await town.customer(grid)
    await town.villagers(grid, 0)
    await recompute_all(town.db, copy=night)
    assert await seen(town, nothing) == (2_311_900, None, None)


async def test_now_reads_the_run_that_the_night_read(
    town: Town, copy: Copy, world: World, clock: MovingClock
) -> None:
    people = await town.villagers(await town.grid("A"), *[10_000] * 10)
    await recompute_all(town.db, copy=copy, cause="nightly")
    (first,) = await runs(town)
    await town.value(people[0], "income_planting_fen", 110_000)
    async with town.db.unit(SYSTEM) as uow:
        assert (await recompute(uow, [people[0]], "edit")).changed == (people[0],)
    assert await seen(town, people[0]) == (1_000_000, "village", "2026-01-15")
    assert await cited(town, people[0]) == [first, first]
    # the same month: nothing is worked out over everybody again
    clock.move_to(datetime(2026, 1, 31, 4, 0, tzinfo=UTC))
    await recompute_all(town.db, copy=copy, cause="nightly")
    assert await runs(town) == [first]
    clock.move_to(datetime(2026, 2, 1, 4, 0, tzinfo=UTC))
    await recompute_all(town.db, copy=copy, cause="nightly")
    assert len(await runs(town)) == 2
    assert await seen(town, people[1]) == (2_000_000, "village", "2026-02-01")
    assert (await cited(town, people[1]))[-1] == (await runs(town))[-1] != first
    await town.value(people[2], "income_planting_fen", 120_000)
    async with town.db.unit(SYSTEM) as uow:
        await recompute(uow, [people[2]], "edit")
    assert await seen(town, people[2]) == (2_000_000, "village", "2026-02-01")
    # both ways agree: after the night, nothing is left to write
    assert (await recompute_all(town.db)).changed == 0
    assert (await recompute_all(town.db, copy=copy)).changed == 0


async def test_results_of_a_run_that_left_force_are_not_written(town: Town, copy: Copy) -> None:
    people = await town.villagers(await town.grid("A"), *[10_000] * 10)
    await recompute_all(town.db, copy=copy)
    (before,) = await runs(town)
    await recompute_all(town.db, copy=copy, freeze=True)
    nothing: dict[UUID, Any] = {people[0]: None}
    async with town.db.unit(SYSTEM) as uow:
        with pytest.raises(Superseded):
            await put_in_force(uow, {}, nothing, Basis(1, uow.today, before), "nightly", tell=False)


async def test_a_run_is_kept_while_a_decision_stands_on_it(
    town: Town, copy: Copy, clock: MovingClock
) -> None:
    people = await town.villagers(await town.grid("A"), *[10_000] * 10)
    await recompute_all(town.db, copy=copy)
    (first,) = await runs(town)
    # a run on which nobody's result came to stand goes with the next one
    await recompute_all(town.db, copy=copy, freeze=True)
    _, idle = await runs(town)
    await recompute_all(town.db, copy=copy, freeze=True)
    assert await runs(town) == [first, idle, (await runs(town))[-1]]
    await recompute_all(town.db, copy=copy, freeze=True)
    kept = await runs(town)
    assert kept[0] == first
    assert idle not in kept
    assert len(kept) == 3
    known = await rows(town, "SELECT DISTINCT run_id FROM frozen_value")
    assert {one["run_id"] for one in known} == set(kept)
    async with town.db.unit(SYSTEM) as uow:
        assert await replay(uow, await decisions_of(uow, people[0], 10)) == []


async def test_the_same_day_again_gives_the_same_figures(town: Town, copy: Copy) -> None:
    grid = await town.grid("A")
    await town.villagers(grid, *range(10_000, 21_000, 999))
    await recompute_all(town.db, copy=copy)
    once, before = await figures(town), await town.written()
    assert len(once) == 3
    for other in (copy, None):
        summary = await recompute_all(town.db, copy=other, freeze=True)
        assert summary.changed == 0
        assert await figures(town) == once
    assert (await town.written())["profiles"] == before["profiles"]


async def test_a_held_night_puts_no_run_in_force(
    town: Town, night: Copy | None, world: World, clock: MovingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.strategy.rules.FEW", 3)
    people = await town.villagers(await town.grid("A"), *[10_000] * 10)
    await recompute_all(town.db, copy=night, cause="nightly")
    before = await runs(town), await figures(town)
    async with town.db.unit(SYSTEM) as uow:
        await uow.session.execute(text("UPDATE profile SET limit_fen = 100"))
        await uow.session.execute(text("UPDATE customer_value SET amount = 7000000"))
    clock.move_to(datetime(2026, 2, 1, 4, 0, tzinfo=UTC))
    assert (await recompute_all(town.db, copy=night, cause="nightly")).held
    assert ((await runs(town))[:1], await figures(town)) == before
    # let through, it is worked out with a run of its own
    assert not (await recompute_all(town.db, copy=night, cause="released")).held
    assert (await seen(town, people[0]))[0] == 7_000_000


QUARTER = """
frozen:
  - name: place_quarter_fen
    zh: 收入四分位
    en: A quarter of incomes
    explain: {zh: 测试。, en: A test.}
    unit: fen
    over: household
    quantile: income_year_fen
    percent: 75
    step: 1
    by: [village]
    otherwise: 0
features:
  - {name: beside_fen, zh: 旁, en: Beside, explain: {zh: 测试。, en: A test.}, unit: fen, value: place_quarter_fen - 1}
tags:
  - name: of_the_upper_quarter
    bit: 999
    dimension: value
    zh: 上四分位
    en: Upper quarter
    explain: {zh: 测试。, en: A test.}
    when: income_year_fen > beside_fen
"""  # noqa: E501 - one definition a line


def quarter(more: Mapping[str, str] | None = None) -> Edition:
    return Edition({**shipped_files(), "frozen/quarter.yaml": QUARTER, **(more or {})})


async def test_a_new_figure_is_worked_out_when_its_catalogue_takes_force(
    town: Town, night: Copy | None
) -> None:
    """And is the value at its rank, whatever the engine; a simulation says beforehand whom it will move."""
    chance = random.Random(7)
    incomes = [chance.randrange(1_000, 90_000) for _ in range(23)]
    people = await town.villagers(await town.grid("A"), *incomes)
    await recompute_all(town.db, copy=night)
    (first,) = await runs(town)
    await publish(town, quarter())
    await recompute_all(town.db, copy=night, cause="published")
    wanted = sorted(incomes)[math.ceil(len(incomes) * 75 / 100) - 1] * 100
    told = {definition.partition("@")[0]: amount for level, _, definition, amount in await figures(town)}
    assert told["place_quarter_fen"] == wanted
    assert len(await runs(town)) == 2
    async with town.db.unit(SYSTEM) as uow:
        held = {one for one in people if (await _tags(uow, one))[999 // 64] >> (999 % 64) & 1}
    assert held == {one for one, yuan in zip(people, incomes, strict=True) if yuan * 100 >= wanted}
    assert (await runs(town))[0] == first


async def _tags(uow: Any, one: UUID) -> list[int]:
    words = await uow.session.scalar(
        text("SELECT tag_words FROM profile WHERE customer_id = :one"), {"one": one}
    )
    return list(words)


async def test_a_draft_with_a_new_figure_is_simulated_with_it_and_writes_none(
    town: Town, copy: Copy, world: World
) -> None:
    await town.villagers(await town.grid("A"), *range(10_000, 30_000, 1_000))
    await recompute_all(town.db, copy=copy)
    before = await runs(town), await figures(town)

    async def on(_stage: str) -> bool:
        return True

    shipped = Edition(shipped_files())
    result, *_ = await trying.compare(town.db, SYSTEM, copy, shipped, quarter(), on)
    (turn,) = [one for one in result.turns if one.name == "of_the_upper_quarter"]
    # of 20 the 15th is the line: it and the five above
    assert (turn.gained, turn.lost) == (6, 0)
    assert (await runs(town), await figures(town)) == before


async def test_by_hand_a_run_is_made_and_said_and_explanations_say_whose_it_is(
    town: Town, copy: Copy, world: World, databases: Urls, tmp_path: Path
) -> None:
    people = await town.villagers(await town.grid("A"), *[10_000] * 10)
    lonely = await town.villagers(await town.grid("B", "Far"), 12_000)
    await recompute_all(town.db, copy=copy)
    async with town.db.unit(SYSTEM) as uow:
        await uow.session.execute(text("UPDATE customer_value SET amount = 4000000 WHERE amount = 1000000"))
    done = await typed(tmp_path, databases, "freeze")
    assert done.exit_code == 0, done.output
    (_, made) = await runs(town)
    assert f"Run {made} for 2026-" in done.stdout
    assert "place_income_per_head_fen: village 1, township 1, bank 1" in done.stdout
    assert "place_takings_fen: nowhere enough members" in done.stdout
    assert "11 customers computed, " in done.stdout
    for one, zh, en in (
        (people[0], "  当地人均年收入: 40,000.00 元（本村，", " 40,000.00 yuan (this village, counted 2026-"),
        (lonely[0], "元（全行，", " yuan (the whole bank, counted 2026-"),
    ):
        async with town.db.unit(SYSTEM) as uow:
            (kept,) = await decisions_of(uow, one, 1)
            said = await explain(uow, kept)
            chinese, english = (explained(uow, said, english=which) for which in (False, True))
        assert [line for line in chinese if zh in line and line.endswith(" 统计）")], chinese
        assert [line for line in english if en in line], english
        assert any("（政策数字）" in line for line in chinese)
        # the place and the day are said with the figure, not beside it
        assert not any("统计日期" in line or "取自" in line for line in chinese)


async def test_a_run_is_due_when_its_months_turned(town: Town) -> None:
    catalogue = load(shipped_files())
    known = frozenset(one.definition for one in catalogue.frozen.values())
    run = freezing.Standing(UUID(int=1), datetime(2026, 1, 31).date(), known)
    assert not freezing.is_due(catalogue, run, datetime(2026, 1, 31).date())
    assert freezing.is_due(catalogue, run, datetime(2026, 2, 1).date())
    assert freezing.is_due(catalogue, None, datetime(2026, 1, 31).date())
    assert freezing.is_due(load(quarter().files), run, datetime(2026, 1, 31).date())
    slower = shipped_files()
    slower["figures/frozen.yaml"] = slower["figures/frozen.yaml"].replace("value: 1}", "value: 3}", 1)
    assert not freezing.is_due(load(slower), run, datetime(2026, 3, 31).date())
    assert freezing.is_due(load(slower), run, datetime(2026, 4, 1).date())
