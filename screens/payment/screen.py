"""Payment entry: amount to payer by Enter, the last Enter posts, once."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, ClassVar, Self

from textual import on
from textual.binding import BindingType

from screens.base import key
from screens.navigation import GoBack
from screens.payment.answers import Answer, refused, sentence
from screens.payment.attempt import Attempt
from screens.payment.charging import ChargingScreen
from screens.payment.fields import Terms
from screens.payment.receipt import charge_command, command, save, text_of
from screens.payment.weighing import ANYWAY
from screens.widgets import Form
from services.errors import BadInput, DebtFlowError, Refused, Stale

if TYPE_CHECKING:
    from services.charges.results import Charge
    from services.payments.results import PaymentForm, Receipt

UNREAD = 0.4
"""Seconds in which nobody has read an answer: an Enter pressed within them was meant for what stood there before."""

LAST = "last payment"
AFTER = frozenset({"finish", "copy", "save", "another"})
BEFORE = frozenset({"post", "clear", "as_last"})


class PaymentScreen(ChargingScreen):
    """One payment on one account; what is already known is given as it was typed."""

    CSS_PATH = "payment.tcss"
    AUTO_FOCUS = "Entry.first Input, Entry.first Choice"
    HELP = """Enter goes to the next field, Enter in the last one posts: one payment, however often it is pressed.

Card or US bank account charges a method the debtor saved, or makes a payment link; a saved one can be named at once
(visa 4242). No card number is ever typed here.

Amounts: 250, 250.00 or 1,250.5. Dates: t today, -1 yesterday, 15 the last 15th, 21 Nov, 2026-11-21. Method and payer:
their first letters, or the arrows. What is typed into a filled field replaces it; an arrow first lets you change it.

The table is what the kernel would do now. More than is owed is refused, unless F6 keeps the rest unapplied.

