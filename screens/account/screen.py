"""One debt: what is owed, who owes it, what happened, and a key for everything that can be done about it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Self

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from screens.account import forms
from screens.account.adjust import AdjustForm, PayoffForm
from screens.account.ports import AccountBook, AdjustmentBook, ChargeBook, InterestBook, Reversals
from screens.account.refund import RefundForm, by_charge, left_of, why_not
from screens.account.reveal import RevealingAccount
from screens.account.reverse import ReverseForm
from screens.base import Desk, FormDialog, key
from screens.dialogs.confirm import Confirm
from screens.dialogs.problem import Problem
from screens.dialogs.reader import Reader
from screens.navigation import OpenAccount, OpenAudit, OpenCharge, OpenPayment, OpenPlan, OpenSpread
from screens.widgets import PagedTable, Tone, told, words
from services.errors import DebtFlowError, NotFound

if TYPE_CHECKING:
    from services.accounts.results import Account, PaymentRow, Viewer

WATCH_EVERY = 2.0
PRESENT_EVERY = 30.0
RIGHTS = {
    "pay": "payment.post", "spread": "payment.spread", "adjust": "adjustment.post", "note": "account.note",
    "call": "account.note", "follow_up": "account.note", "status": "account.status", "flag": "account.status",
    "add_contact": "account.contact", "edit": "account.contact", "remove_contact": "account.contact",
    "remove_method": "method.remove", "assign": "account.assign",
}  # fmt: skip
ONLY_IN = {"add_contact": "contacts", "remove_contact": "contacts", "remove_method": "methods"}


class AccountScreen(RevealingAccount):
    """Opens one account; ``then`` starts one of its actions as soon as it is read."""

    CSS_PATH = "account.tcss"
    AUTO_FOCUS = "#timeline"
    HELP = """The lower half shows one list at a time: t timeline, m payments, b the postings behind the figures
(again: bucket by bucket), e contacts, o other debts of the same person, u charges and links,
again u: saved methods. Enter opens what is under the cursor.

