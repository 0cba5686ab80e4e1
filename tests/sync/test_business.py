"""The file of a business, through push and pull alone. CONTRACT.md section 7."""

import asyncio
from typing import Any

from backend.customers import identities
from backend.kernel.actor import Actor
from backend.kernel.ids import uuid7
from backend.kernel.uow import Database
from tests.support.bodies import member, new_household
from tests.support.field_phone import FieldPhone
from tests.support.world import World
from tests.sync.conftest import PhoneOf
from tests.sync.test_disputes import two
from tests.sync.test_locks import _beside
from tests.sync.test_people import edits

__all__ = ["two"]

CODE = "92429000MA4A1B2C31"
QUARTERS = {f"turnover_q{place}_fen": 10_000_000 for place in range(1, 5)}
REGISTER = {
    "business_kind": "self_employed",
    "credit_code": CODE,
    "trade": "f52",
    "licence_from": "2020-05-06",
    "licence_term": "open_ended",
    "tax_year_fen": 120_000,
    "power_year_kwh": 5_400,
}
MONEY = {"turnover_year_fen": 40_000_000, "costs_year_fen": 30_000_000, "staff_count": 2}


async def shop(phone: FieldPhone, world: World, name: str = "永福小卖部") -> str:
    """A shop met at its door."""
    body = new_household(world.grids["E1"], name=name, kind="business", members=[])
    phone.save("customer.create", body)
    assert (await phone.push())[0]["result"] == "applied"
    return str(body["id"])


async def give(phone: FieldPhone, customer: str, **values: Any) -> dict[str, Any]:
    phone.save("customer.set_values", {"customer_id": customer, "edits": edits(**values)})
    return (await phone.push())[0]


async def test_what_an_agent_says_of_a_shop_the_manager_and_a_stand_in_see_and_its_file_is_whole(
    phone_of: PhoneOf, world: World, two: tuple[FieldPhone, FieldPhone]
) -> None:
    agent = await phone_of("agent")
    owner = member("李永福", "owner", "m", "1979-03-04", None)
    body = new_household(world.grids["E1"], name="永福小卖部", kind="business", members=[owner])
    agent.save("customer.create", body)
    premises = {"kind": "premises", "label": "门面", "value_fen": 30_000_000, "area_m2": 60}
    await agent.push()
    customer = str(body["id"])
    assert (await give(agent, customer, **REGISTER, **MONEY, **QUARTERS))["result"] == "applied"
    agent.save(
        "record.put", premises | {"id": body["id"], "customer_id": customer, "detail": {"rented": True}}
    )
    assert (await agent.push())[0]["result"] == "applied"
    for phone in two:
        await phone.pull()
        file = phone.of("file")[customer]
        assert {name: one[0] for name, one in file["values"].items()} == REGISTER | MONEY | QUARTERS
        assert (file["points"], file["open_sections"]) == (100, [])


async def test_a_credit_code_that_is_another_customers_is_refused_whole_and_free_again_once_it_is_given_up(
    world: World, two: tuple[FieldPhone, FieldPhone]
) -> None:
    manager, deputy = two
    first, second = await shop(manager, world), await shop(manager, world, "永福商店")
    assert (await give(manager, first, credit_code=CODE))["result"] == "applied"
    refused = await give(deputy, second, credit_code=CODE, staff_count=3)
    assert (refused["result"], refused["code"]) == ("rejected", "code_taken")
    await deputy.pull()
    assert deputy.of("file")[second]["values"] == {}
    # the same shop may say its code again
    assert (await give(deputy, first, credit_code=CODE, business_kind="self_employed"))[
        "result"
    ] != "rejected"
    phone_says = {"field": "credit_code", "seen": CODE, "value": None}
    manager.save("customer.set_values", {"customer_id": first, "edits": [phone_says]})
    assert (await manager.push())[0]["result"] == "applied"
    assert (await give(deputy, second, credit_code=CODE))["result"] == "applied"


async def test_two_phones_at_once_with_one_code_for_two_shops_one_has_it(
    phone_of: PhoneOf, world: World
) -> None:
    manager, head = await phone_of("manager"), await phone_of("head")
    shops = [await shop(manager, world), await shop(manager, world, "永福商店")]
    given = zip((manager, head), shops, strict=True)
    answers = await asyncio.gather(*(give(phone, one, credit_code=CODE) for phone, one in given))
    assert sorted(one["result"] for one in answers) == ["applied", "rejected"]


async def test_who_enters_a_code_waits_for_whoever_is_entering_it(
    phone_of: PhoneOf, world: World, worker_db: Database
) -> None:
    manager = await phone_of("manager")
    customer = await shop(manager, world)
    async with worker_db.unit(Actor.system("test")) as uow:
        await identities.check_code(uow, uuid7(), CODE)
        waiting = await _beside(worker_db, uow, give(manager, customer, credit_code=CODE))
    assert (await waiting)["result"] == "applied"


async def test_what_cannot_be_is_refused_in_words_and_nothing_of_the_entry_has_effect(
    phone_of: PhoneOf, world: World
) -> None:
    manager = await phone_of("manager")
    customer = await shop(manager, world)
    for values, said in (
        ({"credit_code": CODE[:-1] + "2"}, "mistyped"),
        ({"credit_code": CODE.lower()}, "18 characters"),
        ({"licence_from": "2999-01-01"}, "1900 to 2100"),
        ({"licence_from": "2099-01-01"}, "future"),
        ({"licence_from": 20200506}, "a day like 2026-03-01"),
        ({"trade": "F52"}, "one of"),
        ({"turnover_year_fen": 39_000_000} | QUARTERS, "more than the year"),
        ({"turnover_year_fen": 41_000_000} | QUARTERS, "less than the year"),
        ({"tax_year_fen": -1}, "at least 0 yuan"),
        ({"power_year_kwh": 100_000_001}, "unit"),
        ({"credit_code": CODE, "business_kind": "cooperative"}, "another kind"),
    ):
        answer = await give(manager, customer, **({"staff_count": 3} | values))
        assert (answer["result"], answer["code"]) == ("rejected", "bad_value"), values
        assert said in answer["reason"], values
    await manager.pull()
    assert manager.of("file")[customer]["values"] == {}


async def test_a_partner_may_be_a_customer_in_its_authors_sight_and_nobody_elses(
    phone_of: PhoneOf, world: World
) -> None:
    manager, other = await phone_of("manager"), await phone_of("manager2")
    customer, near = await shop(manager, world), await shop(manager, world, "永福粮油")
    body = new_household(world.grids["W1"], name="远方商店", kind="business", members=[])
    other.save("customer.create", body)
    assert (await other.push())[0]["result"] == "applied"
    record = str(uuid7())

    async def name(partner: Any) -> Any:
        detail = {"customer": partner, "role": "supplier"}
        put = {"id": record, "customer_id": customer, "kind": "partner", "label": "供货的", "detail": detail}
        manager.save("record.put", put)
        answer = (await manager.push())[0]
        return answer.get("code") or answer["result"]

    assert await name(near) == "applied"
    assert [await name(one) for one in (body["id"], customer, str(uuid7()))] == ["out_of_scope"] * 3
    assert [await name(one) for one in ("moon", near.upper(), 7, True)] == ["bad_value"] * 4
    await manager.pull()
    assert manager.of("record")[record]["detail"] == {"customer": near, "role": "supplier"}
