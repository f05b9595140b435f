"""The columns of each kind of file, and how a header line names them."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from services.domain.quoting import shown
from services.errors import BadInput

COLUMNS = (
    "external_ref",
    "debtor_name",
    "debtor_ssn_last4",
    "debtor_email",
    "debtor_phone",
    "original_amount",
    "interest",
    "fees",
    "costs",
    "due_date",
    "creditor_name",
    "account_type",
)
REQUIRED = ("external_ref", "debtor_name", "original_amount")
BESIDE_PRINCIPAL = ("interest", "fees", "costs")


@dataclass(frozen=True, slots=True)
class Layout:
    """What a kind of file may name in its header line, and what it has to."""

    columns: tuple[str, ...]
    required: tuple[str, ...]


LAYOUTS: Mapping[str, Layout] = {
    "placements": Layout(COLUMNS, REQUIRED),
    "adjustments": Layout(
        ("external_ref", "adjustment", "amount", "bucket", "reason", "effective_on", "reference"),
        ("external_ref", "amount"),
    ),
    "payments": Layout(
        ("external_ref", "amount", "paid_on", "payer", "reference"), ("external_ref", "amount", "paid_on")
    ),
    "recalls": Layout(("external_ref", "reason"), ("external_ref",)),
    "contacts": Layout(("external_ref", "debtor_phone", "debtor_email", "debtor_address", "label"), ("external_ref",)),
}


def layout_of(kind: str) -> Layout:
    """The columns of a kind of file; raises BadInput for a kind that there is not."""
    if kind not in LAYOUTS:
        raise BadInput("kind", f"there is no kind of file {shown(kind)}", hint=f"one of {', '.join(LAYOUTS)}")
    return LAYOUTS[kind]


def key_of(cell: str) -> str:
    """What makes two column names the same: their letters and digits."""
    plain = unicodedata.normalize("NFKC", cell).lower()
    return "".join(char for char in plain if char.isalnum())


_BY_KEY = {key_of(column): column for column in COLUMNS}


@dataclass(frozen=True, slots=True)
class Header:
    """Where each column stands in a row; ``extra`` are the sender's own columns, by the name they are kept under."""

    columns: Mapping[str, int]
    extra: Mapping[str, int]
    width: int

    def values(self, cells: Sequence[str]) -> dict[str, str]:
        """The row by column name, known columns first; a cell that is not there is empty."""
        named = {**self.columns, **self.extra}
        return {name: cells[index] if index < len(cells) else "" for name, index in named.items()}


def count_known(cells: Sequence[str]) -> int:
    """How many of our columns a line names."""
    return len({_BY_KEY[key] for key in map(key_of, cells) if key in _BY_KEY})


def match_header(cells: Sequence[str]) -> Header:
    """Our columns and the extra ones; case, spaces, underscores and a byte-order mark make no difference.

    Raises BadInput where a column is named twice or a required one is missing.
    """
    columns: dict[str, int] = {}
    extra: dict[str, int] = {}
    for index, cell in enumerate(cells):
        column = _BY_KEY.get(key_of(cell))
        if column is None:
            extra[free_name(cell, index, extra)] = index
        elif column in columns:
            first = columns[column] + 1
            raise BadInput(
                "header", f"{column} is there twice, as columns {first} and {index + 1}: remove or rename one"
            )
        else:
            columns[column] = index
    _refuse_missing(columns, extra)
    return Header(columns, extra, len(cells))


def free_name(cell: str, index: int, taken: Collection[str]) -> str:
    """A name of the sender's under which a column can be kept beside those that are taken."""
    name = "".join(char for char in cell if char.isprintable()).strip()[:64] or f"column {index + 1}"
    return name if name not in taken else f"{name} ({index + 1})"


def _refuse_missing(columns: Mapping[str, int], extra: Mapping[str, int]) -> None:
    missing = [column for column in REQUIRED if column not in columns]
    if missing:
        found = ", ".join(shown(name) for name in [*columns, *extra][:12])
        raise BadInput(
            "header",
            f"the header line lacks {', '.join(missing)}; it names {found}",
            hint=f"the first line must name {', '.join(REQUIRED)}; the others are optional",
        )
