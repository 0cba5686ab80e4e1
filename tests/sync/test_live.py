"""Hints which partitions moved, and how far apart the phones that hear them come."""

import asyncio
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec
import pytest
from redis.asyncio import Redis

from backend.embedded import Urls
from backend.kernel.announce import redis_announcer
from backend.sync import live as live_module
from backend.sync.live import LEAST_SPREAD_MS, MOST_SPREAD_MS, Live, spread_of
from tests.faults.links import Link


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


async def test_a_stream_begins_by_saying_within_how_long_a_phone_asks_what_it_missed(redis: Redis) -> None:
    live = Live(redis)
    phones = [live.events(frozenset({"bank"})) for _ in range(100)]
    spreads = [msgspec.json.decode((await anext(phone))["data"])["spread_ms"] for phone in phones]
    # a server that was started again has all of them at once
    assert (spreads[0], spreads[-1]) == (LEAST_SPREAD_MS, 5_000)
    for phone in phones:
        await phone.aclose()


@pytest.mark.parametrize("how", ["cut", "mute"])
async def test_phones_ask_for_themselves_after_valkey_was_not_heard(
    redis: Redis, databases: Urls, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Whether the connection broke or is open and says nothing: what was announced meanwhile is not lost."""
    monkeypatch.setattr(live_module, "SILENT_SECONDS", 0.1)
    loop = asyncio.get_running_loop()
    link = Link(lambda make: loop.create_unix_connection(make, unquote(urlsplit(databases.redis).path)))
    await link.start()
    far = Redis.from_url(f"redis://127.0.0.1:{link.port}/0")
    live, announce = Live(far), redis_announcer(redis)
    await live.start()
    stream = live.events(frozenset({"bank"}))
    try:
        await anext(stream)
        # it listens from here on
        assert (await anext(stream))["event"] == "ping"
        await announce({"bank": 1}, False)
        assert msgspec.json.decode((await anext(stream))["data"])["revision"] == 1
        if how == "cut":
            link.cut()
        for pair in link.pairs:
            for half in pair.sides.values():
                half.pause_reading()
        await announce({"bank": 2}, False)
        told = await asyncio.wait_for(anext(stream), 10)
        assert (told["event"], msgspec.json.decode(told["data"])) == ("ping", {"spread_ms": LEAST_SPREAD_MS})
        await announce({"bank": 3}, False)
        assert msgspec.json.decode((await anext(stream))["data"])["revision"] == 3
    finally:
        await stream.aclose()
        await live.stop()
        await far.aclose()
        await link.stop()
