"""One probe for each endpoint: tries it as one person on one subject, and says whether it was reached."""

import asyncio
import gzip
import hashlib
import io
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from litestar import Litestar
from PIL import Image
from redis.asyncio import Redis

from backend.kernel.announce import MOVED_CHANNEL
from backend.kernel.ids import uuid7
from backend.sync.partitions import VERSION
from tests.support.field_phone import PACKED, FieldPhone, seal
from tests.support.village import OwnTurn
from tests.support.web import PASSWORD, Phone, base64url, serving

REFUSED = {401, 403, 404}


@dataclass(frozen=True)
class Subject:
    """A household with all that hangs on it, and the phone of whoever visited it."""

    customer_id: str
    grid_id: UUID
    author: FieldPhone
    #: whom endpoints about a person are asked for: the first who is not asking
    people: dict[str, FieldPhone]
    #: hashes of two photos of the visit: one that the bank has, one that is still on the way
    kept: str
    waiting: bytes
    #: where the page with the household lies for whoever holds the grid
    page: str
    #: a village evaluation that judges the household, and a household of the same village that may be it
    session: str = ""
    twin: str = ""
    #: reviewers' turns on phones of their own: one that is handed in, one that is only looked at
    turns: tuple[OwnTurn, ...] = ()
    #: what the household is called, and a group of customers that its author keeps
    name: str = ""
    group: str = ""


@dataclass
class Attempt:
    """Somebody with a phone, trying one endpoint. `own`: what concerns a person is asked about themselves."""

    app: Litestar
    redis: "Redis"
    login: str
    me: FieldPhone
    subject: Subject
    own: bool

    @property
    def phone(self) -> Phone:
        """The phone's signing half."""
        return self.me.phone

    @property
    def whose(self) -> FieldPhone:
        """The phone that endpoints about a person are asked for."""
        return self.me if self.own else self.subject.people[self.other]

    @property
    def other(self) -> str:
        """The login of somebody else whom the relation names."""
        return next(login for login in self.subject.people if login != self.login)

    async def ask(self, method: str, target: str, **json: Any) -> httpx.Response:
        """A request with the session's cookie only."""
        return await self.phone.client.request(method, target, json=json or None)

    async def ask_signed(self, method: str, target: str, **json: Any) -> httpx.Response:
        """A request that the phone has signed."""
        content = msgspec.json.encode(json)
        return await self.phone.send(method, target, content, {"Content-Type": "application/json"})


Probe = Callable[[Attempt], Awaitable[bool]]


