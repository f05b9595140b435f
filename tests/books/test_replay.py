"""A balance that was tampered with is named: what it says, what its postings say, and where the two part."""

from __future__ import annotations

import pytest

from services.domain.money import Money
from services.errors import NotAllowed
from services.ledger import Ledger
from services.ledger.results import Difference, Parting
from services.payments import PaymentForm, Payments
from tests.support.house import House


def usd(minor: int) -> Money:
    return Money(minor, "USD")


@pytest.fixture
def paid(house: House) -> tuple[str, list[int]]:
    """An account of 100.00 principal and 20.00 fees, paid in three; gives the transfers."""
    number = house.place(principal=100_00, fees=20_00)
    desk = Payments(house.store("ana"))
    for minor in (30_00, 10_00, 5_00):
        desk.post(PaymentForm(number, usd(minor), "cash"))
    return number, [row[0] for row in house.su.execute("select id from debtflow.transfer order by id").fetchall()]


def differences(house: House) -> tuple[Difference, ...]:
    found = Ledger(house.store("bea")).replay_check()
    assert found.ok is not bool(found.differences)
    return found.differences


def test_an_update_that_got_lost_is_dated_to_the_transfer(house: House, paid: tuple[str, list[int]]) -> None:
    number, transfers = paid
    assert differences(house) == ()
    house.su.execute("update debtflow.account_balance set due[1] = 8000")
    [found] = differences(house)
    assert found == Difference(
        f"account {number} principal", usd(80_00), usd(75_00), Parting(transfers[3], 1), transfers[3]
    )
    house.su.execute("update debtflow.account_balance set due[1] = 9000")
    assert differences(house)[0].parts_at == Parting(transfers[2], 1)


def test_a_figure_that_never_was_has_no_such_place(house: House, paid: tuple[str, list[int]]) -> None:
    number, transfers = paid
    house.su.execute("update debtflow.account_balance set due[1] = due[1] + 1, unapplied = 7")
    first, second = differences(house)
    assert (first.what, first.parts_at, first.last_transfer) == (f"account {number} principal", None, transfers[3])
    assert (second.what, second.stored, second.last_transfer) == (f"account {number} unapplied", usd(7), None)


def test_a_book_is_named_by_client_and_ledger_account(house: House, paid: tuple[str, list[int]]) -> None:
    _, transfers = paid
    stripe = house.one("select min(stripe) from debtflow.book_balance where balances[1] <> 0")
    house.su.execute(
        "update debtflow.book_balance set balances[1] = balances[1] - 500, balances[6] = balances[6] + 1 "
        "where book_id = 1 and stripe = %s",
        [stripe],
    )
    trust, commission = differences(house)
    assert (trust.what, trust.stored, trust.replayed) == ("book HXL trust", usd(40_00), usd(45_00))
    assert (trust.parts_at, trust.last_transfer) == (Parting(transfers[3], 1), transfers[3])
    assert (commission.what, commission.parts_at) == ("book HXL commission", None)
    assert not Ledger(house.store("rex")).trial_balance().ok
    assert not Ledger(house.store("rex")).trust().holds


def test_how_many_transfers_there_are_is_for_those_who_replay(house: House) -> None:
    for login in ("ana", "rex"):
        with pytest.raises(NotAllowed):
            Ledger(house.store(login)).replay_check()
        with pytest.raises(Exception, match="covers the whole agency"):
            house.psql(login).execute("select debtflow.ledger_transfers()")
