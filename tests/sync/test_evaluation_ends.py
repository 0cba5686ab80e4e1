"""Evaluations end; and what was settled of a household stays with whom it became part of."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from tests.support.bodies import new_household
from tests.support.clock import MovingClock
from tests.support.field_phone import FieldPhone
from tests.support.village import GOOD, POOR, Village, form, results_of, reviewed, session_of, village_of
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work

FORMS = [form("yes", GOOD, 5_000_000), form("yes", GOOD, 3_000_000), form("yes", POOR, 0)]


@pytest.fixture
async def manager(phone_of: PhoneOf) -> FieldPhone:
    return await phone_of("manager")


@pytest.fixture
async def agent(phone_of: PhoneOf) -> FieldPhone:
    return await phone_of("agent")


@pytest.fixture
async def village(manager: FieldPhone, agent: FieldPhone, world: World) -> Village:
    return await village_of(manager, agent, world)


async def _one(phone: FieldPhone, kind: str, body: dict[str, Any], **changes: Any) -> tuple[str, str | None]:
    """Saved and sent; the result and its code."""
    phone.save(kind, body, **changes)
    receipt = (await phone.push())[-1]
    return receipt["result"], receipt.get("code")


def _closing(village: Village) -> dict[str, str]:
    return {"session_id": village.id}


async def _closed_at(phone: FieldPhone, village: Village) -> int | None:
    await phone.pull()
    at: int | None = phone.of("evaluation")[village.id]["closed_at"]
    return at


async def test_the_host_ends_it_and_with_too_few_forms_nothing_opens(
    village: Village, agent: FieldPhone, manager: FieldPhone, work: Work, clock: MovingClock
) -> None:
    for reviewer in (0, 1):
        village.hand_in(agent, reviewer, FORMS)
    assert {one["result"] for one in await agent.push()} == {"applied"}
    assert await _closed_at(manager, village) is None
    assert await _one(agent, "evaluation.close", _closing(village)) == ("applied", None)
    await work()
    for phone in (agent, manager):
        assert await _closed_at(phone, village) is not None
    assert await results_of(manager, village) == {}
    clock.advance(timedelta(minutes=5))
    village.hand_in(agent, 2, FORMS)
    (late,) = await agent.push()
    assert (late["result"], late["code"]) == ("rejected", "conflict_state")
    await work()
    assert await results_of(manager, village) == {}
    # a second one changes nothing, and when it ended stays
    before = await _closed_at(agent, village)
    assert await _one(agent, "evaluation.close", _closing(village)) == ("applied", None)
    assert await _closed_at(agent, village) == before


async def test_forms_that_were_sealed_before_the_end_count_whenever_they_come(
    village: Village,
    agent: FieldPhone,
    manager: FieldPhone,
    phone_of: PhoneOf,
    work: Work,
    clock: MovingClock,
) -> None:
    head = await phone_of("head")
    for reviewer in (0, 1, 2):
        village.hand_in(agent, reviewer, FORMS)
    clock.advance(timedelta(minutes=5))
    # the head ends it while the host has no network
    assert await _one(head, "evaluation.close", _closing(village)) == ("applied", None)
    clock.advance(timedelta(hours=20))
    village.hand_in(agent, 3, FORMS)
    assert [one.get("code") for one in await agent.push()] == [None, None, None, "conflict_state"]
    await work()
    assert {one[2] for one in (await results_of(manager, village)).values()} == {3}


async def test_others_end_nothing(
    village: Village, manager: FieldPhone, phone_of: PhoneOf, world: World
) -> None:
    # who made it does not host it
    assert await _one(manager, "evaluation.close", _closing(village)) == ("rejected", "not_allowed")
    for login in ("agent2", "manager2", "head2"):
        phone = await phone_of(login)
        assert await _one(phone, "evaluation.close", _closing(village)) == ("rejected", "out_of_scope")
    assert await _closed_at(manager, village) is None


async def test_what_nobody_ended_ends_by_the_rule_of_days(
    agent: FieldPhone,
    manager: FieldPhone,
    phone_of: PhoneOf,
    world: World,
    work: Work,
    clock: MovingClock,
    worker_db: Database,
) -> None:
    head, deputy, other = await phone_of("head"), await phone_of("deputy"), await phone_of("head2")
    village = await village_of(manager, agent, world, held_on=clock.today().isoformat())

    async def told() -> list[int]:
        """How often each heard that it ended: the host, the branch's heads, and who has no part in it."""
        counts = []
        for phone in (agent, head, deputy, manager, other):
            await phone.pull()
            heard = [one for one in phone.of("inbox").values() if one["kind"] == "evaluation_closed"]
            assert [one["params"] for one in heard] == [{"session_id": village.id}] * len(heard)
            counts.append(len(heard))
        return counts

    for reviewer in (0, 1):
        village.hand_in(agent, reviewer, FORMS)
    for days, ended in ((0, False), (13, False), (2, True), (1, True)):
        clock.advance(timedelta(days=days))
        async with worker_db.unit(Actor.system("test")) as uow:
            uow.emit("evaluation.close_due", {})
        await work()
        assert (await _closed_at(manager, village) is not None) is ended, days
        assert await told() == ([1, 1, 1, 0, 0] if ended else [0] * 5)
    # they had lain on the phone for a fortnight
    assert {one["result"] for one in await agent.push()} == {"applied"}
    village.hand_in(agent, 2, FORMS)
    assert (await agent.push())[0]["code"] == "conflict_state"


async def _settled(
    village: Village, agent: FieldPhone, manager: FieldPhone, head: FieldPhone, work: Work
) -> None:
    for reviewer in (0, 1, 2):
        village.hand_in(agent, reviewer, FORMS)
    assert {one["result"] for one in await agent.push()} == {"applied"}
    await work()
    for round_, phone in ((1, manager), (2, head)):
        body = reviewed(village, list((await results_of(phone, village)).values()), round_)
        assert await _one(phone, "evaluation.review", body) == ("applied", None)
        await work()


