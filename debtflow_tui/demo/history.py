"""Twelve months of work on placed accounts, done by the people of the demo through the services.

The payments of the year were taken over: a supervisor enters them today, back-dated by their effective date, and the
audit trail says so. What was talked about is written down day by day: the database tells an earlier time meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Final
from uuid import UUID

from debtflow_tui.demo.names import CAMEOS
from debtflow_tui.wiring import Services
from services.accounts.results import AccountRow
from services.domain.lookup import parse_lookup
from services.domain.money import Money
from services.errors import DebtFlowError, Refused
from services.payments import PaymentForm, Receipt

BATCH: Final = 100
PAGE: Final = 500

NOTES: Final = (
    "Asked for a copy of the contract; sent by mail.",
    "New employer, starts on the first. Call again after payday.",
    "Spouse answered, will pass the message on.",
    "Says the amount is wrong by one month's interest. Checking with the client.",
    "Prefers calls after 6 pm.",
    "Moved; forwarding address requested from the post office.",
    "Offers 50 a month, wants it in writing.",
    "Statement of account mailed.",
    "Income and expense sheet received; room for about 120 a month.",
    "Do not call at work.",
)
CALLS: Final = (
    ("no_answer", ""),
    ("no_answer", "Rang out twice."),
    ("left_message", "Voice mail, name and number only."),
    ("busy", ""),
    ("contacted", "Confirmed address. Will look for the papers and call back."),
    ("call_back", "In a meeting, asked for a call tomorrow."),
    ("wrong_number", "Belongs to somebody else now."),
    ("refused_to_pay", "Says it was paid to the client; asked for proof."),
)
FLAGS: Final = (
    ("attorney", "Represented by counsel; letter of 3 pages in the file."),
    ("cease_and_desist", "Written request received. No further calls."),
    ("bankrupt", "Chapter 7 petition, case number on file."),
    ("deceased", "Daughter called; certificate requested."),
    ("dispute", "Says the service was never rendered."),
)


@dataclass
class Year:
    """What happened to one collector's accounts but those set ``apart``; the same dice give the same year.

    ``today`` is the day on which the demo is opened, whatever the database's clock says.
    """

    desk: Services
    placed: Mapping[str, date]
    apart: Set[str]
    dice: Random
    today: date
    advance: Callable[[int], None]
    bounced: list[str] = field(default_factory=list)

    def take_over(self, supervisor: Services) -> None:
        """Have a supervisor enter what was paid."""
        self._pay(supervisor, list(self._mine()))

    def write_down(self, nth: int, of: int) -> None:
        """What was talked about on the ``nth`` of so many days."""
        for row in list(self._mine())[nth::of]:
            self._speak(row)
            self.advance(1)

    def _mine(self) -> Iterator[AccountRow]:
        query = parse_lookup(f"status:open collector:{self.desk.session.user}")
        after: str | None = None
        rows: list[AccountRow] = []
        while True:
            page = self.desk.accounts.find(query, limit=PAGE, after=after)
            rows += page.rows
            after = page.next
            if after is None:
                ours = (row for row in rows if row.external_ref not in CAMEOS and row.number not in self.apart)
                return iter(sorted(ours, key=lambda row: row.number))

    # ---- money

    def _pay(self, supervisor: Services, rows: Sequence[AccountRow]) -> None:
        forms = sorted(
            (form for row in rows for form in self._payments(row)), key=lambda form: (form.effective_on, form.account)
        )
        for start in range(0, len(forms), BATCH):
            for answer in supervisor.payments.post_many(forms[start : start + BATCH]):
                self._look_at(answer)

    def _payments(self, row: AccountRow) -> Iterator[PaymentForm]:
        first, today = self.placed[row.number], self.desk.session.today
        days, luck = (today - first).days, self.dice.random()
        if luck > 0.42 or days < 3:
            return
        times = 1 if luck < 0.1 else self.dice.randint(1, 7)
        whole = luck < 0.05 or (times > 4 and self.dice.random() < 0.4)
        share = row.balance.minor // (times if whole else times * self.dice.randint(2, 8))
        method = self.dice.choice(("check", "check", "bank_transfer", "bank_transfer", "cash", "paid_to_client"))
        if share < 500:
            return
        for nth in range(times):
            amount = row.balance.minor - share * (times - 1) if whole and nth == times - 1 else share
            if not whole:
                amount = max(500, amount - amount % 500)
            day = first + timedelta(days=1 + (days - 1) * (nth + 1) // (times + 1) + self.dice.randint(0, 2))
            yield PaymentForm(
                account=row.number, amount=Money(amount, row.balance.currency), method=method,
                reference=self._reference(method), effective_on=min(day, today), allow_duplicate=True,
                payer="debtor" if self.dice.random() < 0.93 else "spouse",
                submission_id=UUID(int=self.dice.getrandbits(128), version=4),
            )  # fmt: skip

    def _reference(self, method: str) -> str | None:
        number = self.dice.randint(1000, 99_999)
        return {"check": f"CHK {number}", "bank_transfer": f"ACH {number}"}.get(method)

    def _look_at(self, answer: Receipt | DebtFlowError) -> None:
        if isinstance(answer, DebtFlowError):
            # The last of several rounded instalments may be more than is left; anything else is a mistake of ours.
            if not (isinstance(answer, Refused) and answer.rule in ("overpayment", "closed")):
                raise answer
        elif answer.method == "check" and self.dice.random() < 0.015:
            self.bounced.append(answer.receipt)

    # ---- words

    def _speak(self, row: AccountRow) -> None:
        accounts, dice, today = self.desk.accounts, self.dice, self.today
        luck = dice.random()
        if luck < 0.05:
            accounts.note(row.number, dice.choice(NOTES))
        elif luck < 0.11:
            accounts.call(row.number, *dice.choice(CALLS))
        elif luck < 0.14:
            self._promise(row)
        elif luck < 0.19:
            self._talk(row, steps=dice.randint(1, 3))
        elif luck < 0.205:
            accounts.raise_flag(row.number, *dice.choice(FLAGS))
        if dice.random() < 0.12:
            accounts.follow_up(row.number, today + timedelta(days=dice.randint(1, 28)))

    def _promise(self, row: AccountRow) -> None:
        amount = max(500, row.balance.minor // self.dice.randint(3, 12) // 500 * 500)
        day = self.today + timedelta(days=self.dice.randint(2, 25))
        promised = Money(min(amount, row.balance.minor), row.balance.currency)
        self.desk.accounts.call(row.number, "promise_to_pay", "Will pay by check.", day, promised)

    def _talk(self, row: AccountRow, steps: int) -> None:
        self.desk.accounts.call(row.number, "contacted", "Reached at home; wants to settle this.")
        for status in ("negotiating", "payment_plan")[: steps - 1]:
            version = self.desk.accounts.version(row.number)
            self.desk.accounts.change_status(row.number, status, version=version)


def bounce(desk: Services, receipts: Sequence[str], dice: Random) -> None:
    """The supervisor takes back the checks that came back from the bank."""
    for receipt in receipts:
        desk.payments.reverse(receipt, "nsf", submission_id=UUID(int=dice.getrandbits(128), version=4))
