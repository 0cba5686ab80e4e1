"""A union's run over 100,000 customers of five banks on Spark: its own SQL against DuckDB's statements.

The base is the export of a demo county, each customer copied with ids of its own: four times in each of five
banks. Both ways read the same Parquet, on as many cores as there are, a session of Spark's each. The figure
is how many times faster the way is that the command takes by itself; all features and results are compared.
"""

import argparse
import datetime
import sys
import tempfile
import time
from pathlib import Path
from typing import get_args

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from backend.app import demo
from backend.kernel.settings import Settings
from backend.strategy.documents import shipped_files
from backend.strategy.union.export import export
from backend.strategy.union.layout import MANIFEST, Manifest, opened
from backend.strategy.union.running import Engine, run
from scripts.benches.support.bank import finish, say
from scripts.benches.support.servers import own_servers

BAR = 1.0
DAY = datetime.date(2026, 11, 21)


def _base(settings: Settings, folder: Path, county: int, seed: int, banks: int, copies: int) -> None:
    """Exports of so many banks, each so many times the county."""
    say("making the county …")
    demo.run(settings, county, seed, progress=lambda *_: None)
    with tempfile.TemporaryDirectory(prefix="tiange-bench-") as scratch:
        one = export(
            settings.database_url_nightly, "one", Path(scratch), shipped_files(), DAY, settings.timezone
        )
        say(f"{banks} banks of {copies * one.rows['customer']} customers …")
        for bank in range(banks):
            _copied(
                Path(scratch) / "one", folder / f"bank_{bank}", one, range(bank * copies, (bank + 1) * copies)
            )


def _copied(one: Path, to: Path, manifest: Manifest, copies: range) -> None:
    """An export of as many customers for each of `copies`, whose numbers their ids begin with."""
    for path in sorted(one.glob("*/*.parquet")):
        rows = parquet.ParquetFile(path).read()
        (to / path.parent.name).mkdir(parents=True, exist_ok=True)
        parquet.write_table(
            pa.concat_tables(_owned(rows, copy, to.name, path.parent.name) for copy in copies),
            to / path.parent.name / path.name,
        )
    counts = {name: count * len(copies) for name, count in manifest.rows.items()}
    made = msgspec.structs.replace(manifest, bank=to.name, rows=counts)
    (to / MANIFEST).write_bytes(msgspec.json.encode(made))


#: columns that name a grid or a place, by what a file is of: each copy lies in places of its own
_PLACES = {"place": ("grid_id", "grid", "area_code", "township", "bank"), "frozen": ("place",)}


def _owned(rows: pa.Table, copy: int, bank: str, of: str) -> pa.Table:
    def change(column: str, values: pa.Array) -> pa.Table:
        return rows.set_column(rows.schema.get_field_index(column), column, values)

    for column in _PLACES.get(of, ("grid_id",) if "grid_id" in rows.column_names else ()):
        rows = change(column, pc.binary_join_element_wise(pa.scalar(str(copy)), rows[column], ":"))
    if of in _PLACES:
        return rows
    # its last byte says in which part a customer lies
    rows = change("customer_id", pc.binary_replace_slice(rows["customer_id"], 0, 8, f"{copy:08x}"))
    if "bank" in rows.column_names:
        rows = change("bank", pa.array([bank] * rows.num_rows, pa.string()))
    return rows


def _same(one: Path, other: Path) -> int:
    """Rows of features and results that stand in one folder only."""
    apart = 0
    database = duckdb.connect()
    for table in ("features", "results"):
        rows = [f"SELECT * FROM read_parquet('{folder}/{table}/*/*.parquet')" for folder in (one, other)]
        columns = [name for name, *_ in database.execute(f"DESCRIBE {rows[0]}").fetchall()]
        picked = [f"SELECT {', '.join(columns)} FROM ({query})" for query in rows]
        for query in (f"{picked[0]} EXCEPT {picked[1]}", f"{picked[1]} EXCEPT {picked[0]}"):
            (count,) = database.execute(f"SELECT count(*) FROM ({query})").fetchone() or (0,)
            apart += count
    return apart


def main() -> None:
    """Measures and says the figure."""
    parser = argparse.ArgumentParser(prog="union")
    parser.add_argument("--county", type=int, default=5_000, help="customers of the county that is copied")
    parser.add_argument("--copies", type=int, default=4, help="of the county, in each bank")
    parser.add_argument("--banks", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    engines = get_args(Engine)
    with tempfile.TemporaryDirectory(prefix="tiange-bench-") as scratch:
        folder = Path(scratch) / "exports"
        with own_servers() as running:
            _base(running, folder, asked.county, asked.seed, asked.banks, asked.copies)
        rows = sum(sum(bank.rows.values()) for bank in opened(folder).banks)
        took: dict[str, float] = {}
        for engine in engines:
            began = time.perf_counter()
            found = run(folder, Path(scratch) / engine, "local[*]", engine, say=say)
            took[engine] = round(time.perf_counter() - began, 1)
            say(f"{engine}: {took[engine]} s")
        customers = sum(one.customers for one in found)
        apart = _same(*(Path(scratch) / engine for engine in engines))
    figure = round(took["spark"] / took["duckdb-per-partition"], 2)
    detail = {"customers": customers, "source_rows": rows, "seconds": took, "rows_that_differ": apart}
    finish("union", figure, "times", BAR, figure >= BAR and not apart, detail)


if __name__ == "__main__":
    main()
