"""The union by Spark's own SQL: both statements over all banks at once."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from backend.strategy.compiler import compile_for_spark
from backend.strategy.definitions import SPINE
from backend.strategy.errors import BeyondBounds
from backend.strategy.union.layout import Union

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

#: source rows that a task takes on after a shuffle
ROWS_TOGETHER = 1_000_000
_TYPES = {
    pa.string(): "string",
    pa.int64(): "bigint",
    pa.float64(): "double",
    pa.bool_(): "boolean",
    pa.date32(): "date",
}
#: a bank's folder below features and results
BY_BANK = "bank"


def work_out(spark: "SparkSession", union: Union, out: Path) -> None:
    """Writes `out`/features and `out`/results, a folder for each bank. Raises BeyondBounds."""
    from pyspark.errors import ArithmeticException, NumberFormatException

    statements = compile_for_spark(union.catalogue)
    given: dict[str, Any] = {"as_of": union.as_of}
    for name, schema in union.schemas().items():
        # the columns were looked through already; Spark would open every file to find them
        columns = ", ".join(f"{field.name} {_TYPES[field.type]}" for field in schema)
        rows = spark.read.schema(columns).parquet(*(f"file://{folder}" for folder in union.folders(name)))
        rows.createOrReplaceTempView(f"facts_{name}")
    spark.conf.set("spark.sql.shuffle.partitions", _shuffled(spark, union))
    banks = spark.sql(f"SELECT customer_id, {BY_BANK} FROM facts_{SPINE}")  # noqa: S608 - names of ours
    try:
        for table, statement in (("features", statements.features), ("results", statements.results)):
            found = spark.sql(statement, args=given).join(banks, "customer_id")
            path = f"file://{out / table}"
            _write(found, path)
            # the second statement reads what the first wrote, or Spark would work it out again
            spark.read.parquet(path).createOrReplaceTempView(table)
    except (ArithmeticException, NumberFormatException) as error:
        raise BeyondBounds(str(error).splitlines()[0]) from error


def _shuffled(spark: "SparkSession", union: Union) -> int:
    """Partitions in which the rows of a customer meet: each costs some tenths of a second by itself."""
    rows = sum(sum(bank.rows.values()) for bank in union.banks)
    return max(spark.sparkContext.defaultParallelism, rows // ROWS_TOGETHER)


def _write(found: "DataFrame", path: str) -> None:
    found.write.partitionBy(BY_BANK).parquet(path)
