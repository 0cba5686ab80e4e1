"""Reviewers on phones of their own: a code that lets one in, once, and tells nobody anything else."""

import asyncio
import base64
import hashlib
import secrets
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import text

from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from tests.support.clock import MovingClock
from tests.support.field_phone import FieldPhone, seal
from tests.support.village import GOOD, POOR, Village, form, results_of, session_of, village_of
from tests.support.web import serving
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work

FORMS = [form("yes", GOOD, 5_000_000), form("yes", POOR), form("no")]


@pytest.fixture
async def manager(phone_of: PhoneOf) -> FieldPhone:
    return await phone_of("manager")


@pytest.fixture
async def agent(phone_of: PhoneOf) -> FieldPhone:
    return await phone_of("agent")


@pytest.fixture
async def village(manager: FieldPhone, agent: FieldPhone, world: World) -> Village:
    return await village_of(manager, agent, world)


@pytest.fixture
async def stranger(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody's phone in the village, without account or cookie."""
    async with serving(app) as client:
        yield client


def invitation(village: Village, reviewer: int, code: str | None) -> dict[str, Any]:
    body: dict[str, Any] = {"session_id": village.id, "reviewer_id": village.reviewers[reviewer]}
    return body | ({"code_hash": hashlib.sha256(code.encode()).digest()} if code else {})


async def sent(phone: FieldPhone, kind: str, body: dict[str, Any], **changes: Any) -> tuple[str, str | None]:
    phone.save(kind, body, **changes)
    receipt = (await phone.push())[-1]
    return receipt["result"], receipt.get("code")


async def coded(village: Village, host: FieldPhone, reviewer: int = 0) -> str:
    """A code that works."""
    code = secrets.token_urlsafe(32)
    assert await sent(host, "evaluation.invite", invitation(village, reviewer, code)) == ("applied", None)
    return code


def sealed(village: Village, host: FieldPhone, reviewer: int = 0) -> list[dict[str, str]]:
    return [
        {
            "customer_id": one,
            "sealed": base64.b64encode(
                seal(host.seal_key, plain, f"evaluation:{village.id}:{village.reviewers[reviewer]}:{one}")
            ).decode(),
        }
        for one, plain in zip(village.households, FORMS, strict=True)
    ]


async def opens(client: httpx.AsyncClient, code: str) -> httpx.Response:
    return await client.post("/api/v1/review/open", json={"code": code})


async def hands_in(client: httpx.AsyncClient, code: str, forms: list[dict[str, str]]) -> httpx.Response:
    return await client.post("/api/v1/review/hand-in", json={"code": code, "forms": forms})


def refused(answer: httpx.Response) -> str:
    """All that is told but the request's own number."""
    assert answer.status_code == 404, answer.text
    told = answer.json()
    assert told.pop("request_id")
    assert told["code"] == "code_unusable"
    return str(told)


def reviewer_row(phone: FieldPhone, village: Village, reviewer: int = 0) -> list[Any]:
    row: list[Any] = phone.of("evaluation")[village.id]["reviewers"][reviewer]
    return row


async def test_a_reviewer_answers_on_a_phone_without_an_account_and_it_counts(
    village: Village, agent: FieldPhone, manager: FieldPhone, stranger: httpx.AsyncClient, work: Work
) -> None:
    code = await coded(village, agent)
    await agent.pull()
    until, opened = reviewer_row(agent, village)[6]
    assert (until > agent.now(), opened) == (True, None)
    answer = await opens(stranger, code)
    assert answer.status_code == 200, answer.text
    turn = answer.json()
    assert set(turn) == {"session_id", "reviewer_id", "name", "place", "households", "seal"}
    assert (turn["name"], [one["id"] for one in turn["households"]]) == ("罗书记", village.households)
    assert {frozenset(one) for one in turn["households"]} == {frozenset({"id", "name", "address"})}
    assert base64.urlsafe_b64decode(turn["seal"]["public_key"] + "==") == agent.seal_key
    await agent.pull()
    assert reviewer_row(agent, village)[6][1] is not None
    forms = sealed(village, agent)
    assert (await hands_in(stranger, code, forms)).json() == {"forms": 3}
    await agent.pull()
    assert reviewer_row(agent, village)[5:] == [3, None]
    # the other two at the host's phone: together they open the result
    village.hand_in(agent, 1, FORMS)
    village.hand_in(agent, 2, FORMS)
    assert {one["result"] for one in await agent.push()} == {"applied"}
    await work()
    found = await results_of(manager, village)
    assert [found[one][2:4] for one in village.households] == [[3, 3], [3, 3], [3, 0]]


async def test_twice_counts_once_and_the_code_is_used_up(
    village: Village, agent: FieldPhone, stranger: httpx.AsyncClient, worker_db: Database
) -> None:
    code, forms = await coded(village, agent), sealed(village, agent)
    both = await asyncio.gather(*(hands_in(stranger, code, forms) for _ in range(4)))
    assert [(one.status_code, one.json()) for one in both] == [(200, {"forms": 3})] * 4
    refused(await opens(stranger, code))
    # sealed anew they are other forms, which come too late
    refused(await hands_in(stranger, code, sealed(village, agent)))
    async with worker_db.unit(Actor.system("test")) as uow:
        assert await uow.session.scalar(text("SELECT count(*) FROM evaluation_form")) == 3
        trail = await uow.session.scalar(
            text("SELECT count(*) FROM audit_entry WHERE action = 'evaluation.handed_in'")
        )
        assert trail == 1
    # nor does the host's phone count the same person once more, or give out another code
    village.hand_in(agent, 0, FORMS)
    assert (await agent.push())[0]["code"] == "conflict_state"
    other = invitation(village, 0, secrets.token_urlsafe(32))
    assert await sent(agent, "evaluation.invite", other) == ("rejected", "conflict_state")


async def test_whatever_is_wrong_with_a_code_the_answer_is_the_same(
    village: Village, agent: FieldPhone, stranger: httpx.AsyncClient, clock: MovingClock
) -> None:
    forms = sealed(village, agent)
    told = {refused(await opens(stranger, one)) for one in ("", "x", secrets.token_urlsafe(32))}
    replaced = await coded(village, agent)
    withdrawn = await coded(village, agent)
    told.add(refused(await opens(stranger, replaced)))
    assert await sent(agent, "evaluation.invite", invitation(village, 0, None)) == ("applied", None)
    for code in (replaced, withdrawn):
        told.add(refused(await opens(stranger, code)))
        told.add(refused(await hands_in(stranger, code, forms)))
    old = await coded(village, agent)
    clock.advance(timedelta(minutes=61))
    told.add(refused(await opens(stranger, old)))
    told.add(refused(await hands_in(stranger, old, forms)))
    # opened in time it takes forms for longer, but not for ever
    begun = await coded(village, agent)
    assert (await opens(stranger, begun)).status_code == 200
    clock.advance(timedelta(hours=11))
    assert (await opens(stranger, begun)).status_code == 200
    clock.advance(timedelta(hours=2))
    told.add(refused(await hands_in(stranger, begun, forms)))
    over = await coded(village, agent)
    assert await sent(agent, "evaluation.close", {"session_id": village.id}) == ("applied", None)
    told.add(refused(await opens(stranger, over)))
    told.add(refused(await hands_in(stranger, over, forms)))
    assert len(told) == 1


async def test_a_code_opens_nothing_but_its_own_turn(
    village: Village, agent: FieldPhone, stranger: httpx.AsyncClient, worker_db: Database
) -> None:
    code = await coded(village, agent, 0)
    # another reviewer's forms, and none at all
    answer = await hands_in(stranger, code, sealed(village, agent, 1))
    assert (answer.status_code, answer.json()["code"]) == (409, "bad_value")
    assert (await hands_in(stranger, code, [])).status_code == 422
    # it is still good: nothing of it took effect
    assert (await hands_in(stranger, code, sealed(village, agent))).status_code == 200
    async with worker_db.unit(Actor.system("test")) as uow:
        found = await uow.session.execute(text("SELECT DISTINCT reviewer_id FROM evaluation_form"))
        assert [str(row.reviewer_id) for row in found] == [village.reviewers[0]]
        # the code itself lies nowhere
        kept = await uow.session.scalar(text("SELECT string_agg(c::text, ' ') FROM evaluation_code c"))
        assert kept is not None
        assert code not in kept


async def test_a_relative_does_not_count_from_their_own_phone_either(
    manager: FieldPhone,
    agent: FieldPhone,
    world: World,
    stranger: httpx.AsyncClient,
    worker_db: Database,
) -> None:
    village = await village_of(manager, agent, world)
    # the same village once more, where the first reviewer's own household is known
    body = session_of(world, agent, village.households)
    body["reviewers"][0]["customer_id"] = village.households[0]
    assert await sent(manager, "evaluation.create", body) == ("applied", None)
    own = Village(body["id"], village.households, [one["id"] for one in body["reviewers"]])
    await agent.pull()
    code = await coded(own, agent)
    assert (await hands_in(stranger, code, sealed(own, agent))).status_code == 200
    async with worker_db.unit(Actor.system("test")) as uow:
        rows = await uow.session.execute(
            text("SELECT customer_id, excluded FROM evaluation_form WHERE excluded IS NOT NULL")
        )
        assert [(str(row.customer_id), row.excluded) for row in rows] == [(village.households[0], "family")]


async def test_others_give_out_no_codes_and_households_that_left_are_not_shown(
    village: Village, agent: FieldPhone, manager: FieldPhone, phone_of: PhoneOf, stranger: httpx.AsyncClient
) -> None:
    code = secrets.token_urlsafe(32)
    for login in ("agent2", "manager2", "head2"):
        phone = await phone_of(login)
        assert await sent(phone, "evaluation.invite", invitation(village, 0, code)) == (
            "rejected",
            "out_of_scope",
        )
    refused(await opens(stranger, code))
    gone, into = village.households[:2]
    merge = {"customer_id": gone, "into_id": into, "reason": "一家人"}
    assert (await sent(manager, "customer.merge", merge))[0] in {"applied", "merged"}
    shown = (await opens(stranger, await coded(village, agent))).json()["households"]
    assert [one["id"] for one in shown] == village.households[1:]


async def test_who_tries_many_codes_waits_and_a_right_one_gets_through(
    village: Village, agent: FieldPhone, stranger: httpx.AsyncClient
) -> None:
    told = [(await opens(stranger, secrets.token_urlsafe(32))).status_code for _ in range(25)]
    assert told[:19] == [404] * 19
    assert told[-1] == 429
    last = await opens(stranger, "x")
    assert (last.json()["code"], int(last.headers["retry-after"]) > 0) == ("too_many_codes", True)
    # everybody in a village may stand behind one address
    code = await coded(village, agent)
    assert (await opens(stranger, code)).status_code == 200
    again = [(await opens(stranger, code)).status_code for _ in range(70)]
    assert (again[0], again[-1]) == (200, 429)


async def test_its_answers_are_kept_by_no_cache_and_other_sites_cannot_ask(
    village: Village, agent: FieldPhone, stranger: httpx.AsyncClient
) -> None:
    code = await coded(village, agent)
    answer = await opens(stranger, code)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in answer.headers
    other = await stranger.post(
        "/api/v1/review/open", json={"code": code}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert other.status_code == 403
