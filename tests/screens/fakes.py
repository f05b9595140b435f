"""Services in memory, with the signatures of the real ones: for drawing screens, never for proving money."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from threading import Event
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from services.access.results import Session
from services.accounts.results import (
    Account,
    AccountPage,
    AccountRow,
    Activity,
    Buckets,
    Contact,
    Debtor,
    Flag,
    Origin,
    OtherDebt,
    PaymentRow,
    Posting,
    Revealed,
    StatusMove,
    Viewer,
)
from services.charges.results import Breaker
from services.domain.lookup import LookupQuery
from services.domain.money import Money
from services.domain.numbers import account_number
from services.errors import DebtFlowError, Misconfigured, NotFound
from services.payments.results import PaymentForm, Receipt, Reversal
from tests.support.rights import shipped

NOW = datetime(2026, 11, 21, 20, 32, tzinfo=UTC)
TODAY = date(2026, 11, 21)
FIRST = account_number(10023)


def usd(text: str) -> Money:
    """An amount as tests write it; a leading minus is allowed here only."""
    return -Money.parse(text[1:], "USD") if text.startswith("-") else Money.parse(text, "USD")


def session(role: str = "collector", **changes: Any) -> Session:
    """Somebody signed in at Harbor Collections."""
    base = Session(
        user="ana",
        full_name="Ana Alvarez",
        role=role,
        agency="HARBOR",
        agency_name="Harbor Collections",
        zone="America/Chicago",
        currency="USD",
        today=TODAY,
        opened_at=NOW,
        expires_at=NOW + timedelta(minutes=15),
        rights=shipped(),
        limits={"settlement": 10_000},
    )
    return replace(base, **changes)


@dataclass
class Fake:
    """Remembers its calls; ``gates`` makes a method wait, ``failures`` makes it raise (once, or for good)."""

    calls: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    gates: dict[str, Event] = field(default_factory=dict)
    failures: dict[str, list[DebtFlowError]] = field(default_factory=lambda: defaultdict(list))

    def enter(self, method: str, *args: Any) -> None:
        """Every method of a fake begins with this."""
        self.calls.append((method, args))
        if gate := self.gates.get(method):
            gate.wait(10)
        if self.failures[method]:
            raise self.failures[method].pop(0)

    def called(self, method: str) -> list[tuple[Any, ...]]:
        """The arguments of every call of a method."""
        return [args for name, args in self.calls if name == method]


_NAMES = (
    "Quillfeather Oyelaran", "Quillfeather Oyelaran", "Bright Oyelaran Q.", "Marisol Etxeberria", "Tobias Winterbourne",
    "Amara Okonkwo", "Désirée Brûlé", "Yuki 山田", "Søren Ålund", "Chidi Eze", "Ilse van der Meer", "Paolo Quattrocchi",
)  # fmt: skip
_STATUSES = ("in_contact", "disputed", "payment_plan", "assigned", "new", "negotiating")
_CLIENTS = ("HARBOR", "NORTHBY", "CEDARMED")


def account_row(at: int, **changes: Any) -> AccountRow:
    """The line of account number ``at`` of the fake agency."""
    base = AccountRow(
        number=account_number(10023 + at * 7),
        client=_CLIENTS[at % 3],
        external_ref=f"HX-{at + 7:03d}",
        debtor=_NAMES[at % len(_NAMES)],
        status=_STATUSES[at % len(_STATUSES)],
        balance=usd("1259.07") if at == 0 else Money(31_000 + at * 4_711, "USD"),
        follow_up_on=None if at % 4 == 1 else TODAY + timedelta(days=at * 2 - 1),
        collector="ana" if at % 5 else "ben",
        flags=("dispute",) if at % 6 == 1 else ("attorney",) if at == 0 else (),
        person_id=1 if at < 2 else None,
    )
    return replace(base, **changes)


def activity(id: int, kind: str, text: str, **changes: Any) -> Activity:
    """One line of a timeline; the higher the id the newer."""
    at = NOW - timedelta(days=60 - id, minutes=17 * id)
    return replace(Activity(id, at, "ana", kind, text, None, None), **changes)


def payment(receipt: str, amount: str, on: date, **changes: Any) -> PaymentRow:
    """One payment of a fake account."""
    base = PaymentRow(
        f"0000-{receipt}", receipt, usd(amount), "check", "1991", on,
        datetime(on.year, on.month, on.day, 20, 2, tzinfo=UTC), "ana", None, None, None,
    )  # fmt: skip
    return replace(base, **changes)


def account(**changes: Any) -> Account:
    """The account most tests look at."""
    base = Account(
        number=FIRST,
        version=17,
        client="HARBOR",
        client_name="Harbor Lending",
        external_ref="HX-007",
        account_type="medical",
        creditor_name="Lakeside Clinic",
        status="in_contact",
        closed_reason=None,
        moves=(
            StatusMove("negotiating", False, ()),
            StatusMove("payment_plan", False, ()),
            StatusMove("disputed", False, ()),
            StatusMove("closed", True, ("client_recall", "uncollectible", "deceased", "bankrupt")),
        ),
        collector="ana",
        priority=2,
        balance=usd("1259.07"),
        buckets=Buckets(usd("1100"), usd("84.07"), usd("75"), usd("0")),
        unapplied=usd("0"),
        held=usd("0"),
        original=usd("1359.07"),
        placed_on=date(2026, 11, 1),
        due_on=date(2026, 8, 15),
        charge_off_on=date(2026, 10, 15),
        last_payment_on=date(2026, 11, 12),
        follow_up_on=TODAY,
        debtor=Debtor(
            1,
            "Quillfeather Oyelaran",
            "•••-••-0007",
            1,
            (
                Contact(1, "phone", "+1 312 555 1007", "mobile", True),
                Contact(2, "email", "q7@example.org", "", True),
                Contact(3, "address", "7 Wacker Drive, Chicago IL 60601", "home", False),
            ),
            ("ssn",),
        ),
        flags=(Flag("attorney", "speak to Bright & Low, +1 312 555 0142", date(2026, 11, 14), "ana"),),
        others=(OtherDebt(account_number(10030), "NORTHBY", "disputed", "ben", usd("310")),),
        payments=(payment("R-000481-4", "100", date(2026, 11, 12)),),
        activities=(
            activity(52, "payment", "100.00 check 1991", receipt="R-000481-4"),
            activity(51, "call", "promised 100 a month from December", outcome="promise_to_pay"),
            activity(43, "status", "assigned → in contact", by="ben"),
            activity(40, "import", "harbor_2025-11.csv row 18", by="—"),
        ),
        origin=Origin(117, "harbor_2025-11.csv", 18),
    )
    return replace(base, **changes)


@dataclass
class FakeAccounts(Fake):
    """Lookup, one account, and what is noted on it."""

    rows: list[AccountRow] = field(default_factory=lambda: [account_row(at) for at in range(12)])
    book: dict[str, Account] = field(default_factory=lambda: {FIRST: account()})
    viewers: tuple[Viewer, ...] = ()
    submissions: list[UUID] = field(default_factory=list)

    def find(self, query: LookupQuery, *, limit: int = 50, after: str | None = None) -> AccountPage:
        self.enter("find", str(query), after)
        words = [word.lower() for word in query.words]
        fitting = [row for row in self.rows if all(word in f"{row.number} {row.debtor}".lower() for word in words)]
        start = int(after or 0)
        page = tuple(fitting[start : start + limit])
        more = start + limit < len(fitting)
        how = "my accounts, by follow-up" if query.kind == "mine" else f"{query.kind} · {len(fitting)}"
        return AccountPage(page, str(start + limit) if more else None, how)

    def show(self, number: str) -> Account:
        self.enter("show", number)
        return self._account(number)

    def _account(self, number: str) -> Account:
        if number in self.book:
            return self.book[number]
        for row in self.rows:
            if row.number == number:
                zero = usd("0")
                made = account(
                    number=number, client=row.client, external_ref=row.external_ref, status=row.status,
                    balance=row.balance, buckets=Buckets(row.balance, zero, zero, zero), others=(), flags=(),
                    debtor=replace(account().debtor, name=row.debtor),
                )  # fmt: skip
                return self.book.setdefault(number, made)
        raise NotFound(f"there is no account {number}")

    def version(self, number: str) -> int:
        self.enter("version", number)
        return self._account(number).version

    def postings(self, number: str, bucket: str | None) -> tuple[Posting, ...]:
        self.enter("postings", number, bucket)
        made = (
            Posting(NOW - timedelta(days=20), date(2026, 11, 1), "placement", None, "principal", usd("1159.07"),
                    usd("1159.07")),
            Posting(NOW - timedelta(days=9), date(2026, 11, 12), "payment", "R-000481-4", "principal", usd("-59.07"),
                    usd("1100")),
            Posting(NOW - timedelta(days=9), date(2026, 11, 12), "payment", "R-000481-4", "costs", usd("-40.93"),
                    usd("0")),
        )  # fmt: skip
        return tuple(posting for posting in made if bucket in (None, posting.bucket))

    def activities(self, number: str, *, before_id: int | None = None, limit: int = 100) -> tuple[Activity, ...]:
        self.enter("activities", number, before_id)
        found = [entry for entry in self._account(number).activities if before_id is None or entry.id < before_id]
        return tuple(found[:limit])

    def _add(self, number: str, kind: str, text: str, outcome: str | None = None, **changes: Any) -> Activity:
        old = self._account(number)
        entry = Activity(old.activities[0].id + 1 if old.activities else 1, NOW, "ana", kind, text, outcome, None)
        self.book[number] = replace(old, activities=(entry, *old.activities), **changes)
        return entry

    def note(self, number: str, text: str, *, submission_id: UUID) -> Activity:
        self.submissions.append(submission_id)
        self.enter("note", number, text)
        return self._add(number, "note", text)

    def call(
        self, number: str, outcome: str, text: str = "", promised_on: date | None = None,
        promised: Money | None = None, *, submission_id: UUID,
    ) -> Activity:  # fmt: skip
        self.submissions.append(submission_id)
        self.enter("call", number, outcome, text, promised_on, promised)
        return self._add(number, "call", text, outcome)

    def follow_up(self, number: str, on: date | None) -> Activity:
        self.enter("follow_up", number, on)
        return self._add(number, "follow_up", f"follow up on {on}", follow_up_on=on)

    def change_status(self, number: str, to: str, *, version: int, reason: str | None = None, note: str = "") -> int:
        self.enter("change_status", number, to, version, reason, note)
        old = self._account(number)
        self._add(number, "status", f"{old.status} → {to}", status=to, version=old.version + 1)
        return old.version + 1

    def assign(self, numbers: Any, to: str) -> int:
        self.enter("assign", tuple(numbers), to)
        for number in numbers:
            self._add(number, "assignment", f"assigned to {to}", collector=to)
        return len(numbers)

    def save_contact(
        self, number: str, *, kind: str, value: str, label: str = "", contact_id: int | None = None,
        primary: bool = False,
    ) -> Contact:  # fmt: skip
        self.enter("save_contact", number, kind, value, label, contact_id, primary)
        old = self._account(number)
        made = Contact(contact_id or 99, kind, value, label, primary)
        kept = [entry for entry in old.debtor.contacts if entry.id != made.id]
        self.book[number] = replace(old, debtor=replace(old.debtor, contacts=(*kept, made)))
        return made

    def remove_contact(self, number: str, contact_id: int) -> None:
        self.enter("remove_contact", number, contact_id)
        old = self._account(number)
        kept = tuple(entry for entry in old.debtor.contacts if entry.id != contact_id)
        self.book[number] = replace(old, debtor=replace(old.debtor, contacts=kept))

    def reveal(self, number: str, field: str, reason: str) -> Revealed:
        self.enter("reveal", number, field, reason)
        return Revealed(number, field, (("", "0007"),), 19)

    def raise_flag(self, number: str, kind: str, note: str) -> None:
        self.enter("raise_flag", number, kind, note)
        old = self._account(number)
        self.book[number] = replace(old, flags=(*old.flags, Flag(kind, note, TODAY, "ana")))

    def lift_flag(self, number: str, kind: str, reason: str) -> None:
        self.enter("lift_flag", number, kind, reason)
        old = self._account(number)
        self.book[number] = replace(old, flags=tuple(flag for flag in old.flags if flag.kind != kind))

    def look(self, number: str) -> tuple[Viewer, ...]:
        self.enter("look", number)
        return self.viewers

    def leave(self, number: str) -> None:
        self.enter("leave", number)


@dataclass
class FakePayments(Fake):
    """Only what the account screen needs; payment entry brings its own."""

    def reverse(self, receipt: str, reason: str, *, submission_id: UUID) -> Reversal:
        self.enter("reverse", receipt, reason, submission_id)
        return Reversal("0000", "R-000482-2", receipt, FIRST, usd("100"), reason, False, usd("1359.07"))

    def post(self, form: PaymentForm, *, dry_run: bool = False) -> Receipt:
        self.enter("post", form, dry_run)
        return Receipt(
            "0000", "R-000483-9", form.submission_id, False, form.account, "Quillfeather Oyelaran", form.amount,
            form.method, form.reference, form.effective_on or TODAY, NOW, "ana", (), usd("1009.07"), 18,
        )  # fmt: skip


@dataclass
class NoCharges(Fake):
    """An agency without a payment provider: there is nothing to see, and nothing can be charged."""

    def methods(self, number: str) -> tuple[Any, ...]:
        self.enter("methods", number)
        return ()

    def of_account(self, number: str) -> tuple[Any, ...]:
        self.enter("of_account", number)
        return ()

    def refunds_under_way(self, number: str) -> tuple[Any, ...]:
        self.enter("refunds_under_way", number)
        return ()

    def ready(self) -> bool:
        self.enter("ready")
        return False

    def breaker(self) -> Breaker:
        self.enter("breaker")
        return Breaker("closed", None, None, None)

    def start(self, form: Any) -> Any:
        self.enter("start", form)
        raise Misconfigured("no payment provider is configured", hint="docs/cards.md")

    def link(self, form: Any) -> Any:
        self.enter("link", form)
        raise Misconfigured("no payment provider is configured", hint="docs/cards.md")


@dataclass
class FakeAccess(Fake):
    """The session."""

    live: Session = field(default_factory=session)

    def session(self) -> Session:
        self.enter("session")
        return self.live

    def renew(self, doing: str | None = None) -> Session:
        self.enter("renew", doing)
        return self.live

    def step_up(self, password: str) -> None:
        self.enter("step_up", password)

    def sign_out(self) -> None:
        self.enter("sign_out")

    def lock(self) -> None:
        self.enter("lock")


@dataclass
class FakeStore(Fake):
    """The part of the store that screens cause to be called."""

    def cancel_reads(self) -> None:
        self.enter("cancel_reads")


@dataclass
class FakeServices(Fake):
    """What signing in gives."""

    session: Session = field(default_factory=session)
    access: Any = field(default_factory=FakeAccess)
    accounts: Any = field(default_factory=FakeAccounts)
    payments: Any = field(default_factory=FakePayments)
    receipts: Any = field(default_factory=SimpleNamespace)
    adjustments: Any = field(default_factory=SimpleNamespace)
    interest: Any = field(default_factory=SimpleNamespace)
    plans: Any = field(default_factory=SimpleNamespace)
    promises: Any = field(default_factory=SimpleNamespace)
    settlements: Any = field(default_factory=SimpleNamespace)
    charges: Any = field(default_factory=NoCharges)
    imports: Any = field(default_factory=SimpleNamespace)
    profiles: Any = field(default_factory=SimpleNamespace)
    audit: Any = field(default_factory=SimpleNamespace)
    clients: Any = field(default_factory=SimpleNamespace)
    ledger: Any = field(default_factory=SimpleNamespace)
    webhooks: Any = field(default_factory=SimpleNamespace)
    jobs: Any = field(default_factory=SimpleNamespace)
    sessions: Any = field(default_factory=SimpleNamespace)
    store: Any = field(default_factory=FakeStore)

    def close(self) -> None:
        self.enter("close")
