"""Of what a run over everybody raises a person gets a day's share, and nothing that waits is forgotten."""

from collections.abc import Iterable
from datetime import date, timedelta

from backend.kernel.actor import Actor
from backend.kernel.uow import Database
from backend.opportunities.jobs import DEAL
from backend.strategy.jobs import NIGHTLY
from tests.support.bodies import member, new_household
from tests.support.clock import MovingClock
from tests.support.field_phone import FieldPhone
from tests.support.figures import set_figure
from tests.support.opportunities import items, shop, step
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work

SYSTEM = Actor.system("test")
ENDS, GONE = "licence_ends", "licence_gone"
SIXTY, SCHOOL = "turning_sixty", "starts_school"
SHARE = 2


async def _licensed(phone: FieldPhone, customer_id: str, until: str) -> None:
    edit = {"field": "licence_until", "seen": None, "value": until}
    phone.save("customer.set_values", {"customer_id": customer_id, "edits": [edit]})
    assert [one["result"] for one in await phone.push()] == ["applied"]


async def _emit(database: Database, work: Work, event: str) -> None:
    async with database.unit(SYSTEM) as uow:
        uow.emit(event, {})
    await work()


async def _with(phone: FieldPhone, event: str, ids: Iterable[str]) -> list[str]:
    """Those of the customers whose phone row has the event as somebody's work."""
    return [
        one
        for one in ids
        if any((it["event"], it["stage"]) == (event, "assigned") for it in await items(phone, one))
    ]


async def test_a_share_a_day_the_urgent_apart_and_what_one_enters_oneself_at_once(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database, clock: MovingClock
) -> None:
    await set_figure(worker_db, "opportunities_day_most", SHARE)
    manager = await phone_of("manager")
    today = clock.today()
    ending = [await shop(manager, world) for _ in range(5)]
    going = [await shop(manager, world) for _ in range(3)]
    mine = await shop(manager, world)
    for ids, days in ((ending, 120), (going, 91)):
        for one in ids:
            await _licensed(manager, one, (today + timedelta(days=days)).isoformat())
    await work()
    assert await _with(manager, ENDS, ending) == []

    clock.advance(timedelta(days=95))
    await _emit(worker_db, work, NIGHTLY)
    manager = await phone_of("manager")
    first = await _with(manager, ENDS, ending)
    urgent = await _with(manager, GONE, going)
    assert (len(first), len(urgent)) == (SHARE, SHARE), "a share of either"
    # at the customer's: not tomorrow
    await _licensed(manager, mine, (clock.today() + timedelta(days=30)).isoformat())
    await work()
    assert await _with(manager, ENDS, [mine]) == [mine]
    # the day's is dealt already, however often the clock says so and whatever is done of it
    done = next(it for it in await items(manager, first[0]) if it["event"] == ENDS)
    assert (await step(manager, first[0], done, "win"))["result"] == "applied"
    for event in (DEAL, NIGHTLY, DEAL):
        await _emit(worker_db, work, event)
    assert await _with(manager, ENDS, ending) == first[1:]

    seen = set(first)
    for more in (2, 1):
        clock.advance(timedelta(days=1))
        await _emit(worker_db, work, DEAL)
        manager = await phone_of("manager")
        now = set(await _with(manager, ENDS, ending))
        assert len(now - seen) == more, "the next share"
        seen |= now
    assert seen == set(ending), "each came to its day"
    assert await _with(manager, GONE, going) == going


async def test_of_those_that_wait_the_more_urgent_come_first(
    phone_of: PhoneOf, world: World, work: Work, worker_db: Database, clock: MovingClock
) -> None:
    await set_figure(worker_db, "opportunities_day_most", SHARE)
    manager = await phone_of("manager")
    today = clock.today()
    children = [await _family(manager, world, today - timedelta(days=round(65 * 30.44))) for _ in range(2)]
    elders = [await _family(manager, world, today - timedelta(days=round(59.6 * 365.25))) for _ in range(4)]
    await work()
    assert await _with(manager, SCHOOL, children) == await _with(manager, SIXTY, elders) == []

    clock.advance(timedelta(days=95))
    await _emit(worker_db, work, NIGHTLY)
    for first, second in ((0, 2), (0, 4), (2, 4)):
        manager = await phone_of("manager")
        assert len(await _with(manager, SCHOOL, children)) == first
        assert len(await _with(manager, SIXTY, elders)) == second
        clock.advance(timedelta(days=1))
        await _emit(worker_db, work, DEAL)


async def _family(phone: FieldPhone, world: World, born: date) -> str:
    body = new_household(world.grids["E1"])
    body["members"].append(member("李小六", "other", "m", born.isoformat(), None))
    phone.save("customer.create", body)
    assert [one["result"] for one in await phone.push()] == ["applied"]
    return str(body["id"])
