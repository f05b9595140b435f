"""What is laid beside a refused file, for whoever sent it."""

from __future__ import annotations

import csv
import io

from services.domain.quoting import for_spreadsheet
from services.pull.results import Sight

COLUMNS = ("file", "size", "rule", "reason", "what_to_do")


def slip(sight: Sight) -> bytes:
    """A CSV of one row that says why; a spreadsheet takes nothing in it for a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerow(
        for_spreadsheet(each or "") for each in (sight.name, str(sight.size), sight.rule, sight.reason, sight.hint)
    )
    return text.getvalue().encode()
