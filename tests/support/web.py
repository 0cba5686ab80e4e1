"""The web application inside a test: people who can sign in, and phones that sign their requests."""

import base64
import hashlib
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from litestar import Litestar

from backend.app.asgi import create_app
from backend.embedded import Urls
from backend.identity.api import NewStaff, create_staff, create_unit, hash_password
from backend.kernel.actor import Actor
from backend.kernel.crypto import Keys
from backend.kernel.ids import uuid7
from backend.kernel.settings import Settings
from backend.kernel.uow import Database

PASSWORD = "a long enough password"


def settings_for(urls: Urls, home: Path, clock_file: Path | None, **changes: Any) -> Settings:
    """Settings of a test's own installation over the session's servers."""
    Keys.load_or_create(home / "keys")
    given: dict[str, Any] = {
        "home": home,
        "database_url": urls.owner,
        "database_url_web": urls.web,
        "database_url_worker": urls.worker,
        "database_url_nightly": urls.nightly,
        "redis_url": urls.redis,
        "keys_dir": home / "keys",
        "files_dir": home / "files",
        "static_dir": home / "static",
        "environment": "test",
        "test_mode": True,
        "clock_file": clock_file,
    }
    return Settings(**(given | changes))


@asynccontextmanager
async def serving(app: Litestar, address: str = "127.0.0.1") -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, in this event loop; errors come back as answers."""
    transport = httpx.ASGITransport(app=cast(Any, app), raise_app_exceptions=False, client=(address, 40000))
    async with httpx.AsyncClient(transport=transport, base_url="http://tiange.test") as client:
        yield client


@asynccontextmanager
async def application(settings: Settings) -> AsyncIterator[Litestar]:
    """The application; its connections are closed at the end."""
    app = create_app(settings)
    try:
        yield app
    finally:
        await app.state.resources.close()


@dataclass(frozen=True)
class Bank:
    """A small bank: HQ and two branches, with the people that tests add."""

    database: Database
    hq: UUID
    branch: UUID
    other_branch: UUID
    password_hash: str

    @classmethod
    async def found(cls, worker_db: Database) -> "Bank":
        """Makes the org tree. `worker_db`: any database under a role that may act as the system."""
        bank = cls(worker_db, uuid7(), uuid7(), uuid7(), hash_password(PASSWORD, light=True))
        async with worker_db.unit(Actor.system("test")) as uow:
            await create_unit(uow, bank.hq, "hq", "HQ", "总行", None)
            await create_unit(uow, bank.branch, "branch", "B1", "天城支行", bank.hq)
            await create_unit(uow, bank.other_branch, "branch", "B2", "白霓支行", bank.hq)
        return bank

    async def hire(self, login: str, role: str, unit_id: UUID | None = None, name: str = "") -> UUID:
        """A person of the first branch, unless a unit is named, with the password `PASSWORD`."""
        staff_id = uuid7()
        async with self.database.unit(Actor.system("test")) as uow:
            await create_staff(
                uow,
                NewStaff(
                    id=staff_id,
                    login=login,
                    name=name or login,
                    role=role,
                    unit_id=unit_id or self.branch,
                    password_hash=self.password_hash,
                ),
            )
        return staff_id


@dataclass
class Phone:
    """A phone with its own key, speaking to the server through `client`."""

    client: httpx.AsyncClient
    installation_id: UUID = field(default_factory=uuid7)
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def jwk(self) -> dict[str, Any]:
        """The public half."""
        numbers = self.key.public_key().public_numbers()
        return {
            "kty": "EC",
            "crv": "P-256",
            "x": base64url(numbers.x.to_bytes(32, "big")),
            "y": base64url(numbers.y.to_bytes(32, "big")),
            "ext": True,
            "key_ops": ["verify"],
        }

    async def login(self, login: str, password: str = PASSWORD) -> httpx.Response:
        """Signs in; the client keeps the cookies."""
        return await self.client.post("/api/v1/auth/login", json={"login": login, "password": password})

    async def enrol(self) -> httpx.Response:
        """Makes the phone known."""
        return await self.client.post(
            "/api/v1/devices",
            json={
                "installation_id": str(self.installation_id),
                "public_key": self.jwk(),
                "label": "A phone",
                "platform": "test",
                "app_version": "1.0.0",
            },
        )

    async def ready(self, login: str) -> "Phone":
        """Signs in and enrols."""
        assert (await self.login(login)).status_code == 200
        assert (await self.enrol()).status_code == 200
        return self

    def headers(
        self, method: str, target: str, body: bytes = b"", nonce: bytes | None = None
    ) -> dict[str, str]:
        """The three headers over a request, made as the contract says, with nothing of the server's code."""
        text_nonce = base64url(nonce or os.urandom(16))
        text = f"{method}\n{target}\n{hashlib.sha256(body).hexdigest()}\n{text_nonce}"
        r, s = decode_dss_signature(self.key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return {
            "Tiange-Installation": str(self.installation_id),
            "Tiange-Nonce": text_nonce,
            "Tiange-Signature": base64url(r.to_bytes(32, "big") + s.to_bytes(32, "big")),
        }

    async def send(
        self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """A signed request."""
        signed = self.headers(method, target, body)
        return await self.client.request(
            method, target, content=body or None, headers={**signed, **(headers or {})}
        )


def base64url(content: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
