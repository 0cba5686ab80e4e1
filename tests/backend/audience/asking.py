"""What a chooser asks of the bank, and households to choose from."""

from typing import Any

import httpx

from tests.support.bodies import new_household
from tests.support.field_phone import FieldPhone
from tests.support.world import World

BASE = "/api/v1/audience"
EVERYBODY: dict[str, Any] = {"is": "all", "of": []}


async def ask(phone: FieldPhone, path: str, **body: Any) -> httpx.Response:
    """A request with the session's cookie."""
    return await phone.phone.client.post(f"{BASE}/{path}", json=body)


async def counted(phone: FieldPhone, choice: dict[str, Any]) -> tuple[int, int]:
    """How many meet a choice, and of how many."""
    answer = await ask(phone, "count", choice=choice)
    assert answer.status_code == 200, answer.text
    return answer.json()["count"], answer.json()["of"]


def every(*of: dict[str, Any]) -> dict[str, Any]:
    return {"is": "all", "of": list(of)}


def some(*of: dict[str, Any]) -> dict[str, Any]:
    return {"is": "any", "of": list(of)}


def lacks(of: dict[str, Any]) -> dict[str, Any]:
    return {"is": "not", "of": of}


def tag(name: str) -> dict[str, Any]:
    return {"is": "tag", "name": name}


async def made(phone: FieldPhone, world: World, grid: str, *names: str, **changes: Any) -> list[str]:
    """Households that a phone's owner meets at the door."""
    bodies = [
        new_household(world.grids[grid], name, f"139{sum(map(ord, name)) % 10**4:04d}{n:04d}", **changes)
        for n, name in enumerate(names)
    ]
    for body in bodies:
        phone.save("customer.create", body)
    assert {one["result"] for one in await phone.push()} == {"applied"}
    return [str(body["id"]) for body in bodies]
