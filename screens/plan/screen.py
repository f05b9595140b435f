"""Everything a debtor agreed to on one account: the promise, the plan, the offer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from screens.base import BaseScreen, Desk, key
from screens.dialogs.confirm import Confirm
from screens.navigation import OpenPayment
from screens.plan import forms
from screens.plan.lines import Schedule, summary
from screens.plan.ports import OfferBook, PlanBook, PromiseBook, Wallet
from screens.widgets import EmptyState, PagedTable, day, money, money_text, plain, words
from services.errors import DebtFlowError, Misconfigured
from services.plans.results import PlanChange

if TYPE_CHECKING:
    from services.charges.results import SavedMethod
    from services.plans.results import Instalment, Offer, Outlook, Plan, Promise

RIGHTS = {
    "new_plan": "plan.make", "change": "plan.make", "add": "plan.make", "drop": "plan.make", "hold": "plan.make",
    "release": "plan.make", "cancel_plan": "plan.make", "method": "plan.make",
    "promise": "promise.make", "withdraw": "promise.make", "pay": "payment.post",
    "offer": "settlement.offer", "accept": "settlement.offer", "take_back": "settlement.offer",
}  # fmt: skip
NOTHING = """No payment plan.

n  divides what is owed into instalments
p  takes a promise to pay
o  offers to settle for less"""


class PlanScreen(BaseScreen):
    """Shows the promise, the plan and the offer of one account, and a key for everything that can be agreed."""

    CSS_PATH = "plan.tcss"
    AUTO_FOCUS = "#schedule"
    HELP = """The schedule is worked out from what is owed: the last instalment takes the rest, whatever changes.
The bars show what is left to pay after each instalment. Enter changes the one under the cursor.

