"""What changes a debt without money: an adjustment, weighed while it is typed; and what pays the debt off on a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.timer import Timer

from screens.account.ports import AdjustmentBook, InterestBook
from screens.base import Desk, FormDialog
from screens.widgets import Entry, Form, money, words
from services.adjustments.results import ADJUSTMENT_KINDS, AdjustmentForm
from services.domain.dates import parse_date
from services.domain.money import Money
from services.errors import BadInput, DebtFlowError, SessionExpired, Unreachable

if TYPE_CHECKING:
    from services.accounts.results import Account
    from services.adjustments.results import Adjusted, AdjustmentPreview, Payoff, Reason

DEBOUNCE = 0.12
BY_ITSELF = "by_itself"
OWN_BUCKET = ("fee", "cost")


class AdjustForm(FormDialog[str]):
    """Gives the words to say when the adjustment was posted; the line below says what posting would do."""

    def __init__(self, desk: Desk, book: AdjustmentBook, account: Account, reasons: Sequence[Reason]) -> None:
        self._book = book
        self._account = account
        self._reasons = reasons
        self._due: Timer | None = None
        about = f"{account.debtor.name} owes {account.balance}. The kind says which way it goes: type no sign."
        super().__init__(desk, f"Adjust {account.number}", about, "post")

    def entries(self) -> tuple[Entry, ...]:
        kinds = [kind for kind in ADJUSTMENT_KINDS if self._of(kind)]
        bucket = Entry("bucket", "Falls on", codes=(BY_ITSELF, *dict(self._account.buckets.items())), width=18)
        bucket.display = kinds[0] not in OWN_BUCKET
        return (
            Entry("kind", "Kind", codes=kinds, width=20),
            Entry("amount", "Amount", required=True, placeholder=money(self._account.balance), width=15,
                  check=self._echo),
            Entry("reason", "Reason", codes=self._of(kinds[0]), check=self._meaning, width=25),
            bucket,
        )  # fmt: skip

    def _of(self, kind: str) -> list[str]:
        return [reason.name for reason in self._reasons if reason.kind == kind]

    def _meaning(self, name: str) -> str:
        return next((reason.what for reason in self._reasons if reason.name == name), "")

    def _echo(self, text: str) -> str:
        return str(self._amount(text))

    def _amount(self, text: str) -> Money:
        amount = Money.parse(text, self._account.balance.currency)
        if not amount:
            raise BadInput("amount", "nothing is no adjustment: type figures such as 15.00")
        return amount

    @property
    def _typed(self) -> AdjustmentForm:
        """The adjustment that stands in the form; raises BadInput."""
        values = self.form.values
        free = values["kind"] not in OWN_BUCKET and values["bucket"] != BY_ITSELF
        return AdjustmentForm(
            self._account.number, values["kind"], values["reason"], self._amount(values["amount"]),
            values["bucket"] if free else None, None, self._account.version,
        )  # fmt: skip

    @on(Form.Changed)
    def follow(self, event: Form.Changed) -> None:
        """Each kind has its own reasons; whatever changes is weighed anew."""
        if event.entry.field == "kind":
            self.form["reason"].offer(self._of(event.entry.value))
            self.form["bucket"].display = event.entry.value not in OWN_BUCKET
        if self._due is not None:
            self._due.stop()
        self._due = self.set_timer(DEBOUNCE, self._weigh)

    def _weigh(self) -> None:
        self._due = None
        if self.acting:
            return
        try:
            form = self._typed
        except BadInput:
            self.say("")
            return
        self.ask(lambda: self._book.preview(form), self._show, topic="preview", quiet=True, failed=_unweighed)

    def _show(self, seen: AdjustmentPreview) -> None:
        if seen.message is not None:
            self.say(f"{seen.message[:1].upper()}{seen.message[1:]}.", "error")
            return
        closes = f", closed as {words(seen.closes_as)}" if seen.closes_as else ""
        self.say(f"Owing {money(seen.before)} → {seen.after}{closes}")

    def send(self) -> None:
        form = self._typed
        self.act_once(
            lambda submission: self._book.post(replace(form, submission_id=submission)), self._posted, doing="Posting…"
        )

    def _posted(self, done: Adjusted) -> None:
        closed = f", closed as {words(done.closed_as)}" if done.closed_as else ""
        self.dismiss(f"{done.receipt}: {words(done.kind)} {money(done.amount)}, owing {done.balance}{closed}")


def _unweighed(error: DebtFlowError) -> bool:
    """What cannot be weighed now is weighed by posting it."""
    return not isinstance(error, Unreachable | SessionExpired)


class PayoffForm(FormDialog[str]):
    """Gives the payoff figure in words; the line below shows it while the day is typed."""

    def __init__(self, desk: Desk, book: InterestBook, account: Account, today: Payoff) -> None:
        self._book = book
        self._account = account
        self._day = desk.today
        super().__init__(desk, f"Payoff of {account.number}", _about(today), "say it")

    def entries(self) -> tuple[Entry, ...]:
        check = partial(_echo, today=self._day)
        return (Entry("on", "Paid on", check=check, placeholder="t, +7, 15, 5 Dec", width=16),)

    @on(Form.Changed)
    def follow(self) -> None:
        """Show the figure of the day that stands there."""
        try:
            on_day = self._on
        except BadInput:
            self.say("")
            return
        self.ask(lambda: self._book.payoff(self._account.number, on_day), lambda seen: self.say(_figure(seen)),
                 topic="payoff", quiet=True)  # fmt: skip

    @property
    def _on(self) -> date | None:
        text = self.form["on"].value
        return parse_date(text, self._day, prefer="future", field="on") if text else None

    def send(self) -> None:
        on_day = self._on

        def say(seen: Payoff) -> None:
            self.dismiss(_figure(seen))

        self.ask(lambda: self._book.payoff(self._account.number, on_day), say, topic="payoff", hold=True)


def _echo(text: str, today: date) -> str:
    on_day = parse_date(text, today, prefer="future", field="on")
    return f"{on_day:%a} {on_day.day} {on_day:%b %Y}"


def _figure(seen: Payoff) -> str:
    coming = f" ({money(seen.interest_to_come)} interest to come)" if seen.interest_to_come else ""
    return f"{seen.payoff} pays it off on {seen.on.day} {seen.on:%b %Y}{coming}"


def _about(seen: Payoff) -> str:
    if not seen.rate_bp:
        return f"{seen.balance} owed; the client's contract asks for no interest."
    if seen.stopped:
        why = f" ({seen.note})" if seen.note else ""
        return f"{seen.payoff} today. No interest runs: {words(seen.stopped)}{why}."
    return f"{seen.payoff} today. {seen.rate_bp / 100:.2f} % a year on principal, actual/365: {seen.daily} a day."
