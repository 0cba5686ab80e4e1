"""Requests signed by the phone's key."""

import os
from datetime import timedelta

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from litestar import Litestar
from msgspec.structs import replace

from backend.kernel.settings import Settings
from tests.support.clock import MovingClock
from tests.support.web import Bank, Phone, application, base64url, serving

# a signed address that answers without any data: no such photo
TARGET = f"/api/v1/files/{'0' * 64}"
PASSED = (404, "not_found")


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.fixture
async def phone(client: httpx.AsyncClient, bank: Bank) -> Phone:
    await bank.hire("wang", "manager")
    return await Phone(client).ready("wang")


async def test_a_signed_request_passes(phone: Phone) -> None:
    assert told(await phone.send("GET", TARGET)) == PASSED
    assert told(await phone.send("GET", TARGET + "?size=thumb")) == PASSED


@pytest.mark.parametrize("missing", ["Tiange-Installation", "Tiange-Nonce", "Tiange-Signature"])
async def test_all_three_headers_are_needed(phone: Phone, missing: str) -> None:
    headers = phone.headers("GET", TARGET)
    del headers[missing]
    assert told(await phone.client.get(TARGET, headers=headers)) == (401, "signature_invalid")


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("GET", TARGET + "?size=thumb", b""),
        ("GET", f"/api/v1/files/{'1' * 64}", b""),
        ("PUT", TARGET, b""),
        ("PUT", TARGET, b"other"),
    ],
)
async def test_a_signature_fits_one_request_only(phone: Phone, method: str, target: str, body: bytes) -> None:
    headers = phone.headers("PUT", TARGET, b"body") if body else phone.headers("GET", TARGET)
    answer = await phone.client.request(method, target, content=body or None, headers=headers)
    assert told(answer) == (401, "signature_invalid")


async def test_another_key_does_not_pass(phone: Phone) -> None:
    phone.key = ec.generate_private_key(ec.SECP256R1())
    assert told(await phone.send("GET", TARGET)) == (401, "signature_invalid")


@pytest.mark.parametrize(
    "changed",
    [
        {"Tiange-Signature": "AAAA"},
        {"Tiange-Signature": base64url(bytes(64))},
        {"Tiange-Signature": "not base64!"},
        {"Tiange-Nonce": base64url(bytes(8))},
        {"Tiange-Nonce": ""},
        {"Tiange-Installation": "someone"},
    ],
)
async def test_nonsense_in_the_headers_is_an_invalid_signature(phone: Phone, changed: dict[str, str]) -> None:
    headers = phone.headers("GET", TARGET) | changed
    assert told(await phone.client.get(TARGET, headers=headers)) == (401, "signature_invalid")


async def test_a_nonce_is_good_once_in_all_processes(
    phone: Phone, settings: Settings, clock: MovingClock
) -> None:
    headers = phone.headers("GET", TARGET)
    assert told(await phone.client.get(TARGET, headers=headers)) == PASSED
    assert told(await phone.client.get(TARGET, headers=headers)) == (401, "nonce_used")
    async with application(settings) as other, serving(other) as client:
        client.cookies = phone.client.cookies
        assert told(await client.get(TARGET, headers=headers)) == (401, "nonce_used")


async def test_a_bad_signature_does_not_use_up_the_nonce(phone: Phone) -> None:
    nonce = os.urandom(16)
    good = phone.headers("GET", TARGET, nonce=nonce)
    bad = good | {"Tiange-Signature": base64url(bytes(64))}
    assert told(await phone.client.get(TARGET, headers=bad)) == (401, "signature_invalid")
    assert told(await phone.client.get(TARGET, headers=good)) == PASSED


async def test_without_valkey_signed_requests_are_asked_to_come_again(
    phone: Phone, settings: Settings
) -> None:
    nobody_there = replace(settings, redis_url="redis://127.0.0.1:1/0")
    async with application(nobody_there) as app, serving(app) as client:
        client.cookies = phone.client.cookies
        answer = await client.get(TARGET, headers=phone.headers("GET", TARGET))
        assert told(answer) == (503, "try_again")
        assert int(answer.headers["retry-after"]) > 0
        # what needs no nonce goes on
        assert (await client.get("/api/v1/auth/me")).status_code == 200


async def test_a_signature_without_a_session_is_signed_out(
    app: Litestar, phone: Phone, clock: MovingClock
) -> None:
    async with serving(app) as stranger:
        answer = await stranger.get(TARGET, headers=phone.headers("GET", TARGET))
        assert told(answer) == (401, "signed_out")
    clock.advance(timedelta(days=31))
    assert told(await phone.send("GET", TARGET)) == (401, "signed_out")


async def test_after_signing_in_again_the_phone_is_known_by_its_signature(
    app: Litestar, phone: Phone
) -> None:
    async with serving(app) as fresh:
        again = Phone(fresh, phone.installation_id, phone.key)
        assert (await again.login("wang")).status_code == 200
        assert told(await again.send("GET", TARGET)) == PASSED
        listed = (await fresh.get("/api/v1/devices")).json()["devices"]
        assert [(one["installation_id"], one["current"]) for one in listed] == [
            (str(phone.installation_id), True)
        ]


@pytest.mark.parametrize("role", ["manager", "admin"])
async def test_a_session_does_not_carry_another_persons_phone(
    phone: Phone, other_client: httpx.AsyncClient, bank: Bank, role: str
) -> None:
    await bank.hire("chen", role)
    thief = Phone(other_client, phone.installation_id, phone.key)
    assert (await thief.login("chen")).status_code == 200
    assert told(await thief.send("GET", TARGET)) == (401, "signature_invalid")


async def test_other_addresses_need_no_signature(phone: Phone) -> None:
    assert (await phone.client.get("/api/v1/auth/me")).status_code == 200
    assert (await phone.client.get("/api/v1/devices")).status_code == 200
