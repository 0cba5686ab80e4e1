"""One launcher per home: a lock that the kernel frees however its holder ends."""

import contextlib
import datetime
import fcntl
import os
import sys
from pathlib import Path

import msgspec

from backend.embedded.errors import HomeHeldError
from backend.embedded.processes import Identity


class Holder(msgspec.Struct, frozen=True):
    """Who holds a home."""

    process: Identity
    since: str
    command: str


class HomeLock:
    """An exclusive `flock` on `run/launcher.lock`; its text names the holder for those who are refused."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._path = home / "run" / "launcher.lock"
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock; one left by a dead process is free. Raises HomeHeldError while another has it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = _read(descriptor)
            os.close(descriptor)
            if holder is None:
                raise HomeHeldError(self._home, 0, "just now", "another launcher") from None
            raise HomeHeldError(self._home, holder.process.pid, holder.since, holder.command) from None
        now = datetime.datetime.now().astimezone().isoformat(" ", "seconds")
        command = " ".join([Path(sys.argv[0]).name or "python", *sys.argv[1:]])
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, msgspec.json.encode(Holder(Identity.of(os.getpid()), now, command)), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Free the lock; nothing if it is not held."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None


def holder_of(home: Path) -> Holder | None:
    """Who holds `home` now, or None."""
    try:
        descriptor = os.open(home / "run" / "launcher.lock", os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _read(descriptor)
    finally:
        os.close(descriptor)
    return None


def _read(descriptor: int) -> Holder | None:
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        return msgspec.json.decode(os.pread(descriptor, 4096, 0), type=Holder)
    return None
