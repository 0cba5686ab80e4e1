"""The wires inside the bank: between web server and worker on one side, PostgreSQL and Valkey on the other.

A link passes bytes on and does harm to them on demand. TCP puts bytes in order and drops repeats, so within
one connection there is nothing to reorder or to double; what can happen is that bytes come late, in part, or
not at all.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Literal, cast

Way = Literal["there", "back"]
#: what a link may do for a while, and what it does once
STATES = ("open", "down", "mute there", "mute back", "half open", "slow")
STRIKES = ("cut", "truncate", "lose commit")
SLOW_SECONDS = 0.03
Connect = Callable[[Callable[[], asyncio.Protocol]], Awaitable[tuple[asyncio.Transport, asyncio.Protocol]]]


class Link:
    """Listens on `port` and connects onward by `connect`. Not for use from two threads."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._server: asyncio.Server | None = None
        self.pairs: set[_Pair] = set()
        self.state = "open"
        #: what befalls the next bytes that it fits
        self.strike = ""
        self.done: Counter[str] = Counter()

    async def start(self) -> None:
        """Begins to listen."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Side(_Pair(self), "there"), "127.0.0.1", 0)

    @property
    def port(self) -> int:
        """Where the web server and the worker find it."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def connect(self, pair: "_Pair") -> asyncio.Transport:
        """The way on."""
        transport, _ = await self._connect(lambda: _Side(pair, "back"))
        return transport

    def cut(self) -> None:
        """Ends every connection at once."""
        for pair in list(self.pairs):
            pair.abort()

    def harm(self, what: str) -> None:
        """One of STATES or STRIKES."""
        self.done[what] += 1
        if what == "cut":
            self.cut()
        elif what in STRIKES:
            self.strike = what
        else:
            self.state = what
            if what == "down":
                self.cut()

    def heal(self, *, deliver: bool = False) -> None:
        """Nothing is harmed from now on. What was held back is delivered late, or its connection ends.

        That is so for what an earlier harm held back too, which another run's has taken the place of.
        """
        muted = self.state in ("mute there", "mute back", "half open")
        self.state, self.strike = "open", ""
        for pair in list(self.pairs):
            if deliver:
                pair.release()
            elif muted or pair.holds:
                pair.abort()

    async def stop(self) -> None:
        """Ends it."""
        self.cut()
        if self._server is not None:
            self._server.close()


class _Pair:
    """One connection and its way on."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.sides: dict[Way, asyncio.Transport] = {}
        self.held: dict[Way, list[bytes]] = {"there": [], "back": []}
        self.late: dict[Way, float] = {"there": 0.0, "back": 0.0}
        self.losing = False
        self.dead = False
        self._opening: asyncio.Task[None] | None = None

    def opened(self, transport: asyncio.Transport) -> None:
        """Somebody connected; `there` is their bytes' way."""
        self.sides["back"] = transport
        if self.link.state == "down":
            self.abort()
            return
        self.link.pairs.add(self)
        self._opening = asyncio.get_running_loop().create_task(self._go_on())

    async def _go_on(self) -> None:
        try:
            self.sides["there"] = await self.link.connect(self)
        except (OSError, ValueError, KeyError):
            # nobody there, or just then writing down anew where
            self.abort()
            return
        if self.dead:
            self.sides["there"].abort()
        elif not self._muted("there"):
            self.flush("there")

    @property
    def holds(self) -> bool:
        """It keeps bytes back that could go on."""
        return len(self.sides) == 2 and any(self.held.values())

    def _muted(self, way: Way) -> bool:
        return self.link.state in (f"mute {way}", "half open")

    def data(self, way: Way, data: bytes) -> None:
        """Bytes came."""
        link = self.link
        if self.losing and way == "back":
            self.abort()  # the work is done, and nobody hears of it
            return
        if link.strike == "lose commit" and way == "there" and b"COMMIT" in data:
            link.strike, self.losing = "", True
        elif link.strike == "truncate" and way == "back" and len(data) > 1:
            link.strike = ""
            self.sides["back"].write(data[: len(data) // 2])
            self.sides["back"].close()
            self.abort(but="back")
            return
        self.held[way].append(data)
        if not self._muted(way):
            self.flush(way)

    def flush(self, way: Way) -> None:
        """Passes on what is held."""
        to = self.sides.get(way)
        if to is None or to.is_closing():
            return
        data, self.held[way] = b"".join(self.held[way]), []
        if not data:
            return
        loop = asyncio.get_running_loop()
        if self.link.state == "slow" or self.late[way] > loop.time():
            self.late[way] = max(self.late[way], loop.time()) + SLOW_SECONDS
            loop.call_at(self.late[way], self._write, to, data)
        else:
            to.write(data)

    @staticmethod
    def _write(to: asyncio.Transport, data: bytes) -> None:
        if not to.is_closing():
            to.write(data)

    def release(self) -> None:
        """What was held back comes late."""
        self.flush("there")
        self.flush("back")

    def abort(self, but: Way | None = None) -> None:
        """Ends both halves."""
        self.dead = True
        self.link.pairs.discard(self)
        for way, transport in self.sides.items():
            if way != but:
                transport.abort()


class _Side(asyncio.Protocol):
    """One half: whose bytes go `way`."""

    def __init__(self, pair: _Pair, way: Way) -> None:
        self._pair = pair
        self._way: Way = way
        self._other: Way = "back" if way == "there" else "there"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._way == "there":
            self._pair.opened(cast(asyncio.Transport, transport))

    def data_received(self, data: bytes) -> None:
        self._pair.data(self._way, data)

    def pause_writing(self) -> None:
        # whoever sends what this half is to take has to wait
        if sender := self._pair.sides.get(self._way):
            sender.pause_reading()

    def resume_writing(self) -> None:
        if sender := self._pair.sides.get(self._way):
            sender.resume_reading()

    def connection_lost(self, _error: Exception | None) -> None:
        pair = self._pair
        if pair.dead:
            return
        other = pair.sides.get(self._way)
        # what came before the end is still passed on
        if other is not None and not pair.held[self._way] and not pair._muted(self._way):
            other.close()
            pair.dead = True
            pair.link.pairs.discard(pair)
        else:
            pair.abort()
