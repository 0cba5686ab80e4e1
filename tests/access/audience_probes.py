"""Probes of choosing customers: whether the household was among them, the author's group reached."""

from typing import Any

from backend.kernel.ids import uuid7
from tests.access.probes import REFUSED, Attempt

BASE = "/api/v1/audience"
PURPOSE = "a test of access"


def in_grid(grid_id: object) -> dict[str, Any]:
    """The choice of who lies in a grid and has a profile."""
    grid = {"is": "grids", "any_of": [str(grid_id)]}
    return {"is": "all", "of": [grid, {"is": "limit_fen", "at_least": 0}]}


async def count(one: Attempt) -> bool:
    """The household was among those counted in its own grid."""
    answer = await one.ask("POST", f"{BASE}/count", choice=in_grid(one.subject.grid_id))
    assert answer.status_code in REFUSED | {200}, answer.text
    return answer.status_code == 200 and answer.json()["count"] > 0


async def listed(one: Attempt) -> bool:
    """The household was listed."""
    return await _shown(one, "list", {"choice": in_grid(one.subject.grid_id), "purpose": PURPOSE})


async def export(one: Attempt) -> bool:
    """The household was written into a file."""
    return await _shown(one, "export", {"choice": in_grid(one.subject.grid_id), "purpose": PURPOSE})


async def _shown(one: Attempt, path: str, body: dict[str, Any]) -> bool:
    answer = await one.ask("POST", f"{BASE}/{path}", **body)
    assert answer.status_code in REFUSED | {200}, answer.text
    return answer.status_code == 200 and one.subject.name in answer.text


async def ground(one: Attempt) -> bool:
    """The household's grid was told."""
    answer = await one.ask("GET", f"{BASE}/ground")
    assert answer.status_code in REFUSED | {200}, answer.text
    return answer.status_code == 200 and str(one.subject.grid_id) in answer.text


async def make_group(one: Attempt) -> bool:
    """A group was kept with the household in it."""
    new = {"id": str(uuid7()), "name": "G", "choice": in_grid(one.subject.grid_id), "fixed": True}
    answer = await one.ask("POST", f"{BASE}/groups", **new)
    assert answer.status_code in REFUSED | {200}, answer.text
    return answer.status_code == 200 and answer.json()["size"] > 0


async def groups(one: Attempt) -> bool:
    """The author's group was listed."""
    answer = await one.ask("GET", f"{BASE}/groups")
    assert answer.status_code in REFUSED | {200}, answer.text
    return answer.status_code == 200 and one.subject.group in answer.text


async def count_group(one: Attempt) -> bool:
    """The author's group was counted."""
    return await _changed(one, "count")


async def rename(one: Attempt) -> bool:
    """The author's group was called otherwise."""
    return await _changed(one, "rename", name="G2")


async def remove(one: Attempt) -> bool:
    """The author's group was removed; it is brought back at once."""
    if not await _changed(one, "remove"):
        return False
    assert await _changed(one, "restore")
    return True


async def restore(one: Attempt) -> bool:
    """The author's group was asked back."""
    return await _changed(one, "restore")


async def _changed(one: Attempt, what: str, **body: Any) -> bool:
    answer = await one.ask("POST", f"{BASE}/groups/{one.subject.group}/{what}", **body)
    assert answer.status_code in REFUSED | {200}, answer.text
    return answer.status_code == 200
