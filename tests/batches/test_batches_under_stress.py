"""Two at once, a process killed, a full batch, and any sequence of acts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.batches import BatchEntry, BatchPosting, PaymentBatches
from services.domain.money import Money
from services.errors import DebtFlowError, NotFound, Refused, Stale
from services.payments import PaymentForm, Payments
from tests.batches.conftest import Stack, expecting, slip, usd
from tests.kernel.test_races import deadlocks, together
from tests.support.house import House


def test_two_people_posting_at_once_are_one_posting(stack: Stack) -> None:
    batch = stack.keyed()
    desks = [PaymentBatches(stack.house.store(login)) for login in ("ana", "bea", "ada", "ana")]
    answers = together([partial(desk.post, batch.id) for desk in desks])
    assert all(isinstance(answer, BatchPosting) for answer in answers), answers
    assert sorted(answer.replayed for answer in answers if isinstance(answer, BatchPosting)) == [
        False,
        True,
        True,
        True,
    ]
    assert stack.payments() == 3
    assert stack.house.one("select count(*) from debtflow.payment_batch_posting") == 1


def test_one_submission_of_many_threads_is_one_posting(stack: Stack) -> None:
    batch, key = stack.keyed([slip(stack.numbers[0]), slip(stack.numbers[1])]), uuid4()
    desks = [PaymentBatches(stack.house.store("ana")) for _ in range(6)]
    answers: list[Any] = together([partial(desk.post, batch.id, submission_id=key) for desk in desks])
    assert len({answer.lines for answer in answers}) == 1
    assert sum(not answer.replayed for answer in answers) == 1
    forms = expecting(stack.slips)
    opened: list[Any] = together([partial(desk.open, forms) for desk in desks])
    assert len({found.id for found in opened}) == 1
    keyed: list[Any] = together([partial(desk.key, opened[0].id, stack.slips) for desk in desks])
    assert not [answer for answer in keyed if isinstance(answer, DebtFlowError)]


def test_batches_and_counter_payments_cross_without_deadlock(stack: Stack) -> None:
    """Opposite orders of the same accounts, in two batches and from the counter."""
    backwards = [replace(entry, amount=usd(1_00), submission_id=uuid4()) for entry in stack.slips[::-1]]
    one, two = stack.keyed(), stack.keyed(backwards)
    till = Payments(stack.house.store("bea"))
    acts: list[Callable[[], object]] = [
        partial(PaymentBatches(stack.house.store("ana")).post, one.id),
        partial(PaymentBatches(stack.house.store("bea")).post, two.id),
        *(partial(till.post, PaymentForm(number, usd(2_00), "cash")) for number in stack.numbers),
    ]
    answers = together(acts)
    assert not [answer for answer in answers if isinstance(answer, DebtFlowError)]
    assert deadlocks(stack.house) == 0
    assert stack.payments() == 9
    assert stack.proved()


def test_keying_while_it_is_posted_ends_in_one_order(stack: Stack) -> None:
    batch = stack.keyed()
    late = slip(stack.numbers[0], 99_00)
    acts: list[Callable[[], object]] = [
        partial(PaymentBatches(stack.house.store("ana")).key, batch.id, [late]),
        partial(PaymentBatches(stack.house.store("bea")).post, batch.id, version=batch.version),
    ]
    keyed, posted = together(acts)
    assert isinstance(keyed, Refused) != isinstance(posted, Stale | Refused)
    assert stack.payments() in (0, 3)


KEYING = """
import sys
from uuid import UUID
from services.batches import BatchEntry, PaymentBatches
from services.domain.money import Money
from services.store import Store
store = Store(sys.argv[1], user="ana", password="ana-password")
store.open_session("test")
desk = PaymentBatches(store)
for at in range(40):
    desk.key(int(sys.argv[2]), [BatchEntry(sys.argv[3], Money(100 + at, "USD"), "cash")])
    print(at, flush=True)
