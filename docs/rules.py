"""Writes docs/import-rules.md from the rules themselves: ``python -m docs.rules``.

Each rule has an example that is run through the checks, so the page shows what a file's sender really reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from services.domain.csvfile import RawRow
from services.domain.findings import RULES, Finding
from services.domain.kinds.rules import KIND_RULES
from services.domain.placement import COLUMNS, REQUIRED, check_record, match_header
from services.domain.profile import control, mapper
from services.imports.queries import RULES_OF_REVIEW

PAGE: Final = Path(__file__).with_name("import-rules.md")
TODAY: Final = date(2026, 1, 15)
CURRENCY: Final = "USD"

GOOD: Final = {
    "external_ref": "HX-007",
    "debtor_name": "Quillfeather Oyelaran",
    "debtor_ssn_last4": "4022",
    "debtor_email": "q7@example.org",
    "debtor_phone": "+1 312 555 0142",
    "original_amount": "1250.00",
    "interest": "87.50",
    "fees": "0.00",
    "costs": "45.00",
    "due_date": "2025-11-30",
    "creditor_name": "Harbor Lending",
    "account_type": "auto loan",
}


@dataclass(frozen=True, slots=True)
class Example:
    """A good row with one cell changed; ``shown`` describes a cell that cannot be printed as it is."""

    column: str
    value: str
    shown: str = ""


EXAMPLES: Final = {
    "ref-missing": Example("external_ref", ""),
    "ref-form": Example("external_ref", "HX-" + "0" * 70, "HX-000… (73 characters)"),
    "name-missing": Example("debtor_name", "12345"),
    "name-long": Example("debtor_name", "Oyelaran " * 25, "Oyelaran Oyelaran… (225 characters)"),
    "name-control": Example("debtor_name", "Quill\vfeather", "Quill, a vertical tab, feather"),
    "text-control": Example("creditor_name", "Harbor\nLending", "Harbor, a line break, Lending"),
    "nul-byte": Example("account_type", "auto\0loan", "auto, a NUL byte, loan"),
    "bad-bytes": Example("account_type", "auto\N{REPLACEMENT CHARACTER}", "auto, a byte that is no character"),
    "card-number": Example("creditor_name", "card 4111 1111 1111 1111"),
    "formula": Example("account_type", "=HYPERLINK(1)"),
    "ssn4-form": Example("debtor_ssn_last4", "123-45-6789"),
    "email-format": Example("debtor_email", "nobody at example.com"),
    "phone-format": Example("debtor_phone", "555"),
    "amount-missing": Example("original_amount", ""),
    "amount-format": Example("original_amount", "ten"),
    "amount-currency": Example("original_amount", "310.00 EUR"),
    "amount-zero": Example("original_amount", "0.00"),
    "amount-negative": Example("original_amount", "-250.00"),
    "amount-large": Example("original_amount", "99999999999999999.00"),
    "amount-unusual": Example("original_amount", "2500000.00"),
    "date-format": Example("due_date", "soon"),
    "date-invalid": Example("due_date", "2025-02-30"),
    "date-ambiguous": Example("due_date", "03/04/2025"),
    "date-window": Example("due_date", "2190-01-01"),
    "creditor-long": Example("creditor_name", "Harbor " * 30, "Harbor Harbor… (210 characters)"),
    "type-long": Example("account_type", "loan " * 15, "loan loan… (75 characters)"),
    "column-count": Example("", "", "a row with 11 cells under a header of 12"),
    "row-long": Example("", "", "a row of 50 million characters"),
    "quote-open": Example("", "", 'a cell such as "Harbor Lending without its second quote'),
}

HEAD: Final = """# What a placement file must be, and what can be found in it

*Made from the rules themselves by `python -m docs.rules`; a test compares.*

A placement file is delimited text with a header line. The delimiter (comma, semicolon, tab, vertical bar) and the
encoding (UTF-8 with or without a byte-order mark, UTF-16, Windows-1252) are found, not asked for. Columns may stand in
any order; case, spaces and underscores in their names make no difference; columns we do not know are kept with the
row. A file is at most 2,048 MB, packed or not. Other ways of writing a file: `docs/import-files.md`.

| column | needed | example |
|---|---|---|
"""
WHAT_FOLLOWS: Final = """
`original_amount` is the principal placed, and has to be there. `interest`, `fees` and `costs` come on top of it, each
in the client's currency, and may be empty or zero. The account's original amount is the sum of all four, and each is
owed in its own bucket: payments fall on the buckets in the order of the client's contract.

What a finding does to its row:

- an **error** keeps it out until its cell is corrected or the row is left out with a reason;
- a **warning** is to be known, and the row is released as the message says;
- a **duplicate** is never released. Correct its reference or leave it out.

## Rules of a row

"""
KINDS_HEAD: Final = """
## Rules of the other kinds of files

What these files are: [kinds of files](import-kinds.md). They share the rules above that are about the cells they have.

| rule | what must hold |
|---|---|
"""
REVIEW_HEAD: Final = """
## Rules between rows, and of the release

| rule | what must hold |
|---|---|
"""

PROFILE_HEAD: Final = """
## Rules of a client's profile

A row in which one of these finds something is kept out until its cell is corrected. [Profiles](profiles.md) say how a
client's own columns, dates and amounts are read.

| rule | what must hold |
|---|---|
"""
CONTROL_HEAD: Final = """
## Rules of control records

They are about the whole file: nothing of it is released before it agrees, or before somebody has taken the difference
(`debtflow import totals`).

| rule | what must hold |
|---|---|
"""


def found_by(rule: str) -> Finding:
    """What the rule's own example gives; raises StopIteration where it gives something else."""
    return next(finding for finding in _findings(rule) if finding.rule == rule)


def page() -> str:
    """The whole page."""
    return "".join(
        [
            HEAD,
            *_columns(),
            WHAT_FOLLOWS,
            *_rules(),
            PROFILE_HEAD,
            *_table(mapper.RULES),
            CONTROL_HEAD,
            *_table(control.RULES),
            REVIEW_HEAD,
            *_table(RULES_OF_REVIEW),
            KINDS_HEAD,
            *_table(KIND_RULES),
        ]
    )


def findings_of(cells: tuple[str, ...], *, unclosed: bool = False, cut: bool = False) -> tuple[Finding, ...]:
    """What a row of these cells gives."""
    row = RawRow(1, 2, ",".join(cells), cells, unclosed, cut)
    return check_record(row, match_header(COLUMNS), currency=CURRENCY, today=TODAY)[1]


def _findings(rule: str) -> tuple[Finding, ...]:
    example = EXAMPLES[rule]
    cells = tuple(example.value if column == example.column else GOOD[column] for column in COLUMNS)
    cells = cells[:-1] if rule == "column-count" else cells
    return findings_of(cells, unclosed=rule == "quote-open", cut=rule == "row-long")


def _columns() -> Iterator[str]:
    for column in COLUMNS:
        yield f"| `{column}` | {'yes' if column in REQUIRED else ''} | {GOOD[column]} |\n"


def _rules() -> Iterator[str]:
    for rule, what in RULES.items():
        example, finding = EXAMPLES[rule], found_by(rule)
        value = example.shown or (f"`{example.value}`" if example.value else "an empty cell")
        where = f" in `{example.column}`" if example.column else ""
        yield f"### `{rule}` ({finding.severity})\n\n{what}\n\nFor {value}{where}: *{finding.message}*\n\n"


def _table(rules: Mapping[str, str]) -> Iterator[str]:
    for rule, what in rules.items():
        yield f"| `{rule}` | {what} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
