"""What a profile can fill: our columns of each kind of file, what stands in them, and what senders call them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from services.domain.columns import LAYOUTS, layout_of

What = Literal["text", "amount", "date", "phone", "email"]


@dataclass(frozen=True, slots=True)
class Field:
    """One of our columns; ``words`` are what senders call it, the likeliest first."""

    name: str
    what: What
    required: bool
    words: tuple[str, ...]


_WHAT: Final[dict[str, What]] = {
    "original_amount": "amount", "interest": "amount", "fees": "amount", "costs": "amount", "amount": "amount",
    "due_date": "date", "paid_on": "date", "effective_on": "date",
    "debtor_phone": "phone", "debtor_email": "email",
}  # fmt: skip

_WORDS: Final[dict[str, str]] = {
    "external_ref": "external ref, reference, account number, account no, account, acct, acct no, account id, "
    "client ref, client reference, debtor id, customer number, customer no, customer id, case number, case no, "
    "file number, file no, loan number, invoice number, invoice no, ref, ref no, konto, kontonummer, konto nr, "
    "kundennummer, kunden nr, aktenzeichen, referenz, rechnungsnummer, numero de compte, reference client, cuenta",
    "debtor_name": "debtor name, debtor, name, full name, customer name, customer, patient name, patient, "
    "consumer name, consumer, guarantor name, guarantor, borrower, borrower name, account holder, holder, schuldner, "
    "kunde, kundenname, nom, nom du client, debiteur, nombre, cliente, deudor",
    "debtor_ssn_last4": "ssn last4, ssn last 4, last 4 ssn, ssn4, ssn, social security, last four",
    "debtor_email": "email, e mail, email address, mail, debtor email, customer email, courriel, correo",
    "debtor_phone": "phone, phone number, telephone, tel, mobile, cell, cell phone, home phone, telefon, handy, "
    "telefonnummer, telephone number, portable, telefono",
    "original_amount": "original amount, principal, amount, balance, amount due, current balance, outstanding, debt, "
    "principal balance, amount owed, total due, total, betrag, hauptforderung, forderung, saldo, montant, principal "
    "amount, importe, deuda",
    "interest": "interest, accrued interest, interest amount, zinsen, interets, intereses",
    "fees": "fees, fee, late fees, fee amount, gebuhren, gebuehren, frais, comisiones",
    "costs": "costs, cost, court costs, legal costs, kosten, costas, depens",
    "due_date": "due date, date due, default date, charge off date, service date, date of service, invoice date, "
    "falligkeit, faelligkeit, fallig, fallig am, falligkeitsdatum, date, datum, echeance, vencimiento",
    "creditor_name": "creditor name, creditor, original creditor, merchant, lender, glaubiger, glaeubiger, creancier, "
    "acreedor",
    "account_type": "account type, type, debt type, product, category, art, typ, tipo, kind",
    "amount": "amount, payment amount, amount paid, adjustment amount, sum, betrag, montant, importe",
    "paid_on": "paid on, payment date, date paid, date, datum, received, received on",
    "effective_on": "effective on, effective date, date, datum, as of",
    "reference": "reference, payment reference, check number, check no, transaction id, transaction, receipt",
    "payer": "payer, paid by, payor",
    "reason": "reason, reason code, code, recall reason, grund, motif, motivo",
    "adjustment": "adjustment, adjustment type, type, kind, art",
    "bucket": "bucket, component, balance type",
    "debtor_address": "address, street address, mailing address, debtor address, anschrift, adresse, direccion",
    "label": "label, phone type, contact type",
}

KINDS: Final = tuple(LAYOUTS)


def fields_of(kind: str) -> tuple[Field, ...]:
    """Our columns of a kind of file, in their order; raises BadInput for a kind that is none."""
    layout = layout_of(kind)
    return tuple(Field(name, _WHAT.get(name, "text"), name in layout.required, _words(name)) for name in layout.columns)


def _words(name: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in _WORDS.get(name, name.replace("_", " ")).split(","))
