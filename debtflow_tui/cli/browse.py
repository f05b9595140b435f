"""``debtflow audit count``, ``life``, ``filters``, ``export``: the audit browser's other questions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from debtflow_tui.cli.asked import Asked, asking
from debtflow_tui.cli.lazy import Command
from debtflow_tui.cli.report import Report, Table, facts
from debtflow_tui.cli.session import signed_in
from services.errors import BadInput

if TYPE_CHECKING:
    from debtflow_tui.wiring import Services


@click.command(cls=Command)
@asking
@click.pass_obj
def count(report: Report, asked: Asked) -> None:
    """Count what a question finds; over millions of rows this takes its time."""
    with signed_in() as desk:
        found = desk.audit.count(asked.of(desk))
    report.give({"count": found}, f"{found:,}")


@click.command(cls=Command)
@click.argument("entity", metavar="KIND/REF")
@click.option("--at", "moment", metavar="TIME", help="What it was then: -7d, 2026-11-01 or 2026-11-01T14:30.")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@click.option("--after", metavar="CURSOR", help="Go on after a page: what it gave as next.")
@click.pass_obj
def life(report: Report, entity: str, moment: str | None, limit: int, after: str | None) -> None:
    """Show what happened to one entity, newest first, such as account/10023-3; with --at, what it was at a moment."""
    with signed_in() as desk:
        if moment is not None:
            _as_it_was(report, desk, entity, moment)
        else:
            _story(report, desk, entity, limit, after)


def _as_it_was(report: Report, desk: Services, entity: str, moment: str) -> None:
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    from services.domain.dates import parse_since

    at = parse_since(moment, datetime.now(UTC).astimezone(ZoneInfo(desk.session.zone)), field="at")
    state = desk.audit.as_it_was(entity, at)
    if not state.columns:
        report.give(state, f"nothing is told of {state.entity} at that moment")
        return
    report.give(state, facts({name.replace("_", " "): value for name, value in state.columns.items()}))


def _story(report: Report, desk: Services, entity: str, limit: int, after: str | None) -> None:
    from services.audit import changes
    from services.domain.lexer import quoted
    from services.domain.trail import parse_audit

    query = parse_audit(f"entity:{quoted(entity)}")
    if query.entity_ref is None or query.notes:
        raise BadInput("entity", f"{entity} is not one entity", hint="account/10023-3, batch/7, user/ana")
    page = desk.audit.list(query, limit=limit, after=after)
    rows = [
        (event.at, event.who, event.act, change.column, change.before, change.after)
        for event in page.events
        for change in changes(event, desk.session.currency)
    ]
    table = Table(("WHEN", "WHO", "ACT", "COLUMN", "BEFORE", "AFTER"), rows, empty="nothing was recorded")
    report.give({"events": page.events, "next": page.next}, table)
    if page.next and not report.as_json:
        report.say(f"more: --after {page.next}")


@click.command(cls=Command)
@click.argument("query", nargs=-1)
@click.option("--save", metavar="NAME", help="Keep the QUERY under this name.")
@click.option("--drop", metavar="NAME", help="Drop the one of this name.")
@click.pass_obj
def filters(report: Report, query: tuple[str, ...], save: str | None, drop: str | None) -> None:
    """Show the questions that you keep; `debtflow audit list --saved NAME` asks one."""
    if (save is None) == bool(query) or (save is not None and drop is not None):
        raise BadInput("query", "a QUERY goes with --save NAME, and nothing goes with --drop")
    with signed_in() as desk:
        if save is not None:
            desk.audit.save(save, str(Asked(" ".join(query), None).of(desk)))
        if drop is not None:
            desk.audit.drop_saved(drop)
        kept = desk.audit.saved()
    table = Table(("NAME", "QUERY"), [(each.name, each.text) for each in kept], empty="you keep no filter")
    report.give({"filters": kept}, table)


@click.command(cls=Command)
@click.argument("file", type=click.Path(path_type=Path))
@asking
@click.option("--form", type=click.Choice(["csv", "jsonl", "parquet"]), help="Else as the name of the FILE ends.")
@click.option("--limit", type=click.IntRange(min=1), help="Only the newest so many.")
@click.pass_obj
def export(report: Report, file: Path, asked: Asked, form: str | None, limit: int | None) -> None:
    """Write what a question finds to a new FILE, and a manifest with its rows and hash beside it."""
    with signed_in() as desk:
        made = desk.audit.export(asked.of(desk), path=file, form=form, limit=limit)
    document = {
        "file": str(made.path), "form": made.form, "rows": made.rows, "sha256": made.sha256,
        "manifest": str(made.manifest_path),
    }  # fmt: skip
    report.give(document, f"{made.rows:,} rows in {made.path}, sha256 {made.sha256}")
