"""What is made of a file that a phone sent: its form in the store, free of what hid beside the content."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from backend.files.rules import place


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as it is kept. `kept_hash`: SHA-256 of `full`, hex. Sides in pixels, length in ms."""

    media_type: str
    full: bytes
    kept_hash: str
    thumb: bytes | None = None
    width: int | None = None
    height: int | None = None
    duration_ms: int | None = None

    def parts(self) -> Iterator[tuple[PurePosixPath, bytes]]:
        """What lies in the store, the whole file last: where it is, all is."""
        if self.thumb is not None:
            yield place(self.kept_hash, self.media_type, "thumb"), self.thumb
        yield place(self.kept_hash, self.media_type), self.full


def digest(content: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()
