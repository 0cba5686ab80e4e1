"""Households with a limit that moves by what people enter, and what a phone shows of their opportunities."""

from collections.abc import Awaitable, Callable
from typing import Any

from backend.kernel.ids import uuid7
from tests.support.bodies import new_household
from tests.support.field_phone import FieldPhone
from tests.support.signing import sign
from tests.support.world import World

ITEM = (
    *("id", "event", "dimension", "product", "priority", "stage", "raised_on", "valid_until"),
    *("stepped_at", "stepped_by", "assignee_id", "outcome", "reason", "before_fen", "after_fen"),
)
Work = Callable[[], Awaitable[int]]


async def limited(manager: FieldPhone, world: World, work: Work, grid: str = "E1") -> tuple[str, int]:
    """A household whose first result has a limit; its id, and the limit in fen."""
    body = new_household(world.grids[grid])
    manager.save("customer.create", body)
    house = {"kind": "real_estate", "label": "楼房", "value_fen": 80_000_000, "detail": {}}
    manager.save("record.put", {"id": str(uuid7()), "customer_id": body["id"]} | house)
    assert {one["result"] for one in await manager.push()} == {"applied"}
    await sign(manager, body["id"], "head", purpose="credit")
    await income(manager, body["id"], 4_000_000)
    await work()
    await manager.pull()
    limit: int = manager.of("profile")[body["id"]]["limit_fen"]
    assert limit > 0
    return str(body["id"]), limit


async def income(phone: FieldPhone, customer_id: str, wages_fen: int) -> None:
    """The household's wages are so much from now on."""
    edits = [{"field": "income_wages_fen", "seen": None, "value": wages_fen}]
    phone.save("customer.set_values", {"customer_id": customer_id, "edits": edits})
    assert {one["result"] for one in await phone.push()} <= {"applied", "merged"}


async def items(phone: FieldPhone, customer_id: str) -> list[dict[str, Any]]:
    """What the phone shows after a pull, as the contract lays it out; an agent's have the first fields
    only."""
    await phone.pull()
    row = phone.of("opportunity").get(customer_id, {"items": []})
    return [dict(zip(ITEM, one, strict=False)) for one in row["items"]]


def only(shown: list[dict[str, Any]]) -> dict[str, Any]:
    """The one that there is."""
    (one,) = shown
    return one


async def step(
    phone: FieldPhone, customer_id: str, one: dict[str, Any], name: str, **more: Any
) -> dict[str, Any]:
    """The receipt of `opportunity.step`."""
    body = {"opportunity_id": one["id"], "customer_id": customer_id, "step": name} | more
    phone.save("opportunity.step", body)
    return (await phone.push())[-1]


async def shop(manager: FieldPhone, world: World, turnover_fen: int | None = None) -> str:
    """A shop on its manager's phone, with a year's turnover where one is given; its id."""
    body = new_household(world.grids["E1"], "永福小卖部", kind="business")
    body["members"] = [body["members"][0] | {"relation": "owner"}]
    manager.save("customer.create", body)
    assert [one["result"] for one in await manager.push()] == ["applied"]
    if turnover_fen is not None:
        await turnover(manager, body["id"], turnover_fen)
    return str(body["id"])


async def turnover(phone: FieldPhone, customer_id: str, year_fen: int | None) -> None:
    """What the shop takes in a year, from now on."""
    edits = [{"field": "turnover_year_fen", "seen": None, "value": year_fen}]
    phone.save("customer.set_values", {"customer_id": customer_id, "edits": edits})
    assert {one["result"] for one in await phone.push()} <= {"applied", "merged"}
