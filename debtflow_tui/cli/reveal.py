"""``debtflow account reveal``: what is masked, shown once and on record."""

from __future__ import annotations

import click

from debtflow_tui.cli import given
from debtflow_tui.cli.lazy import Command
from debtflow_tui.cli.report import Report, Table
from debtflow_tui.cli.session import signed_in


@click.command(cls=Command)
@click.argument("number")
@click.option("--field", required=True, help="phone, email, address, ssn, or bank: references of bank transfers.")
@click.option("--reason", required=True, help="Why you need to see it; it is kept.")
@click.pass_obj
def reveal(report: Report, number: str, field: str, reason: str) -> None:
    """Show what is masked of an account: it counts against your limit, and the security events say so."""
    wanted = given.account(number)
    with signed_in() as desk:
        found = desk.accounts.reveal(wanted, field, reason)
    lines = [(of, value) for of, value in found.values]
    nothing = f"no {field} is known of {wanted}"
    report.give(
        {"number": found.number, "field": found.field, "left": found.left,
         "values": [{"of": of, "value": value} for of, value in lines]},
        Table(("OF", "VALUE"), lines, empty=nothing),
    )  # fmt: skip
    if not report.as_json:
        report.say(f"{found.left} more within 24 hours")
