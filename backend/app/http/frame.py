"""The outermost layer of the web process: request ids, headers, logs, metrics, the app's files.

It stands outside the framework's routing, so that an answer to an unknown address gets the same headers and
the same line in the log as any other.
"""

import asyncio
import time
from contextlib import suppress
from typing import Any

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, ReceiveMessage, Scope, Send

from backend.app.http import note as notes
from backend.app.http.metrics import Metrics
from backend.app.http.static import StaticFiles
from backend.kernel.errors import Problem
from backend.kernel.settings import Settings

log = structlog.get_logger("tiange.http")

#: what the server itself answers; everything else is a file of the phone app or one of its screens
SERVER_PATHS = ("/api/", "/healthz", "/readyz", "/metrics")

#: how much of a body that nobody wants is taken in and thrown away, and for how long
DRAIN_BYTES = 256 * 1024 * 1024
DRAIN_SECONDS = 30.0

# `wasm-unsafe-eval` compiles the PIN's Argon2id, which has no JavaScript form fast enough; inline style
# attributes come with the component set's static templates, inline style sheets do not.
POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'wasm-unsafe-eval'",
    "style-src": "'self'",
    "style-src-attr": "'unsafe-inline'",
    "img-src": "'self' blob: data:",
    "media-src": "'self' blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "manifest-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


def security_headers(settings: Settings) -> list[tuple[bytes, bytes]]:
    """Headers of every answer."""
    headers = {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in POLICY.items()),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "permissions-policy": "geolocation=(self), camera=(self), microphone=(self), payment=(), usb=()",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    }
    if settings.public_url.startswith("https://"):
        headers["strict-transport-security"] = "max-age=31536000; includeSubDomains"
    return [(name.encode(), value.encode()) for name, value in headers.items()]


class Frame:
    """Wraps the framework's application."""

    def __init__(self, inner: ASGIApp, settings: Settings, metrics: Metrics) -> None:
        self._inner = inner
        self._settings = settings
        self._metrics = metrics
        self._static = StaticFiles(settings.static_dir, settings.home)
        self._headers = security_headers(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != ScopeType.HTTP:
            await self._inner(scope, receive, send)
            return
        note = notes.begin(scope, self._settings.trusted_proxies)  # type: ignore[arg-type]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=note.request_id)
        body = _Body(scope, receive)
        answered = _Answered(send, body, self._headers, note.request_id)
        begun = time.perf_counter()
        file = not (scope["path"].startswith(SERVER_PATHS) or scope["path"] == "/api")
        try:
            if not file:
                await self._inner(scope, body, answered)
            else:
                await self._static(scope, body, answered)
        except Exception as error:
            # an answer already begun cannot be taken back: the connection breaks, which the phone takes for
            # no answer
            log.error("answer_broken", exc_info=error)
            raise
        finally:
            self._tell(scope, file, note, answered.status, time.perf_counter() - begun)

    def _tell(self, scope: Scope, file: bool, note: notes.RequestNote, status: int, seconds: float) -> None:
        """One line, without bodies, query values or names; the route's pattern stands for the path."""
        known: dict[str, Any] = dict(scope)
        route = "(app)" if file else known.get("path_template") or "(unknown)"
        method = str(known["method"])
        self._metrics.count(method, route, status, seconds)
        told = {"method": method, "route": route, "status": status, "ms": round(seconds * 1000, 1)}
        if note.code is not None:
            told["code"] = note.code
        level = log.warning if status >= 500 else log.debug if file else log.info
        level("request", **told)


class _Body:
    """What the client sends, and whether all of it was taken."""

    def __init__(self, scope: HTTPScope, receive: Receive) -> None:
        self._receive = receive
        headers = {name.lower(): value for name, value in scope["headers"]}
        # a client that asks first has not begun to send
        asks = headers.get(b"expect", b"").lower() == b"100-continue"
        sends = headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers
        self._finished = asks or not sends
        self.is_api = scope["path"].startswith("/api/")

    async def __call__(self) -> ReceiveMessage:
        """Raises Problem `cut_off` where the client goes in the middle of its body."""
        message = await self._receive()
        before = self._finished
        if message["type"] != "http.request" or not message["more_body"]:
            self._finished = True
        if message["type"] == "http.disconnect" and not before:
            raise _cut_off()
        return message

    async def drain(self) -> None:
        """Throws the rest away, so that the answer is heard: most clients listen only after they have sent.

        An answer to a body left unread ends in a broken connection, which a phone takes for no network.
        """
        taken = 0
        with suppress(TimeoutError, Problem):
            async with asyncio.timeout(DRAIN_SECONDS):
                while not self._finished and taken < DRAIN_BYTES:
                    message = await self()
                    taken += len(message.get("body", b""))  # type: ignore[arg-type]


def _cut_off() -> Problem:
    """The network failed, as it does in villages: nobody hears this answer, and nobody need be woken."""
    return Problem("cut_off", 400, "The request broke off", detail="Nothing of it took effect.")


class _Answered:
    """Adds the headers to an answer and remembers its status."""

    def __init__(self, send: Send, body: _Body, headers: list[tuple[bytes, bytes]], request_id: str) -> None:
        self._send = send
        self._body = body
        self._headers = headers
        self._request_id = request_id
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._body.drain()
            self.status = message["status"]
            given = list(message.get("headers", []))
            present = {name.lower() for name, _ in given}
            added = [*self._headers, (b"x-request-id", self._request_id.encode())]
            if self._body.is_api:
                # what the bank knows of people must not lie about in a browser's cache
                added.append((b"cache-control", b"no-store"))
            message["headers"] = given + [one for one in added if one[0] not in present]
        await self._send(message)
