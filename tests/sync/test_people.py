"""People's own data and their consents, through push and pull alone. CONTRACT.md section 8."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from backend.kernel.actor import Actor
from backend.kernel.ids import uuid7
from backend.kernel.uow import Database
from tests.support.bodies import member, new_household
from tests.support.clock import MovingClock
from tests.support.field_phone import FieldPhone
from tests.support.world import PASSWORD, World
from tests.sync.conftest import PhoneOf, Work
from tests.sync.test_disputes import HOUR, two
from tests.sync.test_duplicates import HEAD, number

__all__ = ["two"]

Two = tuple[FieldPhone, FieldPhone]
CHILD_BORN = f"{datetime.now(UTC).year - 8}-05-06"


def edits(seen: dict[str, Any] | None = None, **values: Any) -> list[dict[str, Any]]:
    """What somebody typed, who saw `seen` (nothing where it is left out)."""
    return [{"field": name, "seen": (seen or {}).get(name), "value": said} for name, said in values.items()]


async def household(phone: FieldPhone, world: World, grid: str = "E1") -> dict[str, Any]:
    """Head, spouse and a child of eight, known to the bank since this morning."""
    people = [
        member("李四", "head", "m", "1979-03-04", None),
        member("王五妹", "spouse", "f", "1981-08-09", None),
        member("李小妹", "child", "f", CHILD_BORN, None),
    ]
    body = new_household(world.grids[grid], members=people)
    phone.save("customer.create", body, at=phone.now() - 6 * HOUR)
    assert [one["result"] for one in await phone.push()] == ["applied"]
    return body


def who(body: dict[str, Any], place: int) -> dict[str, Any]:
    """What names a member in a command."""
    one = body["members"][place]
    return {"id": one["id"], "customer_id": body["id"], "person_id": one["person_id"]}


def person(body: dict[str, Any], place: int) -> dict[str, Any]:
    """What names a member in a consent."""
    return {"id": str(uuid7()), "customer_id": body["id"], "member_id": body["members"][place]["id"]}


async def put(phone: FieldPhone, one: dict[str, Any], said: list[dict[str, Any]], age: int = 0) -> Any:
    phone.save("member.put", one | {"edits": said}, at=phone.now() - age)
    return (await phone.push())[0]


async def consent(
    phone: FieldPhone, body: dict[str, Any], place: int, purpose: str, by: int | None = None, **changes: Any
) -> Any:
    """A consent, signed by the person, or by the member `by`."""
    signer = body["members"][place if by is None else by]["person_id"]
    signature = {"hash": hashlib.sha256(purpose.encode()).hexdigest(), "taken_at": phone.now()}
    given = {"purpose": purpose, "text_number": 1, "signed_by": signer, "signature": signature}
    phone.save("consent.give", person(body, place) | given | changes)
    return (await phone.push())[0]


async def withdraw(phone: FieldPhone, body: dict[str, Any], place: int, purpose: str, age: int = 0) -> Any:
    said = person(body, place) | {"purpose": purpose, "reason": "本人要求"}
    phone.save("consent.withdraw", said, at=phone.now() - age)
    return (await phone.push())[0]


async def row(phone: FieldPhone, body: dict[str, Any], place: int) -> dict[str, Any]:
    await phone.pull()
    return dict(phone.of("member")[body["members"][place]["id"]])


async def test_what_an_agent_says_of_a_person_is_on_the_managers_phone_and_not_on_the_agents(
    phone_of: PhoneOf, world: World, worker_db: Database
) -> None:
    agent, manager = await phone_of("agent"), await phone_of("manager")
    body = await household(agent, world)
    said = edits(
        id_number=HEAD, phone="13912340001", education="junior", marriage="married", employer="镇茶厂",
        occupation="茶厂工人", id_from="2016-01-02", id_until="2036-01-02",
    )  # fmt: skip
    assert (await put(agent, who(body, 0), said))["result"] == "applied"
    there = await row(manager, body, 0)
    assert (
        there
        | {
            "phone": "13912340001",
            "education": "junior",
            "marriage": "married",
            "employer": "镇茶厂",
            "id_until": "2036-01-02",
            "id_known": True,
        }
        == there
    )
    theirs = await row(agent, body, 0)
    assert (theirs["education"], theirs["occupation"], theirs["id_known"]) == ("junior", "茶厂工人", True)
    assert not theirs.keys() & {
        "phone",
        "marriage",
        "employer",
        "health",
        "id_from",
        "id_until",
        "work_place",
    }
    for secret in (HEAD, "13912340001", "镇茶厂"):
        assert secret not in agent.everything()
    assert HEAD not in manager.everything()
    async with worker_db.unit(Actor.system("test")) as uow:
        for table in ("person_private", "person_change", "person_identity"):
            kept = await uow.session.scalars(text(f"SELECT t::text FROM {table} t"))
            assert not [one for one in kept if "镇茶厂" in one or HEAD in one]
        told = await uow.session.scalars(text("SELECT detail::text FROM audit_entry"))
        assert not [one for one in told if "镇茶厂" in one or HEAD in one]


async def test_a_field_of_a_person_says_when_and_by_whom_it_was_said(
    phone_of: PhoneOf, world: World, clock: MovingClock
) -> None:
    agent, manager = await phone_of("agent"), await phone_of("manager")
    body = await household(manager, world)
    made = clock.local(clock.now() - timedelta(milliseconds=6 * HOUR)).date().isoformat()
    (first,) = (await row(manager, body, 0))["given"]
    assert first == [made, manager.staff["id"], []]
    clock.advance(timedelta(days=3))
    for phone, login in ((agent, "agent"), (manager, "manager")):
        await phone.phone.login(login, PASSWORD)
    later = clock.local(clock.now()).date().isoformat()
    assert (await put(agent, who(body, 0), edits(education="junior", marriage="married")))[
        "result"
    ] == "applied"
    assert (await put(manager, who(body, 0), edits(occupation="茶农")))["result"] == "applied"
    assert (await row(manager, body, 0))["given"] == [
        first,
        [later, agent.staff["id"], ["education", "marriage"]],
        [later, manager.staff["id"], ["occupation"]],
    ]
    # an agent's phone does not hold the marriage, and is not told which colleague said the rest
    assert (await row(agent, body, 0))["given"] == [
        [made, None, []],
        [later, agent.staff["id"], ["education"]],
        [later, None, ["occupation"]],
    ]


async def test_fields_are_merged_one_by_one_and_the_later_observation_stands(two: Two, world: World) -> None:
    manager, deputy = two
    body = await household(manager, world)
    assert (await put(manager, who(body, 0), edits(employer="镇茶厂"), HOUR))["result"] == "applied"
    receipt = await put(deputy, who(body, 0), edits(employer="县纺织厂", marriage="married"), 2 * HOUR)
    assert (receipt["result"], receipt["lost"]) == ("merged", ["employer"])
    there = await row(deputy, body, 0)
    assert (there["employer"], there["marriage"]) == ("镇茶厂", "married")
    # who saw what is there changes it
    receipt = await put(manager, who(body, 0), edits({"employer": "镇茶厂"}, employer=None))
    assert receipt["result"] == "applied"
    assert (await row(deputy, body, 0))["employer"] is None


async def test_somebody_joins_and_somebody_leaves(phone_of: PhoneOf, world: World) -> None:
    agent, manager = await phone_of("agent"), await phone_of("manager")
    body = await household(agent, world)
    new = {"id": str(uuid7()), "customer_id": body["id"], "person_id": str(uuid7())}
    joined = edits(name="李老太", relation="parent", id_number=number("1950-02-03", "f", 9))
    assert (await put(agent, new, joined))["result"] == "applied"
    await manager.pull()
    there = manager.of("member")[new["id"]]
    # the number says when she was born
    assert (there["name"], there["birth_on"], there["sex"]) == ("李老太", "1950-02-03", "f")
    assert manager.of("customer")[body["id"]]["members"] == 4
    manager.save("member.remove", {"id": new["id"], "customer_id": body["id"], "reason": "died"})
    assert [one["result"] for one in await manager.push()] == ["applied"]
    await agent.pull()
    assert new["id"] not in agent.of("member")
    assert agent.of("customer")[body["id"]]["members"] == 3


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (0, {"birth_on": "2031-01-01"}),
        (0, {"birth_on": "1899-12-31"}),
        (0, {"birth_on": "79-3-4"}),
        # by the number he was born in 1979
        (0, {"id_number": HEAD, "birth_on": "1980-03-04"}),
        (1, {"id_number": HEAD}),
        (0, {"id_number": HEAD[:-1] + ("0" if HEAD[-1] != "0" else "1")}),
        (0, {"phone": "1391234"}),
        (1, {"relation": "head"}),
        (2, {"relation": "spouse"}),
        (1, {"relation": "legal_person"}),
        (0, {"name": None}),
        (0, {"name": "李" * 61}),
        (0, {"education": "doctor"}),
        (0, {"id_from": "2026-01-01", "id_until": "2025-01-01"}),
        (0, {"id_until": "2036-01-01", "id_long": True}),
    ],
)
async def test_what_cannot_be_is_refused_whole(
    phone_of: PhoneOf, world: World, place: int, said: dict[str, Any]
) -> None:
    manager = await phone_of("manager")
    body = await household(manager, world)
    before = await row(manager, body, place)
    seen = {name: before.get(name) for name in said}
    receipt = await put(manager, who(body, place), edits(seen, employer="镇茶厂", **said))
    assert (receipt["result"], receipt["code"]) == ("rejected", "bad_value")
    assert await row(manager, body, place) == before


async def test_a_household_of_sixty_is_a_mistake(phone_of: PhoneOf, world: World) -> None:
    manager = await phone_of("manager")
    body = await household(manager, world)
    for n in range(4, 61):
        new = {"id": str(uuid7()), "customer_id": body["id"], "person_id": str(uuid7())}
        manager.save("member.put", new | {"edits": edits(name=f"亲戚{n}", relation="other")})
    results = [one["result"] for one in sorted(await manager.push(), key=lambda one: int(one["seq"]))]
    assert results == ["applied"] * 37 + ["rejected"] * 20


async def test_an_id_number_is_not_replaced_by_one_person(phone_of: PhoneOf, world: World) -> None:
    manager = await phone_of("manager")
    body = await household(manager, world)
    assert (await put(manager, who(body, 0), edits(id_number=HEAD)))["result"] == "applied"
    other = number("1979-03-04", "m", 4)
    receipt = await put(manager, who(body, 0), edits(id_number=other))
    assert (receipt["result"], receipt["lost"]) == ("merged", ["id_contested"])
    # nor does somebody get a number that is another's
    twin = await household(manager, world)
    receipt = await put(manager, who(twin, 0), edits(id_number=HEAD))
    assert (receipt["result"], receipt["lost"]) == ("merged", ["id_number"])
    assert (await row(manager, twin, 0))["id_known"] is False


async def test_what_needs_a_consent_waits_for_it_and_goes_with_it(phone_of: PhoneOf, world: World) -> None:
    agent, manager = await phone_of("agent"), await phone_of("manager")
    body = await household(agent, world)
    ill = edits(health="chronic", whereabouts="away_work", work_place="武汉")
    receipt = await put(agent, who(body, 1), ill)
    assert (receipt["result"], receipt["code"]) == ("rejected", "no_consent")
    for purpose in ("health", "whereabouts"):
        assert (await consent(agent, body, 1, purpose))["result"] == "applied"
    assert (await put(agent, who(body, 1), ill))["result"] == "applied"
    there = await row(manager, body, 1)
    assert (there["health"], there["whereabouts"], there["work_place"]) == ("chronic", "away_work", "武汉")
    assert [one[:3] for one in there["consents"]] == [["health", True, 1], ["whereabouts", True, 1]]
    # the agent sees where she is, and not how she is
    theirs = await row(agent, body, 1)
    assert theirs["whereabouts"] == "away_work"
    assert "health" not in theirs
    # withdrawn on the manager's phone: gone from both, refused from both, there again when it is given again
    for purpose in ("health", "whereabouts"):
        assert (await withdraw(manager, body, 1, purpose))["result"] == "applied"
    gone = await row(manager, body, 1)
    assert (gone["health"], gone["whereabouts"], gone["work_place"]) == (None, None, None)
    assert [one[:2] for one in gone["consents"]] == [["health", False], ["whereabouts", False]]
    assert (await row(agent, body, 1))["whereabouts"] is None
    receipt = await put(agent, who(body, 1), edits(whereabouts="home"))
    assert (receipt["result"], receipt["code"]) == ("rejected", "no_consent")
    assert (await consent(agent, body, 1, "whereabouts"))["result"] == "applied"
    assert (await row(manager, body, 1))["whereabouts"] == "away_work"


async def test_a_withdrawal_ends_what_was_signed_before_it_and_arrives_later(two: Two, world: World) -> None:
    manager, deputy = two
    body = await household(manager, world)
    assert (await withdraw(manager, body, 0, "health", HOUR))["result"] == "applied"
    signature = {"hash": "0" * 64, "taken_at": deputy.now()}
    signer = body["members"][0]["person_id"]
    given = {"purpose": "health", "text_number": 1, "signed_by": signer, "signature": signature}
    deputy.save("consent.give", person(body, 0) | given, at=deputy.now() - 2 * HOUR)
    assert [one["result"] for one in await deputy.push()] == ["applied"]
    receipt = await put(deputy, who(body, 0), edits(health="good"))
    assert (receipt["result"], receipt["code"]) == ("rejected", "no_consent")


async def test_a_guardian_signs_for_a_child_and_nobody_offers_it_anything(
    phone_of: PhoneOf, world: World
) -> None:
    manager = await phone_of("manager")
    body = await household(manager, world)
    mother = body["members"][1]["person_id"]
    for by in (1, 2):
        receipt = await consent(manager, body, 2, "whereabouts", by)
        assert (receipt["result"], receipt["code"]) == ("rejected", "bad_value")
    # a grown-up has none, a stranger is none
    for place, guardian in ((1, body["members"][0]["person_id"]), (2, str(uuid7()))):
        receipt = await put(manager, who(body, place), edits(guardian_id=guardian))
        assert (receipt["result"], receipt["code"]) == ("rejected", "bad_value")
    assert (await put(manager, who(body, 2), edits(guardian_id=mother)))["result"] == "applied"
    assert (await consent(manager, body, 2, "whereabouts", 0))["result"] == "rejected"
    assert (await consent(manager, body, 2, "whereabouts", 1))["result"] == "applied"
    there = await row(manager, body, 2)
    assert there["guardian_id"] == mother
    assert there["consents"][0][4] == mother
    assert (await consent(manager, body, 2, "marketing", 1))["result"] == "rejected"
    assert (await consent(manager, body, 1, "marketing"))["result"] == "applied"
    # a text that nobody wrote
    assert (await consent(manager, body, 1, "health", text_number=2))["result"] == "rejected"
    assert (await consent(manager, body, 1, "everything"))["result"] == "rejected"


async def test_without_consent_to_credit_there_is_no_limit_and_the_reason_is_said(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    agent, manager = await phone_of("agent"), await phone_of("manager")
    body = await household(agent, world)
    income = [
        {"field": name, "seen": None, "value": value}
        for name, value in (("income_wages_fen", 20_000_000), ("spending_living_fen", 2_000_000))
    ]
    manager.save("customer.set_values", {"customer_id": body["id"], "edits": income})
    house = {"kind": "real_estate", "label": "楼房", "value_fen": 80_000_000, "detail": {}}
    manager.save("record.put", {"id": str(uuid7()), "customer_id": body["id"]} | house)
    assert {one["result"] for one in await manager.push()} == {"applied"}

    async def profile() -> dict[str, Any]:
        await work()
        await manager.pull()
        return dict(manager.of("profile")[body["id"]])

    before = await profile()
    assert before["limit_fen"] == 0
    assert "sum.veto_consent" in [code for code, _ in before["reasons"]]
    # the wife's is not the head's
    assert (await consent(agent, body, 1, "credit"))["result"] == "applied"
    assert (await profile())["limit_fen"] == 0
    assert (await consent(agent, body, 0, "credit"))["result"] == "applied"
    signed = await profile()
    assert signed["limit_fen"] > 0
    assert "sum.veto_consent" not in [code for code, _ in signed["reasons"]]
    assert (await withdraw(agent, body, 0, "credit"))["result"] == "applied"
    after = await profile()
    assert after["limit_fen"] == 0
    assert ["sum.veto_consent", -signed["limit_fen"]] in [list(one) for one in after["reasons"]]
    assert sum(amount for code, amount in after["reasons"] if code.startswith("sum.")) == 0


async def test_a_stranger_says_nothing_of_anybody(phone_of: PhoneOf, world: World) -> None:
    manager, stranger = await phone_of("manager"), await phone_of("manager2")
    body = await household(manager, world)
    assert (await put(stranger, who(body, 0), edits(employer="x")))["code"] == "out_of_scope"
    assert (await consent(stranger, body, 0, "credit"))["code"] == "out_of_scope"
    assert (await withdraw(stranger, body, 0, "credit"))["code"] == "out_of_scope"
    mine = await household(stranger, world, "W1")
    # nor moves a person of another's into a household of their own
    theirs = who(mine, 0) | {"person_id": body["members"][0]["person_id"]}
    assert (await put(stranger, theirs, edits(employer="x")))["code"] == "id_taken"
    theirs = person(mine, 0) | {"member_id": body["members"][0]["id"]}
    stranger.save("consent.withdraw", theirs | {"purpose": "credit", "reason": "x"})
    assert (await stranger.push())[0]["code"] == "out_of_scope"
