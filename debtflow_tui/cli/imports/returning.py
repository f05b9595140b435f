"""What a client takes back: the list that goes to it with the accounts."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from debtflow_tui.cli.imports.batches import imports, number
from debtflow_tui.cli.report import Report, Table
from debtflow_tui.cli.session import signed_in
from services.domain.quoting import for_spreadsheet

if TYPE_CHECKING:
    from services.imports.returned import Returned

HEADINGS = ("REFERENCE", "ACCOUNT", "DEBTOR", "RETURNED", "OWING", "REASON")
BUCKETS = ("owing", "principal", "interest", "fees", "costs")
COLUMNS = ("external_ref", "account", "debtor", "returned_on", "currency", *BUCKETS, "reason")


@imports.command()
@click.argument("batch")
@click.option("--csv", "as_csv", is_flag=True, help="Write it as CSV, every bucket in a column, for the client.")
@click.pass_obj
def returned(report: Report, batch: str, as_csv: bool) -> None:
    """List the accounts that a file of recalls gave back, each with its balance on that day."""
    wanted = number(batch)
    with signed_in() as desk:
        found = list(desk.imports.returned(wanted))
    if as_csv and not report.as_json:
        report.give(None, *_csv(found))
        return
    table = Table(HEADINGS, [
        (each.external_ref, each.account, each.debtor, each.returned_on, each.owing, each.reason)
        for each in found
    ])  # fmt: skip
    report.give({"batch": wanted, "returned": found}, table)


def _csv(found: Iterable[Returned]) -> Iterator[str]:
    yield _line(COLUMNS)
    for each in found:
        yield _line((
            for_spreadsheet(each.external_ref), each.account, for_spreadsheet(each.debtor), str(each.returned_on),
            # Programs read this list: no thousands separators.
            each.owing.currency, *(getattr(each, bucket).figures.replace(",", "") for bucket in BUCKETS),
            for_spreadsheet(each.reason),
        ))  # fmt: skip


def _line(cells: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()
