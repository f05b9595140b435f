"""The program that reads a workbook: started on its own, knows nothing of ours, may die of what it is given."""

from __future__ import annotations

import json
import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path

REFUSED = 3
Cell = int | float | str | bool | time | date | datetime | timedelta


def main(arguments: list[str]) -> int:
    memory, longest, act, book, *more = arguments
    _limit(int(memory))
    import python_calamine

    try:
        workbook = python_calamine.CalamineWorkbook.from_path(book)
        if act == "names":
            sys.stdout.write(json.dumps(workbook.sheet_names))
        else:
            _write(workbook.get_sheet_by_name(more[0]), Path(more[1]), int(longest))
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        sys.stdout.write(str(error) or type(error).__name__)
        return REFUSED
    return 0


def _limit(memory: int) -> None:
    try:
        import resource
    except ImportError:  # not a Unix
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (memory, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _write(sheet: object, out: Path, longest: int) -> None:
    with out.open("w", encoding="utf-8", newline="\n") as lines:
        for row in sheet.iter_rows():  # type: ignore[attr-defined]
            cells = [text(cell)[: longest + 1] for cell in row]
            while cells and not cells[-1]:
                cells.pop()
            lines.write(json.dumps(cells) + "\n")


def text(cell: Cell) -> str:
    """A cell as its sheet shows it, near enough for a person and exactly for a machine."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return _number(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


def _number(value: float) -> str:
    """Fifteen figures are all that a spreadsheet keeps: what stands behind them is the machine's."""
    if value.is_integer() and abs(value) < 1e20:
        return str(int(value))
    short = format(value, ".15g")
    return short if "e" not in short else format(value, ".20f").rstrip("0")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
