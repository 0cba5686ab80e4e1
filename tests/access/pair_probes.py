"""Probes of households that may be one."""

from tests.access.probes import REFUSED, Attempt


async def duplicates(one: Attempt) -> bool:
    """That the household may be another one was told."""
    answer = await one.ask("GET", "/api/v1/duplicates")
    assert answer.status_code in REFUSED | {200}, answer.text
    return answer.status_code == 200 and one.subject.customer_id in answer.text


async def side_by_side(one: Attempt) -> bool:
    """The household was shown beside the other one."""
    path = f"/api/v1/duplicates/{one.subject.customer_id}/{one.subject.twin}"
    answer = await one.ask("GET", path)
    assert answer.status_code in REFUSED | {200}, answer.text
    return answer.status_code == 200
