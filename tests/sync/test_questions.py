"""Questions of a file: what nobody answered is an answer, and what a phone needs to know what is worth
asking. CONTRACT.md section 8."""

from typing import Any

import pytest
from sqlalchemy import text

from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from backend.policy import api as policy
from tests.support.bodies import new_household
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf
from tests.sync.test_disputes import HOUR
from tests.sync.test_moves import record


async def _asked(phone: FieldPhone, customer_id: str) -> dict[str, Any]:
    """Of each question why it was left, and who asked; the day is today."""
    await phone.pull()
    said = phone.of("file")[customer_id]["unanswered"]
    return {question: (why, who) for question, (why, _day, who) in said.items()}


def _left(customer_id: str, question: str, why: str = "refused") -> dict[str, str]:
    return {"customer_id": customer_id, "question": question, "why": why}


async def test_what_nobody_answered_is_told_to_everybody_who_may_ask(
    phone_of: PhoneOf, world: World, worker_db: Database
) -> None:
    agent, manager = await phone_of("agent"), await phone_of("manager")
    household = new_household(world.grids["E1"])["id"]
    agent.save("customer.create", new_household(world.grids["E1"]) | {"id": household})
    agent.save("question.leave", _left(household, "income"))
    agent.save("question.leave", _left(household, "land_without_income", "unknown"))
    assert [one["result"] for one in await agent.push()] == ["applied"] * 3
    by_agent = {
        "income": ("refused", agent.staff["id"]),
        "land_without_income": ("unknown", agent.staff["id"]),
    }
    assert await _asked(manager, household) == by_agent
    assert await _asked(agent, household) == by_agent
    # it stays open, and rests
    assert "income" in manager.of("file")[household]["open_sections"]
    manager.save("question.leave", _left(household, "spending"))
    assert [one["result"] for one in await manager.push()] == ["applied"]
    # that it was asked is told to the agent too, by whom is not
    assert (await _asked(agent, household))["spending"] == ("refused", None)
    assert (await _asked(manager, household))["spending"] == ("refused", manager.staff["id"])
    async with worker_db.unit(Actor.system("test")) as uow:
        trail = "SELECT detail FROM audit_entry WHERE action = 'question.leave' ORDER BY id"
        assert [one["question"] for one in await uow.session.scalars(text(trail))] == [
            "income",
            "land_without_income",
            "spending",
        ]


async def test_of_two_who_asked_the_later_one_counts(phone_of: PhoneOf, world: World) -> None:
    agent, manager = await phone_of("agent"), await phone_of("manager")
    household = new_household(world.grids["E1"])
    manager.save("customer.create", household, at=manager.now() - 9 * HOUR)
    manager.save("question.leave", _left(household["id"], "income", "unknown"), at=manager.now() - HOUR)
    await manager.push()
    agent.save("question.leave", _left(household["id"], "income"), at=agent.now() - 2 * HOUR)
    assert (await agent.push())[0]["result"] == "applied"
    assert await _asked(manager, household["id"]) == {"income": ("unknown", manager.staff["id"])}
    agent.save("question.leave", _left(household["id"], "income"))
    await agent.push()
    assert await _asked(manager, household["id"]) == {"income": ("refused", agent.staff["id"])}


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"question": "moon"}, "bad_value"), ({"why": "tired"}, "malformed"), ({"question": ""}, "bad_value")],
)
async def test_what_is_no_question_is_refused(
    phone_of: PhoneOf, world: World, changes: dict[str, str], code: str
) -> None:
    manager = await phone_of("manager")
    household = new_household(world.grids["E1"])
    manager.save("customer.create", household)
    manager.save("question.leave", _left(household["id"], "income") | changes)
    assert (await manager.push())[1]["code"] == code
    assert await _asked(manager, household["id"]) == {}


async def test_a_stranger_leaves_no_question(phone_of: PhoneOf, world: World) -> None:
    manager, stranger = await phone_of("manager"), await phone_of("manager2")
    household = new_household(world.grids["E1"])
    manager.save("customer.create", household)
    await manager.push()
    stranger.save("question.leave", _left(household["id"], "income"))
    assert (await stranger.push())[0]["code"] == "out_of_scope"
    assert await _asked(manager, household["id"]) == {}


async def test_a_question_of_a_merged_household_lands_on_what_it_is_part_of(
    phone_of: PhoneOf, world: World
) -> None:
    agent, manager = await phone_of("agent"), await phone_of("manager")
    first, second = new_household(world.grids["E1"]), new_household(world.grids["E1"], phone="13912340002")
    for one in (first, second):
        manager.save("customer.create", one)
    manager.save("customer.merge", {"customer_id": first["id"], "into_id": second["id"], "reason": "同一家"})
    assert [one["result"] for one in await manager.push()] == ["applied"] * 3
    agent.save("question.leave", _left(first["id"], "income"))
    (receipt,) = await agent.push()
    assert receipt["alias"] == {first["id"]: second["id"]}
    assert await _asked(manager, second["id"]) == {"income": ("refused", agent.staff["id"])}


async def test_a_record_says_who_recorded_it(phone_of: PhoneOf, world: World) -> None:
    agent, manager = await phone_of("agent"), await phone_of("manager")
    household = new_household(world.grids["E1"])
    thing = record(household["id"])
    agent.save("customer.create", household)
    agent.save("record.put", thing)
    await agent.push()
    await manager.pull()
    assert manager.of("record")[thing["id"]]["staff_id"] == agent.staff["id"]


async def test_an_agents_phone_knows_what_is_old_and_not_what_an_answer_is_worth(phone_of: PhoneOf) -> None:
    agent, manager = await phone_of("agent"), await phone_of("manager")
    for phone in (agent, manager):
        await phone.pull()
    asking = {"value_age_days", "ask_again_days"}
    worth = {"completeness_weights", "completeness_mark"}
    assert asking | worth <= set(manager.of("policy"))
    assert asking <= set(agent.of("policy"))
    assert not worth & set(agent.of("policy"))


async def test_a_figure_that_phones_need_since_comes_to_them(phone_of: PhoneOf, worker_db: Database) -> None:
    manager = await phone_of("manager")
    async with worker_db.unit(Actor.system("test")) as uow:
        key = {"key": "completeness_weights"}
        await uow.session.execute(text("UPDATE policy_figure SET on_phone = false WHERE key = :key"), key)
        uow.touch("bank", "policy", "completeness_weights", gone=True)
    await manager.pull()
    assert "completeness_weights" not in manager.of("policy")
    async with worker_db.unit(Actor.system("test")) as uow:
        assert await policy.ensure_shipped(uow) == 0
    await manager.pull()
    assert manager.of("policy")["completeness_weights"]["value"]["income"] == 25


async def test_a_business_is_complete_without_a_home(phone_of: PhoneOf, world: World) -> None:
    manager = await phone_of("manager")
    shop = new_household(world.grids["E1"]) | {"kind": "business", "name": "李四百货"}
    shop["members"] = [shop["members"][0] | {"relation": "owner"}]
    manager.save("customer.create", shop)
    edits = [
        {"field": field, "seen": None, "value": 100_000_00}
        for field in ("turnover_year_fen", "costs_year_fen")
    ]
    manager.save("customer.set_values", {"customer_id": shop["id"], "edits": edits})
    manager.save("record.put", record(shop["id"], kind="premises", label="门面", value_fen=1))
    assert [one["result"] for one in await manager.push()] == ["applied"] * 3
    await manager.pull()
    row = manager.of("file")[shop["id"]]
    assert (row["points"], row["open_sections"]) == (100, [])
