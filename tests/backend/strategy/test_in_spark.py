"""Spark means by the nodes what DuckDB means: groups, texts, days; too large an amount is an error."""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from backend.strategy.language.nodes import (
    Aggregate,
    Aggregated,
    Call,
    Expr,
    Literal,
    Op,
    Type,
    code,
    integer,
)
from backend.strategy.language.sql import DUCKDB, SPARK, Dialect, lower
from backend.strategy.union.session import session
from tests.backend.strategy.arithmetic import cases
from tests.support.java import needs_java

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [pytest.mark.slow, needs_java, pytest.mark.filterwarnings("ignore:PySpark does not yet fully")]

DAYS = [date(*day) for day in ((1899, 12, 31), (1970, 1, 1), (2024, 2, 29), (2025, 2, 28), (2026, 3, 1))]
TEXTS = ("it's", 'a "quoted" one', "back\\slash", "\\n", "a\nb", "汪德海", "", "100 %", "$as_of :as_of")


@pytest.fixture(scope="module")
def spark() -> "Iterator[SparkSession]":
    with session("local[1]") as spark:
        yield spark


def selected(exprs: list[Expr], dialect: Dialect) -> str:
    return "SELECT " + ", ".join(
        f"{lower(expr, dialect).sql(dialect.name)} AS c{place}" for place, expr in enumerate(exprs)
    )


def both(spark: "SparkSession", exprs: list[Expr]) -> tuple[list[Any], list[Any]]:
    """One row of values: DuckDB's and Spark's."""
    (one,) = duckdb.connect().execute(selected(exprs, DUCKDB)).fetchall()
    (other,) = spark.sql(selected(exprs, SPARK)).collect()
    return list(one), list(other)


def test_spark_groups_as_the_tree_does(spark: "SparkSession") -> None:
    (row,) = spark.sql(selected([expr for expr, _ in cases()], SPARK)).collect()
    assert list(row) == [value for _, value in cases()]


def test_texts_are_what_they_are(spark: "SparkSession") -> None:
    """Quotes and backslashes: Spark reads them by a setting that the session pins."""
    one, other = both(spark, [code(text) for text in TEXTS])
    assert one == other == list(TEXTS)


def test_days_months_and_years_are_counted_alike(spark: "SparkSession") -> None:
    days = [Literal(day, Type.date) for day in DAYS]
    ops = (Op.days_between, Op.months_between, Op.years_between)
    exprs: list[Expr] = [Call(op, (one, other), Type.bigint) for op in ops for one in days for other in days]
    one, other = both(spark, exprs)
    assert one == other
    assert one[1] == (DAYS[1] - DAYS[0]).days


def test_what_is_unknown_stays_so(spark: "SparkSession") -> None:
    unknown = Literal(None, Type.bigint)
    exprs: list[Expr] = [
        Call(Op.least, (unknown, integer(3)), Type.bigint),
        Call(Op.greatest, (integer(-3), unknown), Type.bigint),
        Call(Op.ratio, (integer(1), integer(0)), Type.double),
        Call(Op.ratio, (integer(10), integer(3)), Type.double),
        Call(Op.within, (unknown, integer(3)), Type.boolean),
        Call(Op.coalesce, (unknown, integer(5)), Type.bigint),
    ]
    one, other = both(spark, exprs)
    assert one == other == [3, -3, None, 10 / 3, None, 5]


@pytest.mark.parametrize("op", [Op.add, Op.multiply])
def test_an_amount_beyond_all_bounds_is_an_error(spark: "SparkSession", op: Op) -> None:
    from pyspark.errors import ArithmeticException

    most = integer(2**63 - 1)
    with pytest.raises(ArithmeticException, match="overflow"):
        spark.sql(selected([Call(op, (most, most), Type.bigint)], SPARK)).collect()
    summed = lower(Aggregated(Aggregate.sum, most, Type.bigint), SPARK).sql("spark")
    with pytest.raises(ArithmeticException, match="overflow"):
        spark.sql(f"SELECT {summed} FROM range(2)").collect()
