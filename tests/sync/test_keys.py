"""A person's role, or a projection's version, changes: the same books come under other keys."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import text

from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from backend.sync import pull as pulling
from backend.sync.partitions import VERSION, Key, keys_for
from tests.support.bodies import new_household, visit
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work

SECRETS = ("13898765432", "limit_fen", "tier", "score")


async def becomes(database: Database, world: World, login: str, role: str) -> None:
    """The bank gives a person another role."""
    async with database.unit(Actor.system("test")) as uow:
        await uow.session.execute(
            text("UPDATE staff SET role = :role WHERE id = :id"), {"role": role, "id": world[login].id}
        )


async def file_of(manager: FieldPhone, world: World, work: Work) -> str:
    """A household with what an agent must not see."""
    place = world.grids["E1"]
    body = new_household(place, phone="13898765432")
    manager.save("customer.create", body)
    manager.save("visit.log", visit(body["id"], place.lon, place.lat, manager.now(), note="想贷款"))
    await manager.push()
    await work()
    return str(body["id"])


async def test_who_becomes_an_agent_loses_the_rows_before_the_new_ones_come(
    phone_of: PhoneOf, world: World, worker_db: Database, work: Work
) -> None:
    phone = await phone_of("manager")
    customer_id = await file_of(phone, world, work)
    await phone.pull()
    assert phone.of("profile")[customer_id]["limit_fen"] is not None
    former = set(phone.revisions)
    await becomes(worker_db, world, "manager", "agent")
    answers = {one["key"]: one for one in await phone.pull_once()}
    assert {answers[key]["state"] for key in former} == {"evict"}
    assert answers[f"grid:{world.grids['E1'].id}/manager@{VERSION}"]["reason"] == "replaced"
    assert answers[f"care:{world['manager'].id}/manager@{VERSION}"]["reason"] == "not_yours"
    await phone.pull()
    held = phone.everything()
    assert not [secret for secret in SECRETS if secret in held]
    # what they recorded themselves is theirs still
    assert phone.of("customer")[customer_id]["name"] == "李四"


async def test_who_becomes_a_manager_keeps_the_rows_until_the_new_ones_are_there(
    phone_of: PhoneOf, world: World, worker_db: Database, work: Work
) -> None:
    customer_id = await file_of(await phone_of("manager"), world, work)
    agent = await phone_of("agent")
    await agent.pull()
    old, new = (f"grid:{world.grids['E1'].id}/{role}@{VERSION}" for role in ("agent", "manager"))
    await becomes(worker_db, world, "agent", "manager")
    answers = {one["key"]: one for one in await agent.pull_once()}
    assert (answers[old]["state"], answers[old]["until"]) == ("kept", new)
    assert customer_id in agent.rows[old]["customer"]
    assert customer_id in agent.rows[new]["customer"]
    await agent.pull()
    assert old in agent.evicted
    assert not [key for key in agent.revisions if "/agent@" in key]
    assert agent.of("profile")[customer_id]["limit_fen"] is not None


async def test_a_new_version_of_a_projection_is_swapped(
    phone_of: PhoneOf, world: World, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = await phone_of("manager")
    customer_id = await file_of(phone, world, work)
    await phone.pull()
    former, real = set(phone.revisions), keys_for

    def newer(actor: Actor) -> list[Key]:
        return [replace(key, version=VERSION + 1) for key in real(actor)]

    keys: Callable[[Actor], list[Key]] = newer
    monkeypatch.setattr(pulling, "keys_for", keys)
    answers = {one["key"]: one for one in await phone.pull_once()}
    assert {answers[key]["state"] for key in former} == {"kept"}
    assert {answers[key]["until"] for key in former} == {
        key.replace(f"@{VERSION}", f"@{VERSION + 1}") for key in former
    }
    # a phone that was cut off before it had the new ones is told the same again
    for key in former:
        del phone.revisions[key.replace(f"@{VERSION}", f"@{VERSION + 1}")]
    again = {one["key"]: one["state"] for one in await phone.pull_once()}
    assert {again[key] for key in former} == {"kept"}
    await phone.pull()
    assert set(phone.revisions) == {key.replace(f"@{VERSION}", f"@{VERSION + 1}") for key in former}
    assert customer_id in phone.of("customer")


@pytest.mark.parametrize(
    "name", ["nonsense", "grid:x/manager", "bank/bank@99999999999", "bank/bank@1#x", "/@"]
)
async def test_keys_that_are_none_are_dropped(phone_of: PhoneOf, name: str) -> None:
    phone = await phone_of("manager")
    await phone.pull()
    phone.revisions[name] = 3
    answers = {one["key"]: one for one in await phone.pull_once()}
    assert answers[name]["state"] == "evict"
