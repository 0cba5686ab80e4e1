"""What a consent was for goes by rule, some days after it was withdrawn or its person died."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from backend.app.retention_cli import lines
from backend.customers.retention import DUE
from backend.kernel.actor import Actor
from backend.kernel.crypto import Keys
from backend.kernel.settings import Settings
from backend.kernel.uow import Database
from tests.support.camera import Camera, kept, small_photo
from tests.support.clock import MovingClock
from tests.support.field_phone import FieldPhone
from tests.support.world import PASSWORD, World
from tests.sync.conftest import PhoneOf, Work
from tests.sync.test_file_photos import add
from tests.sync.test_people import consent, edits, household, put, row, who, withdraw


async def night(
    worker_db: Database, work: Work, clock: MovingClock, days: int, phone: FieldPhone | None = None
) -> None:
    """So many days pass, and what is due is deleted; the phone signs in anew."""
    clock.advance(timedelta(days=days))
    if phone is not None:
        await phone.phone.login("manager", PASSWORD)
    async with worker_db.unit(Actor.system("test")) as uow:
        uow.emit(DUE, {})
    await work()


async def asked(worker_db: Database, query: str) -> list[Any]:
    async with worker_db.unit(Actor.system("test")) as uow:
        return list(await uow.session.scalars(text(query)))


async def test_what_was_withdrawn_is_deleted_after_its_days_and_not_before(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database, clock: MovingClock
) -> None:
    manager = await phone_of("manager")
    body = await household(manager, world)
    for purpose in ("health", "whereabouts"):
        await consent(manager, body, 1, purpose)
    said = edits(health="chronic", whereabouts="away_work", work_place="武汉", employer="县纺织厂")
    assert (await put(manager, who(body, 1), said))["result"] == "applied"
    for purpose in ("health", "whereabouts"):
        assert (await withdraw(manager, body, 1, purpose))["result"] == "applied"
    await night(worker_db, work, clock, 29, manager)
    assert await asked(worker_db, "SELECT purpose FROM retention_deletion") == []
    # within its days a consent that is given again finds what was said
    assert (await consent(manager, body, 1, "health"))["result"] == "applied"
    await night(worker_db, work, clock, 2, manager)
    assert await asked(worker_db, "SELECT purpose FROM retention_deletion") == ["whereabouts"]
    assert await asked(worker_db, "SELECT count(*) FROM membership WHERE whereabouts IS NOT NULL") == [0]
    fields = "SELECT DISTINCT field FROM person_change ORDER BY 1"
    assert await asked(worker_db, fields) == ["employer", "health"]
    assert (await consent(manager, body, 1, "whereabouts"))["result"] == "applied"
    there = await row(manager, body, 1)
    assert (there["whereabouts"], there["work_place"]) == (None, None)
    assert (there["health"], there["employer"]) == ("chronic", "县纺织厂")
    # a second night finds nothing more to do
    await night(worker_db, work, clock, 1)
    assert await asked(worker_db, "SELECT counts->>'fields' FROM retention_deletion") == ["2"]
    async with worker_db.unit(Actor.system("test")) as uow:
        found = await lines(uow, 30)
    assert len(found) == 2
    assert "whereabouts: withdrawn" in found[0]
    assert "武汉" not in found[0]


async def test_the_dead_are_forgotten_later(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database, clock: MovingClock
) -> None:
    manager = await phone_of("manager")
    body = await household(manager, world)
    await consent(manager, body, 1, "health")
    assert (await put(manager, who(body, 1), edits(health="ill")))["result"] == "applied"
    left = {"id": body["members"][1]["id"], "customer_id": body["id"], "reason": "died"}
    manager.save("member.remove", left)
    assert (await manager.push())[0]["result"] == "applied"
    await night(worker_db, work, clock, 300)
    assert await asked(worker_db, "SELECT purpose FROM retention_deletion") == []
    await night(worker_db, work, clock, 70)
    query = "SELECT purpose || ' ' || (counts->>'fields') FROM retention_deletion ORDER BY 1"
    assert await asked(worker_db, query) == ["health 1", "id_photo 0", "whereabouts 0"]


async def test_photos_of_papers_lose_their_bytes(
    phone_of: PhoneOf,
    world: World,
    work: Work,
    worker_db: Database,
    clock: MovingClock,
    keys: Keys,
    settings: Settings,
) -> None:
    manager = await phone_of("manager")
    body = await household(manager, world)
    await consent(manager, body, 0, "id_photo")
    card, house = small_photo(11), small_photo(12)
    assert (await add(manager, body, card, "id", 0))[1]["result"] == "applied"
    assert (await add(manager, body, house, "home"))[1]["result"] == "applied"
    for content, file_class in ((card, "id"), (house, "home")):
        sent = await Camera(manager.phone, keys).send(content, file_class=file_class)
        assert sent.status_code == 200
    await work()
    before = set(kept(settings))
    assert len(before) == 4
    assert (await withdraw(manager, body, 0, "id_photo"))["result"] == "applied"
    await night(worker_db, work, clock, 31, manager)
    assert len(set(kept(settings))) == 2
    assert (await Camera(manager.phone, keys).get(house)).status_code == 200
    assert (await Camera(manager.phone, keys).get(card)).status_code == 404
