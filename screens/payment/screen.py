"""Payment entry: amount to payer by Enter, the last Enter posts, once."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, ClassVar, Self
from uuid import uuid4

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import Static

from screens.base import BaseScreen, Desk, Draft, key
from screens.navigation import GoBack
from screens.payment.answers import Answer, refused, sentence, twice, weighed
from screens.payment.attempt import Attempt
from screens.payment.earlier import EarlierPayments
from screens.payment.fields import PaymentFields, Terms
from screens.payment.opening import opening
from screens.payment.ports import AccountBook, Till
from screens.payment.preview import PreviewPane
from screens.payment.receipt import ReceiptPane, command, save, text_of
from screens.widgets import EmptyState, Form, money, plain, words
from services.errors import BadInput, DebtFlowError, Refused, SessionExpired, Stale, Unreachable

if TYPE_CHECKING:
    from services.accounts.results import Account
    from services.payments.results import PaymentForm, Preview, Receipt

DEBOUNCE = 0.12
WATCH_EVERY = 2.0
UNREAD = 0.4
"""Seconds in which nobody has read an answer: an Enter pressed within them was meant for what stood there before."""

ANYWAY = "Enter again to post anyway."
LAST = "last payment"
AFTER = frozenset({"finish", "copy", "save", "another"})
BEFORE = frozenset({"post", "clear", "as_last"})
READ_ONLY = """Your role, {role}, looks and does not write, so you cannot post payments.

The collector who holds the account can, and so can a supervisor."""


class PaymentScreen(BaseScreen):
    """One payment on one account; what is already known is given as it was typed."""

    CSS_PATH = "payment.tcss"
    AUTO_FOCUS = "Entry.first Input, Entry.first Choice"
    HELP = """Enter goes to the next field, Enter in the last one posts: one payment, however often it is pressed.
