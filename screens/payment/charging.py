"""Asking the payment provider: what can be charged, whether it answers, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import monotonic
from typing import TYPE_CHECKING

from textual import events
from textual.content import Content

from screens.base import Desk
from screens.navigation import OpenCharge
from screens.payment.answers import NOT_SET_UP, Answer
from screens.payment.declined import Declined, not_now
from screens.payment.fields import Terms, method_meant
from screens.payment.ports import AccountBook, Cashier, Till
from screens.payment.saved import LINK, Wallet, until
from screens.payment.weighing import WeighingScreen
from screens.widgets import Form, plain, words
from screens.widgets.saved import has_expired
from services.charges.results import ChargeForm
from services.errors import BadInput, DebtFlowError, Misconfigured, NotFound
from services.payments.results import METHODS

if TYPE_CHECKING:
    from services.charges.results import Breaker, Charge, LinkForm, SavedMethod
    from services.payments.results import Receipt

CALLING = "Calling the provider… This cannot be cancelled; keys are kept."
OVER = ("failed", "expired", "canceled")


class ChargingScreen(WeighingScreen):
    """Payment entry that also charges; without ``charges`` it says that cards are not set up."""

    _answered_at = float("-inf")

    def __init__(
        self, desk: Desk, payments: Till, accounts: AccountBook, number: str,
        amount: str = "", method: str = "", reference: str = "", charges: Cashier | None = None,
    ) -> None:  # fmt: skip
        super().__init__(desk, payments, accounts, number, amount, method, reference)
        self._cashier = charges
        self._breaker: Breaker | None = None

    # ---- what can be charged ---------------------------------------------------------------------------------------

    def look_again(self) -> None:
        super().look_again()
        if self._open:
            self._know_whether_ready()

    def _know_whether_ready(self) -> None:
        """Say from the beginning where nothing can be charged, before somebody promises it on the phone."""
        cashier = self._cashier

        def show(ready: bool) -> None:
            if not ready:
                self._offer(Wallet(known=True, ready=False))

        if cashier is None:
            show(False)
        else:
            self.ask(cashier.ready, show, topic="ready", quiet=True, failed=self._no_wallet)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Whoever chooses a method by its first letters needs all of them to be there."""
        self._show_keys()
        if event.widget in (self._fields["method"].editor, self._fields["saved"].editor):
            self._know_wallet()

    def _know_wallet(self, then: Callable[[], None] | None = None) -> None:
        """Read the debtor's saved methods unless they are known; ``then`` needs them, and keys wait."""
        if self._fields.wallet.known:
            return
        cashier = self._cashier

        def show(read: tuple[bool, tuple[SavedMethod, ...]]) -> None:
            ready, methods = read
            self._offer(Wallet(methods if ready else (), known=True, ready=ready))
            if then is not None:
                then()

        if cashier is None:
            self._offer(Wallet(known=True, ready=False))
        else:
            self.ask(
                lambda: (cashier.ready(), cashier.methods(self._number)),
                show, topic="wallet", hold=True, failed=self._no_wallet,
            )  # fmt: skip

    def _no_wallet(self, error: DebtFlowError) -> bool:
        if isinstance(error, NotFound):
            return True  # the account itself is asked for as well, and says so
        if not isinstance(error, Misconfigured) and error.rule != "no_gateway":
            return False
        self._offer(Wallet(known=True, ready=False))
        return True

    def _offer(self, wallet: Wallet) -> None:
        self._fields.offer(wallet)
        wish = self._wish
        if wish is not None:
            self._wish = None
            name = wallet.meant(wish)
            if name is not None:
                self._fields.choose(name)
            else:
                self._give_up(wish)
        self._meant = self._fields.meaning
        self._look_at_provider()
        if self._question != self._weighed:
            self._weigh()

    def _give_up(self, wish: str) -> None:
        """Nothing may be charged that was not named: what was given is entered by hand, from the first field on."""
        _, _, reference = wish.partition(" ")
        self.set_focus(self._fields["amount"].editor)
        self._fields.fill({"method": METHODS[0], "reference": reference})
        self._keep_saying(_unheard_of(wish, self._fields.wallet))

    def on_form_changed(self, event: Form.Changed) -> None:
        """Say what another method means before it is used."""
        if event.entry.field in ("method", "saved", "open_for", "keep"):
            self._look_at_provider()
            self._show_note()

    def _look_at_provider(self) -> None:
        self._show_note()
        cashier, wallet = self._cashier, self._fields.wallet
        if cashier is not None and wallet.known and wallet.ready and self._fields.kind and not self.acting:
            self.ask(cashier.breaker, self._show_breaker, topic="breaker", quiet=True)

    def _show_breaker(self, breaker: Breaker) -> None:
        self._breaker = breaker
        self._show_note()

    def _watch(self) -> None:
        super()._watch()
        if self._open and not self.waiting:
            self._look_at_provider()

    def _show_note(self) -> None:
        """Beside the preview: what would be charged, and whether the provider answers."""
        self._pane.show_note(tuple(self._note()))
        if self._fields.kind and self._fields.wallet.known and not self._fields.wallet.ready:
            self.say(NOT_SET_UP.text, NOT_SET_UP.tone)
        self._show_keys()

    def _note(self) -> Iterator[Content]:
        fields = self._fields
        if not fields.wallet.ready:
            yield plain("")
            yield plain("cards     not set up here", "$text-muted")
        if fields.kind is None or not fields.wallet.known or not fields.wallet.ready:
            return
        method = fields.chosen
        yield plain("")
        if method is not None:
            late = has_expired(method.expires, self.desk.today)
            shown = plain(until(method, self.desk.today), "$text-error" if late else "bold")
            yield plain("charges   ", "$text-muted") + shown
        elif fields["saved"].value == LINK:
            kept = "method kept" if fields["keep"].value == "yes" else "method not kept"
            yield plain("link      ", "$text-muted") + plain(f"open {words(fields['open_for'].value)}, {kept}")
        if fields.kind == "us_bank_account":
            yield plain("counts    ", "$text-muted") + plain("when confirmed, in about 4 days")
        yield from _provider(self._breaker, self.desk)

    @property
    def enter_does(self) -> str:
        if not self._open:
            return ""
        last = [entry for entry in self._fields.entries if entry.display][-1:]
        charging = self._fields.kind is not None and self._fields.wallet.ready
        if not charging or not any(entry.editor.has_focus for entry in last):
            return "next / post"
        amount = self._fields.gist[0]
        if self._fields.chosen is not None:
            return f"charge {amount}" if amount else "charge"
        return "make the link"

    # ---- asking the provider ---------------------------------------------------------------------------------------

    def _charge(self, terms: Terms, again: Callable[[], None]) -> None:
        """Charge what was chosen, or make the link; ``again`` comes back here once it is known what can be chosen."""
        wallet = self._fields.wallet
        if not wallet.known:
            self._know_wallet(then=again)
        elif self._cashier is None or not wallet.ready:
            self._keep_saying(NOT_SET_UP)
        elif (resting := not_now(self._breaker, self.desk)) is not None:
            self._keep_saying(resting)
            self._look_at_provider()
        else:
            self._send_charge(self._cashier, self._fields.charge(terms))

    def _send_charge(self, cashier: Cashier, form: ChargeForm | LinkForm) -> None:
        # Kept as open before anything is sent: whatever ends this program, the next try here is the same one.
        self.desk.drafts.keep(self.draft_name(), self._fields.values | self._attempt.draft() | {"in_doubt": "yes"})
        self.act(lambda: _decided(cashier, form), self._charged, doing=CALLING, failed=self._not_charged)

    def _charged(self, charge: Charge) -> None:
        self._answered_at = monotonic()
        receipt = charge.receipt
        if charge.state == "posted" and receipt is not None:
            self.ask(
                lambda: self._till.show(receipt),
                lambda shown: self._show_paid(charge, shown),
                topic="receipt",
                hold=True,
            )
            return
        self._leave_draft()
        self.post_message(OpenCharge(charge.id, instead=True))

    def _not_charged(self, error: DebtFlowError) -> bool:
        shown = self._not_posted(error)
        if isinstance(error, Misconfigured):
            self._offer(Wallet(known=True, ready=False))
        if not self._attempt.in_doubt:
            self.desk.drafts.keep(self.draft_name(), self._fields.values | self._attempt.draft())
        if isinstance(error, Declined):
            self._fields["saved"].editor.focus()
            # The hold came and went: that was no colleague who moved the account.
            self._read()
        self._look_at_provider()
        return shown

    def _show_paid(self, charge: Charge, receipt: Receipt) -> None:
        raise NotImplementedError

    def _not_posted(self, error: DebtFlowError) -> bool:
        raise NotImplementedError

    def _leave_draft(self) -> None:
        raise NotImplementedError


