"""The books in memory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from services.domain.money import Money
from services.domain.numbers import receipt_number
from services.errors import NotFound
from services.ledger.books import trust
from services.ledger.results import (
    KINDS,
    NOW,
    Chart,
    Clocks,
    LedgerBalance,
    LedgerName,
    Relative,
    Source,
    Statement,
    StatementLine,
    Subject,
    Transfer,
    TransferLeg,
    Trust,
)
from tests.screens.fakes import FIRST, Fake, usd
from tests.screens.fakes import NOW as MOMENT

SIDES = dict(zip(KINDS, ("debit", "debit", *["credit"] * 5, "debit"), strict=True))
HOLDS = ("cash held in trust", "what debtors owe on placed accounts", "received, but not yet applied to a debt",
         "placement control", "collected and owed to the client", "commission earned and not yet drawn",
         "held for somebody else", "given up by agreement")  # fmt: skip
BOOKS = {
    "HARBOR": ("48210.55", "912004.10", "310.00", "960214.65", "35875.41", "12025.14", "0", "0"),
    "NORTHBY": ("1250.00", "20410.00", "0", "21660.00", "-125.00", "1375.00", "0", "0"),
}


def chart(books: dict[str, tuple[str, ...]] | None = None) -> Chart:
    """Every ledger account of the fake agency."""
    found = [
        LedgerBalance(client, kind, SIDES[kind], what, usd(amount))
        for client, amounts in (BOOKS if books is None else books).items()
        for kind, what, amount in zip(KINDS, HOLDS, amounts, strict=True)
    ]
    return Chart(None, None, tuple(found))


def line(at: int, **changes: object) -> StatementLine:
    """Line number ``at`` of a statement, 1 the oldest."""
    base = StatementLine(
        400 + at, 1, "payment", receipt_number(400 + at), date(2026, 10, 1) + timedelta(days=at % 45),
        MOMENT - timedelta(days=50 - at % 50, minutes=at), "ana", None, "HARBOR", FIRST, "receivable", usd("100.00"),
        Money(at * 100_00, "USD"), None,
    )  # fmt: skip
    return replace(base, **changes)  # type: ignore[arg-type]  # the names are the caller's


def transfer() -> Transfer:
    """A payment that bounced."""
    legs = (
        TransferLeg(1, LedgerName("HARBOR", "trust"), LedgerName("HARBOR", "receivable"), FIRST, usd("250.00"),
                    {"fees": usd("75.00"), "interest": usd("84.07"), "principal": usd("90.93")}),
        TransferLeg(2, LedgerName("HARBOR", "control"), LedgerName("HARBOR", "client_due"), FIRST, usd("187.50"), None),
        TransferLeg(3, LedgerName("HARBOR", "control"), LedgerName("HARBOR", "commission"), FIRST, usd("62.50"), None),
    )  # fmt: skip
    paid = Relative(481, "payment", receipt_number(481), date(2026, 10, 31), MOMENT - timedelta(days=12), "ana", None,
                    None, usd("250.00"))  # fmt: skip
    back = replace(paid, id=490, kind="reversal", receipt=receipt_number(490), by="bea", reverses=481, reason="nsf",
                   recorded_at=MOMENT - timedelta(days=3), effective_on=date(2026, 11, 18))  # fmt: skip
    facts = {"method": "check", "payer": "debtor", "reference": "1991"}
    return Transfer(
        481, "payment", receipt_number(481), paid.effective_on, paid.recorded_at, "ana", FIRST, None, 490, legs,
        (paid, back), Source("receipt", receipt_number(481), facts),
    )  # fmt: skip


@dataclass
class FakeBooks(Fake):
    """A chart, one long statement, one transfer."""

    chart: Chart = field(default_factory=chart)
    lines: tuple[StatementLine, ...] = tuple(line(at) for at in range(240, 0, -1))
    found: Transfer = field(default_factory=transfer)

    def accounts(self, at: Clocks = NOW) -> Chart:
        self.enter("accounts", at)
        return self.chart

    def trust(self, at: Clocks = NOW) -> Trust:
        self.enter("trust", at)
        return trust(self.chart)

    def statement(self, of: Subject, at: Clocks = NOW, *, limit: int = 50, after: str | None = None) -> Statement:
        self.enter("statement", of, at, after)
        start = int(after or 0)
        lines = self.lines[start : start + limit]
        more = str(start + limit) if start + limit < len(self.lines) else None
        total = self.lines[0].after if self.lines else usd("0")
        return Statement(str(of), at.as_of, at.known_at, total, lines, more)

    def transfer(self, ref: int | str) -> Transfer:
        self.enter("transfer", ref)
        if str(ref) not in ("481", receipt_number(481)):
            raise NotFound(f"there is no transfer {ref}")
        return self.found
