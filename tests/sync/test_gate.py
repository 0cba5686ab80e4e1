"""Many phones at once: turns in order, a bound on those who wait, and a word when to come again."""

import asyncio

import pytest
from litestar import Litestar

from backend.kernel.errors import Problem
from backend.sync.gate import Gate
from tests.support.bodies import new_household
from tests.support.web import serving
from tests.support.world import World
from tests.sync.conftest import PhoneOf


async def test_turns_come_in_order_and_no_more_than_some_at_a_time() -> None:
    gate, order, inside, most = Gate(at_a_time=2), [], 0, 0

    async def one(number: int) -> None:
        nonlocal inside, most
        async with gate.turn():
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            order.append(number)
            inside -= 1

    await asyncio.gather(*(one(number) for number in range(20)))
    assert (order, most) == (list(range(20)), 2)


async def test_who_cannot_wait_is_told_when_to_come_again() -> None:
    gate = Gate(at_a_time=1, most_waiting=1, longest_wait_s=3600)
    async with gate.turn():
        waits = asyncio.create_task(_turn(gate))
        await asyncio.sleep(0)
        with pytest.raises(Problem) as full:
            await asyncio.wait_for(_turn(gate), 5)
    await waits
    gate = Gate(at_a_time=1, longest_wait_s=0.01)
    async with gate.turn():
        with pytest.raises(Problem) as slow:
            await _turn(gate)
    for refused in (full, slow):
        assert (refused.value.code, refused.value.status) == ("try_again", 503)
        assert refused.value.extra["retry_after_s"] >= 2
    # a turn that failed, or was never had, is nobody's loss
    with pytest.raises(ValueError, match="broken"):
        async with gate.turn():
            raise ValueError("broken")
    await _turn(gate)


async def test_who_must_wait_makes_a_crowd_and_the_word_to_come_again_tells_how_long() -> None:
    told: list[int] = []
    gate = Gate(crowded=lambda: told.append(1), at_a_time=1, longest_wait_s=20)
    await _turn(gate)
    assert not told
    gate._turn_s = 5.0
    async with gate.turn():
        waiting = [asyncio.create_task(_turn(gate)) for _ in range(5)]
        await asyncio.sleep(0)
        assert len(told) == 5
        with pytest.raises(Problem) as refused:
            gate.refuse_if_full()
    await asyncio.gather(*waiting)
    assert 15 <= refused.value.extra["retry_after_s"] <= 30
    gate.refuse_if_full()


async def _turn(gate: Gate) -> None:
    async with gate.turn():
        pass


async def test_a_phone_that_is_sent_away_loses_nothing(
    app: Litestar, phone_of: PhoneOf, world: World
) -> None:
    manager = await phone_of("manager")
    sent = manager.save("customer.create", new_household(world.grids["E1"]))
    gate: Gate = app.dependencies["gate"].dependency()  # type: ignore[union-attr]
    gate._most_waiting = 0
    answer = await manager.push_raw([sent.wire()])
    assert (answer.status_code, answer.json()["code"]) == (503, "try_again")
    assert int(answer.headers["Retry-After"]) >= 2
    gate._most_waiting = 1
    assert [one["result"] for one in await manager.push()] == ["applied"]


async def test_a_full_bank_says_so_before_it_asks_who_comes(app: Litestar) -> None:
    gate: Gate = app.dependencies["gate"].dependency()  # type: ignore[union-attr]
    async with serving(app) as stranger:
        for most, told in ((0, (503, "try_again")), (1, (401, "signed_out"))):
            gate._most_waiting = most
            answer = await stranger.post("/api/v1/sync/push", content=b"x")
            assert (answer.status_code, answer.json()["code"]) == told
