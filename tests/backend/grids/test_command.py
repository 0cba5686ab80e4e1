"""`tiange grids import` and `assign`, as a person types them, against a real database."""

import asyncio
import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from backend.app.cli import make_cli
from backend.embedded import Urls
from backend.kernel.uow import Database
from tests.backend.grids.bank import make_bank
from tests.backend.grids.county import (
    feature,
    in_gcj02,
    outline,
    square,
    villages,
    write_csv,
    write_geojson,
    write_outline,
)
from tests.support.databases import connect


@dataclass(frozen=True)
class Said:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


class Shell:
    """Runs `tiange` with the test's servers."""

    def __init__(self, home: Path, urls: Urls) -> None:
        self.urls = urls
        self._environment = {
            "TIANGE_HOME": str(home),
            "TIANGE_ENVIRONMENT": "demo",
            "TIANGE_DATABASE_URL": urls.owner,
            "TIANGE_DATABASE_URL_WEB": urls.web,
            "TIANGE_DATABASE_URL_WORKER": urls.worker,
            "TIANGE_DATABASE_URL_NIGHTLY": urls.nightly,
            "TIANGE_REDIS_URL": urls.redis,
            "COLUMNS": "200",
        }

    async def grids(self, *arguments: str) -> Said:
        """The command in a thread of its own, where it may run its own event loop."""
        run = partial(CliRunner().invoke, make_cli(), ["grids", *arguments], env=self._environment)
        result = await asyncio.to_thread(run)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.exit_code, result.stdout, result.stderr)

    async def stored(self) -> list[str]:
        connection = await connect(self.urls.owner)
        try:
            # the owner has no scope and is held to the policies, too
            await connection.execute("SELECT set_config('tiange.role', 'system', false)")
            return [row["code"] for row in await connection.fetch("SELECT code FROM grid ORDER BY code")]
        finally:
            await connection.close()


@pytest.fixture
async def shell(tmp_path: Path, databases: Urls, worker_db: Database) -> Shell:
    await make_bank(worker_db)
    return Shell(tmp_path / "home", databases)


async def test_report_first_then_apply_then_nothing_left_to_do(shell: Shell, tmp_path: Path) -> None:
    county = str(write_outline(tmp_path / "county.geojson"))
    file = str(write_csv(tmp_path / "villages.csv", villages()))
    report = tmp_path / "report.json"

    looked = await shell.grids("import", file, "--county", county, "--branch", "ZX01", "--json", str(report))
    assert (looked.code, looked.err) == (0, "")
    assert "Ready: 48 grids. Nothing was written" in looked.out
    assert json.loads(report.read_text())["counts"]["grids"] == 48
    assert await shell.stored() == []

    branches = ("--branch", "990001105=ZX02", "--branch", "ZX01")
    written = await shell.grids("import", file, "--county", county, *branches, "--apply")
    assert written.code == 0, written.err
    assert "Written: 48 new grids, 0 changed" in written.out
    assert await shell.stored() == sorted(row[0] for row in villages())

    again = await shell.grids("import", file, "--county", county, *branches, "--apply")
    assert "0 new grids, 0 changed, 48 as they were" in again.out

    given = await shell.grids("assign", villages()[0][0], "LI")
    assert given.code == 0, given.err
    assert f"{villages()[0][0]} as responsible from" in given.out
    refused = await shell.grids("assign", villages()[0][0], "nobody")
    assert refused.code == 2
    assert "Person nobody not found" in refused.err


async def test_an_error_in_the_report_stops_apply_until_it_is_accepted(shell: Shell, tmp_path: Path) -> None:
    file = str(
        write_geojson(
            tmp_path / "grids.geojson",
            [feature(square(0, 0, 1000), "G1", "甲"), feature(square(900, 0, 1000), "G2", "乙")],
        )
    )
    looked = await shell.grids("import", file, "--branch", "ZX01")
    assert looked.code == 1
    assert "Not ready: overlap. Nothing was written." in looked.out
    stopped = await shell.grids("import", file, "--branch", "ZX01", "--apply")
    assert stopped.code == 2
    assert "--accept overlap" in stopped.err
    assert await shell.stored() == []
    accepted = await shell.grids("import", file, "--branch", "ZX01", "--accept", "overlap", "--apply")
    assert accepted.code == 0, accepted.err
    assert await shell.stored() == ["G1", "G2"]


async def test_gcj02_is_refused_and_converted_when_declared(shell: Shell, tmp_path: Path) -> None:
    county = str(write_outline(tmp_path / "county.geojson"))
    file = str(write_geojson(tmp_path / "grids.geojson", [feature(in_gcj02(outline()), "G1", "甲")]))
    refused = await shell.grids("import", file, "--county", county, "--branch", "ZX01", "--apply")
    assert refused.code == 2
    assert "fits the outline as GCJ-02" in refused.out
    assert await shell.stored() == []
    right = await shell.grids(
        "import", file, "--county", county, "--branch", "ZX01", "--datum", "gcj02", "--apply"
    )
    assert right.code == 0, right.err
    assert await shell.stored() == ["G1"]


async def test_broken_files_and_options_get_a_sentence_and_no_traceback(shell: Shell, tmp_path: Path) -> None:
    broken = tmp_path / "grids.geojson"
    broken.write_text('{"type": "FeatureCollection", "features": [')
    file = str(write_geojson(tmp_path / "good.geojson", [feature(square(0, 0, 1000))]))
    for arguments, words in (
        ((str(broken), "--apply"), "It is no complete JSON"),
        ((str(tmp_path / "nowhere.geojson"),), "There is no such file"),
        ((file, "--column", "colour=RED"), "no such field: colour"),
        ((file, "--column", "code"), "is not NAME=VALUE"),
        ((file, "--datum", "beijing54"), "beijing54"),
        ((file, "--branch", "ZX99", "--apply"), "Branch 'ZX99' of grid G1 does not exist"),
        ((file, "--apply"), "No branch is named for grid G1"),
    ):
        said = await shell.grids("import", *arguments)
        assert said.code == 2, arguments
        assert words in said.err
        assert "Traceback" not in said.err
    assert await shell.stored() == []
