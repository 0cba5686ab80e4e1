"""`tiange retention`: what was deleted by rule, of whom, and why."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from backend.app.command_database import command_unit
from backend.kernel.settings import Settings

if TYPE_CHECKING:
    from backend.kernel.uow import UnitOfWork


def add_retention(
    cli: typer.Typer, settings_of: Callable[[typer.Context], Settings], say: Callable[[str], None]
) -> None:
    """Adds the command to `cli`. `settings_of`: the settings of a command; `say`: progress of servers."""

    @cli.command()
    def retention(
        context: typer.Context,
        days: Annotated[int, typer.Option("--days", min=1, help="How far back.")] = 30,
    ) -> None:
        """Say what was deleted by rule: of whom, for what consent, why, and how much of it.

        What a consent was for goes some days after it was withdrawn, and some days after its person
        died (policy figure retention_days). The worker does that every night.

        Example:

            tiange retention --days 90
        """
        from backend.app.servers import connected

        with connected(settings_of(context), say) as settings:
            settings.require("database_url_worker", "redis_url")
            for line in asyncio.run(_report(settings, days)):
                typer.echo(line)


async def _report(settings: Settings, days: int) -> list[str]:
    async with command_unit(settings, "tiange-retention", "retention report") as uow:
        return await lines(uow, days)


async def lines(uow: "UnitOfWork", days: int) -> list[str]:
    """The report, a line for each deletion of the last days and one that counts them."""
    from backend.customers.api import retained_deletions

    rows = await retained_deletions(uow, uow.now - timedelta(days=days))
    found = [
        f"{uow.clock.local(one.deleted_at):%F %R}  {one.person_id}  {one.purpose}: {one.rule} on"
        f" {uow.clock.local(one.since):%F}; {one.counts['fields']} fields, {one.counts['changes']} entries of"
        f" history, {one.counts['photos']} photos"
        for one in rows
    ]
    return [*found, f"{len(found)} deletions in {days} days."]
