"""What must lie safely on a disk."""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Writes the names in `folder` through to the disk: of files renamed into it, and of folders just made.

    Raises OSError.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
