"""Pictures of payment entry, day sheet, imports and audit: empty, loading, in trouble, too long, hostile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from textual.pilot import Pilot

from screens.audit import AuditScreen
from screens.batch import BatchScreen
from screens.day_sheet import DaySheetScreen
from screens.imports import ImportsScreen
from screens.payment import PaymentScreen
from services.domain.money import Money
from services.errors import Busy, NotAllowed, NotFound, Unreachable
from services.payments.results import DaySheet
from tests.screens.conftest import burst, press, settled, shown, top, until
from tests.screens.fakes import FIRST, TODAY, FakeServices, account, payment, session, usd
from tests.screens.fakes_audit import FakeAudit, audit_event
from tests.screens.fakes_imports import FakeClients, FakeImports, import_batch, import_row
from tests.screens.fakes_money import FakeTill, day_entry, day_sheet, earlier
from tests.screens.test_snapshots import HOSTILE, LONG, SIZES

HUGE = Money(10**15, "USD")


@pytest.fixture(autouse=True)
def furnished(services: FakeServices, monkeypatch: pytest.MonkeyPatch) -> None:
    services.session = session("supervisor", user="bea")
    services.payments = FakeTill()
    services.imports = FakeImports()
    services.clients = FakeClients()
    services.audit = FakeAudit()
    monkeypatch.setattr("screens.payment.weighing.WATCH_EVERY", 3600)
    monkeypatch.setattr("screens.batch.review.WATCH_EVERY", 3600)


def paying(routes: Any) -> PaymentScreen:
    return PaymentScreen(routes.desk, routes.payments, routes.accounts, FIRST)


def adding_up(routes: Any) -> DaySheetScreen:
    return DaySheetScreen(routes.desk, routes.payments)


def listing(routes: Any) -> ImportsScreen:
    return ImportsScreen(routes.desk, routes.imports, routes.clients)


def reviewing(routes: Any) -> BatchScreen:
    return BatchScreen(routes.desk, routes.imports, 118)


def browsing(routes: Any) -> AuditScreen:
    return AuditScreen(routes.desk, routes.audit)


def typed(text: str) -> Callable[[Pilot[Any]], Any]:
    async def go(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        await burst(pilot, text)

    return go


def pressed(*keys: str) -> Callable[[Pilot[Any]], Any]:
    async def go(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        await press(pilot, *keys)

    return go


def loading(pilot: Pilot[Any]) -> Any:
    return until(pilot, lambda: "Looking…" in shown(pilot.app))


ready = pressed()


# ---- payment ---------------------------------------------------------------------------------------------------------


@SIZES
def test_payment_before_anything_is_typed(desktop, snap_compare, size):
    assert snap_compare(desktop(paying), terminal_size=size, run_before=ready)


@SIZES
def test_payment_of_an_account_still_looked_for(desktop, services: FakeServices, snap_compare, size):
    services.accounts.gates["show"] = Event()
    assert snap_compare(desktop(paying), terminal_size=size, run_before=loading)


@SIZES
def test_payment_with_its_preview(desktop, snap_compare, size):
    assert snap_compare(desktop(paying), terminal_size=size, run_before=typed("250.00\ncheck\n1991\n-1\n"))


@SIZES
def test_payment_made_before(desktop, services: FakeServices, snap_compare, size):
    services.payments.earlier = earlier()
    assert snap_compare(desktop(paying), terminal_size=size, run_before=typed("250.00\ncheck\n1991\n\n\n"))


@SIZES
def test_payment_of_too_much(desktop, snap_compare, size):
    assert snap_compare(desktop(paying), terminal_size=size, run_before=typed("1300\n"))


@SIZES
def test_payment_of_too_much_with_the_rest_kept(desktop, snap_compare, size):
    async def go(pilot: Pilot[Any]) -> None:
        await typed("1300\n")(pilot)
        await press(pilot, "f6")

    assert snap_compare(desktop(paying), terminal_size=size, run_before=go)


@SIZES
def test_payment_with_a_field_that_cannot_stand(desktop, snap_compare, size):
    assert snap_compare(desktop(paying), terminal_size=size, run_before=typed("1.234,5x\n"))


@SIZES
def test_payment_while_somebody_else_holds_the_account(desktop, services: FakeServices, snap_compare, size):
    services.payments.failures["post"].append(Busy("held", holder="ben", since=earlier().recorded_at))
    assert snap_compare(desktop(paying), terminal_size=size, run_before=typed("250.00\ncheck\n1991\n\n\n"))


@SIZES
def test_payment_that_the_database_did_not_answer(desktop, services: FakeServices, snap_compare, size):
    services.payments.failures["post"].append(Unreachable("the database did not answer"))
    assert snap_compare(desktop(paying), terminal_size=size, run_before=typed("250.00\ncheck\n1991\n\n\n"))


@SIZES
def test_payment_posted(desktop, snap_compare, size):
    async def go(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        top(pilot.app)._attempt.submission = UUID(int=0x5EED)
        await burst(pilot, "250.00\ncheck\n1991\n\n\n")

    assert snap_compare(desktop(paying), terminal_size=size, run_before=go)


@SIZES
def test_payment_by_who_may_only_look(desktop, services: FakeServices, snap_compare, size):
    services.session = session("readonly")
    assert snap_compare(desktop(paying), terminal_size=size, run_before=ready)


@SIZES
def test_payment_with_long_text_and_large_figures(desktop, services: FakeServices, snap_compare, size):
    old = account()
    services.accounts.book[FIRST] = account(
        debtor=replace(old.debtor, name=LONG), balance=HUGE,
        payments=tuple(payment(f"R-{at:06d}-0", "1234567.89", TODAY, reference=LONG) for at in range(30)),
    )  # fmt: skip
    services.payments.due["principal"] = HUGE
    assert snap_compare(
        desktop(paying), terminal_size=size, run_before=typed(f"9999999999999.99\ncheck\n{LONG[:30]}\n\n")
    )


@SIZES
def test_payment_with_hostile_text(desktop, services: FakeServices, snap_compare, size):
    old = account()
    services.accounts.book[FIRST] = account(
        debtor=replace(old.debtor, name=HOSTILE), payments=(payment("R-000481-4", "1", TODAY, reference=HOSTILE),)
    )
    services.payments.earlier = earlier(by=HOSTILE, reference=HOSTILE)
    assert snap_compare(desktop(paying), terminal_size=size, run_before=typed("250.00\nch\n[b]x[/b]\n\n\n"))


@SIZES
def test_payment_key_help(desktop, snap_compare, size):
    assert snap_compare(desktop(paying), terminal_size=size, run_before=pressed("f1"))


# ---- day sheet -------------------------------------------------------------------------------------------------------


@SIZES
def test_day_sheet_of_a_day(desktop, snap_compare, size):
    assert snap_compare(desktop(adding_up), terminal_size=size, run_before=ready)


@SIZES
def test_day_sheet_of_nothing(desktop, services: FakeServices, snap_compare, size):
    services.payments.sheet = DaySheet("bea", TODAY, (), usd("0"), ())
    assert snap_compare(desktop(adding_up), terminal_size=size, run_before=ready)


@SIZES
def test_day_sheet_still_looked_for(desktop, services: FakeServices, snap_compare, size):
    services.payments.gates["day_sheet"] = Event()
    assert snap_compare(desktop(adding_up), terminal_size=size, run_before=loading)


@SIZES
def test_day_sheet_in_trouble(desktop, services: FakeServices, snap_compare, size):
    services.payments.failures["day_sheet"].append(NotFound("there is no user nobody"))
    assert snap_compare(desktop(adding_up), terminal_size=size, run_before=ready)


@SIZES
@pytest.mark.parametrize("text", [LONG, HOSTILE], ids=["long", "hostile"])
def test_day_sheet_with_odd_text(desktop, services: FakeServices, snap_compare, size, text: str):
    entries = (day_entry(0, debtor=text, reference=text, amount=HUGE), day_entry(1, debtor=text, reason=text))
    services.payments.sheet = day_sheet(2, entries=entries)
    assert snap_compare(desktop(adding_up), terminal_size=size, run_before=ready)


# ---- imports ---------------------------------------------------------------------------------------------------------


@SIZES
def test_imports_listed(desktop, services: FakeServices, snap_compare, size):
    services.imports.older = (
        import_batch(id=117, state="releasing", valid=900, released=11_000, rows=12_000, warnings=0),
        import_batch(id=116, state="released", valid=0, warnings=0, released=19_973, rows=20_000),
        import_batch(id=115, state="rejected", client="NORTHBY", file="northby.txt"),
    )
    assert snap_compare(desktop(listing), terminal_size=size, run_before=ready)


@SIZES
def test_imports_of_none_yet(desktop, services: FakeServices, snap_compare, size):
    services.imports.batch = import_batch(state="gone")
    assert snap_compare(desktop(listing), terminal_size=size, run_before=typed("f"))


@SIZES
def test_imports_still_looked_for(desktop, services: FakeServices, snap_compare, size):
    services.imports.gates["batches"] = Event()
    assert snap_compare(desktop(listing), terminal_size=size, run_before=loading)


@SIZES
def test_imports_in_trouble(desktop, services: FakeServices, snap_compare, size):
    services.imports.failures["batches"].append(NotAllowed("collectors do not review"))
    assert snap_compare(desktop(listing), terminal_size=size, run_before=ready)


@SIZES
def test_imports_for_who_does_not_review(desktop, services: FakeServices, snap_compare, size):
    services.session = session("collector")
    assert snap_compare(desktop(listing), terminal_size=size, run_before=ready)


@SIZES
@pytest.mark.parametrize("text", [LONG, HOSTILE], ids=["long", "hostile"])
def test_imports_with_odd_text(desktop, services: FakeServices, snap_compare, size, text: str):
    services.imports.batch = import_batch(file=text, client=text, staged_by=text)
    assert snap_compare(desktop(listing), terminal_size=size, run_before=ready)


@SIZES
def test_imports_staging_a_file(desktop, snap_compare, size, tmp_path, monkeypatch):
    for name in ("harbor_2026-10.csv", "harbor_2026-11.csv", "notes.md"):
        (tmp_path / name).write_text("x" * 12_345)
    monkeypatch.chdir(tmp_path)
    assert snap_compare(desktop(listing), terminal_size=size, run_before=typed("sh"))


@SIZES
@pytest.mark.parametrize("keys", [(), ("f4",)], ids=["shown", "overruled"])
def test_imports_how_a_file_is_read(desktop, snap_compare, size, tmp_path, monkeypatch, keys):
    rows = "".join(f"HX-{n};Oyelaran, Quillfeather;{n}.00;2025-11-30\n" for n in range(1, 9))
    (tmp_path / "harbor.csv").write_text(f"external_ref;debtor_name;original_amount;due_date\n{rows}")
    monkeypatch.chdir(tmp_path)

    async def go(pilot: Pilot[Any]) -> None:
        await typed("sharbor.csv")(pilot)
        await press(pilot, *keys)

    assert snap_compare(desktop(listing), terminal_size=size, run_before=go)


# ---- review ----------------------------------------------------------------------------------------------------------


@SIZES
def test_review_opened(desktop, snap_compare, size):
    assert snap_compare(desktop(reviewing), terminal_size=size, run_before=ready)


@SIZES
def test_review_of_a_clean_file(desktop, services: FakeServices, snap_compare, size):
    services.imports.book = {number: import_row(number + 500, row=number) for number in range(1, 5)}
    assert snap_compare(desktop(reviewing), terminal_size=size, run_before=ready)


@SIZES
def test_review_still_looked_for(desktop, services: FakeServices, snap_compare, size):
    services.imports.gates["show"] = Event()
    assert snap_compare(desktop(reviewing), terminal_size=size, run_before=loading)


@SIZES
def test_review_of_no_such_batch(desktop, services: FakeServices, snap_compare, size):
    services.imports.failures["show"].append(NotFound("there is no import batch 118"))
    assert snap_compare(desktop(reviewing), terminal_size=size, run_before=ready)


@SIZES
def test_review_of_a_corrected_cell(desktop, snap_compare, size):
    assert snap_compare(desktop(reviewing), terminal_size=size, run_before=typed("n1010.00\n"))


@SIZES
def test_review_with_marked_rows(desktop, snap_compare, size):
    assert snap_compare(desktop(reviewing), terminal_size=size, run_before=pressed("enter", "space", "space"))


@SIZES
def test_review_of_many_rows_corrected_alike(desktop, snap_compare, size):
    assert snap_compare(desktop(reviewing), terminal_size=size, run_before=typed("A\n\n\n1010.00"))


@SIZES
def test_review_beside_the_database(desktop, services: FakeServices, snap_compare, size):
    difference = {"debtor_phone": (None, "+13125551007"), "original_amount": (110_000, 101_000)}
    services.imports.book = {
        10: import_row(10, verdict="changed", difference=difference, state="warning"),
        11: import_row(3, row=11, verdict="conflict", difference={"original_amount": (110_000, 99_000)}),
    }  # fmt: skip
    keys = ("end", "enter")
    assert snap_compare(desktop(reviewing), terminal_size=size, run_before=pressed(*keys))


@SIZES
def test_review_of_a_row_as_it_was_sent(desktop, snap_compare, size):
    assert snap_compare(desktop(reviewing), terminal_size=size, run_before=typed("v"))


@SIZES
def test_review_of_rows_with_a_value(desktop, snap_compare, size):
    async def go(pilot: Pilot[Any]) -> None:
        for keys in ("/", "\n\n", "12,-\n"):
            await typed(keys)(pilot)

    assert snap_compare(desktop(reviewing), terminal_size=size, run_before=go)


@SIZES
def test_review_choosing_a_value(desktop, snap_compare, size):
    assert snap_compare(desktop(reviewing), terminal_size=size, run_before=typed("/"))


@SIZES
def test_review_before_its_release_is_taken_back(desktop, services: FakeServices, snap_compare, size):
    services.imports.batch = import_batch(state="released")
    services.imports.book = {n: import_row(n + 500, row=n, state="released", account="10023-3") for n in range(1, 8)}
    assert snap_compare(desktop(reviewing), terminal_size=size, run_before=typed("Ulast year\n6\n"))


@SIZES
def test_review_being_taken_back(desktop, services: FakeServices, snap_compare, size):
    services.imports.batch = import_batch(state="released")
    services.imports.book = {n: import_row(n + 500, row=n, state="released", account="10023-3") for n in range(1, 8)}
    assert snap_compare(desktop(reviewing), terminal_size=size, run_before=typed("Ulast year\n7\n"))


@SIZES
def test_review_before_its_release(desktop, snap_compare, size):
    assert snap_compare(desktop(reviewing), terminal_size=size, run_before=typed("R\n5\n"))


@SIZES
def test_review_being_released_by_somebody_else(desktop, services: FakeServices, snap_compare, size):
    services.imports.batch = import_batch(state="releasing", valid=4, warnings=0, released=3)
    assert snap_compare(desktop(reviewing), terminal_size=size, run_before=ready)


@SIZES
@pytest.mark.parametrize("text", [LONG, HOSTILE], ids=["long", "hostile"])
def test_review_of_odd_text(desktop, services: FakeServices, snap_compare, size, text: str):
    row = import_row(3)
    (finding,) = row.findings
    services.imports.batch = import_batch(file=text)
    services.imports.book = {
        3: replace(row, values={**row.values, "debtor_name": text, "original_amount": text, text[:60]: text},
                   raw=";".join([text] * 3), findings=(replace(finding, value=text, message=text),)),
        4: import_row(4, state="excluded", reason=text, raw=text),
    }  # fmt: skip
    assert snap_compare(desktop(reviewing), terminal_size=size, run_before=ready)


# ---- audit -----------------------------------------------------------------------------------------------------------


@SIZES
def test_audit_of_everything(desktop, snap_compare, size):
    assert snap_compare(desktop(browsing), terminal_size=size, run_before=ready)


@SIZES
def test_audit_of_a_note(desktop, snap_compare, size):
    assert snap_compare(desktop(browsing), terminal_size=size, run_before=pressed("down", "down", "down"))


@SIZES
def test_audit_of_nothing(desktop, services: FakeServices, snap_compare, size):
    services.audit.trail = []
    assert snap_compare(desktop(browsing), terminal_size=size, run_before=ready)


@SIZES
def test_audit_still_looked_for(desktop, services: FakeServices, snap_compare, size):
    services.audit.gates["list"] = Event()
    assert snap_compare(desktop(browsing), terminal_size=size, run_before=loading)


@SIZES
def test_audit_of_nobody(desktop, services: FakeServices, snap_compare, size):
    services.audit.failures["list"].append(NotFound("there is no user nobody", hint="debtflow user list"))
    assert snap_compare(desktop(browsing), terminal_size=size, run_before=ready)


@SIZES
def test_audit_narrowed_to_a_transaction(desktop, snap_compare, size):
    assert snap_compare(desktop(browsing), terminal_size=size, run_before=pressed("t"))


@SIZES
@pytest.mark.parametrize("text", [LONG, HOSTILE], ids=["long", "hostile"])
def test_audit_of_odd_text(desktop, services: FakeServices, snap_compare, size, text: str):
    columns = {"status": text, "due": HOSTILE, text[:40]: [text, 1], "owing": 10**15, "currency": "EUR"}
    services.audit.trail = [
        audit_event(9, who=text, act=text, entity=f"account/{text}", before=columns, after={"note": text * 3},
                    reason=text, origin=text),
        audit_event(8),
    ]  # fmt: skip
    assert snap_compare(desktop(browsing), terminal_size=size, run_before=ready)
