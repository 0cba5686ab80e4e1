"""A month begins, and the file of the one that ended is not there yet: nobody's windows lose a month.

Both ways to work everybody out.
"""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from backend.kernel.actor import Actor
from backend.kernel.settings import Settings
from backend.kernel.uow import Database
from backend.strategy.api import newest, release
from tests.support.clock import MovingClock
from tests.support.field_phone import FieldPhone
from tests.support.signing import sign
from tests.support.till import Till
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work
from tests.sync.test_accounts_consented import FLOWS, banked, flow
from tests.sync.test_duplicates import HEAD, household_met
from tests.sync.test_night import night

SYSTEM = Actor.system("test")
WINDOWS = ("inflow_quarter_fen", "active_month_count", "inflow_year_fen")


@pytest.fixture(params=["duckdb", "postgres"])
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """Of an installation with the nightly login, and of one without."""
    return (
        settings if request.param == "duckdb" else msgspec.structs.replace(settings, database_url_nightly="")
    )


def windows(phone: FieldPhone, customer: str) -> dict[str, Any]:
    """What the result was worked out from, of windows of months."""
    (rules,) = phone.of("rules").values()
    inputs = phone.of("profile")[customer]["inputs"]
    return {name: inputs[rules["inputs"].index(name)] for name in WINDOWS}


async def test_a_month_that_is_not_told_yet_takes_nothing_away(
    till: Till, phone_of: PhoneOf, world: World, worker_db: Database, clock: MovingClock, work: Work
) -> None:
    manager = await phone_of("manager")
    customer = await household_met(manager, world, work)
    await banked(till, work)
    await sign(manager, customer, "head")
    await sign(manager, customer, "spouse")
    await work()
    await manager.pull()
    before, told = manager.of("profile")[customer], windows(manager, customer)
    assert told["active_month_count"] == 2

    # four months on: both months would have fallen out of the quarter's window by now
    here = clock.local(clock.now())
    year, month = divmod(here.year * 12 + here.month - 1 + 4, 12)
    clock.move_to_local(year, month + 1, 2)
    await night(worker_db, clock, work)
    # so old are the files by now that nothing is worked out, until somebody lets it through
    async with worker_db.unit(SYSTEM) as uow:
        held = (await newest(uow, 1))[0]
        assert held.state == "held"
        assert {one["source"] for one in held.stale} == {"account", "flow", "holding", "loan"}
        await release(uow, held.id)
    await work()
    await night(worker_db, clock, work)
    async with worker_db.unit(SYSTEM) as uow:
        runs = await newest(uow, 2)
    assert [(one.cause, one.state) for one in runs] == [("nightly", "done"), ("released", "done")]
    # the session of before has ended meanwhile
    manager = await phone_of("manager")
    await manager.pull()
    after = manager.of("profile")[customer]
    assert [after[name] for name in ("tier", "stage")] == [before[name] for name in ("tier", "stage")]
    assert windows(manager, customer) == told

    # the file of the last month comes, with little in it: the windows move on
    ended = clock.local(clock.now()).replace(day=1) - timedelta(days=1)
    path = till.write([FLOWS, flow(HEAD, f"{ended:%Y-%m}", 100)], "late.csv")
    said = await till.take("flows", path, ago=(till.today - clock.today()).days)
    assert said.code == 0, said.err
    await work()
    await manager.pull()
    assert windows(manager, customer) != told
