"""Spreading a receipt: the fields, the accounts below them, and Enter in the last field posts all of it, once."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import Static

from screens.base import BaseScreen, Desk, Draft, key, whose
from screens.navigation import GoBack
from screens.spread.fields import Asked, LineForm, SpreadFields
from screens.spread.panes import BucketsPane, GroupReceiptPane, Lines, facts
from screens.spread.ports import ReceiptBook
from screens.widgets import EmptyState, Form, Heading, PagedTable, plain
from services.domain.money import Money
from services.errors import BadInput, DebtFlowError, NotFound, Refused, SessionExpired, Stale, Unreachable

if TYPE_CHECKING:
    from services.receipts.results import GroupReceipt, Spread, SpreadForm

DEBOUNCE = 0.12
UNREAD = 0.4
"""Seconds in which nobody has read an answer: an Enter pressed within them was meant for what stood there before."""

READ_ONLY = """Your role, {role}, does not enter payments.

{who}"""


class SpreadScreen(BaseScreen):
    """One receipt for the person who owes on ``number``."""

    CSS_PATH = "spread.tcss"
    AUTO_FOCUS = "Entry Input"
    HELP = """The table shows the person's debts and what each would get, by the policy of the client's contract; where
clients disagree, the contract of the oldest placement decides. Disputed debts are skipped.

Tab goes from the last field to the table. Enter on an account gives it an amount by hand, and says whose word it is:
the payer's own instruction reaches disputed debts too. F7 goes back to the policy.

