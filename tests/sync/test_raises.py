"""What the customer's page says would raise the limit, done by a phone's commands: it rises by that."""

from typing import Any

import pytest

from backend.kernel.ids import uuid7
from tests.support.bodies import new_household
from tests.support.camera import digest, small_photo
from tests.support.clock import MovingClock
from tests.support.field_phone import FieldPhone
from tests.support.opportunities import income, limited
from tests.support.signing import sign
from tests.support.till import Till
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work
from tests.sync.test_team import numbered_household, rich

pytestmark = pytest.mark.slow


async def said(phone: FieldPhone, customer_id: str) -> tuple[int, dict[str, int]]:
    """The limit, and what would raise it by code."""
    await phone.pull()
    row = phone.of("profile")[customer_id]
    return row["limit_fen"], {code: fen for code, fen in row["reasons"] if code.startswith("raise.")}


async def values(phone: FieldPhone, customer_id: str, **amounts: int) -> None:
    edits = [{"field": field, "seen": None, "value": fen} for field, fen in amounts.items()]
    phone.save("customer.set_values", {"customer_id": customer_id, "edits": edits})
    assert {one["result"] for one in await phone.push()} == {"applied"}


async def photo(phone: FieldPhone, customer_id: str, file_class: str) -> str:
    body: dict[str, Any] = {"id": str(uuid7()), "customer_id": customer_id, "file_class": file_class}
    phone.save("photo.add", body | {"hash": digest(small_photo(1)), "taken_at": phone.now()})
    assert [one["result"] for one in await phone.push()] == ["applied"]
    return str(body["id"])


async def test_the_contract_of_rented_land_and_its_photo_taken_away_again(
    phone_of: PhoneOf, world: World, work: Work, clock: MovingClock
) -> None:
    clock.move_to_local(2026, 12, 15)
    manager, agent = await phone_of("manager"), await phone_of("agent")
    customer_id, _ = await limited(manager, world, work)
    await values(manager, customer_id, income_planting_fen=2_000_000)
    for tenure, area in (("rented_in", 49_333), ("contracted", 8_000)):
        land = {
            "kind": "farmland",
            "label": "田",
            "area_m2": area,
            "detail": {"crop": "rice", "tenure": tenure},
        }
        manager.save("record.put", {"id": str(uuid7()), "customer_id": customer_id} | land)
    assert {one["result"] for one in await manager.push()} == {"applied"}
    await work()
    before, raising = await said(manager, customer_id)
    assert raising["raise.contract"] > 0
    # whoever takes the photo, an agent too; who never learns what it did
    shown = await photo(agent, customer_id, "contract")
    await work()
    after, left = await said(manager, customer_id)
    assert after - before == raising["raise.contract"]
    assert "raise.contract" not in left
    await agent.pull()
    assert "raise." not in agent.everything()
    # a photo of anything else proves nothing
    await photo(manager, customer_id, "land")
    agent.save("photo.remove", {"id": shown, "customer_id": customer_id, "reason": "mistake"})
    assert [one["result"] for one in await agent.push()] == ["applied"]
    await work()
    assert await said(manager, customer_id) == (before, raising)


async def test_the_consent_that_was_not_signed(phone_of: PhoneOf, world: World, work: Work) -> None:
    manager = await phone_of("manager")
    body = new_household(world.grids["E1"])
    manager.save("customer.create", body)
    house = {"kind": "real_estate", "label": "楼房", "value_fen": 80_000_000, "detail": {}}
    manager.save("record.put", {"id": str(uuid7()), "customer_id": body["id"]} | house)
    await manager.push()
    await income(manager, body["id"], 4_000_000)
    await work()
    before, raising = await said(manager, body["id"])
    assert (before, raising["raise.consent"] > 0) == (0, True)
    await sign(manager, body["id"], "head", purpose="credit")
    await work()
    after, left = await said(manager, body["id"])
    assert (after, "raise.consent" in left) == (raising["raise.consent"], False)


async def test_spending_that_was_not_asked_for(phone_of: PhoneOf, world: World, work: Work) -> None:
    manager = await phone_of("manager")
    customer_id, before = await limited(manager, world, work)
    _, raising = await said(manager, customer_id)
    # 30 of a hundred of what comes in, as the page says
    await values(manager, customer_id, spending_living_fen=1_200_000)
    await work()
    after, left = await said(manager, customer_id)
    assert after - before == raising["raise.spending"] > 0
    assert "raise.spending" not in left


async def test_an_overdue_loan_that_is_settled(
    phone_of: PhoneOf, world: World, work: Work, till: Till
) -> None:
    manager = await phone_of("manager")
    customer_id = await numbered_household(manager, world)
    for purpose in ("accounts", "credit"):
        await sign(manager, customer_id, "head", purpose=purpose)
    house = {"kind": "real_estate", "label": "楼房", "value_fen": 80_000_000, "detail": {}}
    manager.save("record.put", {"id": str(uuid7()), "customer_id": customer_id} | house)
    await manager.push()
    await income(manager, customer_id, 9_000_000)
    await rich(till, 3, overdue="40")
    await work()
    before, raising = await said(manager, customer_id)
    assert before == 0
    assert raising["raise.overdue"] > 0
    await rich(till, 2, deposits="300001.00")
    await work()
    after, _ = await said(manager, customer_id)
    assert after == raising["raise.overdue"]
