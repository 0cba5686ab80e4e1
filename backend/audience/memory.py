"""The packed columns that one web process holds: read at first use, kept up with the partitions' revisions.

Whatever changes of a customer is stamped in the partitions that hold it, without a gap. So who asks after a
second learns of every commit before the question; customers whom no partition holds are looked at once a
minute.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from backend.audience.rules import Scope
from backend.audience.tree import Node, Vocabulary
from backend.kernel.actor import Role
from backend.kernel.uow import SET_SCOPE, Database

if TYPE_CHECKING:
    import asyncpg

    from backend.audience.packing import Packed

#: how old a count may be, beside what a worker still has to do
REFRESH_SECONDS = 1.0
UNBOOKED_SECONDS = 60.0
#: after so many changes, as a night makes them, everybody is read anew
MOST_CHANGES = 20_000
#: before a failed reading is tried again
PAUSE_SECONDS = 30.0

_STANDING = "SELECT book, revision, floor FROM sync_partition WHERE book LIKE 'grid:%' OR book LIKE 'care:%'"
_CHANGED = (
    "SELECT DISTINCT c.kind, c.row_id::uuid AS id FROM unnest($1::text[], $2::bigint[]) AS k(book, seen)"
    " JOIN sync_change c ON c.book = k.book AND c.revision > k.seen"
    " WHERE c.kind IN ('customer', 'profile', 'visit')"
)
_OF_VISITS = "SELECT DISTINCT customer_id FROM visit WHERE id = ANY($1::uuid[])"
_UNBOOKED = "SELECT id FROM customer WHERE grid_id IS NULL AND owner_id IS NULL"
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Held:
    """What is packed, and up to which revision of each partition. `unbooked`: whom no partition held."""

    packed: "Packed"
    words: Vocabulary
    seen: dict[str, int]
    unbooked: set[UUID]
    at: datetime
    checked: float
    looked: float


class Memory:
    """Packed columns of one web process, and who keeps them up."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._held: _Held | None = None
        self._loading: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()
        self._not_before = 0.0

    async def count(
        self, words: Vocabulary, scope: Scope, nodes: Sequence[Node]
    ) -> "tuple[list[int], datetime] | None":
        """How many meet each choice, as of when; None while everybody is read: the database is asked then."""
        async with self._turn:
            held = await self._kept_up(words)
            if held is None:
                return None
            # beside the event loop: a choice of many figures takes tens of milliseconds of a large bank
            found = await asyncio.to_thread(lambda: [held.packed.count(one, scope) for one in nodes])
            return found, held.at

    async def first(
        self, words: Vocabulary, scope: Scope, node: Node, after: UUID | None, most: int
    ) -> list[UUID] | None:
        """Those among whom the `most` first behind `after` are, by name; None where the database is to look
        for them itself."""
        async with self._turn:
            held = await self._kept_up(words)
            if held is None:
                return None
            return await asyncio.to_thread(lambda: held.packed.first(node, scope, after, most))

    @property
    def columns(self) -> "Packed | None":
        """What is packed, for measuring it."""
        return None if self._held is None else self._held.packed

    async def loaded(self) -> None:
        """Waits until a reading that is under way has ended."""
        if self._loading is not None:
            await self._loading

    async def close(self) -> None:
        """Ends a reading that is under way."""
        if self._loading is not None:
            self._loading.cancel()
            with suppress(asyncio.CancelledError):
                await self._loading

    async def _kept_up(self, words: Vocabulary) -> _Held | None:
        held = self._held
        if held is None or held.words != words:
            self._load(words)
            return None
        if time.monotonic() - held.checked >= REFRESH_SECONDS and not await self._refresh(held):
            self._held = None
            self._load(words)
            return None
        return held

    def _load(self, words: Vocabulary) -> None:
        running = self._loading is not None and not self._loading.done()
        if not running and time.monotonic() >= self._not_before:
            self._loading = asyncio.create_task(self._read_everybody(words))

    async def _read_everybody(self, words: Vocabulary) -> None:
        # here, so that a process in which nobody chooses loads no numpy
        from backend.audience.packing import Packed
        from backend.audience.reading import read

        began = time.monotonic()
        try:
            async with self._connection() as connection:
                at = self._database.clock.now()
                # first: what is committed after it is read again
                seen = {one["book"]: one["revision"] for one in await connection.fetch(_STANDING)}
                unbooked = {one["id"] for one in await connection.fetch(_UNBOOKED)}
                rows = await read(connection, words)
            packed = await asyncio.to_thread(Packed, rows, words)
        except Exception:  # noqa: BLE001 - the database is asked meanwhile
            self._not_before = time.monotonic() + PAUSE_SECONDS
            _log.exception("audience.not_read")
            return
        self._held = _Held(packed, words, seen, unbooked, at, began, began)
        _log.info(
            "audience.read",
            customers=len(rows),
            bytes=packed.bytes,
            seconds=round(time.monotonic() - began, 2),
        )

    async def _refresh(self, held: _Held) -> bool:
        """Takes over what changed; False where that is so much that everybody is to be read."""
        from backend.audience.packing import Full
        from backend.audience.reading import read

        began, at = time.monotonic(), self._database.clock.now()
        async with self._connection() as connection:
            standing = await connection.fetch(_STANDING)
            if any(one["floor"] > held.seen.get(one["book"], 0) for one in standing):
                return False
            revisions = {one["book"]: one["revision"] for one in standing}
            moved = {
                book: held.seen.get(book, 0)
                for book, now in revisions.items()
                if now != held.seen.get(book, 0)
            }
            changed = await self._changed(connection, moved)
            if began - held.looked >= UNBOOKED_SECONDS:
                unbooked = {one["id"] for one in await connection.fetch(_UNBOOKED)}
                changed |= unbooked | held.unbooked
                held.unbooked, held.looked = unbooked, began
            if len(changed) > MOST_CHANGES:
                return False
            if changed:
                rows = await read(connection, held.words, sorted(changed))
                try:
                    await asyncio.to_thread(_take, held.packed, rows, changed)
                except Full:
                    return False
        held.seen, held.checked, held.at = revisions, began, at
        return True

    async def _changed(self, connection: "asyncpg.Connection", moved: Mapping[str, int]) -> set[UUID]:
        if not moved:
            return set()
        rows = await connection.fetch(_CHANGED, list(moved), list(moved.values()))
        visits = [row["id"] for row in rows if row["kind"] == "visit"]
        changed = {row["id"] for row in rows if row["kind"] != "visit"}
        if visits:
            changed |= {row["customer_id"] for row in await connection.fetch(_OF_VISITS, visits)}
        return changed

    @asynccontextmanager
    async def _connection(self) -> "AsyncIterator[asyncpg.Connection]":
        """A connection inside one transaction that sees all rows as of one moment."""
        async with self._database.engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            scope = {"role": Role.system.value, "staff": "", "grids": "{}", "branches": "{}", "request": "-"}
            await connection.execute(SET_SCOPE, scope | {"now": self._database.clock.now().isoformat()})
            raw = await connection.get_raw_connection()
            yield raw.driver_connection


def _take(packed: "Packed", rows: Any, changed: set[UUID]) -> None:
    packed.put(rows)
    packed.drop(changed - {UUID(bytes=bytes(one)) for one in rows["id"]})
