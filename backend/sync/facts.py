"""The facts of a database's life that every answer carries: its epoch, and how far backups reach."""

from dataclasses import dataclass

from sqlalchemy import text

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
    facts = {row.name: row.value for row in rows}
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
