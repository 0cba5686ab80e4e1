"""`tiange duplicates`: compares all people and businesses of the bank now."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

from backend.app.command_database import command_database
from backend.kernel.settings import Settings

if TYPE_CHECKING:
    from backend.customers.api import Found


def add_duplicates(
    cli: typer.Typer, settings_of: Callable[[typer.Context], Settings], say: Callable[[str], None]
) -> None:
    """Adds the command to `cli`. `settings_of`: the settings of a command; `say`: progress of servers."""

    @cli.command()
    def duplicates(context: typer.Context) -> None:
        """Compare all people and businesses of the bank, and keep for a person to decide which may be one.

        The worker does that every night. Pairs that somebody said are two are left alone.
        Says how many, never who.

        Example:

            tiange duplicates
        """
        from backend.app.servers import connected

        with connected(settings_of(context), say) as settings:
            settings.require("database_url_worker", "redis_url")
            found = asyncio.run(_compare(settings))
            typer.echo(
                f"{found.people} people and {found.shops} businesses compared: {found.open} pairs wait for a"
                f" decision, {found.new} of them new; {found.gone} wait no more."
            )


async def _compare(settings: Settings) -> "Found":
    from backend.customers.api import find_duplicates
    from backend.kernel.actor import Actor

    async with command_database(settings, "tiange-duplicates") as database:
        return await find_duplicates(lambda: database.unit(Actor.system("tiange duplicates")))