A plan that is held charges nothing until it is released with a reason. An offer takes nothing off the debt before it
is paid in full and in time; then the rest is written off.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        key("n", "new_plan", "new plan", "Divide what is owed into instalments"),
        key("a", "add", "add", "Add an instalment; the last one gives its amount"),
        key("x", "drop", "drop", "Drop the instalment under the cursor"),
        key("h", "hold", "hold", "Charge nothing more until the plan is released"),
        key("h", "release", "release", "Have the held plan go on"),
        key("d", "cancel_plan", "end plan", "Cancel the plan"),
        key("c", "method", "card", "Charge a saved method by itself, or let it be paid by hand", show=False),
        key("p", "promise", "promise", "Take a promise to pay"),
        key("w", "withdraw", "withdraw", "Take the open promise back", show=False),
        key("o", "offer", "offer", "Offer to settle for less"),
        key("y", "accept", "accepted", "The debtor accepted the offer", show=False),
        key("u", "take_back", "take back", "Take the open offer back", show=False),
        key("m", "pay", "payment", "Enter a payment", show=False),
    ]

    def __init__(
        self, desk: Desk, plans: PlanBook, promises: PromiseBook, offers: OfferBook, number: str,
        charges: Wallet | None = None,
    ) -> None:  # fmt: skip
        super().__init__(desk)
        self._charges = charges
        self._plans, self._promises, self._offers = plans, promises, offers
        self._number = number
        self._seen: Outlook | None = None
        self._who = Static("", id="who")
        self._summary = Static("", id="summary")
        self._schedule = Schedule(lambda: self.app.theme_variables["text-error"])
        self._empty = EmptyState(NOTHING if desk.session.may("plan.make") else NOTHING.partition("\n")[0], id="nothing")

    @property
    def crumb(self) -> str:
        return "Plan"

    @property
    def subject(self) -> str | None:
        return self._number

    @property
    def enter_does(self) -> str:
        return "change" if self.check_action("change", ()) else ""

    def body(self) -> ComposeResult:
        yield self._who
        yield self._summary
        yield self._schedule
        yield self._empty

    def on_mount(self) -> None:
        self._schedule.display = self._empty.display = False

    # ---- reading ---------------------------------------------------------------------------------------------------

    def look_again(self) -> None:
        self.ask(partial(self._plans.outlook, self._number), self._show, hold=self._seen is None)

    def _show(self, seen: Outlook) -> None:
        self._seen = seen
        owing = money_text(seen.balance, "bold") + plain(f" {seen.balance.currency} · {words(seen.status)}")
        self._who.update(plain(seen.debtor, "bold") + plain(f" · {seen.number} · owing ", "$text-muted") + owing)
        keys = self.desk.session.may("plan.make", "promise.make", "settlement.offer")
        self._summary.update(Content("\n").join(summary(seen, keys=keys)))
        self._schedule.show(seen.plan)
        self._schedule.display, self._empty.display = seen.plan is not None, seen.plan is None
        if seen.plan is not None and self.focused is None:
            self._schedule.focus()
        self.refresh_bindings()

    @property
    def _plan(self) -> Plan | None:
        plan = self._seen.plan if self._seen else None
        return plan if plan is not None and plan.state in ("active", "held") else None

    @property
    def _line(self) -> Instalment | None:
        line = self._schedule.current if self._plan is not None else None
        return line if line is not None and line.state not in ("paid", "charging") else None

    @property
    def _promise(self) -> Promise | None:
        newest = next(iter(self._seen.promises), None) if self._seen else None
        return newest if newest is not None and newest.state == "open" else None

    @property
    def _offer(self) -> Offer | None:
        offer = self._seen.offer if self._seen else None
        return offer if offer is not None and offer.state == "open" else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """No key for what the role may not do, or what there is nothing of."""
        takes = RIGHTS.get(action)
        if takes is not None and not (self.desk.session.may(takes) and self._seen is not None):
            return False
        match action:
            case "new_plan":
                return self._plan is None
            case "change" | "drop":
                return self._line is not None
            case "add" | "cancel_plan":
                return self._plan is not None
            case "method":
                return self._plan is not None and self._charges is not None
            case "hold" | "release":
                return self._plan is not None and (self._plan.state == "held") == (action == "release")
            case "withdraw":
                return self._promise is not None
            case "accept" | "take_back":
                return self._offer is not None
            case "offer":
                return self._seen is not None and self._seen.offer is None
            case _:
                return True

    @on(PagedTable.Moved)
    def _moved(self) -> None:
        self.refresh_bindings()

    # ---- doing -----------------------------------------------------------------------------------------------------

    def _done(self, said: str | None) -> None:
        if said:
            self.look_again()
            self.say(said, "good")

    def _open(self, form: forms.AgreementForm) -> None:
        self.app.push_screen(form, self._done)

    def action_new_plan(self) -> None:
        seen = self._seen
        if seen is not None:
            self._with_methods(lambda methods: self._open(forms.NewPlanForm(self.desk, self._plans, seen, methods)))

    def _with_methods(self, show: Callable[[tuple[SavedMethod, ...]], None]) -> None:
        """What can be charged is read first, and keys wait for it; without a provider there is nothing."""
        wallet = self._charges
        if wallet is None:
            show(())
            return

        def without(error: DebtFlowError) -> bool:
            if not isinstance(error, Misconfigured) and error.rule != "no_gateway":
                return False
            show(())
            return True

        self.ask(partial(wallet.methods, self._number), show, topic="methods", hold=True, failed=without)

    def action_method(self) -> None:
        seen, plan = self._seen, self._plan
        if seen is None or plan is None:
            return

        def show(methods: tuple[SavedMethod, ...]) -> None:
            if methods or plan.method_id is not None:
                self._open(forms.MethodForm(self.desk, self._plans, seen, plan, methods))
            else:
                self.say("The debtor has saved no method: a payment link can keep one", "warn")

        self._with_methods(show)

    @on(PagedTable.Opened)
    def action_change(self) -> None:
        if self._seen and self._plan and self._line and self.check_action("change", ()):
            self._open(forms.ChangeForm(self.desk, self._plans, self._seen, self._plan, self._line))

    def action_add(self) -> None:
        if self._seen and self._plan:
            self._open(forms.AddForm(self.desk, self._plans, self._seen, self._plan))

    def action_drop(self) -> None:
        plan, line = self._plan, self._line
        if plan is None or line is None:
            return
        change = PlanChange("drop", line.no)
        deed = partial(self._plans.change, self._number, change, version=plan.version)

        def sure(yes: bool | None) -> None:
            if yes:
                self.act(deed, lambda _: self._done(f"Instalment {line.no} dropped"), doing="Dropping…")

        effect = f"{money(line.amount)} of {day(line.due_on)} is added to the last instalment."
        self.app.push_screen(Confirm(f"Drop instalment {line.no}?", effect, "drop"), sure)

    def action_hold(self) -> None:
        if self._plan is not None:
            effect = "Nothing more is charged until it is released."
            self._because("Hold the plan", effect, "hold", self._plans.hold, self._plan, "Held")

    def action_release(self) -> None:
        if self._plan is not None:
            effect = "The plan goes on; what was declined is tried again on the next round."
            self._because("Release the plan", effect, "release", self._plans.release, self._plan, "Released")

    def action_cancel_plan(self) -> None:
        if self._plan is not None:
            effect = "The rest of the schedule is dropped. What is owed stays as it is."
            self._because("End the plan", effect, "end", self._plans.cancel, self._plan, "Plan ended")

    def _because(self, title: str, effect: str, verb: str, deed: Callable[..., Plan], plan: Plan, done: str) -> None:
        if self._seen is not None:
            act: Callable[[str], object] = lambda reason: deed(self._number, reason, version=plan.version)  # noqa: E731
            self._open(forms.ReasonForm(self.desk, self._seen, title, effect, verb, act, done))

    def action_promise(self) -> None:
        if self._seen is not None:
            self._open(forms.NewPromiseForm(self.desk, self._promises, self._seen))

    def action_withdraw(self) -> None:
        if self._seen and self._promise:
            act = partial(self._promises.cancel, self._number, self._promise.id)
            effect = "The promise no longer counts."
            self._open(
                forms.ReasonForm(self.desk, self._seen, "Take the promise back", effect, "take back", act, "Done")
            )

    def action_offer(self) -> None:
        if self._seen is not None:
            self._open(forms.OfferForm(self.desk, self._offers, self._seen))

    def action_accept(self) -> None:
        accepted = partial(self._offers.accept, self._number)
        self.act(accepted, lambda _: self._done("Accepted; the payment decides"), doing="Saving…")

    def action_take_back(self) -> None:
        if self._seen is not None:
            act = partial(self._offers.cancel, self._number)
            effect = "Everything stays owed."
            self._open(forms.ReasonForm(self.desk, self._seen, "Take the offer back", effect, "take back", act, "Done"))

    def action_pay(self) -> None:
        self.post_message(OpenPayment(self._number))
