"""The folder in which banks put their exports, and whether what lies there can be worked out.

    FOLDER/<bank>/export.json               which catalogue, which day, how many rows
    FOLDER/<bank>/<source>/part-07.parquet  rows of facts.<source>, by the last byte of the customer's id
    FOLDER/<bank>/in_force/part-07.parquet  the results in force at that moment
    FOLDER/<bank>/place/part-00.parquet     where the bank's grids lie, all in one part
    FOLDER/<bank>/frozen/part-00.parquet    what its run over the population in force says of these places

The rows of a customer lie in the part of the same number in every source.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec
import pyarrow as pa
from pyarrow import parquet

from backend.strategy.definitions import SPINE, Catalogue, Source
from backend.strategy.documents import CatalogueError
from backend.strategy.language.nodes import Type
from backend.strategy.loader import digest, load

#: of each source; at most so many tasks can share the work. A power of two below 257
PARTS = 32
MANIFEST = "export.json"
IN_FORCE = "in_force"
#: what is no customer's: the same for all tasks; places are told apart by bank
SHARED: Mapping[str, pa.Schema] = {
    "place": pa.schema(
        [(name, pa.string()) for name in ("grid_id", "grid", "area_code", "township", "bank")]
    ),
    "frozen": pa.schema(
        [
            *((name, pa.string()) for name in ("level", "place", "definition")),
            ("amount", pa.int64()),
            ("frozen_on", pa.date32()),
        ]
    ),
}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ARROW: Mapping[Type, pa.DataType] = {
    Type.bigint: pa.int64(),
    Type.double: pa.float64(),
    Type.boolean: pa.bool_(),
    Type.text: pa.string(),
    Type.date: pa.date32(),
}
_MANY = 5


class UnionError(Exception):
    """What is wrong with exports, folders or the machine, and what to do about it. Nothing was written."""


class Manifest(msgspec.Struct, frozen=True):
    """What an export is of. `catalogue`: YAML by path; `rows` by source, with the results in force."""

    bank: str
    as_of: date
    catalogue: dict[str, str]
    rows: dict[str, int]


@dataclass(frozen=True)
class Union:
    """Exports that fit together, and the day to work them out for."""

    folder: Path
    banks: tuple[Manifest, ...]
    as_of: date
    #: the one that all of them go by
    catalogue: Catalogue

    def folders(self, source: str) -> list[Path]:
        """Where the banks' rows of `source` lie."""
        return [self.folder / bank.bank / source for bank in self.banks]

    def schemas(self) -> dict[str, pa.Schema]:
        """The columns of everything that is read, by name."""
        return {name: schema_of(source) for name, source in self.catalogue.sources.items()} | dict(SHARED)

    def files(self, source: str, parts: Sequence[int]) -> list[Path]:
        """Those of `parts` that are there: a part without rows has no file."""
        paths = (folder / part_name(part) for folder in self.folders(source) for part in parts)
        return [path for path in paths if path.exists()]


def part_name(part: int) -> str:
    """The file of a part."""
    return f"part-{part:02}.parquet"


def checked_name(bank: str) -> str:
    """`bank`, as a folder may be called. Raises UnionError."""
    if not _NAME.fullmatch(bank) or bank == IN_FORCE:
        raise UnionError(
            f"{bank} cannot be a bank's name here: small letters, digits and _, a letter first, at most 40."
        )
    return bank


def schema_of(source: Source) -> pa.Schema:
    """The columns of a source's files; the spine says beside them whose customer it is."""
    beside = [("customer_id", pa.string())]
    if source.name == SPINE:
        beside += [("inputs_revision", pa.int64()), ("grid_id", pa.string()), ("bank", pa.string())]
    return pa.schema(beside + [(name, _ARROW[column.type]) for name, column in source.columns.items()])


def opened(folder: Path, as_of: date | None = None) -> Union:
    """The exports in `folder`, all looked through. `as_of`: else the exports' own day. Raises UnionError."""
    banks = tuple(_manifest(path) for path in sorted(folder.glob(f"*/{MANIFEST}")))
    if not banks:
        raise UnionError(f"No bank's export lies in {folder}. Make one: tiange strategy union export")
    first = banks[0]
    others = [bank.bank for bank in banks if digest(bank.catalogue) != digest(first.catalogue)]
    if others:
        raise UnionError(
            f"{', '.join(others)}: exported with another catalogue than {first.bank}. Let all banks go by one"
            " version of Tiange and export anew."
        )
    days = {bank.as_of for bank in banks}
    if as_of is None and len(days) > 1:
        told = ", ".join(f"{bank.bank} {bank.as_of}" for bank in banks)
        raise UnionError(f"The exports are of several days ({told}). Say for which to work out: --as-of")
    try:
        union = Union(folder, banks, as_of or first.as_of, load(first.catalogue))
    except CatalogueError as error:
        raise UnionError(f"This version cannot read the catalogue of {first.bank}: {error}") from error
    wrong = list(_faults(union))
    if wrong:
        more = f"\n… and {len(wrong) - _MANY} more" if len(wrong) > _MANY else ""
        raise UnionError("\n".join(wrong[:_MANY]) + more + "\nLet the bank export anew.")
    return union


def _manifest(path: Path) -> Manifest:
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise UnionError(f"{path} cannot be read ({error}). Let the bank export anew.") from error
    if found.bank != path.parent.name:
        raise UnionError(f"{path.parent} holds the export of {found.bank}. Give the folder that name again.")
    return found


def _faults(union: Union) -> Iterator[str]:
    for bank in union.banks:
        if not bank.rows.get(SPINE):
            yield f"{bank.bank} exported no customers."
        for source in union.catalogue.sources.values():
            yield from _faults_of(union.folder / bank.bank / source.name, schema_of(source), bank)
        for name, schema in SHARED.items():
            yield from _faults_of(union.folder / bank.bank / name, schema, bank)
        yield from _faults_of(union.folder / bank.bank / IN_FORCE, None, bank)


def _faults_of(folder: Path, schema: pa.Schema | None, bank: Manifest) -> Iterator[str]:
    """What is wrong with one source of a bank: its columns (where they are known), its rows."""
    files = sorted(folder.glob("part-*.parquet"))
    if not files:
        yield f"{bank.bank} lacks {folder.name}: there is no Parquet file in {folder}."
        return
    rows = 0
    for path in files:
        try:
            with parquet.ParquetFile(path) as file:
                rows += file.metadata.num_rows
                found = file.schema_arrow
        except (OSError, pa.ArrowInvalid) as error:
            yield f"{path} is no Parquet file or was cut off ({str(error).splitlines()[0]})."
            return
        wrong = [] if schema is None else list(_differences(found, schema))
        if wrong:
            yield f"{path}: {', '.join(wrong)}."
            return
    if rows != bank.rows.get(folder.name):
        yield f"{folder} has {rows} rows where {bank.rows.get(folder.name, 'no')} were exported."


def _differences(found: pa.Schema, wanted: pa.Schema) -> Iterator[str]:
    for field in wanted:
        place = found.get_field_index(field.name)
        if place < 0:
            yield f"there is no column {field.name}"
        elif found.field(place).type != field.type:
            yield f"{field.name} is {found.field(place).type} instead of {field.type}"
