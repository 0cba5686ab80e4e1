"""`tiange restore`: puts a backup in the place of what is there, and begins a new epoch.

The mark outside the database (see `life`) names the new epoch first and the database gets it last, so that a
restore
that was cut lets nothing start.
"""

import asyncio
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import sqlalchemy as sa
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from backend.app import backup_programs
from backend.app.backup import copy_whole
from backend.app.backup_parts import (
    DATABASE,
    KEYS,
    POOL,
    BackupRefused,
    Listed,
    Manifest,
    find,
    fits,
    measure,
    read_manifest,
    verify,
)
from backend.app.life import Mark, WrongLife, life_of, read_mark, write_mark
from backend.app.migrate import known_revisions
from backend.app.prepare import prepare
from backend.app.servers import connected
from backend.audit.api import write_audit
from backend.embedded import running_servers
from backend.files.store import Store, open_store
from backend.kernel.actor import Actor
from backend.kernel.clock import Clock
from backend.kernel.crypto import Keys
from backend.kernel.ids import uuid7
from backend.kernel.settings import Settings
from backend.kernel.uow import Database
from backend.sync import api as sync

_OTHERS = sa.text(
    "SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND usename = ANY (CAST(:logins AS text[]))"
)
_SCHEMAS = sa.text(
    "SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'"
    " AND nspname NOT LIKE '%\\_before\\_restore\\_%' ORDER BY 1"
)
_TABLES = sa.text(
    "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
)

HOLDS_DATA = "{} holds a database already. Nothing was changed. To put it aside and restore: --over"


def restore(settings: Settings, folder: Path, *, over: bool, say: Callable[[str], None]) -> str:
    """Restores the backup that `folder` is, or the newest in it; returns the new epoch.

    Raises BackupRefused, EmbeddedError, KeysMissing, SettingsError. Refusals come before anything is
    changed: a
    running installation, data that is there already (unless `over`, which sets it aside), parts that are not
    as the
    backup wrote them, other keys, a later schema.
    """
    _require_stopped(settings)
    chosen = find(folder)
    manifest = read_manifest(chosen)
    if manifest.migration not in known_revisions():
        raise BackupRefused(
            f"{chosen} was made by a later version ({manifest.product}, schema {manifest.migration})."
            " Nothing was changed. Install that version first."
        )
    say(f"Checking {chosen} …")
    photos = verify(chosen, manifest)
    _require_keys(settings.keys_dir, chosen, manifest)
    if settings.uses_own_postgres:
        if (settings.home / "postgres").exists() and not over:
            raise BackupRefused(HOLDS_DATA.format(settings.home))
    else:
        settings.require("database_url", "database_url_worker")
        asyncio.run(_require_room(settings, over=over))
    _warn_of_gap(settings.keys_dir, manifest, say)
    _take_keys(settings.keys_dir, chosen, manifest)
    mark = Mark(str(uuid7()), manifest.durable_through)
    write_mark(settings.keys_dir, mark)
    if settings.uses_own_postgres:
        _set_aside_home(settings.home, _stamp(settings), say)
    else:
        asyncio.run(_set_aside_schemas(settings, say))
    if settings.files_s3_bucket:
        _place_in_store(chosen.parent / POOL, photos, open_store(settings))
    else:
        _place(chosen.parent / POOL, photos, settings.files_dir, _stamp(settings))
    with connected(settings, say) as live:
        say("Loading the database …")
        backup_programs.load(live.database_url, chosen / DATABASE)
        asyncio.run(_begin(live, mark))
        prepare(live)
    return mark.epoch


def accept(settings: Settings, say: Callable[[str], None]) -> str:
    """Takes the database as it is, however it came here, and begins a new epoch; returns it.

    Raises BackupRefused where it is not prepared, or Tiange runs.
    """
    _require_stopped(settings)
    with connected(settings, say) as live:
        live.require("database_url", "database_url_worker")
        if not live.uses_own_postgres:
            asyncio.run(_require_alone(live))
        Keys.load(settings.keys_dir)
        found = asyncio.run(_look(live))
        if found is None:
            raise BackupRefused(
                "The database is empty: there is nothing to accept. To begin anew on purpose, move"
                f" {settings.keys_dir} away; what phones hold sealed to those keys can then not be opened."
            )
        mark = Mark(str(uuid7()), found.durable_through)
        write_mark(settings.keys_dir, mark)
        asyncio.run(_begin(live, mark))
    return mark.epoch


def _require_stopped(settings: Settings) -> None:
    if settings.uses_own_postgres and running_servers(settings.home) is not None:
        raise BackupRefused(
            f"Tiange runs on {settings.home}. Nothing was changed. Stop it (Ctrl-C where it runs), then"
            f" restore."
        )


def _require_keys(keys_dir: Path, chosen: Path, manifest: Manifest) -> None:
    """The keys that the records were sealed with are here or in the backup. Raises BackupRefused,
    KeysMissing.
    """
    if Keys.absent(keys_dir):
        if not manifest.keys:
            raise BackupRefused(
                f"{keys_dir} holds no keys and {chosen} has none either (it was made without --with-keys)."
                " Nothing was changed. Bring the keys folder back from where you keep it, then restore."
            )
        if not fits(Keys.load(chosen / KEYS), manifest.keys_fit):
            raise BackupRefused(f"The keys in {chosen} are not those of its records. Take another backup.")
    elif not fits(Keys.load(keys_dir), manifest.keys_fit):
        raise BackupRefused(
            f"The keys in {keys_dir} are not those that this backup's records were sealed with. Nothing"
            f" was changed."
            " Bring back the keys folder of that installation; keep this one, it may belong to other data."
        )


