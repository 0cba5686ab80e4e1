"""Names, classes and places of files."""

import re
from pathlib import PurePosixPath

#: what a photo shows; `id` (documents, faces) is a class of its own for who may look
PHOTOS = frozenset({"home", "business", "land", "collateral", "contract", "licence", "id", "other"})
SIGNATURE = "signature"
VOICE = "voice"
#: event {hashes}: closed files whose bytes go
ERASE = "files.erase"
CLASSES = PHOTOS | {SIGNATURE, VOICE}
SIZES = ("thumb", "full")

#: what files are kept as, and how their names end
ENDINGS = {"image/jpeg": ".jpg", "image/png": ".png", "audio/mpeg": ".mp3"}

#: the longest chunk of an upload in bytes
MOST_CHUNK = 1024 * 1024
#: unfinished uploads that the bank keeps of one phone; a phone sends one after the other
MOST_PARTS = 4
#: a seal adds 90 bytes and a tag of 16
SEAL_BYTES = 256

_HASH = re.compile(r"[0-9a-f]{64}")


def is_hash(text: str) -> bool:
    """Whether `text` is a SHA-256 in lower-case hex."""
    return _HASH.fullmatch(text) is not None


def place(kept_hash: str, media_type: str, size: str = "full") -> PurePosixPath:
    """Where a kept file lies in the store. Only photos have a small size of their own."""
    ending = ENDINGS[media_type]
    if size == "thumb" and media_type == "image/jpeg":
        ending = f".thumb{ending}"
    return PurePosixPath(kept_hash[:2], kept_hash[2:4], kept_hash + ending)