Amounts: 250  250.00  1,250.5     Dates: t today, -1 yesterday, 15 the last 15th, 21 Nov, 2026-11-21
Method and payer: their first letters, or the arrows.
What is typed into a filled field replaces it; an arrow key first lets you change it.

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

    def __init__(
        self, desk: Desk, payments: Till, accounts: AccountBook, number: str,
        amount: str = "", method: str = "", reference: str = "",
    ) -> None:  # fmt: skip
        super().__init__(desk)
        self._till = payments
        self._accounts = accounts
        self._number = number
        self._given = {"amount": amount, "method": method, "reference": reference}
        first = opening(desk.drafts, self.draft_name(), self._given)
        self._attempt, self._word = first.attempt, first.word
        self._account: Account | None = None
        self._preview: Preview | None = None
        self._receipt: Receipt | None = None
        self._answered_at = -UNREAD
        self._weighed: tuple[object, ...] = ()
        self._meant: tuple[str, ...] = ()
        self._read_at = 0
        self._standing: Answer | None = None
        self._due: Timer | None = None
        self._fields = PaymentFields(desk, first.values, self._currency)
        self._fields[first.first_field].add_class("first")
        self._who = Static("", id="who")
        self._version = Static("", id="version")
        self._pane = PreviewPane()
        self._earlier = EarlierPayments()
        self._slip = ReceiptPane(desk)

    @property
    def crumb(self) -> str:
        return "Payment"

    @property
    def subject(self) -> str | None:
        return self._number

    def same_place(self, other: BaseScreen) -> bool:
        return isinstance(other, PaymentScreen) and other._number == self._number

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

    def draft_name(self) -> str:
        return f"payment {self._number}"

    def draft(self) -> Draft | None:
        if self._receipt is not None or not (self._fields.changed or self._attempt.in_doubt):
            return None
        return self._fields.values | self._attempt.draft()

    def body(self) -> ComposeResult:
        if not self.desk.session.may_write:
            yield EmptyState(READ_ONLY.format(role=words(self.desk.session.role)))
            return
        with Horizontal(id="head"):
            yield self._who
            yield self._version
        with Horizontal(id="sheet"):
            with Vertical(id="left"):
                yield self._fields
                yield self._earlier
            yield self._pane
        yield self._slip

    def on_mount(self) -> None:
        self._slip.display = False
        self._meant = self._fields.meaning
        if self._word is not None:
            self.say(self._word.text, self._word.tone)
        self.set_interval(WATCH_EVERY, self._watch)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Keys of the receipt while it is shown, keys of the form before."""
        if action in AFTER:
            return self._receipt is not None
        if action in BEFORE:
            return self._open
        return self._open and self._may_keep_rest if action == "keep_rest" else True

    @property
    def _open(self) -> bool:
        """Whether there is a form that could be posted."""
        return self._receipt is None and self.desk.session.may_write

    @property
    def _may_keep_rest(self) -> bool:
        over = self._preview is not None and self._preview.outcome == "overpayment"
        in_trust = self._fields["method"].value != "paid_to_client"
        return (over and in_trust) or self._attempt.overpayment == "unapplied"

    @property
    def enter_does(self) -> str:
        return "next / post" if self._open else ""

    @property
    def waiting(self) -> bool:
        return self._due is not None or super().waiting

    # ---- the account -----------------------------------------------------------------------------------------------

    def look_again(self) -> None:
        if self.desk.session.may_write:
            self._read()

    def _read(self, then: Callable[[], None] | None = None) -> None:
        """Read the account, again; ``then`` needs it, so keys wait for it."""

        def show(account: Account) -> None:
            self._show_account(account)
            if then is not None:
                then()

        self.ask(lambda: self._accounts.show(self._number), show, topic="account", hold=then is not None)

    def _show_account(self, account: Account) -> None:
        first, self._account = self._account is None, account
        owing = plain(f" {account.debtor.name}", "bold") + plain(f" · {account.number} · owing ", "$text-muted")
        self._who.update(owing + plain(f"{money(account.balance)} {account.balance.currency}", "bold"))
        self._version.update(plain(f"version {account.version} ✓ ", "$text-muted"))
        self._pane.show_account(account)
        self._earlier.show(account)
        if first and account.status in ("closed", "settled"):
            self.say(f"This account is {words(account.status)}: it takes no payments.", "warn")
        self._weigh()

    def _currency(self) -> str:
        return self.desk.session.currency if self._account is None else self._account.balance.currency

    @property
    def _looked_at(self) -> int | None:
        """The version of what is on the screen."""
        seen = self._preview or self._account
        return None if seen is None else seen.version

    def _watch(self) -> None:
        """Look whether somebody else has moved the account."""
        if self._account is not None and self._open and not self.waiting:
            self.ask(lambda: self._accounts.version(self._number), self._watched, topic="version", quiet=True)

    def _watched(self, version: int) -> None:
        if version != self._looked_at and self._open:
            self._read()
            self._keep_saying(Answer("The account has moved: the figures are new.", "warn"))

    # ---- the preview -----------------------------------------------------------------------------------------------

    @on(Form.Changed)
    def _typed(self, event: Form.Changed) -> None:
        meaning = self._fields.meaning
        if meaning == self._meant:
            return
        self._meant = meaning
        self._attempt.changed(event.entry.field in ("amount", "method"))
        self._standing = None
        self.say("")
        if self._question == self._weighed:
            return
        self._pane.add_class("-old")
        if self._due is not None:
            self._due.stop()
        self._due = self.set_timer(DEBOUNCE, self._weigh)

    @property
    def _question(self) -> tuple[object, ...]:
        return (*self._fields.gist, self._attempt.overpayment)

    def _weigh(self) -> None:
        """Ask the kernel what posting would do now."""
        if self._due is not None:
            self._due.stop()
            self._due = None
        if self._account is None or not self._open or self.acting:
            return
        question = self._question
        try:
            form = self._fields.payment(Terms(self._number, self._currency(), None, uuid4(), self._attempt.overpayment))
        except BadInput:
            self._show_preview(question, None)
            return
        self.ask(
            lambda: self._till.preview(form),
            lambda preview: self._show_preview(question, preview),
            topic="preview", quiet=True, failed=self._not_weighed,
        )  # fmt: skip

    def _not_weighed(self, error: DebtFlowError) -> bool:
        if isinstance(error, Unreachable | SessionExpired):
            return False
        self._show_preview(self._question, None)
        self.say(error.message, "error")
        return True

    def _show_preview(self, question: tuple[object, ...], preview: Preview | None) -> None:
        self._weighed, self._preview = question, preview
        self._pane.show_preview(preview)
        self.refresh_bindings()
        if preview is None:
            return
        if self._account is not None and preview.version > max(self._account.version, self._read_at):
            self._read_at = preview.version
            self._read()
        if self._attempt.allow_duplicate and preview.earlier is not None:
            self._standing = Answer(f"{twice(preview.earlier, self.desk)} {ANYWAY}", "warn")
        answer = self._standing or weighed(preview, self.desk)
        if answer is not None:
            self.say(answer.text, answer.tone)

    def _keep_saying(self, answer: Answer) -> None:
        """Say something that outlives a newer preview."""
        self._standing = answer
        self.say(answer.text, answer.tone)

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
        form = self._fields.payment(terms)
        self.act(
            lambda: self._till.post(form), lambda receipt: self._posted(form, receipt), doing="Posting…",
            failed=self._not_posted,
        )  # fmt: skip

    def _posted(self, form: PaymentForm, receipt: Receipt) -> None:
        self._answered_at = monotonic()
        self._receipt = receipt
        self.desk.drafts.drop(self.draft_name())
        self.desk.drafts.keep(LAST, self._fields.run() | {"on": self.desk.today.isoformat()})
        self._slip.show(receipt, command(form, self.desk.session.currency))
        self._turn_page(receipt_shown=True)
        self._slip.focus()

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
        self._attempt = Attempt()
        self._fields.clear()
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
        elif self.desk.session.may_write:
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
        self._receipt, self._attempt, self._preview = None, Attempt(), None
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
