"""Reading several queries of one snapshot: all rows, an error at once, and an end whoever stops listening."""

from collections.abc import Iterator

import pytest
from adbc_driver_manager import Error
from adbc_driver_postgresql import dbapi

from backend.embedded import Urls
from backend.kernel.clock import DEFAULT_ZONE
from backend.strategy.reading import WAITING, Reading
from tests.support.databases import plain

MANY = "SELECT n, repeat('x', 2000) AS text FROM generate_series(1, 60000) AS n"


@pytest.fixture
def url(databases: Urls) -> str:
    return plain(databases.nightly)


@pytest.fixture
def snapshot(url: str) -> Iterator[str]:
    with dbapi.connect(url) as postgres, postgres.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        (name,) = cursor.fetchone()
        yield name


def test_every_row_comes_and_an_empty_table_is_one_too(url: str, snapshot: str) -> None:
    queries = {"many": MANY, "none": "SELECT 1 AS n WHERE false", "one": "SELECT 7::bigint AS n"}
    rows = dict.fromkeys(queries, 0)
    firsts: list[str] = []
    with Reading(url, snapshot, queries, DEFAULT_ZONE) as reading:
        for table, some, is_first in reading.batches():
            rows[table] += some.num_rows
            firsts += [table] if is_first else []
    assert rows == {"many": 60_000, "none": 0, "one": 1}
    assert sorted(firsts) == sorted(queries)


def test_a_query_that_fails_is_told(url: str, snapshot: str) -> None:
    queries = {"good": "SELECT 1 AS n", "bad": "SELECT * FROM staff_secret"}
    with (
        pytest.raises(Error, match="permission denied"),
        Reading(url, snapshot, queries, DEFAULT_ZONE) as reading,
    ):
        list(reading.batches())


@pytest.mark.timeout(60)
def test_who_stops_listening_ends_the_reading(url: str, snapshot: str) -> None:
    """More waits than the queue holds: those who read must not wait for ever."""
    queries = {f"many{n}": MANY for n in range(2 * WAITING)}
    with Reading(url, snapshot, queries, DEFAULT_ZONE) as reading:
        table, _, is_first = next(reading.batches())
    assert (table in queries, is_first) == (True, True)
