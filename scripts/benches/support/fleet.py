"""Many enrolled phones with visits sealed and signed before the clock starts."""

import base64
import hashlib
import os
import random
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from backend.kernel.crypto import Keys
from backend.kernel.ids import uuid7
from scripts.benches.support.bank import BenchBank

TARGET = "/api/v1/sync/push"
COOKIE = "tiange_session"
#: visits of one phone lie this far apart: what a person can do
BETWEEN_MS = 11 * 60_000
#: the first ones were this long ago
LOOK_BACK_MS = 20 * 86_400_000

_PEOPLE = (
    "SELECT a.staff_id, c.id, c.lon, c.lat FROM grid_assignment a"
    " JOIN staff s ON s.id = a.staff_id AND s.active AND s.role = ANY($1)"
    " JOIN customer c ON c.grid_id = a.grid_id AND c.status = 'active'"
    " WHERE a.to_on IS NULL AND a.from_on <= current_date ORDER BY a.staff_id, c.id"
)


@dataclass(frozen=True)
class Push:
    """One request, ready to be sent. Its signature serves once: a second try needs `again`."""

    phone: "FleetPhone"
    headers: dict[str, str]
    body: bytes
    visits: int
    tries: list[int] = field(default_factory=list)

    def again(self) -> dict[str, str]:
        """Headers for the next try; those of the first were made beforehand."""
        self.tries.append(1)
        return self.headers if len(self.tries) == 1 else self.phone.headers(self.body)


class Sealer:
    """Seals as a phone does: one ephemeral pair for an unlocked session, a salt for each seal."""

    def __init__(self, server: ec.EllipticCurvePublicKey) -> None:
        own = ec.generate_private_key(ec.SECP256R1())
        point = _point(server)
        self._secret = own.exchange(ec.ECDH(), server)
        self._prefix = b"\x01" + hashlib.sha256(point).digest()[:8] + _point(own.public_key())

    def seal(self, plain: bytes, context: str) -> bytes:
        """CONTRACT.md section 6."""
        salt = os.urandom(16)
        key = HKDF(hashes.SHA256(), 32, salt, b"tiange/seal/1").derive(self._secret)
        return self._prefix + salt + AESGCM(key).encrypt(bytes(12), plain, context.encode())


@dataclass
class FleetPhone:
    """An enrolled installation of one person, with a session of its own."""

    installation_id: UUID
    staff_id: UUID
    customers: Sequence[Any]
    key: ec.EllipticCurvePrivateKey
    token: str
    sealer: Sealer
    #: when its first visit was, by its clock
    began_ms: int
    seq: int = 0

    def push(self, visits: int, chance: random.Random) -> Push:
        """The phone's next visits as one push, sealed and signed."""
        now = time.time_ns() // 1_000_000
        commands = []
        for _ in range(visits):
            self.seq += 1
            command_id = uuid7()
            at = self.began_ms + self.seq * BETWEEN_MS
            plain = msgspec.msgpack.encode(
                {
                    "id": str(command_id),
                    "seq": self.seq,
                    "type": "visit.log",
                    "version": 1,
                    "at": at,
                    "offset_minutes": 480,
                    "needs": [],
                    "body": _visit(self.customers[self.seq % len(self.customers)], at, chance),
                }
            )
            commands.append(
                {
                    "id": str(command_id),
                    "seq": self.seq,
                    "hash": hashlib.sha256(plain).hexdigest(),
                    "sealed": self.sealer.seal(plain, f"command:{command_id}"),
                }
            )
        body = msgspec.msgpack.encode(
            {
                "epoch": None,
                "stream": str(self.installation_id),
                "device_now": now,
                "commands": commands,
                "outbox": {"depth": visits, "oldest": self.began_ms},
            }
        )
        return Push(self, self.headers(body), body, visits)

    def headers(self, body: bytes) -> dict[str, str]:
        """Signed, with a new nonce."""
        nonce = _base64url(os.urandom(16))
        text = f"POST\n{TARGET}\n{hashlib.sha256(body).hexdigest()}\n{nonce}"
        r, s = decode_dss_signature(self.key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return {
            "Content-Type": "application/msgpack",
            "Accept": "application/msgpack",
            "Cookie": f"{COOKIE}={self.token}",
            "Tiange-Installation": str(self.installation_id),
            "Tiange-Nonce": nonce,
            "Tiange-Signature": _base64url(r.to_bytes(32, "big") + s.to_bytes(32, "big")),
        }


async def enrolled(bank: BenchBank, phones: int, roles: Sequence[str]) -> list[FleetPhone]:
    """So many phones, dealt to the people of `roles` who hold grids with customers.

    Sessions and enrolments are written past the product: signing in thousands of times would measure
    passwords.
    """
    keys = Keys.load(bank.home / "keys")
    server = keys.seal.private.public_key()
    connection = await asyncpg.connect(bank.admin_url)
    try:
        people: dict[UUID, list[Any]] = {}
        for row in await connection.fetch(_PEOPLE, list(roles)):
            people.setdefault(row["staff_id"], []).append(row)
        order = sorted(people)
        began = time.time_ns() // 1_000_000 - LOOK_BACK_MS
        made = [
            FleetPhone(
                uuid7(),
                order[number % len(order)],
                people[order[number % len(order)]],
                ec.generate_private_key(ec.SECP256R1()),
                secrets.token_urlsafe(32),
                Sealer(server),
                # a person's several phones were not used at the same time
                began - (number // len(order)) * 86_400_000,
            )
            for number in range(phones)
        ]
        now = datetime.now(UTC)
        await connection.copy_records_to_table(
            "device",
            columns=(
                "installation_id",
                "staff_id",
                "public_key",
                "label",
                "platform",
                "app_version",
                "enrolled_at",
            ),
            records=[
                (one.installation_id, one.staff_id, _jwk(one.key), "bench", "bench", "1.0.0", now)
                for one in made
            ],
        )
        await connection.copy_records_to_table(
            "session",
            columns=("id", "token_hash", "staff_id", "installation_id", "created_at", "expires_at"),
            records=[
                (
                    uuid7(),
                    hashlib.sha256(one.token.encode()).digest(),
                    one.staff_id,
                    one.installation_id,
                    now,
                    now + timedelta(days=1),
                )
                for one in made
            ],
        )
    finally:
        await connection.close()
    return made


def _visit(customer: Any, at: int, chance: random.Random) -> dict[str, Any]:
    """What the form of the phone makes of a visit on site."""
    return {
        "id": str(uuid7()),
        "customer_id": str(customer["id"]),
        "channel": "onsite",
        "purpose": "follow_up",
        "outcome": "met" if chance.random() < 0.8 else "absent",
        "needs": ["loan"] if chance.random() < 0.3 else [],
        "note": "上门走访，谈到秋后资金安排，约下月再看" if chance.random() < 0.5 else None,
        "point": {
            "lon": (customer["lon"] or 114.0) + chance.uniform(-0.001, 0.001),
            "lat": (customer["lat"] or 29.5) + chance.uniform(-0.001, 0.001),
            "accuracy_m": chance.uniform(4, 40),
            "at": at,
        },
    }


def _jwk(key: ec.EllipticCurvePrivateKey) -> str:
    numbers = key.public_key().public_numbers()
    return msgspec.json.encode(
        {
            "kty": "EC",
            "crv": "P-256",
            "x": _base64url(numbers.x.to_bytes(32, "big")),
            "y": _base64url(numbers.y.to_bytes(32, "big")),
        }
    ).decode()


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
