"""`tiange backup` and `tiange restore`."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from backend.kernel.settings import Settings


def add_backup(
    cli: typer.Typer, settings_of: Callable[[typer.Context], Settings], say: Callable[[str], None]
) -> None:
    """Adds the commands to `cli`. `settings_of`: the settings of a command; `say`: progress."""

    @cli.command()
    def backup(
        context: typer.Context,
        to: Annotated[
            Path | None,
            typer.Option(
                "--to", metavar="FOLDER", help="Where backups lie. Default: the folder backups in home."
            ),
        ] = None,
        with_keys: Annotated[
            bool, typer.Option("--with-keys", help="Put the keys into the backup. Read below first.")
        ] = False,
        every: Annotated[
            int | None,
            typer.Option(
                "--every",
                metavar="HOURS",
                min=1,
                max=720,
                help="Go on, with one backup in so many hours; one that fails is tried again in 5 minutes.",
            ),
        ] = None,
        keep: Annotated[
            int | None,
            typer.Option(
                "--keep",
                metavar="DAYS",
                min=1,
                help="With --every: drop backups that are older, never the newest.",
            ),
        ] = None,
    ) -> None:
        """Back up the database and the photos, while the bank works.

        Phones let go of what they sent only when a backup covers it. Photos are copied once; a backup that
        was cut
        has no manifest and is never taken for one.

        Keys are not in it: a backup and its keys together open every record, and a backup without them opens
        none.
        Copy the keys folder once, and after each change of it, to a place of its own.

        With a PostgreSQL of your own, TIANGE_DATABASE_URL_BACKUP names a login that sees every row.

        Examples:

            tiange backup --to /mnt/backups

            tiange backup --to /mnt/safe --with-keys

            tiange backup --to /mnt/backups --every 24 --keep 30
        """
        from backend.app.backup import backup as make
        from backend.app.backup_parts import BackupRefused
        from backend.app.servers import connected

        if keep is not None and every is None:
            raise BackupRefused("--keep needs --every: a single backup drops nothing.")
        given = settings_of(context)
        with connected(given, say, backup=True) as settings:
            folder = (to or settings.home / "backups").absolute()
            if every is not None:
                from backend.app.backup_schedule import keep_making

                keep_making(
                    settings,
                    folder,
                    every=timedelta(hours=every),
                    keep=timedelta(days=keep) if keep is not None else None,
                    with_keys=with_keys,
                    say=say,
                )
            made = make(settings, folder, with_keys=with_keys, say=say)
        typer.echo(f"Backup: {made}")
        if with_keys:
            typer.echo("It holds the keys: whoever has it can read everything. Lock it away.")
        else:
            typer.echo(
                f"Keys are not in it. Keep a copy of {settings.keys_dir} elsewhere, apart from backups."
            )
        if folder.is_relative_to(settings.home):
            typer.echo("It lies beside the data it is to replace: copy it to another machine, or use --to.")

    @cli.command()
    def restore(
        context: typer.Context,
        folder: Annotated[
            Path | None,
            typer.Argument(
                metavar="[FOLDER]", help="A backup, or a folder of backups: the newest whole one."
            ),
        ] = None,
        over: Annotated[
            bool, typer.Option("--over", help="Put what is there aside (it is kept under another name).")
        ] = False,
        accept: Annotated[
            bool,
            typer.Option("--accept", help="No backup: go on with the database as it was put back otherwise."),
        ] = False,
    ) -> None:
        """Put a backup in place and begin a new epoch: phones send again what it lacks.

        Tiange must be stopped. Every part is checked before anything is changed.

        Examples:

            tiange restore /mnt/backups

            tiange restore /mnt/backups/20261121T190000Z --over

            tiange restore --accept
        """
        from backend.app import backup_restore
        from backend.app.backup_parts import BackupRefused

        if accept == (folder is not None):
            raise BackupRefused("Name a backup to restore, or say --accept: one of the two.")
        settings = settings_of(context)
        if folder is None:
            epoch = backup_restore.accept(settings, say)
            typer.echo(f"The database is accepted as it is. New epoch: {epoch}")
        else:
            epoch = backup_restore.restore(settings, folder.absolute(), over=over, say=say)
            typer.echo(f"Restored. New epoch: {epoch}")
        typer.echo("Start Tiange; phones send again by themselves what this database lacks.")