Leaving keeps what you typed for the next time you come here.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "finish", "back to the account", "Back to the account"),
        key("n", "another", "next payment", "Another payment on this account, same method and date"),
        key("c,y", "copy", "copy", "Copy the receipt"),
        key("w", "save", "write to a file", "Write the receipt to a file in the current folder"),
        key("f10,ctrl+s", "post", "post", "Post without going through the remaining fields", priority=True),
        key("f6,ctrl+n", "keep_rest", "keep rest unapplied", "Take more than is owed and keep the rest unapplied",
            priority=True),
        key("f9,ctrl+y", "as_last", "as last", "Method, date and payer of the last payment"),
        key("ctrl+z", "clear", "clear", "Clear every field"),
        key("escape,f3", "back", "back", "One step back; what was typed is kept as a draft", show=False),
    ]  # fmt: skip

    def take_over(self, other: Self) -> bool:
        """Another payment on the same account; what is being typed here comes first."""
        if self._receipt is not None:
            self.action_another()
        if any(other._given.values()):
            if self._fields.changed:
                self.say("There is an unfinished payment here: post it or clear it (^Z) first", "warn")
            else:
                self._fields.fill({field: text for field, text in other._given.items() if text})
        return True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Keys of the receipt while it is shown, keys of the form before."""
        if action in AFTER:
            return self._receipt is not None
        if action in BEFORE:
            return self._open
        return self._open and self._may_keep_rest if action == "keep_rest" else True

    @property
    def _may_keep_rest(self) -> bool:
        over = self._preview is not None and self._preview.outcome == "overpayment"
        may_rest = self._fields.kind is None and self._fields["method"].value != "paid_to_client"
        return (over and may_rest) or self._attempt.overpayment == "unapplied"

    # ---- posting ---------------------------------------------------------------------------------------------------

    @on(Form.Complete)
    def action_post(self) -> None:
        if self.acting or not self._open or monotonic() - self._answered_at < UNREAD or not self._fields.check():
            return
        if self._account is None:
            self._read(then=self.action_post)
            return
        attempt = self._attempt
        terms = Terms(
            self._number, self._currency(), self._looked_at, attempt.submission, attempt.overpayment,
            attempt.allow_duplicate,
        )  # fmt: skip
        if self._fields.kind is not None:
            self._charge(terms, again=self.action_post)
            return
        form = self._fields.payment(terms)
        self.act(
            lambda: self._till.post(form), lambda receipt: self._posted(form, receipt), doing="Posting…",
            failed=self._not_posted,
        )  # fmt: skip

    def _posted(self, form: PaymentForm, receipt: Receipt) -> None:
        self._show_receipt(receipt, command(form, self.desk.session.currency))

    def _show_paid(self, charge: Charge, receipt: Receipt) -> None:
        self._show_receipt(receipt, charge_command(charge, self._fields.chosen, self.desk.session.currency))

    def _show_receipt(self, receipt: Receipt, equal: str) -> None:
        self._answered_at = monotonic()
        self._receipt = receipt
        self._leave_draft()
        self._slip.show(receipt, equal)
        self._turn_page(receipt_shown=True)
        self._slip.focus()

    def _leave_draft(self) -> None:
        """Nothing is open here any more; the next payment may have much in common with this one."""
        self.desk.drafts.drop(self.draft_name())
        self.desk.drafts.keep(LAST, self._fields.run() | {"on": self.desk.today.isoformat()})

    def _not_posted(self, error: DebtFlowError) -> bool:
        self._answered_at = monotonic()
        self._attempt.failed(error)
        if isinstance(error, Refused) and error.rule == "duplicate":
            self._attempt.allow_duplicate = True
            self._keep_saying(Answer(f"{sentence(error.message)} {ANYWAY}", "warn"))
            self._weigh()
            return True
        answer = refused(error, self.desk)
        if answer is None:
            return False
        self._keep_saying(answer)
        if isinstance(error, Stale):
            self._read()
        if answer.field is not None:
            self._fields[answer.field].editor.focus()
        return True

    def bad_input(self, error: BadInput) -> None:
        if not self._fields.show_error(error.field, error.message):
            self.say(error.message, "error")

    def _turn_page(self, *, receipt_shown: bool) -> None:
        """Show the receipt or the form."""
        self._slip.display = receipt_shown
        self.query_one("#head").display = self.query_one("#sheet").display = not receipt_shown
        self.say("")
        self.refresh_bindings()

    # ---- keys of the form ------------------------------------------------------------------------------------------

    def action_keep_rest(self) -> None:
        keep = self._attempt.overpayment == "refuse"
        self._attempt.overpayment = "unapplied" if keep else "refuse"
        said = (
            "What is more than owed will be kept unapplied: F6 takes that back."
            if keep
            else "Nothing is kept unapplied."
        )
        self._keep_saying(Answer(said, "plain"))
        self._weigh()

    def action_as_last(self) -> None:
        last = dict(self.desk.drafts.recall(LAST) or {})
        if not last:
            self.say("No payment has been entered here yet: there is none to repeat")
            return
        if last.get("on") != self.desk.today.isoformat():
            # A day that was meant relative to another day is not the day that is meant now.
            last.pop("effective", None)
        self._fields.stick(last)

    def action_clear(self) -> None:
        doubt = self._attempt.in_doubt
        self._attempt, self._standing = Attempt(), None
        self._fields.clear()
        self._meant = self._fields.meaning
        self._weigh()
        self.desk.drafts.drop(self.draft_name())
        self._fields["amount"].editor.focus()
        self.say("Cleared. The try before had no answer: look at the account's payments first." if doubt else "Cleared")

    def action_back(self) -> None:
        if self.acting:
            self.say("Wait for the outcome", "warn")
            return
        draft = self.draft()
        if draft is not None:
            self.desk.drafts.keep(self.draft_name(), draft)
        elif self.desk.session.may("payment.post"):
            self.desk.drafts.drop(self.draft_name())
        self.post_message(GoBack())

    # ---- keys of the receipt ---------------------------------------------------------------------------------------

    def action_finish(self) -> None:
        if monotonic() - self._answered_at < UNREAD:
            self.say("Posted once. Enter goes back to the account.", "good")
        else:
            self.post_message(GoBack())

    def action_another(self) -> None:
        run = self._fields.run()
        self._receipt, self._attempt, self._preview, self._standing = None, Attempt(), None, None
        self._fields.clear()
        self._fields.stick(run)
        self._turn_page(receipt_shown=False)
        self._fields["amount"].editor.focus()
        self.look_again()

    def action_copy(self) -> None:
        if self._receipt is not None:
            self.say(f"{self._receipt.receipt} {self.desk.copy(text_of(self._receipt, self.desk))}", "good")

    def action_save(self) -> None:
        if self._receipt is None:
            return
        try:
            self.say(f"Written to {save(self._receipt, self.desk)}", "good")
        except OSError as error:
            self.say(f"Not written here: {error.strerror or error}. c copies it instead.", "error")
