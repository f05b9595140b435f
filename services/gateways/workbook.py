"""Workbooks, read in a process of their own: one that is made to exhaust the memory ends that process, not ours."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

from services.domain.files.record import ROW_LIMIT
from services.domain.quoting import shown
from services.errors import BadInput

MEMORY: Final = 3 << 30
SECONDS: Final = 600
_READER: Final = Path(__file__).with_name("workbook_reader.py")


def sheet_names(book: Path) -> tuple[str, ...]:
    """The names of a workbook's sheets, in its order; raises BadInput for a workbook that cannot be read."""
    return tuple(json.loads(_run("names", str(book))))


def write_sheet(book: Path, sheet: str, out: Path) -> None:
    """Write every row of a sheet as a JSON list of texts, one a line; a day is written as 2025-11-30.

    Raises BadInput for a workbook that cannot be read or does not fit into the memory that is left to it.
    """
    _run("rows", str(book), sheet, str(out))


def _run(*arguments: str) -> str:
    command = [sys.executable, "-I", str(_READER), str(MEMORY), str(ROW_LIMIT), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise _refused("reading it takes too long") from None
    if done.returncode == 3:
        raise _refused(done.stdout)
    if done.returncode != 0:
        raise _refused("it needs more memory than a list of debts does")
    return done.stdout


def _refused(why: str) -> BadInput:
    hint = "save the sheet as CSV (UTF-8) and send that"
    return BadInput("file", f"the workbook cannot be read: {shown(why.strip(), 120)}", hint=hint)
