"""One Web Push message to one browser. Carries ids only: the push service sees neither names nor amounts."""

from dataclasses import dataclass
from types import TracebackType
from typing import Any
from uuid import UUID

import aiohttp
import msgspec
from py_vapid import Vapid02
from pywebpush import WebPushException, webpush_async

from backend.kernel.crypto import Keys
from backend.kernel.settings import Settings
from backend.notify.rules import HEADER_OF_URGENCY, TTL_SECONDS, endpoint_allowed

SECONDS = 15


@dataclass(frozen=True, slots=True)
class Target:
    """A browser's subscription."""

    id: UUID
    endpoint: str
    p256dh: str
    auth: str


@dataclass(frozen=True, slots=True)
class Message:
    """What is told: which item, of which kind, how urgent."""

    inbox_id: UUID
    kind: str
    urgency: str

    def text(self) -> str:
        """The payload that the service worker reads."""
        return msgspec.json.encode({"v": 1, "inbox": str(self.inbox_id), "kind": self.kind}).decode()


class _Straight:
    """The part of a client session that pywebpush uses, with redirects left alone: they could lead
    anywhere."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def post(
        self, endpoint: str, *, data: bytes, headers: dict[str, str], timeout: object = None
    ) -> aiohttp.ClientResponse:
        return await self._session.post(endpoint, data=data, headers=dict(headers), allow_redirects=False)


class Pusher:
    """Sends messages over one client session."""

    def __init__(self, settings: Settings, keys: Keys) -> None:
        self._settings = settings
        self._vapid = Vapid02(private_key=keys.vapid)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "Pusher":
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SECONDS))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._session is not None
        await self._session.close()

    async def push(self, target: Target, message: Message) -> int:
        """Sends; answers the service's status, 0 if there was none, 403 for an address no longer allowed."""
        assert self._session is not None
        allowed = endpoint_allowed(
            target.endpoint, self._settings.push_allow_hosts, self._settings.push_test_hosts
        )
        if not allowed:
            return 403
        claims: dict[str, Any] = {"sub": self._settings.vapid_subject}
        headers = {
            "Urgency": HEADER_OF_URGENCY[message.urgency],
            # a message not yet fetched is replaced by its repetition, never doubled
            "Topic": message.inbox_id.hex,
        }
        try:
            response = await webpush_async(
                {"endpoint": target.endpoint, "keys": {"p256dh": target.p256dh, "auth": target.auth}},
                data=message.text(),
                vapid_private_key=self._vapid,
                vapid_claims=claims,
                ttl=TTL_SECONDS[message.urgency],
                headers=headers,
                aiohttp_session=_Straight(self._session),
            )
        except WebPushException as error:
            # the library takes some successes for failures, too
            return int(error.status_code or 0)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return 0
        return int(response.status)
