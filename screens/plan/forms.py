"""What can be agreed with a debtor: each a small form that stays open until it is accepted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from textual import on

from screens.base import Desk, FormDialog
from screens.plan.ports import OfferBook, PlanBook, PromiseBook
from screens.widgets import Entry, Form, day, money
from screens.widgets.saved import by_name, has_expired
from services.domain.dates import parse_date
from services.domain.money import Money
from services.errors import BadInput
from services.plans.results import EVERY, PlanChange, PlanForm, PromiseForm

if TYPE_CHECKING:
    from services.charges.results import SavedMethod
    from services.plans.results import Instalment, Outlook, Plan, Proposal

APART = tuple(every for every in EVERY if every != "once")
SHORT = 400
BY_HAND = "by_hand"


class AgreementForm(FormDialog[str]):
    """A form about one account; gives the words to say when it was accepted."""

    def __init__(self, desk: Desk, seen: Outlook, title: str, about: str, verb: str) -> None:
        self.today = desk.today
        self.seen = seen
        super().__init__(desk, f"{title} · {seen.number}", about, verb)

    def accepted(self, words_to_say: str) -> None:
        """Close with what to say."""
        self.dismiss(words_to_say)

    def day(self, field: str) -> date:
        """The day that was typed."""
        return parse_date(self.form[field].value, self.today, prefer="future", field=field)

    def money(self, field: str) -> Money | None:
        """The amount that was typed, None for none."""
        text = self.form[field].value
        return Money.parse(text, self.seen.balance.currency, field=field) if text else None

    def count(self, field: str) -> int | None:
        """The number that was typed, None for none."""
        text = self.form[field].value
        if text and not (text.isascii() and text.isdigit() and len(text) < 5):
            raise BadInput(field, f"“{text}” is not a number")
        return int(text) if text else None

    def day_entry(self, name: str, label: str, usual: str = "") -> Entry:
        """A day to come, echoed in full."""

        def echo(text: str) -> str:
            on = parse_date(text, self.today, prefer="future", field=name)
            return f"{on:%a} {day(on)}"

        return Entry(name, label, required=not usual, placeholder=usual or "+7, 15, 5 Dec", width=16, check=echo)

    def money_entry(self, name: str, label: str, usual: str = "", *, required: bool = False) -> Entry:
        """An amount, echoed in full."""

        def echo(text: str) -> str:
            return str(Money.parse(text, self.seen.balance.currency, field=name))

        return Entry(name, label, required=required, placeholder=usual or "100.00", width=16, check=echo)

    def count_entry(self, name: str, label: str, usual: str = "") -> Entry:
        """A small number; left empty it is the usual one."""

        def echo(_text: str) -> str:
            self.count(name)
            return ""

        return Entry(name, label, placeholder=usual, width=16, max_length=4, check=echo)


class NewPlanForm(AgreementForm):
    """A plan over all that is owed; says what it comes to while it is typed."""

    def __init__(self, desk: Desk, book: PlanBook, seen: Outlook, methods: Sequence[SavedMethod] = ()) -> None:
        self._book = book
        self._methods = by_name(methods)
        about = f"Divides the {seen.balance} owed: how much each, or how many. The last one takes the rest."
        super().__init__(desk, seen, "Payment plan", about, "make")

    def entries(self) -> tuple[Entry, ...]:
        return (
            self.day_entry("first_on", "First on"),
            Entry("every", "Then", "monthly", codes=APART),
            self.money_entry("amount", "Each"),
            self.count_entry("times", "or how many"),
            self.count_entry("grace", "Grace days", "3"),
            paid_with(self._methods, self.today),
        )

    @property
    def _grace(self) -> int:
        days = self.count("grace")
        return 3 if days is None else days

    def _wanted(self) -> PlanForm:
        times, amount = self.count("times"), self.money("amount")
        if amount is None and times is None:
            raise BadInput("amount", "how much each, or how many?")
        method = self._methods.get(self.form["paid"].value)
        method_id = None if method is None else method.id
        return PlanForm(self.day("first_on"), self.form["every"].value, times, amount, self._grace, method_id)

    @on(Form.Changed)
    def preview(self) -> None:
        """What it comes to, as soon as it can be said."""
        try:
            wanted = self._wanted()
        except BadInput:
            self.say("")
            return
        propose = lambda: self._book.propose(self.seen.number, wanted)  # noqa: E731
        self.ask(propose, self._proposed, topic="preview", quiet=True, failed=lambda _error: True)

    def _proposed(self, proposal: Proposal) -> None:
        first, last, count = proposal.instalments[0], proposal.instalments[-1], len(proposal.instalments)
        self.say(f"{count} instalments: {money(first.amount)} each, {money(last.amount)} on {day(last.due_on)}")

    def send(self) -> None:
        wanted, version = self._wanted(), self.seen.version
        self.act_once(
            lambda key: self._book.make(self.seen.number, wanted, version=version, submission_id=key),
            lambda made: self.accepted(f"Plan made: {len(made.instalments)} instalments"),
        )


def paid_with(methods: Mapping[str, SavedMethod], today: date) -> Entry:
    """How instalments are paid: by hand, or by a saved method that is charged by itself."""

    def echo(name: str) -> str:
        method = methods.get(name)
        if method is None:
            return "each one as it comes"
        return f"expired {method.expires}" if has_expired(method.expires, today) else "charged on its day"

    entry = Entry("paid", "Paid", codes=(BY_HAND, *methods), width=20, check=echo)
    entry.display = bool(methods)
    return entry


class MethodForm(AgreementForm):
    """How the rest of a plan is paid."""

    def __init__(self, desk: Desk, book: PlanBook, seen: Outlook, plan: Plan, methods: Sequence[SavedMethod]) -> None:
        self._book, self._plan, self._methods = book, plan, by_name(methods)
        now = next((f"Now charged to {name}." for name, each in self._methods.items() if each.id == plan.method_id),
                   "Now paid by hand." if plan.method_id is None else "Now charged by itself.")  # fmt: skip
        super().__init__(desk, seen, "How it is paid", now, "change")

    def entries(self) -> tuple[Entry, ...]:
        return (paid_with(self._methods, self.today),)

    def send(self) -> None:
        name = self.form["paid"].value
        method = self._methods.get(name)
        change = PlanChange("method", method_id=None if method is None else method.id)
        self.act(
            lambda: self._book.change(self.seen.number, change, version=self._plan.version),
            lambda _: self.accepted("Paid by hand" if method is None else f"Charged to {name} by itself"),
        )


class ChangeForm(AgreementForm):
    """Amount and day of one instalment; one of them at a time."""

    def __init__(self, desk: Desk, book: PlanBook, seen: Outlook, plan: Plan, line: Instalment) -> None:
        self._book, self._plan, self._line = book, plan, line
        about = "What is left empty stays as it is. The last instalment takes the difference."
        super().__init__(desk, seen, f"Instalment {line.no}", about, "change")

    def entries(self) -> tuple[Entry, ...]:
        return (
            self.money_entry("amount", "Amount", money(self._line.amount)),
            self.day_entry("due_on", "On", day(self._line.due_on)),
        )

    def send(self) -> None:
        amount = self.money("amount")
        changes = []
        if amount is not None and amount != self._line.amount:
            changes.append(PlanChange("amount", self._line.no, amount))
        if self.form["due_on"].value:
            changes.append(PlanChange("day", self._line.no, due_on=self.day("due_on")))
        if not changes:
            self.accepted("Nothing was changed")
            return

        def deed() -> Plan:
            plan = self._plan
            for change in changes:
                plan = self._book.change(self.seen.number, change, version=plan.version)
            return plan

        self.act(deed, lambda _: self.accepted(f"Instalment {self._line.no} changed"), doing="Saving…")


class AddForm(AgreementForm):
    """One more instalment; the last one gives its amount."""

    def __init__(self, desk: Desk, book: PlanBook, seen: Outlook, plan: Plan) -> None:
        self._book, self._plan = book, plan
        last = plan.instalments[-1]
        super().__init__(desk, seen, "One more instalment", f"The last one gives of its {money(last.rest)}.", "add")

    def entries(self) -> tuple[Entry, ...]:
        return self.day_entry("due_on", "On"), self.money_entry("amount", "Amount", required=True)

    def send(self) -> None:
        change = PlanChange("add", due_on=self.day("due_on"), amount=self.money("amount"))
        self.act(
            lambda: self._book.change(self.seen.number, change, version=self._plan.version),
            lambda _: self.accepted("Instalment added"),
        )


class ReasonForm(AgreementForm):
    """Something done for a reason, in words."""

    def __init__(
        self, desk: Desk, seen: Outlook, title: str, effect: str, verb: str, deed: Callable[[str], object], done: str
    ) -> None:
        self._deed, self._done = deed, done
        super().__init__(desk, seen, title, effect, verb)

    def entries(self) -> tuple[Entry, ...]:
        return (Entry("reason", "Why", required=True, max_length=SHORT),)

    def send(self) -> None:
        reason = self.form["reason"].value
        self.act(lambda: self._deed(reason), lambda _: self.accepted(self._done))


class NewPromiseForm(AgreementForm):
    """A promise to pay, once or several times."""

    def __init__(self, desk: Desk, book: PromiseBook, seen: Outlook) -> None:
        self._book = book
        about = "Without an amount any payment keeps it. An open promise is replaced."
        super().__init__(desk, seen, "Promise to pay", about, "save")

    def entries(self) -> tuple[Entry, ...]:
        every = Entry("every", "Then", "monthly", codes=APART)
        every.display = False
        return (
            self.day_entry("first_on", "Promised for"),
            self.money_entry("amount", "Amount"),
            self.count_entry("times", "How many times", "1"),
            every,
            self.count_entry("grace", "Grace days", "0"),
        )

    @on(Form.Changed)
    def show_every(self, event: Form.Changed) -> None:
        """Only a promise for several days has a distance between them."""
        if event.entry.field == "times":
            self.form["every"].display = event.entry.value not in ("", "1")

    def send(self) -> None:
        times = self.count("times") or 1
        every = self.form["every"].value if times > 1 else "once"
        wanted = PromiseForm(self.money("amount"), self.day("first_on"), every, times, self.count("grace") or 0)
        self.act_once(
            lambda key: self._book.make(self.seen.number, wanted, submission_id=key),
            lambda made: self.accepted(f"Promised for {day(made.parts[0].due_on)}"),
        )


class OfferForm(AgreementForm):
    """An offer to take less; who may go below the client's floor says why."""

    def __init__(self, desk: Desk, book: OfferBook, seen: Outlook) -> None:
        self._book = book
        floor = seen.floor_bp
        lowest = None if floor is None else Money(-(-seen.balance.minor * floor // 10000), seen.balance.currency)
        least = "The client's contract names no settlement" if lowest is None else f"The client takes {lowest} at least"
        super().__init__(desk, seen, "Settlement", f"Of {seen.balance} owed. {least}.", "offer")

    def entries(self) -> tuple[Entry, ...]:
        reason = Entry("reason", "Why so low", max_length=SHORT, placeholder="below the floor only")
        reason.display = self.desk.session.may("settlement.below")
        return self._amount_entry(), self.day_entry("until", "Until"), reason

    def _amount_entry(self) -> Entry:
        """The amount, echoed with the part of the debt that it is: floors are said so."""
        owed = self.seen.balance

        def echo(text: str) -> str:
            amount = Money.parse(text, owed.currency, field="amount")
            same = amount.currency == owed.currency and owed.minor > 0
            return f"{amount}: {amount.minor * 100 / owed.minor:.1f} %" if same else str(amount)

        return Entry("amount", "Settle for", required=True, placeholder="100.00", width=16, check=echo)

    def send(self) -> None:
        amount, until, reason = self.money("amount"), self.day("until"), self.form["reason"].value
        if amount is None:
            return
        self.act_once(
            lambda key: self._book.offer(
                self.seen.number, amount, until, version=self.seen.version, reason=reason, submission_id=key
            ),
            lambda made: self.accepted(f"Offered: {made.amount} until {day(made.expires_on)}"),
        )
