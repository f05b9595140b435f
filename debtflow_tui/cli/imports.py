"""``debtflow import``: a placement file from arrival to release."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import fields
from typing import TYPE_CHECKING

import click

from debtflow_tui.cli import given
from debtflow_tui.cli.lazy import Group
from debtflow_tui.cli.report import REFUSED, Report, Table, facts
from debtflow_tui.cli.session import signed_in
from services.errors import BadInput

if TYPE_CHECKING:
    from services.imports.results import Batch, ImportRow, Progress

BATCH_STATES = ("in_review", "releasing", "released", "rejected")
ROW_STATES = ("valid", "warning", "error", "duplicate", "excluded", "released")
COUNTS = ("valid", "warnings", "errors", "duplicates", "excluded", "released")


@click.group(cls=Group)
def imports() -> None:
    """Stage, review and release placement files."""


@imports.command()
@click.argument("file")
@click.option("--client", required=True, metavar="CODE", help="The client who sent it.")
@click.pass_context
def stage(context: click.Context, file: str, client: str) -> None:
    """Read a file into a batch for review; nothing reaches the accounts. Exit code 1 where rows are in error."""
    report: Report = context.obj
    data, name = given.file(file)
    with signed_in() as desk:
        batch = desk.imports.stage(data, name, client, _bar(report))
    _give(report, batch)
    context.exit(REFUSED if batch.errors else 0)


@imports.command("list")
@click.option("--state", help=", ".join(BATCH_STATES))
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@click.option("--after", metavar="CURSOR", help="Go on after a page: what it gave as next.")
@click.pass_obj
def list_batches(report: Report, state: str | None, limit: int, after: str | None) -> None:
    """List batches, newest first."""
    _one_of(state, BATCH_STATES)
    with signed_in() as desk:
        batches, following = desk.imports.batches(state=state, after=after, limit=limit)
    table = Table(
        ("BATCH", "FILE", "CLIENT", "STATE", "ROWS", *(name.upper() for name in COUNTS), "BY", "STAGED"),
        [(each.id, each.file, each.client, each.state, each.rows, *(getattr(each, name) for name in COUNTS),
          each.staged_by, each.staged_at) for each in batches],
        empty="no batches",
    )  # fmt: skip
    report.give({"batches": [_batch(each) for each in batches], "next": following}, table)


@imports.command()
@click.argument("batch")
@click.pass_obj
def show(report: Report, batch: str) -> None:
    """Show a batch and its counts."""
    wanted = _number(batch)
    with signed_in() as desk:
        found = desk.imports.show(wanted)
    _give(report, found)


@imports.command()
@click.argument("batch")
@click.pass_obj
def findings(report: Report, batch: str) -> None:
    """Count what was found, by rule."""
    wanted = _number(batch)
    with signed_in() as desk:
        found = desk.imports.findings(wanted)
    table = Table(
        ("RULE", "SEVERITY", "COLUMN", "ROWS", "WHAT"),
        [(each.rule, each.severity, each.column, each.rows, each.what) for each in found],
        empty="nothing was found",
    )
    report.give({"findings": found}, table)


@imports.command()
@click.argument("batch")
@click.option("--state", help=", ".join(ROW_STATES))
@click.option("--rule", help="Only rows where this rule found something.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
@click.option("--after", metavar="CURSOR", help="Go on after a page: what it gave as next.")
@click.pass_obj
def rows(report: Report, batch: str, state: str | None, rule: str | None, limit: int, after: str | None) -> None:
    """Show rows with their values and what is wrong with them."""
    wanted = _number(batch)
    _one_of(state, ROW_STATES)
    with signed_in() as desk:
        page = desk.imports.rows(wanted, state=state, rule=rule, after=after, limit=limit)
    table = Table(
        ("ROW", "STATE", "COLUMN", "VALUE", "RULE", "WHAT TO DO"),
        [line for row in page.rows for line in _row_lines(row)],
        empty="no rows",
    )
    report.give({"rows": [_row(row) for row in page.rows], "next": page.next}, table)


def _row(row: ImportRow) -> dict[str, object]:
    return {
        "row": row.row, "line": row.line, "state": row.state, "values": row.values, "findings": row.findings,
        "version": row.version, "reason": row.reason, "account": row.account,
    }  # fmt: skip


def _row_lines(row: ImportRow) -> list[tuple[object, ...]]:
    return [(row.row, row.state, each.column, each.value, each.rule, each.message) for each in row.findings] or [
        (row.row, row.state, "", row.account or row.reason or "", "", "")
    ]


@imports.command()
@click.argument("batch")
@click.argument("row")
@click.argument("values", nargs=-1, required=True, metavar="COLUMN=VALUE...")
@click.option("--version", type=given.VERSION, help="The row's version that was looked at; refused if it has moved.")
@click.pass_obj
def fix(report: Report, batch: str, row: str, values: tuple[str, ...], version: int | None) -> None:
    """Correct cells of one row; it is checked again."""
    wanted, number, cells = _number(batch), given.whole(row, "row", "a row"), given.cells(values)
    with signed_in() as desk:
        desk.imports.fix(wanted, number, cells, version=version)
        found = desk.imports.show(wanted)
    _give(report, found)


@imports.command()
@click.argument("batch")
@click.argument("rows", nargs=-1, required=True)
@click.option("--reason", required=True, help="Why they are left out.")
@click.pass_obj
def exclude(report: Report, batch: str, rows: tuple[str, ...], reason: str) -> None:
    """Leave rows out, such as 3 7 9-12."""
    wanted, numbers = _number(batch), given.rows(rows)
    with signed_in() as desk:
        found = desk.imports.exclude(wanted, numbers, reason)
    _give(report, found)


@imports.command()
@click.argument("batch")
@click.argument("rows", nargs=-1, required=True)
@click.pass_obj
def include(report: Report, batch: str, rows: tuple[str, ...]) -> None:
    """Take excluded rows back."""
    wanted, numbers = _number(batch), given.rows(rows)
    with signed_in() as desk:
        found = desk.imports.include(wanted, numbers)
    _give(report, found)


@imports.command()
@click.argument("batch")
@click.option("--leave-errors", is_flag=True, help="Release the good rows and leave those in error.")
@click.option("--placed-on", metavar="DATE", help="The day the client placed them; today by itself.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def release(report: Report, batch: str, leave_errors: bool, placed_on: str | None, yes: bool) -> None:
    """Make accounts of the good rows. Refused while rows are in error; duplicates are never released."""
    wanted = _number(batch)
    with signed_in() as desk:
        ready = desk.imports.show(wanted)
        report.confirm(f"Release {ready.ready} rows of batch {wanted} ({ready.file})?", yes=yes)
        day = given.day(placed_on, desk.session.today, "placed_on")
        found = desk.imports.release(wanted, leave_errors=leave_errors, placed_on=day, progress=_bar(report))
    _give(report, found)


@imports.command()
@click.argument("batch")
@click.option("--reason", required=True, help="Why it is sent back.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def reject(report: Report, batch: str, reason: str, yes: bool) -> None:
    """Refuse a whole batch."""
    wanted = _number(batch)
    with signed_in() as desk:
        report.confirm(f"Reject batch {wanted}?", yes=yes)
        found = desk.imports.reject(wanted, reason)
    _give(report, found)


def _number(text: str) -> int:
    return given.whole(text, "batch", "a batch")


def _one_of(value: str | None, known: tuple[str, ...]) -> None:
    if value is not None and value not in known:
        raise BadInput("state", f"{value} is not a state", hint=", ".join(known))


def _batch(batch: Batch) -> dict[str, object]:
    plain = {entry.name: getattr(batch, entry.name) for entry in fields(batch)}
    return {"batch": plain.pop("id"), **plain}


def _give(report: Report, batch: Batch) -> None:
    head: dict[str, object] = {
        "batch": str(batch.id), "file": batch.file, "client": batch.client, "state": batch.state,
        "encoding": batch.encoding, "delimiter": {"\t": "tab"}.get(batch.delimiter, batch.delimiter),
        "rows": f"{batch.rows:,}", **{name: f"{getattr(batch, name):,}" for name in COUNTS}, "reason": batch.reason,
    }  # fmt: skip
    report.give(_batch(batch), facts(head))


def _bar(report: Report) -> Callable[[Progress], None] | None:
    """Shows progress to a person at a terminal, on one line of stderr."""
    if report.as_json or not sys.stderr.isatty():
        return None

    def show(progress: Progress) -> None:
        of = f" of {progress.total:,}" if progress.total else ""
        done = progress.total is not None and progress.done >= progress.total
        click.echo(f"\r\x1b[K{progress.stage}: {progress.done:,}{of}", err=True, nl=done)

    return show
