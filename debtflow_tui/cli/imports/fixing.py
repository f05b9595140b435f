"""What is done to the rows of a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from debtflow_tui.cli import given
from debtflow_tui.cli.imports.batches import ROW_STATES, bar, give, imports, number, one_of
from debtflow_tui.cli.report import Report, Table
from debtflow_tui.cli.session import signed_in
from services.errors import BadInput

if TYPE_CHECKING:
    from debtflow_tui.wiring import Services
    from services.domain.alike import Alike
    from services.imports.results import AlikePreview, Where

F = TypeVar("F", bound=Callable[..., object])


def _alike(command: F) -> F:
    """The options that name many rows, and what to do to a column of them."""
    for option in reversed((
        click.option("--rule", help="All rows where this rule found something."),
        click.option("--column", help="The column that was found fault with, and that is corrected."),
        click.option("--value", help="All rows that hold exactly this in --column."),
        click.option("--state", help=f"All rows in this state: {', '.join(ROW_STATES)}."),
        click.option("--rows", "only", multiple=True, help="These rows, such as 3 or 9-12; may be repeated."),
        click.option("--every", is_flag=True, help="All rows of the batch."),
        click.option("--in", "into", metavar="COLUMN", help="The column to correct, where it is not --column."),
        click.option("--set", "setting", metavar="TEXT", help="Every cell becomes this."),
        click.option("--replace", nargs=2, metavar="OLD NEW", help="This text within the cell becomes that."),
        click.option("--map", "pairs", multiple=True, metavar="OLD=NEW", help="Whole cells; may be repeated."),
        click.option("--shift", metavar="STEP", help="Dates move, such as +1d, -2w, +1m, -100y."),
        click.option("--day-first", is_flag=True, help="Dates such as 03/04/2025 are read day first."),
    )):  # fmt: skip
        command = option(command)
    return command


@imports.command()
@click.argument("batch")
@click.argument("row", required=False)
@click.argument("values", nargs=-1, metavar="[COLUMN=VALUE]...")
@_alike
@click.option("--undo", type=given.ID, metavar="CHANGE", help="Take a change back: see debtflow import changes.")
@click.option("--version", type=given.VERSION, help="The row's version that was looked at; refused if it has moved.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.pass_obj
def fix(
    report: Report, /, batch: str, row: str | None, values: tuple[str, ...], undo: int | None, version: int | None,
    dry_run: bool, **alike: object,
) -> None:  # fmt: skip
    """Correct cells of one row, or the same thing in many rows; they are checked again.

    debtflow import fix 118 22 original_amount=1010.00

    debtflow import fix 118 --rule date-invalid --column due_date --replace 31/02 28/02
    """
    wanted = number(batch)
    asked = {name: value for name, value in alike.items() if value not in (None, (), False)}
    if row is not None and (asked or undo is not None):
        raise BadInput("row", "one row, or the rows that options name: not both", hint="--rows 22 names a row")
    with signed_in() as desk:
        if undo is not None:
            done = desk.imports.undo_change(wanted, undo, progress=bar(report))
        elif row is not None:
            _fix_one(report, desk, wanted, given.whole(row, "row", "a row"), values, version, dry_run)
            return
        else:
            change, where = _change(alike), _where(alike)
            if dry_run:
                _foretell(report, desk.imports.preview_alike(wanted, change, where, progress=bar(report)))
                return
            done = desk.imports.fix_alike(wanted, change, where, progress=bar(report))
        found = desk.imports.show(wanted)
    give(report, found, {"change": done.change, "changed": done.changed, "skipped": done.skipped})


def _fix_one(
    report: Report, desk: Services, batch: int, row: int, values: tuple[str, ...], version: int | None, dry_run: bool
) -> None:
    seen = desk.imports.fix(batch, row, given.cells(values), version=version, rehearse=dry_run)
    more = {"dry_run": True, "row": {"row": row, "state": seen.state, "findings": seen.findings}} if dry_run else None
    give(report, desk.imports.show(batch), more)


def _change(asked: dict[str, object]) -> Alike:
    from services.domain import alike

    column = asked["into"] or asked["column"]
    if not isinstance(column, str):
        raise BadInput("column", "say which column is to be corrected", hint="--column, or --in")
    ways: list[tuple[bool, Callable[[], Alike]]] = [
        (asked["setting"] is not None, lambda: alike.Set(column, str(asked["setting"]))),
        (asked["replace"] is not None, lambda: alike.replacing(column, *_pair(asked["replace"]))),
        (bool(asked["pairs"]), lambda: alike.mapping(column, given.cells(_texts(asked["pairs"])))),
        (asked["shift"] is not None, lambda: alike.shifting(column, str(asked["shift"]))),
        (bool(asked["day_first"]), lambda: alike.DayFirst(column)),
    ]
    chosen = [make for wanted, make in ways if wanted]
    if len(chosen) != 1:
        raise BadInput("fix", "say one thing to do", hint="--set, --replace, --map, --shift or --day-first")
    return chosen[0]()


def _where(asked: dict[str, object]) -> Where:
    from services.imports.results import Where

    def text(name: str) -> str | None:
        value = asked[name]
        return value if isinstance(value, str) else None

    only = tuple(given.rows(_texts(asked["only"]))) or None
    one_of(text("state"), ROW_STATES)
    value = text("value")
    faulty = None if value is None and asked["into"] is None else text("column")
    where = Where(text("state"), text("rule"), faulty, value, only)
    if where.everything and not asked["every"]:
        raise BadInput("rows", "say which rows are meant", hint="--rule, --value, --state, --rows, or --every")
    return where


def _pair(value: object) -> tuple[str, str]:
    old, new = _texts(value)
    return old, new


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, tuple | list) else ()


def _foretell(report: Report, seen: AlikePreview) -> None:
    table = Table(
        ("ROW", "NOW", "WOULD BE", "STATE", "WOULD BE"),
        [(each.row, each.before, each.after, each.state_before, each.state_after) for each in seen.samples],
        empty="nothing would change",
    )
    after = {name: getattr(seen, name) for name in ("valid", "warnings", "errors", "duplicates")}
    said = ", ".join(
        f"{count:,} {name.removesuffix('s') if count == 1 else name}" for name, count in after.items() if count
    )
    report.give(
        {
            "dry_run": True, "what": seen.what, "matched": seen.matched, "changes": seen.changes, "after": after,
            "samples": seen.samples,
        },
        f"{seen.what}: {seen.changes:,} of {seen.matched:,} rows would change{': ' * bool(said)}{said}",
        table,
    )  # fmt: skip


@imports.command()
@click.argument("batch")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
@click.pass_obj
def changes(report: Report, batch: str, limit: int) -> None:
    """List what was done to the rows of a batch, newest first; `import fix BATCH --undo CHANGE` takes one back."""
    wanted = number(batch)
    with signed_in() as desk:
        found = desk.imports.changes(wanted, limit=limit)
    table = Table(
        ("CHANGE", "KIND", "ROWS", "BY", "AT", "WHAT", "UNDONE BY"),
        [(each.id, each.kind, each.rows, each.by, each.at, each.what, each.undone_by) for each in found],
        empty="nobody has changed anything",
    )
    report.give({"changes": found}, table)


@imports.command()
@click.argument("batch")
@click.argument("rows", nargs=-1, required=True)
@click.option("--reason", required=True, help="Why they are left out.")
@click.pass_obj
def exclude(report: Report, batch: str, rows: tuple[str, ...], reason: str) -> None:
    """Leave rows out, such as 3 7 9-12."""
    wanted, numbers = number(batch), given.rows(rows)
    with signed_in() as desk:
        found = desk.imports.exclude(wanted, numbers, reason)
    give(report, found)


@imports.command()
@click.argument("batch")
@click.argument("rows", nargs=-1, required=True)
@click.pass_obj
def include(report: Report, batch: str, rows: tuple[str, ...]) -> None:
    """Take excluded rows back."""
    wanted, numbers = number(batch), given.rows(rows)
    with signed_in() as desk:
        found = desk.imports.include(wanted, numbers)
    give(report, found)
