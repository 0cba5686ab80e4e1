"""A Spark session that reckons as PostgreSQL and DuckDB do. Only this folder knows pyspark, when it runs."""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from backend.strategy.union.java import require_java
from backend.strategy.union.layout import UnionError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

EXTRA = "tiange[spark]"
_PINNED = {
    # an amount beyond all bounds is an error here too, not a null or a wrong sign
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    # the statements escape backslashes; a cluster that takes them as they stand would find other texts
    "spark.sql.parser.escapedStringLiterals": "false",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}
#: how a Python worker's and Java's own errors name what happened
_CAUSE = re.compile(
    r"^[\w.]*(?:Error|Exception): (?!An exception was thrown from the Python worker).+$", re.MULTILINE
)
#: of a master on this machine
_AT_HOME = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}


@contextmanager
def session(master: str) -> Iterator["SparkSession"]:
    """A session, ended with the block; what it spills lies in a folder of its owner's alone, gone afterwards.

    `master`: as Spark spells it: local[*], spark://host:7077, yarn. Raises UnionError.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise UnionError(f"Spark is not installed. Into this environment: pip install '{EXTRA}'") from error
    require_java()
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    at_home = master.startswith("local")
    if at_home:
        os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    with tempfile.TemporaryDirectory(prefix="tiange-spark-", ignore_cleanup_errors=True) as scratch:
        # a builder remembers its settings for the next: a new one each time
        builder: Any = SparkSession.Builder().master(master).appName("tiange union")
        given = _PINNED | (_AT_HOME if at_home else {}) | {"spark.sql.warehouse.dir": f"{scratch}/none"}
        for key, value in (given | ({"spark.local.dir": scratch} if at_home else {})).items():
            builder = builder.config(key, value)
        try:
            spark = builder.getOrCreate()
        except Exception as error:
            raise UnionError(f"Spark did not start with the master {master}: {_first_line(error)}") from error
        try:
            yield spark
        finally:
            spark.stop()


@contextmanager
def what_went_wrong() -> Iterator[None]:
    """Spark's own errors in a sentence: a machine was lost, or our libraries are missing on one."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (Py4JError, PySparkException) as error:
        told = _CAUSE.search(str(error))
        raise UnionError(f"Spark gave up: {told[0] if told else _first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
