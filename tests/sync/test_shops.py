"""The same shop, entered twice: found at night, put side by side, made one or said to be two, taken back.
CONTRACT.md sections 8 and 9."""

from typing import Any

import pytest
from sqlalchemy import text

from backend.customers.comparing_shops import core_of
from backend.customers.finding import DUE
from backend.kernel.actor import Actor
from backend.kernel.ids import uuid7
from backend.kernel.uow import Database
from tests.support.bodies import member, new_household, visit
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work
from tests.sync.test_business import CODE, give
from tests.sync.test_joined import ask
from tests.sync.test_people import edits, who

# the model's statements are long, and a busy machine takes its time over them
pytestmark = pytest.mark.timeout(400)

Body = dict[str, Any]
OTHER_CODE = "91440101MA59T2RK2B"
#: metres to degrees of latitude
M = 1 / 111_320


def owner(name: str, born: str = "1979-03-04", phone: str | None = None) -> Body:
    return member(name, "owner", "m", born, phone)


async def opened(
    phone: FieldPhone,
    world: World,
    name: str,
    *people: Body,
    grid: str = "E1",
    north_m: float = 0,
    **more: Any,
) -> Body:
    """A shop met at its door, some metres north of the grid's point."""
    place = world.grids[grid]
    point = {"lon": place.lon, "lat": place.lat + north_m * M, "accuracy_m": 9.5}
    body = new_household(place, name=name, kind="business", members=list(people), point=point)
    body |= {"phone": None, "address": ""} | more
    phone.save("customer.create", body)
    assert [one["result"] for one in await phone.push()] == ["applied"]
    return body


async def street(phone: FieldPhone, world: World) -> None:
    """Shops that have nothing to do with one another, thirty metres apart."""
    names = [
        f"{one}{kind}"
        for one in ("兴隆", "振兴", "惠民", "双喜", "金穗")
        for kind in ("超市", "农资店", "理发店")
    ]
    names = [f"{place}号{name}" for place, name in enumerate(names)]
    for place, name in enumerate(names):
        grid = "E1" if place % 2 else "E2"
        await opened(
            phone,
            world,
            name,
            owner(f"王{'甲乙丙丁戊'[place % 5]}{place}"),
            grid=grid,
            north_m=400 + 30 * place,
        )


async def night(worker_db: Database, work: Work) -> list[tuple[set[str], str, set[str]]]:
    """Which businesses are found: names, state and what agrees."""
    async with worker_db.unit(Actor.system("test")) as uow:
        uow.emit(DUE, {})
    await work()
    async with worker_db.unit(Actor.system("test")) as uow:
        rows = await uow.session.execute(
            text(
                "SELECT c.name, e.name, d.state, d.reasons FROM business_pair d"
                " JOIN customer c ON c.id = d.customer_id JOIN customer e ON e.id = d.other_id"
                " ORDER BY c.name"
            )
        )
        return [({row[0], row[1]}, row[2], set(row[3])) for row in rows]


async def pair(worker_db: Database, one: Body, other: Body) -> None:
    """As a night would have found it."""
    low, high = sorted((one["id"], other["id"]))
    async with worker_db.unit(Actor.system("test")) as uow:
        await uow.session.execute(
            text(
                "INSERT INTO business_pair (id, customer_id, other_id, state, per_mille, reasons, found_at)"
                " VALUES (:id, :low, :high, 'open', 970, '{title_alike,point}', now())"
            ),
            {"id": uuid7(), "low": low, "high": high},
        )


def merge(goes: Body, stays: Body, *places: tuple[int, int]) -> Body:
    same = [
        {"member_id": goes["members"][one]["id"], "into_member_id": stays["members"][other]["id"]}
        for one, other in places
    ]
    return {"customer_id": goes["id"], "into_id": stays["id"], "reason": "同一家店", "same": same}


def apart(one: Body, other: Body) -> Body:
    return {"customer_id": one["id"], "other_id": other["id"]}


async def said(phone: FieldPhone, kind: str, body: Body) -> str:
    phone.save(kind, body)
    receipt = (await phone.push())[0]
    return str(receipt.get("code") or receipt["result"])


