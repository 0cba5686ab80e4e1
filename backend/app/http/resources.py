"""What one web process holds, and how a handler asks for it by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Request
from litestar.datastructures import State
from litestar.di import Provide
from redis.asyncio import Redis

from backend.app.http.note import RequestNote, note_of
from backend.audience.memory import Memory
from backend.audit.api import write_audit
from backend.identity.api import Passwords
from backend.kernel.actor import Actor
from backend.kernel.announce import redis_announcer
from backend.kernel.clock import Clock
from backend.kernel.crypto import Keys
from backend.kernel.settings import Settings
from backend.kernel.uow import Database

#: a Valkey that hangs must not hold up an answer for longer
REDIS_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Resources:
    """Settings, keys, clock, the database under the web role, Valkey, customers packed for counting.
    Connections open at first use."""

    settings: Settings
    keys: Keys
    clock: Clock
    database: Database
    redis: "Redis"
    passwords: Passwords
    packed: Memory

    @classmethod
    def open(cls, settings: Settings) -> "Resources":
        """Reads the keys and prepares the connections. Raises KeysMissing, SettingsError."""
        settings.require("database_url_web", "redis_url")
        clock = Clock(settings.timezone, settings.clock_file)
        keys = Keys.load(settings.keys_dir)
        redis = Redis.from_url(
            settings.redis_url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS
        )
        database = Database.open(
            settings.database_url_web,
            clock,
            keys=keys,
            demo_mode=settings.demo_mode,
            write_audit=write_audit,
            announce=redis_announcer(redis),
            application="tiange-web",
        )
        passwords = Passwords(light=settings.test_mode)
        return cls(settings, keys, clock, database, redis, passwords, Memory(database))

    async def close(self) -> None:
        """Closes the connections."""
        await self.packed.close()
        await self.database.close()
        await self.redis.aclose()

    def dependencies(self) -> Mapping[str, Provide]:
        """The names under which any route handler may ask for these."""
        return {
            "settings": Provide(lambda: self.settings, sync_to_thread=False),
            # not `keys`: a body may have a field of that name, and the framework takes its fault for ours
            "server_keys": Provide(lambda: self.keys, sync_to_thread=False),
            "clock": Provide(lambda: self.clock, sync_to_thread=False),
            "database": Provide(lambda: self.database, sync_to_thread=False),
            "redis": Provide(lambda: self.redis, sync_to_thread=False),
            "packed": Provide(lambda: self.packed, sync_to_thread=False),
            "passwords": Provide(lambda: self.passwords, sync_to_thread=False),
            "actor": Provide(provide_actor, sync_to_thread=False),
            "address": Provide(provide_address, sync_to_thread=False),
            "request_id": Provide(provide_request_id, sync_to_thread=False),
        }


def provide_actor(request: Request[Any, Any, State]) -> Actor:
    """The signed-in person, found by the guard (access.py)."""
    actor = _note(request).actor
    if actor is None:
        raise RuntimeError("a public route has no actor")
    return actor


def provide_address(request: Request[Any, Any, State]) -> str:
    """The address the request came from, as far as it can be trusted."""
    return _note(request).address


def provide_request_id(request: Request[Any, Any, State]) -> str:
    """The id that the logs know this request by."""
    return _note(request).request_id


def _note(request: Request[Any, Any, State]) -> RequestNote:
    return note_of(request.scope)
