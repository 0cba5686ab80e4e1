"""`tiange audit verify`: whether the audit trail is as it was written."""

import asyncio
from collections.abc import Callable

import typer

from backend.kernel.settings import Settings


def add_audit(
    cli: typer.Typer, settings_of: Callable[[typer.Context], Settings], say: Callable[[str], None]
) -> None:
    """Adds the commands to `cli`. `settings_of`: the settings of a command; `say`: progress of servers."""

    @cli.callback()
    def audit() -> None:
        """Check the audit trail."""

    @cli.command()
    def verify(context: typer.Context) -> None:
        """Walk the chain of the audit trail and name the first entry that is not as it was written.

        Exit code 1 if one is found. The chain's head, kept elsewhere, proves later that the trail as a whole
        was not written anew.

        Example:

            tiange audit verify
        """
        from backend.app.servers import connected

        with connected(settings_of(context), say) as settings:
            settings.require("database_url_worker")
            holds, said = asyncio.run(verified(settings))
        typer.echo(said)
        raise typer.Exit(0 if holds else 1)


async def verified(settings: Settings) -> tuple[bool, str]:
    """Whether the trail holds, and the sentences that say so."""
    from backend.audit.api import verify
    from backend.kernel.actor import Actor
    from backend.kernel.clock import Clock
    from backend.kernel.uow import Database

    clock = Clock(settings.timezone, settings.clock_file)
    database = Database.open(settings.database_url_worker, clock, application="tiange-audit")
    try:
        async with database.unit(Actor.system("audit verify")) as uow:
            found = await verify(uow)
    finally:
        await database.close()
    tail = "No entry waits to be sealed."
    if found.unsealed:
        since = (
            "" if found.oldest_unsealed is None else f", the oldest from {found.oldest_unsealed:%F %T} UTC"
        )
        tail = f"{found.unsealed} entries are not sealed yet{since}."
    if found.holds:
        return True, f"{found.sealed} sealed entries hold. Head: {found.head.hex()}. {tail}"
    what = {
        "changed": "was changed after it was written, or its link was",
        "missing": "was taken out",
        "link_missing": "follows a link that was taken out",
    }[found.fault or "changed"]
    return False, (
        f"Entry {found.bad_entry} (position {found.bad_position}) {what}. The {found.sealed} entries before"
        f" it hold; nothing is proven of those after it. {tail}"
    )
