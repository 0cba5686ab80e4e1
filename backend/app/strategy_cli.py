"""`tiange strategy runs | release`: how recalculations of everybody went, and letting a held one through."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import typer

from backend.app.command_database import command_unit
from backend.kernel.settings import Settings

if TYPE_CHECKING:
    from backend.kernel.uow import UnitOfWork
    from backend.strategy.models import StrategyRun


def add_strategy(
    cli: typer.Typer, settings_of: Callable[[typer.Context], Settings], say: Callable[[str], None]
) -> None:
    """Adds the commands to `cli`. `settings_of`: the settings of a command; `say`: progress of servers."""

    def run(context: typer.Context, work: Callable[["UnitOfWork"], Awaitable[list[str]]]) -> None:
        from backend.app.servers import connected

        with connected(settings_of(context), say) as settings:
            settings.require("database_url_worker", "redis_url")
            for line in asyncio.run(_in_unit(settings, work)):
                typer.echo(line)

    @cli.command("runs")
    def runs(
        context: typer.Context,
        most: Annotated[int, typer.Option("--most", min=1, max=500, help="How many, newest first.")] = 20,
    ) -> None:
        """Say how the last recalculations of everybody went: rows, changes, seconds, and which one waits.

        A nightly run that would give more than 3 % of customers another tier, or take the limit from more
        than 1 %, writes nothing and waits (policy figures held_tiers_per_mille, held_limits_per_mille).

        Example:

            tiange strategy runs
        """

        async def work(uow: "UnitOfWork") -> list[str]:
            return await lines(uow, most)

        run(context, work)

    @cli.command("release")
    def release(
        context: typer.Context, run_id: Annotated[uuid.UUID, typer.Argument(metavar="RUN", help="Its id.")]
    ) -> None:
        """Let a held run through: everybody is worked out anew from what is known now, and written.

        Look first whether a file of the bank's came empty or a month turned: tiange strategy runs

        Example:

            tiange strategy release 0197b2c4-5f5e-7c3a-9d2e-0b8f1c6a4e21
        """

        async def work(uow: "UnitOfWork") -> list[str]:
            from backend.strategy.api import NotHeld, release

            try:
                await release(uow, run_id)
            except NotHeld:
                typer.echo(f"No run {run_id} waits; nothing was changed. See: tiange strategy runs", err=True)
                raise typer.Exit(1) from None
            return ["It goes through now; the worker works everybody out anew."]

        run(context, work)


async def _in_unit(settings: Settings, work: Callable[["UnitOfWork"], Awaitable[list[str]]]) -> list[str]:
    async with command_unit(settings, "tiange-strategy", "strategy command") as uow:
        return await work(uow)


async def lines(uow: "UnitOfWork", most: int) -> list[str]:
    """The history, a line for each run."""
    from backend.strategy.api import newest

    return [_line(uow, one) for one in await newest(uow, most)] or ["Nobody was worked out yet."]


def _line(uow: "UnitOfWork", one: "StrategyRun") -> str:
    at = uow.clock.local(one.started_at)
    said = (
        f"{at:%F %R}  {one.id}  {one.cause} in {one.engine}, catalogue {one.version}, for {one.as_of}:"
        f" {one.state}, {one.customers} customers, {one.source_rows} source rows, {one.changed} changed"
    )
    if one.requeued:
        said += f", {one.requeued} queued again"
    if one.state == "held":
        through = "let through" if one.released_at else "waits"
        said += f"; {one.tiers} other tiers and {one.zeroed} limits lost among {one.known}: {through}"
    stages = ", ".join(f"{stage} {seconds:g} s" for stage, seconds in one.seconds.items())
    return f"{said} ({stages})" if stages else said