"""


def test_what_was_keyed_outlives_a_kill(stack: Stack) -> None:
    entries = [BatchEntry(stack.numbers[0], Money(100 + at, "USD"), "cash") for at in range(40)]
    batch = stack.desk().open(expecting(entries))
    words = [sys.executable, "-c", KEYING, stack.house.url, str(batch.id), stack.numbers[0]]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(Path.cwd())}
    ) as child:
        assert child.stdout
        seen = [next(child.stdout) for _ in range(7)]
        child.send_signal(signal.SIGKILL)
        seen += child.stdout.readlines()
    kept = stack.desk().show(batch.id).batch.keyed.count
    assert len(seen) <= kept <= len(seen) + 1
    rest = stack.desk().key(batch.id, entries[kept:])
    assert rest.batch.agrees
    assert stack.desk().post(batch.id).posted == 40


def test_a_full_batch(house: House) -> None:
    """5,000 lines on 50 accounts; one more does not fit."""
    stack = Stack(house)
    numbers = [house.place(f"Many {at}", principal=1_000_00) for at in range(50)]
    entries = [slip(numbers[at % 50], 1 + at // 50) for at in range(5000)]
    answer = stack.desk().enter(expecting(entries, hashed=True), entries)
    assert (answer.posted, answer.batch.state, len(answer.lines)) == (5000, "posted", 5000)
    again = stack.desk().keep(expecting(entries), [replace(entry, submission_id=uuid4()) for entry in entries])
    assert again.batch.flagged == 5000
    with pytest.raises(Refused, match="at most 5,000"):
        stack.desk().key(again.batch.id, [slip(numbers[0])])
    assert stack.proved()


ACTS = st.lists(
    st.tuples(st.sampled_from(("key", "amend", "drop", "post", "expect")), st.integers(0, 4), st.integers(1, 400)),
    min_size=4,
    max_size=14,
)


class Script:
    """Any acts on one batch; whatever is refused changes nothing."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.desk = stack, stack.desk()
        self.accounts = [*stack.numbers, "424242424-" + _digit(424242424), stack.house.place("Small", principal=3_00)]
        self.batch = self.desk.open(expecting([slip(stack.numbers[0], 1_00)])).id

    def run(self, act: str, which: int, minor: int) -> None:
        entry = slip(self.accounts[which], minor)
        head = self.desk.show(self.batch, limit=0).batch
        try:
            match act:
                case "key":
                    self.desk.key(self.batch, [entry])
                case "amend":
                    self.desk.amend(self.batch, which + 1, entry)
                case "drop":
                    self.desk.drop(self.batch, [which + 1])
                case "post":
                    self.desk.post(self.batch)
                case _:
                    PaymentBatches(self.stack.house.store("bea")).expect(self.batch, head.keyed, "counted again")
        except (Refused, NotFound):
            return

    def check(self) -> None:
        page = self.desk.show(self.batch, limit=500)
        counted = [line for line in page.lines if line.state != "dropped"]
        head = page.batch
        assert head.posted + head.failed + head.open == head.keyed.count == len(counted)
        assert head.keyed.sum == Money.sum([line.amount for line in counted], "USD")
        posted = {line.submission_id: line.amount.minor for line in counted if line.state == "posted"}
        paid: dict[UUID, int] = dict(
            self.stack.house.su.execute("select submission_id, amount from debtflow.payment").fetchall()
        )
        assert posted.items() <= paid.items()


def _digit(base: int) -> str:
    from services.domain.numbers import account_number

    return account_number(base)[-1]


def test_posted_failed_and_open_are_all(stack: Stack) -> None:
    @settings(max_examples=12)
    @given(ACTS)
    def any_acts(acts: list[tuple[str, int, int]]) -> None:
        script = Script(stack)
        for act in acts:
            script.run(*act)
            script.check()

    any_acts()
    assert stack.proved()
    paid = stack.house.one("select count(*) from debtflow.payment")
    assert paid == stack.house.one("select count(*) from debtflow.payment_batch_line where state = 'posted'")
