"""Pull, as CONTRACT.md sections 2 and 3 promise it."""

import gzip
import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import text

from backend.app.prepare import ship
from backend.grids import api as grids
from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from backend.sync.partitions import VERSION
from tests.support.bodies import new_household, visit
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work


async def test_a_phone_holds_exactly_its_partitions(phone_of: PhoneOf, world: World) -> None:
    grids_of_east = {f"grid:{world.grids[code].id}" for code in ("E1", "E2")}
    manager, agent, head = await phone_of("manager"), await phone_of("agent"), await phone_of("head")
    for phone in (manager, agent, head):
        await phone.pull()
    mine = world["manager"].id
    assert set(manager.revisions) == {
        *(f"{book}/manager@{VERSION}" for book in grids_of_east),
        f"care:{mine}/manager@{VERSION}",
        f"staff:{mine}/staff@{VERSION}",
        f"bank/bank@{VERSION}",
    }
    assert set(agent.revisions) == {
        *(f"{book}/agent@{VERSION}" for book in grids_of_east),
        f"staff:{world['agent'].id}/agent@{VERSION}",
        f"bank/agent@{VERSION}",
    }
    assert f"team:{world.east}/head@{VERSION}" in head.revisions


async def test_an_agents_phone_holds_only_what_an_agent_may(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, agent = await phone_of("manager"), await phone_of("agent")
    place = world.grids["E1"]
    body = new_household(place, phone="13898765432")
    manager.save("customer.create", body)
    edits = [{"field": "income_wages_fen", "seen": None, "value": 77_777_00}]
    manager.save("customer.set_values", {"customer_id": body["id"], "edits": edits})
    manager.save("visit.log", visit(body["id"], place.lon, place.lat, manager.now(), note="想贷款买收割机"))
    await manager.push()
    await work()
    for phone in (manager, agent):
        await phone.pull()
    assert manager.of("profile")[body["id"]]["tier"]
    assert agent.of("customer")[body["id"]]["name"] == "李四"
    held = agent.everything()
    for secret in ("13898765432", "7777700", "想贷款", "tier", "limit_fen", "rhythm", "score", "duty"):
        assert secret not in held, secret
    assert not {"profile", "standing"} & {kind for kinds in agent.rows.values() for kind in kinds}
    # of the catalogue's words those of events that agents may see, and no other
    assert all(one.startswith(("event:", "script:")) for one in agent.of("term"))
    # what the agent records is theirs to see
    agent.save(
        "customer.set_values",
        {
            "customer_id": body["id"],
            "edits": [{"field": "income_planting_fen", "seen": None, "value": 123_400}],
        },
    )
    assert (await agent.push())[0]["result"] == "applied"
    await agent.pull()
    assert list(agent.of("file")[body["id"]]["values"]) == ["income_planting_fen"]


async def test_other_branches_and_unassigned_people_hold_nothing_of_it(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    body = new_household(world.grids["E1"], name="秘密户")
    manager.save("customer.create", body)
    await manager.push()
    await work()
    for login in ("manager2", "agent2", "head2", "lead", "admin", "data", "auditor"):
        phone = await phone_of(login)
        await phone.pull()
        assert "秘密户" not in phone.everything(), login
        target = f"/api/v1/sync/pages?key=grid%3A{world.grids['E1'].id}%2Fmanager%40{VERSION}&revision=1&n=0"
        assert (await phone.phone.send("GET", target)).status_code == 410, login


async def test_a_snapshot_and_the_changes_after_it_equal_the_rows_of_a_phone_that_was_there(
    phone_of: PhoneOf, world: World, worker_db: Database
) -> None:
    manager = await phone_of("manager")
    await manager.pull()
    place = world.grids["E1"]
    for number in range(120):
        body = new_household(place, name=f"户{number}")
        manager.save("customer.create", body)
        if number % 3 == 0:
            manager.save("visit.log", visit(body["id"], place.lon, place.lat, manager.now()))
    while any(one.receipt is None for one in manager.outbox):
        await manager.push()
    await manager.pull()
    second = await phone_of("manager")
    first_answer = await second.pull_once()
    key = f"grid:{place.id}/manager@{VERSION}"
    assert {one["key"]: one["state"] for one in first_answer}[key] == "snapshot"
    # something happens between the snapshot and what follows
    late = new_household(place, name="后来户")
    manager.outbox.clear()
    third = await phone_of("head")
    third.save("customer.create", late | {"grid_id": str(place.id)})
    assert (await third.push())[0]["result"] == "applied"
    await second.pull()
    await manager.pull()
    assert len(manager.of("customer")) == 121
    assert _bare(manager, key) == _bare(second, key)


async def test_kept_pages_serve_the_next_phone(phone_of: PhoneOf, world: World, worker_db: Database) -> None:
    manager = await phone_of("manager")
    for number in range(110):
        manager.save("customer.create", new_household(world.grids["E1"], name=f"户{number}"))
    await manager.push()
    one, two = await phone_of("manager"), await phone_of("head")
    await one.pull()
    before = await _pages(worker_db)
    another = await phone_of("manager")
    await another.pull()
    assert await _pages(worker_db) == before > 0
    await two.pull()


def paged(answer: Mapping[str, Any], key: str) -> bool:
    """A partition's answer that comes as pages; the bank's own may be one too."""
    return bool(answer["state"] == "snapshot" and answer["key"] == key)


async def test_several_pages_come_in_one_answer_one_after_the_other(
    phone_of: PhoneOf, world: World, worker_db: Database
) -> None:
    manager = await phone_of("manager")
    for number in range(110):
        manager.save("customer.create", new_household(world.grids["E1"], name=f"户{number}"))
    await manager.push()
    phone = await phone_of("manager")
    of_grid = f"grid:{world.grids['E1'].id}/manager@{VERSION}"
    (snapshot,) = [one for one in await phone.pull_once() if paged(one, of_grid)]
    pages = snapshot["pages"]
    assert len(pages) >= 3
    key = of_grid.replace(":", "%3A").replace("/", "%2F").replace("@", "%40")
    target = f"/api/v1/sync/pages?key={key}&revision={snapshot['revision']}"
    answer = await phone.phone.send("GET", f"{target}&n=1&to={len(pages) - 1}")
    assert answer.status_code == 200
    at = 0
    for page in pages[1:]:
        part = answer.content[at : at + page["bytes"]]
        assert hashlib.sha256(part).hexdigest() == page["sha256"]
        _lies_between(page, msgspec.msgpack.decode(gzip.decompress(part)))
        at += page["bytes"]
    assert at == len(answer.content)
    # one that is not there, a wish for all, and one for fewer than none
    assert (await phone.phone.send("GET", f"{target}&n=0&to={len(pages)}")).status_code == 410
    for wish in ("n=0&to=32", "n=2&to=1"):
        refused = await phone.phone.send("GET", f"{target}&{wish}")
        assert (refused.status_code, refused.json()["code"]) == (422, "too_many_pages")
    # those kept from before pages said whose rows they hold serve on without it
    async with worker_db.unit(Actor.system("test")) as uow:
        await uow.session.execute(text("UPDATE sync_page SET first = NULL, last = NULL"))
    another = await phone_of("manager")
    (kept,) = [one for one in await another.pull_once() if paged(one, of_grid)]
    assert kept["pages"] == [
        {key: value for key, value in page.items() if key not in ("first", "last")} for page in pages
    ]


def _lies_between(page: dict[str, Any], groups: list[dict[str, Any]]) -> None:
    """The manifest's word for whose rows a page holds."""
    for group in groups:
        fields = ["id", "revision", *group["fields"]]
        place = fields.index("customer_id" if "customer_id" in fields else "id")
        whose = [row[place] for row in group["rows"]]
        assert (min(whose), max(whose)) == (page["first"], page["last"])


async def test_a_reassigned_grid_is_evicted_and_swapped(
    phone_of: PhoneOf, world: World, worker_db: Database
) -> None:
    manager = await phone_of("manager")
    place = world.grids["E2"]
    body = new_household(place, name="过户")
    manager.save("customer.create", body)
    await manager.push()
    await manager.pull()
    assert body["id"] in manager.of("customer")
    async with worker_db.unit(Actor.system("test")) as uow:
        await grids.assign(uow, place.id, world["head"].id, grids.Duty.responsible)
    await manager.pull()
    assert f"grid:{place.id}/manager@{VERSION}" in manager.evicted
    assert body["id"] not in manager.of("customer")
    head = await phone_of("head")
    await head.pull()
    assert head.of("customer")[body["id"]]["name"] == "过户"


async def test_a_new_manager_takes_over_customers_and_tasks(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    before, after = await phone_of("manager"), await phone_of("deputy")
    place = world.grids["E1"]
    body = new_household(place)
    before.save("customer.create", body)
    await before.push()
    await work()
    await before.pull()
    (visit_task,) = [row_id for row_id, row in before.of("task").items() if row["duty"] == "visit"]
    async with worker_db.unit(Actor.system("test")) as uow:
        await grids.assign(uow, place.id, world["deputy"].id, grids.Duty.responsible)
    await work()
    await before.pull()
    await after.pull()
    assert visit_task not in before.of("task")
    assert after.of("task")[visit_task]["customer_id"] == body["id"]
    assert after.of("customer")[body["id"]]["owner_id"] == str(world["deputy"].id)


async def test_shipping_again_and_pulling_again_moves_nothing(phone_of: PhoneOf, worker_db: Database) -> None:
    manager = await phone_of("manager")
    await manager.pull()
    async with worker_db.unit(Actor.system("test")) as uow:
        before = await uow.session.scalar(text("SELECT sum(revision) FROM sync_partition"))
        await ship(uow)
    async with worker_db.unit(Actor.system("test")) as uow:
        assert await uow.session.scalar(text("SELECT sum(revision) FROM sync_partition")) == before
    assert {one["state"] for one in await manager.pull_once()} == {"same"}


async def test_another_epoch_replaces_everything(phone_of: PhoneOf, world: World) -> None:
    manager = await phone_of("manager")
    await manager.pull()
    epoch, manager.epoch = manager.epoch, "another life"
    states = {one["state"] for one in await manager.pull_once()}
    assert "same" not in states
    assert manager.epoch == epoch


def _bare(phone: FieldPhone, key: str) -> dict[str, dict[str, dict[str, object]]]:
    return {
        kind: {row_id: {k: v for k, v in row.items() if k != "revision"} for row_id, row in rows.items()}
        for kind, rows in phone.rows[key].items()
        if rows
    }


async def _pages(database: Database) -> int:
    async with database.unit(Actor.system("test")) as uow:
        return int(await uow.session.scalar(text("SELECT count(*) FROM sync_page")) or 0)
