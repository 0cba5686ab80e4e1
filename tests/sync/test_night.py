"""The morning after a nightly run: a phone hears of what it shows otherwise, and of nothing else."""

import gzip
from datetime import timedelta

import httpx
import msgspec
from sqlalchemy import text

from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from backend.strategy.jobs import NIGHTLY
from tests.support.bodies import new_household
from tests.support.clock import MovingClock
from tests.support.field_phone import PACKED, FieldPhone
from tests.support.signing import sign
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work

SYSTEM = Actor.system("test")


async def night(database: Database, clock: MovingClock, work: Work) -> None:
    """A day goes by, and everybody is worked out anew."""
    clock.advance(timedelta(days=1))
    async with database.unit(SYSTEM) as uow:
        uow.emit(NIGHTLY, {})
    await work()


async def households(manager: FieldPhone, world: World, number: int) -> list[str]:
    """So many in the first grid, and one in the second."""
    bodies = [new_household(world.grids["E1"], name=f"户{one}") for one in range(number)]
    bodies.append(new_household(world.grids["E2"], name="邻户"))
    for body in bodies:
        manager.save("customer.create", body)
    await manager.push()
    return [str(body["id"]) for body in bodies]


async def asked(phone: FieldPhone, headers: dict[str, str]) -> httpx.Response:
    """One pull with more headers."""
    body = msgspec.msgpack.encode({"epoch": phone.epoch, "partitions": phone.revisions})
    return await phone.phone.send("POST", "/api/v1/sync/pull", body, PACKED | headers)


async def test_a_night_that_changes_nothing_to_be_seen_moves_nothing(
    phone_of: PhoneOf, world: World, worker_db: Database, clock: MovingClock, work: Work
) -> None:
    manager, agent, head = [await phone_of(login) for login in ("manager", "agent", "head")]
    await households(manager, world, 3)
    await work()
    await night(worker_db, clock, work)
    for phone in (manager, agent, head):
        await phone.pull()
    for _ in range(2):
        await night(worker_db, clock, work)
        for phone in (manager, agent, head):
            assert {one["state"] for one in await phone.pull_once()} == {"same"}


async def test_only_what_looks_otherwise_comes_and_only_to_who_sees_it(
    phone_of: PhoneOf, world: World, worker_db: Database, clock: MovingClock, work: Work
) -> None:
    manager, agent = await phone_of("manager"), await phone_of("agent")
    ids = await households(manager, world, 3)
    await sign(manager, ids[1], "head")
    await work()
    await night(worker_db, clock, work)
    for phone in (manager, agent):
        await phone.pull()
    first, second = (f"grid:{world.grids[code].id}" for code in ("E1", "E2"))
    async with worker_db.unit(SYSTEM) as uow:
        await uow.session.execute(
            text(
                "INSERT INTO account (id, customer_id, account_kind, balance_fen, year_average_fen,"
                " opened_on, as_of) VALUES (gen_random_uuid(), CAST(:id AS uuid), 'demand', 90000000,"
                " 90000000, '2020-01-01', '2026-01-01')"
            ),
            {"id": ids[1]},
        )
    await night(worker_db, clock, work)
    answers = {one["key"].split("/")[0]: one for one in await manager.pull_once()}
    assert answers[second]["state"] == "same"
    profiles = [group for group in answers[first]["groups"] if group["kind"] == "profile"]
    assert [[row[0] for row in group["rows"]] for group in profiles] == [[ids[1]]]
    # and what the new result raised
    assert {group["kind"] for group in answers[first]["groups"]} == {"profile", "opportunity"}
    # an agent's books move, for the revision is the book's; nothing comes with it
    agents = {one["key"].split("/")[0]: one for one in await agent.pull_once()}
    assert (agents[first]["state"], agents[first]["groups"]) == ("changes", [])


async def test_a_long_answer_is_compressed_for_who_takes_it(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, phone = await phone_of("manager"), await phone_of("manager")
    await phone.pull()
    idle = await asked(phone, {"Accept-Encoding": "gzip, br"})
    assert "content-encoding" not in idle.headers
    await households(manager, world, 20)
    plain = await asked(phone, {"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    packed = await asked(phone, {"Accept-Encoding": "gzip, br"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "Accept-Encoding"
    assert packed.num_bytes_downloaded < len(plain.content) / 2
    assert len(gzip.compress(plain.content)) > 1000
    first, second = msgspec.msgpack.decode(plain.content), msgspec.msgpack.decode(packed.content)
    assert first["partitions"] == second["partitions"]
