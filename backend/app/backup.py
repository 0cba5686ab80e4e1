"""`tiange backup`: the database in one snapshot, the photos, and a manifest that is written last.

A backup is a folder named after its time; the photos of all backups lie beside it, each once. Until its
manifest
stands it has another name, so that a cut one is never taken for a backup.
"""

import asyncio
import contextlib
import fcntl
import importlib.metadata
import os
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from backend.app import backup_programs
from backend.app.backup_parts import (
    DATABASE,
    FILES,
    FORMAT,
    KEYS,
    MANIFEST,
    PARTIAL,
    POOL,
    BackupRefused,
    Listed,
    Manifest,
    Part,
    fit_of,
    is_place,
    listing,
    measure,
)
from backend.app.life import Mark, life_of, require_known_life, write_mark
from backend.audit.api import write_audit
from backend.embedded.files import write_whole
from backend.files.store import Store, open_store
from backend.kernel.actor import Actor
from backend.kernel.clock import Clock, millis
from backend.kernel.crypto import PAIRS, SECRETS, Keys
from backend.kernel.disk import sync_folder
from backend.kernel.settings import Settings
from backend.kernel.uow import Database
from backend.sync import api as sync

#: the clocks of the machines that stamp what they receive may differ by this much (`tiange doctor` fails
#: beyond)
CLOCKS_MS = 60_000
#: so long is waited for transactions that were open when the backup began
PATIENCE_SECONDS = 300.0

# whoever may still commit what it stamped earlier. Visible to every login, other than the ages of
# transactions.
_OPEN = sa.text(
    "SELECT l.virtualtransaction || '/' || l.pid FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
    " WHERE l.locktype = 'virtualxid' AND l.granted AND a.datname = current_database()"
    " AND a.usename IS NOT NULL AND a.pid <> pg_backend_pid()"
)
_VERSION = sa.text("SELECT version_num FROM alembic_version")


def backup(
    settings: Settings,
    to: Path,
    *,
    with_keys: bool,
    say: Callable[[str], None],
    patience: float = PATIENCE_SECONDS,
) -> Path:
    """Makes a backup in the folder `to` and returns its folder. The bank may work meanwhile.

    Raises BackupRefused, WrongLife, KeysMissing, SettingsError; then there is no backup and nothing has
    changed.
    """
    settings.require("database_url_backup", "database_url_worker")
    keys = Keys.load(settings.keys_dir)
    try:
        to.mkdir(mode=0o700, parents=True, exist_ok=True)
        with alone(to):
            return _make(settings, keys, to, with_keys=with_keys, say=say, patience=patience)
    except ConnectionError as error:
        raise BackupRefused(f"{error}. No backup was made; earlier ones are whole.") from None
    except OSError as error:
        raise BackupRefused(
            f"{error.filename or to} cannot be written ({error.strerror}). No backup was made; earlier"
            f" ones are whole."
        ) from None