def _take_keys(keys_dir: Path, chosen: Path, manifest: Manifest) -> None:
    keys_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if Keys.absent(keys_dir):
        for name in manifest.keys:
            copy_whole(chosen / KEYS / name, keys_dir / name)


def _warn_of_gap(keys_dir: Path, manifest: Manifest, say: Callable[[str], None]) -> None:
    """Says where phones may have let go of what a later backup than this one covers."""
    try:
        known = read_mark(keys_dir)
    except WrongLife:
        return  # it cannot be read, and is about to be written anew
    if known is None or known.durable_through is None:
        return
    if (manifest.durable_through or 0) < known.durable_through:
        covered = datetime.fromtimestamp(known.durable_through / 1000, UTC).isoformat(" ", "seconds")
        say(
            f"This is not the newest backup: a later one covers what was received until {covered}."
            " Phones keep what they sent for seven days at least; what is older and not in this backup"
            " is lost by taking this one."
        )


def _stamp(settings: Settings) -> str:
    return Clock(settings.timezone, settings.clock_file).now().strftime("%Y%m%dt%H%M%S%f")


def _set_aside_home(home: Path, stamp: str, say: Callable[[str], None]) -> None:
    """Moves the embedded servers' data to another name."""
    for folder in (home / name for name in ("postgres", "valkey")):
        if folder.exists():
            aside = folder.with_name(f"{folder.name}.before-restore-{stamp}")
            folder.rename(aside)
            say(f"What was there is kept: {aside}")


async def _require_alone(settings: Settings) -> None:
    engine = create_async_engine(settings.database_url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await _refuse_others(connection, settings)
    finally:
        await engine.dispose()


async def _refuse_others(connection: AsyncConnection, settings: Settings) -> None:
    urls = (settings.database_url_web, settings.database_url_worker, settings.database_url_nightly)
    logins = [make_url(url).username or "" for url in urls if url]
    busy = list((await connection.execute(_OTHERS, {"logins": logins})).scalars())
    if busy:
        raise BackupRefused(
            f"Tiange is connected to this database as {', '.join(sorted(busy))}. Nothing was changed."
            " Stop the web servers and workers, then restore."
        )


async def _require_room(settings: Settings, *, over: bool) -> None:
    """Raises BackupRefused where Tiange runs on the bank's own server, or its database holds data."""
    engine = create_async_engine(settings.database_url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await _refuse_others(connection, settings)
            if not over and (await connection.execute(_TABLES)).scalar_one():
                raise BackupRefused(HOLDS_DATA.format("TIANGE_DATABASE_URL"))
    finally:
        await engine.dispose()


async def _set_aside_schemas(settings: Settings, say: Callable[[str], None]) -> None:
    """Renames the schemas of a database of the bank's own, unless it is empty."""
    engine = create_async_engine(settings.database_url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            if not (await connection.execute(_TABLES)).scalar_one():
                return
            suffix = f"_before_restore_{_stamp(settings)}"
            for name in list((await connection.execute(_SCHEMAS)).scalars()):
                await connection.execute(sa.text(f'ALTER SCHEMA "{name}" RENAME TO "{name}{suffix}"'))
                say(f"What was there is kept: schema {name}{suffix}")
            await connection.execute(sa.text("CREATE SCHEMA public"))
    finally:
        await engine.dispose()


def _place(pool: Path, photos: list[Listed], files_dir: Path, stamp: str) -> None:
    """Brings the photos in. Those that are there stay: their names are their content's. Raises OSError."""
    files_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    for photo in photos:
        target = files_dir / photo.place
        if target.is_file():
            if measure(target) == photo.part:
                continue
            target.rename(target.with_name(f"{target.name}.before-restore-{stamp}"))
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        copy_whole(pool / photo.place, target)


def _place_in_store(pool: Path, photos: list[Listed], store: Store) -> None:
    """Brings the files into a store that lacks them, or holds them damaged. Raises OSError."""
    for photo in photos:
        place = PurePosixPath(photo.place)
        there = store.get(place)
        if there is None or hashlib.sha256(there).hexdigest() != photo.part.sha256:
            store.put(place, (pool / place).read_bytes())


async def _begin(settings: Settings, mark: Mark) -> None:
    database = _database(settings)
    try:
        async with database.unit(Actor.system("restore")) as uow:
            await sync.begin_epoch(uow, mark.epoch, mark.durable_through)
    finally:
        await database.close()


async def _look(settings: Settings) -> Mark | None:
    database = _database(settings)
    try:
        return await life_of(database)
    finally:
        await database.close()


def _database(settings: Settings) -> Database:
    clock = Clock(settings.timezone, settings.clock_file)
    return Database.open(settings.database_url_worker, clock, write_audit=write_audit)
