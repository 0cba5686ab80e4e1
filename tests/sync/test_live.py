"""Hints which partitions moved, and how far apart the phones that hear them come."""

from typing import Any

import msgspec
import pytest
from redis.asyncio import Redis

from backend.sync import live as live_module
from backend.sync.live import LEAST_SPREAD_MS, MOST_SPREAD_MS, Live, spread_of


@pytest.mark.parametrize(
    ("phones", "spread_ms"),
    [(0, LEAST_SPREAD_MS), (3, LEAST_SPREAD_MS), (100, 5_000), (2_000, 100_000), (10**6, MOST_SPREAD_MS)],
)
def test_the_more_phones_hear_it_the_farther_apart_they_come(phones: int, spread_ms: int) -> None:
    assert spread_of(phones) == spread_ms


async def test_phones_hear_of_their_books_only_and_how_many_others_do(redis: Redis) -> None:
    live = Live(redis)
    phones = [live.events(frozenset({"bank", f"grid:{number}"})) for number in range(100)]
    for phone in phones:
        assert (await anext(phone))["event"] == "ping"
    live.tell({"bank": 7, "grid:3": 2, "grid:unknown": 1})
    heard: list[list[dict[str, Any]]] = []
    for number in (3, 4):
        messages = [await anext(phones[number]) for _ in range(2 if number == 3 else 1)]
        assert {message["event"] for message in messages} == {"moved"}
        heard.append([msgspec.json.decode(message["data"]) for message in messages])
    bank = {"book": "bank", "revision": 7, "spread_ms": 5_000}
    assert heard == [[bank, {"book": "grid:3", "revision": 2, "spread_ms": LEAST_SPREAD_MS}], [bank]]
    for phone in phones:
        await phone.aclose()
    # who has gone is not counted
    one = live.events(frozenset({"bank"}))
    await anext(one)
    live.tell({"bank": 8})
    assert msgspec.json.decode((await anext(one))["data"])["spread_ms"] == LEAST_SPREAD_MS
    await one.aclose()


async def test_a_stream_on_which_nothing_moves_says_that_it_lives(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "PING_SECONDS", 0.01)
    stream = Live(redis).events(frozenset({"bank"}))
    assert [(await anext(stream))["event"] for _ in range(3)] == ["ping"] * 3
    await stream.aclose()
