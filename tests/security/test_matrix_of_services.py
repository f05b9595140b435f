"""Who may do what through Python: every method of every service, for every role.

On accounts of one's own, of a colleague, and of another agency. What is expected is read from the permission table; a
method without a row fails.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Final
from uuid import UUID

import pytest

from debtflow_tui.config import Settings
from debtflow_tui.wiring import Services
from services.access import Access, Failures
from services.adjustments import AdjustmentForm
from services.batches.results import BatchEntry, BatchForm, Choice, Totals
from services.charges.results import ChargeForm, LinkForm
from services.domain.agreed import Agreed
from services.domain.lookup import parse_lookup
from services.domain.money import Money
from services.domain.trail import AuditQuery
from services.errors import DebtFlowError, NotAllowed, NotFound
from services.imports.results import Where
from services.ledger import Subject
from services.payments import PaymentForm
from services.plans.results import PlanChange, PlanForm, PromiseForm
from services.receipts import SpreadForm
from tests.charges.provider import Provider
from tests.security.conftest import World
from tests.support.rights import shipped

LOGINS: Final = {"ada": "agency_admin", "bea": "supervisor", "ana": "collector", "rex": "readonly"}
OFFICE, OVERSEERS = {"agency_admin", "supervisor", "readonly"}, {"agency_admin", "supervisor"}
EVERYBODY = set(LOGINS.values())
NOBODY: set[str] = set()
DAY = date(2025, 12, 1)
ONCE = UUID("5f0c9a52-4f8d-4c5b-8f5e-0d8f2f6f5a11")
NONE_SUCH = 999_999


@dataclass(frozen=True)
class On:
    """What a method is called on."""

    number: str
    receipt: str
    money: Money
    today: date
    batch: int = NONE_SUCH
    charge: UUID = ONCE


Call = Callable[[Services, On], object]
Rows = dict[str, tuple[str | set[str], Call]]
"""The act that the method needs, or the roles that its tables are granted to."""


def cash(on: On) -> PaymentForm:
    return PaymentForm(on.number, on.money, "cash")


def spread(on: On) -> SpreadForm:
    return SpreadForm(on.number, on.money, "cash")


def fee(on: On) -> AdjustmentForm:
    return AdjustmentForm(on.number, "fee", "agreed", on.money)


def entry(on: On) -> BatchEntry:
    return BatchEntry(on.number, on.money, "cash")


def form(on: On) -> BatchForm:
    return BatchForm(Totals(1, on.money, None), submission_id=ONCE)


# Methods of one account: who does not see it finds none, whatever they may.
ON_AN_ACCOUNT: Rows = {
    "accounts.show": (EVERYBODY, lambda d, on: d.accounts.show(on.number)),
    "accounts.version": (EVERYBODY, lambda d, on: d.accounts.version(on.number)),
    "accounts.postings": (EVERYBODY, lambda d, on: d.accounts.postings(on.number)),
    "accounts.activities": (EVERYBODY, lambda d, on: d.accounts.activities(on.number)),
    "accounts.look": (EVERYBODY, lambda d, on: d.accounts.look(on.number)),
    "accounts.leave": (EVERYBODY, lambda d, on: d.accounts.leave(on.number)),
    "accounts.note": ("account.note", lambda d, on: d.accounts.note(on.number, "called")),
    "accounts.call": ("account.note", lambda d, on: d.accounts.call(on.number, "no_answer")),
    "accounts.follow_up": ("account.note", lambda d, on: d.accounts.follow_up(on.number, on.today)),
    "accounts.priority": ("account.note", lambda d, on: d.accounts.priority(on.number, 3)),
    "accounts.change_status": (
        "account.status", lambda d, on: d.accounts.change_status(on.number, "disputed", version=0, reason="so"),
    ),
    "accounts.raise_flag": ("account.status", lambda d, on: d.accounts.raise_flag(on.number, "attorney", "so")),
    "accounts.lift_flag": ("account.status", lambda d, on: d.accounts.lift_flag(on.number, "bankrupt", "so")),
    "accounts.save_contact": (
        "account.contact", lambda d, on: d.accounts.save_contact(on.number, kind="phone", value="3125550188"),
    ),
    "accounts.remove_contact": ("account.contact", lambda d, on: d.accounts.remove_contact(on.number, NONE_SUCH)),
    "accounts.reveal": ("reveal.ssn", lambda d, on: d.accounts.reveal(on.number, "ssn", "asked who is calling")),
    "accounts.assign": ("account.assign", lambda d, on: d.accounts.assign([on.number], "ben")),
    "payments.preview": (EVERYBODY, lambda d, on: d.payments.preview(cash(on))),
    "payments.post": ("payment.post", lambda d, on: d.payments.post(cash(on), dry_run=True)),
    "payments.show": (EVERYBODY, lambda d, on: d.payments.show(on.receipt)),
    "payments.reverse": ("payment.reverse", lambda d, on: d.payments.reverse(on.receipt, "nsf", submission_id=ONCE)),
    "receipts.preview": (EVERYBODY, lambda d, on: d.receipts.preview(spread(on))),
    "receipts.post": ("payment.spread", lambda d, on: d.receipts.post(spread(on), dry_run=True)),
    "adjustments.list": (EVERYBODY, lambda d, on: d.adjustments.list(on.number)),
    "adjustments.preview": (EVERYBODY, lambda d, on: d.adjustments.preview(fee(on))),
    "adjustments.post": (
        "adjustment.post",
        lambda d, on: d.adjustments.post(fee(on), dry_run=True),
    ),
    "interest.payoff": (EVERYBODY, lambda d, on: d.interest.payoff(on.number)),
    "interest.pause": ("interest.pause", lambda d, on: d.interest.pause(on.number, "asked for")),
    "interest.resume": ("interest.pause", lambda d, on: d.interest.resume(on.number)),
    "promises.of_account": (EVERYBODY, lambda d, on: d.promises.of_account(on.number)),
    "promises.make": ("promise.make", lambda d, on: d.promises.make(on.number, PromiseForm(on.money, on.today))),
    "promises.cancel": ("promise.make", lambda d, on: d.promises.cancel(on.number, NONE_SUCH)),
    "plans.outlook": (EVERYBODY, lambda d, on: d.plans.outlook(on.number)),
    "plans.show": (EVERYBODY, lambda d, on: d.plans.show(on.number)),
    "plans.propose": (EVERYBODY, lambda d, on: d.plans.propose(on.number, PlanForm(on.today, times=3))),
    "plans.make": ("plan.make", lambda d, on: d.plans.make(on.number, PlanForm(on.today, times=3), version=0)),
    "plans.change": (
        "plan.make", lambda d, on: d.plans.change(on.number, PlanChange("drop", no=99), version=0),
    ),
    "plans.hold": ("plan.make", lambda d, on: d.plans.hold(on.number, "so", version=0)),
    "plans.release": ("plan.make", lambda d, on: d.plans.release(on.number, "so", version=0)),
    "plans.cancel": ("plan.make", lambda d, on: d.plans.cancel(on.number, "so", version=0)),
    "settlements.show": (EVERYBODY, lambda d, on: d.settlements.show(on.number)),
    "settlements.offer": (
        "settlement.offer", lambda d, on: d.settlements.offer(on.number, on.money, on.today, version=0),
    ),
    "settlements.accept": ("settlement.offer", lambda d, on: d.settlements.accept(on.number)),
    "settlements.cancel": ("settlement.offer", lambda d, on: d.settlements.cancel(on.number)),
    "charges.methods": (EVERYBODY, lambda d, on: d.charges.methods(on.number)),
    "charges.of_account": (EVERYBODY, lambda d, on: d.charges.of_account(on.number)),
    "charges.start": ("charge.make", lambda d, on: d.charges.start(ChargeForm(on.number, on.money, NONE_SUCH))),
    "charges.link": ("charge.make", lambda d, on: d.charges.link(LinkForm(on.number, on.money, minutes=30))),
    "charges.remove_method": ("method.remove", lambda d, on: d.charges.remove_method(on.number, NONE_SUCH)),
    "charges.refund": ("refund.make", lambda d, on: d.charges.refund(on.receipt, None, submission_id=ONCE)),
    "pii.status": ("pii.see", lambda d, on: d.pii.status(on.number)),
    "pii.hold": ("pii.hold", lambda d, on: d.pii.hold(on.number, "a case")),
    "pii.release": ("pii.release", lambda d, on: d.pii.release(on.number)),
    "pii.forget": ("pii.forget", lambda d, on: d.pii.forget(on.number, "request")),
    "ledger.balance": (EVERYBODY, lambda d, on: d.ledger.balance(on.number)),
    "audit.as_it_was": (
        EVERYBODY, lambda d, on: d.audit.as_it_was(f"account/{on.number}", datetime.now(UTC)),
    ),
}  # fmt: skip

# The others: of batches, files and months that are not there, so that who may finds nothing.
ELSEWHERE: Rows = {
    "access.session": (EVERYBODY, lambda d, _: d.access.session()),
    "access.renew": (EVERYBODY, lambda d, _: d.access.renew()),
    "accounts.find": (EVERYBODY, lambda d, _: d.accounts.find(parse_lookup("zzz"))),
    "payments.post_many": (
        "payment.post", lambda d, on: d.payments.post_many([cash(on)]),
    ),
    "payments.day_sheet": (EVERYBODY, lambda d, _: d.payments.day_sheet()),
    "receipts.show": (EVERYBODY, lambda d, _: d.receipts.show("R-999999-0")),
    "adjustments.reverse": (
        "adjustment.reverse", lambda d, on: d.adjustments.reverse(on.receipt, "void", submission_id=ONCE),
    ),
    "adjustments.reasons": (EVERYBODY, lambda d, _: d.adjustments.reasons()),
    "adjustments.limits": (EVERYBODY, lambda d, _: d.adjustments.limits()),
    "adjustments.set_limit": ("limit.set", lambda d, on: d.adjustments.set_limit("collector", "fee", on.money)),
    "interest.accrue": ("interest.accrue", lambda d, _: d.interest.accrue()),
    "interest.accrue_due": ("interest.accrue", lambda d, _: d.interest.accrue_due()),
    "promises.judge": ("clock.run", lambda d, _: d.promises.judge()),
    "plans.run_due": ("clock.run", lambda d, _: d.plans.run_due(1)),
    "settlements.expire_due": ("clock.run", lambda d, _: d.settlements.expire_due()),
    "batches.open": ("payment.batch", lambda d, on: d.batches.open(form(on))),
    "batches.key": ("payment.batch", lambda d, on: d.batches.key(NONE_SUCH, [entry(on)])),
    "batches.amend": ("payment.batch", lambda d, on: d.batches.amend(NONE_SUCH, 1, entry(on))),
    "batches.drop": ("payment.batch", lambda d, _: d.batches.drop(NONE_SUCH, [1])),
    "batches.expect": ("payment.batch", lambda d, on: d.batches.expect(NONE_SUCH, Totals(1, on.money, None), "so")),
    "batches.cancel": ("payment.batch", lambda d, _: d.batches.cancel(NONE_SUCH, "so")),
    "batches.hand_over": ("payment.batch", lambda d, _: d.batches.hand_over(NONE_SUCH)),
    "batches.take": ("payment.batch", lambda d, _: d.batches.take(NONE_SUCH)),
    "batches.compare": ("payment.batch", lambda d, _: d.batches.compare(NONE_SUCH)),
    "batches.differences": (EVERYBODY, lambda d, _: d.batches.differences(NONE_SUCH)),
    "batches.settle": ("payment.batch", lambda d, _: d.batches.settle(NONE_SUCH, [Choice(1, 1, "first")])),
    "batches.post": ("payment.batch", lambda d, _: d.batches.post(NONE_SUCH)),
    "batches.enter": ("payment.batch", lambda d, on: d.batches.enter(form(on), [entry(on)], dry_run=True)),
    "batches.keep": ("payment.batch", lambda d, on: d.batches.keep(form(on), [entry(on)])),
    "batches.show": (EVERYBODY, lambda d, _: d.batches.show(NONE_SUCH)),
    "batches.list": (EVERYBODY, lambda d, _: d.batches.list()),
    "charges.ready": (EVERYBODY, lambda d, _: d.charges.ready()),
    "charges.show": (EVERYBODY, lambda d, _: d.charges.show(ONCE)),
    "charges.waiting": (EVERYBODY, lambda d, _: d.charges.waiting()),
    "charges.cancel": ("charge.make", lambda d, on: d.charges.cancel(on.charge)),
    "charges.refunds_under_way": (EVERYBODY, lambda d, on: d.charges.refunds_under_way(on.number)),
    "charges.breaker": (EVERYBODY, lambda d, _: d.charges.breaker()),
    "imports.batches": (EVERYBODY, lambda d, _: d.imports.batches()),
    "imports.show": (EVERYBODY, lambda d, _: d.imports.show(NONE_SUCH)),
    "imports.kept": (EVERYBODY, lambda d, _: d.imports.kept()),
    "imports.four_eyes": (EVERYBODY, lambda d, _: d.imports.four_eyes()),
    "imports.set_four_eyes": ("import.rules", lambda d, _: d.imports.set_four_eyes(False)),
    "imports.stage": ("import.work", lambda d, _: d.imports.stage(BytesIO(b"ref,name\n"), "x.csv", "HXL")),
    "imports.exclude": ("import.work", lambda d, _: d.imports.exclude(NONE_SUCH, [1], "so")),
    "imports.include": ("import.work", lambda d, _: d.imports.include(NONE_SUCH, [1])),
    "imports.reject": ("import.work", lambda d, _: d.imports.reject(NONE_SUCH, "so")),
    "imports.approve": ("import.approve", lambda d, _: d.imports.approve(NONE_SUCH)),
    "imports.release": ("import.release", lambda d, _: d.imports.release(NONE_SUCH)),
    "imports.rehearse_release": ("import.release", lambda d, _: d.imports.rehearse_release(NONE_SUCH)),
    "imports.undo": ("import.undo", lambda d, _: d.imports.undo(NONE_SUCH, "so")),
    "profiles.list": (EVERYBODY, lambda d, _: d.profiles.list()),
    "profiles.show": (EVERYBODY, lambda d, _: d.profiles.show("HXL")),
    "profiles.history": (EVERYBODY, lambda d, _: d.profiles.history("HXL")),
    "profiles.terms": (OFFICE, lambda d, _: d.profiles.terms("HXL")),
    "profiles.totals": (EVERYBODY, lambda d, _: d.profiles.totals(NONE_SUCH)),
    "profiles.accept_totals": ("import.work", lambda d, _: d.profiles.accept_totals(NONE_SUCH, "so")),
    "pull.clients": (OFFICE, lambda d, _: d.pull.clients()),
    "pull.files": (OFFICE, lambda d, _: d.pull.files()),
    "audit.list": (EVERYBODY, lambda d, _: d.audit.list(AuditQuery())),
    "audit.count": (EVERYBODY, lambda d, _: d.audit.count(AuditQuery())),
    "audit.newer": (EVERYBODY, lambda d, _: d.audit.newer(AuditQuery(), d.audit.list(AuditQuery()).tail)),
    "audit.names": (EVERYBODY, lambda d, _: d.audit.names()),
    "audit.saved": (EVERYBODY, lambda d, _: d.audit.saved()),
    "audit.save": (EVERYBODY, lambda d, _: d.audit.save("refunds", "text:refund")),
    "audit.drop_saved": (EVERYBODY, lambda d, _: d.audit.drop_saved("refunds")),
    "audit.export": ("audit.export", lambda d, _: d.audit.export(AuditQuery(), path=Path("/nowhere/at/all.csv"))),
    "pii.list": ("pii.see", lambda d, _: d.pii.list()),
    "pii.holds": ("pii.see", lambda d, _: d.pii.holds()),
    "pii.retention": ("pii.see", lambda d, _: d.pii.retention()),
    "pii.set_retention": ("pii.retention", lambda d, _: d.pii.set_retention(-1)),
    "pii.sweep": ("pii.forget", lambda d, _: d.pii.sweep()),
    "sealing.states": ("seal.check", lambda d, _: d.sealing.states()),
    "sealing.seal_events": ("seal.make", lambda d, _: d.sealing.seal_events()),
    "sealing.seal": ("seal.make", lambda d, _: d.sealing.seal()),
    "archive.list": ("seal.check", lambda d, _: d.archive.list()),
    "archive.verify": ("seal.check", lambda d, _: d.archive.verify()),
    "archive.events": ("seal.check", lambda d, _: d.archive.events(AuditQuery())),
    "archiving.run": (NOBODY, lambda d, _: d.archiving.run()),
    "verifying.verify": ("seal.check", lambda d, _: d.verifying.verify()),
    "proving.prove": (OFFICE, lambda d, _: d.proving.prove(NONE_SUCH)),
    "ledger.accounts": ("books.see", lambda d, _: d.ledger.accounts()),
    "ledger.trial_balance": ("books.see", lambda d, _: d.ledger.trial_balance()),
    "ledger.trust": ("books.see", lambda d, _: d.ledger.trust()),
    "ledger.statement": ("books.see", lambda d, _: d.ledger.statement(Subject())),
    "ledger.replay_check": ("books.replay", lambda d, _: d.ledger.replay_check()),
    "ledger.periods": ("books.see", lambda d, _: d.ledger.periods()),
    "ledger.close": ("period.close", lambda d, _: d.ledger.close("2999-01")),
    "ledger.reopen": ("period.reopen", lambda d, _: d.ledger.reopen("2999-01", "so")),
    "doctor.examine": ("house.examine", lambda d, _: d.doctor.examine()),
    "events.list": ("events.see", lambda d, _: d.events.list()),
    "events.sequence": ("events.consume", lambda d, _: d.events.sequence()),
    "events.follow": ("events.consume", lambda d, _: d.events.follow("mine")),
    "events.commit": ("events.consume", lambda d, _: d.events.commit("nobody", 0)),
    "events.leave": ("events.consume", lambda d, _: d.events.leave("nobody")),
    "webhooks.list": (OFFICE, lambda d, _: d.webhooks.list()),
    "webhooks.counts": (OFFICE, lambda d, _: d.webhooks.counts()),
    "webhooks.show": (OFFICE, lambda d, _: d.webhooks.show(NONE_SUCH)),
    "webhooks.reveal": ("webhook.reveal", lambda d, _: d.webhooks.reveal(NONE_SUCH)),
    "webhooks.redrive": ("webhook.redrive", lambda d, _: d.webhooks.redrive(NONE_SUCH)),
    "webhooks.forget": (NOBODY, lambda d, _: d.webhooks.forget()),
    "webhooks.requeue_lost": (NOBODY, lambda d, _: d.webhooks.requeue_lost()),
    "webhooks.give_up": (NOBODY, lambda d, _: d.webhooks.give_up(NONE_SUCH, "so")),
    "jobs.list": (OFFICE, lambda d, _: d.jobs.list()),
    "jobs.queue": (OFFICE, lambda d, _: d.jobs.queue()),
    "jobs.my_queue": (NOBODY, lambda d, _: d.jobs.my_queue()),
    "jobs.rescue": (NOBODY, lambda d, _: d.jobs.rescue()),
    "jobs.forget": (NOBODY, lambda d, _: d.jobs.forget()),
    "jobs.partitions_ahead": (NOBODY, lambda d, _: d.jobs.partitions_ahead()),
    "jobs.expire_keys": (NOBODY, lambda d, _: d.jobs.expire_keys()),
    "agencies.list": (EVERYBODY, lambda d, _: d.agencies.list()),
    "agencies.add": (NOBODY, lambda d, _: d.agencies.add("OTHER", "Other", "UTC", "USD")),
    "clients.list": (EVERYBODY, lambda d, _: d.clients.list()),
    "clients.show": (EVERYBODY, lambda d, _: d.clients.show("HXL")),
    "clients.settlement_floors": (EVERYBODY, lambda d, _: d.clients.settlement_floors()),
    "clients.set_settlement_floor": ("office.administer", lambda d, _: d.clients.set_settlement_floor("NONE", 6000)),
    "clients.edit": ("office.administer", lambda d, _: d.clients.edit("NONE", name="x")),
    "clients.add": (
        "office.administer",
        lambda d, _: d.clients.add("NEW1", "New", commission_bp=1, collectors=["nobody"], starts_on=DAY),
    ),
    "users.list": (EVERYBODY, lambda d, _: d.users.list()),
    "users.add": ("office.administer", lambda d, _: d.users.add("newcomer", "New", "boss", password="long enough")),
    "users.disable": ("office.administer", lambda d, _: d.users.disable("nobody")),
    "users.unlock": ("user.unlock", lambda d, _: d.users.unlock("nobody")),
    "failures.read": (NOBODY, lambda d, _: Failures(d.store, Path("/nowhere")).read()),
    "users.set_password": ("office.administer", lambda d, _: d.users.set_password("nobody", "long enough")),
    "sessions.list": (EVERYBODY, lambda d, _: d.sessions.list()),
    "sessions.end": ("session.end", lambda d, _: d.sessions.end(NONE_SUCH)),
    "users.enable": ("office.administer", lambda d, _: d.users.enable("nobody", "long enough")),
    "users.set_role": ("office.administer", lambda d, _: d.users.set_role("nobody", "supervisor")),
    "users.hand_over": ("office.administer", lambda d, _: d.users.hand_over("nobody", to=["ben"])),
    "users.people": ("people.see", lambda d, _: d.users.people()),
    "users.open_work": ("people.see", lambda d, _: d.users.open_work("nobody")),
    "teams.list": ("people.see", lambda d, _: d.teams.list()),
    "teams.set": ("team.manage", lambda d, _: d.teams.set("north", ["nobody"])),
    "teams.limit": ("team.manage", lambda d, _: d.teams.limit("none", 5)),
    "teams.remove": ("team.manage", lambda d, _: d.teams.remove("none")),
    "assigning.plan": ("people.see", lambda d, _: d.assigning.plan()),
    "assigning.rebalance": ("account.assign", lambda d, _: d.assigning.rebalance("desk")),
    "assigning.count": ("account.assign", lambda d, _: d.assigning.count("nobody", to=["stranger"])),
    "assigning.give": ("account.assign", lambda d, _: d.assigning.give("nobody", to=["stranger"])),
    "rights.show": (EVERYBODY, lambda d, _: d.rights.show()),
    "rights.limits": (EVERYBODY, lambda d, _: d.rights.limits()),
    "rights.set": ("rights.set", lambda d, _: d.rights.set("payment.invent", "collector", allowed=True)),
    "rights.set_two": ("rights.set", lambda d, _: d.rights.set_two("payment.invent", wanted=True)),
    "rights.set_limit": ("limit.set", lambda d, _: d.rights.set_limit("tips", 1, role="collector")),
    "approvals.list": (EVERYBODY, lambda d, _: d.approvals.list()),
    "approvals.give": (EVERYBODY, lambda d, _: d.approvals.give(NONE_SUCH)),
    "approvals.refuse": (EVERYBODY, lambda d, _: d.approvals.refuse(NONE_SUCH)),
}  # fmt: skip
# Of a batch that is there: a collector sees none.
OF_A_BATCH: Rows = {
    "imports.findings": (OVERSEERS, lambda d, on: d.imports.findings(on.batch)),
    "imports.rows": (OVERSEERS, lambda d, on: d.imports.rows(on.batch)),
    "imports.row": (OVERSEERS, lambda d, on: d.imports.row(on.batch, 1)),
    "imports.values": (OVERSEERS, lambda d, on: d.imports.values(on.batch, "debtor_name", Where())),
    "imports.release_if": ("import.release", lambda d, on: d.imports.release_if(on.batch, Agreed(), rehearse=True)),
}
ROWS: Final = ON_AN_ACCOUNT | ELSEWHERE | OF_A_BATCH

# They need a file, a server, a provider's word or a whole batch; each has its own tests of who may.
TOLD_ELSEWHERE: Final = {
    "access.sign_out", "access.lock", "access.step_up", "charges.hear", "charges.resolve_due", "charges.expire_due",
    "webhooks.process",
    "jobs.ran", "imports.file", "imports.raw", "imports.fix", "imports.fix_alike", "imports.preview_alike",
    "imports.changes", "imports.news", "imports.undo_change", "imports.report", "imports.returned", "profiles.keep",
    "pull.due", "pull.pull", "pull.give_back", "ledger.transfer", "sealing.publish",
}  # fmt: skip


def services_of(desk: Services) -> dict[str, object]:
    """Every service that a signed-in person works with, by the name it is reached by."""
    names = [name for name, _ in inspect.getmembers(type(desk), lambda each: hasattr(each, "func"))]
    return {name: getattr(desk, name) for name in names if name not in ("gateway", "vault")}


@pytest.fixture
def desks(world: World, tmp_path: Path) -> dict[str, Services]:
    made = {}
    for login in LOGINS:
        store = world.store(login, size=1)
        made[login] = Services(store, Access(store).session(), Settings(tmp_path))
        made[login].__dict__["gateway"] = Provider()
    return made


def test_every_method_of_every_service_has_a_row(desks: dict[str, Services]) -> None:
    found = {
        f"{name}.{method}"
        for name, service in services_of(desks["ada"]).items()
        for method, _ in inspect.getmembers(type(service), inspect.isfunction)
        if not method.startswith("_")
    }
    assert found == set(ROWS) | TOLD_ELSEWHERE


def said(call: Call, desk: Services, on: On) -> DebtFlowError | None:
    try:
        call(desk, on)
    except DebtFlowError as error:
        return error
    return None


def test_a_method_lets_through_whom_the_table_names(world: World, desks: dict[str, Services]) -> None:
    number = world.place("Paula Owing", principal=900_00, collector="ana")
    receipt = desks["ana"].payments.post(PaymentForm(number, Money(10_00, "USD"), "cash")).receipt
    on = On(
        number,
        receipt,
        Money(1_00, "USD"),
        desks["ada"].session.today + timedelta(days=9),
        world.one("select min(b.id) from debtflow.import_batch b where b.agency_id = 1"),
        world.one("select id from debtflow.charge where account_id = %s", world.account_id(world.mine)),
    )
    wrong = []
    for login, desk in desks.items():
        for name, (takes, call) in ROWS.items():
            allowed = LOGINS[login] in (shipped()[takes] if isinstance(takes, str) else takes)
            error = said(call, desk, on)
            hidden = name in OF_A_BATCH and isinstance(error, NotFound)
            if (hidden or isinstance(error, NotAllowed)) is allowed:
                wrong.append((login, name, error))
    assert not wrong, "\n".join(map(str, wrong))


def test_a_method_finds_only_what_is_seen(world: World, desks: dict[str, Services]) -> None:
    world.su.execute("update debtflow.agency set next_number = 95001 where code = 'NORTHBY'")
    today = desks["ada"].session.today + timedelta(days=9)
    far = world.place("Zita Owing", principal=900_00, client="ZEN", collector="zoe", by="zack")
    bens = world.place("Ben Owing too", principal=900_00, client="MED", collector="ben")
    zoe = world.store("zoe", size=1)
    wrong = []
    for number, who, currency, seen_by in ((far, "zoe", "EUR", NOBODY), (bens, "ben", "USD", OFFICE)):
        store = zoe if who == "zoe" else world.store(who, size=1)
        paid = Services(store, Access(store).session()).payments.post(
            PaymentForm(number, Money(10_00, currency), "cash")
        )
        on = On(number, paid.receipt, Money(1_00, currency), today)
        for login, desk in desks.items():
            for name, (takes, call) in ON_AN_ACCOUNT.items():
                if LOGINS[login] not in (shipped()[takes] if isinstance(takes, str) else takes):
                    continue
                error = said(call, desk, on)
                told = isinstance(error, NotFound) and error.rule in ("account", "payment")
                if told is (LOGINS[login] in seen_by):
                    wrong.append((login, name, number, error))
    assert not wrong, "\n".join(map(str, wrong))
