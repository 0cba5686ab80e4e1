"""The network between phones and bank: a TCP proxy that does harm by a seed.

It reads just enough of HTTP/1.1 (heads and Content-Length) to know where a request ends: to send one twice,
or to let it through and lose its answer. All else is done to bytes.
"""

import asyncio
import contextlib
import random
import re
from collections import Counter
from dataclasses import dataclass, field

#: what may happen to a request or its answer, and how often beside the others
HARMS = {
    "cut": 3,  # both ways, somewhere in the request
    "truncate": 3,  # the answer ends in its middle
    "lose_answer": 5,  # the bank does the work, the phone hears nothing
    "one_way": 1,  # the answer never comes, the connection stays
    "half_open": 1,  # the request never arrives, the connection stays
    "delay": 3,
    "slow": 2,  # the answer drips
    "duplicate": 4,  # the whole request arrives twice; the phone hears the first answer
    "duplicate_late": 3,  # the same, the second time a while later, after other requests: reordered
    "repeat": 2,  # sent twice, the phone hears the second answer
}
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)


@dataclass
class Network:
    """Listens on `port`. `rate`: share of requests that are harmed. `up` False: no connection at all."""

    target: int
    rng: random.Random
    rate: float = 0.0
    up: bool = True
    done: Counter[str] = field(default_factory=Counter)
    #: request bodies of pushes, for the judge, who looks for words that must be sealed
    pushed: list[bytes] = field(default_factory=list)
    _server: asyncio.Server | None = None
    _healed: asyncio.Event = field(default_factory=asyncio.Event)
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _late: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self, port: int = 0) -> None:
        """Begins to listen, on a free port where none is given."""
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", port, limit=2**24)

    @property
    def port(self) -> int:
        """Where phones find the bank."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    def cut(self) -> None:
        """Ends every connection at once."""
        for writer in list(self._open):
            writer.transport.abort()

    def heal(self) -> None:
        """Nothing is harmed from now on; connections that were harmed end."""
        self.rate, self.up = 0.0, True
        self._healed.set()
        self.cut()

    async def stop(self) -> None:
        """Ends it."""
        self.heal()
        for task in self._late:
            task.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)
        if self._server is not None:
            self._server.close()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        bank: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        try:
            if not self.up:
                return
            bank = await asyncio.open_connection("127.0.0.1", self.target, limit=2**24)
            self._open.add(bank[1])
            while (request := await _message(reader)) and self.up:
                self._look(request)
                if not await self._pass_on(request, writer, bank):
                    return
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        except RuntimeError:
            # what uvloop says where one end was cut just before it is written to
            if not (writer.is_closing() or (bank and bank[1].is_closing())):
                raise
        finally:
            for one in (writer, bank[1] if bank else None):
                if one is not None:
                    self._open.discard(one)
                    one.transport.abort()

    def _look(self, request: bytes) -> None:
        if request.startswith(b"POST /api/v1/sync/push"):
            self.pushed.append(request)

    async def _pass_on(
        self,
        request: bytes,
        phone: asyncio.StreamWriter,
        bank: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> bool:
        """One request and its answer; False ends the connection."""
        harm = ""
        path = request[: request.find(b"\r\n")].split(b" ")[1]
        if path == b"/api/v1/sync/events":
            await _stream(request, phone, bank)
            return False
        # the app itself is fetched whole; a browser that got half of it has nothing that could lose a thing
        if self.rate and path.startswith(b"/api/") and self.rng.random() < self.rate:
            harm = self.rng.choices(list(HARMS), list(HARMS.values()))[0]
            self.done[harm] += 1
        at = self.rng.random()
        reader, writer = bank
        if harm == "cut":
            writer.write(request[: int(len(request) * at)])
            await writer.drain()
            return False
        if harm == "half_open":
            await self._healed.wait()
            return False
        if harm == "delay":
            await asyncio.sleep(0.05 + 0.8 * at)
        if harm == "repeat":
            await self._again(request, 0.0)
        writer.write(request)
        await writer.drain()
        if harm == "one_way":
            await _message(reader)
            await self._healed.wait()
            return False
        answer = await _message(reader)
        if harm == "duplicate":
            await self._again(request, 0.0)
        if harm == "duplicate_late":
            task = asyncio.create_task(self._again(request, 0.2 + 1.5 * at))
            self._late.add(task)
            task.add_done_callback(self._late.discard)
        if not answer or harm == "lose_answer":
            return False
        if harm == "truncate":
            phone.write(answer[: int(len(answer) * at)])
            await phone.drain()
            return False
        if harm == "slow":
            step = max(1, len(answer) // 8)
            for start in range(0, len(answer), step):
                phone.write(answer[start : start + step])
                await phone.drain()
                await asyncio.sleep(0.05)
            return True
        phone.write(answer)
        await phone.drain()
        return not _closes(answer)

    async def _again(self, request: bytes, after: float) -> None:
        """The same bytes once more, over a connection of their own."""
        await asyncio.sleep(after)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.target, limit=2**24)
            try:
                writer.write(request)
                await writer.drain()
                await _message(reader)
            finally:
                writer.transport.abort()


async def _stream(
    request: bytes, phone: asyncio.StreamWriter, bank: tuple[asyncio.StreamReader, asyncio.StreamWriter]
) -> None:
    """An answer without an end, byte for byte."""
    reader, writer = bank
    writer.write(request)
    await writer.drain()
    while data := await reader.read(65536):
        phone.write(data)
        await phone.drain()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """One whole request or answer; empty at the end of the stream."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return b""
    if found := _LENGTH.search(head):
        return head + await reader.readexactly(int(found[1]))
    if _CHUNKED.search(head):
        body = b""
        while True:
            size = await reader.readuntil(b"\r\n")
            body += size + await reader.readexactly(int(size.split(b";")[0], 16) + 2)
            if int(size.split(b";")[0], 16) == 0:
                return head + body
    return head


def _closes(answer: bytes) -> bool:
    head = answer.split(b"\r\n\r\n", 1)[0].lower()
    return b"connection: close" in head
