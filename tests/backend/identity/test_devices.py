"""Phones: enrolment, the escrow of their key, withdrawal."""

import base64
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from backend.embedded import Urls
from backend.kernel.crypto import Keys, SealKey, seal_to
from backend.kernel.ids import uuid7
from tests.support.clock import MovingClock
from tests.support.databases import connect
from tests.support.web import PASSWORD, Bank, Phone, base64url

TARGET = f"/api/v1/files/{'0' * 64}"
DATA_KEY = bytes(range(32))


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.fixture
async def phone(client: httpx.AsyncClient, bank: Bank) -> Phone:
    await bank.hire("wang", "manager")
    return await Phone(client).ready("wang")


async def release(phone: Phone, key: SealKey, password: str = PASSWORD) -> httpx.Response:
    body = {"password": password, "public_key": base64url(key.public_raw)}
    return await signed(phone, "POST", "/api/v1/devices/escrow/release", body)


async def signed(phone: Phone, method: str, target: str, body: dict[str, str]) -> httpx.Response:
    headers = {"Content-Type": "application/json"}
    return await phone.send(method, target, json.dumps(body).encode(), headers)


async def keep(phone: Phone, keys: Keys, context: str = "") -> httpx.Response:
    sealed = seal_to(keys.escrow.public_raw, DATA_KEY, context or f"escrow:{phone.installation_id}")
    return await signed(phone, "PUT", "/api/v1/devices/escrow", {"sealed": base64url(sealed)})


def unsealed(answer: httpx.Response, key: SealKey, phone: Phone) -> bytes:
    text = answer.json()["sealed"]
    return key.open(
        base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), f"escrow:{phone.installation_id}"
    )


async def test_enrolment_names_the_servers_keys_and_may_be_repeated(phone: Phone, keys: Keys) -> None:
    first, second = await phone.enrol(), await phone.enrol()
    assert first.json() == second.json()
    assert first.json() == {
        "installation_id": str(phone.installation_id),
        "seal": {"key_id": keys.seal.key_id.hex(), "public_key": base64url(keys.seal.public_raw)},
        "escrow": {"key_id": keys.escrow.key_id.hex(), "public_key": base64url(keys.escrow.public_raw)},
    }
    assert len((await phone.client.get("/api/v1/devices")).json()["devices"]) == 1


async def test_an_installation_belongs_to_one_person_and_one_key(
    phone: Phone, other_client: httpx.AsyncClient, bank: Bank
) -> None:
    await bank.hire("chen", "manager")
    taken = Phone(other_client, phone.installation_id, phone.key)
    await taken.login("chen")
    assert told(await taken.enrol()) == (409, "installation_taken")
    phone.key = ec.generate_private_key(ec.SECP256R1())
    assert told(await phone.enrol()) == (409, "installation_taken")


@pytest.mark.parametrize(
    "change",
    [
        {"kty": "RSA"},
        {"crv": "P-384"},
        {"x": ""},
        {"x": "AAAA"},
        {"y": base64url(bytes(32))},  # not on the curve
        {"d": base64url(bytes(32))},  # a private half
    ],
)
async def test_a_key_that_is_none_is_refused(
    client: httpx.AsyncClient, bank: Bank, change: dict[str, Any]
) -> None:
    await bank.hire("wang", "manager")
    phone = Phone(client)
    await phone.login("wang")
    body = {"installation_id": str(uuid7()), "public_key": phone.jwk() | change, "label": "A phone"}
    assert told(await client.post("/api/v1/devices", json=body)) == (422, "malformed")


async def test_devices_need_a_session(client: httpx.AsyncClient) -> None:
    assert told(await Phone(client).enrol()) == (401, "signed_out")
    assert told(await client.get("/api/v1/devices")) == (401, "signed_out")


async def test_one_sees_ones_own_phones_only(
    phone: Phone, other_client: httpx.AsyncClient, bank: Bank
) -> None:
    await bank.hire("chen", "manager")
    await Phone(other_client).ready("chen")
    listed = (await phone.client.get("/api/v1/devices")).json()["devices"]
    assert [one["installation_id"] for one in listed] == [str(phone.installation_id)]


