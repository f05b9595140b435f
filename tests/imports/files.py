"""Placement files for tests."""

from __future__ import annotations

from collections.abc import Iterable

from services.domain.columns import COLUMNS


def line(ref: str, name: str = "Quillfeather Oyelaran", amount: str = "1250.00", **others: str) -> dict[str, str]:
    """A good row, but for what is said otherwise."""
    row = {"external_ref": ref, "debtor_name": name, "original_amount": amount, "debtor_email": "", "debtor_phone": "",
           "debtor_ssn_last4": "4022", "due_date": "2025-11-30", "creditor_name": "Harbor Lending",
           "account_type": "rent"}  # fmt: skip
    return row | others


def written(
    rows: Iterable[dict[str, str]],
    *,
    delimiter: str = ",",
    encoding: str = "utf-8",
    columns: tuple[str, ...] = COLUMNS,
) -> bytes:
    """The rows as a client sends them."""
    records = [delimiter.join(columns), *(delimiter.join(row.get(column, "") for column in columns) for row in rows)]
    return ("\r\n".join(records) + "\r\n").encode(encoding)


def good(count: int, prefix: str = "HX") -> bytes:
    """So many good rows of as many people."""
    return written(line(f"{prefix}-{n:04d}", f"Quill{n} Oyelaran", f"{100 + n}.50") for n in range(1, count + 1))
