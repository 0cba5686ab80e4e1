"""Where reminders may be sent to, and when."""

import base64
import binascii
import ipaddress
import re
from collections.abc import Sequence
from datetime import time
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec

# what RFC 3986 allows in a URL; anything else is where two parsers begin to disagree on the host
_URL = re.compile(r"https?://[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]{1,2000}")

#: what an item may be: `low` and `normal` wait for the morning, `urgent` does not
URGENCIES = ("low", "normal", "urgent")
#: the Urgency header (RFC 8030) of each
HEADER_OF_URGENCY = {"low": "low", "normal": "normal", "urgent": "high"}
#: seconds that a push service keeps a message for a phone that is off: a reminder is of use on its day
TTL_SECONDS = {"low": 12 * 3600, "normal": 24 * 3600, "urgent": 24 * 3600}


def endpoint_allowed(endpoint: str, hosts: Sequence[str], test_hosts: Sequence[str] = ()) -> bool:
    """Whether a subscription's address belongs to a push service that is allowed.

    `hosts`: names, or `*.` and a suffix; https on its own port only. `test_hosts`: `host:port` of test
    services.
    """
    if not _URL.fullmatch(endpoint):
        return False
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.netloc in test_hosts:
        return True
    if parts.scheme != "https" or "@" in parts.netloc or port not in {None, 443} or _is_address(host):
        return False
    return any(
        host.endswith(one[1:]) and host != one[2:] if one.startswith("*.") else host == one for one in hosts
    )


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def keys_valid(p256dh: str, auth: str) -> bool:
    """Whether a subscription's keys can be encrypted to (RFC 8291)."""
    try:
        point, secret = _bytes(p256dh), _bytes(auth)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except (ValueError, binascii.Error):
        return False
    return len(point) == 65 and len(secret) == 16


def _bytes(text: str) -> bytes:
    plain = text.rstrip("=")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)


def is_quiet(at: time, begins: time, ends: time) -> bool:
    """Whether local time `at` lies in the hours from `begins` to before `ends`, over midnight too."""
    if begins <= ends:
        return begins <= at < ends
    return at >= begins or at < ends
