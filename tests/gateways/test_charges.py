"""Our gateway against the stand-in, call by call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from debtflow_tui.standin import intents
from debtflow_tui.standin.problems import Problem
from debtflow_tui.standin.server import StandIn
from services.domain.money import Money
from services.gateways.base import Charged, ProviderRefused, ProviderUnavailable, Saved
from services.gateways.stripe import Stripe
from tests.support.standin import gateway_to, kept

USD = Money(25_00, "USD")
TOLD = {"agency": "HARBOR", "account": "100-3"}


def charge(gateway: Stripe, customer: str, method: Saved, key: UUID | None = None, amount: Money = USD) -> Charged:
    return gateway.charge(
        key or uuid4(), amount, customer=customer, method=method, description="Account 100-3", metadata=TOLD
    )


def now() -> datetime:
    return datetime.now(UTC)


class TestSavedMethods:
    def test_what_is_kept_is_shown_by_brand_and_last_digits(self, standin: StandIn) -> None:
        customer, visa = kept(standin)
        bank = standin.save(customer, "pm_usBankAccount_success")
        assert (visa.kind, visa.brand, visa.last4, visa.expires) == ("card", "visa", "4242", "08/31")
        assert gateway_to(standin).methods(customer)[0] == Saved(
            bank, "us_bank_account", "STRIPE TEST BANK", "6789", None
        )

    def test_forgetting_twice_is_forgetting(self, standin: StandIn) -> None:
        customer, visa = kept(standin)
        gateway = gateway_to(standin)
        gateway.forget(visa.provider_id)
        gateway.forget(visa.provider_id)
        assert gateway.methods(customer) == ()
        with pytest.raises(ProviderRefused, match="off-session"):
            charge(gateway, customer, visa)
        assert standin.charges() == []

    def test_one_key_is_one_customer(self, standin: StandIn) -> None:
        key = uuid4()
        assert len({gateway_to(standin).customer(key, "Ann Bo") for _ in range(3)}) == 1

    def test_a_strangers_method_is_not_charged(self, standin: StandIn) -> None:
        _, theirs = kept(standin)
        with pytest.raises(ProviderRefused):
            charge(gateway_to(standin), standin.customer(), theirs)
        assert standin.charges() == []


class TestCharging:
    def test_a_charge_says_all_there_is_to_know(self, standin: StandIn) -> None:
        customer, visa = kept(standin)
        key = uuid4()
        done = charge(gateway_to(standin), customer, visa, key)
        assert done == Charged(
            done.provider_id, "succeeded", USD, Money.zero("USD"), customer=customer, saved=visa, key=key, kind="card"
        )
        assert standin.charges() == [
            {
                "payment_intent": done.provider_id,
                "payment": str(key),
                "amount": 25_00,
                "refunded": 0,
                "currency": "usd",
                "disputed": False,
            }
        ]

    def test_a_repeated_key_takes_nothing_more(self, standin: StandIn) -> None:
        customer, visa = kept(standin)
        key = uuid4()
        first, second = (charge(gateway_to(standin), customer, visa, key) for _ in range(2))
        assert first == second
        assert len(standin.charges()) == 1

    def test_a_key_of_another_request_is_never_called_refused(self, standin: StandIn) -> None:
        customer, visa = kept(standin)
        key = uuid4()
        charge(gateway_to(standin), customer, visa, key)
        with pytest.raises(ProviderUnavailable) as caught:
            charge(gateway_to(standin), customer, visa, key, Money(99_00, "USD"))
        assert caught.value.sent
        assert len(standin.charges()) == 1

    @pytest.mark.parametrize(
        "code", ["insufficient_funds", "lost_card", "expired_card", "authentication_required", "generic_decline"]
    )
    def test_a_decline_is_final_and_says_why(self, standin: StandIn, code: str) -> None:
        customer, visa = kept(standin, outcome=code)
        key = uuid4()
        for _ in range(2):
            with pytest.raises(ProviderRefused) as caught:
                charge(gateway_to(standin), customer, visa, key)
            assert caught.value.decline_code == code
            assert (caught.value.exit_code, caught.value.rule) == (1, "provider")
        assert caught.value.provider_id is not None
        found = gateway_to(standin).look_up(key, customer=customer, since=now())
        assert found is not None
        assert (found.state, found.code, found.provider_id) == ("failed", code, caught.value.provider_id)
        assert standin.charges() == []

    def test_a_bank_debit_is_under_way_for_days(self, standin: StandIn) -> None:
        customer, bank = kept(standin, "pm_usBankAccount_insufficientFunds")
        gateway = gateway_to(standin)
        begun = charge(gateway, customer, bank)
        assert (begun.state, begun.kind, standin.charges()) == ("processing", "us_bank_account", [])
        standin.settle(begun.provider_id)
        ended = gateway.look_at(begun.provider_id)
        assert (ended.state, ended.code) == ("failed", "insufficient_funds")

    def test_a_bank_debit_arrives(self, standin: StandIn) -> None:
        customer, bank = kept(standin, "pm_usBankAccount_success")
        begun = charge(gateway_to(standin), customer, bank)
        standin.settle(begun.provider_id)
        assert gateway_to(standin).look_at(begun.provider_id).state == "succeeded"
        assert len(standin.charges()) == 1

    @pytest.mark.parametrize("amount", [Money(49, "USD"), Money(10**9, "USD"), Money(0, "USD"), Money(-1, "USD")])
    def test_amounts_that_no_card_takes(self, standin: StandIn, amount: Money) -> None:
        customer, visa = kept(standin)
        with pytest.raises(ProviderRefused):
            charge(gateway_to(standin), customer, visa, amount=amount)

    def test_dollars_alone_are_debited_from_a_bank(self, standin: StandIn) -> None:
        customer, bank = kept(standin, "pm_usBankAccount_success")
        with pytest.raises(ProviderRefused, match="usd"):
            charge(gateway_to(standin), customer, bank, amount=Money(25_00, "EUR"))


class TestLinks:
    def link(self, gateway: Stripe, customer: str | None, *, save: bool = True, key: UUID | None = None) -> str:
        return gateway.link(
            key or uuid4(),
            USD,
            customer=customer,
            description="Account 100-3",
            expires_at=now() + timedelta(hours=1),
            metadata=TOLD,
            save=save,
        ).provider_id

    def test_a_person_pays_and_the_method_is_kept(self, standin: StandIn) -> None:
        gateway, customer, key = gateway_to(standin), standin.customer(), uuid4()
        link = self.link(gateway, customer, key=key)
        before = gateway.link_state(link)
        assert (before.state, before.provider_id, before.key) == ("open", link, key)
        standin.pay(link)
        after = gateway.link_state(link)
        assert (after.state, after.amount, after.key, after.link) == ("succeeded", USD, key, link)
        assert gateway.methods(customer) == (after.saved,)
        assert gateway.look_at(after.provider_id) == after

    def test_nothing_is_kept_unasked(self, standin: StandIn) -> None:
        gateway, customer = gateway_to(standin), standin.customer()
        link = self.link(gateway, customer, save=False)
        standin.pay(link)
        assert gateway.link_state(link).saved is None
        assert gateway.methods(customer) == ()

    def test_a_declined_card_does_not_end_a_link(self, standin: StandIn) -> None:
        gateway, customer, key = gateway_to(standin), standin.customer(), uuid4()
        link = self.link(gateway, customer, key=key)
        with pytest.raises(Problem):
            standin.pay(link, "pm_card_chargeDeclinedInsufficientFunds")
        tried = gateway.link_state(link)
        assert (tried.state, tried.code) == ("open", "insufficient_funds")
        assert gateway.look_up(key, customer=customer, since=now()) == tried
        assert gateway.look_at(tried.provider_id) == tried
        standin.pay(link)
        assert gateway.look_at(tried.provider_id).state == "succeeded"
        assert len(standin.charges()) == 1

    def test_a_bank_debit_by_link_comes_back(self, standin: StandIn) -> None:
        gateway, customer = gateway_to(standin), standin.customer()
        link = self.link(gateway, customer)
        standin.pay(link, "pm_usBankAccount_noAccount")
        begun = gateway.link_state(link)
        assert (begun.state, begun.kind) == ("processing", "us_bank_account")
        standin.settle(begun.provider_id)
        assert gateway.look_at(begun.provider_id).state == gateway.link_state(link).state == "failed"

    def test_a_link_ends_by_itself_or_by_hand_and_a_paid_one_stays_paid(self, standin: StandIn) -> None:
        gateway, customer = gateway_to(standin), standin.customer()
        early, late, paid = (self.link(gateway, customer) for _ in range(3))
        standin.pay(paid)
        assert gateway.expire_link(early).state == "expired"
        standin.advance(3601)
        assert gateway.link_state(late).state == "expired"
        assert [gateway.expire_link(link).state for link in (early, late, paid)] == ["expired", "expired", "succeeded"]
        with pytest.raises(Problem, match="expired"):
            standin.pay(late)

    def test_a_lost_link_is_found_by_its_key(self, standin: StandIn) -> None:
        gateway, customer, key = gateway_to(standin), standin.customer(), uuid4()
        link = self.link(gateway, customer, key=key)
        found = gateway.look_up(key, customer=customer, since=now())
        assert found is not None
        assert (found.state, found.provider_id) == ("open", link)

    def test_a_link_without_a_place_to_land_is_refused(self, standin: StandIn) -> None:
        with pytest.raises(ProviderRefused) as caught:
            self.link(Stripe("sk_test_1"), None)
        assert caught.value.decline_code == "no_thanks_url"

    @pytest.mark.parametrize("ahead", [timedelta(minutes=5), timedelta(days=2)])
    def test_a_link_lives_from_half_an_hour_to_a_day(self, standin: StandIn, ahead: timedelta) -> None:
        with pytest.raises(ProviderRefused, match="30 minutes"):
            gateway_to(standin).link(
                uuid4(), USD, customer=None, description="x", expires_at=now() + ahead, metadata=TOLD, save=False
            )


class TestLookingUp:
    def test_what_never_arrived_is_not_found(self, standin: StandIn) -> None:
        assert gateway_to(standin).look_up(uuid4(), customer=standin.customer(), since=now()) is None

    def test_the_right_one_of_many_over_pages(self, standin: StandIn) -> None:
        customer = standin.customer()
        keys = [uuid4() for _ in range(103)]
        for key in keys:
            told = {"payment": str(key)}
            intents.make(
                standin.book,
                standin.events,
                amount=2500,
                currency="usd",
                customer=customer,
                types=["card"],
                description=None,
                metadata=told,
                save=None,
            )
        for key in (keys[0], keys[50], keys[-1]):
            found = gateway_to(standin).look_up(key, customer=customer, since=now() - timedelta(minutes=1))
            assert found is not None
            assert (found.key, found.state) == (key, "open")

    def test_unknown_ids_are_refused(self, standin: StandIn) -> None:
        for provider_id in ("pi_nothing", "cs_nothing"):
            with pytest.raises(ProviderRefused) as caught:
                gateway_to(standin).look_at(provider_id)
            assert caught.value.decline_code == "resource_missing"


class TestRefunds:
    def test_never_more_than_is_left(self, standin: StandIn) -> None:
        customer, visa = kept(standin)
        gateway = gateway_to(standin)
        paid = charge(gateway, customer, visa)
        keys = [uuid4() for _ in range(3)]
        one, two = (gateway.refund(key, paid.provider_id, Money(10_00, "USD")) for key in keys[:2])
        with pytest.raises(ProviderRefused, match="greater than unrefunded"):
            gateway.refund(keys[2], paid.provider_id, Money(5_01, "USD"))
        assert gateway.refund(keys[0], paid.provider_id, Money(10_00, "USD")) == one
        gateway.refund(uuid4(), paid.provider_id, Money(5_00, "USD"))
        with pytest.raises(ProviderRefused) as caught:
            gateway.refund(uuid4(), paid.provider_id, Money(1, "USD"))
        assert caught.value.decline_code == "charge_already_refunded"
        assert gateway.look_at(paid.provider_id).refunded == USD
        assert gateway.refunds(paid.provider_id)[1:] == (two, one)
        assert (one.key, one.payment, one.state) == (keys[0], paid.provider_id, "succeeded")

    def test_a_refund_may_come_back(self, standin: StandIn) -> None:
        customer, visa = kept(standin, "pm_card_refundFail")
        gateway = gateway_to(standin)
        paid = charge(gateway, customer, visa)
        refund = gateway.refund(uuid4(), paid.provider_id, USD)
        standin.settle_refund(refund.provider_id)
        (back,) = gateway.refunds(paid.provider_id)
        assert (refund.state, back.state, back.code) == ("succeeded", "failed", "expired_or_canceled_card")
        assert gateway.look_at(paid.provider_id).refunded == Money.zero("USD")

    def test_what_never_came_in_is_not_returned(self, standin: StandIn) -> None:
        customer, bank = kept(standin, "pm_usBankAccount_success")
        gateway = gateway_to(standin)
        begun = charge(gateway, customer, bank)
        with pytest.raises(ProviderRefused):
            gateway.refund(uuid4(), begun.provider_id, USD)