async def _counts(database: Database) -> dict[str, int]:
    """What strategy reads."""
    async with database.unit(Actor.system("test")) as uow:
        rows = await uow.session.execute(text("SELECT customer_id, percent FROM facts.evaluation"))
        return {str(row.customer_id): row.percent for row in rows}


def _score(phone: FieldPhone, customer_id: str) -> int:
    score: int = phone.of("profile")[customer_id]["score"]
    return score


async def test_a_household_without_a_result_gets_that_of_one_that_became_part_of_it(
    village: Village,
    agent: FieldPhone,
    manager: FieldPhone,
    phone_of: PhoneOf,
    world: World,
    work: Work,
    worker_db: Database,
) -> None:
    head = await phone_of("head")
    await _settled(village, agent, manager, head, work)
    good, _, poor = village.households
    new, newer = (new_household(world.grids["E1"], name) for name in ("新户", "更新户"))
    for body in (new, newer):
        assert await _one(manager, "customer.create", body) == ("applied", None)
    await work()
    await manager.pull()
    before = _score(manager, new["id"])
    assert (await _counts(worker_db)).keys() == set(village.households)

    async def merge(one: str, into: str) -> None:
        result, _ = await _one(
            manager, "customer.merge", {"customer_id": one, "into_id": into, "reason": "一家人"}
        )
        assert result in {"applied", "merged"}
        await work()
        await manager.pull()

    async def part(one: str) -> None:
        body = {"customer_id": one, "reason": "弄错了"}
        assert await _one(manager, "customer.unmerge", body) == ("applied", None)
        await work()
        await manager.pull()

    await merge(good, new["id"])
    shown = await results_of(manager, village)
    assert (shown[new["id"]][1], shown[new["id"]][12], shown[new["id"]][9]) == ("新户", 85, ["inherited"])
    assert good not in shown
    assert (await _counts(worker_db))[new["id"]] == 85
    assert _score(manager, new["id"]) > before

    # once more, and it goes on with it
    await merge(new["id"], newer["id"])
    assert (await _counts(worker_db)).keys() == {newer["id"], *village.households[1:]}
    assert (await results_of(manager, village))[newer["id"]][12] == 85
    await part(new["id"])
    assert (await _counts(worker_db)).keys() == {new["id"], *village.households[1:]}

    # one that has its own keeps it, whatever comes to it
    await merge(poor, new["id"])
    assert (await _counts(worker_db))[new["id"]] in {6, 85}
    await part(poor)
    await part(good)
    assert await _counts(worker_db) == {one: (6 if one == poor else 85) for one in village.households}
    assert set(await results_of(manager, village)) == set(village.households)
    assert _score(manager, new["id"]) == before

    await merge(poor, good)
    assert (await _counts(worker_db))[good] == 85
    await part(poor)
    assert (await _counts(worker_db))[poor] == 6


async def test_its_own_result_takes_the_place_of_an_inherited_one(
    village: Village,
    agent: FieldPhone,
    manager: FieldPhone,
    phone_of: PhoneOf,
    world: World,
    work: Work,
    worker_db: Database,
) -> None:
    head = await phone_of("head")
    await _settled(village, agent, manager, head, work)
    poor = village.households[2]
    new = new_household(world.grids["E1"], "新户")
    assert await _one(manager, "customer.create", new) == ("applied", None)
    body = {"customer_id": poor, "into_id": new["id"], "reason": "一家人"}
    assert (await _one(manager, "customer.merge", body))[0] in {"applied", "merged"}
    await work()
    assert (await _counts(worker_db))[new["id"]] == 6
    again = session_of(world, agent, [new["id"]])
    assert await _one(manager, "evaluation.create", again) == ("applied", None)
    second = Village(again["id"], [new["id"]], [one["id"] for one in again["reviewers"]])
    await agent.pull()
    for reviewer in (0, 1, 2):
        second.hand_in(agent, reviewer, FORMS[:1])
    assert {one["result"] for one in await agent.push()} == {"applied"}
    await work()
    for round_, phone in ((1, manager), (2, head)):
        own = reviewed(second, list((await results_of(phone, second)).values()), round_)
        assert await _one(phone, "evaluation.review", own) == ("applied", None)
        await work()
    assert (await _counts(worker_db))[new["id"]] == 85
    assert new["id"] not in await results_of(manager, village)
    assert await _one(manager, "customer.unmerge", {"customer_id": poor, "reason": "弄错了"}) == (
        "applied",
        None,
    )
    await work()
    counted = await _counts(worker_db)
    assert (counted[new["id"]], counted[poor]) == (85, 6)


async def test_a_household_that_splits_keeps_its_result_and_the_new_one_has_none(
    village: Village,
    agent: FieldPhone,
    manager: FieldPhone,
    phone_of: PhoneOf,
    work: Work,
    worker_db: Database,
) -> None:
    await _settled(village, agent, manager, await phone_of("head"), work)
    good = village.households[0]
    await manager.pull()
    spouse = next(
        one
        for one, row in manager.of("member").items()
        if row["customer_id"] == good and row["relation"] == "spouse"
    )
    body = {
        "id": "01970000-0000-7000-8000-000000000001",
        "customer_id": good,
        "name": "分出户",
        "address": "二组 8 号",
        "member_ids": [spouse],
        "head_id": spouse,
        "record_ids": [],
    }
    assert await _one(manager, "customer.split", body) == ("applied", None)
    await work()
    counted = await _counts(worker_db)
    assert (counted[good], body["id"] in counted) == (85, False)
