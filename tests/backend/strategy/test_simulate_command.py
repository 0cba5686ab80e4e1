"""`tiange strategy simulate`, as a person types it."""

import asyncio
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from backend.app.cli import make_cli
from backend.embedded import Urls
from backend.strategy.api import Copy, recompute_all
from backend.strategy.archives import packed
from tests.backend.strategy.test_everybody import peopled
from tests.backend.strategy.test_versions import edition
from tests.backend.strategy.town import Town
from tests.support.world import World


async def simulate(home: Path, urls: Urls, what: str) -> Result:
    """The command as somebody types it."""
    return await typed(home, urls, "simulate", what)


async def typed(home: Path, urls: Urls, *words: str) -> Result:
    """`tiange strategy …` in a thread of its own, where it may run its own event loop."""
    environment = {
        "TIANGE_HOME": str(home),
        "TIANGE_ENVIRONMENT": "demo",
        "TIANGE_DATABASE_URL": urls.owner,
        "TIANGE_DATABASE_URL_WEB": urls.web,
        "TIANGE_DATABASE_URL_WORKER": urls.worker,
        "TIANGE_DATABASE_URL_NIGHTLY": urls.nightly,
        "TIANGE_REDIS_URL": urls.redis,
    }
    run = partial(CliRunner().invoke, make_cli(), ["strategy", *words], env=environment)
    return await asyncio.to_thread(run)


@pytest.mark.slow
async def test_files_are_worked_out_beside_what_is_in_force(
    town: Town, copy: Copy, world: World, databases: Urls, tmp_path: Path
) -> None:
    await peopled(town)
    await recompute_all(town.db, copy=copy)
    before = await town.written()
    folder = tmp_path / "catalogue"
    for path, text in edition(20_000).files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    archive = tmp_path / "catalogue.zip"
    archive.write_bytes(packed(edition(20_000).files))
    for what in (folder, archive):
        done = await simulate(tmp_path, databases, str(what))
        assert done.exit_code == 0, done.output
        assert "7 customers beside version 1: " in done.stdout
        assert "limit_before_veto_fen: " in done.stdout
    assert {**await town.written(), "events": 0} == {**before, "events": 0}


async def test_what_cannot_be_worked_out_is_refused(
    town: Town, world: World, databases: Urls, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "none.zip").write_bytes(b"no archive")
    (tmp_path / "bad" / "tags").mkdir(parents=True)
    (tmp_path / "bad" / "tags" / "a.yaml").write_text("tags: [")
    for what, says in (
        (str(tmp_path / "empty"), "There is no .yaml file"),
        (str(tmp_path / "none.zip"), "cannot be taken: it is no ZIP"),
        (str(tmp_path / "bad"), ": this is not YAML"),
        ("nothing", "is no draft's id, no folder and no ZIP"),
        ("0197b2c4-5f5e-7c3a-9d2e-0b8f1c6a4e21", "There is no draft"),
    ):
        done = await simulate(tmp_path, databases, what)
        assert done.exit_code == 1
        assert says in done.stderr, done.stderr
