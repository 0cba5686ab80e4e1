"""`tiange backup --every`: one backup after another, and old ones dropped."""

import shutil
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from backend.app.backup import alone, backup
from backend.app.backup_parts import (
    MANIFEST,
    POOL,
    BackupRefused,
    backups_in,
    is_place,
    listed,
    read_manifest,
)
from backend.app.life import WrongLife
from backend.kernel.clock import Clock, from_millis
from backend.kernel.settings import Settings

#: after one that failed, the next is tried this soon
AGAIN_SECONDS = 300
Sleep = Callable[[float], None]


def keep_making(
    settings: Settings,
    to: Path,
    *,
    every: timedelta,
    keep: timedelta | None,
    with_keys: bool,
    say: Callable[[str], None],
    sleep: Sleep = time.sleep,
    rounds: int | None = None,
) -> None:
    """Makes backups until the process ends (or `rounds` of them were tried). One that fails is said, and
    tried again in five minutes; what was kept stays. Raises WrongLife: a person must look."""
    done = 0
    while rounds is None or done < rounds:
        done += 1
        try:
            made = backup(settings, to, with_keys=with_keys, say=say)
            say(f"Backup: {made}")
            if keep is not None:
                gone = drop_old(to, Clock(settings.timezone, settings.clock_file).now() - keep)
                if gone:
                    say(f"Dropped, older than {keep.days} days: {', '.join(gone)}")
            sleep(every.total_seconds())
        except WrongLife:
            raise
        except (BackupRefused, OSError) as error:
            say(f"{error} The next try is in {AGAIN_SECONDS // 60} minutes.")
            sleep(AGAIN_SECONDS)


def drop_old(to: Path, before: datetime) -> list[str]:
    """Removes whole backups that began before the instant, but never the newest one, and photos that none
    of the others has. Returns their names, oldest first. Raises BackupRefused while another backup is made,
    and for a list of photos that no backup writes: then no photo was removed."""
    with alone(to):
        whole = backups_in(to)
        old = [one for one in whole[:-1] if from_millis(read_manifest(one).started_at) < before]
        for one in old:
            # first the manifest, so that one whose removal is cut off is no backup any more
            (one / MANIFEST).unlink()
            shutil.rmtree(one)
        kept = {photo.place for one in whole if one not in old for photo in listed(one)}
        if old:
            _drop_photos(to / POOL, kept)
        return [one.name for one in old]


def _drop_photos(pool: Path, kept: set[str]) -> None:
    for path in pool.glob("*/*/*"):
        place = path.relative_to(pool).as_posix()
        if place not in kept and is_place(place):
            path.unlink()
