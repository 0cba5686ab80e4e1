"""Everybody's features and results in DuckDB: the rows come out of PostgreSQL as Arrow, in one snapshot.

Blocking; meant for a thread. DuckDB holds it in memory, up to `MEMORY`, and puts what is beyond into a folder
of the run's own: a million customers' rows cost twice as much when they go through a file. The folder is its
owner's alone and goes with the run; what a killed run left is taken away by the next. Nothing is written to
PostgreSQL here.
"""

import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, ClassVar, Self
from uuid import UUID

import duckdb
import pyarrow as pa

from backend.kernel.clock import DEFAULT_ZONE
from backend.strategy.beyond import OUT_OF_BOUNDS, leave_out
from backend.strategy.bulk_frozen import COPIED, freeze
from backend.strategy.compiler import Compiled, OverTables
from backend.strategy.definitions import SPINE, Catalogue, Frozen, Source
from backend.strategy.errors import BeyondBounds
from backend.strategy.freezing import Figure
from backend.strategy.queries import FeatureRow
from backend.strategy.reading import of_one_moment
from backend.strategy.rules import Moves, Result

#: for DuckDB: a million customers' rows, but never more than half of what the machine has
MEMORY = f"{min(4 * 1024**3, os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') // 2)}B"
PREFIX = "tiange-nightly-"
#: feature rows sorted at once: DuckDB holds what it sorts in memory, and a million are beyond `MEMORY`
SORTED = 50_000
#: grids sort batches, so that few partitions move in one transaction
_BESIDE = {SPINE: ("inputs_revision", "grid_id")}

#: what a person would see change; reasons as PostgreSQL writes its JSON
_REASONS = """
    '[' || array_to_string(list_transform(list_zip(reason_codes, reason_amounts_fen),
        lambda one: '["' || one[1] || '", ' || one[2] || ']'), ', ') || ']'
"""
_CHANGED = f"""
CREATE TABLE changed AS
SELECT worked.*, spine.inputs_revision, spine.grid_id,
    held.version AS version_before,
    held.tier AS tier_before, held.limit_fen AS limit_before
FROM (SELECT *, {_REASONS} AS reasons FROM results) AS worked
JOIN facts.{SPINE} AS spine USING (customer_id)
LEFT JOIN profile AS held USING (customer_id)
WHERE $everyone OR held.customer_id IS NULL OR NOT (
    worked.tier = held.tier AND worked.stage = held.stage AND worked.grade = coalesce(held.grade, 'none')
    AND worked.score_points = held.score AND worked.limit_fen = held.limit_fen
    AND worked.rate_bp IS NOT DISTINCT FROM held.rate_bp AND worked.contact_days = held.contact_days
    AND worked.visit_days = held.visit_days AND worked.tag_words = held.tag_words
    AND worked.event_words = held.event_words AND worked.product_words = held.product_words
    AND worked.offer_words = held.offer_words
    AND worked.reasons = held.reasons)
"""  # noqa: S608 - constants of ours
IN_FORCE = (
    "SELECT customer_id, tier, stage, grade, score, limit_fen, rate_bp, contact_days, visit_days, tag_words,"
    " event_words, product_words, offer_words, CAST(reasons AS text) AS reasons, version FROM profile"
)
_ORDERED = """
CREATE TABLE ordered AS
SELECT customer_id, row_number() OVER (ORDER BY grid_id NULLS LAST, customer_id) AS place FROM changed
"""
_ROWS = """
SELECT c.customer_id, c.inputs_revision, to_json(f), c.tier, c.stage, c.grade, c.score_points, c.limit_fen,
    c.rate_bp, c.contact_days, c.visit_days, c.tag_words, c.reason_codes, c.reason_amounts_fen,
    c.event_words, c.product_words, c.offer_words
FROM ordered JOIN changed AS c USING (customer_id)
JOIN (SELECT * EXCLUDE (inputs_revision) FROM features) AS f USING (customer_id)
WHERE place > $after AND place <= $after + $many
ORDER BY place
"""


