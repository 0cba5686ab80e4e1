"""A phone in Python, written from CONTRACT.md alone: seals commands, pushes, pulls, keeps rows.

It shares no code with the product but the wire: sealing, signing and keeping are done here anew.
"""

import gzip
import hashlib
import os
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import msgspec
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from backend.kernel.ids import uuid7
from tests.support.clock import MovingClock
from tests.support.web import Phone

PACKED = {"Content-Type": "application/msgpack", "Accept": "application/msgpack"}


def seal(public: bytes, plain: bytes, context: str) -> bytes:
    """CONTRACT.md section 6."""
    peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
    own = ec.generate_private_key(ec.SECP256R1())
    salt = os.urandom(16)
    key = HKDF(hashes.SHA256(), 32, salt, b"tiange/seal/1").derive(own.exchange(ec.ECDH(), peer))
    point = own.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    head = b"\x01" + hashlib.sha256(public).digest()[:8] + point + salt
    return head + AESGCM(key).encrypt(bytes(12), plain, context.encode())


@dataclass
class Sent:
    """A command in the phone's outbox."""

    id: UUID
    seq: int
    hash: str
    sealed: bytes
    #: what was sealed: the whole command, readable
    envelope: dict[str, Any] = field(default_factory=dict)
    receipt: dict[str, Any] | None = None

    def wire(self) -> dict[str, Any]:
        """As it goes up."""
        return {"id": str(self.id), "seq": self.seq, "hash": self.hash, "sealed": self.sealed}


#: versions that today's app writes, where they are not the first
NEWEST = {"customer.split": 2, "customer.merge": 2, "member.remove": 2}


