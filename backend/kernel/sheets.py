"""Tables as files that a spreadsheet opens: CSV and XLSX. Pure.

A cell that a spreadsheet could take for a formula is written as text behind an apostrophe.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Literal
from xml.sax.saxutils import escape

Cell = str | int | None
Format = Literal["csv", "xlsx"]

#: how a spreadsheet recognizes a formula; the wide forms are what a Chinese keyboard writes
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
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
        f'<workbook xmlns="{_MAIN}" xmlns:r='
        '"http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        '<sheets><sheet name="1" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId1" Target="worksheets/sheet1.xml" Type='
        '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/>'
        "</Relationships>"
    ),
}

MEDIA_TYPES: Mapping[Format, str] = {
    "csv": "text/csv",
    "xlsx": f"{_WORKBOOK}.sheet",
}


def as_file(format_: Format, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """The table in one of both forms."""
    return as_csv(head, rows) if format_ == "csv" else as_xlsx(head, rows)


def as_csv(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with the mark by which Excel knows it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([harmless(one) for one in head])
    writer.writerows([harmless(one) for one in row] for row in rows)
    return "﻿".encode() + out.getvalue().encode()


def harmless(cell: Cell) -> str | int:
    """A text that a spreadsheet would work out gets an apostrophe before it; a number stays one."""
    if cell is None:
        return ""
    if isinstance(cell, str) and cell.lstrip(" \u3000\u00a0").startswith(_FORMULA):
        return f"'{cell}"
    return cell


def as_xlsx(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """One sheet; texts are written as texts, so that nothing is worked out. Rows are packed as they come."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in _PARTS.items():
            archive.writestr(path, _XML + text)
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(f'{_XML}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            for number, row in enumerate(chain([head], rows), 1):
                sheet.write(f'<row r="{number}">{"".join(map(_cell, row))}</row>'.encode())
            sheet.write(b"</sheetData></worksheet>")
    return out.getvalue()


def _cell(cell: Cell) -> str:
    if isinstance(cell, int):
        return f"<c><v>{cell}</v></c>"
    text = "".join(one for one in str(harmless(cell)) if one.isprintable())
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'
