"""``debtflow interest`` and ``debtflow account payoff``: what interest comes to, its daily accrual, pauses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from debtflow_tui.cli import given
from debtflow_tui.cli.lazy import Command, Group
from debtflow_tui.cli.report import Report, Table, facts
from debtflow_tui.cli.session import signed_in

if TYPE_CHECKING:
    from services.adjustments.results import Payoff


@click.group(cls=Group)
def interest() -> None:
    """Accrue interest, pause it, let it run again."""


@interest.command()
@click.pass_obj
def accrue(report: Report) -> None:
    """Post the interest that is due up to today; the worker does it every day, and a second run finds nothing."""
    with signed_in() as desk:
        done = desk.interest.accrue()
    report.give(done, f"{done.posted} of {done.accounts} accounts that bear interest got some")


@interest.command()
@click.argument("number")
@click.option("--reason", required=True, help="Why, in a few words.")
@click.pass_obj
def pause(report: Report, number: str, reason: str) -> None:
    """Stop an account's interest from today on."""
    wanted = given.account(number)
    with signed_in() as desk:
        figure = desk.interest.pause(wanted, reason)
    report.give(figure, _slip(figure))


@interest.command()
@click.argument("number")
@click.pass_obj
def resume(report: Report, number: str) -> None:
    """Let an account's interest run again; the days between stay free of it."""
    wanted = given.account(number)
    with signed_in() as desk:
        figure = desk.interest.resume(wanted)
    report.give(figure, _slip(figure))


@click.command(cls=Command)
@click.argument("number")
@click.option("--on", metavar="DATE", help="Today by itself; any day of the next ten years.")
@click.pass_obj
def payoff(report: Report, number: str, on: str | None) -> None:
    """Show what pays a debt off on a day, interest to come included."""
    wanted = given.account(number)
    with signed_in() as desk:
        day = None if on is None else given.coming_day(on, desk.session.today, "on")
        figure = desk.interest.payoff(wanted, day)
    report.give(figure, _slip(figure))


def _slip(figure: Payoff) -> Table:
    rate = f"{figure.rate_bp / 100:.2f} % a year on principal, actual/365, since {figure.since}"
    return facts({
        "account": figure.account, "debtor": figure.debtor, "on": figure.on, "owed now": figure.balance,
        "interest to come": figure.interest_to_come, "pays it off": figure.payoff,
        "a day costs": f"{figure.daily} {figure.balance.currency}" if figure.rate_bp else None,
        "rate": rate if figure.rate_bp else "no interest by the client's contract",
        "stopped": " ".join(filter(None, (figure.stopped, figure.note))) or None,
        "held by charges": figure.held or None,
    })  # fmt: skip
