"""Late changes of people, consents, photos: what only adds is taken, what changes waits for the owner."""

import hashlib
import random
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from backend.kernel.actor import Actor
from backend.kernel.ids import uuid7
from backend.kernel.uow import Database
from tests.support.bodies import visit
from tests.support.clock import MovingClock
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work
from tests.sync.test_duplicates import number
from tests.sync.test_late import _hand_grid_over
from tests.sync.test_people import consent, edits, household, person, row, who, withdraw

Body = dict[str, Any]


async def _away(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database, clock: MovingClock
) -> tuple[FieldPhone, FieldPhone, Body]:
    """A manager whose grid went to the deputy while he had no signal, the deputy, and a household there."""
    before, after = await phone_of("manager"), await phone_of("deputy")
    body = await household(before, world)
    assert (await consent(before, body, 0, "health"))["result"] == "applied"
    await before.pull()
    clock.advance(timedelta(hours=2))
    await _hand_grid_over(worker_db, world, work, "deputy")
    clock.advance(timedelta(hours=1))
    return before, after, body


def given(body: Body, place: int, purpose: str, phone: FieldPhone) -> Body:
    signature = {"hash": hashlib.sha256(purpose.encode()).hexdigest(), "taken_at": phone.now()}
    signer = body["members"][place]["person_id"]
    said = {"purpose": purpose, "text_number": 1, "signed_by": signer, "signature": signature}
    return person(body, place) | said


def photo(body: Body, phone: FieldPhone) -> Body:
    digest = hashlib.sha256(b"a photo").hexdigest()
    named = {"hash": digest, "file_class": "home", "taken_at": phone.now()}
    return {"id": str(uuid7()), "customer_id": body["id"]} | named


async def decide(phone: FieldPhone, how: str) -> list[Any]:
    """Decides all that waits, oldest first; what became of it."""
    await phone.pull()
    waiting = [(one["at"], key) for key, one in phone.of("suggestion").items() if one["state"] == "open"]
    for _, key in sorted(waiting):
        phone.save(f"suggestion.{how}", {"suggestion_id": key})
    return [(one["result"], one.get("code")) for one in await phone.push()]


async def test_what_adds_is_taken_and_what_changes_is_suggested(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database, clock: MovingClock
) -> None:
    before, after, body = await _away(phone_of, world, work, worker_db, clock)
    before.save("consent.give", given(body, 1, "marketing", before))
    before.save("consent.withdraw", person(body, 0) | {"purpose": "health", "reason": "本人要求"})
    before.save("photo.add", photo(body, before))
    before.save("member.put", who(body, 1) | {"edits": edits(occupation="种菜")})
    gone = {"id": body["members"][2]["id"], "customer_id": body["id"], "reason": "moved_out"}
    before.save("member.remove", gone)
    receipts = await before.push()
    assert [one["result"] for one in receipts] == ["applied"] * 3 + ["suggested"] * 2
    assert all(not one["await"] for one in receipts)
    await before.pull()
    assert body["id"] not in before.everything()
    there = await row(after, body, 1)
    assert [one[:2] for one in there["consents"]] == [["marketing", True]]
    assert there["occupation"] is None
    assert [one["staff_id"] for one in after.of("photo").values()] == [before.staff["id"]]
    assert body["members"][2]["id"] in after.of("member")
    bodies = sorted((one["type"], one["body"]["person_name"]) for one in after.of("suggestion").values())
    assert bodies == [("member.put", "王五妹"), ("member.remove", "李小妹")]
    assert await decide(after, "accept") == [("applied", None)] * 2
    assert (await row(after, body, 1))["occupation"] == "种菜"
    assert body["members"][2]["id"] not in after.of("member")
    # the answer was lost on the way: the same again changes nothing
    assert {one["result"] for one in await before.push()} <= {"repeated"}


async def test_an_id_number_waits_sealed_and_comes_down_to_nobody(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database, clock: MovingClock
) -> None:
    before, after, body = await _away(phone_of, world, work, worker_db, clock)
    hers = number("1981-08-09", "f", 3)
    before.save("member.put", who(body, 1) | {"edits": edits(id_number=hers, phone="13912340001")})
    assert [one["result"] for one in await before.push()] == ["suggested"]
    await after.pull()
    (waiting,) = after.of("suggestion").values()
    assert [(one["field"], one["value"]) for one in waiting["body"]["edits"]] == [
        ("id_number", True),
        ("phone", "13912340001"),
    ]
    assert hers not in repr(after.of("suggestion"))
    async with worker_db.unit(Actor.system("test")) as uow:
        lying = (await uow.session.execute(text("SELECT body::text FROM customer_suggestion"))).scalar_one()
    assert hers not in lying
    assert "13912340001" not in lying
    assert await decide(after, "accept") == [("applied", None)]
    there = await row(after, body, 1)
    assert (there["id_known"], there["phone"]) == (True, "13912340001")


async def test_what_is_suggested_of_somebodys_health_closes_with_the_consent(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database, clock: MovingClock
) -> None:
    before, after, body = await _away(phone_of, world, work, worker_db, clock)
    before.save("member.put", who(body, 0) | {"edits": edits(health="chronic", occupation="木匠")})
    assert [one["result"] for one in await before.push()] == ["suggested"]
    await after.pull()
    (waiting,) = after.of("suggestion").values()
    assert {one["field"] for one in waiting["body"]["edits"]} == {"health", "occupation"}
    assert (await withdraw(after, body, 0, "health"))["result"] == "applied"
    await after.pull()
    (waiting,) = after.of("suggestion").values()
    assert {one["field"] for one in waiting["body"]["edits"]} == {"occupation"}
    assert await decide(after, "accept") == [("rejected", "no_consent")]
    assert await decide(after, "dismiss") == [("applied", None)]
    assert (await row(after, body, 0))["occupation"] is None


