"""One charge or payment link: where it stands, by itself newer every two seconds, and what can be done about it."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from screens.base import BaseScreen, Desk, key
from screens.charge.ports import Charges
from screens.charge.qr import QrCode, drawn, lines_needed, rows_of, spelled, too_small
from screens.charge.told import Told, is_open, next_ask, time_left, told
from screens.dialogs.confirm import Confirm
from screens.dialogs.problem import Problem
from screens.dialogs.reader import Reader
from screens.navigation import GoBack, OpenPayment
from screens.widgets import Fact, Facts, plain, words
from services.errors import DebtFlowError, NotFound

if TYPE_CHECKING:
    from services.charges.results import Charge

WATCH_EVERY = 2.0
UNREAD = 0.4
"""Seconds in which nobody has read the screen: an Enter pressed within them was meant for what stood there before."""
OF_A_LINK = frozenset({"copy", "qr", "spell"})


class ChargeScreen(BaseScreen):
    """Watches one charge; leaving it changes nothing about it."""

    CSS_PATH = "charge.tcss"
    AUTO_FOCUS = "#charge"
    HELP = """This page renews itself every two seconds. Leaving it changes nothing: u on the account comes back here.

Not known yet: the provider did not answer. DebtFlow asks until it knows; the amount is held meanwhile, so that nobody
charges it again. A link: read it out (s), copy it (c), or let the person scan it (q). No card number is typed here.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "finish", "back", "Back to where one came from"),
        key("c,y", "copy", "copy", "Copy the payment link, or the receipt number"),
        key("q", "qr", "QR code", "The link as a QR code on the whole screen"),
        key("s", "spell", "spell", "The link as it is read out"),
        key("p", "pay", "other way", "Another payment of the same amount"),
        key("x", "cancel", "take back", "Take the link back, so that nobody can pay it; or give a settled mismatch up"),
    ]

    def __init__(self, desk: Desk, charges: Charges, charge: UUID) -> None:
        super().__init__(desk)
        self._charges = charges
        self._which = charge
        self._charge: Charge | None = None
        self._opened_at = monotonic()
        self._who = Static("", id="who")
        self._state = Static("", id="state")
        self._address = Static("", id="address")
        self._facts = Facts(12)
        self._code = Static("", id="code")

    @property
    def crumb(self) -> str:
        return "Payment link" if self._charge is not None and self._charge.kind == "link" else "Charge"

    @property
    def subject(self) -> str | None:
        return None if self._charge is None else self._charge.account

    def same_place(self, other: BaseScreen) -> bool:
        return isinstance(other, ChargeScreen) and other._which == self._which

    def body(self) -> ComposeResult:
        with Horizontal(id="head"):
            yield self._who
        with VerticalScroll(id="charge", can_focus=True):
            yield self._state
            yield self._address
            yield self._facts
            yield self._code

    def on_mount(self) -> None:
        self.set_interval(WATCH_EVERY, self._watch)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Keys for what the charge is now."""
        charge = self._charge
        if action in OF_A_LINK:
            return self._address_now is not None or (action == "copy" and charge is not None and bool(charge.receipt))
        if action == "cancel":
            given_up = charge is not None and charge.state == "unknown" and charge.reason == "mismatch"
            may_settle = given_up and self.desk.session.may("charge.settle")
            return may_settle or (self._address_now is not None and self.desk.session.may("charge.make"))
        if action == "pay":
            return charge is not None and charge.state in AGAIN and self.desk.session.may("charge.make")
        return True

    @property
    def _address_now(self) -> str | None:
        """The link while somebody can still pay it."""
        charge = self._charge
        return charge.url if charge is not None and charge.kind == "link" and charge.state == "pending" else None

    # ---- looking ---------------------------------------------------------------------------------------------------

    def look_again(self) -> None:
        self.ask(lambda: self._charges.show(self._which), self._show, failed=self._missing, hold=self._charge is None)

    def _missing(self, error: DebtFlowError) -> bool:
        """A charge that is not there leaves nothing to stay for."""
        if not isinstance(error, NotFound) or self._charge is not None:
            return False
        self.app.push_screen(Problem(error), self._nothing_here)
        return True

    def _nothing_here(self, _: None) -> None:
        self.post_message(GoBack())

    def _watch(self) -> None:
        charge = self._charge
        if charge is not None and is_open(charge) and self.on_top and not self.waiting:
            self.ask(lambda: self._charges.show(self._which), self._show, topic="watch", quiet=True)

    def _show(self, charge: Charge) -> None:
        before, self._charge = self._charge, charge
        self._draw(charge)
        if before is None:
            self._opened_at = monotonic()
            self._show_where()
        elif before.state != charge.state:
            said = told(charge, self.desk)
            self.say(f"This has changed: {said.word}", "error" if said.alarm else "good")
        self.refresh_bindings()

    def _draw(self, charge: Charge) -> None:
        name = plain(f" {charge.debtor}", "bold") + plain(f" · {charge.account} · ", "$text-muted")
        self._who.update(name + plain(str(charge.amount), "bold") + plain(f" · {charge.shown}", "$text-muted"))
        self._state.update(Content("\n").join(_words(told(charge, self.desk))))
        self._facts.show(_facts(charge, self.desk))
        self._draw_link()

    def _draw_link(self) -> None:
        address = self._address_now
        self._address.display = self._code.display = address is not None
        if address is None:
            return
        self._address.update(plain(address, "$text-accent"))
        room = (self.size.width, self.size.height - ABOVE_CODE - len(address) // max(1, self.size.width))
        rows = rows_of(address, room)
        self._code.update(drawn(rows) if rows else plain(self._instead_of_code(address), "$text-muted"))

    def _instead_of_code(self, address: str) -> str:
        fits = rows_of(address, (self.app.size.width, self.app.size.height))
        return "q shows the QR code." if fits else too_small(address, self.app.size.height)

    def on_resize(self, _event: events.Resize) -> None:
        if self._charge is not None:
            self._draw_link()

    # ---- keys ------------------------------------------------------------------------------------------------------

    def action_finish(self) -> None:
        if monotonic() - self._opened_at < UNREAD:
            self.say("Read this first. Enter goes back.", "warn")
        else:
            self.action_back()

    def action_copy(self) -> None:
        text = self._address_now or (self._charge.receipt if self._charge is not None else None)
        if text:
            self.say(f"Copied: {self.desk.copy(text)}", "good")

    def action_qr(self) -> None:
        address = self._address_now
        if address is None:
            return
        lines = self.app.size.height
        if rows_of(address, (self.app.size.width, lines)):
            self.app.push_screen(QrCode(address))
        else:
            self.say(f"{lines_needed(address)} lines are needed, there are {lines}: make the terminal larger", "warn")

    def action_spell(self) -> None:
        if self._address_now is not None:
            self.app.push_screen(Reader("To read out", spelled(self._address_now), lines=True))

    def action_pay(self) -> None:
        charge = self._charge
        if charge is not None:
            figures = charge.amount.figures
            self.post_message(OpenPayment(charge.account, figures, charge.method, instead=True))

    def action_cancel(self) -> None:
        charge = self._charge
        if charge is None:
            return

        def sure(yes: bool | None) -> None:
            if yes:
                self.act(lambda: self._charges.cancel(charge.id), self._show, doing="Taking it back…")

        effect = f"Nobody can pay it any more, and {charge.amount} are no longer held. What was just paid still counts."
        title = "Take this link back?"
        if charge.kind != "link" or charge.reason == "mismatch":
            title, effect = "Give this charge up?", f"{charge.amount} are no longer held, and nothing is posted for it."
        if charge.reason == "taken_twice":
            title, effect = (
                "Is it settled at the provider?",
                "What is posted stays posted, and nobody is asked to look any more.",
            )
        self.app.push_screen(Confirm(title, effect, "take back"), sure)


AGAIN = frozenset({"failed", "expired", "canceled"})
ABOVE_CODE = 17
"""Lines of the screen that are not for the code where it stands below the facts."""


def _words(said: Told) -> Iterator[Content]:
    yield plain(f"{said.mark} {said.word}", "bold $text-error" if said.alarm else "bold $text-accent")
    yield plain("")
    yield plain(said.means)
    if said.do:
        yield plain(said.do, "bold" if said.alarm else "")


def _facts(charge: Charge, desk: Desk) -> Iterator[Fact]:
    yield "amount", plain(str(charge.amount), "bold")
    yield "with", plain(words(charge.shown) if charge.kind == "link" else charge.shown)
    started = desk.local(charge.started_at)
    yield "started", f"{started.day} {started:%b %Y, %H:%M:%S}, by {charge.by}"
    if charge.kind == "link" and charge.state == "pending" and charge.expires_at is not None:
        until = desk.local(charge.expires_at)
        yield "open until", f"{until.day} {until:%b, %H:%M}: {time_left(charge.expires_at, desk)}"
    if charge.state in ("unknown", "pending") and (when := next_ask(charge, desk)):
        yield "asked again", when
    if charge.receipt:
        yield "receipt", plain(charge.receipt, "bold")
