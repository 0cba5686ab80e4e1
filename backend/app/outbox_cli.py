"""`tiange outbox load`: what a phone could not send by itself, brought by a file."""

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from backend.app.command_database import command_database
from backend.kernel.settings import Settings

if TYPE_CHECKING:
    from backend.app.outbox_file import Loaded, OutboxFile


def add_outbox(
    cli: typer.Typer, settings_of: Callable[[typer.Context], Settings], say: Callable[[str], None]
) -> None:
    """Adds the commands to `cli`. `settings_of`: the settings of a command; `say`: progress of servers."""

    @cli.callback()
    def outbox() -> None:
        """Records that a phone exported because it could not send them."""

    @cli.command()
    def load(
        context: typer.Context,
        file: Annotated[Path, typer.Argument(help="The file from the phone's page Sync, Export.")],
    ) -> None:
        """Take in what a phone exported, as if the phone had sent it.

        Each record takes effect once: loading twice does no harm, and neither does the phone sending it
        later. What cannot take effect is kept whole, as always.

        Exit code 1 if the file cannot be read or a record has no receipt.

        Example:

            tiange outbox load tiange-1a2b3c4d-2026-11-22.outbox
        """
        from backend.app.outbox_file import NotAnOutbox, read_outbox
        from backend.app.servers import connected

        try:
            found = read_outbox(file)
        except (NotAnOutbox, OSError) as error:
            typer.echo(f"{file}: {error}", err=True)
            raise typer.Exit(1) from error
        with connected(settings_of(context), say) as settings:
            settings.require("database_url_worker", "redis_url")
            done = asyncio.run(_load(settings, found))
        lines, whole = said(done)
        for line in lines:
            typer.echo(line)
        raise typer.Exit(0 if whole else 1)


async def _load(settings: Settings, found: "OutboxFile") -> "Loaded":
    from backend.app.outbox_file import load_outbox
    from backend.app.wiring import registry
    from backend.kernel.crypto import Keys

    keys = Keys.load(settings.keys_dir)
    async with command_database(settings, "tiange-outbox", keys=keys, pool_size=2) as database:
        return await load_outbox(database, registry(), keys, settings, found)


def said(done: "Loaded") -> tuple[list[str], bool]:
    """The lines that say what became of the file, and whether every record has its receipt."""
    lines = [f"Phone {stream} of {name}." for stream, name in done.owners.items()]
    for stream, count in done.unknown.items():
        lines.append(f"Phone {stream} is not known to this bank: {count} records were left out.")
    results = Counter(one["was"] if one["result"] == "repeated" else one["result"] for one in done.receipts)
    before = sum(one["result"] == "repeated" for one in done.receipts)
    words = ", ".join(f"{count} {result}" for result, count in sorted(results.items()))
    lines.append(f"{len(done.receipts)} records: {words or 'none'}; {before} were here before.")
    lines += [
        f"  {one['id']} {one['result']}: {one['code']}. {one.get('reason') or ''}".rstrip()
        for one in done.receipts
        if one.get("code")
    ]
    refused = [(file_hash, code) for file_hash, code in done.photos if code]
    lines.append(f"{len(done.photos)} photos, {len(refused)} refused.")
    lines += [f"  {file_hash[:12]} {code}" for file_hash, code in refused]
    return lines, not any(done.unknown.values()) and all(one.get("receipt") for one in done.receipts)
