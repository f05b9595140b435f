"""The database's picture of an account as what people read."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from services.accounts.results import (
    BUCKETS,
    Account,
    Activity,
    Ahead,
    Buckets,
    Contact,
    Debtor,
    Flag,
    Origin,
    OtherDebt,
    PaymentRow,
    Posting,
    StatusMove,
)
from services.domain.money import Money

Json = dict[str, Any]


def account(seen: Json) -> Account:
    """Everything about one debt."""
    currency = seen["currency"]
    return Account(
        number=seen["number"],
        version=seen["version"],
        client=seen["client"],
        client_name=seen["client_name"],
        external_ref=seen["external_ref"],
        account_type=seen["account_type"],
        creditor_name=seen["creditor_name"],
        status=seen["status"],
        closed_reason=seen["closed_reason"],
        collector=seen["collector"],
        priority=seen["priority"],
        moves=tuple(_move(move) for move in seen["moves"]),
        balance=Money(sum(seen["due"]), currency),
        buckets=Buckets(*(Money(due, currency) for due in seen["due"])),
        unapplied=Money(seen["unapplied"], currency),
        held=Money(seen["held"], currency),
        original=Money(seen["original_amount"], currency),
        placed_on=date.fromisoformat(seen["placed_on"]),
        due_on=_day(seen["due_on"]),
        charge_off_on=_day(seen["charge_off_on"]),
        last_payment_on=_day(seen["last_payment_on"]),
        follow_up_on=_day(seen["follow_up_on"]),
        debtor=_debtor(seen["debtor"]),
        flags=tuple(_flag(flag) for flag in seen["flags"]),
        others=tuple(_other(debt) for debt in seen["others"]),
        payments=tuple(_payment(payment) for payment in seen["payments"]),
        activities=tuple(activity(line) for line in seen["activities"]),
        origin=None if seen["origin"] is None else Origin(**seen["origin"]),
        ahead=tuple(_ahead(each, currency) for each in seen["ahead"]),
    )


def contact(seen: Json) -> Contact:
    """A contact with its value as the caller may see it."""
    return Contact(seen["id"], seen["kind"], seen["value"], seen["label"], seen["primary"])


def activity(line: Json) -> Activity:
    """One line of the timeline, money in words."""
    return Activity(
        id=line["id"],
        at=_moment(line["at"]),
        by=line["by"] or "",
        kind=line["kind"],
        text=_words(line),
        outcome=line.get("outcome"),
        receipt=line.get("receipt"),
    )


def posting(row: Any) -> Posting:
    """One movement of one bucket."""
    return Posting(
        recorded_at=row.recorded_at.astimezone(UTC),
        effective_on=row.effective_on,
        kind=row.kind,
        receipt=row.receipt,
        bucket=BUCKETS[row.bucket - 1],
        amount=Money(row.amount, row.currency),
        running=Money(row.running, row.currency),
    )


def _words(line: Json) -> str:
    match line["kind"]:
        case "payment":
            return " ".join(
                filter(None, (str(Money(line["amount"], line["currency"])), line["method"], line["reference"]))
            )
        case "reversal":
            return f"{Money(line['amount'], line['currency'])} {line['reason']}, takes back {line['reverses']}"
        case "adjustment":
            back = f", takes back {line['reverses']}" if line["reverses"] else ""
            what, reason = line["what"].replace("_", " "), line["reason"].replace("_", " ")
            return f"{what} {Money(line['amount'], line['currency'])}: {reason}{back}"
        case "call":
            return " · ".join(filter(None, (_promise(line), line["text"])))
        case _:
            return str(line["text"])


def _promise(line: Json) -> str:
    amount = f" {Money(line['promised'], line['currency'])}" if line["promised"] else ""
    day = f" for {line['promised_on']}" if line["promised_on"] else ""
    return f"promised{amount}{day}" if amount or day else ""


def _move(move: Json) -> StatusMove:
    return StatusMove(move["to_status"], move["needs_reason"], tuple(move["reasons"]))


def _flag(flag: Json) -> Flag:
    return Flag(flag["kind"], flag["note"], date.fromisoformat(flag["since"]), flag["by"])


def _ahead(seen: Json, currency: str) -> Ahead:
    amount = None if seen["amount"] is None else Money(seen["amount"], currency)
    return Ahead(seen["kind"], seen["state"], date.fromisoformat(seen["on"]), amount)


def _debtor(seen: Json) -> Debtor:
    contacts = tuple(contact(each) for each in seen["contacts"])
    return Debtor(seen["id"], seen["name"], seen["ssn"], seen["person_id"], contacts, tuple(seen["masked"]))


def _other(debt: Json) -> OtherDebt:
    balance = None if debt["owing"] is None else Money(debt["owing"], debt["currency"])
    return OtherDebt(debt["number"], debt["client"], debt["status"], debt["collector"], balance)


def _payment(seen: Json) -> PaymentRow:
    return PaymentRow(
        payment=str(UUID(seen["submission_id"])),
        receipt=seen["receipt"],
        amount=Money(seen["sign"] * seen["amount"], seen["currency"]),
        method=seen["method"],
        reference=seen["reference"],
        effective_on=date.fromisoformat(seen["effective_on"]),
        recorded_at=_moment(seen["recorded_at"]),
        by=seen["login"] or "",
        reverses=seen["reverses"],
        reversed_by=seen["reversed_by"],
        reason=seen["reason"],
        returned=Money(seen["returned"], seen["currency"]),
    )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
