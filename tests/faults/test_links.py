"""The wires inside the bank: each kind of harm does what its name says, and healing ends it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from tests.faults.links import Link

# connections are torn in every test; who held an end of one says so when it is collected
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Caller:
    """Whoever calls over the link; at the end of a test all hang up."""

    def __init__(self) -> None:
        self.writers: list[asyncio.StreamWriter] = []

    async def __call__(self, link: Link, words: bytes = b"hello") -> Ends:
        reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
        self.writers.append(writer)
        writer.write(words)
        return reader, writer


call = Caller()


@contextlib.asynccontextmanager
async def wired() -> AsyncIterator[tuple[Link, list[bytes]]]:
    """A link to a server that notes what it hears and answers `heard …`."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            while data := await reader.read(1000):
                heard.append(data)
                writer.write(b"heard " + data)
        writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    loop = asyncio.get_running_loop()
    link = Link(lambda make: loop.create_connection(make, "127.0.0.1", port))
    await link.start()
    try:
        yield link, heard
    finally:
        while call.writers:
            call.writers.pop().transport.abort()
        await link.stop()
        server.close()
        await asyncio.sleep(0.05)  # all hear that it is over


async def answer(ends: Ends, patience: float = 2.0) -> bytes:
    """What comes first; empty at the end of the connection, however it ended."""
    try:
        return await asyncio.wait_for(ends[0].read(1000), patience)
    except ConnectionError:
        return b""


async def test_an_open_link_passes_on_and_a_cut_one_ends() -> None:
    async with wired() as (link, _):
        ends = await call(link)
        assert await answer(ends) == b"heard hello"
        link.harm("cut")
        assert await answer(ends) == b""
        assert await answer(await call(link)) == b"heard hello"


async def test_a_commit_is_done_and_nobody_hears_of_it() -> None:
    async with wired() as (link, heard):
        link.harm("lose commit")
        assert await answer(await call(link, b"SELECT")) == b"heard SELECT"
        assert await answer(await call(link, b"COMMIT;")) == b""
        assert heard == [b"SELECT", b"COMMIT;"]
        assert await answer(await call(link, b"COMMIT;")) == b"heard COMMIT;"


async def test_an_answer_is_cut_in_its_middle() -> None:
    async with wired() as (link, _):
        link.harm("truncate")
        ends = await call(link)
        assert await answer(ends) == b"heard"
        assert await answer(ends) == b""


@pytest.mark.parametrize(
    ("state", "arrives"), [("mute there", False), ("mute back", True), ("half open", False)]
)
async def test_what_a_mute_link_held_comes_late_or_never(state: str, arrives: bool) -> None:
    for deliver in (True, False):
        async with wired() as (link, heard):
            link.harm(state)
            ends = await call(link)
            with pytest.raises(TimeoutError):
                await answer(ends, 0.2)
            assert bool(heard) is arrives
            link.heal(deliver=deliver)
            assert await answer(ends) == (b"heard hello" if deliver else b"")


async def test_what_a_mute_link_held_does_not_lie_there_for_ever_under_another_harm() -> None:
    async with wired() as (link, heard):
        link.harm("mute back")
        ends = await call(link)
        with pytest.raises(TimeoutError):
            await answer(ends, 0.2)
        assert heard == [b"hello"]
        link.harm("slow")
        link.heal()
        assert await answer(ends) == b""


async def test_a_link_that_is_down_takes_nobody_and_a_slow_one_keeps_the_order() -> None:
    async with wired() as (link, heard):
        link.harm("down")
        assert await answer(await call(link)) == b""
        link.heal()
        link.harm("slow")
        ends = await call(link, b"1")
        for n in b"2345":
            ends[1].write(bytes((n,)))
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.5)
        assert b"".join(heard) == b"12345"