A change made elsewhere shows by itself within two seconds. ◆ says who else has the account open.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        key("p,f10", "pay", "payment", "Enter a payment"),
        key("k", "spread", "several debts", "One receipt over this person's debts", show=False),
        key("j", "adjust", "adjust", "Add a fee or cost, write off, correct the placement", show=False),
        key("i", "payoff", "payoff", "What pays this debt off on a day", show=False),
        key("n", "note", "note", "Write a note"),
        key("c", "call", "call", "Record a call and its outcome"),
        key("s", "status", "status", "Change the status: only moves that are allowed now"),
        key("f", "follow_up", "follow-up", "Set or clear the follow-up date"),
        key("r", "reverse", "reverse", "Reverse the payment under the cursor, or refund it where it was charged"),
        key("a", "add_contact", "add", "Add a contact"),
        key("x", "remove_contact", "remove", "Remove the contact under the cursor"),
        key("x", "remove_method", "remove", "Remove the saved method under the cursor"),
        key("e", "view('contacts')", "contacts", "Contacts: Enter changes one, a adds, x removes"),
        key("b", "view('postings')", "postings", "Postings behind the figures; again: the next bucket"),
        key("m", "view('payments')", "payments", "Payments and reversals", show=False),
        key("o", "view('others')", "other debts", "Other debts of this person", show=False),
        key("t", "view('timeline')", "timeline", "What happened on this account", show=False),
        key("u", "charges", "charges", "Charges under way and past; again: the saved methods", show=False),
        key("g", "flag", "flag", "Raise or lift a flag", show=False),
        key("w", "assign", "assign", "Give the account to another collector", show=False),
        key("l", "plan", "plan", "Promise, payment plan and settlement offer", show=False),
        key("v", "reveal", "show hidden", "Show for a moment what is masked, with a reason", show=False),
        key("h", "history", "history", "Audit trail of this account"),
        key("y", "copy", "copy", "Copy what is under the cursor", show=False),
    ]

    def __init__(
        self, desk: Desk, accounts: AccountBook, payments: Reversals, number: str, then: str = "",
        adjustments: AdjustmentBook | None = None, interest: InterestBook | None = None,
        charges: ChargeBook | None = None,
    ) -> None:  # fmt: skip
        super().__init__(desk, accounts, number, charges)
        self._adjustments = adjustments
        self._interest = interest
        self._payments = payments
        self._then = then

    @property
    def crumb(self) -> str:
        return self._number

    @property
    def subject(self) -> str | None:
        return self._number

    def take_over(self, other: Self) -> bool:
        self._then = other._then
        self.look_again()
        return True

    def body(self) -> ComposeResult:
        yield self._head
        with Container(id="main"):
            yield self._facts
            yield self._lists

    def on_mount(self) -> None:
        self._reveal(False)
        self.set_interval(WATCH_EVERY, self._watch)
        self.set_interval(PRESENT_EVERY, self._be_present)
        self._be_present()

    def on_screen_resume(self) -> None:
        """Back from a payment, say, the figures are looked after at once."""
        self._watch()

    def on_unmount(self) -> None:
        leave = partial(self._book.leave, self._number)
        self.app.run_worker(leave, thread=True, group="leave", exit_on_error=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """No key for what the role may not do, or what the cursor does not stand on."""
        if action in RIGHTS and not self.desk.session.may(RIGHTS[action]):
            return False
        if action in ONLY_IN:
            return self._lists.view == ONLY_IN[action]
        if action == "charges":
            return self._charges is not None
        if action == "reverse":
            row = self._payment_here()
            takes = "refund.make" if row is not None and by_charge(row) else "payment.reverse"
            return self.desk.session.may(takes) and (self._lists.view == "payments" or row is not None)
        return True

    # ---- reading ---------------------------------------------------------------------------------------------------

    def look_again(self) -> None:
        first = self._account is None
        show = partial(self._book.show, self._number)
        self.ask(show, self._show, hold=first or bool(self._then), failed=self._missing)

    def _missing(self, error: DebtFlowError) -> bool:
        """An account that is not there leaves nothing to stay for."""
        if not isinstance(error, NotFound) or self._account is not None:
            return False
        self.app.push_screen(Problem(error), lambda _: self._leave(True))
        return True

    def _show(self, account: Account) -> None:
        self._account = account
        self._reveal(True)
        self._head.show(account)
        self._facts.show(account, self.desk.today)
        self._lists.show(account)
        if self._lists.view == "postings":
            self._read_postings()
        self._read_charges()
        if not self._lists.has_focus_within:
            self._lists.focus_list()
        self.refresh_bindings()
        self._begin()

    def _reveal(self, known: bool) -> None:
        """Nothing is shown of an account that has not been read."""
        for part in (self._head, self._facts, self._lists):
            part.display = known

    def _begin(self) -> None:
        then, self._then = self._then, ""
        if then and self.check_action(then, ()):
            getattr(self, f"action_{then}")()

    def _watch(self) -> None:
        """Ask for the version only, and only while nothing else goes on here."""
        known = self._account
        if known is None or not self.on_top or self.waiting:
            return

        def compare(version: int) -> None:
            if self._account is not None and version != self._account.version:
                self.look_again()
            elif known.held.minor or self._learning:
                # What is asked at the provider becomes known without a move of the account.
                self._read_charges()

        self.ask(partial(self._book.version, self._number), compare, topic="watch", quiet=True)

    def _be_present(self) -> None:
        def show(viewers: tuple[Viewer, ...]) -> None:
            local = self.desk.local
            self._head.show_viewers([(viewer.user, local(viewer.since)) for viewer in viewers])

        if self.on_top or self._account is None:
            self.ask(partial(self._book.look, self._number), show, topic="presence", quiet=True)

    # ---- the lists -------------------------------------------------------------------------------------------------

    def action_view(self, view: str) -> None:
        again = view == self._lists.view
        self._lists.choose(view)
        if view == "postings":
            self._lists.next_bucket(again)
            self._read_postings()
        self.refresh_bindings()

    def _read_postings(self) -> None:
        bucket = self._lists.bucket
        self.ask(partial(self._book.postings, self._number, bucket), self._lists.show_postings, topic="postings")

    def action_back(self) -> None:
        if self._lists.view != "timeline" and not self.acting and not self._head.reveals:
            self.action_view("timeline")
        else:
            super().action_back()

    @on(PagedTable.Moved)
    def _moved(self) -> None:
        self.refresh_bindings()

    @on(PagedTable.NearEnd)
    def _more(self) -> None:
        last = self._lists.timeline.items[-1].id
        older = partial(self._book.activities, self._number, before_id=last)
        self.ask(older, self._lists.add_activities, topic="older")

    @on(PagedTable.Opened)
    def _opened(self, event: PagedTable.Opened) -> None:
        view, item = self._lists.view, event.item
        if view == "others":
            self.post_message(OpenAccount(item.number))
        elif view == "charges":
            self.post_message(OpenCharge(item.id))
        elif view == "contacts":
            self.action_edit()
        elif view == "timeline":
            at = self.desk.local(item.at)
            self.app.push_screen(
                Reader(f"{item.by} · {words(item.kind)} · {at:%a %d %b %Y %H:%M}", told(item.kind, item.text))
            )

    def _payment_here(self) -> PaymentRow | None:
        """The payment under the cursor, if it can still be reversed, or some of it be given back."""
        if self._account is None:
            return None
        receipt = getattr(self._lists.current, "receipt", None)
        rows = (row for row in self._account.payments if row.receipt == receipt)
        return next((row for row in rows if self._may_go_back(row)), None)

    def _may_go_back(self, row: PaymentRow) -> bool:
        if by_charge(row):
            return self._account is not None and left_of(row, self._account.payments, self._refunds).minor > 0
        return row.reverses is None and row.reversed_by is None

    # ---- doing -----------------------------------------------------------------------------------------------------

    def _open(self, make: Callable[..., forms.AccountForm]) -> None:
        if self._account is not None:
            self.app.push_screen(make(self.desk, self._book, self._account), self._done)

    def _done(self, said: str | None) -> None:
        if said:
            self.look_again()
            self.say(said, "good")

    def _refunded(self, answer: tuple[str, Tone] | None) -> None:
        if answer is not None:
            self.look_again()
            self.say(*answer)

    def action_pay(self) -> None:
        self.post_message(OpenPayment(self._number))

    def action_spread(self) -> None:
        self.post_message(OpenSpread(self._number))

    def action_adjust(self) -> None:
        book, account = self._adjustments, self._account
        if book is not None and account is not None:
            self.ask(book.reasons, lambda known: self._push(AdjustForm(self.desk, book, account, known)), hold=True)

    def action_payoff(self) -> None:
        book, account = self._interest, self._account
        if book is not None and account is not None:
            show = partial(book.payoff, self._number)
            self.ask(show, lambda seen: self._push(PayoffForm(self.desk, book, account, seen)), hold=True)

    def _push(self, form: FormDialog[str]) -> None:
        self.app.push_screen(form, self._done)

    def action_plan(self) -> None:
        self.post_message(OpenPlan(self._number))

    def action_note(self) -> None:
        self._open(forms.NoteForm)

    def action_call(self) -> None:
        self._open(forms.CallForm)

    def action_follow_up(self) -> None:
        self._open(forms.FollowUpForm)

    def action_flag(self) -> None:
        self._open(forms.FlagForm)

    def action_assign(self) -> None:
        self._open(forms.AssignForm)

    def action_status(self) -> None:
        account = self._account
        if account is not None and not account.moves:
            self.say(f"No move from {words(account.status)} is allowed now", "warn")
        else:
            self._open(forms.StatusForm)

    def action_add_contact(self) -> None:
        self._open(forms.ContactForm)

    def action_edit(self) -> None:
        contact = self._lists.contacts.current
        if contact is not None and self.desk.session.may("account.contact"):
            self._open(partial(forms.ContactForm, contact=contact))

    def action_remove_contact(self) -> None:
        contact = self._lists.contacts.current
        if contact is None:
            return
        remove = partial(self._book.remove_contact, self._number, contact.id)

        def sure(yes: bool | None) -> None:
            if yes:
                self.act(remove, lambda _: self._done(f"Removed {contact.value}"), doing="Removing…")

        effect = f"{contact.value} is no longer offered for this person. The audit trail keeps that it was."
        self.app.push_screen(Confirm("Remove this contact?", effect, "remove"), sure)

    def action_reverse(self) -> None:
        row = self._payment_here()
        if self._account is None:
            return
        if row is None:
            self.say(*why_not(self._lists.payments.current))
            return
        if by_charge(row) and self._charges is not None:
            self.app.push_screen(
                RefundForm(self.desk, self._charges, self._account, row, self._refunds), self._refunded
            )
        else:
            self.app.push_screen(ReverseForm(self.desk, self._payments, self._account, row), self._done)

    def action_history(self) -> None:
        self.post_message(OpenAudit(f"entity:account/{self._number}"))

    def action_copy(self) -> None:
        item: Any = self._lists.current
        text = getattr(item, "receipt", None) or getattr(item, "value", None) or self._number
        self.say(f"{text} {self.desk.copy(text)}", "good")
