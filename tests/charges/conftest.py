"""A desk with a provider behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest

from services.charges import ChargeForm, Charges
from services.ledger import Doctor, Ledger
from tests.charges.provider import Provider, usd
from tests.support.house import House


@dataclass
class Office:
    """One house with a provider; ``ana`` collects, ``bea`` supervises, ``wally`` is the worker."""

    house: House
    provider: Provider = field(default_factory=Provider)

    def desk(self, login: str = "ana", *, size: int = 4) -> Charges:
        return Charges(self.house.store(login, size=size), self.provider)

    def saved(self, number: str, *, kind: str = "card", last4: str = "4242") -> int:
        """A method that the account's debtor left at the provider earlier."""
        customer = """
          insert into debtflow.gateway_customer (agency_id, debtor_id, gateway, key, provider_id, made_at)
          select agency_id, debtor_id, 'stripe', gen_random_uuid(), 'cus_' || debtor_id, now()
            from debtflow.account where number = %s on conflict do nothing"""
        self.house.su.execute(customer, [number])
        method = """
          insert into debtflow.saved_method (agency_id, debtor_id, gateway, provider_id, kind, brand, last4, expires,
                                             added_at)
          select agency_id, debtor_id, 'stripe', %s, %s, 'visa', %s, '12/30', now()
            from debtflow.account where number = %s returning id"""
        return int(self.house.one(method, f"pm_{uuid4().hex}", kind, last4, number))

    def form(self, number: str, minor: int, method: int | None = None, **rest: object) -> ChargeForm:
        return ChargeForm(number, usd(minor), method or self.saved(number), **rest)  # type: ignore[arg-type]

    def later(self, minutes: float) -> None:
        """Everything that was begun was begun so much longer ago."""
        for table, columns in (
            ("charge", "started_at called_at next_ask_at confirm_at lease_until expires_at"),
            ("refund", "started_at called_at next_ask_at confirm_at lease_until"),
            ("breaker", "since next_try_at probe_until"),
        ):
            moved = ", ".join(f"{c} = {c} - make_interval(secs => {minutes * 60})" for c in columns.split())
            self.house.su.execute(f"update debtflow.{table} set {moved}")

    def held(self, number: str) -> int:
        return int(self._balance("held", number))

    def due(self, number: str) -> list[int]:
        return list(self._balance("due", number))

    def _balance(self, column: str, number: str) -> Any:
        query = f"select {column} from debtflow.account_balance join debtflow.account on id = account_id"
        return self.house.one(f"{query} where number = %s", number)

    def payments(self) -> int:
        return int(self.house.one("select count(*) from debtflow.payment where reverses is null"))

    def sound(self, *, but: tuple[str, ...] = ()) -> bool:
        """The ledger proves itself, and nothing of the doctor's money checks fails."""
        assert Ledger(self.house.store("bea")).replay_check().differences == ()
        house = ("clock", "roles", "append-only", "row-security", "partitions", "writes", *but)
        failing = {each.name: each.detail for each in Doctor(self.house.store("bea")).examine().checks if not each.ok}
        unsound = "; ".join(f"{name}: {detail}" for name, detail in failing.items() if name not in house)
        assert not unsound, unsound
        return True


@pytest.fixture
def office(house: House) -> Office:
    return Office(house)
