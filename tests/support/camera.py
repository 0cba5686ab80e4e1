"""A phone that sends files, whole or in chunks, as CONTRACT.md section 5 says."""

import hashlib
import io
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from backend.embedded import Urls
from backend.kernel.crypto import Keys, seal_to
from backend.kernel.settings import Settings
from tests.support.databases import connect
from tests.support.web import Bank, Phone


def photo(width: int = 640, height: int = 480, image_format: str = "JPEG", **options: object) -> bytes:
    """A picture with structure in it, so that it is no trivial JPEG."""
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    out = io.BytesIO()
    image.save(out, image_format, **options)
    return out.getvalue()


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def unfinished(settings: Settings) -> list[Path]:
    """Files of uploads that are not whole."""
    folder = settings.files_dir / "parts"
    return sorted(one for one in folder.rglob("*") if one.is_file() and one.name != ".lock")


def kept(settings: Settings) -> list[Path]:
    """What the store holds."""
    return sorted(settings.files_dir.glob("??/??/*"))


def small_photo(seed: int) -> bytes:
    """A picture of its own, of some hundred bytes."""
    out = io.BytesIO()
    Image.frombytes("RGB", (6, 6), random.Random(seed).randbytes(108)).save(out, "PNG")
    return out.getvalue()


async def rows(databases: Urls, file_hash: str) -> tuple[int, int]:
    """(rows of a file, events that announce it)."""
    connection = await connect(databases.admin)
    try:
        return (
            await connection.fetchval("SELECT count(*) FROM stored_file WHERE hash = $1", file_hash),
            await connection.fetchval(
                "SELECT count(*) FROM outbox_event WHERE name = 'files.received' AND payload->>'hash' = $1",
                file_hash,
            ),
        )
    finally:
        await connection.close()


class Camera:
    """A phone that sends photos."""

    def __init__(self, phone: Phone, keys: Keys) -> None:
        self.phone = phone
        self._keys = keys

    async def send(
        self, content: bytes, *, name: str | None = None, file_class: str = "home", context: str | None = None
    ) -> httpx.Response:
        name = name or digest(content)
        sealed = seal_to(self._keys.seal.public_raw, content, context or f"file:{name}")
        return await self.phone.send(
            "PUT", f"/api/v1/files/{name}", sealed, {"Tiange-File-Class": file_class}
        )

    def sealed(self, content: bytes, file_class: str = "home") -> "Sealed":
        """A file ready to be sent: sealed once, however often it is sent."""
        name = digest(content)
        return Sealed(name, file_class, seal_to(self._keys.seal.public_raw, content, f"file:{name}"))

    async def ask(self, file: "Sealed") -> httpx.Response:
        """How an upload stands."""
        return await self.phone.send("GET", file.address())

    async def add(self, file: "Sealed", offset: int, end: int | None = None) -> httpx.Response:
        """Sends the chunk from `offset` to `end`, or to the file's end."""
        chunk = file.content[offset:end]
        return await self.phone.send("PATCH", f"{file.address()}&offset={offset}", chunk)

    async def get(self, content: bytes, size: str = "full") -> httpx.Response:
        return await self.phone.send("GET", f"/api/v1/files/{digest(content)}?size={size}")


@dataclass(frozen=True)
class Sealed:
    """A sealed file with its name and class."""

    name: str
    file_class: str
    content: bytes

    def address(self, **changes: Any) -> str:
        """The upload's address."""
        given = {"seal": digest(self.content), "total": len(self.content), "kind": self.file_class} | changes
        query = "&".join(f"{key}={value}" for key, value in given.items())
        return f"/api/v1/files/{self.name}/upload?{query}"


@pytest.fixture
async def camera(client: httpx.AsyncClient, bank: Bank, keys: Keys) -> Camera:
    """A manager's phone of the first branch."""
    await bank.hire("wang", "manager")
    return Camera(await Phone(client).ready("wang"), keys)


@pytest.fixture
async def other(other_client: httpx.AsyncClient, bank: Bank, keys: Keys) -> Camera:
    """A manager's phone of the other branch."""
    await bank.hire("chen", "manager", bank.other_branch)
    return Camera(await Phone(other_client).ready("chen"), keys)
