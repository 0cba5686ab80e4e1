"""`tiange import`: files of the bank's own systems."""

import asyncio
import getpass
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from backend.app.command_database import command_database
from backend.app.grids_cli import refuse
from backend.kernel.errors import Problem
from backend.kernel.settings import Settings

if TYPE_CHECKING:
    from backend.banking.api import Order, Outcome
    from backend.kernel.uow import Database

LISTED = 30
_SEPARATORS = {"\t": "tab"}
_AFTER = {"grades": "show another grade; no limit moves by it"}


def add_import(
    cli: typer.Typer, settings_of: Callable[[typer.Context], Settings], say: Callable[[str], None]
) -> None:
    """Adds the command to `cli`. `settings_of`: the settings of a command; `say`: progress of servers."""

    @cli.command("import")
    def import_file(
        context: typer.Context,
        kind: Annotated[
            Literal["accounts", "loans", "flows", "products", "contracts", "consents", "grades"] | None,
            typer.Argument(
                help="What the file tells of; products, contracts: what is signed for; consents: on paper;"
                " grades: of the provincial credit system."
            ),
        ] = None,
        file: Annotated[
            Path | None,
            typer.Argument(exists=True, dir_okay=False, readable=True, help="CSV, UTF-8 or GB18030."),
        ] = None,
        as_of: Annotated[
            str | None,
            typer.Option("--as-of", metavar="YYYY-MM-DD", help="The file's day, where no column has it."),
        ] = None,
        force: Annotated[
            bool, typer.Option("--force", help="Though many rows are rejected or the unit looks wrong.")
        ] = False,
        again: Annotated[
            bool, typer.Option("--again", help="Though this very file was taken before.")
        ] = False,
        listing: Annotated[
            bool, typer.Option("--list", help="Show the last files that were taken or refused.")
        ] = False,
    ) -> None:
        """Take a file of the bank's systems: accounts, loans, monthly flows, products, contracts; one of
        consents that people signed on paper; or one of the provincial credit system's grades.

        What is wrong in a row goes to FILE.rejects.csv with the reason; the
        rest is taken, all in one transaction. A file that is wrong as a whole
        changes nothing. Nothing counts twice, and older days never replace
        newer ones. Columns: backend/banking/IMPORT.md

        Examples:

            tiange import accounts accounts.csv --as-of 2026-03-01

            tiange import --list
        """
        from backend.app.servers import connected

        if not listing and (kind is None or file is None):
            raise typer.BadParameter("say what to import: tiange import accounts accounts.csv")
        day = _day(as_of)
        try:
            with connected(settings_of(context), say) as settings:
                if listing or kind is None or file is None:
                    lines = asyncio.run(_listed(settings))
                else:
                    lines = asyncio.run(_take(settings, kind, file, day, force=force, again=again))
        except Problem as problem:
            if file is not None and problem.code in ("too_many_rejected", "another_unit"):
                say(f"Rejected rows, if there are any: {file.name}.rejects.csv, beside the file")
            refuse(problem)
        for line in lines:
            typer.echo(line)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date", param_hint="--as-of") from None


async def _take(
    settings: Settings, kind: str, file: Path, as_of: date | None, *, force: bool, again: bool
) -> list[str]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    from backend.banking.api import Kind, Order, take_file

    order = Order(Kind(kind), file, as_of, force=force, again=again, run_by=_who())
    columns = (TextColumn(f"Reading {file.name}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    async with _database(settings) as database:
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("", total=None)
            outcome = await take_file(
                database, order, lambda done, total: bar.update(task, completed=done, total=total)
            )
    return _said(order, outcome)


def _said(order: "Order", outcome: "Outcome") -> list[str]:
    from backend.banking.api import REASONS

    name, counts = order.path.name, outcome.counts
    if outcome.taken_before is not None:
        return [
            f"{name} was taken before, on {outcome.taken_before:%Y-%m-%d %H:%M} UTC. Nothing was done.",
            "To go through it once more: --again",
        ]
    separator = _SEPARATORS.get(outcome.separator, outcome.separator)
    day = f", as of {outcome.as_of}" if outcome.as_of else ""
    said = {
        "new": counts.added,
        "changed": counts.changed,
        "as they were": counts.unchanged,
        "older than what is known": counts.older,
        "said before in the file": counts.repeated,
        "rejected": counts.rejected,
    }
    lines = [
        f"{name}: {order.kind}{day}; {outcome.encoding}, separated by {separator}",
        f"  {counts.rows} rows: {', '.join(f'{number} {what}' for what, number in said.items())}",
        f"  {outcome.customers} customers {_AFTER.get(order.kind.value, 'are worked out anew')}",
    ]
    if outcome.rejects is not None:
        lines.append(f"  Rejected rows with their reasons: {outcome.rejects}")
        lines += [f"    {number} × {code}: {REASONS[code]}" for code, number in outcome.by_code.items()]
    return lines


async def _listed(settings: Settings) -> list[str]:
    from backend.banking.api import batches
    from backend.kernel.actor import Actor

    async with _database(settings) as database, database.unit(Actor.system("import list")) as uow:
        found = await batches(uow, LISTED)
    if not found:
        return ["No file has been taken yet."]
    return [
        f"{one.imported_at:%Y-%m-%d %H:%M} UTC  {one.kind:<9} {one.state:<7} as of {one.as_of or '-'}"
        f"  {_summary(one.reason, one.counts)}  {one.file_name}  {one.file_hash[:12]}  by {one.run_by}"
        for one in found
    ]


def _summary(reason: str | None, counts: dict[str, int]) -> str:
    return reason or ", ".join(f"{number} {what}" for what, number in counts.items() if number)


def _who() -> str:
    """The account of the machine under which the command runs."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def _database(settings: Settings) -> AbstractAsyncContextManager["Database"]:
    from backend.kernel.crypto import Keys

    return command_database(settings, "tiange-import", keys=Keys.load(settings.keys_dir))
