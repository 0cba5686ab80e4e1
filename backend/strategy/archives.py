"""A catalogue as a ZIP of its YAML files, and tables of movers as CSV or XLSX. Pure.

A cell that a spreadsheet could take for a formula is written as text behind an apostrophe.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from xml.sax.saxutils import escape

MOST_BYTES = 4 * 1024 * 1024
#: of all files together, unpacked
MOST_UNPACKED = 24 * 1024 * 1024
MOST_FILES = 400
Cell = str | int | None

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS: Mapping[str, str] = {
    "[Content_Types].xml": (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_WORKBOOK}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_WORKBOOK}.worksheet+xml"/>'
        "</Types>"
    ),
    "_rels/.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId1" Target="xl/workbook.xml" Type='
        '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/>'
        "</Relationships>"
    ),
    "xl/workbook.xml": (
        '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r='
        '"http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        '<sheets><sheet name="movers" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId1" Target="worksheets/sheet1.xml" Type='
        '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/>'
        "</Relationships>"
    ),
}


class BadArchive(Exception):
    """What was sent is no ZIP of a catalogue; says why."""


def packed(files: Mapping[str, str]) -> bytes:
    """A ZIP of YAML files, the same bytes for the same files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def unpacked(content: bytes) -> dict[str, str]:
    """The YAML files of a ZIP; folders are left out, and one folder around all of them. Raises BadArchive."""
    if len(content) > MOST_BYTES:
        raise BadArchive(f"it has more than {MOST_BYTES} bytes")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [one for one in archive.infolist() if not one.is_dir()]
            if len(members) > MOST_FILES:
                raise BadArchive(f"it has more than {MOST_FILES} files")
            if sum(one.file_size for one in members) > MOST_UNPACKED:
                raise BadArchive(f"its files have more than {MOST_UNPACKED} bytes together")
            # the size that a member declares is where zipfile stops reading
            found = {one.filename: _text(one.filename, archive.read(one)) for one in members}
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise BadArchive(f"it is no ZIP that can be read: {error}") from error
    except Exception as error:
        if isinstance(error, BadArchive):
            raise
        raise BadArchive("it is no ZIP that can be read") from error  # zlib.error and its like
    if not found:
        raise BadArchive("there is no file in it")
    return _without_folder_around(found)


def _text(name: str, content: bytes) -> str:
    if not name.endswith(".yaml"):
        raise BadArchive(f"{name[:80]} is no .yaml file")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadArchive(f"{name[:80]} is not UTF-8") from error


def _without_folder_around(files: Mapping[str, str]) -> dict[str, str]:
    """As most programs pack a folder."""
    heads = {path.split("/", 1)[0] for path in files}
    if len(heads) == 1 and all(path.count("/") > 1 for path in files):
        return {path.split("/", 1)[1]: text for path, text in files.items()}
    return dict(files)


def as_csv(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with the mark by which Excel knows it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([safe(one) for one in head])
    writer.writerows([safe(one) for one in row] for row in rows)
    return "﻿".encode() + out.getvalue().encode()


def safe(cell: Cell) -> str | int:
    """A text that a spreadsheet would work out gets an apostrophe before it; a number stays one."""
    if cell is None:
        return ""
    if isinstance(cell, str) and cell.startswith(_FORMULA):
        return f"'{cell}"
    return cell


def as_xlsx(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """One sheet; texts are written as texts, so that nothing is worked out."""
    lines = "".join(_line(number, row) for number, row in enumerate([head, *rows], 1))
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{lines}</sheetData></worksheet>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in {**_PARTS, "xl/worksheets/sheet1.xml": sheet}.items():
            archive.writestr(path, f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>{text}')
    return out.getvalue()


def _line(number: int, row: Sequence[Cell]) -> str:
    return f'<row r="{number}">{"".join(map(_cell, row))}</row>'


def _cell(cell: Cell) -> str:
    if isinstance(cell, int):
        return f"<c><v>{cell}</v></c>"
    text = "".join(one for one in str(safe(cell)) if one.isprintable())
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'
