"""The looking half of payment entry: what is owed, and what the kernel would do with what is typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import uuid4

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import Static

from screens.base import BaseScreen, Desk, Draft, whose
from screens.payment.answers import Answer, twice, weighed
from screens.payment.earlier import EarlierPayments
from screens.payment.fields import PaymentFields, Terms
from screens.payment.opening import opening
from screens.payment.ports import AccountBook, Till
from screens.payment.preview import PreviewPane
from screens.payment.receipt import ReceiptPane
from screens.widgets import EmptyState, Form, money, plain, words
from services.errors import BadInput, DebtFlowError, SessionExpired, Unreachable

if TYPE_CHECKING:
    from services.accounts.results import Account
    from services.payments.results import Preview, Receipt

DEBOUNCE = 0.12
WATCH_EVERY = 2.0
ANYWAY = "Enter again to post anyway."
READ_ONLY = """Your role, {role}, does not enter payments.

{who}"""


class WeighingScreen(BaseScreen):
    """Shows the account and keeps the preview true to the fields; what is done with them is said in the subclass."""

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
        self._attempt, self._word, self._wish = first.attempt, first.word, first.wish
        self._account: Account | None = None
        self._preview: Preview | None = None
        self._receipt: Receipt | None = None
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
        return isinstance(other, WeighingScreen) and other._number == self._number

    def draft_name(self) -> str:
        return f"payment {self._number}"

    def draft(self) -> Draft | None:
        if self._receipt is not None or not (self._fields.changed or self._attempt.in_doubt):
            return None
        return self._fields.values | self._attempt.draft()

    def body(self) -> ComposeResult:
        if not self.desk.session.may("payment.post"):
            yield EmptyState(READ_ONLY.format(**whose(self.desk.session, "payment.post")))
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

    @property
    def _open(self) -> bool:
        """Whether there is a form that could be posted."""
        return self._receipt is None and self.desk.session.may("payment.post")

    @property
    def waiting(self) -> bool:
        return self._due is not None or super().waiting

    # ---- the account -----------------------------------------------------------------------------------------------

    def look_again(self) -> None:
        if self.desk.session.may("payment.post"):
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
        answer = self._standing or weighed(preview, self.desk, charging=self._fields.kind is not None)
        if answer is not None:
            self.say(answer.text, answer.tone)

    def _keep_saying(self, answer: Answer) -> None:
        """Say something that outlives a newer preview."""
        self._standing = answer
        self.say(answer.text, answer.tone)
