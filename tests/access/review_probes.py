"""Probes of village evaluations: who said what, and the two endpoints that a reviewer's own phone asks."""

import secrets

from tests.access.probes import REFUSED, Attempt


async def review_open(one: Attempt) -> bool:
    """A reviewer's turn was shown; a code of nobody's shows none."""
    wrong = await one.ask("POST", "/api/v1/review/open", code=secrets.token_urlsafe(32))
    assert wrong.status_code in {404, 429}
    answer = await one.ask("POST", "/api/v1/review/open", code=one.subject.turns[1].code)
    return answer.status_code == 200


async def review_hand_in(one: Attempt) -> bool:
    """The reviewer's forms were taken, or are there."""
    turn = one.subject.turns[0]
    answer = await one.ask("POST", "/api/v1/review/hand-in", code=turn.code, forms=turn.forms)
    return answer.status_code == 200


async def evaluation_forms(one: Attempt) -> bool:
    """Who said what about the household can be asked for, with a purpose."""
    path = f"/api/v1/evaluations/{one.subject.session}/forms"
    answer = await one.ask("POST", path, purpose="a look")
    assert answer.status_code in REFUSED | {200}, answer.text
    return answer.status_code == 200
