"""What can be noted on an account: each a small form that stays open until it is accepted."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from textual import on

from screens.account.ports import AccountBook
from screens.base import Desk, FormDialog
from screens.widgets import Entry, Form, words
from services.domain.contacts import normalise_email, normalise_phone
from services.domain.dates import parse_date
from services.domain.money import Money
from services.errors import BadInput

if TYPE_CHECKING:
    from services.accounts.results import Account, Contact, StatusMove

OUTCOMES = (
    "contacted", "promise_to_pay", "left_message", "no_answer", "busy", "wrong_number", "refused_to_pay", "call_back",
)  # fmt: skip
CONTACT_KINDS = ("phone", "email", "address")
FLAG_KINDS = ("dispute", "attorney", "cease_and_desist", "bankrupt", "deceased")


def echo_date(text: str, today: date, field: str) -> str:
    """The day that was meant, in full."""
    on = parse_date(text, today, prefer="future", field=field)
    return f"{on:%a} {on.day} {on:%b %Y}"


class AccountForm(FormDialog[str]):
    """A form about one account; gives the words to say when it was accepted."""

    def __init__(self, desk: Desk, book: AccountBook, account: Account, title: str, about: str, verb: str) -> None:
        self.today = desk.today
        self.book = book
        self.account = account
        super().__init__(desk, title, about, verb)

    def _day(self, field: str) -> date | None:
        text = self.form[field].value
        return parse_date(text, self.today, prefer="future", field=field) if text else None

    def accepted(self, words_to_say: str) -> None:
        """Close with what to say."""
        self.dismiss(words_to_say)


class NoteForm(AccountForm):
    """A note."""

    def __init__(self, desk: Desk, book: AccountBook, account: Account) -> None:
        super().__init__(desk, book, account, f"Note on {account.number}", account.debtor.name, "save")

    def entries(self) -> tuple[Entry, ...]:
        return (Entry("text", "Note", required=True, max_length=2000),)

    def send(self) -> None:
        text = self.form["text"].value
        self.act_once(
            lambda submission: self.book.note(self.account.number, text, submission_id=submission),
            lambda _: self.accepted("Noted"),
        )


class CallForm(AccountForm):
    """A call with its outcome; a promise asks for its day and amount."""

    def __init__(self, desk: Desk, book: AccountBook, account: Account) -> None:
        super().__init__(desk, book, account, f"Call on {account.number}", account.debtor.name, "save")

    def entries(self) -> tuple[Entry, ...]:
        day = Entry("promised_on", "Promised for", required=True, placeholder="+7, 15, 5 Dec", width=16,
                    check=partial(echo_date, today=self.today, field="promised_on"))  # fmt: skip
        amount = Entry("promised", "Amount", placeholder="100.00", width=16, check=self._echo_amount)
        day.display = amount.display = False
        return Entry("outcome", "Outcome", codes=OUTCOMES), day, amount, Entry("text", "Note", max_length=2000)

    def _echo_amount(self, text: str) -> str:
        return str(Money.parse(text, self.account.balance.currency, field="promised"))

    @on(Form.Changed)
    def show_promise(self, event: Form.Changed) -> None:
        """Only a promise has a day and an amount."""
        if event.entry.field == "outcome":
            promise = event.entry.value == "promise_to_pay"
            self.form["promised_on"].display = self.form["promised"].display = promise

    def send(self) -> None:
        values = self.form.values
        promise = values["outcome"] == "promise_to_pay"
        on = self._day("promised_on") if promise else None
        figure = values["promised"] if promise else ""
        amount = Money.parse(figure, self.account.balance.currency, field="promised") if figure else None
        self.act_once(
            lambda submission: self.book.call(
                self.account.number, values["outcome"], values["text"], on, amount, submission_id=submission
            ),
            lambda _: self.accepted(f"Call recorded: {words(values['outcome'])}"),
        )


class FollowUpForm(AccountForm):
    """The day to look at the account again."""

    def __init__(self, desk: Desk, book: AccountBook, account: Account) -> None:
        about = "t today, +7 in a week, 15 the next 15th, 5 Dec. Empty takes the date away."
        super().__init__(desk, book, account, f"Follow-up of {account.number}", about, "set")

    def entries(self) -> tuple[Entry, ...]:
        now = self.account.follow_up_on.isoformat() if self.account.follow_up_on else ""
        check = partial(echo_date, today=self.today, field="on")
        entry = Entry("on", "Follow up on", check=check, placeholder=now or "+7", width=16)
        return (entry,)

    def send(self) -> None:
        on = self._day("on")
        said = f"Follow-up on {on.day} {on:%b %Y}" if on else "No follow-up any more"
        self.act(lambda: self.book.follow_up(self.account.number, on), lambda _: self.accepted(said))


class StatusForm(AccountForm):
    """One of the moves that are allowed now; some ask why."""

    def __init__(self, desk: Desk, book: AccountBook, account: Account) -> None:
        about = f"{account.debtor.name} is {words(account.status)} now."
        super().__init__(desk, book, account, f"Status of {account.number}", about, "move")

    def entries(self) -> tuple[Entry, ...]:
        moves = self.account.moves
        reason = Entry("reason", "Reason", codes=moves[0].reasons if moves else ())
        reason.display = bool(moves) and moves[0].needs_reason
        to = Entry("to", "Move to", codes=[move.to for move in moves])
        return to, reason, Entry("note", "Note", max_length=2000)

    @property
    def _move(self) -> StatusMove:
        return next(move for move in self.account.moves if move.to == self.form["to"].value)

    @on(Form.Changed)
    def offer_reasons(self, event: Form.Changed) -> None:
        """Each move has its own reasons, or none."""
        if event.entry.field == "to":
            self.form["reason"].offer(self._move.reasons)
            self.form["reason"].display = self._move.needs_reason

    def send(self) -> None:
        move, note, version = self._move, self.form["note"].value, self.account.version
        reason = self.form["reason"].value if move.needs_reason else None
        self.act(
            lambda: self.book.change_status(self.account.number, move.to, version=version, reason=reason, note=note),
            lambda _: self.accepted(f"Now {words(move.to)}"),
        )


class ContactForm(AccountForm):
    """A new way to reach the person, or a changed one."""

    def __init__(self, desk: Desk, book: AccountBook, account: Account, contact: Contact | None = None) -> None:
        self.contact = contact
        title = "Change a contact" if contact else "New contact"
        super().__init__(desk, book, account, title, account.debtor.name, "save")

    def entries(self) -> tuple[Entry, ...]:
        old = self.contact
        kind = Entry("kind", "Kind", old.kind if old else "phone", codes=CONTACT_KINDS)
        # The value may be masked for this role; sent back, the mask would become the value.
        seen = old.value if old and not any(mask in old.value for mask in "•*…·") else ""
        return (
            kind,
            Entry(
                "value", "Value", seen, required=True, max_length=300, check=lambda text: self._understood(kind, text)
            ),
            Entry("label", "Label", old.label if old else "", max_length=40, placeholder="mobile, work"),
            Entry("primary", "First choice", "yes" if old and old.primary else "no", codes=("no", "yes")),
        )

    def _understood(self, kind: Entry, text: str) -> str:
        try:
            checked = {"phone": normalise_phone, "email": normalise_email}.get(kind.value, str)(text)
        except BadInput as error:
            raise BadInput("value", error.message, hint=error.hint) from error
        return checked if checked != text else ""

    def send(self) -> None:
        values = self.form.values
        old = self.contact.id if self.contact else None
        self.act(
            lambda: self.book.save_contact(
                self.account.number, kind=values["kind"], value=values["value"], label=values["label"],
                contact_id=old, primary=values["primary"] == "yes",
            ),
            lambda contact: self.accepted(f"Saved {contact.value}"),
        )  # fmt: skip


class FlagForm(AccountForm):
    """Raise a flag; one that stands already is lifted instead, with a reason."""

    def __init__(self, desk: Desk, book: AccountBook, account: Account) -> None:
        about = "A flag shows as a banner to everybody. Choosing one that stands lifts it."
        super().__init__(desk, book, account, f"Flag on {account.number}", about, "save")

    def entries(self) -> tuple[Entry, ...]:
        check = lambda kind: "stands now: this lifts it" if self._stands(kind) else ""  # noqa: E731
        return Entry("kind", "Flag", codes=FLAG_KINDS, check=check, width=24), Entry(
            "note", "Why", required=True, max_length=500
        )

    def _stands(self, kind: str) -> bool:
        return any(flag.kind == kind for flag in self.account.flags)

    def send(self) -> None:
        kind, note, number = self.form["kind"].value, self.form["note"].value, self.account.number
        lift = self._stands(kind)
        deed = self.book.lift_flag if lift else self.book.raise_flag
        said = f"Flag {'lifted' if lift else 'raised'}: {words(kind)}"
        self.act(lambda: deed(number, kind, note), lambda _: self.accepted(said))


class AssignForm(AccountForm):
    """Give the account to another collector."""

    def __init__(self, desk: Desk, book: AccountBook, account: Account) -> None:
        about = f"Held by {account.collector or 'nobody'} now. The new collector sees it at once, the old one no more."
        super().__init__(desk, book, account, f"Assign {account.number}", about, "assign")

    def entries(self) -> tuple[Entry, ...]:
        return (Entry("to", "Collector", required=True, max_length=63, placeholder="login"),)

    def send(self) -> None:
        to = self.form["to"].value
        self.act(lambda: self.book.assign([self.account.number], to), lambda _: self.accepted(f"Assigned to {to}"))
