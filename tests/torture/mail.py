"""A client's post of every kind of file, each kind about accounts of its own, so that what is done to one file leaves
the others alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from services.domain.columns import layout_of
from tests.imports.files import line

Row = dict[str, str]


def csv(kind: str, rows: Iterable[Row]) -> bytes:
    columns = layout_of(kind).columns
    return "".join(
        ",".join(row) + "\r\n" for row in (columns, *([row.get(column, "") for column in columns] for row in rows))
    ).encode()


class Mail:
    """``unit`` rows are about the accounts of each purpose."""

    def __init__(self, unit: int) -> None:
        self.unit = unit
        self._today = datetime.now(ZoneInfo("America/Chicago")).date()

    def refs(self, part: int) -> list[str]:
        return [f"A-{n:04}" for n in range(part * self.unit, (part + 1) * self.unit)]

    def placed(self, ref: str, n: int, amount: str, **more: str) -> Row:
        """Every third one is the same person as the one before."""
        who = n - (n % 3 == 2)
        return line(ref, f"Quill{who} Oyelaran", amount, debtor_phone=f"312 555 {who:04}", **more)

    def placements(self) -> bytes:
        refs = [ref for part in range(9) for ref in self.refs(part)]
        return csv("placements", (self.placed(ref, n, f"{100 + n}.50", fees="3.25") for n, ref in enumerate(refs)))

    def broken(self) -> bytes:
        """A day that is none in every second row, and the second row twice."""
        rows = [
            self.placed(f"B-{n:04}", 500 + n, "75.00", due_date=("soon", "2025-10-01")[n % 2])
            for n in range(2 * self.unit)
        ]
        return csv("placements", (*rows, rows[1]))

    def wrong(self, amount: str) -> bytes:
        return csv("placements", (self.placed(f"C-{n:04}", 900 + n, amount) for n in range(2 * self.unit)))

    def changed(self) -> bytes:
        part = 8
        return csv(
            "placements",
            (
                self.placed(ref, part * self.unit + n, "20.00", debtor_email=f"q{n}@example.org")
                for n, ref in enumerate(self.refs(part))
            ),
        )

    def payments(self, part: int, *more: Row) -> bytes:
        rows = [self._paid(ref, f"{part}-{n}") for ref in self.refs(part) for n in range(2)]
        return csv("payments", (*rows, *more))

    def _paid(self, ref: str, reference: str) -> Row:
        return {"external_ref": ref, "amount": "7.00", "paid_on": str(self._today), "reference": f"{ref} {reference}"}

    def too_much(self, part: int) -> Row:
        return self._paid(self.refs(part)[0], "too much") | {"amount": "99999.00"}

    def adjustments(self, part: int) -> bytes:
        rows = [
            {"external_ref": ref, "amount": amount, "reference": f"{ref} {amount}"}
            for ref in self.refs(part)
            for amount in ("12.00", "(5.00)")
        ]
        return csv("adjustments", rows)

    def contacts(self, part: int) -> bytes:
        rows = [
            {"external_ref": ref, "debtor_phone": f"312 444 {part}{n:03}", "debtor_address": f"{n} Elm St"}
            for n, ref in enumerate(self.refs(part))
        ]
        return csv("contacts", rows)

    def recalls(self, part: int) -> bytes:
        return csv("recalls", ({"external_ref": ref, "reason": "sold"} for ref in self.refs(part)))