@pytest.mark.parametrize("login", ["manager2", "agent2"])
async def test_who_never_had_the_household_says_nothing_of_its_people(
    phone_of: PhoneOf, world: World, login: str
) -> None:
    manager, stranger = await phone_of("manager"), await phone_of(login)
    body = await household(manager, world)
    stranger.save("member.put", who(body, 0) | {"edits": edits(occupation="木匠")})
    stranger.save("consent.give", given(body, 0, "marketing", stranger))
    stranger.save("photo.add", photo(body, stranger))
    assert {(one["result"], one["code"]) for one in await stranger.push()} == {("rejected", "out_of_scope")}
    await manager.pull()
    assert not manager.of("suggestion")
    assert not manager.of("photo")


SAYS = {
    "occupation": ["种菜", "木匠"],
    "education": ["primary", "senior"],
    "employer": ["镇茶厂", "瓦厂"],
    "marriage": ["married", "single"],
}


def drawn(rng: random.Random) -> list[tuple[str, int, Any]]:
    """What somebody does in a household of three: (what, to whom, with what)."""
    found: list[tuple[str, int, Any]] = []
    child = True
    for _ in range(25):
        what, place = rng.choice(["put", "put", "put", "give", "withdraw", "remove"]), rng.randrange(3)
        if what == "put" and (place < 2 or child):
            field = rng.choice(list(SAYS))
            found.append((what, place, (field, rng.choice(SAYS[field]))))
        elif what in ("give", "withdraw") and place < 2:
            found.append((what, place, rng.choice(["credit", "marketing"])))
        elif what == "remove" and child and rng.random() < 0.3:
            child = False
            found.append((what, 2, "moved_out"))
    return found


def does(phone: FieldPhone, body: Body, act: tuple[str, int, Any], seen: dict[Any, Any], at: int) -> None:
    what, place, said = act
    if what == "put":
        field, value = said
        typed = edits({field: seen.get((place, field))}, **{field: value})
        seen[place, field] = value
        phone.save("member.put", who(body, place) | {"edits": typed}, at=at)
    elif what == "give":
        phone.save("consent.give", given(body, place, said, phone), at=at)
    elif what == "withdraw":
        no = {"purpose": said, "reason": "本人要求"}
        phone.save("consent.withdraw", person(body, place) | no, at=at)
    else:
        one = {"id": body["members"][place]["id"], "customer_id": body["id"], "reason": said}
        phone.save("member.remove", one, at=at)


def people(phone: FieldPhone, body: Body) -> list[tuple[int, dict[str, Any]]]:
    """What a phone shows of the members, by their place."""
    ids = {one["id"]: place for place, one in enumerate(body["members"])}
    others = ("customer_id", "person_id", "consents", "revision")
    return sorted(
        (
            ids[key],
            {name: said for name, said in value.items() if name not in others}
            | {"consents": [one[:2] for one in value["consents"]]}
            # what was said since, when, and not by whom: each household has its own day and author
            | {"given": [[day, fields] for day, _, fields in value["given"][1:]]},
        )
        for key, value in phone.of("member").items()
        if key in ids
    )


@pytest.mark.parametrize("round_", range(3))
async def test_accepted_in_order_it_is_as_if_it_had_come_in_time(
    phone_of: PhoneOf,
    world: World,
    work: Work,
    worker_db: Database,
    clock: MovingClock,
    rng: random.Random,
    round_: int,
) -> None:
    """What somebody did in good faith comes, once accepted, to what it would have come to in time."""
    before, after, late = await _away(phone_of, world, work, worker_db, clock)
    told = await household(after, world)
    assert (await consent(after, told, 0, "health"))["result"] == "applied"
    acts = drawn(rng)
    seen_late: dict[Any, Any] = {}
    seen_told: dict[Any, Any] = {}
    for act in acts:
        does(before, late, act, seen_late, before.now())
        does(after, told, act, seen_told, after.now())
        clock.advance(timedelta(minutes=1))
    assert {one["result"] for one in await after.push()} <= {"applied"}
    adds = {"give", "withdraw"}
    wanted = ["applied" if what in adds else "suggested" for what, _, _ in acts]
    assert [one["result"] for one in await before.push()] == wanted
    assert {result for result, _ in await decide(after, "accept")} <= {"applied"}
    await after.pull()
    assert people(after, late) == people(after, told)


async def test_who_approves_sees_what_was_said_of_people_that_day_and_no_id_number(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    body = await household(manager, world)
    await work()
    await manager.pull()
    task_id = next(key for key, one in manager.of("task").items() if one["duty"] == "visit")
    for purpose in ("health", "marketing"):
        assert (await consent(manager, body, 0, purpose))["result"] == "applied"
    said = edits(health="chronic", occupation="木匠", id_number=number("1979-03-04", "m", 5))
    manager.save("member.put", who(body, 0) | {"edits": said})
    assert (await manager.push())[0]["result"] == "applied"
    await withdraw(manager, body, 0, "health")
    place = world.grids["E1"]
    seen = visit(body["id"], place.lon, place.lat, manager.now())
    manager.save("visit.log", seen)
    manager.save("task.submit", {"task_id": task_id, "visit_id": seen["id"]})
    assert [one["result"] for one in await manager.push()] == ["applied"] * 2
    await work()
    await head.pull()
    (waiting,) = head.of("approval").values()
    changes = {what: (before, after) for what, before, after, _ in waiting["changes"]}
    assert changes == {
        "person:occupation:李四": (None, "木匠"),
        "person:id_number:李四": (None, True),
        "consent:marketing:李四": (None, True),
        # the last word on it
        "consent:health:李四": (None, False),
    }
