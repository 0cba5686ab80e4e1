"""The facts of a database's life that every answer carries: its epoch, and how far backups reach."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import text

from backend.kernel.clock import millis
from backend.kernel.ids import uuid7
from backend.kernel.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class Life:
    """`epoch` names one life of the database; `durable_through` (ms) is covered by a backup, None before
    the first."""

    epoch: str
    durable_through: int | None


async def life(uow: UnitOfWork) -> Life:
    """Raises RuntimeError where the database was never prepared."""
    rows = await uow.session.execute(text("SELECT name, value FROM server_fact"))
    return life_in({row.name: row.value for row in rows})


def life_in(facts: Mapping[str, str]) -> Life:
    """What the facts by name say. Raises RuntimeError as `life` does."""
    if "epoch" not in facts:
        raise RuntimeError("the database has no epoch: run `tiange migrate`")
    through = facts.get("durable_through")
    return Life(facts["epoch"], int(through) if through else None)


async def has_epoch(uow: UnitOfWork) -> bool:
    """Whether the database was prepared before."""
    return bool(await uow.session.scalar(text("SELECT 1 FROM server_fact WHERE name = 'epoch'")))


async def ensure_epoch(uow: UnitOfWork) -> None:
    """Names the life of a new database."""
    await uow.session.execute(
        text("INSERT INTO server_fact (name, value) VALUES ('epoch', :epoch) ON CONFLICT DO NOTHING"),
        {"epoch": str(uuid7())},
    )


async def begin_epoch(uow: UnitOfWork, epoch: str, durable_through: int | None) -> None:
    """Names a new life of the database, after a restore. Phones send again all they keep.

    `durable_through` (ms): what the backup covers; None leaves what the database says of an earlier one.
    """
    await _set(uow, "epoch", epoch)
    if durable_through is not None:
        await _set(uow, "durable_through", str(durable_through))
    uow.audit("sync.new_epoch", "epoch", epoch, {"durable_through": durable_through})


async def covered_by_backup(uow: UnitOfWork, name: str, durable_through: int | None) -> int | None:
    """A backup holds all that was received before `durable_through` (ms). Returns how far backups reach now.

    What phones were told once is never taken back: an earlier instant changes nothing.
    """
    before = (await life(uow)).durable_through
    through = max((one for one in (before, durable_through) if one is not None), default=None)
    if through is not None:
        await _set(uow, "durable_through", str(through))
    await _set(uow, "last_backup", f"{millis(uow.now)} {name}")
    uow.audit("sync.backup", "backup", name, {"durable_through": durable_through})
    return through


async def _set(uow: UnitOfWork, name: str, value: str) -> None:
    await uow.session.execute(
        text(
            "INSERT INTO server_fact (name, value) VALUES (:name, :value)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        ),
        {"name": name, "value": value},
    )
