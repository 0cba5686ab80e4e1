"""Bytes of a file, and text of one in the encodings that Chinese offices use."""

import hashlib
from pathlib import Path

from backend.grids.errors import file_broken, file_empty, file_missing, file_too_large


def read_bytes(path: Path, limit: int) -> bytes:
    """The file's bytes. Raises Problem when it is missing, unreadable, empty or over `limit` bytes."""
    try:
        size = path.stat().st_size
        if size > limit:
            raise file_too_large(path.name, size, limit)
        raw = path.read_bytes()
    except OSError as error:
        raise file_missing(str(path)) from error
    if not raw.strip():
        raise file_empty(path.name, "line")
    return raw


def sha256(raw: bytes) -> str:
    """Hex SHA-256 of a file, by which a report names it."""
    return hashlib.sha256(raw).hexdigest()


def decode(raw: bytes, name: str) -> tuple[str, str]:
    """Text of a file and the encoding found: UTF-16 by its mark, else UTF-8, else GB18030 (which holds GBK).

    Raises Problem where none fits.
    """
    if raw[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        candidates = ["utf-16"]
    else:
        candidates = ["utf-8-sig", "gb18030"]
    for encoding in candidates:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text, encoding.removesuffix("-sig")
    raise file_broken(
        name,
        "It is neither UTF-8 nor GB18030 text.",
        "Save it as CSV or GeoJSON in UTF-8 (Excel: “CSV UTF-8”).",
    )
