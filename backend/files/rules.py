"""Names and classes of photos."""

import re
from pathlib import PurePosixPath

#: what a photo shows; `id` (documents, faces) is a class of its own for who may look
CLASSES = frozenset({"home", "business", "land", "collateral", "contract", "id", "other"})
SIZES = ("thumb", "full")

_HASH = re.compile(r"[0-9a-f]{64}")


def is_hash(text: str) -> bool:
    """Whether `text` is a SHA-256 in lower-case hex."""
    return _HASH.fullmatch(text) is not None


def place(kept_hash: str, size: str) -> PurePosixPath:
    """Where a kept photo lies below the files folder."""
    suffix = ".thumb.jpg" if size == "thumb" else ".jpg"
    return PurePosixPath(kept_hash[:2], kept_hash[2:4], kept_hash + suffix)
