"""Unfinished uploads: the sealed bytes so far, in a folder that the web processes of a machine share.

Where the phone reaches another machine than before it learns that nothing is there and begins anew: slower,
never wrong. Whether the bytes are the right ones is judged once they are whole.
"""

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from backend.files import errors
from backend.files.rules import MOST_PARTS

FOLDER = "parts"
#: what the disk must have left: the database may lie on it too
RESERVE_BYTES = 64 * 1024 * 1024
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True, slots=True)
class Part:
    """One upload: whose, of which file, the SHA-256 of its sealed bytes, and how many these are."""

    installation_id: UUID
    staff_id: UUID
    file_hash: str
    seal: str
    bytes: int

    @property
    def folder(self) -> str:
        """The folder of the phone and its person: nobody else's request reaches into it."""
        return f"{self.installation_id}.{self.staff_id}"

    @property
    def name(self) -> str:
        """All that needs to be known of it, so that there is nothing to keep beside it."""
        return f"{self.file_hash}.{self.seal}.{self.bytes}"


class Parts:
    """The folder of unfinished uploads. Calls block: use a thread."""

    def __init__(self, files_dir: Path) -> None:
        self._folder = files_dir / FOLDER

    def stands(self, part: Part) -> int:
        """How many bytes of it are here."""
        try:
            return self._path(part).stat().st_size
        except FileNotFoundError:
            return 0

    def add(self, part: Part, offset: int, chunk: bytes, now: datetime) -> int:
        """Appends a chunk and returns how many bytes there are now.

        Raises Problem `offset_mismatch`, `malformed` (beyond the end), `try_again` (the disk is full): then
        what was there before is there still, and nothing else.
        """
        folder = self._folder / part.folder
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _alone(folder):
                have = self.stands(part)
                if offset != have:
                    raise errors.offset_mismatch(have)
                if have + len(chunk) > part.bytes:
                    raise errors.malformed(
                        f"The chunk ends beyond the {part.bytes} bytes that were announced."
                    )
                if chunk:
                    self._make_room(folder, part)
                    _append(self._path(part), have, chunk)
                    os.utime(self._path(part), (now.timestamp(), now.timestamp()))
                return have + len(chunk)
        except OSError as error:
            if error.errno in FULL:
                raise errors.disk_full() from error
            raise

    def whole(self, part: Part) -> bytes:
        """The bytes so far."""
        return self._path(part).read_bytes()

    def drop(self, part: Part) -> None:
        """Forgets an upload."""
        self._path(part).unlink(missing_ok=True)

    def sweep(self, before: datetime) -> int:
        """Drops uploads to which nothing was added since; returns how many."""
        dropped = 0
        for folder in self._folder.glob("*/"):
            with _alone(folder):
                for path in _parts_in(folder):
                    if path.stat().st_mtime < before.timestamp():
                        path.unlink(missing_ok=True)
                        dropped += 1
        return dropped

    def _path(self, part: Part) -> Path:
        return self._folder / part.folder / part.name

    def _make_room(self, folder: Path, part: Part) -> None:
        """One phone keeps few: the oldest make way, and an upload of the same file under another seal."""
        if shutil.disk_usage(folder).free < RESERVE_BYTES:
            raise OSError(errno.ENOSPC, "the reserve is reached")
        others = [one for one in _parts_in(folder) if one.name != part.name]
        for one in [one for one in others if one.name.startswith(part.file_hash)]:
            one.unlink(missing_ok=True)
            others.remove(one)
        others.sort(key=lambda one: one.stat().st_mtime)
        for one in others[: max(0, len(others) - MOST_PARTS + 1)]:
            one.unlink(missing_ok=True)


def _parts_in(folder: Path) -> list[Path]:
    return [one for one in folder.iterdir() if one.name != ".lock"]


def _append(path: Path, have: int, chunk: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        written = 0
        try:
            while written < len(chunk):
                written += os.pwrite(descriptor, chunk[written:], have + written)
        except OSError:
            # half a chunk would be counted as bytes that came
            os.ftruncate(descriptor, have)
            raise
    finally:
        os.close(descriptor)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One writer at a time in a phone's folder, whichever process it is in; for milliseconds."""
    descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
