"""A push service on this machine, as strict as the browsers' ones: checks what it is sent, then decrypts it.

In a test: `async with PushService() as push`. Tests in other processes post to `/control/`, see
`e2e_helper`.
"""

import asyncio
import base64
import os
import re
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import http_ece
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

URGENCIES = ("very-low", "low", "normal", "high")
MAX_BODY = 4096  # what RFC 8030 obliges a service to take; the browsers' take no more
DAY_SECONDS = 24 * 3600
_VAPID = re.compile(r"vapid t=([\w.-]+), ?k=([\w-]+)")
_TOPIC = re.compile(r"[\w-]{1,32}")


def encode(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Bytes of base64url, padded or not."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Refused(Exception):
    """A message that a push service does not take, with the status it answers."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


@dataclass(frozen=True)
class Message:
    """A message that was taken."""

    subscription: str
    text: str
    ttl: int
    urgency: str
    topic: str
    sender: str
    at: float


@dataclass
class Subscription:
    """A browser's subscription with its private half. `answers`: statuses for the next messages, in order."""

    id: str
    endpoint: str
    private_key: ec.EllipticCurvePrivateKey
    auth: bytes
    application_server_key: str | None
    answers: list[int] = field(default_factory=list)
    gone: bool = False

    @property
    def p256dh(self) -> str:
        """The public key, as browsers tell it."""
        point = self.private_key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return encode(point)

    def as_json(self) -> dict[str, Any]:
        """What `PushSubscription.toJSON()` answers in a browser."""
        keys = {"p256dh": self.p256dh, "auth": encode(self.auth)}
        return {"id": self.id, "endpoint": self.endpoint, "expirationTime": None, "keys": keys}


def check_vapid(authorization: str, origin: str, now: float) -> tuple[str, str]:
    """The sender's public key and contact, from the header of RFC 8292; raises Refused."""
    found = _VAPID.fullmatch(authorization.strip())
    if found is None:
        raise Refused(401, "no Authorization of the form: vapid t=…, k=…")
    token, key = found.groups()
    try:
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decode(key))
        numbers = public.public_numbers()
        jwk = ECKey.import_key(
            {
                "kty": "EC",
                "crv": "P-256",
                "x": encode(numbers.x.to_bytes(32, "big")),
                "y": encode(numbers.y.to_bytes(32, "big")),
            }
        )
        claims = jwt.decode(token, jwk, algorithms=["ES256"]).claims
    except (JoseError, ValueError) as error:
        raise Refused(403, f"the token is not signed by its key: {error}") from None
    if claims.get("aud") != origin:
        raise Refused(403, f"the token is for {claims.get('aud')}, this is {origin}")
    expires = claims.get("exp")
    if not isinstance(expires, int) or not now < expires <= now + DAY_SECONDS:
        raise Refused(403, f"exp must lie within a day from now: {expires}")
    contact = str(claims.get("sub", ""))
    if not contact.startswith(("mailto:", "https:")):
        raise Refused(403, f"sub must be a mailto: or https: address: {contact!r}")
    return key, contact


def open_message(
    subscription: Subscription, headers: Mapping[str, str], body: bytes, origin: str, now: float
) -> Message:
    """Checks a message and decrypts it; raises Refused. Header names in lower case."""
    key, contact = check_vapid(headers.get("authorization", ""), origin, now)
    if subscription.application_server_key not in {None, key}:
        raise Refused(403, "the subscription was made for another application server key")
    ttl, urgency, topic = headers.get("ttl", ""), headers.get("urgency", ""), headers.get("topic", "")
    if not ttl.isdecimal():
        raise Refused(400, f"TTL must be a number of seconds: {ttl!r}")
    if urgency not in URGENCIES:
        raise Refused(400, f"Urgency must be one of {', '.join(URGENCIES)}: {urgency!r}")
    if topic and not _TOPIC.fullmatch(topic):
        raise Refused(400, f"Topic must be at most 32 characters of base64url: {topic!r}")
    if headers.get("content-encoding") != "aes128gcm":
        raise Refused(400, f"Content-Encoding must be aes128gcm: {headers.get('content-encoding')!r}")
    if len(body) > MAX_BODY:
        raise Refused(413, f"{len(body)} bytes are more than {MAX_BODY}")
    try:
        text = http_ece.decrypt(
            body, private_key=subscription.private_key, auth_secret=subscription.auth, version="aes128gcm"
        ).decode()
    except Exception as error:  # noqa: BLE001 - the library raises many kinds for a body not meant for us
        raise Refused(400, f"the body cannot be decrypted: {error!r}") from None
    return Message(subscription.id, text, int(ttl), urgency, topic, contact, now)


