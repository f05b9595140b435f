"""The upper half of an account: who, how much, how to reach them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from screens.widgets import GONE, Fact, Facts, harmless, money, money_text, plain, words
from services.domain.contacts import display_phone

if TYPE_CHECKING:
    from services.accounts.results import Account, Ahead, Contact, OtherDebt

KINDS = {"phone": "Phone", "email": "E-mail", "address": "Address"}


class AccountHead(Vertical):
    """Whose debt it is, and what everybody must know before speaking: flags, and who else is here."""

    def __init__(self) -> None:
        super().__init__(id="head")
        self._who = Static("", id="who")
        self._where = Static("", id="where")
        self._present = Static("", id="present")
        self._flags = Static("", id="flags")
        self._held = Static("", id="held")
        self._revealed = Static("", id="revealed")
        self._names = ""

    def compose(self) -> ComposeResult:
        with Horizontal(id="line"):
            yield self._who
            yield self._where
        yield self._flags
        yield self._held
        yield self._revealed
        yield self._present

    def on_mount(self) -> None:
        for part in (self._flags, self._held, self._revealed, self._present):
            part.display = False

    def show(self, account: Account) -> None:
        """Show an account's name and flags."""
        self._who.update(plain(account.debtor.name, "bold"))
        assigned = f"assigned {account.collector}" if account.collector else "not assigned"
        where = (account.client_name, account.external_ref, account.account_type, assigned)
        self._where.update(plain(" · ".join(filter(None, where)), "$text-muted"))
        self._flags.update(Content("\n").join(_flags(account)))
        self._flags.display = bool(account.flags)

    def show_held(self, lines: Sequence[Content]) -> None:
        """Say what is held by charges under way, or nothing."""
        self._held.update(Content("\n").join(lines))
        self._held.display = bool(lines)

    def show_revealed(self, lines: Sequence[Content]) -> None:
        """Show what was masked, or hide it again."""
        self._revealed.update(Content("\n").join(lines))
        self._revealed.display = bool(lines)

    @property
    def reveals(self) -> bool:
        """Whether something shows that is masked."""
        return bool(self._revealed.display)

    def show_viewers(self, viewers: Sequence[tuple[str, datetime]]) -> None:
        """Say who else has the account open and since when, or nothing."""
        names = ", ".join(f"{user} since {since:%H:%M}" for user, since in viewers)
        if names == self._names:
            return
        self._names = names
        self._present.update(plain(f" ◆ also open by {names}", "$text-accent"))
        self._present.display = bool(names)


class AccountFacts(Container):
    """How much, and how to reach the person; long parts are cut, the lists have them whole."""

    def __init__(self) -> None:
        super().__init__(id="facts")
        self._money = Static("", id="money")
        self._person = Facts(10, id="person")
        self._account: Account | None = None
        self._today = date.min
        self._saved: Content | None = None

    def compose(self) -> ComposeResult:
        yield self._money
        yield self._person

    def show(self, account: Account, today: date) -> None:
        """Show an account's money and person."""
        self._account, self._today = account, today
        self._money.update(Content("\n").join(_money(account)))
        self._show_person()

    def show_saved(self, methods: Content | None) -> None:
        """Show what the debtor can be charged with."""
        self._saved = methods
        self._show_person()

    def _show_person(self) -> None:
        if self._account is not None:
            facts = list(_person(self._account, self._today))
            if self._saved is not None:
                facts.insert(2, ("Saved", self._saved))
            self._person.show(facts)


def _flags(account: Account) -> Iterator[Content]:
    for flag in account.flags:
        yield plain(f" ⚑ {words(flag.kind)}: {flag.note}  (since {_day(flag.since)}, {flag.by})")


