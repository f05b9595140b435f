"""``debtflow audit archive``: months of the trail that have left the database."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click

from debtflow_tui.cli.lazy import Group
from debtflow_tui.cli.report import REFUSED, Report, Table
from debtflow_tui.cli.session import in_office, signed_in
from services.errors import BadInput

if TYPE_CHECKING:
    from services.audit.archive import PartVerdict
    from services.audit.archives import Archived


@click.group(cls=Group)
def archive() -> None:
    """Months of the trail that have left the database, as files."""


@archive.command("list")
@click.pass_obj
def list_parts(report: Report) -> None:
    """List what is archived: where it lies, when it was read back, and when it left the database."""
    with signed_in() as desk:
        found = desk.archive.list()
    table = Table(
        ("MONTH", "CHAIN", "PART", "ROWS", "BYTES", "WHERE", "READ BACK", "LEFT"),
        [(f"{p.month:%Y-%m}", p.chain, p.part, p.rows, p.size, p.place, p.checked_at, p.gone_at) for p in found.parts],
        empty="nothing is archived yet",
    )
    line = f"the trail stays in the database for {found.months_online} months"
    report.give({"months_online": found.months_online, "parts": [_part(part) for part in found.parts]}, table, "", line)


@archive.command()
@click.pass_obj
def run(report: Report) -> None:
    """Take months that are past their time out of the database, as its worker; the worker does it every night."""
    with signed_in() as desk:
        done = desk.archiving.run(report.say)
    months = [{"month": f"{m.month:%Y-%m}", "state": m.state, "rows": m.rows} for m in done.months]
    lines = [month.message for month in done.months] or ["no month is past its time"]
    document = {"written": [_part(p) for p in done.written], "checked": len(done.checked), "months": months}
    report.give(document, *lines)


@archive.command()
@click.argument("month", required=False, metavar="[YYYY-MM]")
@click.pass_context
def verify(context: click.Context, month: str | None) -> None:
    """Read the archive back, or one month of it, and compare each row with the seal that it was written under."""
    report: Report = context.obj
    asked = _month(month) if month is not None else None
    with signed_in() as desk:
        found = desk.archive.verify(asked)
    lines = [_verdict(each) for each in found] or ["nothing is archived yet"]
    rows = [(f.at, f.kind, f.message) for each in found for f in each.findings]
    table = [Table(("WHEN", "WHAT", "FINDING"), rows)] if rows else []
    parts = [{**_part(each.part), "ok": not each.findings, "findings": each.findings} for each in found]
    report.give({"ok": not rows, "parts": parts}, *lines, *table)
    if rows:
        context.exit(REFUSED)


@archive.command()
@click.argument("months", type=int)
@click.pass_obj
def keep(report: Report, months: int) -> None:
    """Say how many whole MONTHS of the trail stay in the database, 24 by itself; the installation's owner may."""
    from services.audit.archive import keep_online

    with in_office() as office:
        keep_online(office.store, months)
    report.give({"months_online": months}, f"the trail stays in the database for {months} months")


def _month(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007 - a month, in no zone
    except ValueError:
        raise BadInput("month", f"{text} is no month", hint="write it as 2024-11") from None


def _verdict(each: PartVerdict) -> str:
    said = "as they were sealed" if not each.findings else f"{len(each.findings)} FINDINGS"
    return f"{each.part.name}: {each.part.rows} rows in seals {each.part.first_seal} to {each.part.last_seal}: {said}"


def _part(part: Archived) -> dict[str, Any]:
    return {**{field.name: getattr(part, field.name) for field in fields(part)}, "month": f"{part.month:%Y-%m}"}
