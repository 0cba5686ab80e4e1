"""What one person's visits say of each other, over the wire: in one push and in several."""

from datetime import timedelta

import pytest

from tests.support.bodies import new_household, visit
from tests.support.clock import MovingClock
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work

#: degrees of longitude, some five kilometres
FAR = 0.05


@pytest.mark.parametrize("together", [True, False], ids=["in one push", "in two"])
async def test_two_households_too_far_apart_for_the_time_between(
    phone_of: PhoneOf, world: World, work: Work, clock: MovingClock, together: bool
) -> None:
    manager = await phone_of("manager")
    place = world.grids["E1"]
    here, there = new_household(place), new_household(place)
    for household in (here, there):
        manager.save("customer.create", household)
    await manager.push()
    await work()
    first = visit(here["id"], place.lon, place.lat, manager.now())
    manager.save("visit.log", first)
    if not together:
        await manager.push()
    clock.advance(timedelta(seconds=20))
    second = visit(there["id"], place.lon + FAR, place.lat, manager.now())
    manager.save("visit.log", second)
    assert {one["result"] for one in await manager.push()} == {"applied"}
    await work()
    await manager.pull()
    flags = {row_id: row["flags"] for row_id, row in manager.of("visit").items()}
    assert "speed" not in flags[first["id"]]
    assert "speed" in flags[second["id"]]
