"""A row of a contacts file: how a debtor can be reached now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from services.domain import cells
from services.domain.findings import Report
from services.domain.kinds.readers import Row, Terms, read_text

ADDRESS_LIMIT, LABEL_LIMIT = 400, 60


class ContactRow(Row):
    """What becomes the debtor's first phone, address to write to, and e-mail; ``phone`` in E.164."""

    phone: Annotated[str, Field(pattern=r"^\+[0-9]{5,15}$")] | None
    email: Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")] | None
    address: Annotated[str, Field(min_length=1, max_length=ADDRESS_LIMIT)] | None
    label: Annotated[str, Field(max_length=LABEL_LIMIT)]


def read_contact(cell: Mapping[str, str], _terms: Terms, report: Report) -> ContactRow | None:
    """The contacts; None where a cell was refused, or where the row holds none that can be used."""
    ref = cells.read_ref(cell["external_ref"], report)
    email = cells.read_email(cell["debtor_email"], report)
    phone = cells.read_phone(cell["debtor_phone"], report)
    address = read_text("debtor_address", cell["debtor_address"], ADDRESS_LIMIT, report)
    label = read_text("label", cell["label"], LABEL_LIMIT, report)
    if not (report.has_error or phone or email or address):
        report.error(
            "",
            "",
            "contact-none",
            "the row names nothing to reach the debtor by: give a phone, e-mail or address",
        )
    if report.has_error:
        return None
    return ContactRow(ref=ref, phone=phone, email=email, address=address, label=label or "")
