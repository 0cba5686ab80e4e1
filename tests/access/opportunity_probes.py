"""Probes of opportunities."""

from tests.access.probes import REFUSED, Attempt


async def of_branch(one: Attempt) -> bool:
    """What came of an opportunity of the household was listed."""
    answer = await one.ask("GET", "/api/v1/opportunities/branch")
    assert answer.status_code in REFUSED | {200}, answer.text
    return answer.status_code == 200 and one.subject.customer_id in answer.text
