"""Two people at once: real threads, real connections, real locks."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from threading import Barrier
from typing import TypeVar
from uuid import uuid4

import pytest

from services.accounts import Accounts
from services.domain.money import Money
from services.errors import Busy, DebtFlowError, Refused, Stale
from services.ledger import Ledger
from services.payments import PaymentForm, Payments, Receipt, Reversal
from services.store import door
from tests.support.house import House

T = TypeVar("T")


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def together(acts: Sequence[Callable[[], T]]) -> list[T | DebtFlowError]:
    """Run the acts in a thread each, all let go at once; an act's error is its answer."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], T]) -> T | DebtFlowError:
        barrier.wait()
        try:
            return act()
        except DebtFlowError as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def deadlocks(house: House) -> int:
    """How many the server had to break in this database: its log tells before the loser hears of it."""
    return house.cluster.server.log.read_text(errors="replace").count(f"@{house.database} ERROR:  deadlock detected")


def proved(house: House) -> bool:
    return Ledger(house.store("bea")).replay_check().ok


def test_two_operators_pay_the_last_cent(house: House) -> None:
    number = house.place(principal=100_00)
    desks = [Payments(house.store("ana")), Payments(house.store("bea"))]
    for _ in range(8):
        forms = [PaymentForm(number, usd(100_00), "cash") for _ in desks]
        answers = together([partial(desk.post, form) for desk, form in zip(desks, forms, strict=True)])
        [receipt] = [answer for answer in answers if isinstance(answer, Receipt)]
        [refusal] = [answer for answer in answers if isinstance(answer, Refused)]
        assert refusal.rule == "closed"
        assert receipt.balance == usd(0)
        desks[1].reverse(receipt.receipt, "void", submission_id=uuid4())
    assert proved(house)


def test_opposite_orders_never_meet_as_a_deadlock(house: House) -> None:
    one, two = house.place(principal=10_000_00), house.place(principal=10_000_00)
    desks = [Payments(house.store("ana")) for _ in range(4)]

    def stream(desk: Payments, order: tuple[str, str]) -> Callable[[], list[Receipt | DebtFlowError]]:
        def batch() -> Sequence[Receipt | DebtFlowError]:
            return desk.post_many([PaymentForm(account, usd(1_00), "cash", allow_duplicate=True) for account in order])

        return lambda: [answer for _ in range(25) for answer in batch()]

    orders = [(one, two), (two, one)] * 2
    answers = together([stream(desk, order) for desk, order in zip(desks, orders, strict=True)])
    for stream_answers in answers:
        assert isinstance(stream_answers, list), stream_answers
        assert all(isinstance(answer, Receipt) for answer in stream_answers)
    assert house.one("select sum(due[1]) from debtflow.account_balance") == 20_000_00 - 200_00
    assert deadlocks(house) == 0
    assert proved(house)


def test_money_status_and_hands_move_without_a_deadlock(house: House) -> None:
    """Payments in full and their reversals move the status as well; supervisors reassign and dispute meanwhile."""
    numbers = [house.place(principal=10_00) for _ in range(2)]
    unexpected: list[DebtFlowError] = []

    def pay_and_reverse(desk: Payments, order: Sequence[str]) -> None:
        for number in [*order] * 8:
            with suppress(Refused):
                receipt = desk.post(PaymentForm(number, usd(10_00), "cash", allow_duplicate=True))
                desk.reverse(receipt.receipt, "nsf", submission_id=uuid4())

    def hand_over(desk: Accounts, order: Sequence[str]) -> None:
        for to in ("ben", "ana") * 8:
            with suppress(Refused, Stale):
                desk.assign(order, to)
                desk.change_status(order[0], "disputed", version=desk.version(order[0]), reason="never heard of it")
                desk.change_status(order[0], "assigned", version=desk.version(order[0]), reason="settled by letter")

    orders = [numbers, numbers[::-1]]
    acts = [partial(pay_and_reverse, Payments(house.store("bea")), order) for order in orders]
    acts += [partial(hand_over, Accounts(house.store("bea")), order) for order in orders]
    unexpected += [answer for answer in together(acts) if isinstance(answer, DebtFlowError)]
    assert unexpected == []
    assert deadlocks(house) == 0
    assert proved(house)


def test_one_submission_from_twenty_hands_is_one_payment(house: House) -> None:
    number = house.place(principal=100_00)
    form = PaymentForm(number, usd(30_00), "check", reference="1991")
    desk = Payments(house.store("ana", size=10))
    receipts = together([lambda: desk.post(form)] * 20)
    assert all(isinstance(receipt, Receipt) for receipt in receipts), receipts
    assert len({receipt.receipt for receipt in receipts if isinstance(receipt, Receipt)}) == 1
    assert sum(not receipt.replayed for receipt in receipts if isinstance(receipt, Receipt)) == 1
    assert house.one("select count(*) from debtflow.payment") == 1
    assert house.one("select due[1] from debtflow.account_balance") == 70_00


