"""Disputes: the bank takes back what is left, the agency pays the fee, and a won dispute brings the money home."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from services.charges import Charge
from services.errors import Refused
from services.gateways.base import Disputed
from services.payments import PaymentForm, Payments
from tests.charges.conftest import Office
from tests.charges.provider import notice, usd

COMMISSION = "select -balance from debtflow.ledger_balance where kind = 'commission' and book_id = 1"
TRUST = "select balance from debtflow.ledger_balance where kind = 'trust' and book_id = 1"
KINDS = "select array_agg(kind order by id) from debtflow.transfer where kind <> 'placement'"


OPENED = datetime(2026, 1, 1, tzinfo=UTC)


def charged(office: Office, number: str, minor: int = 60_00) -> Charge:
    return office.desk().start(office.form(number, minor))


def dispute(charge: Charge, minor: int, *, fee: int = 15_00) -> Disputed:
    return Disputed("du_1", f"pi_{charge.id.hex}", "open", usd(minor), usd(minor), usd(fee), "fraudulent", OPENED)


def tell(office: Office, said: Disputed) -> str:
    return office.desk("wally").hear(notice(disputed=said)).outcome


def test_a_dispute_that_is_lost(office: Office) -> None:
    number = office.house.place(principal=60_00)
    said = dispute(charged(office, number), 60_00)
    inquiry = replace(said, taken=usd(0), fee=usd(0))
    tell(office, inquiry)
    assert office.due(number) == [0, 0, 0, 0], "nobody took anything yet"
    assert [tell(office, told) for told in (said, said, inquiry)] == ["processed", "replayed", "replayed"]
    assert (office.due(number), office.house.one(TRUST), office.house.one(COMMISSION)) == (
        [60_00, 0, 0, 0], -15_00, -15_00)  # fmt: skip
    assert office.house.one("select status from debtflow.account") == "assigned"
    with pytest.raises(Refused) as refused:
        office.desk("bea").refund(_receipt(office), None, submission_id=uuid4())
    assert refused.value.rule == "disputed"
    assert tell(office, replace(said, state="lost")) == "processed"
    assert tell(office, said) == "replayed"
    assert office.house.one(KINDS) == ["payment", "reversal", "gateway_fee"]
    assert office.house.one("select count(distinct family_id) from debtflow.transfer where kind <> 'placement'") == 1
    assert office.house.one("select reason from debtflow.payment where reverses is not null") == "chargeback"
    assert office.sound()


def test_a_dispute_that_is_won(office: Office) -> None:
    number = office.house.place(principal=60_00)
    said = dispute(charged(office, number), 60_00)
    tell(office, said)
    won = replace(said, state="won", fee=usd(0))
    assert [tell(office, won) for _ in range(2)] == ["processed", "replayed"]
    assert (office.due(number), office.house.one(TRUST), office.house.one(COMMISSION)) == (
        [0, 0, 0, 0], 60_00, 15_00)  # fmt: skip
    assert office.house.one(KINDS) == ["payment", "reversal", "gateway_fee", "reversal", "gateway_fee"]
    refund = office.desk("bea").refund(_receipt(office), usd(20_00), submission_id=uuid4())
    assert (refund.state, refund.left) == ("posted", usd(40_00))
    assert office.sound()


def test_after_a_refund_only_the_rest_is_taken(office: Office) -> None:
    number = office.house.place(principal=100_00)
    charge = charged(office, number)
    office.desk("bea").refund(_receipt(office), usd(20_00), submission_id=uuid4())
    said = dispute(charge, 60_00)
    tell(office, said)
    assert (office.due(number), office.house.one(TRUST)) == ([100_00, 0, 0, 0], -15_00)
    tell(office, replace(said, state="won"))
    assert (office.due(number), office.house.one(TRUST)) == ([60_00, 0, 0, 0], 25_00)
    assert office.sound()


def test_money_won_back_after_the_debt_was_paid_is_kept_unapplied(office: Office) -> None:
    number = office.house.place(principal=60_00)
    said = dispute(charged(office, number), 60_00)
    tell(office, said)
    Payments(office.house.store("ana")).post(PaymentForm(number, usd(50_00), "cash"))
    tell(office, replace(said, state="won"))
    assert office.due(number) == [0, 0, 0, 0]
    assert office.house.one("select unapplied from debtflow.account_balance") == 50_00
    assert office.sound()


def test_news_of_a_dispute_in_any_order(office: Office) -> None:
    """Won before opened; disputed before its payment was heard of; of a stranger's payment; in another currency."""
    number = office.house.place(principal=200_00)
    first = charged(office, number)
    said = dispute(first, 60_00, fee=0)
    assert tell(office, replace(said, state="won")) == "processed"
    assert tell(office, said) == "replayed"
    assert office.due(number) == [140_00, 0, 0, 0]
    office.provider.faults = ["after"]
    second = charged(office, number, 40_00)
    assert second.state == "unknown"
    assert tell(office, replace(dispute(second, 40_00), provider_id="du_2")) == "processed"
    assert office.desk().show(second.id).state == "posted"
    assert office.due(number) == [140_00, 0, 0, 0]
    assert tell(office, replace(said, provider_id="du_3", payment="pi_else")) == "ignored"
    with pytest.raises(Refused, match="another currency"):
        tell(office, replace(said, provider_id="du_4", amount=replace(usd(1), currency="EUR")))
    assert office.house.one("select count(*) from debtflow.security_event where kind = 'dispute.mismatch'") == 1
    assert office.sound()


def test_a_chargeback_entered_by_hand_is_not_taken_twice(office: Office) -> None:
    number = office.house.place(principal=60_00)
    charge = charged(office, number)
    Payments(office.house.store("bea")).reverse(_receipt(office), "chargeback", submission_id=uuid4())
    tell(office, dispute(charge, 60_00))
    assert (office.due(number), office.house.one(TRUST)) == ([60_00, 0, 0, 0], -15_00)
    assert office.sound()


def _receipt(office: Office) -> str:
    return str(office.house.one("select debtflow.receipt_number(min(id)) from debtflow.payment where method = 'card'"))
