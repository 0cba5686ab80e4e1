"""Shapes of files' answers."""

from msgspec import Struct


class Received(Struct, frozen=True):
    """A photo's receipt: the hash as sent and as kept, its bytes as sent, the instant (milliseconds)."""

    hash: str
    kept_hash: str
    bytes: int
    received_at: int
    receipt: str
