"""A report for people, on a terminal or in a file."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from backend.grids.importing.report import Prepared, Report, Severity, square_metres

_COLOURS = {Severity.error: "bold red", Severity.warning: "yellow", Severity.note: "dim"}
_COUNTS = {
    "features": "features read",
    "rows": "rows read",
    "with_coordinates": "with coordinates",
    "without_coordinates": "without coordinates",
    "grids": "grids",
    "left_out": "left without an outline",
}
_AREAS = {
    "outline": "the county's outline",
    "grids": "all grids together",
    "overlapping": "counted twice or more (overlaps)",
    "open": "belonging to no grid",
    "smallest_grid": "smallest grid",
    "largest_grid": "largest grid",
}


def show(prepared: Prepared, console: Console, *, accepted: frozenset[str] = frozenset()) -> None:
    """Prints the whole report. `accepted`: codes of errors that do not stop the import."""
    report = prepared.report
    console.print(f"[bold]{escape(report.source)}[/bold]  {report.kind}  sha256 {report.source_sha256[:12]}")
    console.print(_figures(report))
    console.print(f"[bold]Datum[/bold]  {escape(report.datum.says)}")
    if report.datum.cannot_tell:
        console.print(f"       [dim]{escape(report.datum.cannot_tell)}[/dim]")
    for severity in Severity:
        for finding in report.findings:
            if finding.severity is not severity:
                continue
            said = " (accepted)" if severity is Severity.error and finding.code in accepted else ""
            console.print(
                f"[{_COLOURS[severity]}]{severity.value}[/] [bold]{finding.code}[/bold]{said} "
                f" {escape(finding.says)}"
            )
            for subject in finding.subjects:
                console.print(f"       {escape(subject)}")
    if report.unplaced:
        console.print(_unplaced(report))


def _figures(report: Report) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right")
    table.add_column()
    for name, count in report.counts.items():
        table.add_row(f"{count:,}", _COUNTS[name])
    for name, m2 in report.areas_m2.items():
        table.add_row(square_metres(m2), _AREAS[name])
    return table


def _unplaced(report: Report) -> Table:
    table = Table(
        title="Without an outline: to be placed by hand, nothing is invented for them", title_justify="left"
    )
    for column in ("code", "name", "township", "why"):
        table.add_column(column)
    for one in report.unplaced:
        table.add_row(escape(one.code), escape(one.name), escape(one.township), escape(one.reason))
    return table
