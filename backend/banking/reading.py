"""Reads a CSV file line by line, whatever its encoding and separator, and writes what was rejected of it.

A line is a row: a quote that is never closed costs its own line and no more.
"""

import csv
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.banking.errors import Faulty, bad_header, file_moved, no_rows, not_text
from backend.banking.rules import REASONS, UNREAD, Column, Kind, columns_of, normal_name, who_of

SEPARATORS = (",", ";", "\t", "|")
MOST_BYTES_A_LINE = 65_536
_BOM = b"\xef\xbb\xbf"
#: with these a spreadsheet begins a formula
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_FRONT = ("行号", "代码", "原因")


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was looked through. `places`: column → its place in a line; `size` in bytes."""

    path: Path
    sha256: str
    size: int
    encoding: str
    separator: str
    header: tuple[str, ...]
    header_line: int
    places: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Record:
    """A line after the header. `cells` is None where it cannot be taken apart, for `fault`; `end`: bytes read
    up to its end."""

    line: int
    end: int
    text: str
    cells: Sequence[str] | None
    fault: str = ""


def look(path: Path, kind: Kind) -> Source:
    """Finds out encoding, separator and columns. Raises Problem `not_text`, `bad_header`, `no_rows`."""
    digest = hashlib.sha256()
    first, rows, size, foreign, in_utf8 = b"", 0, 0, 0, 0
    header_line = 0
    for number, raw in enumerate(_lines(path), 1):
        digest.update(raw)
        size += len(raw)
        if b"\0" in raw:
            raise not_text("It holds zero bytes, as spreadsheets and UTF-16 do.")
        if not raw.isascii():
            foreign += 1
            in_utf8 += _decodes(raw, "utf-8")
        if header_line:
            rows += bool(raw.strip())
        elif raw.strip(b" \t\r\n" + _BOM):
            first, header_line = raw.removeprefix(_BOM), number
    if not header_line:
        raise bad_header("The file is empty.")
    # text in GB18030 is UTF-8 by chance in hardly a line; one broken line must not decide about the others
    encoding = "utf-8" if in_utf8 * 2 >= foreign else "gb18030"
    if not _decodes(first, encoding):
        raise not_text("Its first line is neither UTF-8 nor GB18030.")
    separator, header, places = _columns(first.decode(encoding), kind)
    if not rows:
        raise no_rows()
    return Source(path, digest.hexdigest(), size, encoding, separator, header, header_line, places)


def records(source: Source) -> Iterator[Record]:
    """The lines after the header; empty ones are no rows. Raises Problem `file_moved`."""
    end = 0
    for number, raw in enumerate(_lines(source.path), 1):
        end += len(raw)
        if number <= source.header_line or not raw.strip():
            continue
        yield _record(source, number, end, raw)
    if end != source.size:
        raise file_moved()


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while raw := file.readline(MOST_BYTES_A_LINE):
            if len(raw) == MOST_BYTES_A_LINE:
                raise not_text("It has lines of more than 64 KB.")
            yield raw


def _decodes(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _record(source: Source, number: int, end: int, raw: bytes) -> Record:
    raw = raw.rstrip(b"\r\n")
    text = raw.decode(source.encoding, "replace")
    if "\ufffd" in text or any(ord(char) < 32 and char != "\t" for char in text):
        return Record(number, end, text, None, "text")
    try:
        cells = _split(text, source.separator)
    except csv.Error:
        return Record(number, end, text, None, "quotes")
    if len(cells) != len(source.header):
        return Record(number, end, text, None, "cells")
    return Record(number, end, text, cells)


def _split(text: str, separator: str) -> list[str]:
    return [_bare(cell) for cell in next(csv.reader([text], delimiter=separator, strict=True), [])]


def _bare(cell: str) -> str:
    """A cell without blanks around it and without the apostrophe that a file of rejected rows puts there."""
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def _columns(first: str, kind: Kind) -> tuple[str, tuple[str, ...], dict[str, int]]:
    """The separator under which most names are known, the names, and where each column stands."""
    known = {normal_name(name): one.name for one in columns_of(kind) for name in (one.name, *one.spelled)}
    first = first.rstrip("\r\n")
    try:
        tries = {separator: _split(first, separator) for separator in SEPARATORS}
    except csv.Error:
        raise bad_header("Its quotes are not paired.") from None
    separator = max(SEPARATORS, key=lambda one: sum(normal_name(cell) in known for cell in tries[one]))
    header = tuple(tries[separator])
    places: dict[str, int] = {}
    strange = []
    for place, cell in enumerate(header):
        name = known.get(normal_name(cell))
        if name is None:
            strange += [] if normal_name(cell) in UNREAD else [cell]
        elif name in places:
            raise bad_header(f"Two columns are {name}: {header[places[name]]} and {cell}.")
        else:
            places[name] = place
    if strange:
        raise bad_header(f"Not known for {kind}: {', '.join(strange)}.")
    missing = [_both(one) for one in columns_of(kind) if one.required and one.name not in places]
    if not {one.name for one in who_of(kind)} & set(places):
        missing.insert(0, " or ".join(_both(one) for one in who_of(kind)))
    if missing:
        raise bad_header(f"Missing: {', '.join(missing)}.")
    return separator, header, places


def _both(column: Column) -> str:
    return f"{column.name} ({column.spelled[0]})"


def cells_of(record: Record) -> Sequence[str]:
    """The cells of a line. Raises Faulty where it cannot be taken apart."""
    if record.cells is None:
        raise Faulty(record.fault)
    return record.cells


class Rejects:
    """The file of rejected rows: line, code and reason in front of the original cells. UTF-8 with a mark, so
    that spreadsheets read it; only for the person who runs the command."""

    def __init__(self, source: Source) -> None:
        self.path = source.path.with_name(f"{source.path.name}.rejects.csv")
        self.written = 0
        # the front of an earlier file of rejects is not carried along
        self._kept = [place for place, name in enumerate(source.header) if name not in _FRONT]
        self._partial = self.path.with_name(f".{self.path.name}.new")
        descriptor = os.open(self._partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._file = os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="")
        self._csv = csv.writer(self._file)
        self._csv.writerow([*_FRONT, *(source.header[place] for place in self._kept)])

    def add(self, record: Record, code: str, column: str) -> None:
        """A line that was not taken. `column`: whose cell it was, as the file calls it."""
        whole = record.cells
        cells = [record.text] if whole is None else [whole[place] for place in self._kept]
        reason = f"{column}：{REASONS[code]}" if column else REASONS[code]
        self._csv.writerow([record.line, code, reason, *(escaped(cell) for cell in cells)])
        self.written += 1

    def keep(self) -> None:
        """Puts the file in its place, whole."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._partial.replace(self.path)

    def drop(self) -> None:
        """Leaves nothing behind."""
        self._file.close()
        self._partial.unlink(missing_ok=True)


def escaped(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
