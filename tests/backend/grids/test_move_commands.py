"""`tiange grids move`, `cover` and `release`, as a person types them."""

from datetime import timedelta
from pathlib import Path

import pytest

from backend.embedded import Urls
from tests.backend.grids.test_command import Shell
from tests.support.clock import MovingClock
from tests.support.databases import connect
from tests.support.world import World


@pytest.fixture
def shell(tmp_path: Path, databases: Urls) -> Shell:
    return Shell(tmp_path, databases)


async def test_a_grid_goes_to_another_branch_gets_a_stand_in_and_loses_one(
    shell: Shell, world: World, clock: MovingClock, databases: Urls
) -> None:
    moved = await shell.grids("move", "E1", "WEST")
    assert (moved.code, moved.err) == (0, "")
    last = (clock.today() + timedelta(days=5)).isoformat()
    covered = await shell.grids("cover", "E1", "head2", "--to", last)
    assert covered.code == 0, covered.err
    again = await shell.grids("cover", "E1", "manager2", "--to", last)
    assert (again.code, "another stand-in" in again.err.lower()) == (2, True)
    ended = await shell.grids("release", "E1", "head2", "--duty", "stand_in")
    assert ended.code == 0, ended.err
    connection = await connect(databases.admin)
    try:
        held = await connection.fetch(
            "SELECT a.staff_id, a.to_on FROM grid_assignment a JOIN grid g ON g.id = a.grid_id"
            " WHERE g.code = 'E1' AND g.branch_id = $1",
            world.west,
        )
    finally:
        await connection.close()
    assert {row["staff_id"] for row in held} == {world[one].id for one in ("manager", "agent", "head2")}
    assert all(row["to_on"] == clock.today() for row in held)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("move", "E1", "NOWHERE"), "Branch NOWHERE"),
        (("move", "X9", "WEST"), "Grid X9"),
        (("cover", "E1", "nobody", "--to", "2999-01-01"), "Person nobody"),
        (("cover", "E1", "deputy", "--to", "2020-01-01"), "days must lie in order"),
        (("cover", "E1", "deputy", "--to", "morgen"), "no date"),
        (("release", "E1", "deputy", "--duty", "responsible"), "does not hold"),
    ],
)
async def test_what_cannot_be_is_said(
    shell: Shell, world: World, arguments: tuple[str, ...], word: str
) -> None:
    said = await shell.grids(*arguments)
    assert said.code == 2
    assert word.lower() in said.err.lower()
