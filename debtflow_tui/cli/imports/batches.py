"""Batches and what was found in them; what every command of the group needs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING

import click

from debtflow_tui.cli import given
from debtflow_tui.cli.imports import files as import_files
from debtflow_tui.cli.lazy import Group
from debtflow_tui.cli.report import REFUSED, Report, Table, facts
from debtflow_tui.cli.session import signed_in
from services.domain.pace import Pace
from services.errors import BadInput

if TYPE_CHECKING:
    from services.imports.results import Batch, ImportRow, Progress

BATCH_STATES = ("in_review", "releasing", "released", "rejected", "undoing", "undone")
ROW_STATES = ("valid", "warning", "error", "duplicate", "excluded", "released", "undone")
COUNTS = ("valid", "warnings", "errors", "duplicates", "excluded", "released", "undone")
KINDS = ("placements", "adjustments", "payments", "recalls", "contacts")


BESIDE = {
    "profile": ("debtflow_tui.cli.imports.profiles:profile", "How each client writes its files."),
    "totals": (
        "debtflow_tui.cli.imports.profiles:totals",
        "Compare a file with its control records; accept a difference.",
    ),
}


@click.group(cls=Group, lazy=BESIDE)
def imports() -> None:
    """Stage, review, release and undo the files that clients send."""


imports.add_command(import_files.look)
imports.add_command(import_files.file_of)
imports.add_command(import_files.raw)
imports.add_command(import_files.kept)


@imports.command()
@click.argument("file")
@click.option("--client", required=True, metavar="CODE", help="The client who sent it.")
@click.option("--kind", default="placements", show_default=True, help=", ".join(KINDS))
@click.option("--profile", type=given.VERSION, help="The version of its profile; the newest by itself, 0 for none.")
@import_files.reading_options
@click.pass_context
def stage(context: click.Context, /, file: str, client: str, kind: str, profile: int | None, **said: object) -> None:
    """Read a file into a batch for review; nothing reaches the accounts. Exit code 1 where rows are in error."""
    report: Report = context.obj
    source, name = given.source(file)
    reading = import_files.reading_of(said)
    with signed_in() as desk:
        batch = desk.imports.stage(
            source, name, client, kind=kind, profile=profile, reading=reading, progress=bar(report)
        )
    give(report, batch)
    context.exit(REFUSED if batch.errors else 0)


@imports.command()
@click.argument("client", required=False)
@click.option("--wait", is_flag=True, help="Wait until what is new stands still, and take it.")
@click.pass_context
def pull(context: click.Context, client: str | None, wait: bool) -> None:
    """Look at a client's SFTP server now, or at all of them, and stage what lies there.

    A file is taken once it was seen twice without a change. Exit code 1 where a file was refused or could not be taken.
    """
    from debtflow_tui.cli.sftp import pulled

    context.exit(pulled(context.obj, client, wait=wait))


@imports.command("list")
@click.option("--state", help=", ".join(BATCH_STATES))
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@click.option("--after", metavar="CURSOR", help="Go on after a page: what it gave as next.")
@click.pass_obj
def list_batches(report: Report, state: str | None, limit: int, after: str | None) -> None:
    """List batches, newest first."""
    one_of(state, BATCH_STATES)
    with signed_in() as desk:
        batches, following = desk.imports.batches(state=state, after=after, limit=limit)
    table = Table(
        ("BATCH", "FILE", "CLIENT", "KIND", "STATE", "ROWS", *(name.upper() for name in COUNTS), "BY", "STAGED"),
        [(each.id, each.file, each.client, each.kind, each.state, each.rows, *(getattr(each, name) for name in COUNTS),
          each.staged_by, each.staged_at) for each in batches],
        empty="no batches",
    )  # fmt: skip
    report.give({"batches": [batch_document(each) for each in batches], "next": following}, table)


@imports.command()
@click.argument("batch")
@click.pass_obj
def show(report: Report, batch: str) -> None:
    """Show a batch and its counts."""
    wanted = number(batch)
    with signed_in() as desk:
        found = desk.imports.show(wanted)
    give(report, found)


@imports.command()
@click.argument("batch")
@click.pass_obj
def findings(report: Report, batch: str) -> None:
    """Count what was found, by rule."""
    wanted = number(batch)
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
@click.option("--column", help="Only rows with something found in this column; with --value, rows that hold it.")
@click.option("--value", help="Only rows that hold exactly this in --column.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
@click.option("--after", metavar="CURSOR", help="Go on after a page: what it gave as next.")
@click.pass_obj
def rows(
    report: Report, batch: str, state: str | None, rule: str | None, column: str | None, value: str | None, limit: int,
    after: str | None,
) -> None:  # fmt: skip
    """Show rows with their values and what is wrong with them."""
    wanted = number(batch)
    one_of(state, ROW_STATES)
    with signed_in() as desk:
        page = desk.imports.rows(wanted, state=state, rule=rule, column=column, value=value, after=after, limit=limit)
    table = Table(
        ("ROW", "STATE", "COLUMN", "VALUE", "RULE", "WHAT TO DO"),
        [line for row in page.rows for line in _row_lines(row)],
        empty="no rows",
    )
    report.give({"rows": [_row(row) for row in page.rows], "next": page.next}, table)


def _row(row: ImportRow) -> dict[str, object]:
    return {
        "row": row.row, "line": row.line, "state": row.state, "values": row.values, "findings": row.findings,
        "version": row.version, "reason": row.reason, "account": row.account, "verdict": row.verdict,
        "difference": row.difference,
    }  # fmt: skip


def _row_lines(row: ImportRow) -> list[tuple[object, ...]]:
    return [(row.row, row.state, each.column, each.value, each.rule, each.message) for each in row.findings] or [
        (row.row, row.state, "", row.account or row.reason or "", "", "")
    ]


def number(text: str) -> int:
    """A batch's number as it was typed."""
    return given.whole(text, "batch", "a batch")


