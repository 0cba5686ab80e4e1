"""The servers' log files: appended to, one older generation kept."""

import os
from pathlib import Path
from typing import IO

_LARGEST = 10 * 1024 * 1024


def open_log(path: Path) -> IO[bytes]:
    """Open for appending, mode 0600; a file over 10 MB is first put aside as `.1`."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > _LARGEST:
        path.replace(path.with_name(f"{path.name}.1"))
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    return os.fdopen(descriptor, "ab", buffering=0)


def tail(path: Path, lines: int = 15) -> str:
    """The last lines of a log, for an error message."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 16_384))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
    except OSError as error:
        return f"(cannot be read: {error})"
