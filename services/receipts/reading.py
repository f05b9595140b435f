"""What the kernel says of a receipt over several debts, as what people read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from services.domain.money import Money
from services.payments.reading import lines as allocation
from services.receipts.results import GroupReceipt, Spread, SpreadForm, SpreadLine
from services.receipts.rules import SKIPPED, explain

Json = Mapping[str, Any]

RULES = {
    "oldest_first": "oldest placement first",
    "largest_first": "largest debt first",
    "smallest_first": "smallest debt first",
    "proportional": "in proportion to what is owed",
}


def spread_of(seen: Json, form: SpreadForm) -> Spread:
    """A weighed receipt as the screen shows it."""
    lines = tuple(_weighed(line, seen, form) for line in seen["lines"])
    problem = explain(seen, form, lines)
    decides = next((line for line in seen["lines"] if line["decides"]), None)
    return Spread(
        outcome=seen["outcome"],
        message=problem.message if problem else None,
        hint=problem.hint if problem else None,
        basis=seen["basis"],
        policy=_policy(seen, decides and decides["rule"], decides and decides["client"], decides and decides["since"]),
        amount=form.amount,
        rest=Money(seen["rest"], form.amount.currency),
        lines=lines,
    )


def receipt_of(seen: Json) -> GroupReceipt:
    """A receipt as it was given."""
    return GroupReceipt(
        receipt=seen["receipt"],
        submission_id=UUID(seen["submission_id"]),
        replayed=seen.get("outcome") == "replayed",
        account=seen["account"],
        amount=Money(seen["amount"], seen["currency"]),
        method=seen["method"],
        reference=seen["reference"],
        effective_on=date.fromisoformat(seen["effective_on"]),
        recorded_at=datetime.fromisoformat(seen["recorded_at"]),
        by=seen["by"],
        basis=seen["basis"],
        instruction=seen["instruction"],
        policy=_policy(seen, seen["rule"], seen["rule_of"], seen["rule_since"]),
        whole=seen["whole"],
        lines=tuple(_posted(line, seen) for line in seen["lines"]),
    )


def _policy(seen: Json, rule: str | None, client: str | None, since: str | None) -> str:
    if seen["basis"] == "payer":
        return f"as the payer instructs ({seen['instruction'].replace('_', ' ')})"
    if seen["basis"] == "operator":
        return "by hand"
    if rule is None:
        return "no account takes part"
    agree = seen["agree"] if "agree" in seen else seen["rules_agree"]
    why = "" if agree else "; the clients disagree, so the oldest placement's contract decides"
    return f"{RULES[rule]} (contract {client} of {since}{why})"


def _weighed(line: Json, seen: Json, form: SpreadForm) -> SpreadLine:
    weighed, currency = line["weighed"], form.amount.currency
    parts = weighed["parts"] if weighed else [0, 0, 0, 0]
    paid = SimpleNamespace(
        bucket_order=weighed and weighed["bucket_order"], contract_since=line["since"], due_before=line["due"],
        parts=parts, currency=currency,
    )  # fmt: skip
    return SpreadLine(
        account=line["number"],
        client=line["client"],
        debtor=line["debtor"],
        status=line["status"],
        placed_on=date.fromisoformat(line["placed_on"]),
        version=line["version"],
        before=Money(sum(line["due"]), currency),
        room=Money(line["room"], currency),
        amount=Money(line["amount"], currency),
        after=Money(sum(line["due"]) - sum(parts), currency),
        unapplied=Money(weighed["over"] if weighed else 0, currency),
        allocation=allocation(paid) if weighed else (),
        skipped=line["skipped"],
        rule=_why(line["skipped"], line["amount"], line["amount"] - line["part"], seen),
    )


def _posted(line: Json, seen: Json) -> SpreadLine:
    currency = seen["currency"]
    nothing = line["receipt"] is None
    before = line["due"] if nothing else line["due_before"]
    parts = [0, 0, 0, 0] if nothing else line["parts"]
    paid = SimpleNamespace(
        bucket_order=line["bucket_order"], contract_since=line["since"], due_before=before, parts=parts,
        currency=currency,
    )  # fmt: skip
    over = line["over"] or 0
    return SpreadLine(
        account=line["number"],
        client=line["client"],
        debtor=line["debtor"],
        status=line["status"],
        placed_on=date.fromisoformat(line["placed_on"]),
        version=line["version"],
        before=Money(sum(before), currency),
        room=None,
        amount=Money(line["amount"] or 0, currency),
        after=Money(sum(before) - sum(parts), currency),
        unapplied=Money(over, currency),
        allocation=() if nothing else allocation(paid),
        skipped=line["skipped"],
        rule=_why(line["skipped"], line["amount"] or 0, over, seen),
        receipt=line["receipt"],
        reversed_by=line["reversed_by"],
    )


def _why(skipped: str | None, amount: int, kept: int, seen: Json) -> str:
    """The rule behind one line."""
    if skipped is not None:
        return SKIPPED[skipped]
    if not amount:
        return SKIPPED["nothing_left"]
    said = {
        "payer": "the payer says so",
        "operator": "entered by hand",
        "policy": "by the policy",
    }[seen["basis"]]
    return f"{said}; the rest is kept here, unapplied" if kept else said
