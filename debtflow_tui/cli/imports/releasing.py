"""From review to the accounts, or back to the client."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from debtflow_tui.cli import given
from debtflow_tui.cli.imports.batches import bar, give, imports, number
from debtflow_tui.cli.report import REFUSED, Report, facts
from debtflow_tui.cli.session import signed_in
from services.errors import BadInput

if TYPE_CHECKING:
    from services.domain.agreed import Agreed
    from services.imports.report import ErrorReport


@imports.command()
@click.argument("batch")
@click.option("--leave-errors", is_flag=True, help="Release the good rows and leave those in error.")
@click.option("--placed-on", metavar="DATE", help="The day the client placed them; today by itself.")
@click.option("--unattended", is_flag=True, help="Release only where the conditions hold, else leave it for review.")
@click.option("--max-error-rate", metavar="SHARE", help="At most this share of the rows in error, such as 0.5%.")
@click.option("--max-new", type=click.IntRange(0), help="At most so many new accounts.")
@click.option("--expect-count", type=click.IntRange(0), help="So many rows in the file.")
@click.option("--expect-sum", metavar="AMOUNT", help="The sum of all rows that could be read.")
@click.option("--no-conflicts", is_flag=True, help="No row repeats another or conflicts with what is here.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and do nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def release(
    context: click.Context, /, batch: str, leave_errors: bool, placed_on: str | None, unattended: bool, dry_run: bool,
    yes: bool, **conditions: object,
) -> None:  # fmt: skip
    """Carry the good rows to the accounts. Refused while rows are in error; duplicates are never released.

    With --unattended, exit code 0 means released and 1 left for review; the JSON says why.
    """
    report: Report = context.obj
    wanted = number(batch)
    _refuse_idle(conditions, unattended=unattended)
    with signed_in() as desk:
        agreed = _agreed(conditions, desk.imports.show(wanted).client) if unattended else None
        day = given.day(placed_on, desk.session.today, "placed_on")
        if agreed is not None:
            said = desk.imports.release_if(wanted, agreed, placed_on=day, rehearse=dry_run, progress=bar(report))
            give(report, said.batch, {"left_for_review": not said.released, "why": said.unmet, "dry_run": dry_run})
            for each in said.unmet:
                report.say(f"left for review: {each.message}")
            context.exit(0 if said.released else REFUSED)
        if dry_run:
            would = desk.imports.rehearse_release(wanted, leave_errors=leave_errors, placed_on=day)
            give(report, would, {"dry_run": True, "would_release": would.ready})
            return
        ready = desk.imports.show(wanted)
        report.confirm(f"Release {ready.ready} rows of batch {wanted} ({ready.file})?", yes=yes)
        found = desk.imports.release(wanted, leave_errors=leave_errors, placed_on=day, progress=bar(report))
    give(report, found)


def _refuse_idle(conditions: dict[str, object], *, unattended: bool) -> None:
    named = [name for name, value in conditions.items() if value not in (None, False)]
    if named and not unattended:
        raise BadInput(named[0], "a condition is for a release that nobody looks at", hint="add --unattended")


def _agreed(conditions: dict[str, object], client: str) -> Agreed:
    """What was typed, and for the rest what the configuration has for the client."""
    from debtflow_tui import config
    from services.domain.agreed import Agreed, share

    kept = config.load().release.get(client, config.ReleaseSettings())
    rate = conditions["max_error_rate"] or kept.max_error_rate or "0%"
    most = conditions["max_new"] if conditions["max_new"] is not None else kept.max_new
    return Agreed(
        share(str(rate)), most, conditions["expect_count"], conditions["expect_sum"],  # type: ignore[arg-type]
        bool(conditions["no_conflicts"]) or kept.no_conflicts,
    )  # fmt: skip


@imports.command()
@click.argument("batch")
@click.option("--reason", required=True, help="Why it is taken back.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def undo(context: click.Context, batch: str, reason: str, yes: bool) -> None:
    """Take a whole release back. Refused where somebody has worked on one of its accounts since."""
    report: Report = context.obj
    wanted = number(batch)
    with signed_in() as desk:
        standing = desk.imports.show(wanted)
        report.confirm(f"Undo {standing.released} released rows of batch {wanted} ({standing.file})?", yes=yes)
        found = desk.imports.undo(wanted, reason, progress=bar(report))
    give(report, found)
    context.exit(REFUSED if found.released else 0)


@imports.command()
@click.argument("batch")
@click.option("--version", type=given.VERSION, help="Only where nobody has changed it since it was at this version.")
@click.pass_obj
def approve(report: Report, batch: str, version: int | None) -> None:
    """Stand in for a batch as it is, so that who changed its rows may release it. The next change takes it away."""
    wanted = number(batch)
    with signed_in() as desk:
        found = desk.imports.approve(wanted, version=version)
    give(report, found)


@imports.command("four-eyes")
@click.argument("wanted", type=click.Choice(("on", "off")), required=False)
@click.pass_obj
def four_eyes(report: Report, wanted: str | None) -> None:
    """Show or say whether somebody else must release what one person has changed; an administrator says it."""
    with signed_in() as desk:
        if wanted is not None:
            desk.imports.set_four_eyes(wanted == "on")
        found = desk.imports.four_eyes()
    report.give({"four_eyes": found}, facts({"four eyes": "on" if found else "off"}))


@imports.command("report")
@click.argument("batch")
@click.option("--state", "states", multiple=True, help="Rows in this state: error by itself; may be repeated.")
@click.option("--output", "-o", metavar="FILE", help="Where to write it; - is stdout. By itself its own name, here.")
@click.pass_obj
def error_report(report: Report, batch: str, states: tuple[str, ...], output: str | None) -> None:
    """Write the rows that failed as the client sent them, with the reasons in added columns."""
    wanted = number(batch)
    with signed_in() as desk:
        found = desk.imports.report(wanted, states=states or ("error",))
        target = output or found.name
        _write(found, target)
    if target == "-":
        report.say(f"{found.rows:,} rows written")
        return
    written = {"batch": wanted, "file": target, "rows": found.rows}
    report.give(written, f"{found.rows:,} rows written to {target}")


def _write(found: ErrorReport, target: str) -> None:
    if target == "-":
        for piece in found.data:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
        return
    part = Path(f"{target}.part")
    try:
        with part.open("xb") as file:
            for piece in found.data:
                file.write(piece)
        if Path(target).exists():
            raise BadInput("out", f"{target} is there already", hint="name another file with --out")
        part.rename(target)
    except OSError as error:
        raise BadInput("out", f"{target} cannot be written: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)


@imports.command()
@click.argument("batch")
@click.option("--reason", required=True, help="Why it is sent back.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def reject(report: Report, batch: str, reason: str, yes: bool) -> None:
    """Refuse a whole batch."""
    wanted = number(batch)
    with signed_in() as desk:
        report.confirm(f"Reject batch {wanted}?", yes=yes)
        found = desk.imports.reject(wanted, reason)
    give(report, found)
