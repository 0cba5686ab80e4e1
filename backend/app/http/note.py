"""What is known of the request at hand; lives in its ASGI scope under a key of ours."""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from backend.identity.api import Resumed
from backend.kernel.actor import Actor
from backend.kernel.ids import uuid7

_KEY = "tiange.note"
_GIVEN_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


@dataclass(slots=True)
class RequestNote:
    """`request_id` for the logs, `address` of who asks, `actor` once the guard has found who it is.

    `resumed`: the session it came by. `forwarded`: a proxy stands between. `code`: that of the problem
    answered, if one was.
    """

    request_id: str
    address: str
    forwarded: bool
    actor: Actor | None = None
    resumed: Resumed | None = None
    code: str | None = None


def note_of(scope: Mapping[str, Any]) -> RequestNote:
    """The note of a request."""
    note = scope[_KEY]
    assert isinstance(note, RequestNote)
    return note


def begin(scope: dict[str, Any], trusted_proxies: Iterable[str]) -> RequestNote:
    """Makes the note of a new request and puts it into its scope.

    `X-Forwarded-For` and `X-Request-Id` are believed only from a proxy on this machine or a named one; of the
    addresses only the last, which that proxy itself has seen.
    """
    headers = {name.lower(): value for name, value in scope["headers"]}
    client = scope.get("client")
    peer = client[0] if client else "local"
    proxied = _is_local(peer) or peer in set(trusted_proxies)
    forwarded = headers.get(b"x-forwarded-for", b"").decode("latin-1")
    address = forwarded.rsplit(",", 1)[-1].strip() if proxied and forwarded else peer
    given = headers.get(b"x-request-id", b"").decode("latin-1")
    request_id = given if proxied and _GIVEN_ID.fullmatch(given) else str(uuid7())
    note = RequestNote(request_id, address[:64], bool(forwarded))
    scope[_KEY] = note
    return note


@lru_cache(maxsize=1024)
def _is_local(peer: str) -> bool:
    try:
        return ipaddress.ip_address(peer).is_loopback
    except ValueError:
        # a Unix socket has no address; only processes of this machine reach it
        return peer == "local"
