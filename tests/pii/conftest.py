"""A person with a long history, and everything that is known about them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

import pytest

from services.accounts import Accounts
from services.domain.alike import Replace
from services.domain.money import Money
from services.imports import Imports
from services.imports.results import Where
from services.imports.vault import IN_DATABASE, Vault
from services.payments import PaymentForm, Payments
from services.pii import Pii
from services.plans import Promises
from services.plans.results import PromiseForm
from tests.imports.files import line, written
from tests.support.house import House

FIRST, LAST = "Wilhelmina", "Featherstonehaugh"
EMAIL, PHONE, OTHER_PHONE = "mina.f@featherstone.example", "3125550147", "7735550166"
SAID: Final = (
    FIRST, LAST, EMAIL, PHONE, OTHER_PHONE, PHONE[::-1], "(312) 555-0147", "312-555-0147", "CHK-88412077",
    "broken leg", "sister of the mayor", "gave up drinking", "next wages", "WRONGLY-TYPED", "pm_mina",
    "the mayor wants a word",
)  # fmt: skip
"""What must be nowhere afterwards, in any case of letters."""


def rows(*, name: str = f"{FIRST} {LAST}", ref: str = "MINA-1") -> bytes:
    """A file with the person between two others; in her last row somebody forgot the amount."""
    theirs = {"debtor_email": EMAIL, "debtor_phone": "312-555-0147", "debtor_ssn_last4": "7361"}
    return written([
        line("BEFORE-1", "Berta Before", "10.00"),
        line(ref, name, "500.00", **theirs),
        line(f"{ref}-b", name, "WRONGLY-TYPED", **theirs),
        line("AFTER-1", "Arno After", "20.00"),
    ])  # fmt: skip


@dataclass
class Life:
    """The desk of an administrator, and the account of a person."""

    house: House
    vault: Vault = IN_DATABASE
    number: str = ""
    batch: int = 0
    numbers: dict[str, str] = field(default_factory=dict)

    def pii(self, login: str = "ada") -> Pii:
        return Pii(self.house.store(login), self.vault)

    def stage(self, data: bytes, name: str = "placements.csv") -> int:
        return Imports(self.house.store("bea"), self.vault).stage(data, name, "HXL").id

    def place(self, data: bytes | None = None, name: str = "placements.csv") -> Life:
        """A file is staged, a name in it corrected twice, the good rows released, the bad one left behind."""
        imports = Imports(self.house.store("bea"), self.vault)
        self.batch = self.stage(rows() if data is None else data, name)
        if data is None:
            imports.fix(self.batch, 2, {"debtor_name": f"{FIRST.upper()} {LAST}"})
            imports.fix(self.batch, 2, {"debtor_name": f"{FIRST} {LAST}"})
            theirs = Where(column="debtor_name", value=f"{FIRST} {LAST}")
            imports.fix_alike(self.batch, Replace("debtor_name", FIRST, FIRST.upper()), theirs)
        imports.release(self.batch, leave_errors=True)
        self.numbers = dict(
            self.house.su.execute("select external_ref, number from debtflow.account order by id").fetchall()
        )
        self.number = self.numbers["MINA-1"]
        return self

    def live(self) -> Life:
        """Contacts, notes, calls, flags, a promise and a check; then she has paid it all."""
        store = self.house.store("ana")
        ana = Accounts(store)
        number = self.number
        contact = ana.save_contact(number, kind="phone", value=OTHER_PHONE, label="sister of the mayor")
        ana.remove_contact(number, contact.id)
        ana.note(number, f"{FIRST} has a broken leg, (312) 555-0147")
        ana.call(number, "contacted", "gave up drinking")
        ana.raise_flag(number, "attorney", "sister of the mayor")
        day = date.today() + timedelta(days=9)
        Promises(store).make(number, PromiseForm(Money(5_00, "USD"), day))
        Promises(store).cancel(number, Promises(store).of_account(number)[0].id, "next wages")
        Payments(store).post(PaymentForm(number, Money(500_00, "USD"), "check", reference="CHK-88412077"))
        self._saved()
        return self

    def _saved(self) -> None:
        run = self.house.su.execute
        run(
            "insert into debtflow.gateway_customer (agency_id, debtor_id, gateway, key, provider_id, made_at) select "
            "agency_id, debtor_id, 'stripe', gen_random_uuid(), 'cus_77', now() from debtflow.account "
            "where number = %s",
            [self.number],
        )
        run(
            "insert into debtflow.saved_method (agency_id, debtor_id, gateway, provider_id, kind, brand, last4, "
            "added_at) select agency_id, debtor_id, 'stripe', 'pm_mina', 'card', 'visa', '4242', now() "
            "from debtflow.account where number = %s",
            [self.number],
        )
        run(
            "insert into debtflow.reveal (agency_id, account_id, user_id, field, reason, shown, at) select agency_id, "
            "id, collector_id, 'phone', 'the mayor wants a word', 1, now() from debtflow.account where number = %s",
            [self.number],
        )
        body = json.dumps({"customer": "cus_77", "billing_details": {"name": LAST, "email": EMAIL}})
        run("set session authorization hook")
        run(
            "insert into debtflow.webhook_event (provider, event_id, type, headers, body, size) "
            "values ('stripe', 'evt_77', 'charge.succeeded', %s, %s, %s)",
            [json.dumps([["x-payer", LAST]]), body.encode(), len(body)],
        )
        run("reset session authorization")

    def heard(self) -> Life:
        """The worker has looked at what the provider sent."""
        wally = self.house.store("wally")
        event = self.house.one("select id from debtflow.webhook_event")
        settle = "select debtflow.webhook_settle(%s, 'ignored', 'nothing of ours')"
        wally.act(lambda c: c.exec_driver_sql(settle, (event,)))
        return self


@pytest.fixture
def life(house: House) -> Life:
    """Somebody who paid, and an agency that keeps nothing longer than it must."""
    made = Life(house)
    made.pii().set_retention(0)
    return made
