"""An office whose calendar can be turned, and a cashier who takes or declines cards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from services.charges.results import Charge, ChargeForm
from services.domain.money import Money
from services.errors import DebtFlowError
from services.ledger import Doctor, Ledger
from services.payments import PaymentForm, Payments, Receipt
from services.plans import Plan, PlanForm, Plans, Promises, Settlements
from services.plans.plans import Cashier as AnyCashier
from services.store import Store
from tests.support.cluster import Cluster
from tests.support.house import House

TODAY = date(2026, 11, 21)
CLOCK = """
  create or replace function debtflow.kernel_now() returns timestamptz language sql stable parallel safe
  as 'select timestamptz ''%s 18:00+00'''"""


def usd(minor: int) -> Money:
    return Money(minor, "USD")


@dataclass
class Office:
    """HARBOR on a day of one's choice."""

    house: House
    today: date = TODAY
    stores: dict[str, Store] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.turn(self.today)

    def turn(self, day: date) -> None:
        """Make it that day; nobody's session ends by it."""
        self.today = day
        self.house.su.execute(CLOCK % day)
        self.house.su.execute("update debtflow.session set expires_at = 'infinity'")

    def later(self, days: int) -> None:
        self.turn(self.today + timedelta(days))

    def store(self, login: str) -> Store:
        if login not in self.stores:
            self.stores[login] = self.house.store(login)
            self.turn(self.today)
        return self.stores[login]

    def account(self, owing: int = 300_00, **more: int | str | None) -> str:
        number = self.house.place(principal=owing, **more)  # type: ignore[arg-type]
        self.turn(self.today)
        return number

    def plans(self, login: str = "ana", cashier: AnyCashier | None = None) -> Plans:
        return Plans(self.store(login), lambda: cashier)

    def promises(self, login: str = "ana") -> Promises:
        return Promises(self.store(login))

    def settlements(self, login: str = "ana") -> Settlements:
        return Settlements(self.store(login))

    def plan(self, number: str, login: str = "ana", **form: object) -> Plan:
        """A plan of 100.00 a month from the 5th of December, unless said otherwise."""
        asked: dict[str, object] = {"first_on": date(2026, 12, 5), "amount": usd(100_00)} | form
        desk = self.plans(login)
        wanted = PlanForm(**asked)  # type: ignore[arg-type]
        return desk.make(number, wanted, version=self.version(number), submission_id=uuid4())

    def version(self, number: str) -> int:
        return self.plans("bea").outlook(number).version

    def pay(self, number: str, minor: int, login: str = "ana") -> Receipt:
        form = PaymentForm(number, usd(minor), "check", allow_duplicate=True)
        return Payments(self.store(login)).post(form)

    def bounce(self, receipt: Receipt) -> None:
        Payments(self.store("bea")).reverse(receipt.receipt, "nsf", submission_id=uuid4())

    def owing(self, number: str) -> int:
        return self.plans("bea").outlook(number).balance.minor

    def proved(self) -> bool:
        """Balances replay from the postings; of the doctor's checks only the clock may fail, which is ours here, and
        what asks for the charges of plans: the cashier here keeps none.
        """
        failed = {check.name for check in Doctor(self.store("bea")).examine().checks if not check.ok}
        return Ledger(self.store("bea")).replay_check().ok and failed <= {"clock", "plans-charged"}


@pytest.fixture
def office(house: House) -> Office:
    return Office(house)


@pytest.fixture(scope="module")
def standing(cluster: Cluster) -> Iterator[Office]:
    """One office for all examples of a property."""
    with cluster.clone() as database:
        opened = House(cluster, database)
        yield Office(opened)
        opened.close()


@dataclass
class Cashier:
    """Charges cards in place of the provider: a submission is one charge, however often it is sent."""

    office: Office
    answer: Callable[[ChargeForm], str] = lambda _form: "posted"
    charges: dict[UUID, Charge] = field(default_factory=dict)
    asked: list[ChargeForm] = field(default_factory=list)
    broken: list[DebtFlowError] = field(default_factory=list)

    def start(self, form: ChargeForm) -> Charge:
        self.asked.append(form)
        if self.broken:
            raise self.broken.pop(0)
        known = self.charges.get(form.submission_id)
        if known is not None:
            assert (known.account, known.amount) == (form.account, form.amount)
            return known
        state = self.answer(form)
        if state == "posted":
            self.office.pay(form.account, form.amount.minor)
        return self.settle(form, state)

    def settle(self, form: ChargeForm, state: str) -> Charge:
        """Say what became of a charge."""
        reason = "insufficient_funds" if state == "failed" else None
        charge = Charge(
            form.submission_id, form.account, "", form.amount, "saved", "card", "visa ···4242", state, reason, None,
            None, None, datetime.now(UTC), "wally", None, 1,
        )  # fmt: skip
        self.charges[form.submission_id] = charge
        return charge


def with_card(office: Office, number: str) -> None:
    """Let the plan of an account charge a saved method, as if one had been chosen."""
    office.house.su.execute(
        "update debtflow.plan p set method_id = 7 from debtflow.account a where a.id = p.account_id and a.number = %s",
        [number],
    )
