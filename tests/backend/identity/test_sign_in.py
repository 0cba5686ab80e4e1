"""Signing in and out, and what slows a guesser down."""

import asyncio
import hashlib
from datetime import timedelta

import httpx
from litestar import Litestar
from msgspec.structs import replace

from backend.embedded import Urls
from backend.identity.api import hash_password, set_password
from backend.kernel.actor import Actor
from backend.kernel.settings import Settings
from backend.kernel.uow import Database
from tests.support.clock import MovingClock
from tests.support.databases import connect
from tests.support.web import PASSWORD, Bank, Phone, application, serving


async def try_login(client: httpx.AsyncClient, login: str, password: str = "wrong") -> httpx.Response:
    return await client.post("/api/v1/auth/login", json={"login": login, "password": password})


async def test_signing_in_says_who_one_is(client: httpx.AsyncClient, bank: Bank) -> None:
    wang = await bank.hire("wang", "manager", name="王小明")
    answer = await try_login(client, " Ｗang ", PASSWORD)
    assert answer.status_code == 200
    assert answer.json() == {
        "staff": {
            "id": str(wang),
            "name": "王小明",
            "role": "manager",
            "unit_id": str(bank.branch),
            "unit_name": "天城支行",
            "branch_id": str(bank.branch),
            "branch_name": "天城支行",
        },
        "offline_hours": 72,
        "test_mode": True,
        "demo_mode": False,
        "unlock_requires_prf": False,
    }
    assert (await client.get("/api/v1/auth/me")).json() == answer.json()


async def test_people_of_hq_have_no_branch(client: httpx.AsyncClient, bank: Bank) -> None:
    await bank.hire("li", "hq_lead", bank.hq)
    staff = (await try_login(client, "li", PASSWORD)).json()["staff"]
    assert (staff["unit_name"], staff["branch_id"], staff["branch_name"]) == ("总行", None, None)


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(
    settings: Settings, client: httpx.AsyncClient, bank: Bank
) -> None:
    await bank.hire("wang", "manager")
    plain = (await try_login(client, "wang", PASSWORD)).headers.get_list("set-cookie")[0].lower()
    assert plain.startswith("tiange_session=")
    assert {"httponly", "samesite=strict", "path=/", "max-age=2592000"} <= set(plain.split("; "))
    assert "secure" not in plain
    secure = replace(settings, public_url="https://tiange.example")
    async with application(secure) as app, serving(app) as browser:
        for cookie in (await try_login(browser, "wang", PASSWORD)).headers.get_list("set-cookie"):
            assert {"httponly", "samesite=strict", "secure"} <= set(cookie.lower().split("; "))


async def test_the_database_keeps_only_a_hash_of_the_token(
    client: httpx.AsyncClient, bank: Bank, databases: Urls
) -> None:
    await bank.hire("wang", "manager")
    await try_login(client, "wang", PASSWORD)
    token = client.cookies["tiange_session"]
    connection = await connect(databases.admin)
    rows = await connection.fetch("SELECT token_hash FROM session")
    everything = await connection.fetchval("SELECT string_agg(s::text, '') FROM session s")
    await connection.close()
    assert [row["token_hash"] for row in rows] == [hashlib.sha256(token.encode()).digest()]
    assert token not in everything


async def test_wrong_password_unknown_login_and_a_person_who_left_get_one_answer(
    client: httpx.AsyncClient, bank: Bank, databases: Urls
) -> None:
    await bank.hire("wang", "manager")
    left = await bank.hire("zhao", "manager")
    connection = await connect(databases.admin)
    await connection.execute("UPDATE staff SET active = false WHERE id = $1", left)
    await connection.close()
    answers = [
        await try_login(client, "wang"),
        await try_login(client, "nobody-of-that-name"),
        await try_login(client, "zhao", PASSWORD),
    ]
    told = [{name: it for name, it in one.json().items() if name != "request_id"} for one in answers]
    assert [one.status_code for one in answers] == [401, 401, 401]
    assert told[0]["code"] == "wrong_password"
    assert told[0] == told[1] == told[2]


