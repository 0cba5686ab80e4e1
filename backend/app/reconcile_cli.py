"""`tiange strategy reconcile`: our grades beside the provincial credit system's."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from backend.app.command_database import command_unit
from backend.kernel.settings import Settings

if TYPE_CHECKING:
    from backend.strategy.grade_schemas import GradeReport, GradesOfBranch


def add_reconcile(
    cli: typer.Typer, settings_of: Callable[[typer.Context], Settings], say: Callable[[str], None]
) -> None:
    """Adds the command to `cli`. `settings_of`: the settings of a command; `say`: progress of servers."""

    @cli.command("reconcile")
    def reconcile(
        context: typer.Context,
        out: Annotated[
            Path | None,
            typer.Option("--out", metavar="FILE.csv", help="Also write who differs, readable by you alone."),
        ] = None,
    ) -> None:
        """Compare our grades with those of the provincial credit system: how many agree, by branch.

        Its grades come by: tiange import grades FILE.csv. They are compared and shown, and enter no score,
        grade, limit or rate. That a list was written is in the audit trail.

        Examples:

            tiange strategy reconcile

            tiange strategy reconcile --out differing.csv
        """
        from backend.app.servers import connected

        with connected(settings_of(context), say) as settings:
            settings.require("database_url_worker", "redis_url")
            for line in asyncio.run(_reconciled(settings, out)):
                typer.echo(line)


async def _reconciled(settings: Settings, out: Path | None) -> list[str]:
    from backend.strategy.api import grades_differing, grades_file, grades_report

    async with command_unit(settings, "tiange-strategy", "strategy command") as uow:
        lines = _said(await grades_report(uow))
        if out is None:
            return lines
        found = await grades_differing(uow)
        content = grades_file(uow, found, "tiange strategy reconcile")
        # before the entry in the trail is committed: no file without it, and none of it for others to read
        with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            os.fchmod(file.fileno(), 0o600)  # of a file that was there
            file.write(content)
        if found.total > len(found.customers):
            lines.append(f"The first {len(found.customers)} of {found.total} are in it.")
    return [*lines, f"Who differs: {out} ({len(found.customers)} customers)"]


def _said(report: "GradeReport") -> list[str]:
    if report.file is None:
        return ["No grades were taken yet: tiange import grades FILE.csv"]
    pairs = {(one.ours, one.theirs): one.customers for one in report.pairs}
    width = max(8, *(len(str(count)) + 2 for count in pairs.values())) if pairs else 8
    head = "".join(f"{grade:>{width}}" for grade in report.grades)
    file, total = report.file, report.total
    lines = [
        f"{file.name}, as of {file.as_of}: {file.rows} rows, {file.rejected} rejected",
        f"ours down, theirs across{'':>{max(0, width - 8)}}",
        f"{'':>6}{head}",
    ]
    for ours in report.grades:
        cells = (f"{pairs.get((ours, theirs), 0):>{width}}" for theirs in report.grades)
        lines.append(f"{ours:>6}{''.join(cells)}")
    lines.append(_counts(total))
    return [*lines, *(f"  {one.name or 'no branch'}: {_counts(one)}" for one in report.branches)]


def _counts(one: "GradesOfBranch") -> str:
    return (
        f"{one.same} agree, {one.one} a grade apart, {one.more} two or more, {one.only_there} only there,"
        f" {one.only_here} only here, {one.unseen} without consent"
    )
