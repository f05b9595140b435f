"""Any sequence of payments and reversals: the kernel does what a few lines of arithmetic say, and the ledger proves
it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from uuid import uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from services.domain.money import Money
from services.errors import Refused
from services.ledger import Doctor, Ledger
from services.payments import METHODS, PaymentForm, Payments, Receipt
from tests.support.cluster import Cluster
from tests.support.house import House

ORDER = ("costs", "fees", "interest", "principal")


@pytest.fixture(scope="module")
def house(cluster: Cluster) -> Iterator[House]:
    with cluster.clone() as database:
        opened = House(cluster, database)
        yield opened
        opened.close()


@dataclass
class Account:
    number: str
    due: dict[str, int]
    unapplied: int = 0

    @property
    def owing(self) -> int:
        return sum(self.due.values())


@dataclass(eq=False)
class Entry:
    """A payment, or a reversal of one: ``sign`` is -1 where it lowered the debt."""

    account: Account
    receipt: str
    parts: dict[str, int]
    over: int
    sign: int
    reversed: bool = field(default=False)


amounts = st.integers(1, 3_000_00)
small = st.integers(0, 500_00)
forms = st.tuples(st.integers(0, 2), amounts, st.sampled_from(METHODS), st.booleans())


class Counter(RuleBasedStateMachine):
    """A supervisor's desk and three accounts, beside a model of both."""

    house: House
    entries: Bundle[Entry] = Bundle("entries")

    def __init__(self) -> None:
        super().__init__()
        self.desk = Payments(self.house.store("bea"))
        self.accounts: list[Account] = []

    @initialize(debts=st.lists(st.tuples(small, small, small, amounts), min_size=3, max_size=3))
    def place(self, debts: list[tuple[int, int, int, int]]) -> None:
        for debt in debts:
            due = dict(zip(ORDER, debt, strict=True))
            self.accounts.append(Account(self._placed(due), due))

    @rule(target=entries, entry=forms)
    def pay(self, entry: tuple[int, int, str, bool]) -> Entry | MultipleResults[Entry]:
        """What the preview shows is what is posted, refused or not."""
        form = self._form(entry)
        preview = self.desk.preview(form)
        expected = self._expected(form)
        assert preview.outcome == expected
        answer = self._answer(replace(form, version=preview.version))
        if isinstance(answer, Refused):
            assert answer.rule == expected
            assert str(answer) == preview.message
            return multiple()
        assert expected == "posted"
        assert (answer.allocation, answer.balance, answer.version) == (
            preview.lines,
            preview.after,
            preview.version + 1,
        )
        return self._book(form, answer)

    @rule(target=entries, batch=st.lists(forms, min_size=2, max_size=6))
    def pay_many(self, batch: list[tuple[int, int, str, bool]]) -> Entry | MultipleResults[Entry]:
        """Several at once are as if one came after the other."""
        made = [self._form(entry) for entry in batch]
        booked = []
        for form, answer in zip(made, self.desk.post_many(made), strict=True):
            expected = self._expected(form)
            if isinstance(answer, Receipt):
                assert expected == "posted"
                booked.append(self._book(form, answer))
            else:
                assert answer.rule == expected
        return multiple(*booked)

    @rule(target=entries, entry=entries)
    def reverse(self, entry: Entry) -> Entry | MultipleResults[Entry]:
        """Payments, and reversals of payments, and reversals of those."""
        account, back = entry.account, -entry.sign
        due = {bucket: account.due[bucket] + back * part for bucket, part in entry.parts.items()}
        unapplied = account.unapplied - back * entry.over
        expected = (
            "already_reversed"
            if entry.reversed
            else "paid_since"
            if min(due.values()) < 0
            else "unapplied_used"
            if unapplied < 0
            else None
        )
        if expected is not None:
            with pytest.raises(Refused) as refused:
                self.desk.reverse(entry.receipt, "nsf", submission_id=uuid4())
            assert refused.value.rule == expected
            return multiple()
        reversal = self.desk.reverse(entry.receipt, "nsf", submission_id=uuid4())
        account.due, account.unapplied, entry.reversed = due, unapplied, True
        assert reversal.balance.minor == account.owing
        return Entry(account, reversal.reversal, entry.parts, entry.over, back)

    @rule(entry=consumes(entries))
    def forget(self, entry: Entry) -> None:
        """Not every payment is ever looked at again."""

    @invariant()
    def what_is_owed_is_what_the_model_says(self) -> None:
        for account in self.accounts:
            query = """select b.due, b.unapplied, a.status, a.closed_reason from debtflow.account a join
                debtflow.account_balance b on b.account_id = a.id
                        where a.number = %s and a.agency_id = 1"""
            row = self.house.su.execute(query, [account.number]).fetchone()
            assert row is not None
            due = [account.due[bucket] for bucket in reversed(ORDER)]
            open_or_closed = ("assigned", None) if account.owing else ("closed", "paid_in_full")
            assert row == (due, account.unapplied, *open_or_closed)
            assert min(row[0]) >= 0

    def teardown(self) -> None:
        assert Ledger(self.house.store("bea")).replay_check().differences == ()
        health = Doctor(self.house.store("bea")).examine()
        money = (
            "replay",
            "trust-equation",
            "postings-zero",
            "payments-transfers",
            "legs-whole",
            "collector-copies",
            "closed-zero",
        )
        assert {check.name: check.ok for check in health.checks if check.name in money} == dict.fromkeys(money, True)
        for store in self.house._stores:
            store.close()

    # ---- the model

    def _placed(self, due: dict[str, int]) -> str:
        return self.house.place(
            principal=due["principal"], interest=due["interest"], fees=due["fees"], costs=due["costs"], ref=str(uuid4())
        )

    def _form(self, entry: tuple[int, int, str, bool]) -> PaymentForm:
        which, minor, method, keep = entry
        overpayment = "unapplied" if keep else "refuse"
        number = self.accounts[which].number
        return PaymentForm(number, Money(minor, "USD"), method, overpayment=overpayment, allow_duplicate=True)

    def _account(self, form: PaymentForm) -> Account:
        return next(account for account in self.accounts if account.number == form.account)

    def _expected(self, form: PaymentForm) -> str:
        account = self._account(form)
        if account.owing == 0:
            return "closed"
        if form.amount.minor > account.owing and (form.overpayment == "refuse" or form.method == "paid_to_client"):
            return "overpayment"
        return "posted"

    def _answer(self, form: PaymentForm) -> Receipt | Refused:
        try:
            return self.desk.post(form)
        except Refused as refused:
            return refused

    def _book(self, form: PaymentForm, receipt: Receipt) -> Entry:
        account, rest = self._account(form), form.amount.minor
        parts = {}
        for bucket in ORDER:
            parts[bucket] = min(rest, account.due[bucket])
            account.due[bucket] -= parts[bucket]
            rest -= parts[bucket]
        account.unapplied += rest
        assert {line.bucket: line.amount.minor for line in receipt.allocation} == parts
        assert sum(parts.values()) + rest == form.amount.minor
        assert receipt.balance.minor == account.owing
        return Entry(account, receipt.receipt, parts, rest, -1)


def test_any_sequence(house: House) -> None:
    machine = type("Counter", (Counter,), {"house": house})
    run_state_machine_as_test(
        machine, settings=settings(settings.get_profile("house"), max_examples=20, stateful_step_count=15)
    )