async def test_a_forgotten_pin_costs_the_password_and_no_data(
    phone: Phone, keys: Keys, databases: Urls
) -> None:
    assert (await keep(phone, keys)).status_code == 204
    fresh = SealKey.of(ec.generate_private_key(ec.SECP256R1()))
    answer = await release(phone, fresh)
    assert answer.status_code == 200
    assert unsealed(answer, fresh, phone) == DATA_KEY
    connection = await connect(databases.admin)
    actions = [
        row["action"]
        for row in await connection.fetch(
            "SELECT action FROM audit_entry WHERE subject_id = $1 ORDER BY id", str(phone.installation_id)
        )
    ]
    kept = await connection.fetchval("SELECT sealed FROM device_escrow")
    await connection.close()
    assert actions == ["identity.device_enrolled", "identity.escrow_kept", "identity.escrow_released"]
    assert DATA_KEY not in kept


async def test_a_release_needs_the_password_again(phone: Phone, keys: Keys, databases: Urls) -> None:
    await keep(phone, keys)
    fresh = SealKey.of(ec.generate_private_key(ec.SECP256R1()))
    answers = [told(await release(phone, fresh, "wrong")) for _ in range(7)]
    assert answers == [(401, "wrong_password")] * 5 + [(429, "too_many_tries")] * 2
    connection = await connect(databases.admin)
    failures = await connection.fetchval(
        "SELECT count(*) FROM audit_entry WHERE action = 'identity.password_not_confirmed'"
    )
    await connection.close()
    assert failures == 5


async def test_releases_are_counted_by_the_banks_day(phone: Phone, keys: Keys, clock: MovingClock) -> None:
    clock.move_to_local(2026, 3, 2, 23, 0)
    await phone.login("wang")
    await phone.enrol()
    await keep(phone, keys)
    fresh = SealKey.of(ec.generate_private_key(ec.SECP256R1()))
    assert [(await release(phone, fresh)).status_code for _ in range(3)] == [200] * 3
    refused = await release(phone, fresh)
    assert told(refused) == (429, "too_many_releases")
    wait = int(refused.headers["retry-after"])
    assert 3300 < wait <= 3601
    clock.advance(timedelta(seconds=wait))
    assert (await release(phone, fresh)).status_code == 200


async def test_an_escrow_that_would_not_open_is_refused_at_once(phone: Phone, keys: Keys) -> None:
    assert told(await keep(phone, keys, f"escrow:{uuid7()}")) == (422, "malformed")
    other_server = seal_to(keys.seal.public_raw, DATA_KEY, f"escrow:{phone.installation_id}")
    for sealed in (base64url(other_server), "AAAA", "!!"):
        answer = await signed(phone, "PUT", "/api/v1/devices/escrow", {"sealed": sealed})
        assert told(answer) == (422, "malformed")
    fresh = SealKey.of(ec.generate_private_key(ec.SECP256R1()))
    assert told(await release(phone, fresh)) == (404, "no_escrow")


async def test_an_escrow_belongs_to_an_enrolled_phone(
    client: httpx.AsyncClient, bank: Bank, keys: Keys
) -> None:
    await bank.hire("wang", "manager")
    phone = Phone(client)
    await phone.login("wang")
    assert told(await keep(phone, keys)) == (401, "signature_invalid")
    fresh = SealKey.of(ec.generate_private_key(ec.SECP256R1()))
    assert told(await release(phone, fresh)) == (401, "signature_invalid")


async def test_session_and_password_without_the_phones_key_release_nothing(
    phone: Phone, keys: Keys, other_client: httpx.AsyncClient
) -> None:
    """Whoever knows the password may sign in elsewhere, and name the phone, whose public key is no secret."""
    await keep(phone, keys)
    thief = Phone(other_client, phone.installation_id, phone.key)
    await thief.login("wang")
    assert (await thief.enrol()).status_code == 200
    thief.key = ec.generate_private_key(ec.SECP256R1())
    fresh = SealKey.of(ec.generate_private_key(ec.SECP256R1()))
    assert told(await release(thief, fresh)) == (401, "signature_invalid")
    body = {"password": PASSWORD, "public_key": base64url(fresh.public_raw)}
    unsigned = await other_client.post("/api/v1/devices/escrow/release", json=body)
    assert told(unsigned) == (401, "signature_invalid")
    assert (await release(phone, fresh)).status_code == 200


