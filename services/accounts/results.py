"""What the account service gives back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from services.domain.money import Money

BUCKETS = ("principal", "interest", "fees", "costs")
CALL_OUTCOMES = (
    "promise_to_pay",
    "contacted",
    "left_message",
    "no_answer",
    "busy",
    "wrong_number",
    "refused_to_pay",
    "call_back",
)
FLAG_KINDS = ("cease_and_desist", "attorney", "bankrupt", "deceased", "dispute")
CONTACT_KINDS = ("phone", "email", "address")
MASKED = (*CONTACT_KINDS, "ssn", "bank")
"""What is masked by role; ``bank`` are the references of bank transfers."""


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One line of a lookup."""

    number: str
    client: str
    external_ref: str
    debtor: str
    status: str
    balance: Money
    follow_up_on: date | None
    collector: str | None
    flags: tuple[str, ...]
    person_id: int | None


@dataclass(frozen=True, slots=True)
class AccountPage:
    """A page in rank order; ``how`` says in words how the question was understood ("name, 2 typos")."""

    rows: tuple[AccountRow, ...]
    next: str | None
    how: str


@dataclass(frozen=True, slots=True)
class Buckets:
    principal: Money
    interest: Money
    fees: Money
    costs: Money

    def items(self) -> tuple[tuple[str, Money], ...]:
        return tuple((name, getattr(self, name)) for name in BUCKETS)


@dataclass(frozen=True, slots=True)
class Contact:
    """A way to reach the debtor; ``value`` is masked by the database according to the caller's role."""

    id: int
    kind: str
    value: str
    label: str
    primary: bool


@dataclass(frozen=True, slots=True)
class Debtor:
    """Who owes; ``masked`` names what there is and the caller sees masked: phone, email, address, ssn, bank."""

    id: int
    name: str
    ssn: str | None
    person_id: int | None
    contacts: tuple[Contact, ...]
    masked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Flag:
    kind: str
    note: str
    since: date
    by: str


@dataclass(frozen=True, slots=True)
class OtherDebt:
    """Another debt of the same person; ``balance`` is None where the caller may not see that account."""

    number: str
    client: str
    status: str
    collector: str | None
    balance: Money | None


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment or reversal; ``amount`` is positive for a payment, negative for money taken back.

    ``returned`` is what of it was given back so far, by one reversal or by several refunds.
    """

    payment: str
    receipt: str
    amount: Money
    method: str
    reference: str | None
    effective_on: date
    recorded_at: datetime
    by: str
    reverses: str | None
    reversed_by: str | None
    reason: str | None
    returned: Money | None = None


@dataclass(frozen=True, slots=True)
class Activity:
    """One line of the timeline; ``kind`` is the activity's, or payment, reversal or adjustment."""

    id: int
    at: datetime
    by: str
    kind: str
    text: str
    outcome: str | None
    receipt: str | None


@dataclass(frozen=True, slots=True)
class StatusMove:
    """A move the caller could make now; settled and paid in full are made by the kernel only."""

    to: str
    needs_reason: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """The file and row an account came from."""

    batch: int
    file: str
    row: int


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is to come: a ``plan`` (on_track, behind, held), a ``promise`` (open, broken) or an ``offer`` (open, met).

    ``amount`` is what is left to pay by ``on``; None for a promise without an amount.
    """

    kind: str
    state: str
    on: date
    amount: Money | None


@dataclass(frozen=True, slots=True)
class Account:
    """Everything about one debt, as one consistent picture; ``version`` moves with money, holds and status.

    ``held`` is promised by charges under way: it is still owed, and not to be paid a second time.
    """

    number: str
    version: int
    client: str
    client_name: str
    external_ref: str
    account_type: str | None
    creditor_name: str | None
    status: str
    closed_reason: str | None
    moves: tuple[StatusMove, ...]
    collector: str | None
    priority: int
    balance: Money
    buckets: Buckets
    unapplied: Money
    held: Money
    original: Money
    placed_on: date
    due_on: date | None
    charge_off_on: date | None
    last_payment_on: date | None
    follow_up_on: date | None
    debtor: Debtor
    flags: tuple[Flag, ...]
    others: tuple[OtherDebt, ...]
    payments: tuple[PaymentRow, ...]
    activities: tuple[Activity, ...]
    origin: Origin | None
    ahead: tuple[Ahead, ...] = ()


@dataclass(frozen=True, slots=True)
class Posting:
    """One movement of one bucket; ``amount`` is signed (a payment is negative), ``running`` is the bucket after it."""

    recorded_at: datetime
    effective_on: date
    kind: str
    receipt: str | None
    bucket: str
    amount: Money
    running: Money


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody else who has the account open."""

    user: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Revealed:
    """What was masked, shown once: values beside what they are of, a contact's label or a receipt.

    ``left`` is how many more this person may reveal within 24 hours.
    """

    number: str
    field: str
    values: tuple[tuple[str, str], ...]
    left: int
