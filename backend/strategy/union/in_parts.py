"""The union by DuckDB's statements, part by part, each a task of Spark's that needs nothing but its part."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import parquet

from backend.strategy.bulk import Bulk
from backend.strategy.compiler import OverTables, compile_catalogue
from backend.strategy.definitions import SPINE
from backend.strategy.errors import BeyondBounds
from backend.strategy.union.layout import PARTS, SHARED, Union

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True)
class _Task:
    """What one task has to do, on whatever machine: all that it needs beside the folders."""

    name: str
    statements: OverTables
    as_of: date
    schemas: Mapping[str, pa.Schema]
    files: Mapping[str, Sequence[Path]]
    banks: Sequence[str]
    out: Path

    def __call__(self) -> str | None:
        """Works out and writes; what is wrong with an amount, if something is."""
        # Spark gives each task a core
        with Bulk(threads=1) as bulk:
            bulk.store(self._batches())
            try:
                bulk.calculate(self.statements, self.as_of)
            except BeyondBounds as error:
                return str(error)
            for bank in self.banks:
                for table in ("features", "results"):
                    self._write(bulk, table, bank)
        return None

    def _batches(self) -> Iterator[tuple[str, pa.Table, bool]]:
        for source, schema in self.schemas.items():
            yield f"facts.{source}", schema.empty_table(), True
            for path in self.files[source]:
                # rows go in by their place, whatever order a bank's columns have
                yield f"facts.{source}", parquet.ParquetFile(path).read().select(schema.names), False

    def _write(self, bulk: Bulk, table: str, bank: str) -> None:
        query = (
            f"SELECT one.* FROM {table} AS one JOIN facts.{SPINE} AS c USING (customer_id)"  # noqa: S608
            " WHERE c.bank = $bank"
        )
        folder = self.out / table / f"bank={bank}"
        folder.mkdir(parents=True, exist_ok=True)
        rows = bulk.rows(query, {"bank": bank})
        with parquet.ParquetWriter(folder / f"{self.name}.parquet", rows.schema, compression="zstd") as file:
            for batch in rows:
                file.write_batch(batch)


def work_out(spark: "SparkSession", union: Union, out: Path) -> None:
    """Writes `out`/features and `out`/results, a folder for each bank. Raises BeyondBounds."""
    context = spark.sparkContext
    count = min(PARTS, context.defaultParallelism)
    statements = compile_catalogue(union.catalogue).nightly
    tasks = [_task(union, statements, one, range(one, PARTS, count), out) for one in range(count)]
    said = context.parallelize(tasks, count).map(lambda task: task()).collect()
    wrong = [one for one in said if one is not None]
    if wrong:
        raise BeyondBounds(wrong[0])


def _task(union: Union, statements: OverTables, number: int, parts: Sequence[int], out: Path) -> _Task:
    schemas = union.schemas()
    return _Task(
        f"part-{number:02}",
        statements,
        union.as_of,
        schemas,
        {name: union.files(name, range(PARTS) if name in SHARED else parts) for name in schemas},
        [bank.bank for bank in union.banks],
        out,
    )