def one_of(value: str | None, known: tuple[str, ...]) -> None:
    """Raises BadInput for a state that is none."""
    if value is not None and value not in known:
        raise BadInput("state", f"{value} is not a state", hint=", ".join(known))


def batch_document(batch: Batch) -> dict[str, object]:
    """A batch as scripts read it."""
    plain = {entry.name: getattr(batch, entry.name) for entry in fields(batch)}
    return {"batch": plain.pop("id"), **plain, "reading": batch.reading.facts()}


def give(report: Report, batch: Batch, more: Mapping[str, object] | None = None) -> None:
    """Answer with a batch, and what else there is to say."""
    head: dict[str, object] = {
        "batch": str(batch.id), "file": batch.file, "client": batch.client, "kind": batch.kind, "state": batch.state,
        "encoding": batch.encoding, "delimiter": {"\t": "tab"}.get(batch.delimiter, batch.delimiter),
        "rows": f"{batch.rows:,}", **{name: f"{getattr(batch, name):,}" for name in COUNTS},
        "reason": batch.undo_reason or batch.reason,
        "approved by": batch.approved_by, **{name: value for name, value in (more or {}).items() if _plain(value)},
    }  # fmt: skip
    report.give({**batch_document(batch), **(more or {})}, facts(head))


def _plain(value: object) -> bool:
    return not isinstance(value, dict | list | tuple)


def bar(report: Report) -> Callable[[Progress], None] | None:
    """Shows progress to a person at a terminal, on one line of stderr."""
    if report.as_json or not sys.stderr.isatty():
        return None

    pace = Pace(time.monotonic)

    def show(progress: Progress) -> None:
        of = f" of {progress.total:,}" if progress.total else ""
        fast = pace.words(progress.done, progress.total)
        done = progress.total is not None and progress.done >= progress.total
        click.echo(f"\r\x1b[K{progress.stage}: {progress.done:,}{of}{' · ' * bool(fast)}{fast}", err=True, nl=done)

    return show
