"""`tiange strategy runs | release | explain | replay`: how recalculations went, how a result came about."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import typer

from backend.app.command_database import command_unit
from backend.kernel.settings import Settings

if TYPE_CHECKING:
    from backend.kernel.uow import UnitOfWork
    from backend.strategy.freshness import Stale
    from backend.strategy.models import StrategyRun


def add_strategy(
    cli: typer.Typer, settings_of: Callable[[typer.Context], Settings], say: Callable[[str], None]
) -> None:
    """Adds the commands to `cli`. `settings_of`: the settings of a command; `say`: progress of servers."""

    def run(context: typer.Context, work: Callable[["UnitOfWork"], Awaitable[list[str]]]) -> None:
        from backend.app.servers import connected
        from backend.strategy.documents import CatalogueError

        with connected(settings_of(context), say) as settings:
            settings.require("database_url_worker", "redis_url")
            try:
                said = asyncio.run(_in_unit(settings, work))
            except CatalogueError as error:
                typer.echo(
                    "A published catalogue was written for an older form than this program reads; nothing was"
                    f" changed. Ask with the program of that time.\n{error}",
                    err=True,
                )
                raise typer.Exit(1) from None
            for line in said:
                typer.echo(line)

    @cli.command("runs")
    def runs(
        context: typer.Context,
        most: Annotated[int, typer.Option("--most", min=1, max=500, help="How many, newest first.")] = 20,
    ) -> None:
        """Say how the last recalculations of everybody went: rows, changes, seconds, and which one waits.

        A nightly run that would give more than 3 % of customers another tier, or take the limit from more
        than 1 %, writes nothing and waits (policy figures held_tiers_per_mille, held_limits_per_mille). So
        does one for which a file of the bank's is too old (figures/gates.yaml of the catalogue): import it,
        or let the run through; the same day of that file then holds no later one.

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

    @cli.command("explain")
    def explain(
        context: typer.Context,
        customer: Annotated[uuid.UUID, typer.Argument(help="Its id.")],
        english: Annotated[bool, typer.Option("--english", help="Names in English.")] = False,
    ) -> None:
        """Print how a customer's result came about: version, day, values, points, amounts, reasons, tags.

        Worked out again from the values that were kept with the decision. Names of people are not shown; that
        somebody looked is in the audit trail.

        Example:

            tiange strategy explain 0197b2c4-5f5e-7c3a-9d2e-0b8f1c6a4e21
        """

        async def work(uow: "UnitOfWork") -> list[str]:
            from backend.app.strategy_words import explained
            from backend.strategy.api import decisions_of
            from backend.strategy.api import explain as explain_decision

            found = await decisions_of(uow, customer, 1)
            if not found:
                typer.echo(
                    f"No result was ever kept of a customer {customer}. Is the id whole? Work one out:"
                    f" tiange recompute {customer}",
                    err=True,
                )
                raise typer.Exit(1)
            uow.audit("strategy.explain", "customer", str(customer))
            return explained(uow, await explain_decision(uow, found[0]), english=english)

        run(context, work)

    @cli.command("replay")
    def replay(
        context: typer.Context,
        customer: Annotated[uuid.UUID | None, typer.Argument(help="Its id; none means everybody.")] = None,
        most: Annotated[int, typer.Option("--most", min=1, max=100_000, help="The newest so many.")] = 1000,
    ) -> None:
        """Make kept decisions again, each from its own values, catalogue version and day; say which differ.

        Nothing is written. Ends with 1 if one comes out otherwise.

        Examples:

            tiange strategy replay

            tiange strategy replay 0197b2c4-5f5e-7c3a-9d2e-0b8f1c6a4e21
        """

        async def work(uow: "UnitOfWork") -> list[str]:
            from backend.strategy.api import decisions_of
            from backend.strategy.api import replay as replay_decisions

            decisions = await decisions_of(uow, customer, most)
            different = await replay_decisions(uow, decisions)
            for one, result in different:
                typer.echo(
                    f"{one.id} of customer {one.customer_id}: kept {one.result['limit_fen']} fen,"
                    f" {one.result['tier']}; comes out {result.limit_fen} fen, {result.tier}",
                    err=True,
                )
            if different:
                typer.echo(f"{len(different)} of {_decisions(len(decisions))} otherwise than kept.", err=True)
                raise typer.Exit(1)
            if not decisions:
                return ["No decision is kept yet; there is nothing to make again."]
            return [f"{_decisions(len(decisions))} made again, to the fen as kept."]

        run(context, work)


def _decisions(count: int) -> str:
    return "1 decision" if count == 1 else f"{count} decisions"


async def _in_unit(settings: Settings, work: Callable[["UnitOfWork"], Awaitable[list[str]]]) -> list[str]:
    async with command_unit(settings, "tiange-strategy", "strategy command") as uow:
        return await work(uow)


async def lines(uow: "UnitOfWork", most: int) -> list[str]:
    """The history, a line for each run."""
    from backend.strategy.api import newest

    return [_line(uow, one) for one in await newest(uow, most)] or ["Nobody was worked out yet."]


def _stale(one: "Stale") -> str:
    files = " or ".join(one.files)
    since = f"is known until {one.day}, more than {one.days} days ago"
    return f"{one.en} ({one.source}) {since}: import newer {files}"


def _line(uow: "UnitOfWork", one: "StrategyRun") -> str:
    from backend.strategy.freshness import kept

    at = uow.clock.local(one.started_at)
    said = (
        f"{at:%F %R}  {one.id}  {one.cause} in {one.engine}, catalogue {one.version}, for {one.as_of}:"
        f" {one.state}, {one.customers} customers, {one.source_rows} source rows, {one.changed} changed"
    )
    if one.requeued:
        said += f", {one.requeued} queued again"
    if one.state == "held":
        through = "let through" if one.released_at else "waits"
        moved = f"{one.tiers} other tiers and {one.zeroed} limits lost among {one.known}"
        why = "; ".join(_stale(it) for it in kept(one.stale))
        said += f"; {why or one.problem or moved}: {through}"
    stages = ", ".join(f"{stage} {seconds:g} s" for stage, seconds in one.seconds.items())
    return f"{said} ({stages})" if stages else said
