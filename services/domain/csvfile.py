"""Delimited text that is in memory as a whole: how it is written, and its rows."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass

from services.domain.columns import count_known
from services.domain.files.guess import Known, guess, refuse_no_rows
from services.domain.files.reading import DELIMITERS, Reading
from services.domain.files.record import RawRow
from services.domain.files.records import all_records, holds_anything, is_separator_hint

__all__ = ["DELIMITERS", "Dialect", "RawRow", "read_rows", "sniff"]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file is written: ``encoding`` is utf-8, utf-16 or windows-1252."""

    encoding: str
    delimiter: str
    had_bom: bool = False


def sniff(data: bytes, known: Known = count_known) -> Dialect:
    """How the file is written; raises BadInput for a file without a header line of ours, or without a row below it.

    ``known`` counts the columns that a line names.
    """
    file = io.BytesIO(data)
    found = guess(file, Reading(container="none", kind="csv"), known)
    refuse_no_rows(file, found, known)
    marked = data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return Dialect(found.encoding or "utf-8", found.delimiter or ",", marked)


def read_rows(data: bytes, dialect: Dialect) -> Iterator[RawRow]:
    """Every record that holds anything, header first, one at a time; never raises for what a record holds."""
    reading = Reading(kind="csv", encoding=dialect.encoding, delimiter=dialect.delimiter)
    number = -1
    for record in all_records(io.BytesIO(data), reading):
        if holds_anything(record) and (number >= 0 or not is_separator_hint(record.text)):
            number += 1
            yield record._replace(number=number)
