"""All people are compared at night: who may be one is put to a person, and what a person said stands."""

from typing import Any

import pytest
from sqlalchemy import text

from backend.customers.finding import DUE
from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from tests.support.bodies import member, new_household
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work
from tests.sync.test_duplicates import number

# the model's statements are long, and a busy machine takes its time over them
pytestmark = pytest.mark.timeout(400)

#: a village of people who have nothing to do with one another but their surnames
VILLAGE = [
    f"{surname}{given}" for surname in "王李张刘陈杨向田" for given in ("国强", "秀英", "建军", "桂花")
]


def people(*names: str, born: str = "1961-04-05", phone: str | None = None) -> list[dict[str, Any]]:
    """A couple: the first the wife, born on that day, the second her husband."""
    wife = member(names[0], "head", "f", born, phone)
    return [wife, *(member(one, "spouse", "m", "1959-10-11", None) for one in names[1:])]


async def settled(phone: FieldPhone, world: World) -> None:
    """Thirty households in two villages, each with a head of their own age."""
    for place, name in enumerate(VILLAGE):
        born = f"19{40 + place % 55}-{1 + place % 12:02d}-{1 + place % 27:02d}"
        sex = "f" if place % 2 else "m"
        body = new_household(world.grids["E1" if place % 2 else "E2"], name=name)
        body |= {"phone": None, "members": [member(name, "head", sex, born, None)]}
        phone.save("customer.create", body)
    assert {one["result"] for one in await phone.push()} == {"applied"}


async def entered(phone: FieldPhone, world: World, grid: str, members: list[dict[str, Any]]) -> str:
    body = new_household(world.grids[grid], name=members[0]["name"], members=members)
    phone.save("customer.create", body | {"phone": None, "address": f"{len(members)} 组"})
    assert [one["result"] for one in await phone.push()] == ["applied"]
    return str(body["id"])


async def night(worker_db: Database, work: Work) -> list[tuple[list[str], str, list[str]]]:
    """Who is found: names, state and what agrees, the likeliest first."""
    async with worker_db.unit(Actor.system("test")) as uow:
        uow.emit(DUE, {})
    await work()
    async with worker_db.unit(Actor.system("test")) as uow:
        rows = await uow.session.execute(
            text(
                "SELECT p.name, o.name, d.state, d.reasons FROM duplicate_pair d"
                " JOIN person p ON p.id = d.person_id JOIN person o ON o.id = d.other_id"
                " ORDER BY d.per_mille DESC, d.id"
            )
        )
        return [(sorted((row[0], row[1])), row[2], row[3]) for row in rows]


async def test_who_may_be_one_is_found_with_what_agrees_and_others_are_not(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    manager = await phone_of("manager")
    await settled(manager, world)
    # typed by the sound, and moved house since
    await entered(manager, world, "E1", people("覃月秀", "田大山"))
    await entered(manager, world, "E2", people("秦越秀", "田达山"))
    # a slip in the birth date, the same phone
    await entered(manager, world, "E1", people("彭玉兰", born="1970-02-03", phone="13900002222"))
    await entered(manager, world, "E1", people("彭玉兰", born="1970-02-08", phone="13900002222"))
    # one character that only looks the same
    await entered(manager, world, "E1", people("向金枝", "罗少华", born="1955-08-09"))
    await entered(manager, world, "E2", people("向金技", "罗少华", born="1955-08-09"))
    # brothers, a namesake of another age, and two with a number each
    await entered(manager, world, "E1", people("向国民", born="1980-01-02"))
    await entered(manager, world, "E1", people("向国军", born="1983-05-06"))
    await entered(manager, world, "E2", people("彭玉兰", born="1991-12-30"))
    for birth, place in (("1975-06-07", 1), ("1975-06-07", 2)):
        one = people("陈桃花", born=birth)
        one[0]["id_number"] = number(birth, "f", place)
        await entered(manager, world, "E1", one)
    await work()
    found = await night(worker_db, work)
    assert {tuple(names): (state, set(why)) for names, state, why in found} == {
        ("秦越秀", "覃月秀"): ("open", {"sound", "birth", "kin"}),
        ("田大山", "田达山"): ("open", {"sound", "birth", "kin"}),
        ("彭玉兰", "彭玉兰"): ("open", {"phone", "name", "birth_near", "village"}),
        ("向金技", "向金枝"): ("open", {"letter", "birth", "kin"}),
        ("罗少华", "罗少华"): ("open", {"name", "birth"}),
    }
    # another night finds the same, once; who looks after both households was told of it once
    assert await night(worker_db, work) == found
    await manager.pull()
    told = [one["params"] for one in manager.of("inbox").values() if one["kind"] == "duplicates_found"]
    assert told == [{"count": 5}]


async def test_what_was_declined_stays_so_and_what_became_one_is_open_no_more(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    manager = await phone_of("manager")
    await settled(manager, world)
    one, other = people("覃月秀", "田大山"), people("秦越秀", "田达山")
    old, new = await entered(manager, world, "E1", one), await entered(manager, world, "E2", other)
    await work()
    assert [state for _, state, _ in await night(worker_db, work)] == ["open", "open"]
    manager.save("duplicate.decline", {"person_id": one[0]["person_id"], "other_id": other[0]["person_id"]})
    assert [row["result"] for row in await manager.push()] == ["applied"]
    states = {names[0]: state for names, state, _ in await night(worker_db, work)}
    assert states == {"田大山": "open", "秦越秀": "declined"}
    # both households became one: nobody of it is two
    manager.save("customer.merge", {"customer_id": old, "into_id": new, "reason": "同一户"})
    assert (await manager.push())[0]["result"] in ("applied", "merged")
    await work()
    assert [state for _, state, _ in await night(worker_db, work)] == ["declined"]


async def test_a_bank_without_people_and_one_with_a_single_person(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database
) -> None:
    assert await night(worker_db, work) == []
    await entered(await phone_of("manager"), world, "E1", people("覃月秀"))
    await work()
    assert await night(worker_db, work) == []


@pytest.mark.parametrize("text_of", ["number_index", "phone_index"])
async def test_no_number_is_compared_in_clear(worker_db: Database, text_of: str) -> None:
    from backend.customers import finding

    asked = str(finding._PEOPLE)
    assert text_of in asked
    assert "_sealed" not in asked
