"""A kept decision comes out the same from its own values, whatever is in force by now, and says how."""

from uuid import UUID

import msgspec

from backend.app.strategy_words import explained, shown
from backend.embedded import Urls
from backend.strategy import queries, versions
from backend.strategy.api import decisions_of, ensure_published, explain, recompute, replay
from backend.strategy.documents import shipped_files
from backend.strategy.engine import Edition, shipped_catalogue
from backend.strategy.rules import bits_in
from backend.strategy.service import Basis, put_in_force
from tests.backend.strategy.town import SYSTEM, Town, debt_of
from tests.support.clock import MovingClock
from tests.support.databases import connect


async def by_former_rules(town: Town, one: UUID) -> None:
    """A decision of the time before the shipped catalogue: limits went up in steps of 20,000 yuan."""
    files = shipped_files()
    limits = files["limits/limit.yaml"]
    files["limits/limit.yaml"] = limits.replace(
        "floor_to(lowest_cap_fen - debts_counted_fen, limit_step_fen)",
        "floor_to(lowest_cap_fen - debts_counted_fen, yuan(20000))",
    )
    assert files["limits/limit.yaml"] != limits
    former = Edition(files)
    async with town.db.unit(SYSTEM) as uow:
        version = await versions.add(uow, former, uow.today)
        assert version == 1
        await versions.take_force(uow, version)
        rows = {
            row.customer_id: row
            for row in await queries.feature_rows(uow, former.statements, [one], uow.today)
        }
        results = await queries.results_of(uow, former.statements, [rows[one].features], uow.today)
        await put_in_force(uow, rows, results, Basis(version, uow.today, None), "test", tell=False)
    async with town.db.unit(SYSTEM) as uow:
        await ensure_published(uow)


async def test_old_decisions_come_out_as_they_were(town: Town, databases: Urls) -> None:
    one = await town.reference(await town.grid())
    await by_former_rules(town, one)
    async with town.db.unit(SYSTEM) as uow:
        await recompute(uow, [one], "test")
    await town.add(debt_of(one, 10_000))
    async with town.db.unit(SYSTEM) as uow:
        await recompute(uow, [one], "test")
    async with town.db.unit(SYSTEM) as uow:
        kept = await decisions_of(uow, one, 10)
        assert [(it.version, it.result["limit_fen"]) for it in kept] == [
            (2, 140_000_00),
            (2, 150_000_00),
            (1, 140_000_00),
        ]
        assert await replay(uow, kept) == []
        assert await replay(uow, await decisions_of(uow, None, 10)) == []
    # the product itself may not change a decision; somebody with the superuser's password changes two
    admin = await connect(databases.admin)
    change = "UPDATE decision SET result = jsonb_set(result, '{limit_fen}', '14000001') WHERE id = $1"
    await admin.execute(change, kept[0].id)
    features = queries.values_of(kept[2].features) | {"income_year_fen": 1}
    change = "UPDATE decision SET features = $2 WHERE id = $1"
    await admin.execute(change, kept[2].id, queries.kept(msgspec.json.encode(features).decode()))
    await admin.close()
    async with town.db.unit(SYSTEM) as uow:
        different = await replay(uow, await decisions_of(uow, one, 10))
        assert {decision.id for decision, _ in different} == {kept[0].id, kept[2].id}
        assert {result.limit_fen for _, result in different} == {140_000_00, 0}


async def test_the_way_to_a_limit_adds_up(town: Town) -> None:
    one = await town.reference(await town.grid())
    async with town.db.unit(SYSTEM) as uow:
        await recompute(uow, [one], "test")
        (kept,) = await decisions_of(uow, one, 1)
        said = await explain(uow, kept)
        assert said.result.limit_fen == 150_000_00
        counted = [line for line in said.score if line.counts]
        reached = sum(line.percent * line.weight for line in counted)
        assert said.result.score == reached // sum(line.weight for line in counted)
        assert {line.item.name for line in said.score} >= {"people", "labour", "evaluation"}
        amounts = {line.name: line.value for line in said.amounts}
        assert (amounts["limit_fen"], amounts["debts_counted_fen"]) == (150_000_00, 26_000_00)
        assert {line.name: line.value for line in said.features}["deposits_fen"] == 38_000_00
        assert (
            sum(fen for words, fen in said.reasons if fen < 0 or words.en == "Income capacity") <= 150_000_00
        )
        chinese, english = explained(uow, said, english=False), explained(uow, said, english=True)
        assert any("额度 150,000.00 元" in line for line in chinese)
        assert "  他行负债: -26,000.00 元" in chinese
        assert "  Debts elsewhere: -26,000.00 yuan" in english
        assert len(chinese) == len(english)
        suits = chinese[chinese.index("适合的产品") + 1 :]
        assert any(line.startswith("  社保卡: 养老金、医保、补贴都进这张卡。") for line in suits)
        assert len(said.products) >= 3
        bits = bits_in([int(word) for word in kept.result["event_words"]])
        offering = shipped_catalogue().offering
        assert list(said.events) == [event.words for event in offering.events if event.bit in bits]
        assert len(said.events) >= 2
        head = english.index("Opportunity events")
        assert english[head + 1] == f"  {said.events[0].en}: {said.events[0].explain_en}"
        assert len([line for line in chinese if line.startswith("  ")]) > 60


async def test_what_cannot_be_known_yet_is_shared_among_the_others(town: Town, clock: MovingClock) -> None:
    """Nobody has been evaluated: those points are no loss, and the lines still come to the score."""
    clock.move_to_local(2026, 12, 1, 12)
    one = await town.reference(await town.grid())
    async with town.db.unit(SYSTEM) as uow:
        await recompute(uow, [one], "test")
        said = await explain(uow, (await decisions_of(uow, one, 1))[0])
    (evaluation,) = (line for line in said.score if line.item.name == "evaluation")
    assert (evaluation.counts, evaluation.weight) == (False, 20)
    counted = [line for line in said.score if line.counts]
    weights = sum(line.weight for line in counted)
    assert weights == 80
    assert said.result.score == sum(line.percent * line.weight for line in counted) // weights
    assert "  村民评议: 还不知道，分给其余各项" in explained(uow, said, english=False)


def test_one_of_something_is_said_as_one() -> None:
    assert [shown("days", value, 1) for value in (0, 1, 2)] == ["0 days", "1 day", "2 days"]
    assert [shown("m2", 1, 1), shown("percent", 1, 1), shown("days", 1, 0)] == ["1 m²", "1%", "1天"]
