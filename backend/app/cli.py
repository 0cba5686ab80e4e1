"""The command line `tiange`. Each command imports what it needs when it runs, so that `--help` is quick."""

import datetime
import sys
import uuid
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from backend.app.audit_cli import add_audit
from backend.app.backup_cli import add_backup
from backend.app.duplicates_cli import add_duplicates
from backend.app.freeze_cli import add_freeze
from backend.app.grid_moves_cli import add_grid_moves
from backend.app.grids_cli import add_grids
from backend.app.import_cli import add_import
from backend.app.outbox_cli import add_outbox
from backend.app.people_cli import add_people
from backend.app.reconcile_cli import add_reconcile
from backend.app.retention_cli import add_retention
from backend.app.servers import connected
from backend.app.simulate_cli import add_simulate
from backend.app.strategy_cli import add_strategy
from backend.app.union_cli import add_union
from backend.embedded import EmbeddedError
from backend.kernel.settings import Settings, SettingsError, load_settings

Home = Annotated[
    Path | None,
    typer.Option(
        "--home",
        metavar="FOLDER",
        help="Where data, keys and logs lie. Default: TIANGE_HOME, else /var/lib/tiange as root, else var/.",
    ),
]


class _State:
    """What the options before the command said."""

    def __init__(self, home: Path | None) -> None:
        self.home = home


