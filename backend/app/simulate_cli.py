"""`tiange strategy simulate`: a draft, or files, for everybody beside the version in force."""

import asyncio
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from backend.app.command_database import command_database
from backend.kernel.settings import Settings

if TYPE_CHECKING:
    from backend.kernel.uow import Database
    from backend.strategy.simulation_schemas import Gate, SimulationResult, Sums

#: shown of tags, events and offers
MOST_TURNS = 10


def add_simulate(
    cli: typer.Typer, settings_of: Callable[[typer.Context], Settings], say: Callable[[str], None]
) -> None:
    """Adds the command to `cli`. `settings_of`: the settings of a command; `say`: progress of servers."""

    @cli.command("simulate")
    def simulate(
        context: typer.Context,
        what: Annotated[str, typer.Argument(metavar="DRAFT|FILES", help="A draft's id, a folder, or a ZIP.")],
    ) -> None:
        """Work a draft out for everybody beside the version in force, and say what would move.

        FILES is a whole catalogue: a folder of YAML files, or the ZIP that an export gives. Nothing is
        written but that somebody looked; no customers are named.

        Examples:

            tiange strategy simulate 0197b2c4-5f5e-7c3a-9d2e-0b8f1c6a4e21

            tiange strategy simulate ./catalogue
        """
        from backend.app.servers import connected

        with connected(settings_of(context), say) as settings:
            settings.require("database_url_worker", "redis_url", "database_url_nightly")
            for line in asyncio.run(_simulate(settings, what)):
                typer.echo(line)


async def _simulate(settings: Settings, what: str) -> list[str]:
    from backend.kernel.actor import Actor
    from backend.strategy.api import Copy, Unfit, simulate_files

    actor = Actor.system("strategy command")
    async with command_database(settings, "tiange-strategy", pool_size=2) as database:
        files = await _files(database, what)
        copy = Copy(settings.database_url_nightly, settings.home / "nightly")
        try:
            version, result = await simulate_files(database, actor, copy, files)
        except Unfit as error:
            _refuse(f"This cannot be worked out; nothing was changed.\n{error}")
    return list(said(version, result))


async def _files(database: "Database", what: str) -> dict[str, str]:
    from backend.kernel.actor import Actor
    from backend.kernel.errors import Problem
    from backend.strategy.api import BadArchive, files_of_draft, unpacked

    path = Path(what)
    if path.is_dir():
        found = {
            one.relative_to(path).as_posix(): one.read_text(encoding="utf-8")
            for one in sorted(path.rglob("*.yaml"))
        }
        if not found:
            _refuse(f"There is no .yaml file in {what}.")
        return found
    if path.is_file():
        try:
            return unpacked(path.read_bytes())
        except BadArchive as error:
            _refuse(f"{what} cannot be taken: {error}.")
    try:
        draft_id = uuid.UUID(what)
    except ValueError:
        _refuse(f"{what} is no draft's id, no folder and no ZIP.")
    async with database.unit(Actor.system("strategy command")) as uow:
        try:
            return await files_of_draft(uow, draft_id)
        except Problem:
            _refuse(f"There is no draft {what}. They are listed on the strategy's page.")


def _refuse(why: str) -> NoReturn:
    typer.echo(why, err=True)
    raise typer.Exit(1)


def said(version: int, one: "SimulationResult") -> list[str]:
    """What a simulation found, as lines of text; amounts in yuan."""
    lines = [
        f"{one.customers} customers beside version {version}: {one.changed} results would differ.",
        f"Tiers: {one.rises} rise, {one.falls} fall; {_gate(one.tier_gate)}",
        f"Limits lost: {_gate(one.zero_gate)}",
        f"Limits: {_sums(one.before)} -> {_sums(one.after)}",
        "",
        "Tier now -> then, customers:",
        *(f"  {move.before} -> {move.after}: {move.customers}" for move in one.matrix),
    ]
    if one.rules:
        lines += ["", "Rules changed, customers whose value is another:"]
        lines += [f"  {rule.name}: {rule.customers}" for rule in one.rules]
    turned = [turn for turn in one.turns if turn.gained or turn.lost][:MOST_TURNS]
    if turned:
        lines += ["", "Tags, events and offers gained and lost, most first:"]
        lines += [f"  {turn.kind} {turn.name}: +{turn.gained} -{turn.lost}" for turn in turned]
    stages = ", ".join(f"{stage} {seconds:g} s" for stage, seconds in one.seconds.items())
    return [*lines, "", f"({stages})"]


def _gate(gate: "Gate") -> str:
    share = gate.count / gate.known if gate.known else 0
    beyond = "beyond" if gate.is_passed else "within"
    return f"{gate.count} customers ({share:.2%}), {beyond} the bound of {gate.per_mille / 10:g} %"


def _sums(sums: "Sums") -> str:
    rate = "no rate" if sums.rate_bp is None else f"{sums.rate_bp / 100:.2f} %"
    return f"{sums.limit_fen // 100:,} yuan for {sums.with_limit} at {rate}"