def _decided(cashier: Cashier, form: ChargeForm | LinkForm) -> Charge:
    """The charge; raises Declined where it came to nothing, so that keys typed ahead do not charge again."""
    charge = cashier.start(form) if isinstance(form, ChargeForm) else cashier.link(form)
    if charge.state in OVER:
        raise Declined(charge)
    return charge


def _provider(breaker: Breaker | None, desk: Desk) -> Iterator[Content]:
    label = plain("provider  ", "$text-muted")
    if breaker is None:
        return
    if breaker.state == "closed":
        stands_in = "a stand-in: no money moves" if desk.environment == "DEMO" else "answers"
        yield label + plain(stands_in, "$text-muted")
        return
    since = f" since {desk.local(breaker.since):%H:%M:%S}" if breaker.since else ""
    yield label + plain(f"does not answer{since}", "$text-error")
    if breaker.cause:
        yield plain(f"          {breaker.cause}", "$text-muted")
    if breaker.next_try_at:
        yield plain(f"          next try at {desk.local(breaker.next_try_at):%H:%M:%S}")


def _unheard_of(wish: str, wallet: Wallet) -> Answer:
    try:
        method_meant(wish.split()[0])
    except BadInput as error:
        also = "and no saved one begins so" if wallet.ready else "and cards are not set up here"
        return Answer(f"{error.message}, {also}.", "error")
    return Answer(f"No saved method begins with “{words(wish)}”.", "error") if wallet.ready else NOT_SET_UP
