"""Hashed files of former builds: an app that is half updated asks for them by their old names."""

import os
import shutil
from datetime import datetime
from pathlib import Path

import structlog

#: longer than any phone stays away and is then still taken back without a new start of its app
KEPT_SECONDS = 90 * 86_400
FOLDER = "assets"

log = structlog.get_logger("tiange.app")


def keep(built: Path, kept: Path, now: datetime) -> None:
    """Copies the hashed files of the present build (`built`/assets) into `kept`/assets.

    Those there that have belonged to no build for `KEPT_SECONDS` go.

    Several processes may do so at once. A disk that does not take them is logged: the present build is served
    all the same.
    """
    source, target = built / FOLDER, kept / FOLDER
    try:
        if not source.is_dir():
            return
        target.mkdir(parents=True, exist_ok=True)
        seconds = now.timestamp()
        for path in source.iterdir():
            copy = target / path.name
            if not copy.is_file():
                half = target / f".{path.name}.{os.getpid()}"
                shutil.copyfile(path, half)
                half.replace(copy)
            # what belongs to the present build is young again
            os.utime(copy, (seconds, seconds))
        for path in target.iterdir():
            if seconds - path.stat().st_mtime > KEPT_SECONDS:
                path.unlink(missing_ok=True)
    except OSError as error:
        log.warning("assets_not_kept", folder=str(target), error=str(error))
