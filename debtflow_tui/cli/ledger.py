"""``debtflow ledger``: the books, by both clocks, and their proof."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

import click

from debtflow_tui.cli import given
from debtflow_tui.cli.lazy import Command, Group
from debtflow_tui.cli.report import REFUSED, Report, Table, facts
from debtflow_tui.cli.session import signed_in
from services.domain.dates import parse_since, parse_until
from services.domain.money import Money

if TYPE_CHECKING:
    from debtflow_tui.wiring import Services
    from services.ledger.results import Clocks, Difference, Period, Source, Statement

F = TypeVar("F", bound=Callable[..., None])


@click.group(cls=Group)
def ledger() -> None:
    """Read, prove and close the books."""


def clocks(command: F) -> F:
    """The two options that every question about the books takes."""
    known = click.option("--known-at", metavar="TIME", help="As it was known then, such as -7d or 2026-11-01.")
    as_of = click.option("--as-of", metavar="DAY", help="What counts up to this day, such as 2026-10-31.")
    return as_of(known(command))


def at_clocks(desk: Services, as_of: str | None, known_at: str | None) -> Clocks:
    """The moment that was typed; a day of ``--known-at`` is meant to its end."""
    from services.ledger import Clocks

    return Clocks(given.day(as_of, desk.session.today, "as_of"), _known(known_at, ZoneInfo(desk.session.zone)))


def _known(text: str | None, zone: ZoneInfo) -> datetime | None:
    if text is None:
        return None
    now = datetime.now(zone)
    begins, ends = parse_since(text, now, field="known_at"), parse_until(text, now, field="known_at")
    return ends if begins == ends else ends - timedelta(microseconds=1)


def _moment(at: object) -> str:
    day, known = getattr(at, "as_of", None), getattr(at, "known_at", None)
    said = [f"as of {day}"] if day else []
    return ", ".join([*said, f"known at {known:%Y-%m-%d %H:%M:%S}"] if known else said) or "now"


@ledger.command()
@click.argument("account", required=False)
@clocks
@click.pass_obj
def balance(report: Report, account: str | None, as_of: str | None, known_at: str | None) -> None:
    """Show the chart of accounts with its balances, or what was owed on one account."""
    with signed_in() as desk:
        at = at_clocks(desk, as_of, known_at)
        if account is not None:
            debt = desk.ledger.balance(given.account(account), at)
            lines: Mapping[str, object] = {**debt.buckets, "owing": debt.balance, "unapplied": debt.unapplied}
            report.give(debt, f"account {debt.account}, {_moment(at)}", facts(lines))
            return
        chart = desk.ledger.accounts(at)
    table = Table(
        ("CLIENT", "ACCOUNT", "SIDE", "BALANCE", "WHAT"),
        [(each.client, each.kind, each.side, each.balance, each.what) for each in chart.accounts if each.balance],
        empty="nothing was posted yet",
    )
    report.give(chart, f"books, {_moment(at)}", table)


@ledger.command()
@click.argument("of", metavar="[ACCOUNT|CLIENT]", required=False)
@click.option("--kind", help="Which ledger account of a client or the agency: trust (the default), client_due, …")
@click.option("--currency", help="For the whole agency, where its books are in several.")
@clocks
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@click.option("--after", metavar="CURSOR", help="Go on after a page: what it gave as next.")
@click.pass_obj
def statement(
    report: Report, of: str | None, kind: str | None, currency: str | None, as_of: str | None, known_at: str | None,
    limit: int, after: str | None,
) -> None:  # fmt: skip
    """List what moved, newest recorded first: on an account's debt, a client's ledger account, or the agency's."""
    from services.ledger import subject_of

    subject = subject_of(of, kind, currency.upper() if currency else None)
    with signed_in() as desk:
        at = at_clocks(desk, as_of, known_at)
        page = desk.ledger.statement(subject, at, limit=limit, after=after)
    report.give(page, f"{page.of}, {_moment(at)}: {page.balance}", _lines(page))
    if page.next and not report.as_json:
        report.say(f"more: --after {page.next}")


def _lines(page: Statement) -> Table:
    return Table(
        ("RECORDED", "EFFECTIVE", "TRANSFER", "KIND", "RECEIPT", "ACCOUNT", "BY", "AMOUNT", "AFTER"),
        [
            (each.recorded_at, each.effective_on, each.transfer, each.kind, each.receipt, each.account, each.by,
             each.amount, each.after)
            for each in page.lines
        ],
        empty="nothing moved",
    )  # fmt: skip


@ledger.command()
@click.argument("ref", metavar="ID|RECEIPT")
@click.pass_obj
def transfer(report: Report, ref: str) -> None:
    """Show one transfer: its legs, its family, and the document it comes from."""
    with signed_in() as desk:
        found = desk.ledger.transfer(ref)
    head = facts(
        {
            "transfer": f"{found.id} {found.kind}",
            "receipt": found.receipt,
            "account": found.account,
            "effective": found.effective_on,
            "recorded": found.recorded_at,
            "by": found.by or "the system",
            "source": _sourced(found.source),
        }
    )
    legs = Table(
        ("LEG", "DEBIT", "CREDIT", "AMOUNT", "BUCKETS"),
        [(leg.no, str(leg.debit), str(leg.credit), leg.amount, leg.buckets or "") for leg in found.legs],
    )
    family = Table(
        ("FAMILY", "KIND", "RECEIPT", "RECORDED", "AMOUNT", "REASON"),
        [(each.id, each.kind, each.receipt, each.recorded_at, each.amount, each.reason) for each in found.family],
    )
    report.give(found, head, "", legs, "", family)


