"""`tiange recompute`: tags, tier, limit and rate anew, for some customers or for all."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from backend.app.command_database import command_database
from backend.kernel.actor import Actor
from backend.kernel.settings import Settings
from backend.kernel.uow import Database
from backend.strategy import api as strategy

#: of the run over all
POOL_SIZE = 8


def recompute(settings: Settings, customers: Sequence[UUID], *, resume: bool, console: Console) -> str:
    """Recompute `customers`, all if there are none; the sentence that says what came of it.

    `resume`: go on where an interrupted run over all stopped (in PostgreSQL; in DuckDB it begins again).
    Not to be called from a running event loop.
    """
    settings.require("database_url_worker", "redis_url")
    return asyncio.run(_recompute(settings, customers, resume, console))


async def _recompute(settings: Settings, customers: Sequence[UUID], resume: bool, console: Console) -> str:
    async with command_database(settings, "tiange-recompute", pool_size=POOL_SIZE) as database:
        if customers:
            async with database.unit(Actor.system("recompute")) as uow:
                some = await strategy.recompute(uow, list(customers), "command")
            said = f"{len(customers)} customers computed, {len(some.changed)} changed."
            return said + (f" {len(some.requeued)} are queued again." if some.requeued else "")
        return await _everybody(database, settings, resume, console)


async def _everybody(database: Database, settings: Settings, resume: bool, console: Console) -> str:
    columns = (TextColumn("Recomputing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=None)

        def show(at: strategy.Progress) -> None:
            bar.update(task, completed=at.done, total=at.total)

        copy = strategy.Copy(settings.database_url_nightly, settings.home / "nightly")
        summary = await strategy.recompute_all(database, progress=show, resume=resume, copy=copy)
    said = f"{summary.total} customers computed with catalogue {summary.version}, {summary.changed} changed."
    if summary.requeued:
        said += f" {summary.requeued} moved on meanwhile and are queued again."
    if summary.failed:
        named = ", ".join(str(it) for it in summary.failed[:5])
        said += (
            f" {len(summary.failed)} cannot be computed and stay as they were; look at their amounts: {named}"
        )
    return said