async def test_failed_tries_are_in_the_audit_trail_without_what_was_typed(
    client: httpx.AsyncClient, bank: Bank, databases: Urls
) -> None:
    wang = await bank.hire("wang", "manager")
    await try_login(client, "wang", "geheim-password")
    await try_login(client, "typed-a-password-as-login", "x")
    await try_login(client, "wang", PASSWORD)
    connection = await connect(databases.admin)
    rows = await connection.fetch(
        "SELECT action, subject_kind, subject_id, detail::text AS detail FROM audit_entry"
        " WHERE action LIKE 'identity.sign%' ORDER BY id"
    )
    await connection.close()
    assert [(row["action"], row["subject_kind"]) for row in rows] == [
        ("identity.sign_in_failed", "staff"),
        ("identity.sign_in_failed", "login"),
        ("identity.signed_in", "staff"),
    ]
    assert rows[0]["subject_id"] == str(wang)
    written = " ".join(f"{row['subject_id']} {row['detail']}" for row in rows)
    for typed in ("geheim", "typed-a", "127.0.0.1"):
        assert typed not in written


async def test_ten_wrong_passwords_are_slowed_down_and_then_the_right_one_is_taken(
    client: httpx.AsyncClient, bank: Bank, clock: MovingClock
) -> None:
    await bank.hire("wang", "manager")
    answers = [await try_login(client, "wang") for _ in range(10)]
    assert [one.status_code for one in answers] == [401] * 5 + [429] * 5
    assert answers[9].json()["code"] == "too_many_tries"
    assert "seconds" in answers[9].json()["detail"]
    wait = int(answers[9].headers["retry-after"])
    assert 1 <= wait <= 4
    # while waiting not even the right one is looked at: the answer would tell a guesser
    assert (await try_login(client, "wang", PASSWORD)).status_code == 429
    clock.advance(timedelta(seconds=wait))
    assert (await try_login(client, "wang", PASSWORD)).status_code == 200


async def test_waiting_grows_and_ends(client: httpx.AsyncClient, bank: Bank, clock: MovingClock) -> None:
    await bank.hire("wang", "manager")
    waits = []
    for _ in range(14):
        answer = await try_login(client, "wang")
        if answer.status_code == 429:
            waits.append(int(answer.headers["retry-after"]))
            clock.advance(timedelta(seconds=waits[-1]))
    assert waits == sorted(waits)
    assert waits[-1] > 2 * waits[0]
    clock.advance(timedelta(minutes=15))
    assert (await try_login(client, "wang", PASSWORD)).status_code == 200


async def test_many_tries_at_once_count_one_by_one(client: httpx.AsyncClient, bank: Bank) -> None:
    await bank.hire("wang", "manager")
    answers = await asyncio.gather(*(try_login(client, "wang") for _ in range(20)))
    assert sorted(one.status_code for one in answers) == [401] * 5 + [429] * 15


async def test_a_stranger_at_the_same_address_does_not_lock_out_a_person_on_a_known_phone(
    client: httpx.AsyncClient, other_client: httpx.AsyncClient, bank: Bank
) -> None:
    await bank.hire("wang", "manager")
    assert (await try_login(client, "wang", PASSWORD)).status_code == 200
    for _ in range(8):
        stranger = await try_login(other_client, "wang")
    assert stranger.status_code == 429
    assert (await try_login(client, "wang", PASSWORD)).status_code == 200


async def test_a_phones_cookie_helps_at_its_own_login_only_and_cannot_be_made_up(
    client: httpx.AsyncClient, other_client: httpx.AsyncClient, bank: Bank
) -> None:
    for login in ("wang", "chen"):
        await bank.hire(login, "manager")
    await try_login(client, "wang", PASSWORD)
    cookie = client.cookies["tiange_known"]
    nonce, proof = cookie.split(".")
    made_up = [f"{number:032x}.{proof}" for number in range(4)] + [
        nonce,
        f"{nonce}.",
        f"{nonce}.{proof[::-1]}",
    ]
    for value in [*made_up, cookie]:
        answer = await other_client.post(
            "/api/v1/auth/login",
            json={"login": "chen", "password": "wrong"},
            headers={"Cookie": f"tiange_known={value}"},
        )
    assert answer.status_code == 429


async def test_a_right_password_wipes_earlier_slips(client: httpx.AsyncClient, bank: Bank) -> None:
    await bank.hire("wang", "manager")
    for _ in range(3):
        slips = [(await try_login(client, "wang")).status_code for _ in range(4)]
        assert slips == [401] * 4
        assert (await try_login(client, "wang", PASSWORD)).status_code == 200


async def test_colleagues_behind_one_address_are_not_shut_out(
    client: httpx.AsyncClient, other_client: httpx.AsyncClient, bank: Bank
) -> None:
    await bank.hire("wang", "manager")
    await bank.hire("chen", "manager")
    for _ in range(10):
        await try_login(other_client, "wang")
    assert (await try_login(client, "chen", PASSWORD)).status_code == 200


