"""Customers are counted by any combination of what is known of them, each asker among their own."""

from typing import Any

import pytest
from litestar import Litestar

from tests.backend.audience.asking import EVERYBODY, ask, counted, every, lacks, made, some, tag
from tests.support.bodies import visit
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work


async def test_everybody_counts_among_their_own(phone_of: PhoneOf, world: World, work: Work) -> None:
    manager, west = await phone_of("manager"), await phone_of("manager2")
    await made(manager, world, "E1", "汪德海", "周海生")
    await made(manager, world, "E2", "汪德水")
    await made(west, world, "W1", "汪德海", "许三", "许四")
    await work()
    seen = {
        login: await counted(await phone_of(login), EVERYBODY)
        for login in ("manager", "deputy", "head", "manager2", "head2", "business")
    }
    assert seen == {
        **dict.fromkeys(("manager", "deputy", "head"), (3, 3)),
        **dict.fromkeys(("manager2", "head2"), (3, 3)),
        "business": (6, 6),
    }
    head = await phone_of("head")
    wang: dict[str, Any] = {"is": "named", "contains": "汪"}
    assert await counted(head, wang) == (2, 3)
    assert await counted(head, {"is": "named", "contains": "許"}) == (0, 3)
    assert await counted(head, {"is": "named", "contains": "%"}) == (0, 3)
    w1 = {"is": "grids", "any_of": [str(world.grids["W1"].id)]}
    e1 = {"is": "grids", "any_of": [str(world.grids["E1"].id)]}
    assert await counted(head, w1) == (0, 3)
    assert await counted(head, e1) == (2, 3)
    assert await counted(head, every(e1, wang)) == (1, 3)
    assert await counted(head, every(e1, lacks(wang))) == (1, 3)
    assert await counted(head, some(e1, wang)) == (3, 3)
    west_branch = {"is": "branches", "any_of": [str(world.west)]}
    assert await counted(head, west_branch) == (0, 3)
    assert await counted(await phone_of("business"), west_branch) == (3, 6)
    assert await counted(await phone_of("business"), {"is": "owners", "any_of": [manager.staff["id"]]}) == (
        3,
        6,
    )


async def test_who_sees_no_profile_chooses_by_none(phone_of: PhoneOf, world: World) -> None:
    for login in ("agent", "lead", "data", "risk", "auditor", "admin"):
        answer = await ask(await phone_of(login), "count", choice=EVERYBODY)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed"), login
    # of the whole bank nobody is fished for by a part of a name, however deep it is hidden
    hidden = lacks(every(EVERYBODY, lacks({"is": "named", "contains": "汪"})))
    answer = await ask(await phone_of("business"), "count", choice=hidden)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


async def test_an_edit_on_a_phone_moves_the_count(
    app: Litestar, phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager, head, other = await phone_of("manager"), await phone_of("head"), await phone_of("head2")
    first, _ = await made(manager, world, "E1", "汪德海", "周海生")
    await work()
    # met on site today: the visit itself, and the tag that the worker makes of it
    seen = {"is": "visited", "within_days": 0}
    assert await counted(head, seen) == (0, 2)
    # from here on it is counted in memory
    await app.state.resources.packed.loaded()
    assert app.state.resources.packed.columns is not None
    assert await counted(head, tag("never_visited")) == (2, 2)
    place = world.grids["E1"]
    manager.save("visit.log", visit(first, place.lon, place.lat, manager.now()))
    assert [one["result"] for one in await manager.push()] == ["applied"]
    await work()
    assert await counted(head, seen) == (1, 2)
    assert await counted(head, lacks(seen)) == (1, 2)
    assert await counted(head, tag("never_visited")) == (1, 2)
    assert await counted(other, seen) == (0, 0)


async def test_numbers_and_codes(phone_of: PhoneOf, world: World, work: Work) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    await made(manager, world, "E1", "汪德海", "周海生")
    assert await counted(head, {"is": "score", "at_least": 0}) == (0, 2), "not worked out yet"
    assert await counted(head, lacks({"is": "score", "at_least": 0})) == (2, 2)
    await work()
    assert await counted(head, {"is": "score", "at_least": 0, "at_most": 100}) == (2, 2)
    assert await counted(head, {"is": "score", "at_least": 101}) == (0, 2)
    assert await counted(head, {"is": "limit_fen", "at_most": 0}) == (2, 2)
    assert await counted(head, {"is": "rate_bp", "at_least": 1}) == await counted(
        head, lacks(lacks({"is": "rate_bp", "at_least": 1}))
    )
    assert await counted(head, {"is": "kind", "any_of": ["business"]}) == (0, 2)
    tiers = ["high_end", "core", "basic", "potential"]
    found = [(await counted(head, {"is": "tier", "any_of": [one]}))[0] for one in tiers]
    assert sum(found) == 2
    assert await counted(head, {"is": "tier", "any_of": tiers}) == (2, 2)


@pytest.mark.parametrize(
    ("choice", "code"),
    [
        (tag("never_visit"), "unknown_condition"),
        ({"is": "tier", "any_of": ["high"]}, "unknown_condition"),
        ({"is": "kind", "any_of": ["houshold"]}, "unknown_condition"),
        ({"is": "score"}, "malformed"),
        ({"is": "score", "at_least": 2, "at_most": 1}, "malformed"),
        ({"is": "named", "contains": " "}, "malformed"),
        ({"is": "named", "contains": ""}, "malformed"),
        ({"is": "grids", "any_of": []}, "malformed"),
        ({"is": "overdrawn"}, "malformed"),
        ({"is": "tag", "name": "overdue", "or": 1}, "malformed"),
        (every(*([EVERYBODY] * 99)), None),
        (every(*([EVERYBODY] * 100)), "choice_too_large"),
        (every(every(*([EVERYBODY] * 90)), every(*([EVERYBODY] * 9))), "choice_too_large"),
    ],
)
async def test_what_cannot_be_is_refused(
    phone_of: PhoneOf, world: World, choice: dict[str, Any], code: str | None
) -> None:
    answer = await ask(await phone_of("head"), "count", choice=choice)
    assert (answer.status_code, answer.json().get("code")) == ((422, code) if code else (200, None)), (
        answer.text
    )


async def test_depth_is_limited_before_anything_else(phone_of: PhoneOf, world: World) -> None:
    head = await phone_of("head")
    for depth, status in ((7, 200), (8, 422), (5000, 422)):
        body = '{"choice":' + '{"is":"not","of":' * depth + '{"is":"all","of":[]}' + "}" * depth + "}"
        answer = await head.phone.client.post(
            "/api/v1/audience/count", content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == status, (depth, answer.text)


async def test_a_tag_that_is_not_there_is_answered_with_the_nearest(phone_of: PhoneOf, world: World) -> None:
    answer = await ask(await phone_of("head"), "count", choice=lacks(tag("never_visit")))
    assert answer.json()["nearest"] == "never_visited"
    answer = await ask(await phone_of("head"), "count", choice=tag("zzzzzzzz"))
    assert answer.json()["nearest"] is None
