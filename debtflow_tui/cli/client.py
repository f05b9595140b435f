"""``debtflow client``: the creditors and their dated contracts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from debtflow_tui.cli import given
from debtflow_tui.cli.lazy import Group
from debtflow_tui.cli.report import Report, Table
from debtflow_tui.cli.session import agency_of, in_office
from services.errors import BadInput

if TYPE_CHECKING:
    from services.office.results import Client

ORDER = "costs,fees,interest,principal"
SPREAD = "How one receipt falls on several debts: oldest_first, largest_first, smallest_first or proportional."
INTEREST = "A year, on principal, such as 6 or 4.25; 0 for none."


@click.group(cls=Group)
def client() -> None:
    """The creditors and their contracts."""


@client.command()
@click.argument("code")
@click.option("--name", required=True)
@click.option("--commission", required=True, metavar="PERCENT", help="What the agency keeps, such as 25 or 27.5.")
@click.option("--collectors", required=True, metavar="USER,…", help="Who gets the accounts, in turn.")
@click.option("--rule", help="one_collector or round_robin; by itself what the number of collectors says.")
@click.option("--buckets", default=ORDER, show_default=True, help="The order in which payments fall.")
@click.option("--from", "since", metavar="DATE", help="First day of the contract; a year ago by itself.")
@click.option("--currency", help="By itself the agency's.")
@click.option("--spread", help=SPREAD)
@click.option("--interest", metavar="PERCENT", help=INTEREST)
@click.option("--agency", help="Needed only by the installation's owner, where there are several.")
@click.pass_obj
def add(
    report: Report, code: str, name: str, commission: str, collectors: str, rule: str | None, buckets: str,
    since: str | None, currency: str | None, spread: str | None, interest: str | None, agency: str | None,
) -> None:  # fmt: skip
    """Open a client with its first contract."""
    points, people = given.basis_points(commission, "commission"), _listed(collectors)
    start = given.day(since, given.own_today(), "from") or given.own_today() - timedelta(days=365)
    with in_office() as office:
        opened = office.clients.add(
            code, name, commission_bp=points, buckets=_listed(buckets), rule=rule or _rule(people), collectors=people,
            starts_on=start, agency=agency_of(office, agency), currency=currency, spread=spread,
            interest_bp=None if interest is None else given.basis_points(interest, "interest"),
        )  # fmt: skip
    report.give(opened, _table((opened,)))


@client.command()
@click.argument("code")
@click.option("--name")
@click.option("--commission", metavar="PERCENT")
@click.option("--collectors", metavar="USER,…")
@click.option("--rule", help="one_collector or round_robin.")
@click.option("--buckets", help=f"Such as {ORDER}.")
@click.option("--spread", help=SPREAD)
@click.option("--interest", metavar="PERCENT", help=INTEREST)
@click.option("--from", "since", metavar="DATE", help="First day of the new terms; today by itself.")
@click.option("--agency", help="Needed only by the installation's owner, where there are several.")
@click.pass_obj
def edit(
    report: Report, code: str, name: str | None, commission: str | None, collectors: str | None, rule: str | None,
    buckets: str | None, spread: str | None, interest: str | None, since: str | None, agency: str | None,
) -> None:  # fmt: skip
    """Change a client. New terms make a new contract; payments before its first day keep the old ones."""
    points = None if commission is None else given.basis_points(commission, "commission")
    people = None if collectors is None else _listed(collectors)
    rate = None if interest is None else given.basis_points(interest, "interest")
    if all(value is None for value in (name, points, people, rule, buckets, spread, rate)):
        hint = "--name, --commission, --buckets, --spread, --interest, --rule or --collectors"
        raise BadInput("client", "say what to change", hint=hint)
    with in_office() as office:
        changed = office.clients.edit(
            code, name=name, commission_bp=points, buckets=None if buckets is None else _listed(buckets),
            rule=rule or (None if people is None else _rule(people)), collectors=people,
            starts_on=given.day(since, given.own_today(), "from"), agency=agency_of(office, agency), spread=spread,
            interest_bp=rate,
        )  # fmt: skip
    report.give(changed, _table((changed,)))


@client.command("list")
@click.pass_obj
def list_clients(report: Report) -> None:
    """List clients with the contract in force today."""
    with in_office() as office:
        found = office.clients.list()
    report.give({"clients": found}, _table(found))


def _table(clients: tuple[Client, ...]) -> Table:
    return Table(
        ("CLIENT", "NAME", "COMMISSION", "BUCKETS", "SPREAD", "INTEREST", "SINCE", "RULE", "COLLECTORS",
         "ACCOUNTS"),
        [(each.code, each.name, f"{each.commission_bp / 100:.2f} %", each.buckets, each.spread,
          f"{each.interest_bp / 100:.2f} %", each.since, each.rule, each.collectors, each.accounts)
         for each in clients],
        empty="no client yet: debtflow client add",
    )  # fmt: skip


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _rule(people: list[str]) -> str:
    return "one_collector" if len(people) == 1 else "round_robin"