@pytest.mark.parametrize(
    ("name", "core"),
    [
        ("永福小卖部", "永福"),
        ("永福商店", "永福"),
        ("永福（老街）粮油店", "永福老街"),
        ("田 大山 农资经营部", "田大山"),
        ("超市", "超市"),
        ("福店", "福店"),
    ],
)
def test_what_a_shop_is_called_without_what_it_is(name: str, core: str) -> None:
    assert core_of(name) == core


async def test_the_same_shop_is_found_with_what_agrees_and_others_are_not(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    manager = await phone_of("manager")
    await street(manager, world)
    # another word for what it is, the same owner typed anew, the point of another phone
    await opened(manager, world, "永福小卖部", owner("李永福"))
    await opened(manager, world, "永福商店", owner("李永福"), north_m=25)
    # the same phone under two names, a street further
    await opened(manager, world, "老田修车", owner("田大山", phone="13900002222"), grid="E2", north_m=-300)
    await opened(manager, world, "老田修车铺", owner("田达山", phone="13900002222"), grid="E2", north_m=-500)
    # next door, of the same owner, and of another name; far away of the same name; two with a code each
    await opened(manager, world, "桂花早餐店", owner("陈桂花"), north_m=-100)
    await opened(manager, world, "春风理发店", owner("张春风"), north_m=-110)
    await opened(manager, world, "永福五金", owner("赵永福"), grid="E2", north_m=900)
    first = await opened(manager, world, "宏达建材", owner("周宏达"), north_m=-700)
    second = await opened(manager, world, "宏达建材店", owner("周宏达"), north_m=-710)
    for body, code in ((first, CODE), (second, OTHER_CODE)):
        assert (await give(manager, body["id"], credit_code=code))["result"] == "applied"
    await work()
    found = await night(worker_db, work)
    assert [(names, state) for names, state, _ in found] == [
        ({"永福商店", "永福小卖部"}, "open"),
        ({"老田修车", "老田修车铺"}, "open"),
    ]
    assert [why for _, _, why in found] == [
        {"title_alike", "owner_name", "point"},
        {"title_alike", "owner_name", "phone", "point_near"},
    ]
    assert await night(worker_db, work) == found
    await manager.pull()
    told = [one["params"] for one in manager.of("inbox").values() if one["kind"] == "duplicates_found"]
    assert told == [{"count": 2}]


async def test_two_shops_become_one_with_all_that_hangs_on_them_and_are_two_again(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    here = [owner("李永福", phone="13900002222"), member("王五妹", "legal_person", "f", "1981-08-09", None)]
    there = [owner("李永福"), member("赵法人", "legal_person", "m", "1970-01-02", None)]
    goes, stays = (
        await opened(manager, world, "永福小卖部", *here),
        await opened(manager, world, "永福商店", *there, north_m=25),
    )
    place = world.grids["E1"]
    manager.save("visit.log", visit(goes["id"], place.lon, place.lat, manager.now()))
    thing = {"id": str(uuid7()), "customer_id": goes["id"], "kind": "premises", "label": "门面", "detail": {}}
    manager.save("record.put", thing | {"area_m2": 60})
    assert {one["result"] for one in await manager.push()} == {"applied"}
    assert (await give(manager, goes["id"], credit_code=CODE, staff_count=2))["result"] == "applied"
    assert (await give(manager, stays["id"], staff_count=3))["result"] == "applied"
    await work()
    await pair(worker_db, goes, stays)
    await manager.pull()
    before = {kind: manager.of(kind) for kind in ("customer", "member", "record", "visit", "file")}

    answer = (await ask(head)).json()
    (found,) = answer["businesses"]
    assert (found["business"], found["people"]) == (
        {"per_mille": 970, "reasons": ["title_alike", "point"]},
        [],
    )
    assert {found["one"]["kind"], found["other"]["kind"]} == {"business"}
    whole = (await ask(head, goes["id"], stays["id"])).json()
    assert [one["customer"]["name"] for one in whole["households"]] == ["永福小卖部", "永福商店"]
    assert whole["pair"]["business"]["per_mille"] == 970

    manager.save("customer.merge", merge(goes, stays, (0, 0)))
    receipt = (await manager.push())[0]
    assert (receipt["result"], receipt["lost"]) == ("merged", ["staff_count"])
    await work()
    await manager.pull()
    assert set(manager.of("customer")) == {stays["id"]}
    people = {row["name"]: row for row in manager.of("member").values()}
    assert {name: row["relation"] for name, row in people.items()} == {
        "李永福": "owner",
        "王五妹": "other",
        "赵法人": "legal_person",
    }
    assert people["李永福"]["phone"] == "13900002222"
    values = manager.of("file")[stays["id"]]["values"]
    assert (values["credit_code"][0], values["staff_count"][0]) == (CODE, 3)
    for kind in ("record", "visit"):
        assert {row["customer_id"] for row in manager.of(kind).values()} == {stays["id"]}
    # what a phone says of the entry that went is said of the one that stays
    manager.save("member.put", who(goes, 0) | {"edits": edits(occupation="店主")})
    assert [one["result"] for one in await manager.push()] == ["applied"]
    answer = (await ask(head)).json()
    assert ([one["kind"] for one in answer["merged"]], answer["businesses"]) == (["business"], [])

    assert (
        await said(manager, "customer.unmerge", {"customer_id": goes["id"], "reason": "是两家"}) == "applied"
    )
    await work()
    await manager.pull()
    for kind in ("record", "visit", "file"):
        assert {key: row | {"revision": 0} for key, row in manager.of(kind).items()} == {
            key: row | {"revision": 0} for key, row in before[kind].items()
        }, kind
    back = manager.of("member")
    assert {key: (row["customer_id"], row["relation"], row["phone"]) for key, row in back.items()} == {
        key: (row["customer_id"], row["relation"], row["phone"]) for key, row in before["member"].items()
    }
    assert len((await ask(head)).json()["businesses"]) == 1


async def test_who_runs_both_is_there_once_and_again_in_both_when_it_is_undone(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    manager = await phone_of("manager")
    goes, stays = (
        await opened(manager, world, "永福小卖部", owner("李永福")),
        await opened(manager, world, "永福商店", owner("张三"), north_m=25),
    )
    # no phone enters one person into two businesses; an import may
    twin = str(uuid7())
    async with worker_db.unit(Actor.system("test")) as uow:
        await uow.session.execute(
            text(
                "INSERT INTO membership (id, customer_id, person_id, relation, since_on, in_household)"
                " VALUES (:id, :customer, :person, 'other', '2026-01-02', false)"
            ),
            {"id": twin, "customer": stays["id"], "person": goes["members"][0]["person_id"]},
        )
    # a phone may say of the two rows that they are one, as they have one name: that is what they are
    same = {"member_id": goes["members"][0]["id"], "into_member_id": twin}
    for occupation, chosen in (("店主", []), ("老板", [same])):
        body = merge(goes, stays) | {"same": chosen}
        assert await said(manager, "customer.merge", body) in ("applied", "merged")
        # what is said of the row that stayed behind is said of the other
        manager.save("member.put", who(goes, 0) | {"edits": edits(occupation=occupation)})
        assert [one["result"] for one in await manager.push()] == ["applied"]
        await work()
        await manager.pull()
        rows = manager.of("member").values()
        assert sorted((row["name"], row["customer_id"]) for row in rows) == [
            ("张三", stays["id"]),
            ("李永福", stays["id"]),
        ]
        assert occupation in [row["occupation"] for row in rows]
        undone = {"customer_id": goes["id"], "reason": "是两家"}
        assert await said(manager, "customer.unmerge", undone) == "applied"
        await work()
        await manager.pull()
        places = sorted((row["name"], row["customer_id"]) for row in manager.of("member").values())
        assert places == sorted([("李永福", goes["id"]), ("李永福", stays["id"]), ("张三", stays["id"])])
    async with worker_db.unit(Actor.system("test")) as uow:
        assert not await uow.session.scalar(text("SELECT count(*) FROM person WHERE part_of IS NOT NULL"))


async def test_what_cannot_be_one(phone_of: PhoneOf, world: World, work: Work, worker_db: Database) -> None:
    manager, stranger, agent = await phone_of("manager"), await phone_of("manager2"), await phone_of("agent")
    goes, stays = (
        await opened(manager, world, "永福小卖部", owner("李永福")),
        await opened(manager, world, "永福商店", owner("李永福")),
    )
    far = await opened(stranger, world, "永福商店", owner("李永福"), grid="W1")
    family = new_household(world.grids["E1"])
    assert await said(manager, "customer.create", family) == "applied"
    for phone, body, code in (
        (manager, merge(goes, goes), "bad_value"),
        (manager, merge(goes, family), "bad_value"),
        (manager, merge(goes, stays, (0, 0), (0, 0)), "bad_value"),
        (manager, merge(goes, far), "out_of_scope"),
        (stranger, merge(goes, stays), "out_of_scope"),
        (agent, merge(goes, stays), "not_allowed"),
    ):
        assert await said(phone, "customer.merge", body) == code
    # somebody who lives in a household stays its member
    async with worker_db.unit(Actor.system("test")) as uow:
        await uow.session.execute(
            text(
                "INSERT INTO membership (id, customer_id, person_id, relation, since_on, in_household)"
                " VALUES (:id, :customer, :person, 'other', '2026-01-02', true)"
            ),
            {"id": uuid7(), "customer": family["id"], "person": goes["members"][0]["person_id"]},
        )
    await pair(worker_db, goes, stays)
    whole = (await ask(manager, goes["id"], stays["id"])).json()
    assert [one["at_home"] for one in whole["households"]] == [[goes["members"][0]["id"]], []]
    assert await said(manager, "customer.merge", merge(goes, stays, (0, 0))) == "bad_value"
    assert (await give(manager, goes["id"], credit_code=CODE))["result"] == "applied"
    assert (await give(manager, stays["id"], credit_code=OTHER_CODE))["result"] == "applied"
    assert await said(manager, "customer.merge", merge(goes, stays)) == "bad_value"


async def test_they_are_said_to_be_two_and_no_night_asks_again(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    manager, head, stranger = await phone_of("manager"), await phone_of("head"), await phone_of("manager2")
    agent = await phone_of("agent")
    one, other = (
        await opened(manager, world, "永福小卖部", owner("李永福", phone="13900002222")),
        await opened(manager, world, "永福商店", owner("李永福", phone="13900002222"), north_m=25),
    )
    family = new_household(world.grids["E1"])
    assert await said(manager, "customer.create", family) == "applied"
    await street(manager, world)
    await work()
    assert [state for _, state, _ in await night(worker_db, work)] == ["open"]
    for phone, body, code in (
        (stranger, apart(one, other), "out_of_scope"),
        (agent, apart(one, other), "not_allowed"),
        (manager, apart(one, one), "bad_value"),
        (manager, apart(one, family), "bad_value"),
    ):
        assert await said(phone, "duplicate.decline_business", body) == code
    assert await said(manager, "duplicate.decline_business", apart(other, one)) == "applied"
    # the first word stands
    assert await said(head, "duplicate.decline_business", apart(one, other)) == "applied"
    assert [state for _, state, _ in await night(worker_db, work)] == ["declined"]
    assert (await ask(head)).json()["businesses"] == []
    async with worker_db.unit(Actor.system("test")) as uow:
        assert await uow.session.scalar(text("SELECT decided_by FROM business_pair")) == world["manager"].id


@pytest.mark.parametrize(
    ("login", "sees"), [("manager", 1), ("head", 1), ("manager2", 0), ("head2", 0), ("agent", 0)]
)
async def test_who_sees_the_pair(
    phone_of: PhoneOf, world: World, worker_db: Database, web_db: Database, login: str, sees: int
) -> None:
    manager = await phone_of("manager")
    one, other = await opened(manager, world, "永福小卖部"), await opened(manager, world, "永福商店")
    await pair(worker_db, one, other)
    async with web_db.unit(world[login].actor) as uow:
        assert await uow.session.scalar(text("SELECT count(*) FROM business_pair")) == sees
    answer = (await ask(await phone_of(login))).json()
    assert len(answer.get("businesses", [])) == sees


async def test_nobody_is_told_of_shops_of_two_branches(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    """A branch cannot open the other's file: a message would lead to an empty list (decision 0030)."""
    east, west = await phone_of("manager"), await phone_of("manager2")
    await opened(east, world, "永福小卖部", owner("李永福", phone="13900002222"))
    await opened(west, world, "永福商店", owner("李永福", phone="13900002222"), grid="W1")
    await street(east, world)
    await work()
    assert [state for _, state, _ in await night(worker_db, work)] == ["open"]
    for login in ("head", "head2", "manager", "manager2"):
        phone = await phone_of(login)
        await phone.pull()
        assert not [one for one in phone.of("inbox").values() if one["kind"] == "duplicates_found"]
        assert (await ask(phone)).json()["businesses"] == []