def _money(account: Account) -> Iterator[Content]:
    parts = [(name, amount, "" if amount.minor else "$text-muted") for name, amount in account.buckets.items()]
    if account.held.minor:
        parts.append(("held", account.held, ""))
    if account.unapplied.minor:
        parts.append(("unapplied", account.unapplied, ""))
    width = max(len(money(amount)) for amount in (account.balance, *(amount for _, amount, _ in parts)))
    owing = money_text(account.balance, "bold")
    yield Content.assemble((f"{'OWING':<12}", "bold"), _right(owing, width), f" {harmless(account.balance.currency)}")
    for name, amount, style in parts:
        yield Content.assemble((f"  {name:<10}", "$text-muted"), _right(money_text(amount, style), width))
    placed = _right(plain(money(account.original), "$text-muted"), width)
    yield Content.assemble(("placed      ", "$text-muted"), placed, (f" {_short(account.placed_on)}", "$text-muted"))
    last = f"on {_day(account.last_payment_on)}" if account.last_payment_on else "never"
    yield Content.styled(f"last paid   {last}", "$text-muted")


def _right(text: Content, width: int) -> Content:
    return Content(" " * max(0, width - text.cell_length)) + text


def _person(account: Account, today: date) -> Iterator[Fact]:
    status = words(account.status) + (f" ({words(account.closed_reason)})" if account.closed_reason else "")
    yield "Status", plain(status, "bold") + plain(f" · priority {account.priority}", "$text-muted")
    yield "Follow-up", _follow_up(account.follow_up_on, today)
    for ahead in account.ahead:
        yield ahead.kind.capitalize(), _ahead(ahead)
    yield from _contacts(account)
    yield "SSN", account.debtor.ssn or GONE
    if account.others:
        yield "Also", _others(account.others)
    if account.due_on or account.charge_off_on:
        dates = (("due", account.due_on), ("charged off", account.charge_off_on))
        yield "Since", plain(", ".join(f"{what} {_short(on)}" for what, on in dates if on), "$text-muted")
    if account.creditor_name:
        yield "Creditor", plain(account.creditor_name, "$text-muted")


def _contacts(account: Account) -> Iterator[Fact]:
    for kind, label in KINDS.items():
        found = sorted((c for c in account.debtor.contacts if c.kind == kind), key=lambda c: not c.primary)
        if found:
            more = f"  +{len(found) - 1} more" if len(found) > 1 else ""
            yield label, plain(shown_contact(found[0])) + plain(f"  {found[0].label}{more}", "$text-muted")
        elif kind == "phone":
            yield label, plain(f"{GONE} (e adds one)", "$text-muted")


def shown_contact(contact: Contact) -> str:
    """A way to reach somebody as people write it."""
    return display_phone(contact.value) if contact.kind == "phone" else contact.value


def _others(others: tuple[OtherDebt, ...]) -> Content:
    first = others[0]
    more = f"  +{len(others) - 1} more" if len(others) > 1 else ""
    owed = f" {money(first.balance)}" if first.balance is not None else ""
    held = f", {first.collector}" if first.collector else ""
    return plain(f"{first.number} {words(first.status)}, {first.client}{held}{owed}{more}")


def _follow_up(on: date | None, today: date) -> Content:
    if on is None:
        return plain(f"{GONE} (f sets one)", "$text-muted")
    days = (on - today).days
    when = {0: "today", 1: "tomorrow", -1: "yesterday"}.get(
        days, f"in {days} days" if days > 0 else f"{-days} days ago"
    )
    return plain(f"{_day(on)} ({when})", "$text-error" if days < 0 else "bold" if days == 0 else "")


def _ahead(ahead: Ahead) -> Content:
    """What is next of a plan, a promise or an offer."""
    amount = "" if ahead.amount is None else f"{money(ahead.amount)} "
    if ahead.kind == "offer":
        return plain("paid, about to be completed" if ahead.state == "met" else f"{amount}until {_day(ahead.on)}")
    bad = ahead.state in ("behind", "held", "broken")
    what = "next " if ahead.kind == "plan" else ""
    return plain(words(ahead.state), "$text-error" if bad else "bold") + plain(f" · {what}{_day(ahead.on)} {amount}")


def _short(on: date) -> str:
    return f"{on.day} {on:%b %y}"


def _day(on: date | None) -> str:
    return GONE if on is None else f"{on.day} {on:%b %Y}"