@dataclass
class FieldPhone:
    """An enrolled phone with its outbox and rows: `rows[key][kind][id]` is a map of field values."""

    phone: Phone
    clock: MovingClock
    seal_key: bytes
    staff: dict[str, Any]
    escrow_key: bytes = b""
    outbox: list[Sent] = field(default_factory=list)
    revisions: dict[str, int] = field(default_factory=dict)
    rows: dict[str, dict[str, dict[str, dict[str, Any]]]] = field(default_factory=dict)
    evicted: list[str] = field(default_factory=list)
    epoch: str | None = None
    clock_error_ms: int = 0

    @classmethod
    async def ready(
        cls, client: httpx.AsyncClient, clock: MovingClock, login: str, password: str
    ) -> "FieldPhone":
        """Signs in and enrols."""
        phone = Phone(client)
        answer = await phone.login(login, password)
        assert answer.status_code == 200, answer.text
        enrolled = await phone.enrol()
        assert enrolled.status_code == 200, enrolled.text
        keys = {name: _unpadded(enrolled.json()[name]["public_key"]) for name in ("seal", "escrow")}
        return cls(phone, clock, keys["seal"], answer.json()["staff"], keys["escrow"])

    def now(self) -> int:
        """The phone's own clock in ms, which may be wrong."""
        return int(self.clock.now().timestamp() * 1000) + self.clock_error_ms

    def save(self, kind: str, body: dict[str, Any], needs: list[UUID] | None = None, **changes: Any) -> Sent:
        """Puts a command into the outbox. `changes` replace parts of the envelope."""
        envelope = {
            "id": str(uuid7()),
            "type": kind,
            "version": NEWEST.get(kind, 1),
            "at": self.now(),
            "offset_minutes": 480,
            "needs": [str(one) for one in needs or []],
            "body": body,
        }
        return self.put(envelope | changes)

    def put(self, envelope: dict[str, Any]) -> Sent:
        """Seals a command for the stream's next place, also one that had another place before."""
        place = len(self.outbox) + 1
        envelope = {"seq": place} | envelope
        plain = msgspec.msgpack.encode(envelope)
        command_id = UUID(envelope["id"])
        sealed = seal(self.seal_key, plain, f"command:{command_id}")
        sent = Sent(command_id, place, hashlib.sha256(plain).hexdigest(), sealed, envelope)
        self.outbox.append(sent)
        return sent

    async def push_raw(self, commands: list[dict[str, Any]], **changes: Any) -> httpx.Response:
        """One push with exactly these commands."""
        body = {
            "epoch": self.epoch,
            "stream": str(self.phone.installation_id),
            "device_now": self.now(),
            "commands": commands,
        } | changes
        return await self.phone.send("POST", "/api/v1/sync/push", msgspec.msgpack.encode(body), PACKED)

    async def push(self) -> list[dict[str, Any]]:
        """Sends what has no receipt yet and keeps the receipts. Returns them."""
        waiting = [one for one in self.outbox if one.receipt is None]
        answer = await self.push_raw([one.wire() for one in waiting])
        assert answer.status_code == 200, answer.text
        receipts: list[dict[str, Any]] = msgspec.msgpack.decode(answer.content)["receipts"]
        by_id = {str(one.id): one for one in waiting}
        for receipt in receipts:
            if receipt.get("receipt"):
                by_id[receipt["id"]].receipt = receipt
        return receipts

    async def pull(self) -> list[dict[str, Any]]:
        """Pulls until nothing moves. Returns the partitions of the first answer."""
        first: list[dict[str, Any]] | None = None
        for _ in range(50):
            partitions = await self.pull_once()
            first = first if first is not None else partitions
            if all(one["state"] in ("same", "evict") for one in partitions):
                return first
        raise AssertionError("pulling never came to rest")

    async def pull_once(self) -> list[dict[str, Any]]:
        """One pull, snapshots fetched."""
        waiting = sum(1 for one in self.outbox if one.receipt is None)
        body = {
            "epoch": self.epoch,
            "partitions": self.revisions,
            "outbox": {"depth": waiting, "oldest": None},
        }
        answer = await self.phone.send("POST", "/api/v1/sync/pull", msgspec.msgpack.encode(body), PACKED)
        assert answer.status_code == 200, answer.text
        document = msgspec.msgpack.decode(answer.content)
        self.epoch = document["epoch"]
        for one in document["partitions"]:
            key, state = one["key"], one["state"]
            if state == "evict":
                self.rows.pop(key, None)
                self.revisions.pop(key, None)
                self.evicted.append(key)
            elif state == "snapshot":
                self.rows[key] = {}
                for page in one["pages"]:
                    self.keep(key, await self.page(key, one["revision"], page))
                self.revisions[key] = one["revision"]
            elif state == "changes":
                self.keep(key, one["groups"])
                self.revisions[key] = one["revision"]
        partitions: list[dict[str, Any]] = document["partitions"]
        return partitions

    async def page(self, key: str, revision: int, page: dict[str, Any]) -> list[dict[str, Any]]:
        """Fetches and checks one page."""
        target = f"/api/v1/sync/pages?key={key.replace('@', '%40').replace(':', '%3A').replace('/', '%2F')}"
        answer = await self.phone.send("GET", f"{target}&revision={revision}&n={page['n']}")
        assert answer.status_code == 200, answer.text
        assert hashlib.sha256(answer.content).hexdigest() == page["sha256"]
        groups: list[dict[str, Any]] = msgspec.msgpack.decode(gzip.decompress(answer.content))
        return groups

    def keep(self, key: str, groups: list[dict[str, Any]]) -> None:
        """Lays groups into the rows."""
        kinds = self.rows.setdefault(key, {})
        for group in groups:
            rows = kinds.setdefault(group["kind"], {})
            for row_id, revision, *values in group["rows"]:
                rows[row_id] = dict(zip(group["fields"], values, strict=True)) | {"revision": revision}
            for row_id, _revision, _moved_to in group["gone"]:
                rows.pop(row_id, None)

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """All rows of a kind, whichever partition they lie in."""
        found: dict[str, dict[str, Any]] = {}
        for kinds in self.rows.values():
            found |= kinds.get(kind, {})
        return found

    def everything(self) -> str:
        """All that lies on the phone of people and their work, as text to search for what must not be there:
        without the rules, which are of nobody and have amounts of their own."""
        told = [{kind: of for kind, of in kinds.items() if kind != "rules"} for kinds in self.rows.values()]
        return msgspec.json.encode(told).decode()


def _unpadded(text: str) -> bytes:
    import base64

    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
