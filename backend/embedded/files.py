"""Small files that must be whole or absent, and folders with an owner and a mode."""

import os
from pathlib import Path

from backend.embedded.account import Account


def write_whole(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Replace `path` by `data` so that a reader, or a crash, never sees half of it."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        os.fchmod(descriptor, mode)
        with os.fdopen(descriptor, "wb", closefd=False) as file:
            file.write(data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    fresh.replace(path)


def private_folder(path: Path, account: Account) -> Path:
    """Make `path` a folder that only `account` (and root) can enter."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if account.drops_root:
        os.chown(path, account.uid, account.gid)
    path.chmod(0o700)
    return path
