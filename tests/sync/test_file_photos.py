"""Photos of a customer's file by class, through push, pull and the files' own addresses. CONTRACT.md
sections 5 and 8."""

from typing import Any

import pytest

from backend.kernel.crypto import Keys
from backend.kernel.ids import uuid7
from tests.support.camera import Camera, digest, small_photo
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work
from tests.sync.test_people import consent, household, withdraw


async def add(
    phone: FieldPhone, body: dict[str, Any], content: bytes, file_class: str, place: int | None = None
) -> tuple[str, dict[str, Any]]:
    """A photo of the household, of the papers of the member at `place`. Returns its id and the receipt."""
    said: dict[str, Any] = {
        "id": str(uuid7()),
        "customer_id": body["id"],
        "hash": digest(content),
        "file_class": file_class,
        "taken_at": phone.now(),
    }
    if place is not None:
        said["member_id"] = body["members"][place]["id"]
    phone.save("photo.add", said)
    return said["id"], (await phone.push())[0]


async def look(phone: FieldPhone, keys: Keys, content: bytes) -> int:
    return (await Camera(phone.phone, keys).get(content, "thumb")).status_code


async def test_a_photo_is_under_way_until_it_came_and_then_seen_by_who_may(
    phone_of: PhoneOf, world: World, work: Work, keys: Keys
) -> None:
    agent, manager, stranger = [await phone_of(one) for one in ("agent", "manager", "manager2")]
    body = await household(agent, world)
    land, shop = small_photo(1), small_photo(2)
    photo_id, receipt = await add(agent, body, land, "land")
    assert receipt["result"] == "applied"
    await manager.pull()
    assert manager.of("photo")[photo_id]["arrived"] is False
    assert await look(manager, keys, land) == 404
    assert (await Camera(agent.phone, keys).send(land, file_class="land")).status_code == 200
    await work()
    await manager.pull()
    there = manager.of("photo")[photo_id]
    assert (there["class"], there["arrived"], there["staff_id"]) == ("land", True, agent.staff["id"])
    assert await look(manager, keys, land) == 200
    assert await look(stranger, keys, land) == 404
    # the manager's own is not the agent's to see
    theirs, _ = await add(manager, body, shop, "business")
    assert (await Camera(manager.phone, keys).send(shop, file_class="business")).status_code == 200
    await work()
    await agent.pull()
    assert list(agent.of("photo")) == [photo_id]
    assert await look(agent, keys, shop) == 404
    agent.save("photo.remove", {"id": theirs, "customer_id": body["id"], "reason": "mistake"})
    assert (await agent.push())[0]["code"] == "out_of_scope"
    # it is over: gone from both phones, and no more to be looked at by the manager
    for phone in (manager, agent):
        phone.save("photo.remove", {"id": photo_id, "customer_id": body["id"], "reason": "outdated"})
        assert (await phone.push())[0]["result"] == "applied"
    for phone in (manager, agent):
        await phone.pull()
        assert photo_id not in phone.of("photo")
    assert await look(manager, keys, land) == 404


async def test_papers_wait_for_their_persons_consent_and_close_with_it(
    phone_of: PhoneOf, world: World, work: Work, keys: Keys
) -> None:
    agent, manager = await phone_of("agent"), await phone_of("manager")
    body = await household(agent, world)
    card = small_photo(3)
    assert (await add(agent, body, card, "id", 0))[1]["code"] == "no_consent"
    assert (await consent(agent, body, 1, "id_photo"))["result"] == "applied"
    assert (await add(agent, body, card, "id", 0))[1]["code"] == "no_consent", "his wife's is not his"
    assert (await consent(agent, body, 0, "id_photo"))["result"] == "applied"
    photo_id, receipt = await add(agent, body, card, "id", 0)
    assert receipt["result"] == "applied"
    assert (await Camera(agent.phone, keys).send(card, file_class="id")).status_code == 200
    await work()
    for phone in (agent, manager):
        await phone.pull()
    # who took it does not see it: an agent is not bank staff
    assert photo_id not in agent.of("photo")
    there = manager.of("photo")[photo_id]
    assert (there["class"], there["arrived"]) == ("id", True)
    assert there["person_id"] == body["members"][0]["person_id"]
    assert await look(manager, keys, card) == 200
    assert (await withdraw(agent, body, 0, "id_photo"))["result"] == "applied"
    await manager.pull()
    assert photo_id not in manager.of("photo")
    for phone in (manager, agent):
        assert await look(phone, keys, card) == 404
    # a file that comes after the withdrawal is received, so that the phone lets go of it, and stays closed
    assert (await consent(agent, body, 0, "id_photo"))["result"] == "applied"
    await manager.pull()
    assert manager.of("photo")[photo_id]["arrived"] is True
    assert await look(manager, keys, card) == 200
    late = small_photo(4)
    _, receipt = await add(agent, body, late, "id", 0)
    assert receipt["result"] == "applied"
    assert (await withdraw(manager, body, 0, "id_photo"))["result"] == "applied"
    assert (await Camera(agent.phone, keys).send(late, file_class="id")).status_code == 200
    await work()
    for phone in (manager, agent):
        assert await look(phone, keys, late) == 404


@pytest.mark.parametrize(
    ("file_class", "place"), [("id", None), ("home", 0), ("voice", None), ("anything", None)]
)
async def test_what_is_no_photo_of_the_file(
    phone_of: PhoneOf, world: World, file_class: str, place: int | None
) -> None:
    manager = await phone_of("manager")
    body = await household(manager, world)
    assert (await consent(manager, body, 0, "id_photo"))["result"] == "applied"
    _, receipt = await add(manager, body, small_photo(5), file_class, place)
    assert (receipt["result"], receipt["code"]) == ("rejected", "bad_value")


async def test_photos_go_along_in_a_merge_and_papers_with_their_person_in_a_split(
    phone_of: PhoneOf, world: World, work: Work
) -> None:
    manager = await phone_of("manager")
    body, other = await household(manager, world), await household(manager, world)
    assert (await consent(manager, body, 1, "id_photo"))["result"] == "applied"
    home, _ = await add(manager, body, small_photo(6), "home")
    card, _ = await add(manager, body, small_photo(7), "id", 1)
    new = str(uuid7())
    split = {
        "id": new,
        "customer_id": body["id"],
        "name": "王五妹",
        "address": "二组 8 号",
        "member_ids": [body["members"][1]["id"]],
        "head_id": body["members"][1]["id"],
    }
    manager.save("customer.split", split)
    assert (await manager.push())[0]["result"] == "applied"
    await manager.pull()
    photos = manager.of("photo")
    assert [photos[one]["customer_id"] for one in (home, card)] == [body["id"], new]
    # what is said of her by her former household finds her
    assert (await withdraw(manager, body, 1, "health"))["result"] == "applied"
    merge = {"customer_id": new, "into_id": other["id"], "reason": "同住"}
    manager.save("customer.merge", merge)
    assert (await manager.push())[0]["result"] == "applied"
    await manager.pull()
    assert manager.of("photo")[card]["customer_id"] == other["id"]
    manager.save("customer.unmerge", {"customer_id": new, "reason": "弄错了"})
    assert (await manager.push())[0]["result"] == "applied"
    await work()
    await manager.pull()
    assert manager.of("photo")[card]["customer_id"] == new
