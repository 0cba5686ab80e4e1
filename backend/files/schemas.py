"""Shapes of files' questions and answers."""

from typing import Annotated

from msgspec import Meta, Struct


class Received(Struct, frozen=True):
    """A file's receipt: the hash as sent and as kept, its bytes as sent, the instant (milliseconds)."""

    hash: str
    kept_hash: str
    bytes: int
    received_at: int
    receipt: str


class Standing(Struct, frozen=True, omit_defaults=True):
    """How an upload stands: the sealed bytes that are here, and the receipt once the bank has the file."""

    offset: int
    received: Received | None = None


class Look(Struct, frozen=True, kw_only=True):
    """A look by head office: what for, and which size."""

    purpose: Annotated[str, Meta(min_length=4, max_length=200)]
    size: str = "full"