def test_one_submission_for_two_accounts_at_once_is_one_payment_and_one_conflict(house: House) -> None:
    """The accounts' locks do not meet; the submission's own key does."""
    one, two = house.place(principal=100_00), house.place(principal=100_00)
    desk = Payments(house.store("ana"))
    for _ in range(10):
        key = uuid4()
        forms = [
            PaymentForm(account, usd(1_00), "cash", allow_duplicate=True, submission_id=key) for account in (one, two)
        ]
        answers = together([partial(desk.post, form) for form in forms])
        assert sorted(type(answer).__name__ for answer in answers) == ["Receipt", "Refused"]
    assert house.one("select count(*) from debtflow.payment") == 10


def test_a_payment_is_reversed_once_however_many_try(house: House) -> None:
    number = house.place(principal=100_00)
    receipt = Payments(house.store("ana")).post(PaymentForm(number, usd(40_00), "cash"))
    desk = Payments(house.store("bea", size=6))
    answers = together([lambda: desk.reverse(receipt.receipt, "nsf", submission_id=uuid4())] * 6)
    assert sum(isinstance(answer, Reversal) for answer in answers) == 1
    assert {answer.rule for answer in answers if isinstance(answer, Refused)} == {"already_reversed"}
    assert house.one("select due[1] from debtflow.account_balance") == 100_00


def test_reversals_and_payments_of_one_account_take_turns(house: House) -> None:
    number = house.place(principal=1_000_00)
    collector, supervisor = Payments(house.store("ana")), Payments(house.store("bea"))
    for _ in range(8):
        first = collector.post(PaymentForm(number, usd(50_00), "cash", allow_duplicate=True))
        acts: list[Callable[[], Receipt | Reversal]] = [
            partial(supervisor.reverse, first.receipt, "nsf", submission_id=uuid4()),
            partial(collector.post, PaymentForm(number, usd(20_00), "cash", allow_duplicate=True)),
        ]
        answers = together(acts)
        assert [type(answer).__name__ for answer in answers] == ["Reversal", "Receipt"]
    assert house.one("select due[1] from debtflow.account_balance") == 1_000_00 - 8 * 20_00
    assert proved(house)


def test_deposits_of_many_desks_into_one_trust_account_add_up(house: House) -> None:
    numbers = [house.place(principal=100_00) for _ in range(6)]
    desks = [Payments(house.store("ana")) for _ in numbers]

    def stream(desk: Payments, number: str) -> Callable[[], list[Receipt]]:
        return lambda: [desk.post(PaymentForm(number, usd(1_00), "cash", allow_duplicate=True)) for _ in range(15)]

    answers = together([stream(desk, number) for desk, number in zip(desks, numbers, strict=True)])
    assert all(isinstance(answer, list) for answer in answers), answers
    assert house.one("select balance from debtflow.ledger_balance where kind = 'trust' and balance <> 0") == 6 * 15_00
    assert proved(house)


def test_who_keeps_an_account_is_named_with_the_time(house: House) -> None:
    number = house.place(principal=100_00)
    item = {"account": number, "submission_id": str(uuid4()), "amount": 1_00, "currency": "USD", "method": "cash"}
    keeper = house.psql("bea")
    keeper.execute("begin")
    keeper.execute("select from debtflow.payment_post(%s)", [json.dumps([item])])
    since = keeper.execute("select now()").fetchone()
    assert since is not None
    with pytest.raises(Busy) as busy:
        Payments(house.store("ana")).post(PaymentForm(number, usd(5_00), "cash"))
    assert busy.value.holder == "bea"
    assert busy.value.since == since[0]
    assert number in str(busy.value)
    assert busy.value.exit_code == 4
    keeper.execute("rollback")
    assert Payments(house.store("ana")).post(PaymentForm(number, usd(5_00), "cash")).balance == usd(95_00)


def test_the_holder_of_a_colleagues_account_is_nobodys_business(house: House) -> None:
    number = house.place(collector="ben")
    keeper = house.su
    with keeper.transaction(force_rollback=True):
        keeper.execute("select from debtflow.account_balance for update")
        assert house.psql("ana").execute("select * from debtflow.lock_holder(%s)", [number]).fetchall() == []
        assert house.psql("ben").execute("select login from debtflow.lock_holder(%s)", [number]).fetchall() == [
            ("postgres",)
        ]


def test_a_pool_with_nothing_left_says_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    number = house.place(principal=100_00)
    monkeypatch.setattr(door, "POOL_WAIT", 0.1)
    store = house.store("ana", size=1)

    def ask_again(_: object) -> object:
        return Payments(store).preview(PaymentForm(number, usd(1_00), "cash"))

    with pytest.raises(Busy, match="no database connection became free") as busy:
        store.ask(ask_again)
    assert busy.value.hint
    assert Payments(store).preview(PaymentForm(number, usd(1_00), "cash")).outcome == "posted"
