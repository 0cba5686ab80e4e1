"""People of head office at their desks, who speak to the bank over HTTP; and what they do to a strategy."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from litestar import Litestar

from tests.support.web import PASSWORD, serving

BASE = "/api/v1/strategy"
LIMIT_FILE = "limits/limit.yaml"
STEP = "floor_to(lowest_cap_fen - debts_counted_fen, limit_step_fen)"


@dataclass(frozen=True)
class Desk:
    """A browser in which somebody is signed in."""

    client: httpx.AsyncClient

    async def ask(self, method: str, where: str, expect: int = 200, **json: Any) -> Any:
        """The answer's JSON; its status must be the expected one."""
        answer = await self.client.request(method, f"{BASE}{where}", json=json or None)
        assert answer.status_code == expect, answer.text
        return answer.json() if answer.content else None

    async def refused(self, method: str, where: str, **json: Any) -> str:
        """The code of a refusal."""
        answer = await self.client.request(method, f"{BASE}{where}", json=json or None)
        assert answer.status_code >= 400, answer.text
        code: str = answer.json()["code"]
        return code

    async def draft(self, title: str = "试一试", **more: Any) -> str:
        """A new draft's id."""
        return str((await self.ask("POST", "/drafts", 201, title=title, **more))["id"])

    async def file(self, draft: str, path: str = LIMIT_FILE) -> Any:
        """One file of a draft."""
        return await self.ask("GET", f"/drafts/{draft}/file?path={path}")

    async def edit(self, draft: str, old: str, new: str, path: str = LIMIT_FILE) -> Any:
        """Puts `new` for `old` in a file and saves it."""
        now = await self.file(draft, path)
        assert old in now["text"]
        return await self.ask(
            "PUT",
            f"/drafts/{draft}/file",
            path=path,
            revision=now["draft_revision"],
            text=now["text"].replace(old, new),
        )

    async def check(self, draft: str) -> list[Any]:
        """What a check finds."""
        found: list[Any] = (await self.ask("POST", f"/drafts/{draft}/check"))["problems"]
        return found


def steps(yuan: int) -> str:
    """Limits in other steps."""
    return STEP.replace("limit_step_fen", f"yuan({yuan})")


DeskOf = Callable[[str], Awaitable[Desk]]


@asynccontextmanager
async def desk(app: Litestar, login: str) -> AsyncIterator[Desk]:
    """Somebody signs in."""
    async with serving(app) as client:
        answer = await client.post("/api/v1/auth/login", json={"login": login, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        yield Desk(client)
