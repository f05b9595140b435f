"""``debtflow ledger`` and ``debtflow doctor``: the books and the house prove themselves."""

from __future__ import annotations

import click

from debtflow_tui.cli.lazy import Command, Group
from debtflow_tui.cli.report import REFUSED, Report, Table
from debtflow_tui.cli.session import signed_in


@click.group(cls=Group)
def ledger() -> None:
    """Prove the books."""


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
        ("WHAT", "STORED", "REPLAYED"),
        [(each.what, each.stored, each.replayed) for each in done.differences],
        empty="no difference",
    )
    report.give(done, f"{done.scope}: {done.transfers:,} transfers replayed", table)
    context.exit(0 if done.ok else REFUSED)


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
