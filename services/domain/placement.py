"""A row of a placement file: every cell checked by a named rule, the whole by one model."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from functools import partial
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.domain import cells
from services.domain.columns import COLUMNS, REQUIRED, Header, match_header
from services.domain.csvfile import RawRow
from services.domain.findings import RULES, Finding, Report, Severity
from services.domain.mapped import check_mapped
from services.domain.money import MAX_MINOR, exponent
from services.domain.names import Name
from services.domain.profile.mapper import Mapped

__all__ = [
    "COLUMNS",
    "REQUIRED",
    "RULES",
    "Finding",
    "Header",
    "PlacementRow",
    "Severity",
    "check_record",
    "check_row",
    "match_header",
]

_Beside = Annotated[int, Field(ge=0, le=MAX_MINOR)]
_Text = Annotated[str, Field(min_length=1, max_length=cells.NAME_LIMIT)]


class PlacementRow(BaseModel):
    """A row that can become an account; amounts are in the batch's currency, ``phone`` in E.164.

    ``amount_minor`` is the principal; what the account owes is the sum of all four amounts.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    external_ref: Annotated[str, Field(min_length=1, max_length=cells.REF_LIMIT)]
    first_name: Annotated[str, Field(max_length=cells.NAME_LIMIT)]
    last_name: _Text
    debtor_name: _Text
    ssn_last4: Annotated[str, Field(pattern=r"^[0-9]{4}$")] | None
    email: Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")] | None
    phone: Annotated[str, Field(pattern=r"^\+[0-9]{5,15}$")] | None
    amount_minor: Annotated[int, Field(gt=0, le=MAX_MINOR)]
    interest_minor: _Beside = 0
    fees_minor: _Beside = 0
    costs_minor: _Beside = 0
    due_date: dt.date | None
    creditor_name: _Text | None
    account_type: Annotated[str, Field(min_length=1, max_length=cells.TYPE_LIMIT)] | None


def check_record(
    row: RawRow, header: Header, *, currency: str, today: dt.date
) -> tuple[PlacementRow | None, tuple[Finding, ...]]:
    """A record as sent: its shape first, then ``check_row``."""
    mapped = Mapped(header.values(row.cells), ())
    return check_mapped(row, mapped, header.width, partial(check_row, mapped.cells, currency=currency, today=today))


def check_row(
    values: Mapping[str, str], *, currency: str, today: dt.date, spoilt: Collection[str] = ()
) -> tuple[PlacementRow | None, tuple[Finding, ...]]:
    """The row and what was found in its cells; no row where a finding is an error.

    ``values`` are cells by column name, extra columns too; ``currency`` is the one that the client places in. What is
    wrong with the columns in ``spoilt`` is known already.
    """
    report = Report(spoilt)
    cells.check_text(values, report)
    cell = {column: "" if column in report.spoilt else values.get(column, "").strip() for column in COLUMNS}
    ref = cells.read_ref(cell["external_ref"], report)
    name = cells.read_name(cell["debtor_name"], report)
    ssn_last4 = cells.read_ssn_last4(cell["debtor_ssn_last4"], report)
    email = cells.read_email(cell["debtor_email"], report)
    phone = cells.read_phone(cell["debtor_phone"], report)
    owed = cells.read_owed(cell, currency, exponent(currency), report)
    due = cells.read_due_date(cell["due_date"], today, report)
    creditor = cells.read_optional("creditor_name", cell["creditor_name"], report)
    kind = cells.read_optional("account_type", cell["account_type"], report)
    if report.has_error:
        return None, tuple(report.findings)
    row = _validated(ref, name, owed, ssn_last4, email, phone, due, creditor, kind)
    return row, tuple(report.findings)


def _validated(
    ref: str,
    name: Name,
    owed: cells.Owed,
    ssn_last4: str | None,
    email: str | None,
    phone: str | None,
    due: dt.date | None,
    creditor: str | None,
    kind: str | None,
) -> PlacementRow:
    return PlacementRow(
        external_ref=ref,
        first_name=name.first,
        last_name=name.last,
        debtor_name=name.display,
        ssn_last4=ssn_last4,
        email=email,
        phone=phone,
        amount_minor=owed.principal,
        interest_minor=owed.interest,
        fees_minor=owed.fees,
        costs_minor=owed.costs,
        due_date=due,
        creditor_name=creditor,
        account_type=kind,
    )
