"""Keys that lie outside the database, and what is done with them: field encryption, blind index, seals,
receipts.

The keys folder (mode 0700) holds `field.key`, `index.key`, `receipt.key` (32 random bytes each, hex), and
P-256 private
keys `seal.pem`, `escrow.pem`, `vapid.pem`. Losing them loses what they seal, so a backup takes them along.
"""

import hashlib
import hmac
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SEAL_INFO = b"tiange/seal/1"
SECRETS = ("field.key", "index.key", "receipt.key")
PAIRS = ("seal.pem", "escrow.pem", "vapid.pem")
_SEAL_HEAD = 1 + 8 + 65 + 16
_ZERO_IV = bytes(12)


class SealBroken(ValueError):
    """The sealed bytes cannot be opened: another key, another context, or damage."""


class KeysMissing(RuntimeError):
    """The keys folder is incomplete. The text says which file is missing and what to do."""


@dataclass(frozen=True, slots=True)
class SealKey:
    """A P-256 pair that phones seal to. `key_id`: first 8 bytes of SHA-256 of the uncompressed public key."""

    private: ec.EllipticCurvePrivateKey
    public_raw: bytes
    key_id: bytes

    @classmethod
    def of(cls, private: ec.EllipticCurvePrivateKey) -> "SealKey":
        raw = public_raw(private.public_key())
        return cls(private, raw, hashlib.sha256(raw).digest()[:8])

    def open(self, sealed: bytes, context: str, secrets: dict[bytes, bytes] | None = None) -> bytes:
        """Opens `sealed` (CONTRACT.md section 6). Raises SealBroken.

        `secrets` keeps the shared secret per ephemeral key of what is opened together: one may serve all
        seals of a phone's session, and agreeing on it is most of the work.
        """
        if len(sealed) < _SEAL_HEAD + 16 or sealed[0] != 1:
            raise SealBroken("these are not sealed bytes")
        if sealed[1:9] != self.key_id:
            raise SealBroken("sealed to a key that this server does not hold")
        try:
            secret = secrets.get(sealed[9:74]) if secrets is not None else None
            if secret is None:
                peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sealed[9:74])
                secret = self.private.exchange(ec.ECDH(), peer)
                if secrets is not None:
                    secrets[sealed[9:74]] = secret
            key = _derive(secret, sealed[74:90])
            return AESGCM(key).decrypt(_ZERO_IV, sealed[_SEAL_HEAD:], context.encode())
        except (ValueError, InvalidTag) as error:
            raise SealBroken("the seal does not open: other context or damaged bytes") from error


def seal_to(public: bytes, plain: bytes, context: str) -> bytes:
    """Seals `plain` to an uncompressed P-256 public key (65 bytes), as a phone does. Raises ValueError on
    a bad key."""
    peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
    own = ec.generate_private_key(ec.SECP256R1())
    salt = os.urandom(16)
    key = _derive(own.exchange(ec.ECDH(), peer), salt)
    key_id = hashlib.sha256(public).digest()[:8]
    head = b"\x01" + key_id + public_raw(own.public_key()) + salt
    return head + AESGCM(key).encrypt(_ZERO_IV, plain, context.encode())


def public_raw(key: ec.EllipticCurvePublicKey) -> bytes:
    """65 bytes: 0x04, x, y."""
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def _derive(secret: bytes, salt: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt, SEAL_INFO).derive(secret)


@dataclass(frozen=True, slots=True)
class Keys:
    """All keys of one installation, read once at start."""

    seal: SealKey
    escrow: SealKey
    vapid: ec.EllipticCurvePrivateKey
    _field: bytes
    _index: bytes
    _receipt: bytes

    @classmethod
    def load(cls, folder: Path) -> "Keys":
        """Reads the keys. Raises KeysMissing naming the file and what to do."""
        for name in SECRETS + PAIRS:
            if not (folder / name).is_file():
                raise KeysMissing(
                    f"{folder / name} is missing. If this is a new installation run `tiange migrate`,"
                    " which makes the keys; otherwise bring the keys folder back from the backup:"
                    " without it phones' records cannot be opened."
                )
        secrets = [bytes.fromhex((folder / name).read_text().strip()) for name in SECRETS]
        pairs = [_read_pair(folder / name) for name in PAIRS]
        return cls(SealKey.of(pairs[0]), SealKey.of(pairs[1]), pairs[2], *secrets)

    @staticmethod
    def absent(folder: Path) -> bool:
        """Whether the folder holds none of the keys."""
        return not any((folder / name).is_file() for name in SECRETS + PAIRS)

    @classmethod
    def load_or_create(cls, folder: Path) -> "Keys":
        """Makes what a new installation needs, then reads it. An existing key is never replaced."""
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(stat.S_IRWXU)
        if cls.absent(folder):
            for name in SECRETS:
                _write_secret(folder / name, os.urandom(32).hex().encode())
            for name in PAIRS:
                pair = ec.generate_private_key(ec.SECP256R1())
                pem = pair.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
                _write_secret(folder / name, pem)
        return cls.load(folder)

    def seal_field(self, plain: str, context: str, nonce: bytes | None = None) -> bytes:
        """Encrypts one field: key id (1 byte) ‖ nonce (12) ‖ AES-256-GCM; `context` binds it to its place.

        `nonce` is for the demo generator only, whose output is the same to the byte; it must never repeat.
        """
        iv = os.urandom(12) if nonce is None else nonce
        return b"\x01" + iv + AESGCM(self._field).encrypt(iv, plain.encode(), context.encode())

    def open_field(self, sealed: bytes, context: str) -> str:
        """Decrypts one field. Raises SealBroken."""
        try:
            return AESGCM(self._field).decrypt(sealed[1:13], sealed[13:], context.encode()).decode()
        except InvalidTag as error:
            raise SealBroken("a field does not open with the field key") from error

    def blind_index(self, value: str, context: str) -> bytes:
        """HMAC-SHA-256 of a normalised value, for equality look-up without decrypting."""
        return hmac.digest(self._index, f"{context}\0{value}".encode(), "sha256")

    def receipt(self, *parts: str) -> str:
        """16 hex digits that only this server can make for `parts`."""
        return hmac.digest(self._receipt, "\0".join(parts).encode(), "sha256")[:8].hex()


def _read_pair(path: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise KeysMissing(f"{path} is not a P-256 private key; bring it back from the backup")
    return key


def _write_secret(path: Path, content: bytes) -> None:
    partial = path.with_suffix(path.suffix + ".new")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, stat.S_IRUSR | stat.S_IWUSR)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.rename(path)