def _make(
    settings: Settings, keys: Keys, to: Path, *, with_keys: bool, say: Callable[[str], None], patience: float
) -> Path:
    clock = Clock(settings.timezone, settings.clock_file)
    life = asyncio.run(_life(settings, clock))
    for cut in to.glob(f"{PARTIAL}*"):
        shutil.rmtree(cut)
    started = clock.now()
    name = _free_name(to, started)
    part = to / f"{PARTIAL}{name}"
    part.mkdir(mode=0o700)
    try:
        migration, settled = asyncio.run(_settle(settings.database_url_backup, patience))
        dumped = backup_programs.dump(settings.database_url_backup, part / DATABASE)
        say(f"The database: {dumped.bytes / 1e6:.1f} MB.")
        # after the snapshot: a file is safe in its store before its row is committed
        photos = _photos(open_store(settings), to / POOL)
        write_whole(part / FILES, listing(photos))
        manifest = Manifest(
            format=FORMAT,
            product=importlib.metadata.version("tiange"),
            migration=migration,
            epoch=life.epoch,
            started_at=millis(started),
            finished_at=millis(clock.now()),
            durable_through=millis(started) - CLOCKS_MS if settled else None,
            database=dumped,
            files=measure(part / FILES),
            files_count=len(photos),
            files_bytes=sum(one.part.bytes for one in photos),
            keys_fit=fit_of(keys),
            keys=_copy_keys(settings.keys_dir, part / KEYS) if with_keys else {},
        )
        say(f"Photos: {len(photos)} files, {manifest.files_bytes / 1e6:.1f} MB.")
        write_whole(part / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
        sync_folder(part)
        part.rename(to / name)
        sync_folder(to)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    if not settled:
        say(
            f"A transaction stayed open for over {patience:g} s. The backup is whole, but phones are not"
            f" told that"
            " it covers what they sent: make another one."
        )
    asyncio.run(_announce(settings, clock, name, manifest))
    return to / name


@contextlib.contextmanager
def alone(to: Path) -> Iterator[None]:
    """One backup at a time in a folder; the lock ends with the process."""
    descriptor = os.open(to / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BackupRefused(f"Another backup is being made in {to}. Wait for it.") from None
        yield
    finally:
        os.close(descriptor)


async def _life(settings: Settings, clock: Clock) -> Mark:
    database = Database.open(settings.database_url_worker, clock)
    try:
        life = await require_known_life(database, settings)
    finally:
        await database.close()
    if life is None:
        raise BackupRefused("The database holds nothing yet: tiange migrate, or tiange up, comes first.")
    return life


async def _settle(url: str, patience: float) -> tuple[str, bool]:
    """(schema's version, whether every transaction that was open at the call has ended).

    What a transaction stamped before now it may commit after the snapshot; once all of them have ended, the
    snapshot
    has everything stamped before now.
    """
    engine = create_async_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            migration = str((await connection.execute(_VERSION)).scalar_one())
            waited_for = await _open(connection)
            deadline = time.monotonic() + patience
            while waited_for and time.monotonic() < deadline:
                await asyncio.sleep(0.05)
                waited_for &= await _open(connection)
            return migration, not waited_for
    except (sa.exc.SQLAlchemyError, OSError) as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        raise BackupRefused(f"The login for backups cannot look at the database: {reason}") from None
    finally:
        await engine.dispose()


async def _open(connection: AsyncConnection) -> set[str]:
    return set((await connection.execute(_OPEN)).scalars())


def _photos(store: Store, pool: Path) -> list[Listed]:
    """Copies the files that the pool lacks; all that are kept now, with their sums, by place.

    A file's name is the sum of its content, so a copy that fits its name is not fetched again; of a small
    picture only the size tells. Raises OSError, also of a store that does not answer.
    """
    found: list[Listed] = []
    for place, size in store.places():
        if not is_place(str(place)):
            continue
        target = pool / place
        if not _is_copy(target, size):
            content = store.get(place)
            if content is None:
                raise FileNotFoundError(2, "vanished from the file store meanwhile", str(place))
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(target, content)
        found.append(Listed(str(place), measure(target)))
    return found


def _is_copy(target: Path, size: int) -> bool:
    if not target.is_file():
        return False
    here = measure(target)
    is_small_picture = ".thumb." in target.name
    return here.bytes == size if is_small_picture else target.name.startswith(here.sha256)


def copy_whole(source: Path, target: Path) -> None:
    """Copies a file so that `target` is whole or absent, synced, for our eyes only. Raises OSError."""
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with source.open("rb") as given, os.fdopen(descriptor, "wb") as file:
            shutil.copyfileobj(given, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def _copy_keys(keys_dir: Path, to: Path) -> dict[str, Part]:
    to.mkdir(mode=0o700)
    for name in SECRETS + PAIRS:
        copy_whole(keys_dir / name, to / name)
    return {name: measure(to / name) for name in SECRETS + PAIRS}


async def _announce(settings: Settings, clock: Clock, name: str, manifest: Manifest) -> None:
    """First in the database, then outside: a mark ahead of its database would keep the server from
    starting.
    """
    database = Database.open(settings.database_url_worker, clock, write_audit=write_audit)
    try:
        async with database.unit(Actor.system("backup")) as uow:
            await sync.covered_by_backup(uow, name, manifest.durable_through)
        life = await life_of(database)
        assert life is not None
        write_mark(settings.keys_dir, life)
    finally:
        await database.close()


def _free_name(to: Path, at: datetime) -> str:
    stem = at.strftime("%Y%m%dT%H%M%SZ")
    names = [stem, *(f"{stem}-{number}" for number in range(2, 100))]
    return next(name for name in names if not (to / name).exists())
