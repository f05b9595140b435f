"""The fields of a receipt, and what an account gets by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from screens.base import FormDialog
from screens.widgets import Entry, Form, money
from services.domain.dates import parse_date
from services.domain.money import Money
from services.errors import BadInput, Busy, DebtFlowError, Unreachable
from services.payments.results import PAYERS
from services.receipts.results import INSTRUCTIONS, SPREAD_METHODS, SpreadForm

if TYPE_CHECKING:
    from screens.base import Desk
    from services.receipts.results import SpreadLine

BY_HAND = "operator"


@dataclass
class Asked:
    """What was chosen beside the fields; the submission is kept until there is a definite answer."""

    lines: dict[str, Money] = field(default_factory=dict)
    said_by: str = BY_HAND
    remainder: str = "refuse"
    allow_duplicate: bool = False
    submission: UUID = field(default_factory=uuid4)
    in_doubt: bool = False

    @property
    def instruction(self) -> str | None:
        """How the payer said it, where the amounts are the payer's own."""
        return self.said_by if self.lines and self.said_by != BY_HAND else None

    def failed(self, error: DebtFlowError) -> None:
        """Take note of an answer that is no receipt."""
        self.in_doubt = self.in_doubt or isinstance(error, Unreachable)
        if not isinstance(error, Busy | Unreachable):
            self.submission, self.in_doubt, self.allow_duplicate = uuid4(), False, False


class SpreadFields(Form):
    """Amount, method, reference, effective date and payer."""

    def __init__(self, today: date, currency: Callable[[], str], values: Mapping[str, str]) -> None:
        self._today = today
        self._currency = currency
        super().__init__(
            Entry("amount", "Amount", values.get("amount", ""), check=self._echo_amount, required=True, width=15,
                  max_length=40),
            Entry("method", "Method", values.get("method", ""), codes=SPREAD_METHODS, width=18),
            Entry("reference", "Reference", values.get("reference", ""), max_length=100),
            Entry("effective", "Effective", values.get("effective", ""), check=self._echo_day, placeholder="today",
                  width=15, max_length=40),
            Entry("payer", "Payer", values.get("payer", ""), codes=PAYERS, width=18),
        )  # fmt: skip

    def receipt(self, account: str, asked: Asked, versions: Mapping[str, int]) -> SpreadForm:
        """The receipt that was typed; raises BadInput."""
        values = self.values
        return SpreadForm(
            account=account,
            amount=self._amount(values["amount"]),
            method=values["method"],
            reference=values["reference"] or None,
            effective_on=self._day(values["effective"]) if values["effective"] else None,
            payer=values["payer"],
            lines=asked.lines or None,
            instruction=asked.instruction,
            remainder=asked.remainder,
            versions=versions,
            allow_duplicate=asked.allow_duplicate,
            submission_id=asked.submission,
        )

    def _amount(self, text: str) -> Money:
        amount = Money.parse(text, self._currency())
        if not amount:
            raise BadInput("amount", "nothing is no receipt: type figures such as 250.00")
        return amount

    def _day(self, text: str) -> date:
        return parse_date(text, self._today, field="effective")

    def _echo_amount(self, text: str) -> str:
        return str(self._amount(text))

    def _echo_day(self, text: str) -> str:
        on = self._day(text)
        return f"{on:%a} {on.day} {on:%b %Y}"


class LineForm(FormDialog[tuple[Money, str]]):
    """What one account gets by hand, and who said so."""

    def __init__(self, desk: Desk, line: SpreadLine, given: Money | None, said_by: str) -> None:
        self._line = line
        self._given = given
        self._said_by = said_by
        about = (
            f"{line.debtor} owes {money(line.before)} here. Accounts that are given nothing by hand get nothing; "
            "0 takes the amount away."
        )
        super().__init__(desk, f"{line.account} gets", about, "set")

    def entries(self) -> tuple[Entry, ...]:
        given = self._given.figures if self._given else ""
        return (
            Entry("amount", "Amount", given, check=self._echo, required=True, width=15, max_length=40),
            Entry("said_by", "Said by", self._said_by, codes=(BY_HAND, *INSTRUCTIONS), check=_told, width=18),
        )

    def _echo(self, text: str) -> str:
        return str(self._amount(text))

    def _amount(self, text: str) -> Money:
        amount = Money.parse(text, self._line.before.currency)
        if amount.currency != self._line.before.currency:
            raise BadInput("amount", f"{self._line.account} is in {self._line.before.currency}")
        return amount

    def send(self) -> None:
        values = self.form.values
        self.dismiss((self._amount(values["amount"]), values["said_by"]))


def _told(code: str) -> str:
    return "" if code == BY_HAND else "the payer's word"
