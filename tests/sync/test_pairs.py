"""Two people who may be one: somebody says that they are two. CONTRACT.md section 8."""

from typing import Any

import pytest
from sqlalchemy import text

from backend.kernel.actor import Actor
from backend.kernel.ids import uuid7
from backend.kernel.uow import Database
from tests.support.bodies import new_household
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work


def declined(one: str, other: str) -> dict[str, str]:
    return {"person_id": one, "other_id": other}


async def made(phone: FieldPhone, world: World, work: Work, grid: str = "E1", **changes: Any) -> str:
    """A household as the phone has it; the head's person id."""
    body = new_household(world.grids[grid], **changes)
    phone.save("customer.create", body)
    assert [one["result"] for one in await phone.push()] == ["applied"]
    await work()
    return str(body["members"][0]["person_id"])


async def pairs(worker_db: Database) -> list[tuple[str, str, str, str]]:
    async with worker_db.unit(Actor.system("test")) as uow:
        rows = await uow.session.execute(
            text("SELECT person_id::text, other_id::text, state, decided_by::text FROM duplicate_pair")
        )
        return [tuple(row) for row in rows]


async def test_an_answer_given_while_typing_goes_up_with_the_new_customer_and_is_kept(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    manager, agent = await phone_of("manager"), await phone_of("agent")
    known = await made(manager, world, work)
    await agent.pull()
    body = new_household(world.grids["E1"])
    first = agent.save("customer.create", body)
    new = str(body["members"][0]["person_id"])
    agent.save("duplicate.decline", declined(new, known), needs=[first.id])
    assert [one["result"] for one in await agent.push()] == ["applied"] * 2
    kept = [(*sorted((new, known)), "declined", str(world["agent"].id))]
    assert await pairs(worker_db) == kept
    # the other way round, and by somebody else: the first word stands
    await manager.pull()
    manager.save("duplicate.decline", declined(known, new))
    assert [one["result"] for one in await manager.push()] == ["applied"]
    assert await pairs(worker_db) == kept


async def test_who_may_not_say_it(phone_of: PhoneOf, world: World, work: Work, worker_db: Database) -> None:
    manager, stranger = await phone_of("manager"), await phone_of("manager2")
    agent, auditor = await phone_of("agent"), await phone_of("auditor")
    one, other = await made(manager, world, work), await made(manager, world, work, "E2")
    theirs = await made(stranger, world, work, "W1")
    agent.save("duplicate.decline", declined(one, other))
    assert [row["code"] for row in await agent.push()] == ["out_of_scope"]
    auditor.save("duplicate.decline", declined(one, other))
    assert [row["code"] for row in await auditor.push()] == ["not_allowed"]
    for pair in ((one, other), (one, str(uuid7())), (theirs, theirs)):
        stranger.save("duplicate.decline", declined(*pair))
    codes = [row["code"] for row in await stranger.push()]
    assert codes == ["out_of_scope", "out_of_scope", "bad_value"]
    # beside somebody of one's own the answer has no effect, and says nothing of whether the other exists
    for unseen in (one, str(uuid7())):
        stranger.save("duplicate.decline", declined(theirs, unseen))
    receipts = await stranger.push()
    assert [(row["result"], row["lost"]) for row in receipts] == [("merged", ["other_id"])] * 2
    assert await pairs(worker_db) == []


@pytest.mark.parametrize(("login", "sees"), [("manager", 1), ("head", 1), ("manager2", 0), ("agent", 0)])
async def test_who_sees_the_pair(
    phone_of: PhoneOf, world: World, work: Work, web_db: Database, login: str, sees: int
) -> None:
    manager = await phone_of("manager")
    one, other = await made(manager, world, work), await made(manager, world, work, "E2")
    manager.save("duplicate.decline", declined(one, other))
    assert [row["result"] for row in await manager.push()] == ["applied"]
    async with web_db.unit(world[login].actor) as uow:
        assert await uow.session.scalar(text("SELECT count(*) FROM duplicate_pair")) == sees
