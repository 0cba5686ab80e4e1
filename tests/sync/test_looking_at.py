"""A customer whom a phone does not hold, looked at whole: by the branch's heads, or with a purpose.

What they see is compared with what the manager's phone holds. CONTRACT.md section 8.
"""

from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import text

from backend.kernel.actor import Actor
from backend.kernel.crypto import Keys
from backend.kernel.uow import Database
from tests.support.bodies import visit
from tests.support.camera import Camera, digest, small_photo
from tests.support.clock import MovingClock
from tests.support.field_phone import PACKED, FieldPhone
from tests.support.till import ACCOUNTS, Till, account
from tests.support.village import GOOD, Village, form, session_of
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work
from tests.sync.test_duplicates import HEAD
from tests.sync.test_file_photos import add as add_photo
from tests.sync.test_merges import merged
from tests.sync.test_moves import move, record
from tests.sync.test_people import consent, edits, household, put, who, withdraw

PURPOSE = "客户申诉"
#: as the manager's phone has them, and what a look tells of the session in which the household is judged
HELD = ("customer", "file", "member", "record", "photo", "visit", "profile", "standing")
Rows = dict[str, dict[str, dict[str, Any]]]


async def ask(phone: FieldPhone, customer_id: str, **given: Any) -> httpx.Response:
    body = msgspec.msgpack.encode({"customer_id": customer_id} | given)
    return await phone.phone.send("POST", "/api/v1/sync/customer", body, PACKED)


async def told(phone: FieldPhone, customer_id: str, **given: Any) -> tuple[int, str]:
    answer = await ask(phone, customer_id, **given)
    return answer.status_code, "" if answer.status_code == 200 else answer.json()["code"]


async def looked(phone: FieldPhone, customer_id: str, **given: Any) -> tuple[str, Rows]:
    """Who it is by now, and the rows by kind and id."""
    answer = await ask(phone, customer_id, **given)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "private, no-store"
    found = msgspec.msgpack.decode(answer.content)
    rows = {
        group["kind"]: {
            one: dict(zip(group["fields"], values, strict=True)) for one, _, *values in group["rows"]
        }
        for group in found["groups"]
    }
    return found["customer_id"], rows


def held(phone: FieldPhone, customer_id: str) -> Rows:
    """What a phone holds of one customer, in the form of a look."""
    found: Rows = {}
    for kind in HELD:
        rows = {
            key: {name: value for name, value in row.items() if name != "revision"}
            for key, row in phone.of(kind).items()
        }
        found[kind] = {key: row for key, row in rows.items() if customer_id in (key, row.get("customer_id"))}
    return found


async def looks(worker_db: Database) -> list[Any]:
    async with worker_db.unit(Actor.system("test")) as uow:
        rows = await uow.session.execute(
            text(
                "SELECT staff_id, role, subject_id, detail FROM audit_entry"
                " WHERE action = 'customer.looked_at' ORDER BY id"
            )
        )
        return list(rows.all())


@pytest.fixture
async def family(phone_of: PhoneOf, world: World, work: Work, keys: Keys) -> dict[str, Any]:
    """A household that the agent and the manager entered on their phones: people, values, things, photos, a
    visit, consents; and what the bank makes of it."""
    agent, manager = await phone_of("agent"), await phone_of("manager")
    body = await household(agent, world)
    place = world.grids["E1"]
    home, at_door, card = small_photo(1), small_photo(2), small_photo(3)
    agent.save("record.put", record(body["id"], label="茶园"))
    agent.save(
        "visit.log",
        visit(
            body["id"], place.lon, place.lat, agent.now(), note="想扩茶园",
            photos=[{"hash": digest(at_door), "class": "home", "taken_at": agent.now()}],
        ),
    )  # fmt: skip
    assert {one["result"] for one in await agent.push()} == {"applied"}
    assert (await add_photo(agent, body, home, "home"))[1]["result"] == "applied"
    for purpose in ("health", "id_photo", "credit"):
        assert (await consent(manager, body, 0, purpose))["result"] == "applied"
    assert (
        await put(manager, who(body, 0), edits(health="chronic", employer="镇茶厂", phone="13912340001"))
    )["result"] == "applied"
    assert (await add_photo(manager, body, card, "id", 0))[1]["result"] == "applied"
    value = {"field": "income_planting_fen", "seen": None, "value": 40_000_00}
    manager.save("customer.set_values", {"customer_id": body["id"], "edits": [value]})
    assert {one["result"] for one in await manager.push()} == {"applied"}
    for phone, content, kind in ((agent, home, "home"), (agent, at_door, "home"), (manager, card, "id")):
        assert (await Camera(phone.phone, keys).send(content, file_class=kind)).status_code == 200
    await work()
    return body | {"card": card, "door": at_door}


