"""Look up an account while the person is on the phone: one box, results as you type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Protocol

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import Input, Static

from screens.base import BaseScreen, Desk, key
from screens.navigation import AskCommand, OpenAccount, OpenPayment, Travel
from screens.widgets import (
    GONE,
    Column,
    EmptyState,
    PagedTable,
    cell,
    money_cell,
    plain,
    words,
)
from screens.widgets.summary import AccountSummary
from services.domain.lookup import WORDS, LookupQuery, parse_lookup
from services.domain.numbers import parse_account_number
from services.domain.quoting import holds_card_number
from services.errors import BadInput

if TYPE_CHECKING:
    from services.accounts.results import Account, AccountPage, AccountRow

PAGE = 50
DEBOUNCE = 0.08
DWELL = 0.15

COLUMNS = (
    Column("ACCOUNT", 9),
    Column("DEBTOR", 16, flex=True),
    Column("CLIENT", 8),
    Column("STATUS", 14),
    Column("FOLLOW-UP", 9),
    Column("OWING", 10, right=True),
)
NOTHING_MINE = """No account is yours yet.

Type a name, a number, a reference, a phone number or the last 4 of an SSN.
A supervisor assigns accounts; an import releases new ones."""
NOTHING_FOUND = """Nothing found for this.

Try fewer letters, another spelling, or say what it is:
name:  ref:  phone:  email:  ssn:  number:
A filter may be too narrow: status:  balance>  client:  flag:  followup<"""


class Lookups(Protocol):
    """The part of the account service that a lookup needs."""

    def find(self, query: LookupQuery, *, limit: int = 50, after: str | None = None) -> AccountPage: ...
    def show(self, number: str) -> Account: ...


class SearchBox(Input):
    """The box; a colon opens the command line, but after a word such as ``status`` that it belongs to."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "submit", "open", "Open what was found"),
        key("down", "screen.to_list", "list", "From the box to the list"),
    ]

    def on_key(self, event: events.Key) -> None:
        if event.character == ":" and not self._after_word:
            event.prevent_default().stop()
            self.post_message(AskCommand())

    @property
    def _after_word(self) -> bool:
        typed = self.value[: min(self.selection)].split(" ")
        return typed[-1].lower().lstrip("-") in WORDS


