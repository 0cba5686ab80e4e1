"""`tiange strategy freeze`: figures over many customers anew, and everybody by them."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

from backend.app.command_database import command_database
from backend.kernel.settings import Settings

if TYPE_CHECKING:
    from backend.kernel.uow import UnitOfWork


def add_freeze(
    cli: typer.Typer, settings_of: Callable[[typer.Context], Settings], say: Callable[[str], None]
) -> None:
    """Adds the command to `cli`. `settings_of`: the settings of a command; `say`: progress of servers."""

    @cli.command("freeze")
    def freeze(context: typer.Context) -> None:
        """Work figures over many customers out anew today, and everybody's result by them.

        The nightly run does so by itself on the first night of a month (policy figure freeze_every_months)
        and when a catalogue with other figures takes force. Results are written whatever moves: nothing
        waits.

        Example:

            tiange strategy freeze
        """
        from backend.app.servers import connected

        with connected(settings_of(context), say) as settings:
            settings.require("database_url_worker", "redis_url")
            for line in asyncio.run(_freeze(settings)):
                typer.echo(line)


async def _freeze(settings: Settings) -> list[str]:
    from backend.kernel.actor import Actor
    from backend.strategy.api import Copy, recompute_all

    async with command_database(settings, "tiange-strategy", pool_size=2) as database:
        copy = Copy(settings.database_url_nightly, settings.home / "nightly")
        summary = await recompute_all(database, resume=False, cause="freeze", copy=copy, freeze=True)
        async with database.unit(Actor.system("strategy command")) as uow:
            said = await lines(uow)
    return [*said, f"{summary.total} customers computed, {summary.changed} changed."]


async def lines(uow: "UnitOfWork") -> list[str]:
    """The run in force, a line for each figure: at how many places it is told."""
    from backend.strategy.api import told_at

    run, figures = await told_at(uow)
    if run is None:
        return ["The catalogue in force asks for no figure over many customers."]
    said = [f"Run {run.id} for {run.as_of} is in force."]
    for name, levels in figures.items():
        places = ", ".join(f"{level} {count}" for level, count in levels.items())
        said.append(f"  {name}: {places or 'nowhere enough members'}")
    return said