def photo(colour: int) -> bytes:
    """A small JPEG, one of its kind."""
    kept = io.BytesIO()
    Image.new("RGB", (48, 48), (colour % 256, colour // 256, 7)).save(kept, "JPEG")
    return kept.getvalue()


def digest(content: bytes) -> str:
    """The name of a file."""
    return hashlib.sha256(content).hexdigest()


async def send_photo(phone: FieldPhone, content: bytes) -> httpx.Response:
    """Sends a photo, sealed as the contract says."""
    name = digest(content)
    sealed = seal(phone.seal_key, content, f"file:{name}")
    return await phone.phone.send("PUT", f"/api/v1/files/{name}", sealed, {"Tiange-File-Class": "home"})


async def page_with_customers(holder: FieldPhone, grid_id: UUID) -> str:
    """The address of the grid's first page, which the bank makes for a phone that it cannot follow."""
    key = f"grid:{grid_id}/manager@{VERSION}"
    body = {"epoch": None, "partitions": {key: 10**9}, "outbox": {"depth": 0}}
    first = await holder.phone.send("POST", "/api/v1/sync/pull", msgspec.msgpack.encode(body), PACKED)
    body["epoch"] = msgspec.msgpack.decode(first.content)["epoch"]
    answer = await holder.phone.send("POST", "/api/v1/sync/pull", msgspec.msgpack.encode(body), PACKED)
    parts = msgspec.msgpack.decode(answer.content)["partitions"]
    (part,) = [one for one in parts if one["key"] == key]
    n = next(page["n"] for page in part["pages"] if page["kind"] == "customer")
    return f"/api/v1/sync/pages?key=grid%3A{grid_id}%2Fmanager%40{VERSION}&revision={part['revision']}&n={n}"


async def pull(one: Attempt) -> bool:
    """The household came to the phone."""
    if not await _answers(
        one, "POST", "/api/v1/sync/pull", {"epoch": None, "partitions": {}, "outbox": {"depth": 0}}
    ):
        return False
    await one.me.pull()
    return one.subject.customer_id in one.me.everything()


async def pages(one: Attempt) -> bool:
    """The page with the household came, asked for as whoever may have it asks."""
    answer = await one.phone.send("GET", one.subject.page)
    assert answer.status_code in REFUSED | {200, 410}, answer.text
    return answer.status_code == 200 and one.subject.customer_id in _unpacked(answer.content)


async def push(one: Attempt) -> bool:
    """An edit of the household took effect at once."""
    edits = [{"field": "spending_living_fen", "seen": None, "value": 1_000_000 + len(one.me.outbox)}]
    sent = one.me.save("customer.set_values", {"customer_id": one.subject.customer_id, "edits": edits})
    answer = await one.me.push_raw([sent.wire()])
    if answer.status_code in REFUSED:
        return False
    assert answer.status_code == 200, answer.text
    (receipt,) = msgspec.msgpack.decode(answer.content)["receipts"]
    sent.receipt = receipt
    return receipt["result"] in {"applied", "merged"}


async def look_up(one: Attempt) -> bool:
    """The household was found at the bank, by its name and with a purpose."""
    asked = {"ids": [one.subject.customer_id], "text": one.subject.name, "purpose": "a look"}
    answer = await one.ask("POST", "/api/v1/customers/look-up", **asked)
    assert answer.status_code in REFUSED | {200}, answer.text
    return answer.status_code == 200 and one.subject.customer_id in answer.text


async def grid_choices(one: Attempt) -> bool:
    """The household's grid was among those that one may be moved to."""
    return str(one.subject.grid_id) in await _text(one, "GET", "/api/v1/grids")


async def completeness(one: Attempt) -> bool:
    """The household's grid was counted."""
    return str(one.subject.grid_id) in await _text(one, "GET", "/api/v1/customers/completeness")


async def quarantine(one: Attempt) -> bool:
    """A command that the bank refused to the household's author was listed."""
    refused = await _refused(one)
    return refused in await _text(one, "GET", "/api/v1/quarantine")


async def quarantined(one: Attempt) -> bool:
    """What the author had typed was shown."""
    refused = await _refused(one)
    return await _done(one, "POST", f"/api/v1/quarantine/{refused}/content", 200, purpose="a look")


async def _refused(one: Attempt) -> str:
    """A command of the household's author that the bank does not know."""
    author = one.subject.author
    sent = author.save("customer.fly", {})
    await author.push()
    return str(sent.id)


async def events(one: Attempt) -> bool:
    """A hint about the household's grid came; `bank`, which everybody holds, is told after it."""
    sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    gone = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        await sent.put(message)

    cookies = "; ".join(f"{name}={value}" for name, value in one.phone.client.cookies.items())
    scope: Any = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/api/v1/sync/events",
        "raw_path": b"/api/v1/sync/events",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"tiange.test"), *([(b"cookie", cookies.encode())] if cookies else [])],
        "client": ("127.0.0.1", 40000),
        "server": ("tiange.test", 80),
    }
    stream = asyncio.create_task(one.app(scope, receive, send))  # type: ignore[arg-type]
    try:
        start = await asyncio.wait_for(sent.get(), 30)
        if start["status"] in REFUSED:
            return False
        assert start["status"] == 200, start
        # its first words: from now on it listens
        heard = (await asyncio.wait_for(sent.get(), 30))["body"].decode()
        moved = {f"grid:{one.subject.grid_id}": 7, "bank": 7}
        await one.redis.publish(MOVED_CHANNEL, msgspec.json.encode(moved))
        while '"bank"' not in heard:
            heard += (await asyncio.wait_for(sent.get(), 30))["body"].decode()
        return str(one.subject.grid_id) in heard
    finally:
        gone.set()
        stream.cancel()
        await asyncio.gather(stream, return_exceptions=True)


async def file_up(one: Attempt) -> bool:
    """A photo of the visit was taken."""
    answer = await send_photo(one.me, one.subject.waiting)
    assert answer.status_code in REFUSED | {200}, answer.text
    return answer.status_code == 200


def _upload(content: bytes) -> tuple[str, bytes]:
    """The address of an upload in chunks, and its bytes; what is in them is judged only at their end."""
    told = f"seal={digest(content)}&total={len(content)}&kind=home"
    return f"/api/v1/files/{digest(content)}/upload?{told}", content


async def file_stands(one: Attempt) -> bool:
    """The bank says how far one's own upload has come."""
    answer = await one.phone.send("GET", _upload(one.subject.waiting)[0])
    assert answer.status_code in REFUSED | {200}, answer.text
    return answer.status_code == 200


async def file_part(one: Attempt) -> bool:
    """A chunk of one's own upload was taken."""
    target, content = _upload(os.urandom(64))
    answer = await one.phone.send("PATCH", f"{target}&offset=0", content[:16])
    assert answer.status_code in REFUSED | {200}, answer.text
    return answer.status_code == 200


async def file_look(one: Attempt) -> bool:
    """A photo of the visit can be looked at by who says what for."""
    body = b'{"purpose": "a customer objects", "size": "thumb"}'
    headers = {"Content-Type": "application/json"}
    answer = await one.phone.send("POST", f"/api/v1/files/{one.subject.kept}/look", body, headers)
    assert answer.status_code in REFUSED | {200}, answer.text
    return answer.status_code == 200


async def file_down(one: Attempt) -> bool:
    """A photo of the visit can be looked at."""
    answer = await one.phone.send("GET", f"/api/v1/files/{one.subject.kept}?size=thumb")
    assert answer.status_code in REFUSED | {200}, answer.text
    return answer.status_code == 200