async def test_a_head_sees_what_the_managers_phone_holds(
    family: dict[str, Any], phone_of: PhoneOf, worker_db: Database, keys: Keys, till: Till, work: Work
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    await head.pull()
    assert (await looked(head, family["id"]))[1]["standing"] == {}
    assert (await put(manager, who(family, 0), edits(id_number=HEAD)))["result"] == "applied"
    assert "1 new" in (await till.take("accounts", till.write([ACCOUNTS, account(HEAD, 1, "12000")]))).out
    await work()
    await manager.pull()
    assert family["id"] not in head.of("customer")
    found, rows = await looked(head, family["id"])
    mine = held(manager, family["id"])
    assert found == family["id"]
    assert {kind: rows[kind] for kind in HELD} == mine
    # it is all there, so that nothing is like nothing
    counts = {kind: len(mine[kind]) for kind in HELD}
    assert counts == dict.fromkeys(HELD, 1) | {"member": 3, "photo": 2}
    leader = rows["member"][family["members"][0]["id"]]
    assert (leader["health"], leader["employer"], leader["phone"]) == ("chronic", "镇茶厂", "13912340001")
    assert (await Camera(head.phone, keys).get(family["door"], "thumb")).status_code == 200
    (task, *_) = rows["task"].values()
    assert {"customer_id", "due_on", "state", "duty", "staff_id"} <= task.keys()
    assert manager.staff["id"] in {one["staff_id"] for one in rows["task"].values()}
    *_, entry = await looks(worker_db)
    assert (str(entry.staff_id), entry.role, entry.subject_id) == (
        head.staff["id"],
        "branch_head",
        family["id"],
    )
    assert entry.detail == {}
    # nothing of it came to the phone
    await head.pull()
    assert family["id"] not in head.of("customer")
    assert "想扩茶园" not in head.everything()


async def test_who_may_look_and_whom_at(
    family: dict[str, Any], phone_of: PhoneOf, world: World, worker_db: Database
) -> None:
    west = await household(await phone_of("manager2"), world, "W1")
    for login in ("manager", "agent", "business", "data", "risk", "admin"):
        assert await told(await phone_of(login), family["id"], purpose=PURPOSE) == (403, "not_allowed")
    deputy, other = await phone_of("deputy"), await phone_of("head2")
    assert await told(deputy, family["id"]) == (200, "")
    assert await told(deputy, west["id"]) == (404, "not_found")
    assert await told(other, family["id"]) == (404, "not_found")
    assert await told(other, west["id"]) == (200, "")
    assert await told(deputy, family["members"][0]["id"]) == (404, "not_found")
    assert await told(deputy, "no id") == (422, "malformed")
    for login in ("lead", "auditor"):
        office = await phone_of(login)
        assert await told(office, family["id"]) == (403, "purpose_needed")
        assert await told(office, family["id"], purpose="x") == (422, "malformed")
        seen = await looked(office, family["id"], purpose=PURPOSE)
        assert seen[1] == (await looked(deputy, family["id"]))[1]
        assert await told(office, west["id"], purpose=PURPOSE) == (200, "")
    noted = [(one.role, one.subject_id, one.detail) for one in await looks(worker_db)]
    assert ("hq_lead", family["id"], {"purpose": PURPOSE}) in noted
    assert ("auditor", west["id"], {"purpose": PURPOSE}) in noted
    assert not {role for role, _, _ in noted} & {"manager", "agent", "hq_business", "hq_data", "admin"}


async def test_after_a_look_head_office_sees_as_little_as_before(
    family: dict[str, Any], phone_of: PhoneOf, keys: Keys
) -> None:
    lead = await phone_of("lead")
    assert await told(lead, family["id"], purpose=PURPOSE) == (200, "")
    door = f"/api/v1/files/{digest(family['door'])}"
    said = msgspec.json.encode({"purpose": PURPOSE, "size": "thumb"})
    seen = await lead.phone.send("POST", f"{door}/look", said, {"Content-Type": "application/json"})
    assert seen.status_code == 200
    assert (await lead.phone.send("GET", f"{door}?size=thumb")).status_code == 404
    former = await lead.phone.client.get(f"/api/v1/customers/{family['id']}/former-members")
    assert former.status_code == 404
    lead.save(
        "customer.set_values", {"customer_id": family["id"], "edits": edits(spending_living_fen=1_000_00)}
    )
    (receipt,) = await lead.push()
    assert receipt["result"] == "rejected"


async def test_what_needs_a_consent_closes_with_it(
    family: dict[str, Any], phone_of: PhoneOf, work: Work, keys: Keys
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    for purpose in ("health", "id_photo"):
        assert (await withdraw(manager, family, 0, purpose))["result"] == "applied"
    await work()
    _, rows = await looked(head, family["id"])
    leader = rows["member"][family["members"][0]["id"]]
    assert (leader["health"], leader["employer"]) == (None, "镇茶厂")
    assert [one["class"] for one in rows["photo"].values()] == ["home"]
    assert (await Camera(head.phone, keys).get(family["card"], "thumb")).status_code == 404


async def test_of_a_village_evaluation_only_what_is_said_of_the_household(
    family: dict[str, Any], phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, agent, head = await phone_of("manager"), await phone_of("agent"), await phone_of("head")
    beside = (await household(manager, world))["id"]
    body = session_of(world, agent, [family["id"], beside])
    manager.save("evaluation.create", body)
    assert [one["result"] for one in await manager.push()] == ["applied"]
    village = Village(body["id"], [family["id"], beside], [one["id"] for one in body["reviewers"]])
    for reviewer in range(3):
        assert (await looked(head, family["id"]))[1]["evaluation"] == {}
        village.hand_in(agent, reviewer, [form("yes", GOOD, 5_000_000), form("yes", GOOD, 3_000_000)])
        assert {one["result"] for one in await agent.push()} == {"applied"}
        await work()
    _, rows = await looked(head, family["id"])
    (session,) = rows["evaluation"].values()
    assert [(one[0], one[2]) for one in session["results"]] == [(family["id"], 3)]
    assert (session["households"], session["reviewers"]) == ([family["id"]], [])
    assert beside not in msgspec.json.encode(rows).decode()


async def test_a_household_that_became_part_of_another_one_or_went_to_another_branch(
    family: dict[str, Any], phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    manager, head, other = [await phone_of(one) for one in ("manager", "head", "head2")]
    into = (await household(manager, world))["id"]
    manager.save("customer.merge", merged(family["id"], into))
    assert {one["result"] for one in await manager.push()} <= {"applied", "merged"}
    await work()
    found, rows = await looked(head, family["id"])
    assert (found, list(rows["customer"])) == (into, [into])
    assert len(rows["visit"]) == 1
    assert (await looks(worker_db))[-1].detail == {"asked": family["id"]}
    assert await told(other, family["id"]) == (404, "not_found")
    head.save("customer.move", move(into, world, "W1"))
    assert [one["result"] for one in await head.push()] == ["applied"]
    await work()
    for one in (into, family["id"]):
        assert await told(head, one) == (404, "not_found")
    assert (await looked(other, into))[0] == into


async def test_who_looks_without_a_pause_waits(
    family: dict[str, Any], phone_of: PhoneOf, clock: MovingClock
) -> None:
    head = await phone_of("head")
    for _ in range(30):
        assert await told(head, family["id"]) == (200, "")
        found = await head.phone.client.post("/api/v1/customers/look-up", json={"ids": [family["id"]]})
        assert found.status_code == 200
    answer = await ask(head, family["id"])
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_look_ups")
    clock.advance(timedelta(seconds=3))
    assert await told(head, family["id"]) == (200, "")
