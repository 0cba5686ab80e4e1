"""Identifiers: UUID version 7 (RFC 9562), sortable by the time they were made, made where the thing is
made."""

import os
import time
from uuid import UUID


def uuid7(at_ms: int | None = None) -> UUID:
    """A new UUIDv7. `at_ms`: milliseconds since 1970 (default: now)."""
    stamp = (time.time_ns() // 1_000_000 if at_ms is None else at_ms) & ((1 << 48) - 1)
    random = int.from_bytes(os.urandom(10), "big")
    value = stamp << 80 | 0x7 << 76 | (random >> 68) << 64 | 0b10 << 62 | random & ((1 << 62) - 1)
    return UUID(int=value)
