"""A simulation's customers, one row each, before and after: written as it is made, read page by page. Pure.

A Parquet file in memory, those that move most first; a million customers take some 20 megabytes. It holds
ids, no names. Columns: `customer_id`, `branch_id` (16 bytes each), `tier_…` (its place among the result's
tiers), `limit_…` in fen, `rate_…` in basis points, each `…_was` and `…_will`; `gained_n`, `lost_n`: bits of
the turns by their place in `turns` of the file's metadata, 64 a column.
"""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

#: rows read at once, and kept in memory
GROUP = 50_000
WORD = 64
_TURNS = b"turns"
_SIDES = ("was", "will")
_ID = pa.binary(16)
Key = tuple[str, str]
Bits = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
Columns = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """A customer; tiers by their place among the result's; `gained`, `lost`: (kind, name) of turns."""

    customer_id: UUID
    branch_id: UUID | None
    tiers: tuple[int, int]
    limits: tuple[int, int]
    rates: tuple[int | None, int | None]
    gained: tuple[Key, ...]
    lost: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What picks rows: the columns that `where` looks at, and which rows of them it takes."""

    columns: tuple[str, ...]
    where: Callable[[Columns], Bits]


class Writer:
    """Takes rows in their order; `content` once all are there."""

    def __init__(self, keys: Sequence[Key]) -> None:
        self._out = io.BytesIO()
        self._words = -(-len(keys) // WORD)
        bits = [
            pa.field(f"{change}_{n}", pa.uint64(), False)
            for change in ("gained", "lost")
            for n in range(self._words)
        ]
        fields = [pa.field("customer_id", _ID, False), pa.field("branch_id", _ID)]
        fields += [pa.field(f"tier_{side}", pa.int8(), False) for side in _SIDES]
        fields += [pa.field(f"limit_{side}", pa.int64(), False) for side in _SIDES]
        fields += [pa.field(f"rate_{side}", pa.int32()) for side in _SIDES]
        said = {_TURNS: msgspec.json.encode(keys)}
        self._schema = pa.schema([*fields, *bits], metadata=said)
        self._file = pq.ParquetWriter(self._out, self._schema, compression="zstd")

    def add(self, batch: pa.RecordBatch, gained: Bits, lost: Bits) -> None:
        """Rows with the plain columns in `batch`, and a bit per key and customer in `gained` and `lost`."""
        names = [field.name for field in self._schema][: -2 * self._words or None]
        columns = [batch.column(name).cast(self._schema.field(name).type) for name in names]
        columns += [pa.array(word) for bits in (gained, lost) for word in _packed(bits, self._words)]
        self._file.write_table(pa.Table.from_arrays(columns, schema=self._schema), GROUP)

    def content(self) -> bytes:
        """The whole file."""
        self._file.close()
        return self._out.getvalue()


def _packed(bits: Bits, words: int) -> Iterator[np.ndarray[Any, Any]]:
    """Words of 64 bits, the first key lowest."""
    wide = np.pad(bits, ((0, 0), (0, words * WORD - bits.shape[1])))
    packed = np.ascontiguousarray(np.packbits(wide, axis=1, bitorder="little")).view("<u8")
    return (np.ascontiguousarray(packed[:, n]) for n in range(words))


def of_cell(before: int, after: int) -> Wanted:
    """Customers of one tier before and one after, by their places."""
    return Wanted(
        ("tier_was", "tier_will"), lambda of: (of["tier_was"] == before) & (of["tier_will"] == after)
    )


def of_band(value: str, side: str, over: int | None, up_to: int | None) -> Wanted:
    """Customers above `over` up to and with `up_to`. `value`: limit or rate, of those with a limit; `side`:
    was or will."""
    limit, name = f"limit_{side}", f"{value}_{side}"

    def where(of: Columns) -> Bits:
        found = np.ones(len(of[name]), bool) if value == "limit" else (of[limit] > 0) & (of[name] >= 0)
        if over is not None:
            found &= of[name] > over
        if up_to is not None:
            found &= of[name] <= up_to
        return found

    return Wanted(tuple({name, limit}), where)


def of_turn(content: bytes, key: Key, change: str) -> Wanted | None:
    """Customers who get (`gained`) or lose (`lost`) a tag, event, product or offer; None: it is not known."""
    keys = _keys(pq.ParquetFile(io.BytesIO(content)))
    if key not in keys:
        return None
    word, bit = divmod(keys.index(key), WORD)
    name = f"{change}_{word}"
    return Wanted((name,), lambda of: (of[name] >> np.uint64(bit)) & np.uint64(1) == 1)


def of_gate(value: str) -> Wanted:
    """Customers who come to another tier (`tier`), or lose their limit (`limit`)."""
    if value == "tier":
        return Wanted(("tier_was", "tier_will"), lambda of: of["tier_was"] != of["tier_will"])
    return Wanted(("limit_was", "limit_will"), lambda of: (of["limit_will"] == 0) & (of["limit_was"] > 0))


def of_branch(branch_id: UUID | None) -> Wanted:
    """Customers of a branch whose tier, limit or rate is another one."""
    names = ("branch_id", *(f"{value}_{side}" for value in ("tier", "limit", "rate") for side in _SIDES))
    wanted = None if branch_id is None else branch_id.bytes

    def where(of: Columns) -> Bits:
        moved = np.zeros(len(of["tier_was"]), bool)
        for value in ("tier", "limit", "rate"):
            moved |= of[f"{value}_was"] != of[f"{value}_will"]
        return np.asarray(moved & (of["branch_id"] == wanted), bool)

    return Wanted(names, where)


def page(content: bytes, wanted: Wanted, after: int, many: int) -> tuple[int, list[Row]]:
    """How many rows are meant, and those from place `after` on, up to `many`."""
    file = pq.ParquetFile(io.BytesIO(content))
    keys, found, rows = _keys(file), 0, list[Row]()
    for group in range(file.num_row_groups):
        plain = file.read_row_group(group, columns=list(wanted.columns))
        (places,) = np.nonzero(wanted.where({name: _values(plain.column(name)) for name in wanted.columns}))
        shown = places[max(0, after - found) : max(0, after + many - found)]
        found += len(places)
        if len(shown):
            whole = file.read_row_group(group).take(pa.array(shown))
            rows += [_row(one, keys) for one in whole.to_pylist()]
    return found, rows


def _keys(file: pq.ParquetFile) -> list[Key]:
    return msgspec.json.decode(file.schema_arrow.metadata[_TURNS], type=list[Key])


def _values(column: pa.ChunkedArray) -> np.ndarray[Any, Any]:
    """As numpy; a rate that is missing is −1, a branch None."""
    filled = column.fill_null(-1) if pa.types.is_signed_integer(column.type) else column
    found: np.ndarray[Any, Any] = filled.combine_chunks().to_numpy(zero_copy_only=False)
    return found


def _row(one: Mapping[str, Any], keys: Sequence[Key]) -> Row:
    was, will = (tuple(one[f"{value}_{side}"] for value in ("tier", "limit", "rate")) for side in _SIDES)
    (tiers, limits, rates) = zip(was, will, strict=True)
    branch = one["branch_id"]
    return Row(
        UUID(bytes=one["customer_id"]),
        None if branch is None else UUID(bytes=branch),
        tiers,
        limits,
        rates,
        *(tuple(key for n, key in enumerate(keys) if _has(one, change, n)) for change in ("gained", "lost")),
    )


def _has(one: Mapping[str, Any], change: str, place: int) -> bool:
    word, bit = divmod(place, WORD)
    return bool(one[f"{change}_{word}"] >> bit & 1)
