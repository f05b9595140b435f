"""``debtflow import profile``: how each client writes its files; ``import totals``: what a file says of itself."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from debtflow_tui.cli import given
from debtflow_tui.cli.lazy import Command, Group
from debtflow_tui.cli.report import REFUSED, Report, Table, facts
from debtflow_tui.cli.session import signed_in
from services.errors import BadInput

if TYPE_CHECKING:
    from services.domain.profile import Profile
    from services.imports.profiles import KeptProfile, Profiles, Totals
    from services.imports.trial import Trial, TriedRow

KIND = click.option("--kind", default="placements", show_default=True, help="The kind of file.")


@click.group(cls=Group)
def profile() -> None:
    """How each client writes its files."""


@profile.command("list")
@click.pass_obj
def list_profiles(report: Report) -> None:
    """List the newest version of every profile."""
    with signed_in() as desk:
        found = desk.profiles.list()
    report.give({"profiles": [_head(each) for each in found]}, _table(found, "every client sends our own columns"))


@profile.command()
@click.argument("client")
@KIND
@click.pass_obj
def history(report: Report, client: str, kind: str) -> None:
    """List every version of a profile, newest first, with what it changed."""
    from services.domain.profile.versions import moved, told

    with signed_in() as desk:
        found = desk.profiles.history(client, kind)
    versions = list(moved(found))
    document = [{**_head(each), "changes": lines} for each, lines in versions]
    said = [line for each, lines in versions for line in ("", told(each), *lines)]
    report.give({"versions": document}, _table(found, "no version yet"), *said)


@profile.command()
@click.argument("client")
@KIND
@click.option("--version", type=given.VERSION, help="The newest by itself.")
@click.option("--suggest", metavar="FILE", help="Show instead what this file suggests.")
@click.option("--region", default="", metavar="CC", help="With --suggest: the country of its telephone numbers.")
@click.pass_obj
def show(report: Report, client: str, kind: str, version: int | None, suggest: str | None, region: str) -> None:
    """Show a profile as TOML, ready to be edited; what has none yet is empty."""
    from services.domain.profile import to_toml

    with signed_in() as desk:
        found = desk.profiles.show(client, kind, version)
        shown = _suggested(suggest, kind, region) if suggest else found.profile if found else _empty(kind)
    head = _head(found) if found and not suggest else {"client": client, "kind": kind, "version": 0}
    text = to_toml(shown)
    report.give({**head, "profile": shown.body(), "toml": text}, *text.splitlines())


def _suggested(file: str, kind: str, region: str) -> Profile:
    from services.imports.trial import proposed, sample_of

    source, _ = given.source(file)
    return proposed(sample_of(source, _empty(kind)), kind, region=region)


@profile.command()
@click.argument("client")
@click.argument("file", required=False)
@KIND
@click.option("--note", default="", help="Why it changes.")
@click.option("--after", type=given.VERSION, help="The version that was looked at; refused if there is a newer one.")
@click.option("--dry-run", is_flag=True, help="Say what would change.")
@click.pass_obj
def edit(report: Report, client: str, file: str | None, kind: str, note: str, after: int | None, dry_run: bool) -> None:
    """Add a version out of a TOML file (- is stdin), or out of your editor where no file is named."""
    from services.domain.profile import changes, read_toml, to_toml

    with signed_in() as desk:
        newest = desk.profiles.show(client, kind)
        before = newest.profile if newest else None
        wanted = read_toml(_text(file, to_toml(before or _empty(kind))))
        if wanted.kind != kind:
            raise BadInput("kind", f"this profile is for {wanted.kind}", hint=f"--kind {wanted.kind}")
        lines = changes(before, wanted)
        seen = after if after is not None else newest.version if newest else 0
        if dry_run:
            report.give({"client": client, "kind": kind, "after": seen, "changes": lines}, *lines)
            return
        done = desk.profiles.keep(client, wanted, after=seen, note=note)
    report.give(
        {**_head(done), "changes": lines}, f"version {done.version} of {client}", *(lines or ["nothing changed"])
    )


def _text(file: str | None, standing: str) -> str:
    if file is not None:
        data, name = given.file(file)
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            raise BadInput("file", f"{name} is no UTF-8 text", hint="save it as UTF-8") from None
    if not sys.stdin.isatty():
        raise BadInput("file", "name the file that the profile is in", hint="- is stdin")
    edited = click.edit(standing, extension=".toml")
    if edited is None:
        raise BadInput("file", "nothing was changed in the editor")
    return edited


@profile.command()
@click.argument("file")
@click.option("--client", required=True, metavar="CODE", help="The client who sends such files.")
@KIND
@click.option("--version", type=given.VERSION, help="The newest by itself, 0 for none.")
@click.option("--with", "toml", metavar="TOML", help="A profile that is not kept yet.")
@click.option("--rows", type=click.IntRange(0, 50), default=5, show_default=True, help="How many to show.")
@click.pass_context
def test(
    context: click.Context, file: str, client: str, kind: str, version: int | None, toml: str | None, rows: int
) -> None:
    """Say what a profile makes of a file, and keep nothing. Exit code 1 where a row or a total is in error."""
    from services.imports.trial import try_file

    report: Report = context.obj
    source, _ = given.source(file)
    with signed_in() as desk:
        wanted = _wanted(desk.profiles, client, kind, version, toml)
        tried = try_file(source, wanted, desk.profiles.terms(client))
    report.give(_trial(tried, rows), *_trial_words(tried, rows))
    context.exit(0 if tried.is_good else REFUSED)


def _wanted(profiles: Profiles, client: str, kind: str, version: int | None, toml: str | None) -> Profile:
    from services.domain.profile import read_toml

    if toml is not None:
        return read_toml(_text(toml, ""))
    found = None if version == 0 else profiles.show(client, kind, version)
    return found.profile if found else _empty(kind)


@click.command(cls=Command)
@click.argument("batch")
@click.option("--accept", is_flag=True, help="Take the difference, so that the batch can be released.")
@click.option("--reason", help="Why it is accepted.")
@click.pass_context
def totals(context: click.Context, batch: str, accept: bool, reason: str | None) -> None:
    """Compare a file with its control records. Exit code 1 where a difference holds its release."""
    report: Report = context.obj
    wanted = given.whole(batch, "batch", "a batch")
    if accept and not reason:
        raise BadInput("reason", "say why the difference is accepted", hint="--reason")
    with signed_in() as desk:
        if accept:
            desk.profiles.accept_totals(wanted, reason or "")
        found = desk.profiles.totals(wanted)
    report.give({"batch": wanted, "totals": found}, *_totals_words(found))
    context.exit(REFUSED if found is not None and found.holds else 0)


# ---- words -----------------------------------------------------------------------------------------------------------


def _empty(kind: str) -> Profile:
    from services.domain.profile import Profile, fields_of

    fields_of(kind)
    return Profile.model_validate({"kind": kind})


def _head(kept: KeptProfile) -> dict[str, object]:
    return {
        "client": kept.client, "kind": kept.kind, "version": kept.version, "note": kept.note, "made_by": kept.made_by,
        "made_at": kept.made_at, "batches": kept.batches,
    }  # fmt: skip


def _table(found: tuple[KeptProfile, ...], empty: str) -> Table:
    return Table(
        ("CLIENT", "KIND", "VERSION", "BATCHES", "BY", "AT", "NOTE"),
        [(each.client, each.kind, each.version, each.batches, each.made_by, each.made_at, each.note or "")
         for each in found],
        empty=empty,
    )  # fmt: skip


def _trial(tried: Trial, rows: int) -> dict[str, object]:
    control = tried.control
    return {
        "good": tried.is_good,
        "rows": tried.rows,
        **_counts(tried),
        "header": tried.header,
        "columns": {name: [index + 1 for index in places] for name, places in tried.columns.items()},
        "rules": [
            {"rule": rule, "severity": severity, "rows": count}
            for (severity, rule), count in sorted(tried.rules.items())
        ],
        "totals": None if control is None else {
            "rows": control.rows, "sums": control.sums, "unread": control.unread, "findings": control.findings,
        },
        "first": [
            {"row": row.row, "line": row.line, "state": row.state, "values": row.cells, "findings": row.findings}
            for row in tried.first[:rows]
        ],
    }  # fmt: skip


def _counts(tried: Trial) -> dict[str, int]:
    named = {"valid": "valid", "warnings": "warning", "errors": "error"}
    return {name: tried.states.get(state, 0) for name, state in named.items()}


def _trial_words(tried: Trial, rows: int) -> list[Table | str]:
    places = {name: ", ".join(tried.header[index] for index in at) or "(default)" for name, at in tried.columns.items()}
    first = [_first(row, list(places)) for row in tried.first[:rows]]
    said: list[Table | str] = [
        Table(("OURS", "THEIRS"), list(places.items())), "", Table(("ROW", *places, "WHAT IS WRONG"), first, ""), "",
    ]  # fmt: skip
    if tried.rules:
        counted = [(severity, rule, count) for (severity, rule), count in sorted(tried.rules.items())]
        said += [Table(("SEVERITY", "RULE", "ROWS"), counted), ""]
    if tried.control:
        said += [each.message for each in tried.control.findings] or ["the control records agree"]
    return [*said, facts({"rows": tried.rows, **_counts(tried)})]


def _first(row: TriedRow, columns: list[str]) -> tuple[object, ...]:
    return (row.row, *(row.cells.get(name, "") for name in columns), "; ".join(each.message for each in row.findings))


def _totals_words(found: Totals | None) -> list[Table | str]:
    if found is None:
        return ["this file's profile knows no control records"]
    head: dict[str, object] = {
        "rows": found.rows, **found.sums, "accepted by": found.accepted_by, "reason": found.reason,
    }  # fmt: skip
    return [facts(head), *([each.message for each in found.findings] or ["the control records agree"])]
