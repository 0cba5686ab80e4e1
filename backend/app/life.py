"""Which life of the database this installation knows, kept outside the database, in the keys folder.

A database that somebody put back by hand looks healthy and lacks what phones were told is safe. The mark
kept here
tells: its epoch is another, or its last backup is older than one that was made.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec
from sqlalchemy import text

from backend.embedded.files import write_whole
from backend.kernel.actor import Actor
from backend.kernel.settings import Settings
from backend.kernel.uow import Database

FILE_NAME = "life.json"

_WHAT_TO_DO = (
    " Nothing was changed, and phones keep what they were not told is safe."
    " If TIANGE_DATABASE_URL or TIANGE_HOME points at the wrong place, correct it."
    " If a restore was cut, run it again: tiange restore FOLDER --over."
    " If the database was put back by other means and is the one to go on with: tiange restore --accept,"
    " which begins a new epoch, so that phones send again what this database lacks."
)


class WrongLife(RuntimeError):
    """The database is not the one that this installation lived with. The text says what is safe and what
    to do.
    """


class Mark(msgspec.Struct, frozen=True):
    """One life of the database: its epoch, and the instant (ms) up to which a backup covers it, None
    before one.
    """

    epoch: str
    durable_through: int | None = None


def read_mark(keys_dir: Path) -> Mark | None:
    """The mark of this installation; None where it never had one. Raises WrongLife if the file is damaged."""
    path = keys_dir / FILE_NAME
    try:
        return msgspec.json.decode(path.read_bytes(), type=Mark)
    except FileNotFoundError:
        return None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise WrongLife(
            f"{path} is damaged ({error}). If the database is the right one, write it anew: tiange"
            f" restore --accept"
        ) from None


def write_mark(keys_dir: Path, mark: Mark) -> None:
    """Replaces the mark. Raises OSError."""
    write_whole(keys_dir / FILE_NAME, msgspec.json.encode(mark))


def check(found: Mark | None, known: Mark | None) -> None:
    """Raises WrongLife where `found`, in the database, is not the life that is `known` outside it."""
    if known is None:
        return
    if found is None:
        raise WrongLife(
            f"The database is empty, and this installation had one (epoch {known.epoch})." + _WHAT_TO_DO
        )
    if found.epoch != known.epoch:
        raise WrongLife(
            f"The database lives in epoch {found.epoch}, and this installation in {known.epoch}."
            " It is another database, or it was put back without `tiange restore`." + _WHAT_TO_DO
        )
    if (found.durable_through or 0) < (known.durable_through or 0):
        raise WrongLife(
            "The database is older than the last backup that was made of it: it was put back without"
            " `tiange restore`." + _WHAT_TO_DO
        )


def mark_from(facts: Mapping[str, str]) -> Mark | None:
    """The mark inside a database, from its `server_fact` by name; None where it was never prepared."""
    through = facts.get("durable_through")
    return Mark(facts["epoch"], int(through) if through else None) if "epoch" in facts else None


async def life_of(database: Database) -> Mark | None:
    """The mark inside the database; None where it was never prepared."""
    async with database.unit(Actor.nobody()) as uow:
        if await uow.session.scalar(text("SELECT to_regclass('public.server_fact')")) is None:
            return None
        rows = await uow.session.execute(text("SELECT name, value FROM server_fact"))
        return mark_from({row.name: row.value for row in rows})


async def require_known_life(database: Database, settings: Settings) -> Mark | None:
    """The life in the database. Raises WrongLife where it is not the one that this installation knows."""
    found = await life_of(database)
    check(found, read_mark(settings.keys_dir))
    return found