async def test_a_released_key_is_asked_for_from_the_signing_phone(
    phone: Phone, keys: Keys, other_client: httpx.AsyncClient
) -> None:
    """After a new sign-in the session knows no phone yet; the signature tells which one asks."""
    await keep(phone, keys)
    again = Phone(other_client, phone.installation_id, phone.key)
    await again.login("wang")
    fresh = SealKey.of(ec.generate_private_key(ec.SECP256R1()))
    body = json.dumps({"password": PASSWORD, "public_key": base64url(fresh.public_raw)}).encode()
    answer = await again.send(
        "POST", "/api/v1/devices/escrow/release", body, {"Content-Type": "application/json"}
    )
    assert answer.status_code == 200
    assert unsealed(answer, fresh, phone) == DATA_KEY


async def test_a_withdrawn_phone_is_refused_and_told_why(
    phone: Phone, other_client: httpx.AsyncClient, bank: Bank
) -> None:
    await bank.hire("boss", "admin", bank.hq)
    admin = Phone(other_client)
    await admin.login("boss")
    path = f"/api/v1/devices/{phone.installation_id}/revoke"
    assert (await other_client.post(path)).status_code == 204
    assert (await other_client.post(path)).status_code == 204
    assert told(await phone.send("GET", TARGET)) == (401, "device_revoked")
    # only the phone itself learns it
    headers = phone.headers("GET", TARGET) | {"Tiange-Signature": base64url(bytes(64))}
    assert told(await phone.client.get(TARGET, headers=headers)) == (401, "signed_out")
    assert told(await phone.client.get("/api/v1/auth/me")) == (401, "signed_out")
    # with the password the person may come back, with a new installation only
    await phone.login("wang")
    assert told(await phone.enrol()) == (401, "device_revoked")
    assert told(await phone.send("GET", TARGET)) == (401, "device_revoked")
    assert (await Phone(phone.client).enrol()).status_code == 200


async def test_one_may_withdraw_ones_own_phone_and_nobody_elses(
    phone: Phone, other_client: httpx.AsyncClient, bank: Bank, databases: Urls
) -> None:
    await bank.hire("chen", "branch_head")
    colleague = await Phone(other_client).ready("chen")
    path = f"/api/v1/devices/{phone.installation_id}/revoke"
    assert told(await colleague.client.post(path)) == (404, "not_found")
    assert told(await phone.send("GET", TARGET)) == (404, "not_found")
    assert (await phone.client.post(path)).status_code == 204
    assert told(await phone.send("GET", TARGET)) == (401, "device_revoked")
    connection = await connect(databases.admin)
    event = await connection.fetchval(
        "SELECT payload::text FROM outbox_event WHERE name = 'identity.device_revoked'"
    )
    await connection.close()
    assert str(phone.installation_id) in event


async def test_how_a_phone_is_opened_is_noted_and_in_the_trail_once(phone: Phone, databases: Urls) -> None:
    for _ in range(2):
        answer = await phone.client.put("/api/v1/devices/unlock", json={"ways": ["prf", "pin"]})
        assert answer.status_code == 204, answer.text
    (device,) = (await phone.client.get("/api/v1/devices")).json()["devices"]
    assert device["unlock_ways"] == ["pin", "prf"]
    assert (await phone.client.put("/api/v1/devices/unlock", json={"ways": ["magic"]})).status_code == 422
    connection = await connect(databases.admin)
    trail = await connection.fetch(
        "SELECT detail::text FROM audit_entry WHERE action = 'identity.unlock_changed'"
    )
    await connection.close()
    assert [json.loads(row["detail"]) for row in trail] == [{"from": [], "to": ["prf", "pin"]}]


async def test_a_bank_that_insists_on_fingerprint_or_face_says_so_at_sign_in(
    phone: Phone, databases: Urls
) -> None:
    assert (await phone.client.get("/api/v1/auth/me")).json()["unlock_requires_prf"] is False
    connection = await connect(databases.admin)
    await connection.execute(
        "INSERT INTO policy_figure (key, valid_from, value, source, on_phone)"
        " VALUES ('unlock_requires_prf', '2026-01-01', 'true', 'test', false)"
        " ON CONFLICT (key, valid_from) DO UPDATE SET value = 'true'"
    )
    await connection.close()
    assert (await phone.client.get("/api/v1/auth/me")).json()["unlock_requires_prf"] is True
    assert (await phone.login("wang")).json()["unlock_requires_prf"] is True
