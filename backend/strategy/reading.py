"""Queries of one snapshot read side by side as Arrow, handed to one thread batch by batch."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from queue import Empty, Full, Queue
from threading import Event
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
from adbc_driver_postgresql import dbapi
from sqlalchemy import make_url

#: connections that read side by side
LINKS = 2
#: everything is read: hashes instead of indexes, in memory where they fit, and the links are parallel enough
WHOLE_TABLES = (
    "work_mem = '256MB'",
    "random_page_cost = 4",
    "jit = off",
    "max_parallel_workers_per_gather = 0",
)
#: batches that wait; PostgreSQL's driver makes them of some 16 MB
WAITING = 4
_TICK_SECONDS = 0.2


class Reading:
    """Reads `queries` (table → SQL) over connections of its own that see what `snapshot` saw.

    `url`: of the login that only reads, in libpq's spelling; `zone`: whose days the views tell. Leaving the
    block ends all of it.
    """

    def __init__(self, url: str, snapshot: str, queries: Mapping[str, str], zone: str) -> None:
        self._url = url
        self._snapshot = snapshot
        self._queries = queries
        self._zone = zone
        self._waiting: Queue[tuple[str, pa.Table | None]] = Queue(WAITING)
        self._stopped = Event()
        self._pool = ThreadPoolExecutor(LINKS, thread_name_prefix="nightly-read")

    def __enter__(self) -> Self:
        self._reads = {table: self._pool.submit(self._read, table) for table in self._queries}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._pool.shutdown(cancel_futures=True)

    def batches(self) -> Iterator[tuple[str, pa.Table, bool]]:
        """(table, rows, whether it is the table's first); an empty table gives one without rows.

        Raises adbc_driver_manager.Error as soon as one query fails.
        """
        begun: set[str] = set()
        left = set(self._queries)
        while left:
            for read in self._reads.values():
                if read.done():
                    read.result()  # what went wrong there is raised here
            try:
                table, rows = self._waiting.get(timeout=_TICK_SECONDS)
            except Empty:
                continue
            if rows is None:
                left.discard(table)
                continue
            yield table, rows, table not in begun
            begun.add(table)

    def _read(self, table: str) -> None:
        with closing(dbapi.connect(self._url)) as postgres, postgres.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute(f"SET TRANSACTION SNAPSHOT '{self._snapshot}'")
            cursor.execute(
                "SELECT set_config('tiange.role', 'system', true), set_config('timezone', $1, true)",
                (self._zone,),
            )
            cursor.fetchall()
            for setting in WHOLE_TABLES:
                cursor.execute(f"SET LOCAL {setting}")
            cursor.execute(self._queries[table])
            batches: Any = cursor.fetch_record_batch()
            self._hand(table, pa.Table.from_batches([], batches.schema))
            for batch in batches:
                if not self._hand(table, pa.Table.from_batches([batch])):
                    return
            self._hand(table, None)

    def _hand(self, table: str, rows: pa.Table | None) -> bool:
        """False once nobody takes it any more."""
        while not self._stopped.is_set():
            try:
                self._waiting.put((table, rows), timeout=_TICK_SECONDS)
            except Full:
                continue
            return True
        return False


@contextmanager
def of_one_moment(url: str, queries: Mapping[str, str], zone: str) -> Iterator[Reading]:
    """A reading of `queries` in a snapshot of its own, read only.

    `url`: of the login that only reads (SQLAlchemy's spelling); `zone`: the bank's. Raises
    adbc_driver_manager.Error.
    """
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with closing(dbapi.connect(plain)) as postgres, postgres.cursor() as cursor:
        # the first statement opens the transaction; the driver begins one by itself
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        with Reading(plain, snapshot, queries, zone) as reading:
            yield reading
