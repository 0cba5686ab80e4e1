"""`tiange people …`: the bank's units and people, and their passwords."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from backend.app.command_database import command_unit
from backend.app.grids_cli import refuse
from backend.kernel.errors import Problem
from backend.kernel.settings import Settings

if TYPE_CHECKING:
    from backend.kernel.uow import UnitOfWork

#: characters that are not taken for one another when read out
READABLE = "abcdefghjkmnpqrstuvwxyz23456789"
PASSWORD_CHARACTERS = 16
Work = Callable[["UnitOfWork"], Awaitable[list[str]]]


def add_people(
    cli: typer.Typer, settings_of: Callable[[typer.Context], Settings], say: Callable[[str], None]
) -> None:
    """Adds the commands to `cli`. `settings_of`: the settings of a command; `say`: progress of servers."""
    people = typer.Typer(
        help="Bring in the bank's units and people.",
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    cli.add_typer(people, name="people")

    def run(context: typer.Context, work: Work) -> None:
        from backend.app.servers import connected

        try:
            with connected(settings_of(context), say) as settings:
                lines = asyncio.run(_in_unit(settings, work))
        except Problem as problem:
            refuse(problem)
        for line in lines:
            typer.echo(line)

    @people.command("import")
    def import_people(
        context: typer.Context,
        file: Annotated[
            Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="CSV, UTF-8 or GB18030.")
        ],
    ) -> None:
        """Add or change units and people from one CSV file.

        Units fill in kind (hq, branch, team), code, name, parent; people
        login, name, role, unit, perhaps active. Chinese column names and
        words are understood. A file with a fault changes nothing, and says
        each fault. Who is not in the file stays; active 0 ends an account.
        Whoever has another role or unit signs in again.

        Example:

            tiange people import people.csv
        """
        from backend.identity.api import bring_in

        async def work(uow: "UnitOfWork") -> list[str]:
            counts = await bring_in(uow, file.read_bytes())
            said = ", ".join(f"{number} {what}" for what, number in counts.items() if number)
            return [f"{file.name}: {said or 'nothing to do'}", "A password: tiange people password LOGIN"]

        run(context, work)

    @people.command("password")
    def new_password(
        context: typer.Context, login: Annotated[str, typer.Argument(help="Who signs in with it.")]
    ) -> None:
        """Make a new password for a person and show it once; open sessions end.

        Example:

            tiange people password manager01
        """
        from backend.identity.api import hash_password, set_password, staff_by_login

        async def work(uow: "UnitOfWork") -> list[str]:
            staff_id = await staff_by_login(uow, login)
            password = "".join(secrets.choice(READABLE) for _ in range(PASSWORD_CHARACTERS))
            await set_password(uow, staff_id, await asyncio.to_thread(hash_password, password))
            return [f"The new password of {login}, shown this once: {password}"]

        run(context, work)


async def _in_unit(settings: Settings, work: Work) -> list[str]:
    async with command_unit(settings, "tiange-people", "people") as uow:
        return await work(uow)
