"""`tiange strategy union export | run`: several banks worked out at once on Spark."""

import asyncio
import datetime
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer

from backend.app.command_database import command_unit
from backend.kernel.settings import Settings

if TYPE_CHECKING:
    from backend.strategy.union.layout import Manifest

Folder = Annotated[
    Path,
    typer.Argument(metavar="FOLDER", file_okay=False, help="Where the banks' exports lie, one folder each."),
]


def add_union(
    cli: typer.Typer, settings_of: Callable[[typer.Context], Settings], say: Callable[[str], None]
) -> None:
    """Adds the commands to `cli`. `settings_of`: the settings of a command; `say`: progress of servers."""

    @cli.command("export")
    def export(
        context: typer.Context,
        folder: Folder,
        bank: Annotated[
            str, typer.Option("--bank", help="This bank's name in the union: small letters, digits and _.")
        ],
    ) -> None:
        """Write what the strategy reads of every customer as Parquet: ids, codes, amounts, days; no names.

        All of one moment, in FOLDER/BANK, for its owner's eyes alone. Guard it as the database; that it was
        made is in the audit trail.

        Example:

            tiange strategy union export /srv/union --bank huaxi
        """
        from backend.app.servers import connected
        from backend.strategy.errors import Tampered
        from backend.strategy.union.layout import UnionError

        with connected(settings_of(context), say) as settings:
            settings.require("database_url_worker", "database_url_nightly", "redis_url")
            try:
                made = asyncio.run(_export(settings, folder.absolute(), bank))
            except (UnionError, Tampered) as error:
                _refuse(error)
        typer.echo(
            f"{made.rows['customer']} customers of {bank}, as of {made.as_of}, lie in {folder / bank}."
        )

    @cli.command("run")
    def run(
        folder: Folder,
        out: Annotated[Path, typer.Option("--out", help="A new folder for features and results.")],
        engine: Annotated[
            Literal["spark", "duckdb-per-partition"], typer.Option("--engine", help="Who reckons.")
        ] = "duckdb-per-partition",
        master: Annotated[
            str, typer.Option("--master", help="Spark's: local[*], spark://host:7077, yarn …")
        ] = "local[*]",
        as_of: Annotated[
            datetime.datetime | None,
            typer.Option("--as-of", formats=["%Y-%m-%d"], help="The day. Default: that of the exports."),
        ] = None,
    ) -> None:
        """Work out everybody of all banks whose exports lie in FOLDER, and compare with what is in force.

        Needs no database and writes into none: a result gets into force by its bank's own night alone.

        Example:

            tiange strategy union run /srv/union --out /srv/union-2026-11-30
        """
        from backend.strategy.union.layout import UnionError
        from backend.strategy.union.running import run as work_out

        day = as_of.date() if as_of is not None else None
        try:
            found = work_out(folder.absolute(), out.absolute(), master, engine, day, typer.echo)
        except UnionError as error:
            _refuse(error)
        for one in found:
            typer.echo(f"{one.bank}: {one.customers} customers, {one.differ} other than in force")
        typer.echo(f"Features and results lie in {out}. No bank's database was touched.")


async def _export(settings: Settings, folder: Path, bank: str) -> "Manifest":
    from backend.strategy import versions
    from backend.strategy.union.export import export
    from backend.strategy.union.layout import UnionError

    async with command_unit(settings, "tiange-union", "union export") as uow:
        force = await versions.in_force(uow, afresh=True)
        if force is None:
            raise UnionError("No catalogue is in force here yet. Work everybody out first: tiange recompute")
        uow.audit("strategy.union_export", "bank", bank)
        url, day = settings.database_url_nightly, uow.today
        return await asyncio.to_thread(export, url, bank, folder, force.edition.files, day, settings.timezone)


def _refuse(error: Exception) -> NoReturn:
    typer.echo(f"tiange: {error}", err=True)
    raise typer.Exit(2)