async def test_forwarded_addresses_are_believed_only_from_a_proxy_here(app: Litestar, bank: Bank) -> None:
    await bank.hire("wang", "manager")
    body = {"login": "wang", "password": "wrong"}
    async with serving(app, "203.0.113.7") as far:
        for number in range(6):
            forged = {"X-Forwarded-For": f"198.51.100.{number}"}
            answer = await far.post("/api/v1/auth/login", json=body, headers=forged)
        assert answer.status_code == 429
    async with serving(app, "127.0.0.1") as proxy:
        # what a client wrote into the header itself stands to the left of what the proxy saw
        forged = {"X-Forwarded-For": "198.51.100.99, 203.0.113.7"}
        assert (await proxy.post("/api/v1/auth/login", json=body, headers=forged)).status_code == 429
        other = {"X-Forwarded-For": "203.0.113.7, 198.51.100.99"}
        assert (await proxy.post("/api/v1/auth/login", json=body, headers=other)).status_code == 401


async def test_a_session_ends_after_thirty_days(
    client: httpx.AsyncClient, bank: Bank, clock: MovingClock
) -> None:
    await bank.hire("wang", "manager")
    await try_login(client, "wang", PASSWORD)
    token = client.cookies["tiange_session"]
    clock.advance(timedelta(days=29, hours=23))
    header = {"Cookie": f"tiange_session={token}"}
    assert (await client.get("/api/v1/auth/me", headers=header)).status_code == 200
    clock.advance(timedelta(hours=2))
    answer = await client.get("/api/v1/auth/me", headers=header)
    assert (answer.status_code, answer.json()["code"]) == (401, "signed_out")


async def test_signing_out_here_and_everywhere(
    app: Litestar, client: httpx.AsyncClient, other_client: httpx.AsyncClient, bank: Bank
) -> None:
    await bank.hire("wang", "manager")
    for browser in (client, other_client):
        await try_login(browser, "wang", PASSWORD)
    async with serving(app) as third:
        await try_login(third, "wang", PASSWORD)
        token = client.cookies["tiange_session"]
        assert (await client.post("/api/v1/auth/logout", json={})).status_code == 204
        kept = {"Cookie": f"tiange_session={token}"}
        assert (await client.get("/api/v1/auth/me", headers=kept)).status_code == 401
        assert (await third.get("/api/v1/auth/me")).status_code == 200
        await other_client.post("/api/v1/auth/logout", json={"everywhere": True})
        assert (await third.get("/api/v1/auth/me")).status_code == 401


async def test_signing_in_again_ends_the_browsers_earlier_session(
    client: httpx.AsyncClient, bank: Bank
) -> None:
    await bank.hire("wang", "manager")
    await try_login(client, "wang", PASSWORD)
    before = client.cookies["tiange_session"]
    await try_login(client, "wang", PASSWORD)
    assert client.cookies["tiange_session"] != before
    answer = await client.get("/api/v1/auth/me", headers={"Cookie": f"tiange_session={before}"})
    assert answer.status_code == 401


async def test_a_new_password_ends_what_the_old_one_opened(
    client: httpx.AsyncClient, bank: Bank, system_db: Database
) -> None:
    wang = await bank.hire("wang", "manager")
    await try_login(client, "wang", PASSWORD)
    async with system_db.unit(Actor.system("test")) as uow:
        await set_password(uow, wang, hash_password("another long password"))
    assert (await client.get("/api/v1/auth/me")).status_code == 401
    assert (await try_login(client, "wang", PASSWORD)).status_code == 401
    assert (await try_login(client, "wang", "another long password")).status_code == 200


async def test_a_page_of_another_site_cannot_use_the_session(client: httpx.AsyncClient, bank: Bank) -> None:
    await bank.hire("wang", "manager")
    await try_login(client, "wang", PASSWORD)
    for site in ("cross-site", "same-site"):
        answer = await client.post("/api/v1/auth/logout", json={}, headers={"Sec-Fetch-Site": site})
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert (await client.get("/api/v1/auth/me")).status_code == 200


async def test_signing_out_tells_that_the_phone_wants_no_reminders(
    client: httpx.AsyncClient, bank: Bank, databases: Urls
) -> None:
    await bank.hire("wang", "manager")
    phone = await Phone(client).ready("wang")
    await client.post("/api/v1/auth/logout", json={})
    connection = await connect(databases.admin)
    payload = await connection.fetchval(
        "SELECT payload->'installations'->>0 FROM outbox_event WHERE name = 'identity.signed_out'"
    )
    await connection.close()
    assert payload == str(phone.installation_id)
