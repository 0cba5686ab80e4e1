"""`tiange grids move | cover | release`: a grid to another branch, a stand-in for some days, the end of
a duty.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from backend.app.command_database import command_unit
from backend.app.grids_cli import APPLICATION, branches, grid_by_code, refuse
from backend.kernel.errors import Problem, not_found
from backend.kernel.settings import Settings

if TYPE_CHECKING:
    from backend.kernel.uow import UnitOfWork

Code = Annotated[str, typer.Argument(help="Code of the grid.")]
Login = Annotated[str, typer.Argument(help="Login of the person.")]
Work = Callable[["UnitOfWork"], Awaitable[None]]


def add_grid_moves(
    cli: typer.Typer, settings_of: Callable[[typer.Context], Settings], say: Callable[[str], None]
) -> None:
    """Adds the commands to `cli`. `settings_of`: the settings of a command; `say`: progress of servers."""

    def run(context: typer.Context, work: Work) -> None:
        from backend.app.servers import connected

        try:
            with connected(settings_of(context), say) as settings:
                asyncio.run(_in_unit(settings, work))
        except Problem as problem:
            refuse(problem)

    @cli.command("move")
    def move_grid(
        context: typer.Context,
        grid: Code,
        branch: Annotated[str, typer.Argument(help="Code of the branch that it belongs to from now on.")],
    ) -> None:
        """Give a grid to another branch. Its customers follow; who held it from the old branch is ended.

        The new branch's head has the work until somebody is made responsible:
        tiange grids assign.

        Example:

            tiange grids move 421223100003 ZX02
        """
        from backend.grids.api import move_to_branch

        async def work(uow: "UnitOfWork") -> None:
            known = await branches(uow)
            if branch not in known:
                raise not_found(f"Branch {branch}")
            await move_to_branch(uow, await grid_by_code(uow, grid), known[branch])

        run(context, work)
        typer.echo(f"{grid} belongs to {branch}. Its customers and tasks follow within a minute.")

    @cli.command("cover")
    def cover_grid(
        context: typer.Context,
        grid: Code,
        login: Login,
        to: Annotated[str, typer.Option("--to", metavar="YYYY-MM-DD", help="The first day after the cover.")],
        from_on: Annotated[
            str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="First day. Default: today.")
        ] = None,
    ) -> None:
        """Let a person stand in for the grid's responsible one for some days. It ends by itself.

        Example:

            tiange grids cover 421223100003 wangfang --from 2026-03-02 --to 2026-03-09
        """
        from backend.grids.api import cover
        from backend.identity.api import staff_by_login

        last = _day("--to", to)
        first = _day("--from", from_on) if from_on else None

        async def work(uow: "UnitOfWork") -> None:
            person = await staff_by_login(uow, login)
            await cover(uow, await grid_by_code(uow, grid), person, first or uow.today, last)

        run(context, work)
        typer.echo(f"{login} stands in for {grid} until {last} (exclusive).")

    @cli.command("release")
    def release_grid(
        context: typer.Context,
        grid: Code,
        login: Login,
        duty: Annotated[
            Literal["responsible", "agent", "assistant", "supervisor", "stand_in"],
            typer.Option(help="Which part of the person ends."),
        ],
    ) -> None:
        """End a person's part in a grid today; nobody takes over. A responsible person keeps the customers
        in care.

        Example:

            tiange grids release 421223100003 wangfang --duty stand_in
        """
        from backend.grids.api import Duty, release
        from backend.identity.api import staff_by_login

        async def work(uow: "UnitOfWork") -> None:
            person = await staff_by_login(uow, login)
            await release(uow, await grid_by_code(uow, grid), person, Duty(duty))

        run(context, work)
        typer.echo(f"{login} no longer holds {grid} as {duty}.")


async def _in_unit(settings: Settings, work: Work) -> None:
    async with command_unit(settings, APPLICATION, "grids") as uow:
        await work(uow)


def _day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date", param_hint=option) from None
