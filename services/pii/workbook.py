"""A workbook of one sheet and plain texts: what is left of one that somebody was taken out of."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final
from xml.sax.saxutils import escape, quoteattr

_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_SHEET: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"

_PARTS: Final = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
    ),
}


def write_workbook(out: BinaryIO, sheet: str, rows: Iterable[bytes]) -> None:
    """Write rows, each a JSON list of texts, as the one sheet of a workbook; an empty row keeps its number."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in _PARTS.items():
            book.writestr(zipfile.ZipInfo(name), _HEAD + text)
        book.writestr(zipfile.ZipInfo("xl/workbook.xml"), _HEAD + _workbook(sheet))
        info = zipfile.ZipInfo("xl/worksheets/sheet1.xml")
        info.compress_type = zipfile.ZIP_DEFLATED
        with book.open(info, "w", force_zip64=True) as part:
            part.write(f'{_HEAD}<worksheet xmlns="{_SHEET}"><sheetData>'.encode())
            for line in _lines(rows):
                part.write(line.encode())
            part.write(b"</sheetData></worksheet>")


def _workbook(sheet: str) -> str:
    return (
        f'<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}"><sheets>'
        f'<sheet name={quoteattr(sheet)} sheetId="1" r:id="rId1"/></sheets></workbook>'
    )


def _lines(rows: Iterable[bytes]) -> Iterator[str]:
    for number, row in enumerate(rows, 1):
        cells = "".join(
            f'<c r="{_letters(place)}{number}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'
            for place, text in enumerate(json.loads(row))
            if text
        )
        yield f'<row r="{number}">{cells}</row>'


def _letters(place: int) -> str:
    text = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        text = chr(65 + rest) + text
    return text
