"""``debtflow agency``: the agencies of an installation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from debtflow_tui.cli.lazy import Group
from debtflow_tui.cli.report import Report, Table
from debtflow_tui.cli.session import in_office

if TYPE_CHECKING:
    from services.office.results import Agency


@click.group(cls=Group)
def agency() -> None:
    """The agencies of this installation."""


@agency.command()
@click.argument("code")
@click.option("--name", required=True, help="As it appears on letters.")
@click.option("--zone", required=True, help="Its IANA time zone, such as America/Chicago.")
@click.option("--currency", default="USD", show_default=True, help="The ISO code of its currency.")
@click.pass_obj
def add(report: Report, code: str, name: str, zone: str, currency: str) -> None:
    """Open an agency; only the installation's owner may."""
    with in_office() as office:
        opened = office.agencies.add(code, name, zone, currency)
    report.give(opened, _table((opened,)))


@agency.command("list")
@click.pass_obj
def list_agencies(report: Report) -> None:
    """List agencies: your own, or all for the installation's owner."""
    with in_office() as office:
        found = office.agencies.list()
    report.give({"agencies": found}, _table(found))


def _table(agencies: tuple[Agency, ...]) -> Table:
    return Table(
        ("AGENCY", "NAME", "ZONE", "CURRENCY"),
        [(each.code, each.name, each.zone, each.currency) for each in agencies],
        empty="no agency yet: debtflow agency add",
    )
