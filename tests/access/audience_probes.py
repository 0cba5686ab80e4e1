"""Probes of choosing customers: whether the subject's household was among them."""

from tests.access.probes import REFUSED, Attempt


async def count(one: Attempt) -> bool:
    """The household was among those counted in its own grid, by its own name."""
    grid = {"is": "grids", "any_of": [str(one.subject.grid_id)]}
    choice = {"is": "all", "of": [grid, {"is": "limit_fen", "at_least": 0}]}
    answer = await one.ask("POST", "/api/v1/audience/count", choice=choice)
    assert answer.status_code in REFUSED | {200}, answer.text
    return answer.status_code == 200 and answer.json()["count"] > 0
