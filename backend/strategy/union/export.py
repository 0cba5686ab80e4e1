"""One bank's sources as Parquet, in one snapshot, for the union. Reads only.

What goes out is what the catalogue may read: ids, codes, amounts and days, dates of birth among them; no
names, no ID numbers, no phones, no addresses.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from backend.strategy import bulk
from backend.strategy.definitions import SPINE, Source
from backend.strategy.loader import load
from backend.strategy.reading import of_one_moment
from backend.strategy.union.layout import (
    IN_FORCE,
    MANIFEST,
    PARTS,
    Manifest,
    UnionError,
    checked_name,
    part_name,
)

_TEXT = "CAST(customer_id AS text) AS customer_id"
_PART = "get_byte(uuid_send(customer_id), 15) AS part"
_GRID = "CAST(grid_id AS text) AS grid_id"
_SHARED = {
    "place": f"SELECT {_GRID}, grid, area_code, township, bank, 0 AS part FROM facts.place",  # noqa: S608
    "frozen": "SELECT level, place, definition, amount, frozen_on, 0 AS part FROM facts.frozen",
}
#: columns that name a place: of two banks two, whatever they are called
_PLACES = {"place": ("grid", "area_code", "township", "bank"), "frozen": ("place",)}
_HELD = f"SELECT CAST(customer_id AS text) AS id, {_PART}, held.* FROM ({bulk.IN_FORCE}) AS held"  # noqa: S608


def export(
    url: str, bank: str, folder: Path, catalogue: Mapping[str, str], as_of: date, zone: str
) -> Manifest:
    """Writes `folder`/`bank`, whole or not at all, for its owner's eyes alone.

    `url`: of the login that only reads; `catalogue`: YAML by path, which goes along; `zone`: the bank's.
    Raises UnionError, adbc_driver_manager.Error.
    """
    final = folder / checked_name(bank)
    if final.exists():
        raise UnionError(f"{final} is there already. Move it away, or export into another folder.")
    sources = load(catalogue).sources.values()
    queries = {source.name: _query(source) for source in sources} | {IN_FORCE: _HELD} | _SHARED
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".export-", dir=folder) as making:
        made = Path(making) / bank
        made.mkdir(mode=0o700)
        with ExitStack() as open_files:
            writers = {name: _Source(made / name, open_files) for name in queries}
            with of_one_moment(url, queries, zone) as reading:
                for name, rows, _ in reading.batches():
                    writers[name].write(_plain(name, rows, bank))
            for writer in writers.values():
                writer.finish()
        rows_of = {name: writer.rows for name, writer in writers.items()}
        manifest = Manifest(bank, as_of, dict(catalogue), rows_of)
        (made / MANIFEST).write_bytes(msgspec.json.encode(manifest))
        try:
            made.rename(final)
        except OSError as error:
            raise UnionError(f"{final} cannot be made ({error.strerror}).") from error
    return manifest


def _query(source: Source) -> str:
    beside = (_TEXT, _PART, *(("inputs_revision", _GRID) if source.name == SPINE else ()))
    return bulk.query_of(source, *beside)


def _plain(name: str, rows: pa.Table, bank: str) -> pa.Table:
    if name == IN_FORCE:
        return rows.drop_columns(["customer_id"]).rename_columns({"id": "customer_id"})
    if name == SPINE:
        return rows.append_column("bank", pa.array([bank] * rows.num_rows, pa.string()))
    for column in _PLACES.get(name, ()):
        ours = pc.binary_join_element_wise(pa.scalar(bank), rows[column], ":")
        rows = rows.set_column(rows.schema.get_field_index(column), column, ours)
    return rows


class _Source:
    """The files of one source, a part each; `rows`: how many were written."""

    def __init__(self, folder: Path, open_files: ExitStack) -> None:
        folder.mkdir(mode=0o700)
        self.rows = 0
        self._folder = folder
        self._open_files = open_files
        self._writers: dict[int, parquet.ParquetWriter] = {}
        self._empty: pa.Table | None = None

    def write(self, rows: pa.Table) -> None:
        """Hands each row to its part."""
        self.rows += rows.num_rows
        if self._empty is None:
            self._empty = rows.drop_columns(["part"]).slice(0, 0)
        for part, some in _by_part(rows):
            self._writer(part).write_table(some)

    def finish(self) -> None:
        """A source without rows has a file that says its columns."""
        if not self._writers and self._empty is not None:
            self._writer(0).write_table(self._empty)

    def _writer(self, part: int) -> parquet.ParquetWriter:
        if part not in self._writers:
            assert self._empty is not None
            made = parquet.ParquetWriter(
                self._folder / part_name(part), self._empty.schema, compression="zstd"
            )
            self._writers[part] = self._open_files.enter_context(made)
        return self._writers[part]


def _by_part(rows: pa.Table) -> Iterator[tuple[int, pa.Table]]:
    parts = rows["part"].to_numpy() % PARTS
    ordered = rows.drop_columns(["part"]).take(pa.array(np.argsort(parts, kind="stable")))
    ends = np.cumsum(np.bincount(parts, minlength=PARTS))
    for part, end in enumerate(ends):
        begin = ends[part - 1] if part else 0
        if end > begin:
            yield part, ordered.slice(begin, end - begin)