class PushService:
    """The service: subscriptions, what arrived for them, and what it answers next."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self._place = (host, port)
        self._runner: web.AppRunner | None = None
        self._arrived = asyncio.Condition()
        self.origin = ""
        self.subscriptions: dict[str, Subscription] = {}
        self.messages: list[Message] = []
        #: messages that were refused, and why: a test ends by looking at it
        self.refusals: list[str] = []

    @property
    def host(self) -> str:
        """`host:port`, for the setting that allows it."""
        return urlsplit(self.origin).netloc

    async def __aenter__(self) -> "PushService":
        app = web.Application(client_max_size=1024 * 1024)
        self.add_routes(app)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, *self._place)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.origin = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    def add_routes(self, app: web.Application) -> None:
        """What it answers: the push service itself, and `/control/` for tests in other processes."""
        app.router.add_post("/push/{id}", self._take)
        app.router.add_post("/control/subscriptions", self._control_subscribe)
        app.router.add_post("/control/answers/{id}", self._control_answers)
        app.router.add_get("/control/messages", self._control_messages)

    def subscribe(self, application_server_key: str | None = None) -> Subscription:
        """A browser's new subscription, bound to a sender's public key if one is given."""
        made = Subscription(
            id=uuid4().hex,
            endpoint="",
            private_key=ec.generate_private_key(ec.SECP256R1()),
            auth=os.urandom(16),
            application_server_key=application_server_key,
        )
        made.endpoint = f"{self.origin}/push/{made.id}"
        self.subscriptions[made.id] = made
        return made

    def received(self, subscription: str | None = None) -> list[Message]:
        """Messages taken so far, of one subscription or of all."""
        return [one for one in self.messages if subscription in {None, one.subscription}]

    async def wait_for(
        self, messages: int, subscription: str | None = None, seconds: float = 30.0
    ) -> list[Message]:
        """At least so many messages; raises TimeoutError with what there is instead."""
        try:
            async with asyncio.timeout(seconds), self._arrived:
                await self._arrived.wait_for(lambda: len(self.received(subscription)) >= messages)
        except TimeoutError:
            there = self.received(subscription)
            raise TimeoutError(
                f"{len(there)} of {messages} messages in {seconds:g} s; refused: {self.refusals}"
            ) from None
        return self.received(subscription)

    async def _take(self, request: web.Request) -> web.Response:
        subscription = self.subscriptions.get(request.match_info["id"])
        if subscription is None:
            return web.Response(status=404, text="no such subscription")
        if subscription.gone:
            return web.Response(status=410, text="the person has taken back the permission")
        if subscription.answers:
            return self._answer(subscription, subscription.answers.pop(0))
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            message = open_message(subscription, headers, await request.read(), self.origin, time.time())
        except Refused as refused:
            self.refusals.append(refused.why)
            return web.Response(status=refused.status, text=refused.why)
        async with self._arrived:
            self.messages.append(message)
            self._arrived.notify_all()
        return web.Response(status=201, headers={"Location": f"{self.origin}/message/{uuid4().hex}"})

    @staticmethod
    def _answer(subscription: Subscription, status: int) -> web.Response:
        subscription.gone = status in {404, 410}
        headers = {"Retry-After": "1"} if status in {429, 503} else {}
        return web.Response(status=status, headers=headers, text="as the test asked")

    async def _control_subscribe(self, request: web.Request) -> web.Response:
        body = await request.json()
        return web.json_response(self.subscribe(body.get("applicationServerKey")).as_json())

    async def _control_answers(self, request: web.Request) -> web.Response:
        """`{"answers": [410]}`: the statuses of the next messages."""
        body = await request.json()
        self.subscriptions[request.match_info["id"]].answers.extend(body["answers"])
        return web.json_response({})

    async def _control_messages(self, request: web.Request) -> web.Response:
        taken = [asdict(message) for message in self.messages]
        return web.json_response({"messages": taken, "refusals": self.refusals})