async def me(one: Attempt) -> bool:
    """The answer names the person."""
    return one.whose.staff["id"] in await _text(one, "GET", "/api/v1/auth/me")


async def devices(one: Attempt) -> bool:
    """The answer names the phone."""
    return str(one.whose.phone.installation_id) in await _text(one, "GET", "/api/v1/devices")


async def phones(one: Attempt) -> bool:
    """The phone was listed among those that are looked after."""
    return str(one.whose.phone.installation_id) in await _text(one, "GET", "/api/v1/phones")


async def enrol(one: Attempt) -> bool:
    """A phone is enrolled: a new one of one's own; another person's under its known number."""
    phone = Phone(one.phone.client)
    if not one.own:
        phone.installation_id = one.whose.phone.installation_id
    answer = await phone.enrol()
    assert answer.status_code in REFUSED | {200, 409}, answer.text
    if answer.status_code == 200:
        # the session is bound to the new phone: back to the one that signs
        assert (await one.phone.enrol()).status_code == 200
    return answer.status_code == 200


async def escrow(one: Attempt) -> bool:
    """A data key is kept for a phone: sealed for another one's it is refused."""
    sealed = seal(one.me.escrow_key, bytes(32), f"escrow:{one.whose.phone.installation_id}")
    answer = await one.ask_signed("PUT", "/api/v1/devices/escrow", sealed=base64url(sealed))
    assert answer.status_code in REFUSED | {204, 422}, answer.text
    return answer.status_code == 204


async def unlock_ways(one: Attempt) -> bool:
    """How this very phone is opened was noted; there is no way to name another."""
    return one.own and await _done(one, "PUT", "/api/v1/devices/unlock", 204, ways=["pin", "prf"])


async def escrow_release(one: Attempt) -> bool:
    """The data key of this very phone was given; there is no way to name another."""
    if not one.own:
        return False
    answer = await one.ask_signed(
        "POST", "/api/v1/devices/escrow/release", password=PASSWORD, public_key=_public_key()
    )
    assert answer.status_code in REFUSED | {200}, answer.text
    return answer.status_code == 200


async def revoke(one: Attempt) -> bool:
    """A phone was withdrawn: one made for this."""
    async with serving(one.app) as client:
        login = one.login if one.own else one.other
        other = await Phone(client).ready(login)
        return await _done(one, "POST", f"/api/v1/devices/{other.installation_id}/revoke", 204)


async def push_key(one: Attempt) -> bool:
    """The bank's public key was told."""
    return one.own and "public_key" in await _text(one, "GET", "/api/v1/push/key")


async def subscribe(one: Attempt) -> bool:
    """Reminders come to this very phone; there is no way to name another."""
    return one.own and await _done(
        one,
        "POST",
        "/api/v1/push/subscriptions",
        204,
        endpoint=f"https://fcm.googleapis.com/fcm/send/{uuid7()}",
        keys={"p256dh": _public_key(), "auth": base64url(b"0123456789abcdef")},
    )


async def unsubscribe(one: Attempt) -> bool:
    """Reminders end on this very phone."""
    return one.own and await _done(one, "DELETE", "/api/v1/push/subscriptions", 204)


async def logout(one: Attempt) -> bool:
    """The session ended: one made for this, so that others can go on."""
    if not one.own:
        return False
    async with serving(one.app) as client:
        if one.phone.client.cookies:
            assert (await Phone(client).login(one.login)).status_code == 200
        return (await client.post("/api/v1/auth/logout")).status_code == 204


async def login(one: Attempt) -> bool:
    """A session opened, with one's own password only."""
    async with serving(one.app) as client:
        password = PASSWORD if one.own else "not this one's password"
        return (await Phone(client).login(one.login, password)).status_code == 200


def public(path: str) -> Probe:
    """An endpoint that anybody may ask, and that says nothing about any subject."""

    async def probe(one: Attempt) -> bool:
        answer = await one.phone.client.get(path)
        assert answer.status_code in REFUSED | {200, 503}, answer.text
        for secret in (one.subject.customer_id, str(one.subject.grid_id), one.whose.staff["id"]):
            assert secret not in answer.text
        return answer.status_code not in REFUSED

    return probe


async def _answers(one: Attempt, method: str, target: str, body: dict[str, Any]) -> bool:
    answer = await one.phone.send(method, target, msgspec.msgpack.encode(body), PACKED)
    assert answer.status_code in REFUSED | {200}, answer.text
    return answer.status_code == 200


async def _text(one: Attempt, method: str, target: str) -> str:
    answer = await one.ask(method, target)
    assert answer.status_code in REFUSED | {200}, answer.text
    return answer.text if answer.status_code == 200 else ""


async def _done(one: Attempt, method: str, target: str, success: int, **json: Any) -> bool:
    answer = await one.ask(method, target, **json)
    assert answer.status_code in REFUSED | {success}, answer.text
    return answer.status_code == success


def _public_key() -> str:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    return base64url(key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def _unpacked(page: bytes) -> str:
    return msgspec.json.encode(msgspec.msgpack.decode(gzip.decompress(page))).decode()
