"""Where kept files lie: a folder, or an S3-compatible store. Whole or not at all, and safe before the bank
says "received".
"""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Protocol

from backend.files.kept import Kept
from backend.kernel.disk import sync_folder
from backend.kernel.settings import Settings


class Store(Protocol):
    """Named contents; a name is its content's, so what is there stays. Calls block: use a thread."""

    def put(self, place: PurePosixPath, content: bytes) -> None:
        """Safe when it returns. Raises OSError, also of a store that does not answer."""

    def get(self, place: PurePosixPath) -> bytes | None:
        """The content, or None if it is not there. Raises OSError."""

    def has(self, place: PurePosixPath) -> bool:
        """Whether it is there. Raises OSError."""

    def remove(self, place: PurePosixPath) -> None:
        """Gone when it returns, also where it was not there. Raises OSError."""

    def places(self) -> Iterator[tuple[PurePosixPath, int]]:
        """All there is, with sizes in bytes, in the order of names. Raises OSError."""


def open_store(settings: Settings) -> Store:
    """The store that the settings name."""
    if settings.files_s3_bucket:
        from backend.files.store_s3 import S3Store

        return S3Store(settings)
    return FolderStore(settings.files_dir)


def keep(store: Store, kept: Kept) -> None:
    """Puts a file into the store; what is there already is the same and stays. Raises OSError."""
    for place, content in kept.parts():
        if not store.has(place):
            store.put(place, content)


class FolderStore:
    """Files below a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, place: PurePosixPath, content: bytes) -> None:
        """Written beside its name, synced, then named. Raises OSError."""
        path = self._folder / place
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
        for folder in (path.parent, path.parent.parent, self._folder):
            sync_folder(folder)

    def get(self, place: PurePosixPath) -> bytes | None:
        """See Store."""
        try:
            return (self._folder / place).read_bytes()
        except FileNotFoundError:
            return None

    def has(self, place: PurePosixPath) -> bool:
        """See Store."""
        return (self._folder / place).is_file()

    def remove(self, place: PurePosixPath) -> None:
        """See Store."""
        path = self._folder / place
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            sync_folder(path.parent)

    def places(self) -> Iterator[tuple[PurePosixPath, int]]:
        """See Store."""
        for path in sorted(self._folder.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/[0-9a-f]*")):
            yield PurePosixPath(path.relative_to(self._folder).as_posix()), path.stat().st_size
