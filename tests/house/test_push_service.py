"""The local push service decrypts what the standard says, and refuses what a real one would refuse."""

import time
from typing import Any

import http_ece
import pytest
from aiohttp import ClientSession
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.support.push_service import (
    PushService,
    Refused,
    Subscription,
    check_vapid,
    decode,
    encode,
    open_message,
)

# RFC 8291, section 5 and appendix A
RFC_TEXT = "When I grow up, I want to be a watermelon"
RFC_UA_PRIVATE = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
RFC_UA_PUBLIC = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
RFC_AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
RFC_BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
    "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)

ORIGIN = "http://127.0.0.1:1"
NOW = 1_800_000_000.0


def sender() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def public(key: ec.EllipticCurvePrivateKey) -> str:
    numbers = key.public_key().public_numbers()
    return encode(b"\x04" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big"))


def authorization(key: ec.EllipticCurvePrivateKey, **claims: Any) -> str:
    said = {"aud": ORIGIN, "exp": int(NOW) + 3600, "sub": "mailto:push@tiange.example"} | claims
    token = jwt.encode({"typ": "JWT", "alg": "ES256"}, said, ECKey.import_key(key))
    return f"vapid t={token}, k={public(key)}"


def headers(key: ec.EllipticCurvePrivateKey, **changes: str) -> dict[str, str]:
    usual = {
        "ttl": "60",
        "urgency": "high",
        "content-encoding": "aes128gcm",
        "authorization": authorization(key),
    }
    return usual | {name.replace("_", "-"): value for name, value in changes.items()}


def subscription(application_server_key: str | None = None) -> Subscription:
    return Subscription("one", f"{ORIGIN}/push/one", sender(), b"a" * 16, application_server_key)


def sealed(to: Subscription, text: str = "hello") -> bytes:
    body: bytes = http_ece.encrypt(
        text.encode(), private_key=sender(), dh=decode(to.p256dh), auth_secret=to.auth, version="aes128gcm"
    )
    return body


def test_the_vector_of_the_standard_is_decrypted() -> None:
    private = ec.derive_private_key(int.from_bytes(decode(RFC_UA_PRIVATE), "big"), ec.SECP256R1())
    to = Subscription("rfc", f"{ORIGIN}/push/rfc", private, decode(RFC_AUTH), None)
    assert to.p256dh == RFC_UA_PUBLIC
    message = open_message(to, headers(sender()), decode(RFC_BODY), ORIGIN, NOW)
    assert message.text == RFC_TEXT


def test_what_arrived_is_told() -> None:
    to, key = subscription(), sender()
    message = open_message(to, headers(key, topic="due"), sealed(to, "你好"), ORIGIN, NOW)
    assert (message.text, message.ttl, message.urgency, message.topic) == ("你好", 60, "high", "due")
    assert message.sender == "mailto:push@tiange.example"


@pytest.mark.parametrize(
    ("changes", "status", "why"),
    [
        ({"ttl": ""}, 400, "TTL"),
        ({"ttl": "-1"}, 400, "TTL"),
        ({"urgency": ""}, 400, "Urgency"),
        ({"urgency": "urgent"}, 400, "Urgency"),
        ({"topic": "x" * 33}, 400, "Topic"),
        ({"content_encoding": "aesgcm"}, 400, "aes128gcm"),
        ({"authorization": ""}, 401, "Authorization"),
        ({"authorization": "WebPush token"}, 401, "Authorization"),
    ],
)
def test_what_a_real_service_refuses_is_refused(changes: dict[str, str], status: int, why: str) -> None:
    to = subscription()
    with pytest.raises(Refused, match=why) as refused:
        open_message(to, headers(sender(), **changes), sealed(to), ORIGIN, NOW)
    assert refused.value.status == status


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"aud": "https://elsewhere.example"}, "the token is for"),
        ({"exp": int(NOW) - 1}, "exp"),
        ({"exp": int(NOW) + 25 * 3600}, "exp"),
        ({"exp": None}, "exp"),
        ({"sub": ""}, "sub"),
        ({"sub": "push@tiange.example"}, "sub"),
    ],
)
def test_a_token_that_says_the_wrong_thing_is_refused(claims: dict[str, Any], why: str) -> None:
    with pytest.raises(Refused, match=why):
        check_vapid(authorization(sender(), **claims), ORIGIN, NOW)


def test_a_token_signed_by_another_key_is_refused() -> None:
    token = authorization(sender()).split("t=")[1].split(",")[0]
    with pytest.raises(Refused, match="not signed by its key"):
        check_vapid(f"vapid t={token}, k={public(sender())}", ORIGIN, NOW)


def test_a_sender_other_than_the_one_subscribed_to_is_refused() -> None:
    key = sender()
    to = subscription(public(key))
    assert open_message(to, headers(key), sealed(to), ORIGIN, NOW).text == "hello"
    with pytest.raises(Refused, match="another application server key"):
        open_message(to, headers(sender()), sealed(to), ORIGIN, NOW)


def test_a_body_for_somebody_else_or_too_long_is_refused() -> None:
    to = subscription()
    with pytest.raises(Refused, match="cannot be decrypted"):
        open_message(to, headers(sender()), sealed(subscription()), ORIGIN, NOW)
    with pytest.raises(Refused, match="more than 4096") as refused:
        open_message(to, headers(sender()), sealed(to, "x" * 4200), ORIGIN, NOW)
    assert refused.value.status == 413


async def test_over_http_it_takes_waits_and_answers_as_told() -> None:
    async with PushService() as push, ClientSession() as client:
        to, key = push.subscribe(), sender()
        given = headers(key, authorization=authorization(key, aud=push.origin, exp=int(time.time()) + 600))

        async def post(endpoint: str) -> int:
            async with client.post(endpoint, data=sealed(to), headers=given) as answer:
                return answer.status

        assert await post(to.endpoint) == 201
        assert [one.text for one in await push.wait_for(1, to.id)] == ["hello"]
        to.answers += [429, 500]
        assert [await post(to.endpoint) for _ in range(3)] == [429, 500, 201]
        to.answers.append(410)
        assert [await post(to.endpoint) for _ in range(2)] == [410, 410]
        assert await post(f"{push.origin}/push/unknown") == 404
        assert len(push.received()) == 2
        with pytest.raises(TimeoutError, match="2 of 3 messages"):
            await push.wait_for(3, seconds=0.01)


async def test_the_products_library_is_understood() -> None:
    from py_vapid import Vapid02
    from pywebpush import WebPusher

    async with PushService() as push, ClientSession() as client:
        vapid = Vapid02()
        vapid.generate_keys()
        to = push.subscribe()
        signed = vapid.sign({"aud": push.origin, "sub": "mailto:a@b.example", "exp": int(time.time()) + 600})
        pusher = WebPusher(to.as_json(), aiohttp_session=client)
        answer = await pusher.send_async(data="ids only", headers={**signed, "Urgency": "high"}, ttl=60)
        assert (answer.status, [one.text for one in push.received(to.id)]) == (201, ["ids only"])
