"""The guard before every route: nobody passes who is not meant to, unless the route says that it is public.

A route names its access in `opt`: `public`, `session`, or `signed` (CONTRACT.md section 1); `delivery` is one
that a withdrawn phone may still use; `standing` one that is told where the person's partitions stand; `turns`
one that is refused before anything else while too many wait for it. Without a word it is `signed` below sync
and files, and `session` everywhere else.
"""

from typing import Any

import structlog
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from redis.asyncio import Redis
from redis.exceptions import RedisError

from backend.app.http.note import note_of
from backend.app.http.resources import Resources
from backend.identity.api import (
    Resumed,
    Signature,
    delivering,
    prove,
    resume,
    signed_out,
)
from backend.kernel.actor import Actor
from backend.kernel.errors import Problem, not_allowed
from backend.sync.gate import Gate

SIGNED_BELOW = ("/api/v1/sync", "/api/v1/files")
SESSION_COOKIE = "tiange_session"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class ValkeyNonces:
    """Nonces in Valkey, one memory for all web processes.

    While Valkey is away signed requests are refused rather than waved through: a phone keeps what it has and
    asks again a few seconds later, whereas a repeat let through could not be told afterwards.
    """

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis

    async def first_use(self, installation_id: object, nonce: str, seconds: int) -> bool:
        """True if the nonce is new. Raises ConnectionError."""
        try:
            fresh = await self._redis.set(f"tiange:nonce:{installation_id}:{nonce}", 1, nx=True, ex=seconds)
        except (RedisError, OSError) as error:
            raise ConnectionError("nonces cannot be checked") from error
        return bool(fresh)


class Access:
    """The guard of one web process."""

    def __init__(self, resources: Resources, gate: Gate) -> None:
        self._resources = resources
        self._gate = gate
        self._nonces = ValkeyNonces(resources.redis)

    async def guard(self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        """Finds the actor and puts it into the request's note. Raises Problem."""
        assert isinstance(connection, Request)
        _refuse_other_sites(connection)
        if handler.opt.get("turns"):
            self._gate.refuse_if_full()
        level = handler.opt.get("access") or _by_path(connection.scope["path"])
        if level == "public":
            return
        note = note_of(connection.scope)
        token = connection.cookies.get(SESSION_COOKIE, "")
        resumed = await resume(
            self._resources.database, token, note.request_id, standing=bool(handler.opt.get("standing"))
        )
        signed = level == "signed" or "tiange-signature" in connection.headers
        delivery = bool(handler.opt.get("delivery"))
        if resumed is None:
            note.actor = await self._withdrawn(connection, note.request_id, delivery)
            if note.actor is None:
                raise signed_out()
        else:
            note.actor, note.resumed = resumed.actor, resumed
            if signed:
                note.actor = await self._prove(connection, resumed, note.request_id, delivery)
        structlog.contextvars.bind_contextvars(
            staff=str(note.actor.staff_id), device=str(note.actor.installation_id or "-")
        )

    async def _prove(
        self, request: Request[Any, Any, Any], resumed: Resumed, request_id: str, delivery: bool
    ) -> Actor:
        try:
            return await prove(self._resources.database, self._nonces, resumed, await _signature(request))
        except Problem as problem:
            if problem.code != "device_revoked":
                raise
            actor = await self._withdrawn(request, request_id, delivery)
            if actor is None:
                raise
            return actor

    async def _withdrawn(
        self, request: Request[Any, Any, Any], request_id: str, delivery: bool
    ) -> Actor | None:
        """A withdrawn phone has no session left; it must still learn why, and deliver."""
        if "tiange-signature" not in request.headers:
            return None
        given = await _signature(request)
        return await delivering(self._resources.database, self._nonces, given, request_id, delivery=delivery)


def _by_path(path: str) -> str:
    below = any(path == one or path.startswith(f"{one}/") for one in SIGNED_BELOW)
    return "signed" if below else "session"


async def _signature(request: Request[Any, Any, Any]) -> Signature:
    return Signature(
        installation=request.headers.get("tiange-installation", ""),
        nonce=request.headers.get("tiange-nonce", ""),
        signature=request.headers.get("tiange-signature", ""),
        method=request.method,
        target=target_of(request),
        body=await request.body(),
    )


def target_of(request: Request[Any, Any, Any]) -> str:
    """The path with its query as they were sent, which is what a phone signs."""
    raw = request.scope.get("raw_path") or request.scope["path"].encode()
    path = raw.partition(b"?")[0].decode("latin-1")
    query = request.scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


def _refuse_other_sites(request: Request[Any, Any, Any]) -> None:
    """The cookie is SameSite=Strict; this also stops pages on sister hosts of the bank's own domain."""
    if request.method in _SAFE:
        return
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise not_allowed("Requests from other sites are not taken.")