class AccountsScreen(BaseScreen):
    """The bottom of the stack: an empty box lists my accounts by follow-up date."""

    CSS_PATH = "accounts.tcss"
    AUTO_FOCUS = "#box"
    HELP = """The box takes a name in any order, also misspelt, an account number, a client's reference, a phone number,
an e-mail address or the last 4 of an SSN. A prefix forces one: name: ref: phone: email: ssn: number:
text:refund finds words of notes, text:refund* how a word begins.
Filters narrow: status:disputed balance>500 client:HARBOR collector:ana priority:3 flag:attorney followup<+7

In the box every letter is text. Down goes to the list; there letters are keys, digits start a new search,
and / or Esc goes back to the box.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        key("p", "pay", "payment", "Enter a payment on this account"),
        key("n", "start('note')", "note", "Write a note on this account"),
        key("c", "start('call')", "call", "Record a call and its outcome"),
        key("f", "start('follow_up')", "follow-up", "Set the follow-up date"),
        key("s", "start('status')", "status", "Change the status", show=False),
        key("slash", "to_box", "find", "Back to the box"),
        key("y", "copy", "copy", "Copy the account number", show=False),
    ]

    def __init__(self, desk: Desk, accounts: Lookups, query: str = "") -> None:
        super().__init__(desk)
        self._accounts = accounts
        self._box = SearchBox(query, placeholder="name, number, reference, phone, e-mail, SSN last 4", id="box",
                              max_length=200, compact=True, select_on_focus=False)  # fmt: skip
        self._box.cursor_blink = False
        self._how = Static("", id="how")
        self._table: PagedTable[AccountRow] = PagedTable(COLUMNS, self._cells, lambda row: row.number, id="found")
        self._empty = EmptyState("", id="nothing")
        self._summary = Static("", id="summary")
        self._detail = AccountSummary(desk.local, id="detail")
        self._typing: Timer | None = None
        self._dwelling: Timer | None = None
        self._was_away = False
        self._dwells = False
        self._pending = False
        self._open_when_found = False
        self._next: str | None = None
        self._shown: tuple[AccountRow, ...] = ()

    @property
    def crumb(self) -> str:
        return "Accounts"

    @property
    def subject(self) -> str | None:
        row = self._table.current
        return row.number if row is not None and self._table.has_focus else None

    def body(self) -> ComposeResult:
        with Horizontal(id="find") as box:
            box.border_title = "Find"
            yield self._box
            yield self._how
        with Horizontal(id="sides"):
            with Vertical(id="list"):
                yield self._table
                yield self._empty
            yield self._detail
        yield self._summary

    def on_mount(self) -> None:
        self._empty.display = False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Letters are keys in the list only; a role that may not write has no keys that write."""
        in_list = self._table.has_focus
        if action in ("pay", "start"):
            then = parameters[0] if parameters else "pay"
            takes = {"pay": "payment.post", "status": "account.status"}.get(str(then), "account.note")
            return in_list and self.desk.session.may(takes)
        if action in ("to_box", "copy"):
            return in_list
        return True

    @property
    def waiting(self) -> bool:
        return self._pending or self._dwells or super().waiting

    # ---- asking ----------------------------------------------------------------------------------------------------

    def look_again(self) -> None:
        self._find(keep=True)

    def receive(self, text: str) -> None:
        if text:
            self._box.value = text
            self._box.cursor_position = len(text)
        self._box.focus()

    @on(Input.Changed, "#box")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._pending = True
        if self._typing is not None:
            self._typing.stop()
        self._typing = self.set_timer(DEBOUNCE, self._find)

    def _find(self, *, keep: bool = False) -> None:
        if self._typing is not None:
            self._typing.stop()
        if holds_card_number(self._box.value):
            self._fail(None)
            self.say("This looks like a card number: it is not looked for, and none may be typed here", "error")
            return
        query = parse_lookup(self._box.value)
        self._pending = True
        self.ask(
            lambda: self._accounts.find(query, limit=PAGE),
            lambda page: self._found(page, query, keep),
            failed=self._fail,
        )

    def _fail(self, _error: object) -> bool:
        self._pending = False
        if self._open_when_found:
            self._open_when_found = False
            self.desk.keyboard.discard_keys()
        return False

    def _found(self, page: AccountPage, query: LookupQuery, keep: bool) -> None:
        self._pending = False
        self._shown = page.rows
        self._next = page.next
        self._how.update(plain(page.how, "$text-muted"))
        self._table.fill(page.rows, more=page.next is not None, keep=keep)
        self._table.display = bool(page.rows)
        self._empty.display = not page.rows
        self._empty.tell(NOTHING_MINE if query.kind == "mine" else NOTHING_FOUND)
        self._summarise(query.notes)
        if self._open_when_found:
            self._open_what_was_meant()

    @on(PagedTable.NearEnd)
    def _more(self) -> None:
        query, after = parse_lookup(self._box.value), self._next
        self.ask(lambda: self._accounts.find(query, limit=PAGE, after=after), self._add, topic="next page")

    def _add(self, page: AccountPage) -> None:
        self._shown += page.rows
        self._next = page.next
        self._table.extend(page.rows, more=page.next is not None)
        self._summarise(())

    def _summarise(self, notes: Sequence[str]) -> None:
        rows = self._shown
        held = Counter(row.collector in (None, self.desk.session.user) for row in rows)
        others = f"{held[False]} held by others" if held[True] and held[False] else ""
        said = [_same_people(rows), others, *notes]
        count = f"{len(rows)} shown, more below" if self._next else f"{len(rows)} in all" if rows else ""
        left = " · ".join(filter(None, said))
        self._summary.update(plain(f" {left:<{max(0, self.size.width - len(count) - 3)}}{count} ", "$text-muted"))

    # ---- moving ----------------------------------------------------------------------------------------------------

    @on(Input.Submitted, "#box")
    def _entered(self, event: Input.Submitted) -> None:
        """A complete account number needs no lookup; anything else opens once its own answer is here."""
        event.stop()
        try:
            self._go(OpenAccount(parse_account_number(self._box.value)))
        except BadInput:
            if self._pending:
                self._open_when_found = True
                self.desk.keyboard.hold_keys(frozenset({"escape"}))
                self._find()
            else:
                self.action_open()

    def _open_what_was_meant(self) -> None:
        """Open the only hit; where there are several, typing blindly on must not land on the wrong person."""
        self._open_when_found = False
        if len(self._shown) == 1:
            self._go(OpenAccount(self._shown[0].number))
            self.desk.keyboard.deliver_keys()
            return
        dropped = self.desk.keyboard.discard_keys()
        if self._shown:
            self._table.focus()
            thrown = f"; {dropped} keys typed ahead thrown away" if dropped else ""
            self.say(f"{len(self._shown)} fit: choose one, Enter opens it{thrown}", "warn" if dropped else "plain")

    def _go(self, wish: Travel) -> None:
        self._was_away = True
        self.post_message(wish)

    def on_screen_resume(self) -> None:
        """Back from an account, the next person is another one: what is typed replaces the old question."""
        if self._was_away:
            self._was_away = False
            self._box.action_select_all()

    def action_open(self) -> None:
        row = self._table.current
        if row is not None:
            self._go(OpenAccount(row.number))

    @on(PagedTable.Opened)
    def _opened(self) -> None:
        self.action_open()

    def action_start(self, what: str) -> None:
        row = self._table.current
        if row is not None:
            self._go(OpenAccount(row.number, what))

    def action_pay(self) -> None:
        row = self._table.current
        if row is not None:
            self._go(OpenPayment(row.number))

    def action_copy(self) -> None:
        row = self._table.current
        if row is not None:
            self.say(f"{row.number} {self.desk.copy(row.number)}", "good")

    def action_to_list(self) -> None:
        if self._table.items:
            self._table.focus()

    def action_to_box(self) -> None:
        self._box.focus()
        self._box.action_select_all()

    def action_back(self) -> None:
        if self._table.has_focus:
            self.action_to_box()
        elif self._box.value:
            self._box.value = ""
        else:
            self.say("This is the first screen: Ctrl+Q leaves DebtFlow, Ctrl+L locks it")

    def on_key(self, event: events.Key) -> None:
        """In the list, Up on the first row goes back to the box and a digit starts a new search."""
        if not self._table.has_focus:
            return
        if event.key == "up" and self._table.cursor_row == 0:
            event.stop()
            self._box.focus()
        elif event.character is not None and event.character.isdigit():
            event.stop()
            self._box.value = event.character
            self._box.cursor_position = 1
            self._box.focus()

    # ---- the account beside the list -------------------------------------------------------------------------------

    @on(PagedTable.Moved)
    def _moved(self) -> None:
        row = self._table.current
        if self._dwelling is not None:
            self._dwelling.stop()
        self._dwells = False
        if row is None or not self.wide:
            self._detail.clear()
            return
        self._detail.begin(row)
        self._dwells = True
        self._dwelling = self.set_timer(DWELL, lambda: self._look_at(row.number))

    def _look_at(self, number: str) -> None:
        self._dwells = False

        def show(account: Account) -> None:
            if self._table.current is not None and self._table.current.number == account.number:
                self._detail.show(account)

        self.ask(lambda: self._accounts.show(number), show, topic="detail", quiet=True, failed=lambda _error: True)

    # ---- a line of the list ----------------------------------------------------------------------------------------

    def _cells(self, row: AccountRow) -> tuple[Text, ...]:
        marked = f"⚑ {words(row.status)}" if row.flags else words(row.status)
        return (
            cell(row.number),
            cell(row.debtor),
            cell(row.client),
            cell(marked, self._alarm if row.flags else ""),
            self._due(row),
            money_cell(row.balance, self._alarm),
        )

    @property
    def _alarm(self) -> str:
        return self.app.theme_variables["text-error"]

    def _due(self, row: AccountRow) -> Text:
        if row.follow_up_on is None:
            return cell(GONE)
        days = (row.follow_up_on - self.desk.today).days
        near = {0: "today", 1: "tomorrow"}.get(days, f"{row.follow_up_on.day} {row.follow_up_on:%b}")
        return cell(f"{near} !" if days < 0 else near, self._alarm if days < 0 else "bold" if days == 0 else "")


def _same_people(rows: Sequence[AccountRow]) -> str:
    """Whether some of the rows are debts of one person."""
    debts = [count for person, count in Counter(row.person_id for row in rows).items() if person and count > 1]
    return f"{sum(debts)} of these are {'one person' if len(debts) == 1 else f'{len(debts)} people'}" if debts else ""
