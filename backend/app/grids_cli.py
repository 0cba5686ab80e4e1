"""`tiange grids …`. Geometry is imported when a command runs, so that `--help` is quick."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn
from uuid import UUID

import typer

from backend.app.command_database import command_unit
from backend.kernel.errors import Problem
from backend.kernel.settings import Settings

if TYPE_CHECKING:
    from rich.console import Console

    from backend.grids.api import Assignment, ImportOutcome
    from backend.grids.importing.options import ImportOptions
    from backend.grids.importing.report import Prepared
    from backend.kernel.uow import UnitOfWork

#: what PostgreSQL shows of these commands
APPLICATION = "tiange-grids"
# The branches by their codes.
_BRANCHES = "SELECT code, id FROM org_unit WHERE kind = 'branch' ORDER BY code"


def add_grids(
    cli: typer.Typer, settings_of: Callable[[typer.Context], Settings], say: Callable[[str], None]
) -> None:
    """Adds the commands to `cli`. `settings_of`: the settings of a command; `say`: progress of servers."""

    @cli.command("import")
    def import_grids(
        context: typer.Context,
        file: Annotated[
            Path, typer.Argument(help="GeoJSON (also .shp, .gpkg) with areas, or CSV with villages.")
        ],
        kind: Annotated[
            Literal["geojson", "villages"] | None,
            typer.Option(help="Default: by the file's ending."),
        ] = None,
        county: Annotated[
            Path | None,
            typer.Option(help="GeoJSON of the county's outline; needed for villages, checks areas."),
        ] = None,
        towns: Annotated[
            Path | None, typer.Option(help="CSV with the towns' codes, names and seats, for villages.")
        ] = None,
        branch: Annotated[
            list[str] | None,
            typer.Option(metavar="CODE|TOWNSHIP=CODE", help="The branch of all grids, or of a township's."),
        ] = None,
        datum: Annotated[
            Literal["wgs84", "gcj02"], typer.Option(help="What the file's coordinates are in.")
        ] = "wgs84",
        county_datum: Annotated[
            Literal["wgs84", "gcj02"], typer.Option(help="What the outline's coordinates are in.")
        ] = "wgs84",
        crs: Annotated[
            str | None, typer.Option(metavar="EPSG:n", help="The projection of a file in metres.")
        ] = None,
        column: Annotated[
            list[str] | None,
            typer.Option(
                metavar="FIELD=NAME", help="The property or column that holds a field: code=ADCODE."
            ),
        ] = None,
        place: Annotated[
            list[str] | None,
            typer.Option(metavar="CODE", help="Place this village although the checks withhold it."),
        ] = None,
        accept: Annotated[
            list[str] | None,
            typer.Option(metavar="FINDING", help="Import in spite of this error of the report: overlap."),
        ] = None,
        json_to: Annotated[
            Path | None, typer.Option("--json", metavar="FILE", help="Write the report as JSON, too.")
        ] = None,
        retire_absent: Annotated[
            bool,
            typer.Option(
                "--retire-absent", help="Grids of these branches that the file lacks become inactive."
            ),
        ] = False,
        apply: Annotated[
            bool, typer.Option("--apply", help="Write the grids. Without it only the report is shown.")
        ] = False,
    ) -> None:
        """Check a file of grids and say what is wrong with it; with --apply, write them.

        Areas are repaired where their rings cross, and compared with each
        other and the county: overlaps, gaps, what lies outside.

        Around villages' points cells are cut, each place to its nearest
        village. A point that cannot be trusted (none, outside, on another's
        spot, far from its own town) is listed and gets no cell.

        The datum is checked as far as the files allow. All is written in one
        transaction or nothing; who holds a grid stays.

        Examples:

            tiange grids import grids.geojson --county county.geojson --branch ZX01

            tiange grids import villages.csv --county county.geojson --towns towns.csv --branch 天城镇=ZX01
            --branch ZX02 --apply
        """
        from rich.console import Console

        from backend.grids.importing.prepare import prepare
        from backend.grids.importing.rendering import show

        console = Console()
        accepted = frozenset(accept or ())
        try:
            prepared = prepare(
                file, _options(kind, county, towns, branch, datum, county_datum, crs, column, place)
            )
            show(prepared, console, accepted=accepted)
            if json_to is not None:
                json_to.write_text(prepared.report.as_json(), encoding="utf-8")
            stopping = sorted({one.code for one in prepared.report.stopping(accepted)})
            if not apply:
                console.print(_closing(prepared, stopping))
                raise typer.Exit(1 if stopping else 0)
            if stopping:
                from backend.grids.api import import_stopped

                raise import_stopped(stopping)
            from backend.app.servers import connected

            with connected(settings_of(context), say) as settings:
                outcome = asyncio.run(_write(settings, prepared, retire_absent=retire_absent))
            _say_outcome(console, outcome)
        except Problem as problem:
            refuse(problem)

    @cli.command("assign")
    def assign_grid(
        context: typer.Context,
        grid: Annotated[str, typer.Argument(help="Code of the grid.")],
        login: Annotated[str, typer.Argument(help="Login of the person.")],
        duty: Annotated[
            Literal["responsible", "agent", "assistant", "supervisor"],
            typer.Option(
                help="In what part the person holds it.",
            ),
        ] = "responsible",
        from_on: Annotated[
            str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="First day. Default: today.")
        ] = None,
    ) -> None:
        """Give a grid to a person; whoever held that part before is ended and stays in the history.

        Example:

            tiange grids assign 421223100003 lihua --duty responsible
        """
        from backend.app.servers import connected

        try:
            first = date.fromisoformat(from_on) if from_on else None
        except ValueError:
            raise typer.BadParameter(f"{from_on!r} is no date", param_hint="--from") from None
        try:
            with connected(settings_of(context), say) as settings:
                given = asyncio.run(_assign(settings, grid, login, duty, first))
        except Problem as problem:
            refuse(problem)
        typer.echo(f"{login} holds {grid} as {given.duty} from {given.from_on}.")


def _options(
    kind: str | None,
    county: Path | None,
    towns: Path | None,
    branch: list[str] | None,
    datum: str,
    county_datum: str,
    crs: str | None,
    column: list[str] | None,
    place: list[str] | None,
) -> "ImportOptions":
    from backend.grids.importing.datum import Datum
    from backend.grids.importing.geojson import PROPERTIES
    from backend.grids.importing.options import ImportOptions, SourceKind
    from backend.grids.importing.villages import COLUMNS

    names = _pairs("--column", column or [], needs_name=True)
    unknown = sorted(set(names) - set(COLUMNS) - set(PROPERTIES))
    if unknown:
        raise typer.BadParameter(
            f"no such field: {', '.join(unknown)}. Fields:"
            f" {', '.join(dict.fromkeys([*PROPERTIES, *COLUMNS]))}",
            param_hint="--column",
        )
    return ImportOptions(
        kind=SourceKind(kind) if kind is not None else None,
        datum=Datum(datum),
        county=county,
        county_datum=Datum(county_datum),
        towns=towns,
        names=names,
        crs=crs,
        branches=_pairs("--branch", branch or [], needs_name=False),
        place=frozenset(place or ()),
    )


def _pairs(option: str, given: Sequence[str], *, needs_name: bool) -> dict[str, str]:
    """FIELD=NAME pairs; a value without a name stands under the empty one where that is allowed."""
    pairs: dict[str, str] = {}
    for one in given:
        name, sign, value = one.rpartition("=")
        if not value.strip() or (needs_name and not (sign and name.strip())):
            raise typer.BadParameter(f"{one!r} is not NAME=VALUE", param_hint=option)
        pairs[name.strip()] = value.strip()
    return pairs


def _closing(prepared: "Prepared", stopping: Sequence[str]) -> str:
    if stopping:
        return f"[bold red]Not ready:[/] {', '.join(stopping)}. Nothing was written."
    return (
        f"Ready: {len(prepared.grids)} grids. Nothing was written; to write them, add [bold]--apply[/bold]."
    )


def _say_outcome(console: "Console", outcome: "ImportOutcome") -> None:
    console.print(
        f"[bold]Written:[/bold] {len(outcome.added)} new grids, {len(outcome.changed)} changed,"
        f" {outcome.unchanged} as they were, {len(outcome.retired)} retired."
    )
    if outcome.absent:
        console.print(
            f"{len(outcome.absent)} active grids of these branches are not in the file and stay as they are:"
            f" {', '.join(outcome.absent[:20])}{' …' if len(outcome.absent) > 20 else ''}"
        )


async def _write(settings: Settings, prepared: "Prepared", *, retire_absent: bool) -> "ImportOutcome":
    from backend.grids.api import apply_import

    source = f"{prepared.report.source} {prepared.report.source_sha256[:12]}"
    async with command_unit(settings, APPLICATION, "grids import") as uow:
        return await apply_import(
            uow, prepared.grids, await branches(uow), source=source, retire_absent=retire_absent
        )


async def _assign(settings: Settings, code: str, login: str, duty: str, first: date | None) -> "Assignment":
    from backend.grids.api import Duty, assign
    from backend.identity.api import staff_by_login

    async with command_unit(settings, APPLICATION, "grids assign") as uow:
        grid = await grid_by_code(uow, code)
        return await assign(uow, grid, await staff_by_login(uow, login), Duty(duty), first)


async def grid_by_code(uow: "UnitOfWork", code: str) -> UUID:
    """Raises Problem `not_found`."""
    from backend.grids.api import facts_by_code
    from backend.kernel.errors import not_found

    grid = await facts_by_code(uow, code)
    if grid is None:
        raise not_found(f"Grid {code}")
    return grid.id


async def branches(uow: "UnitOfWork") -> dict[str, UUID]:
    """The bank's branches by code."""
    from sqlalchemy import text

    rows = await uow.session.execute(text(_BRANCHES))
    return {row.code: row.id for row in rows}


def refuse(problem: Problem) -> NoReturn:
    """What happened, what is safe and what to do, on stderr; exit code 2."""
    for line in (f"tiange: {problem.title}", problem.detail, problem.remedy):
        if line:
            typer.echo(line, err=True)
    sys.exit(2)
