"""Everybody's row, or some people's, out of PostgreSQL as the packed columns take it.

By COPY in its binary form, with columns of one width each, so that what arrives is read where it lies: no
value becomes an object.
"""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
import numpy as np

from backend.audience.packing import CODES, FIGURES, NOBODY, SPELT, UNKNOWN, Rows, code_numbers, row_type
from backend.audience.scanning import LAST_VISIT, OF_CUSTOMERS
from backend.audience.tree import Vocabulary

_HEAD, _TAIL = 19, 2
_WIDTHS: dict[str, str] = (
    dict.fromkeys(CODES, ">i4") | dict.fromkeys(map(str, FIGURES), ">i8") | {SPELT: ">u8"}
)
#: the first eight bytes of how a name is spelt, small ones before large ones as the texts stand in the index
_SPELT = "('x' || rpad(encode(substr(convert_to(c.pinyin, 'UTF8'), 1, 8), 'hex'), 16, '0'))::bit(64)::bigint"
_SOURCES = {"limit_fen": "p.limit_fen", "rate_bp": "p.rate_bp", "score": "p.score", "visited_at": LAST_VISIT}


class _Arriving:
    """Takes what PostgreSQL sends and keeps whole rows, without the lengths between their values."""

    def __init__(self, kept: "np.dtype[Any]") -> None:
        words = kept["words"].shape[0]
        sent: list[tuple[str, str]] = [("fields", ">i2")]
        for name in kept.names or ():
            if name != "words":
                width = _WIDTHS.get(name, "V16")
                sent += [(f"length of {name}", ">i4"), (name, width)]
        for word in range(words):
            sent += [(f"length of {word}", ">i4"), (f"word {word}", ">u8")]
        self._sent, self._kept, self._words = np.dtype(sent), kept, words
        self._parts: list[Rows] = []
        self._rest, self._to_skip = b"", _HEAD

    async def __call__(self, data: bytes) -> None:
        data = self._rest + data
        skipped = min(self._to_skip, len(data))
        self._to_skip -= skipped
        width = self._sent.itemsize
        many = (len(data) - skipped) // width
        end = skipped + many * width
        self._rest = data[end:]
        sent = np.frombuffer(data[skipped:end], self._sent)
        rows = np.empty(many, self._kept)
        for name in self._kept.names or ():
            if name != "words":
                rows[name] = sent[name]
        for word in range(self._words):
            rows["words"][:, word] = sent[f"word {word}"]
        self._parts.append(rows)

    def rows(self) -> Rows:
        if len(self._rest) != _TAIL:
            raise RuntimeError("what PostgreSQL sent does not end where a row does")
        return np.concatenate(self._parts) if self._parts else np.empty(0, self._kept)


async def read(
    connection: "asyncpg.Connection", words: Vocabulary, ids: Sequence[UUID] | None = None
) -> Rows:
    """Rows of the active customers, or of those of `ids` who are. The connection needs the system's sight."""
    many = max(words.bits.values(), default=0) // 64 + 1
    arriving = _Arriving(row_type(many))
    given = () if ids is None else (list(ids),)
    await connection.copy_from_query(
        _query(words, many, some=ids is not None), *given, output=arriving, format="binary"
    )
    # beside the event loop: of a large bank it is a hundred megabytes
    return await asyncio.to_thread(arriving.rows)


def _query(words: Vocabulary, many: int, *, some: bool) -> str:
    columns = ["c.id", "c.branch_id"]
    columns += [f"coalesce(c.{name}, '{NOBODY}'::uuid)" for name in ("grid_id", "owner_id")]
    columns += [f"coalesce({_SOURCES[name]}, {UNKNOWN}::bigint)" for name in FIGURES]
    columns.append(_SPELT)
    for name, codes in code_numbers(words).items():
        of = "c" if name == "kind" else "p"
        known = ", ".join(_literal(code) for code in codes)
        columns.append(f"coalesce(array_position(ARRAY[{known}], {of}.{name}), 0)")
    columns += [f"coalesce(p.tag_words[{word + 1}], 0::bigint)" for word in range(many)]
    only = " AND c.id = ANY($1::uuid[])" if some else ""
    return f"SELECT {', '.join(columns)} {OF_CUSTOMERS} WHERE c.status = 'active'{only}"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