def _sourced(source: Source) -> str:
    said = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in source.facts.items())
    return f"{source.kind.replace('_', ' ')} {source.ref}" + (f": {said}" if said else "")


@ledger.command("trial-balance")
@clocks
@click.pass_context
def trial_balance(context: click.Context, as_of: str | None, known_at: str | None) -> None:
    """Show debits and credits of every ledger account; exit code 1 where they differ."""
    report: Report = context.obj
    with signed_in() as desk:
        at = at_clocks(desk, as_of, known_at)
        found = desk.ledger.trial_balance(at)
    rows: list[tuple[object, ...]] = [(each.client, each.kind, _or_gap(each.debit), _or_gap(each.credit))
                                      for each in found.lines]  # fmt: skip
    rows += [("", f"total {each.currency}", each.debit, each.credit) for each in found.totals]
    said = "debits equal credits in every currency" if found.ok else "DEBITS AND CREDITS DIFFER"
    report.give(found, f"trial balance, {_moment(at)}: {said}", Table(("CLIENT", "ACCOUNT", "DEBIT", "CREDIT"), rows))
    context.exit(0 if found.ok else REFUSED)


def _or_gap(amount: Money) -> Money | str:
    return amount if amount else ""


@ledger.command()
@clocks
@click.pass_context
def trust(context: click.Context, as_of: str | None, known_at: str | None) -> None:
    """Show the cash in trust beside what it is held for; exit code 1 where they differ."""
    report: Report = context.obj
    with signed_in() as desk:
        at = at_clocks(desk, as_of, known_at)
        found = desk.ledger.trust(at)
    rows = [
        (each.client or ("total" if each in found.totals else ""), each.cash, each.client_due, each.commission,
         each.escrow, each.unapplied, each.difference)
        for each in (*found.clients, *found.totals)
    ]  # fmt: skip
    headings = ("CLIENT", "CASH", "DUE TO CLIENT", "COMMISSION", "ESCROW", "UNAPPLIED", "DIFFERENCE")
    said = "cash in trust is exactly what it is held for" if found.holds else "CASH IN TRUST IS NOT WHAT IT IS HELD FOR"
    report.give(found, f"trust, {_moment(at)}: {said}", Table(headings, rows))
    context.exit(0 if found.holds else REFUSED)


@ledger.command()
@click.option("--check", is_flag=True, required=True, help="Compare with the balances as they stand; changes nothing.")
@click.pass_context
def replay(context: click.Context, check: bool) -> None:
    """Rebuild every balance of your agency from its postings. Exit code 1 on a difference."""
    report: Report = context.obj
    if not check:
        raise click.UsageError("a replay only compares: say --check", context)
    with signed_in() as desk:
        done = desk.ledger.replay_check()
    table = Table(
        ("WHAT", "STORED", "REPLAYED", "PARTS AT", "LAST TRANSFER"),
        [(each.what, each.stored, each.replayed, _parting(each), each.last_transfer) for each in done.differences],
        empty="no difference",
    )
    report.give(done, f"{done.scope}: {done.transfers:,} transfers replayed", table)
    context.exit(0 if done.ok else REFUSED)


def _parting(found: Difference) -> str:
    return f"transfer {found.parts_at.transfer} leg {found.parts_at.leg}" if found.parts_at else "not known"


# ---- months ----------------------------------------------------------------------------------------------------------


@ledger.command()
@click.pass_obj
def periods(report: Report) -> None:
    """List the months of the books: open or closed, and what was posted into them late."""
    with signed_in() as desk:
        months = desk.ledger.periods()
    table = Table(
        ("MONTH", "STATE", "CLOSED", "BY", "TRANSFERS", "LATE", "REOPENED"),
        [
            (each.month, _state(each), each.closed_at, each.closed_by, each.transfers, each.late,
             "; ".join(f"{once.by}: {once.reason}" for once in each.reopened))
            for each in months
        ],
        empty="nothing was posted yet",
    )  # fmt: skip
    report.give({"periods": months}, table)


def _state(period: Period) -> str:
    return "closed" if period.closed_at else "may be closed" if period.may_close else "open"


@ledger.command()
@click.argument("month", metavar="YYYY-MM")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def close(report: Report, month: str, yes: bool) -> None:
    """Close a month: from then on posting into it needs a supervisor, and keeps its true date."""
    report.confirm(f"Close {month}? Collectors will not post into it any more.", yes=yes)
    with signed_in() as desk:
        period = desk.ledger.close(month)
    report.give(period, f"{period.month} is closed, {period.transfers:,} transfers")


@ledger.command()
@click.argument("month", metavar="YYYY-MM")
@click.option("--reason", required=True, help="Why, in words; it is kept.")
@click.pass_obj
def reopen(report: Report, month: str, reason: str) -> None:
    """Open the last closed month again; agency administrators only."""
    with signed_in() as desk:
        period = desk.ledger.reopen(month, reason)
    report.give(period, f"{period.month} is open again")


@click.command(cls=Command)
@click.pass_context
def doctor(context: click.Context) -> None:
    """Examine the installation. Exit code 1 where a check fails."""
    report: Report = context.obj
    with signed_in() as desk:
        health = desk.doctor.examine()
    table = Table(
        ("CHECK", "", "DETAIL"), [(each.name, "ok" if each.ok else "FAILS", each.detail) for each in health.checks]
    )
    report.give(health, health.scope, table)
    context.exit(0 if health.ok else REFUSED)
