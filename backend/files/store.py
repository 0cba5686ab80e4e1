"""Files on disk: whole or not at all, safe on the disk before the bank says "received"."""

import os
from pathlib import Path

from backend.files.pictures import Picture
from backend.files.rules import place


def keep(folder: Path, picture: Picture) -> None:
    """Writes both sizes, synced; what is there already is the same and stays. Raises OSError."""
    for size, content in (("thumb", picture.thumb), ("full", picture.full)):
        path = folder / place(picture.kept_hash, size)
        if not path.is_file():
            _write(path, content)


def read(folder: Path, kept_hash: str, size: str) -> bytes | None:
    """The bytes kept, or None if they are not there."""
    try:
        return (folder / place(kept_hash, size)).read_bytes()
    except FileNotFoundError:
        return None


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # the name is this writer's own: two uploads of one photo do not meet in one half-written file
    partial = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(6).hex()}")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    # the names too: of the file, and of folders just made
    for folder in (path.parent, path.parent.parent, path.parent.parent.parent):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
