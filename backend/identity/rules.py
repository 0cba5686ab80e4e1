"""What identity decides without a database: logins, waiting times, keys, signatures."""

import base64
import binascii
import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

_ES256 = ec.ECDSA(hashes.SHA256())
SESSION_LASTS = timedelta(days=30)
#: a nonce is remembered this long
NONCE_SECONDS = 86_400
#: how often a forgotten PIN may cost a release of the phone's key, per phone and bank day
RELEASES_A_DAY = 3
#: failures older than this are forgotten
FORGOTTEN_AFTER = timedelta(days=1)
#: shortest password an administrator or a person may set
PASSWORD_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Slope:
    """How waiting grows: nothing for `free` failures, then `first` doubled each time up to `most`.

    Failures are forgotten once the last one is `forgotten` ago.
    """

    free: int
    first: timedelta
    most: timedelta
    forgotten: timedelta = FORGOTTEN_AFTER

    def wait(self, failures: int) -> timedelta:
        """How long the key waits after its `failures`-th failure in a row."""
        if failures < self.free:
            return timedelta()
        doublings: int = 1 << min(failures - self.free, 30)
        return min(self.first * doublings, self.most)


# A person who once signed in on a phone holds its cookie and is counted alone (`known`), so that a stranger
# who guesses at the same login, from the same branch's address too, cannot keep that person out. Everybody
# behind one branch's address is one `address`: its slope is flat.
SLOPES: Mapping[str, Slope] = {
    "known": Slope(5, timedelta(seconds=4), timedelta(minutes=15)),
    "pair": Slope(5, timedelta(seconds=4), timedelta(minutes=15)),
    "login": Slope(20, timedelta(seconds=2), timedelta(minutes=1)),
    "address": Slope(40, timedelta(seconds=1), timedelta(seconds=30)),
    # codes of 256 bits are not guessed; this keeps a stranger from making the bank look them up all day
    "wrong_code": Slope(20, timedelta(seconds=1), timedelta(seconds=30)),
    "code": Slope(60, timedelta(seconds=2), timedelta(minutes=1), forgotten=timedelta(hours=1)),
    # a person's look-ups of customers they do not hold: no failures, but nobody reads a whole branch so
    "look_up": Slope(60, timedelta(seconds=2), timedelta(minutes=1), forgotten=timedelta(hours=1)),
}


def normal_login(login: str) -> str:
    """A login as it is stored and compared: one spelling for full-width, upper-case and padded ones."""
    return unicodedata.normalize("NFKC", login).strip().casefold()


def token_hash(token: str) -> bytes:
    """What is kept of a session's token."""
    return hashlib.sha256(token.encode()).digest()


def unbase64(text: str) -> bytes:
    """Bytes of base64url without padding. Raises ValueError."""
    if len(text) % 4 == 1 or not text.isascii() or "=" in text:
        raise ValueError("not base64url without padding")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url without padding") from error


def base64url(content: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def public_key(jwk: Mapping[str, Any]) -> ec.EllipticCurvePublicKey:
    """The P-256 public key of a JWK. Raises ValueError if it is none, or gives away a private half."""
    if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256":
        raise ValueError("the key must be of kty EC and crv P-256")
    if "d" in jwk:
        raise ValueError("the private half must never leave the phone")
    numbers = []
    for name in ("x", "y"):
        value = jwk.get(name)
        content = unbase64(value) if isinstance(value, str) else b""
        if len(content) != 32:
            raise ValueError(f"{name} must be 32 bytes in base64url")
        numbers.append(int.from_bytes(content, "big"))
    return ec.EllipticCurvePublicNumbers(numbers[0], numbers[1], ec.SECP256R1()).public_key()


@lru_cache(maxsize=4096)
def _kept(x: str, y: str) -> ec.EllipticCurvePublicKey:
    """The key of a phone, which is checked to lie on the curve once and not at each request."""
    return public_key({"kty": "EC", "crv": "P-256", "x": x, "y": y})


def kept_key(jwk: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a JWK that are kept: those the key is made of."""
    return {name: jwk[name] for name in ("kty", "crv", "x", "y")}


def signed_text(method: str, target: str, body: bytes, nonce: str) -> bytes:
    """What a phone signs (CONTRACT.md section 1). `target`: path with query, as sent."""
    return f"{method}\n{target}\n{hashlib.sha256(body).hexdigest()}\n{nonce}".encode()


def signature_holds(jwk: Mapping[str, Any], signature: str, text: bytes) -> bool:
    """Whether `signature` (base64url of r‖s, 64 bytes) is the key's over `text`."""
    try:
        raw = unbase64(signature)
        if len(raw) != 64:
            return False
        der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        _kept(jwk["x"], jwk["y"]).verify(der, text, _ES256)
    except (ValueError, InvalidSignature):
        return False
    return True