class Bulk:
    """One run: `fetch`, `work_out`, `moves`, `changed`, in this order. `threads`: else as many as cores."""

    #: what is copied beside the sources
    BESIDE: ClassVar[Mapping[str, str]] = {"profile": IN_FORCE}

    def __init__(self, folder: Path | None = None, memory: str = MEMORY, threads: int | None = None) -> None:
        with ExitStack() as undo:
            at = self._made(folder, undo)
            beside = {} if threads is None else {"threads": threads}
            self._db = undo.enter_context(
                closing(
                    duckdb.connect(
                        ":memory:",
                        config={"memory_limit": memory, "temp_directory": str(at / "spilled"), **beside},
                    )
                )
            )
            # a run that is stopped has a thread at work here, and closing waits for what it does
            undo.callback(self._db.interrupt)
            # nothing of the catalogue may reach a file or a variable of ours, whatever got past the checker
            for setting in ("enable_external_access", "python_enable_replacements"):
                self._db.execute(f"SET {setting} = false")
            self._db.execute("SET lock_configuration = true")
            self._undo = undo.pop_all()
        self._source_rows = 0
        self._stopped = False

    @staticmethod
    def _made(folder: Path | None, undo: ExitStack) -> Path:
        """A folder of the run's own, locked as long as the process lives, whatever ends it."""
        if folder is None:
            return Path(undo.enter_context(TemporaryDirectory(prefix=PREFIX)))
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _one_at_a_time(folder):
            _sweep(folder)
            own = TemporaryDirectory(prefix=PREFIX, dir=folder)
            lock = undo.enter_context((Path(own.name) / "lock").open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        return Path(undo.enter_context(own))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._undo.close()

    def interrupt(self) -> None:
        """From another thread: ends what is under way with an exception there. Raises nothing."""
        self._stopped = True
        self._db.interrupt()

    def fetch(self, url: str, *catalogues: Catalogue, zone: str = DEFAULT_ZONE) -> None:
        """Copies what the catalogues may read, and the results in force, all of one moment.

        `url`: of the login that only reads (SQLAlchemy's spelling); `zone`: the bank's. Raises
        adbc_driver_manager.Error.
        """
        queries = _queries(catalogues)
        with of_one_moment(url, {**queries, **COPIED, **self.BESIDE}, zone) as reading:
            self.store(reading.batches())
        self._source_rows = sum(self._count(table) for table in queries)

    def store(self, batches: Iterable[tuple[str, pa.Table, bool]]) -> None:
        """Puts rows into tables: (table, rows, whether it is the table's first). DuckDB is spoken to by this
        thread alone: it takes Python's lock for Arrow and locks of its own for tables, and two threads could
        wait for each other."""
        self._db.execute("CREATE SCHEMA IF NOT EXISTS facts")
        for table, rows, is_first in batches:
            if self._stopped:
                raise duckdb.InterruptException("stopped")
            self._db.register("incoming", rows)
            verb = f"CREATE TABLE {table} AS" if is_first else f"INSERT INTO {table}"
            self._db.execute(f"{verb} SELECT * FROM incoming")  # noqa: S608 - names of ours
            self._db.unregister("incoming")

    def _count(self, table: str, where: str = "true") -> int:
        found = self._db.execute(f"SELECT count(*) FROM {table} WHERE {where}").fetchone()  # noqa: S608
        assert found is not None
        return int(found[0])

    def freeze(self, figures: Sequence[Frozen], as_of: date, *, afresh: bool = True) -> list[Figure]:
        """A run over everybody in the copy, before `work_out`, as `bulk_frozen.freeze` says."""
        return freeze(self._db, figures, as_of, afresh=afresh)

    def work_out(self, statements: Compiled, as_of: date, *, everyone: bool = False) -> None:
        """Features, results, and which of them differ; `everyone`: as if all did. Raises BeyondBounds."""
        self.calculate(statements.nightly, as_of)
        self.compare(everyone=everyone)

    def calculate(self, statements: OverTables, as_of: date) -> None:
        """The tables `features` and `results` out of `facts.*`. Raises BeyondBounds."""
        given = {"as_of": as_of}
        try:
            self._db.execute(f"CREATE OR REPLACE TABLE features AS {statements.features}", given)
            self._db.execute(f"CREATE OR REPLACE TABLE results AS {statements.results}", given)
        except OUT_OF_BOUNDS as error:
            raise BeyondBounds(str(error).splitlines()[0]) from error

    def rows(self, query: str, given: Mapping[str, Any]) -> pa.RecordBatchReader:
        """What a query of ours finds, batch by batch; to be read before the next one is asked."""
        return self._db.execute(query, given).to_arrow_reader()

    def compare(self, *, everyone: bool = False) -> int:
        """How many rows of `results` are others than those in force (`profile`), or not there yet."""
        self._db.execute(_CHANGED, {"everyone": everyone})
        return self._count("changed")

    def leave_out_beyond(self, statements: Compiled, as_of: date, most: int) -> tuple[UUID, ...]:
        """After BeyondBounds: the customers at whom `work_out` stops, no longer in the copy. Raises
        BeyondBounds where they are more than `most`."""
        return leave_out(self._db, statements.nightly, as_of, most)

    def moves(self, version: int, *, went_through: bool = False) -> Moves:
        """What `work_out` found, with catalogue `version`. `went_through`: a run of it has gone over
        everybody, so that results of earlier versions are as it would make them."""
        same = "true" if went_through else f"version = {int(version)}"
        known = "version_before IS NOT NULL" if went_through else f"version_before = {int(version)}"
        return Moves(
            self._count(f"facts.{SPINE}"),
            self._source_rows,
            self._count("changed"),
            self._count("profile", same),
            self._count("changed", f"{known} AND tier <> tier_before"),
            self._count("changed", f"{known} AND limit_fen = 0 AND limit_before > 0"),
        )

    def changed(self, at_once: int) -> Iterator[list[tuple[FeatureRow, Result]]]:
        """The results that differ with the features they came from, grid by grid, up to `at_once` a time."""
        self._db.execute(_ORDERED)
        for after in range(0, self._count("ordered"), SORTED):
            cursor = self._db.execute(_ROWS, {"after": after, "many": SORTED})
            while rows := cursor.fetchmany(at_once):
                yield [(FeatureRow(row[0], row[1], row[2]), _result(row[3:])) for row in rows]


def query_of(source: Source, *beside: str) -> str:
    """Reads `beside` and the source's columns, in this order."""
    # names are the catalogue's own, checked by its schema
    return f"SELECT {', '.join((*beside, *source.columns))} FROM facts.{source.name}"  # noqa: S608


def _queries(catalogues: Sequence[Catalogue]) -> dict[str, str]:
    """Table → query of every source, with all columns that one of the catalogues may read."""
    merged: dict[str, Source] = {}
    for catalogue in catalogues:
        for name, source in catalogue.sources.items():
            before = merged.get(name, source)
            merged[name] = replace(source, columns={**before.columns, **source.columns})
    return {
        f"facts.{name}": query_of(source, "customer_id", *_BESIDE.get(name, ()))
        for name, source in merged.items()
    }


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """A folder that was just made has no lock yet: nobody sweeps meanwhile."""
    at = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(at, fcntl.LOCK_EX)
        yield
    finally:
        os.close(at)


def _sweep(folder: Path) -> None:
    """Removes what runs left whose process is gone; what another user's run left is for that user's next."""
    for left in folder.glob(f"{PREFIX}*"):
        try:
            with (left / "lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, FileNotFoundError, PermissionError):
            continue
        shutil.rmtree(left, ignore_errors=True)


def _result(row: tuple[Any, ...]) -> Result:
    tier, stage, grade, score, limit, rate, contact, visit, tags, codes, amounts, *words = row
    events, products, offers = (tuple(one) for one in words)
    return Result(
        tier,
        stage,
        grade,
        score,
        limit,
        rate,
        contact,
        visit,
        tuple(tags),
        tuple(zip(codes, amounts, strict=True)),
        events,
        products,
        offers,
    )
