"""A union's run from the exports to its folder of results, and how they stand to those in force."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import pyarrow as pa
from pyarrow import parquet

from backend.strategy.bulk import Bulk
from backend.strategy.definitions import SPINE
from backend.strategy.errors import BeyondBounds
from backend.strategy.union import in_parts, in_spark
from backend.strategy.union.layout import IN_FORCE, Manifest, Union, UnionError, opened
from backend.strategy.union.session import session, what_went_wrong

Engine = Literal["spark", "duckdb-per-partition"]
_ENGINES = {"spark": in_spark.work_out, "duckdb-per-partition": in_parts.work_out}
_SHOWN = 5
_TWICE = (
    "SELECT customer_id, string_agg(bank, ', ' ORDER BY bank) AS banks FROM ids GROUP BY customer_id"
    " HAVING count(*) > 1 ORDER BY customer_id LIMIT $shown"
)


@dataclass(frozen=True, slots=True)
class Worked:
    """A bank's customers, and how many of them have another result in force, or none yet."""

    bank: str
    customers: int
    differ: int


def run(
    folder: Path,
    out: Path,
    master: str,
    engine: Engine,
    as_of: date | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> list[Worked]:
    """Works out all exports in `folder` into `out`, which is made whole or not at all:

        OUT/features/bank=<bank>/*.parquet   a row per customer, a column per feature
        OUT/results/bank=<bank>/*.parquet    tier, stage, grade, points, limit, rate, tags, reasons

    No bank's database is touched. Raises UnionError.
    """
    union = opened(folder, as_of)
    if out.exists():
        raise UnionError(f"{out} is there already. Move it away, or name another folder.")
    _told_twice(union)
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".union-", dir=out.parent) as making:
        made = Path(making) / out.name
        made.mkdir(mode=0o700)
        with session(master) as spark:
            say(f"Spark {spark.version} works out {len(union.banks)} banks for {union.as_of} …")
            try:
                with what_went_wrong():
                    _ENGINES[engine](spark, union, made)
            except BeyondBounds as error:
                raise UnionError(
                    f"Some customer's amounts are beyond all bounds: {error}. Each bank finds out whose by"
                    " itself: tiange recompute"
                ) from error
        found = [_compared(union, made, bank) for bank in union.banks]
        made.rename(out)
    return found


def _told_twice(union: Union) -> None:
    """Ids are unique over all banks, unless one bank's export lies there under two names."""
    with Bulk() as bulk:
        bulk.store(_ids(union))
        twice = bulk.rows(_TWICE, {"shown": _SHOWN}).read_all()
    if twice.num_rows:
        told = "; ".join(f"{row['customer_id']} ({row['banks']})" for row in twice.to_pylist())
        raise UnionError(f"Customers that are exported twice: {told}. Take one of the exports away.")


def _ids(union: Union) -> Iterator[tuple[str, pa.Table, bool]]:
    is_first = True
    for folder in union.folders(SPINE):
        for path in sorted(folder.glob("part-*.parquet")):
            yield "ids", parquet.ParquetFile(path).read(["customer_id", "bank"]), is_first
            is_first = False


def _compared(union: Union, out: Path, bank: Manifest) -> Worked:
    with Bulk() as bulk:
        bulk.store(_results(union, out, bank))
        differ = bulk.compare()
        (count,) = bulk.rows("SELECT count(*) AS n FROM results", {}).read_all()["n"].to_pylist()
    if count != bank.rows[SPINE]:
        raise UnionError(
            f"{bank.bank}: {count} results came of {bank.rows[SPINE]} customers. Some task's files are"
            " missing: every machine of the cluster must see the same folders."
        )
    return Worked(bank.bank, count, differ)


def _results(union: Union, out: Path, bank: Manifest) -> Iterator[tuple[str, pa.Table, bool]]:
    at = union.folder / bank.bank
    for table, folder in (
        (f"facts.{SPINE}", at / SPINE),
        ("profile", at / IN_FORCE),
        ("results", out / "results" / f"bank={bank.bank}"),
    ):
        paths = sorted(folder.glob("part-*.parquet"))
        for number, path in enumerate(paths):
            yield table, parquet.ParquetFile(path).read(), number == 0