def make_cli() -> typer.Typer:
    """All commands of `tiange`."""
    cli = typer.Typer(
        name="tiange",
        help="Tiange 田格: grid banking for the field staff of a rural commercial bank.\n\n"
        "Settings come from the environment (TIANGE_*) over tiange.toml in the home folder. Without "
        "TIANGE_DATABASE_URL and TIANGE_REDIS_URL an embedded PostgreSQL and Valkey are used.\n\n"
        "Start with: [bold]tiange up --demo[/bold]. If something is wrong: [bold]tiange doctor[/bold].",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @cli.callback()
    def options(context: typer.Context, home: Home = None) -> None:
        context.obj = _State(home.absolute() if home is not None else None)

    _add_running(cli)
    _add_data(cli)
    _add_looking(cli)
    return cli


def _add_running(cli: typer.Typer) -> None:
    @cli.command()
    def up(
        context: typer.Context,
        demo: Annotated[
            bool, typer.Option("--demo", help="Load the demo county if it is not there.")
        ] = False,
        customers: Annotated[int, typer.Option(min=100, help="Size of the demo county.")] = 20_000,
        seed: Annotated[int, typer.Option(help="Another seed is another county.")] = 1,
        port: Annotated[
            int | None, typer.Option(min=1, max=65535, help="Default: TIANGE_PORT, 8420.")
        ] = None,
        host: Annotated[str | None, typer.Option(help="Address to listen on. Default: 127.0.0.1.")] = None,
    ) -> None:
        """Start everything on this machine and keep it running until Ctrl-C.

        Servers, migration, demo county, web server, worker, in this order.
        What dies is started again. A second start keeps the data.

        Examples:

            tiange up --demo

            tiange up --port 9000 --host 0.0.0.0
        """
        from backend.app.up import DemoCounty
        from backend.app.up import up as run_up

        settings = _settings(context, demo=demo, port=port, host=host)
        county = None
        if demo:
            from backend.app import demo as demo_module

            def load(at: Settings) -> str:
                return demo_module.logins_text(demo_module.run(at, customers, seed, _today(at)))

            county = DemoCounty(demo_module.is_loaded, load)
        run_up(settings, county, _console())

    @cli.command()
    def serve(
        context: typer.Context,
        port: Annotated[
            int | None, typer.Option(min=1, max=65535, help="Default: TIANGE_PORT, 8420.")
        ] = None,
        host: Annotated[str | None, typer.Option(help="Address to listen on. Default: 127.0.0.1.")] = None,
        processes: Annotated[
            int | None, typer.Option(min=1, max=64, help="Default: TIANGE_WEB_PROCESSES.")
        ] = None,
    ) -> None:
        """Run the web server alone, as one of several in production; its servers must be running.

        Examples:

            tiange serve --processes 4

            TIANGE_DATABASE_URL_WEB=… TIANGE_REDIS_URL=… tiange serve --host 0.0.0.0
        """
        from backend.app.serve import serve as run_serve

        with connected(_settings(context, port=port, host=host), _say) as settings:
            settings.require("database_url_web", "redis_url")
            run_serve(settings, processes or settings.web_processes)

    @cli.command()
    def worker(context: typer.Context) -> None:
        """Run one worker alone: jobs, reminders, recomputing. Start as many as there is work for.

        Example:

            tiange worker
        """
        from backend.app import worker as worker_module

        with connected(_settings(context), _say) as settings:
            settings.require("database_url_worker", "redis_url")
            worker_module.main(settings)


def _add_data(cli: typer.Typer) -> None:
    demo_cli = typer.Typer(
        help="Make the demo county, or new demo logins.",
        invoke_without_command=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    grids_cli = typer.Typer(
        help="Bring in the bank's grids.",
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    cli.add_typer(demo_cli, name="demo")
    cli.add_typer(grids_cli, name="grids")
    add_grids(grids_cli, _settings, _say)
    add_grid_moves(grids_cli, _settings, _say)
    add_import(cli, _settings, _say)
    add_people(cli, _settings, _say)
    add_backup(cli, _settings, _say)

    @cli.command()
    def migrate(context: typer.Context) -> None:
        """Bring the database to this version's schema and make the keys of a new installation.

        Safe to repeat and while an older version runs. `tiange up` does it by itself.

        Example:

            tiange migrate
        """
        from backend.app.migrate import head_revision
        from backend.app.prepare import prepare

        with connected(_settings(context), _say) as settings:
            prepare(settings)
            typer.echo(f"The database is at {head_revision()}.")

    @cli.command()
    def recompute(
        context: typer.Context,
        customers: Annotated[
            list[uuid.UUID] | None, typer.Argument(metavar="[CUSTOMER]…", help="Ids; none means everybody.")
        ] = None,
        restart: Annotated[
            bool, typer.Option("--restart", help="Begin anew even if an earlier run was interrupted.")
        ] = False,
    ) -> None:
        """Compute tags, tier, limit and rate anew from what is known now.

        Writes only what differs. An interrupted run over everybody goes on where it stopped.

        Examples:

            tiange recompute

            tiange recompute 0197b2c4-5f5e-7c3a-9d2e-0b8f1c6a4e21
        """
        from backend.app.recompute import recompute as run_recompute

        with connected(_settings(context), _say) as settings:
            said = run_recompute(settings, customers or [], resume=not restart, console=_console())
            typer.echo(said)

    @demo_cli.callback()
    def demo(
        context: typer.Context,
        customers: Annotated[int, typer.Option(min=100, help="How many households and businesses.")] = 20_000,
        seed: Annotated[int, typer.Option(help="Another seed is another county.")] = 1,
        date: Annotated[
            str | None, typer.Option(metavar="YYYY-MM-DD", help="The county's today. Default: today.")
        ] = None,
    ) -> None:
        """Make a county with branches, staff, grids and customers, the same for the same seed and date.

        Examples:

            tiange demo

            tiange demo --customers 5000 --seed 7 --date 2026-03-01
        """
        if context.invoked_subcommand is not None:
            return
        from backend.app import demo as demo_module
        from backend.app.prepare import prepare

        with connected(_settings(context, demo=True), _say) as settings:
            if not settings.demo_mode:
                raise SettingsError("TIANGE_ENVIRONMENT", "says production; no demo people there", "demo")
            day = _day(date) if date else _today(settings)
            prepare(settings)
            made = demo_module.run(settings, customers, seed, day)
            typer.echo(
                demo_module.logins_text(made)
                or "The demo county is there already. New logins: tiange demo logins --reset"
            )

    @demo_cli.command()
    def logins(
        context: typer.Context,
        reset: Annotated[bool, typer.Option("--reset", help="Make new passwords and show them.")] = False,
    ) -> None:
        """Make new passwords for the demo logins, one login a role, and show them.

        Passwords are kept as hashes, so the old ones cannot be shown again.

        Example:

            tiange demo logins --reset
        """
        from backend.app import demo as demo_module

        if not reset:
            _fail(
                "Passwords are kept as hashes and cannot be shown again. New ones: tiange demo logins --reset"
            )
        with connected(_settings(context, demo=True), _say) as settings:
            typer.echo(demo_module.logins_text(demo_module.reset_logins(settings)))


def _add_looking(cli: typer.Typer) -> None:
    audit_cli = typer.Typer(
        help="Check the audit trail.",
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    cli.add_typer(audit_cli, name="audit")
    add_audit(audit_cli, _settings, _say)
    outbox_cli = typer.Typer(
        help="Take in what phones exported.",
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    cli.add_typer(outbox_cli, name="outbox")
    add_outbox(outbox_cli, _settings, _say)
    strategy_cli = typer.Typer(
        help="Look at recalculations of everybody, let a held one through, compare grades.",
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    cli.add_typer(strategy_cli, name="strategy")
    add_strategy(strategy_cli, _settings, _say)
    add_reconcile(strategy_cli, _settings, _say)
    union_cli = typer.Typer(
        help="Work out several banks at once on Spark, from what each exported, to Parquet.",
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    strategy_cli.add_typer(union_cli, name="union")
    add_union(union_cli, _settings, _say)
    add_simulate(strategy_cli, _settings, _say)
    add_freeze(strategy_cli, _settings, _say)
    add_retention(cli, _settings, _say)
    add_duplicates(cli, _settings, _say)

    @cli.command()
    def doctor(context: typer.Context) -> None:
        """Look at everything that can be wrong: servers, roles, keys, clock, disk, jobs, outbox, pages.

        Each line says OK, warn or FAIL, what is wrong and what to do. Exit code 1 if something fails.

        Example:

            tiange doctor
        """
        from backend.app.doctor import examine, show

        with connected(_settings(context), _say) as settings:
            findings = examine(settings)
        raise typer.Exit(0 if show(findings, _console()) else 1)


def main() -> None:
    """Run the command line. Foreseen errors are one sentence on stderr and exit code 2."""
    from backend.app.backup_parts import BackupRefused
    from backend.app.demo.errors import DemoRefused
    from backend.app.life import WrongLife
    from backend.kernel.crypto import KeysMissing

    try:
        make_cli()()
    except (SettingsError, EmbeddedError, KeysMissing, DemoRefused, BackupRefused, WrongLife) as error:
        _fail(str(error))


def _settings(
    context: typer.Context, *, demo: bool = False, port: int | None = None, host: str | None = None
) -> Settings:
    """Settings of the environment with the command's options over them."""
    import os

    environ = dict(os.environ)
    state: _State = context.obj
    given: dict[str, object] = {"HOME": state.home, "PORT": port, "HOST": host}
    environ |= {f"TIANGE_{name}": str(value) for name, value in given.items() if value is not None}
    if demo:
        environ.setdefault("TIANGE_ENVIRONMENT", "demo")
    return load_settings(environ)


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise SettingsError("--date", f"is no date: {text!r}", "--date 2026-03-01") from None


def _today(settings: Settings) -> datetime.date:
    from backend.kernel.clock import Clock

    return Clock(settings.timezone, settings.clock_file).today()


def _console() -> Console:
    return Console()


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _fail(text: str) -> NoReturn:
    typer.echo(f"tiange: {text}", err=True)
    sys.exit(2)


if __name__ == "__main__":
    main()