What finds no debt is refused, unless F6 keeps it unapplied. All of it is posted, or nothing.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "finish", "back to the account", "Back to the account"),
        key("c,y", "copy", "copy", "Copy the receipt"),
        key("f10,ctrl+s", "post", "post", "Post without going through the remaining fields", priority=True),
        key("f6,ctrl+n", "keep_rest", "keep rest unapplied", "Take more than is owed and keep the rest unapplied",
            priority=True),
        key("f7,ctrl+u", "policy", "by policy", "Forget amounts given by hand", priority=True),
    ]  # fmt: skip

    _answered_at = -UNREAD

    def __init__(self, desk: Desk, receipts: ReceiptBook, number: str) -> None:
        super().__init__(desk)
        self._book = receipts
        self._number = number
        self._asked = Asked()
        self._spread: Spread | None = None
        self._receipt: GroupReceipt | None = None
        self._due: Timer | None = None
        self._typed: Mapping[str, str] = {}
        draft = desk.drafts.recall(self.draft_name()) or {}
        self._fields = SpreadFields(desk.today, self._currency, draft)
        self._recalled = bool(draft)
        self._who = Static("", id="who")
        self._lines = Lines(lambda: self.app.theme_variables["text-error"])
        self._buckets = BucketsPane()
        self._slip = GroupReceiptPane(desk)

    @property
    def crumb(self) -> str:
        return "Spread"

    @property
    def subject(self) -> str | None:
        return self._number

    def same_place(self, other: BaseScreen) -> bool:
        return isinstance(other, SpreadScreen) and other._number == self._number

    @property
    def enter_does(self) -> str:
        if not self._open:
            return ""
        return "amount by hand" if self._lines.has_focus else "next / post"

    @property
    def _open(self) -> bool:
        return self._receipt is None and self.desk.session.may("payment.spread")

    @property
    def waiting(self) -> bool:
        return self._due is not None or super().waiting

    def draft_name(self) -> str:
        return f"spread {self._number}"

    def draft(self) -> Draft | None:
        if self._receipt is not None or not any(self._fields[each].value for each in ("amount", "reference")):
            return None
        return self._fields.values

    def body(self) -> ComposeResult:
        if not self.desk.session.may("payment.spread"):
            yield EmptyState(READ_ONLY.format(**whose(self.desk.session, "payment.spread")))
            return
        with Vertical(id="sheet"):
            yield self._who
            with Horizontal(id="upper"):
                yield self._fields
                yield self._buckets
            yield Heading("Falls on")
            yield self._lines
        yield self._slip

    def on_mount(self) -> None:
        self._slip.display = False
        self._typed = self._fields.values
        if self._recalled:
            self.say("What you typed here last time is back.")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Keys of the receipt while it is shown, keys of the form before."""
        if action in ("finish", "copy"):
            return self._receipt is not None
        if action == "policy":
            return self._open and bool(self._asked.lines)
        return self._open if action in ("post", "keep_rest") else True

    # ---- the preview -----------------------------------------------------------------------------------------------

    def look_again(self) -> None:
        if self._open:
            self._weigh()

    def _currency(self) -> str:
        return self.desk.session.currency if self._spread is None else self._spread.amount.currency

    @property
    def _form(self) -> SpreadForm | None:
        """What is typed, as far as it can be weighed."""
        try:
            return self._fields.receipt(self._number, self._asked, {})
        except BadInput:
            return None

    @on(Form.Changed)
    def _changed(self) -> None:
        if self._fields.values == self._typed:
            return
        self._typed = self._fields.values
        self._asked.allow_duplicate = False
        self.say("")
        if self._due is not None:
            self._due.stop()
        self._due = self.set_timer(DEBOUNCE, self._weigh)

    def _weigh(self, post: bool = False) -> None:
        """Ask the kernel what posting would do now; before an amount is typed, only what the person owes."""
        if self._due is not None:
            self._due.stop()
            self._due = None
        if not self._open or self.acting:
            return
        form = self._form or _probe(self._number, self._currency())
        known = self._form is not None

        def show(spread: Spread) -> None:
            self._show(spread, known)
            if post:
                self.action_post()

        self.ask(
            lambda: self._book.preview(form), show, topic="preview", quiet=not post, hold=post, failed=self._unweighed
        )

    def _unweighed(self, error: DebtFlowError) -> bool:
        if isinstance(error, Unreachable | SessionExpired | NotFound):
            return False
        self.say(error.message, "error")
        return True

    def _show(self, spread: Spread, known: bool) -> None:
        self._spread = spread
        self._lines.known = known
        self._lines.fill(spread.lines)
        owing = Money.sum((line.before for line in spread.lines if line.before.currency == self._currency()),
                          self._currency())  # fmt: skip
        name = next((line.debtor for line in spread.lines if line.account == self._number), "")
        debts = f"{len(spread.lines)} accounts" if len(spread.lines) != 1 else "1 account"
        self._who.update(plain(f" {name}", "bold") + plain(f" · {debts} · owing {owing}", "$text-muted"))
        self._buckets.show(self._lines.current, spread if known else None)
        if known and spread.message is not None and not self._asked.allow_duplicate:
            self.say(f"{spread.message}. {_hint(spread)}".strip(), "warn" if spread.outcome == "duplicate" else "error")
        self.refresh_bindings()

    @on(PagedTable.Moved)
    def _moved(self) -> None:
        self._buckets.show(self._lines.current, self._spread if self._lines.known else None)
        self.refresh_bindings()

    # ---- by hand ---------------------------------------------------------------------------------------------------

    @on(PagedTable.Opened)
    def _by_hand(self, event: PagedTable.Opened) -> None:
        line, asked = event.item, self._asked

        def given(answer: tuple[Money, str] | None) -> None:
            if answer is None:
                return
            amount, asked.said_by = answer
            asked.lines.pop(line.account, None)
            if amount:
                asked.lines[line.account] = amount
            self._again()

        self.app.push_screen(LineForm(self.desk, line, asked.lines.get(line.account), asked.said_by), given)

    def action_policy(self) -> None:
        self._asked.lines.clear()
        self._again()

    def action_keep_rest(self) -> None:
        self._asked.remainder = "unapplied" if self._asked.remainder == "refuse" else "refuse"
        kept = self._asked.remainder == "unapplied"
        self.say(
            "What finds no debt will be kept unapplied: F6 takes that back." if kept else "Nothing is kept unapplied."
        )
        self._weigh()

    def _again(self) -> None:
        self._asked.allow_duplicate = False
        self.say("")
        self._weigh()

    # ---- posting ---------------------------------------------------------------------------------------------------

    @on(Form.Complete)
    def action_post(self) -> None:
        if self.acting or not self._open or monotonic() - self._answered_at < UNREAD or not self._fields.check():
            return
        if self._spread is None:
            self._weigh(post=True)
            return
        form = self._fields.receipt(self._number, self._asked, self._spread.versions)
        self.act(lambda: self._book.post(form), lambda receipt: self._posted(form, receipt), doing="Posting…",
                 failed=self._not_posted)  # fmt: skip

    def _posted(self, form: SpreadForm, receipt: GroupReceipt) -> None:
        self._answered_at = monotonic()
        self._receipt = receipt
        self.desk.drafts.drop(self.draft_name())
        self._slip.show(receipt, command(form, self.desk.session.currency))
        self._slip.display = True
        self.query_one("#sheet").display = False
        self.say("")
        self.refresh_bindings()
        self._slip.focus()

    def _not_posted(self, error: DebtFlowError) -> bool:
        self._answered_at = monotonic()
        self._asked.failed(error)
        if isinstance(error, Refused) and error.rule == "duplicate":
            self._asked.allow_duplicate = True
            self.say(f"{error.message}. Enter again to post anyway.", "warn")
        elif isinstance(error, Stale):
            self._weigh()
            self.say("An account has moved since you looked. The figures are new now: Enter posts.", "warn")
        elif isinstance(error, Unreachable):
            self.say("No answer: it may be posted or not. Enter again is safe: it posts once.", "error")
        elif isinstance(error, Refused):
            self.say(f"{error.message}. {error.hint or ''}".strip(), "error")
        else:
            return False
        return True

    def bad_input(self, error: BadInput) -> None:
        if not self._fields.show_error(error.field, error.message):
            self.say(error.message, "error")

    # ---- leaving ---------------------------------------------------------------------------------------------------

    def action_back(self) -> None:
        if self.acting:
            self.say("Wait for the outcome", "warn")
            return
        draft = self.draft()
        if draft is not None:
            self.desk.drafts.keep(self.draft_name(), draft)
        elif self._receipt is None:
            self.desk.drafts.drop(self.draft_name())
        self.post_message(GoBack())

    def action_finish(self) -> None:
        if monotonic() - self._answered_at < UNREAD:
            self.say("Posted once. Enter goes back to the account.", "good")
        else:
            self.post_message(GoBack())

    def action_copy(self) -> None:
        if self._receipt is not None:
            text = "\n".join((f"Receipt {self._receipt.receipt}", *facts(self._receipt)))
            self.say(f"{self._receipt.receipt} {self.desk.copy(text)}", "good")


def _hint(spread: Spread) -> str:
    if spread.outcome == "remainder":
        return "Enter less, or F6 keeps the rest unapplied."
    if spread.outcome == "duplicate":
        return "Enter again posts it anyway."
    return f"{spread.hint[:1].upper()}{spread.hint[1:]}." if spread.hint else ""


def _probe(number: str, currency: str) -> SpreadForm:
    """The smallest receipt there can be: it shows what the person owes before an amount is typed."""
    from services.receipts.results import SpreadForm

    return SpreadForm(number, Money(1, currency), "cash", allow_duplicate=True)


def command(form: SpreadForm, home: str) -> str:
    """What a script would have typed; sent again it gives the same receipt, for it names the submission."""

    def figures(amount: Money) -> str:
        plain_figures = amount.figures.replace(",", "")
        return plain_figures if amount.currency == home else f"{plain_figures} {amount.currency}"

    options = {
        "amount": figures(form.amount),
        "method": form.method,
        "reference": form.reference,
        "effective": form.effective_on.isoformat() if form.effective_on else None,
        "payer": form.payer if form.payer != "debtor" else None,
        "instruction": form.instruction,
        "remainder": form.remainder if form.remainder != "refuse" else None,
        "submission-id": str(form.submission_id),
    }
    given = [f"--{name} {shlex.quote(value)}" for name, value in options.items() if value]
    given += [f"--line {shlex.quote(f'{account}={figures(amount)}')}" for account, amount in (form.lines or {}).items()]
    again = " --allow-duplicate" if form.allow_duplicate else ""
    return f"debtflow payment spread {form.account} {' '.join(given)}{again}"
