"""``debtflow pii``: forgetting persons, legal holds, and how long records are kept."""

from __future__ import annotations

from dataclasses import asdict

import click

from debtflow_tui import config
from debtflow_tui.cli.lazy import Group
from debtflow_tui.cli.report import DONE, REFUSED, Report, Table, facts
from debtflow_tui.cli.session import signed_in
from debtflow_tui.drafts import drop_about
from services.errors import BadInput, Misconfigured
from services.pii.results import REASONS, Forgotten, Hold, Traces


@click.group(cls=Group)
def pii() -> None:
    """Forget persons; legal holds; how long records are kept."""


@pii.command()
@click.argument("number", metavar="ACCOUNT")
@click.pass_obj
def status(report: Report, number: str) -> None:
    """Say in numbers where the data of an account's debtor are, and what keeps them from being forgotten."""
    with signed_in() as desk:
        found = desk.pii.status(number)
    report.give(found, _told(found), _standing(found))


def _told(found: Traces) -> Table:
    return facts({
        "accounts": ", ".join(found.accounts),
        "forgotten": found.forgotten_at,
        "last work": found.last_work,
        "kept": f"{found.kept_days} days after it",
        "contacts": found.contacts,
        "lines of history": found.lines,
        "bank references": found.references,
        "rows of files": f"{found.rows}, in {found.files} files",
        "at providers": ", ".join(f"{each.gateway} {each.customer}" for each in found.providers) or None,
    })  # fmt: skip


def _standing(found: Traces) -> str:
    if not found.blocks:
        return "nothing stands in the way of forgetting them"
    return "\n".join(f"{each.rule}: {each.said}; {each.what}" for each in found.blocks)


@pii.command()
@click.argument("numbers", metavar="ACCOUNT...", nargs=-1, required=True)
@click.option("--reason", type=click.Choice(REASONS), required=True, help="Why; the audit trail keeps this word.")
@click.option("--rewrite", is_flag=True, help="Afterwards write tables and log anew, with nobody else connected.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def forget(report: Report, numbers: tuple[str, ...], reason: str, rewrite: bool, yes: bool) -> None:
    """Forget the person behind each account. It cannot be taken back.

    Everybody who is linked as the same person is meant. The accounts stay in the books, as numbers.
    """
    if rewrite:
        _rewrite_possible()
    report.confirm(f"Forget the debtor of {', '.join(numbers)} for good?", yes=yes)
    with signed_in() as desk:
        done = [desk.pii.forget(number, reason) for number in numbers]
    drafts = drop_about(config.load().home, [number for each in done for number in each.accounts])
    document: dict[str, object] = {"forgotten": done, "drafts": drafts}
    words = [_words(each) for each in done]
    if rewrite:
        document["rewritten"], said = _rewritten()
        words.append(said)
    report.give(document, "\n".join(words))
    _say_what_is_left(report, done)


def _say_what_is_left(report: Report, done: list[Forgotten]) -> None:
    for each in done:
        for customer in each.providers:
            report.say(f"{customer.gateway} still knows {customer.customer}: have it deleted there")
        if each.objects_left:
            report.say(f"{each.objects_left} files could not be removed from their bucket: debtflow pii sweep")


@pii.command("list")
@click.pass_obj
def list_forgotten(report: Report) -> None:
    """List who was forgotten, by account numbers: what to do again after an old backup was restored."""
    with signed_in() as desk:
        found = desk.pii.list()
    rows = [(each.at, each.by, each.reason, ", ".join(each.accounts)) for each in found]
    report.give({"forgotten": found}, Table(("AT", "BY", "REASON", "ACCOUNTS"), rows, empty="nobody"))


@pii.command()
@click.pass_obj
def sweep(report: Report) -> None:
    """Remove from buckets what redacted copies have replaced. Exit code 1 where something could not be removed."""
    with signed_in() as desk:
        left = desk.pii.sweep()
    report.give({"left": left}, f"{left} files are still there" if left else "nothing is left")
    click.get_current_context().exit(REFUSED if left else DONE)


@pii.command()
@click.argument("number", metavar="ACCOUNT")
@click.option("--reason", required=True, help="The case, or who asked for it.")
@click.pass_obj
def hold(report: Report, number: str, reason: str) -> None:
    """Place a legal hold: the account's debtor cannot be forgotten until it is lifted."""
    with signed_in() as desk:
        desk.pii.hold(number, reason)
        _give_holds(report, desk.pii.holds())


@pii.command()
@click.argument("number", metavar="ACCOUNT")
@click.pass_obj
def release(report: Report, number: str) -> None:
    """Lift the legal hold on an account's debtor."""
    with signed_in() as desk:
        desk.pii.release(number)
        _give_holds(report, desk.pii.holds())


@pii.command()
@click.option("--all", "old", is_flag=True, help="Those that were lifted as well.")
@click.pass_obj
def holds(report: Report, old: bool) -> None:
    """List the legal holds."""
    with signed_in() as desk:
        _give_holds(report, desk.pii.holds(old=old))


def _give_holds(report: Report, found: tuple[Hold, ...]) -> None:
    rows = [
        (each.account, each.placed_at, each.placed_by, each.reason, each.lifted_at, each.lifted_by) for each in found
    ]
    heads = ("ACCOUNT", "SINCE", "BY", "REASON", "LIFTED", "BY")
    report.give({"holds": found}, Table(heads, rows, empty="no legal holds"))


@pii.command()
@click.option("--days", help="Keep records for so many days after the last work, 0 to 36500.")
@click.pass_obj
def retention(report: Report, days: str | None) -> None:
    """Say for how many days after the last work on a debt its records are kept, or set it."""
    with signed_in() as desk:
        if days is not None:
            desk.pii.set_retention(_days(days))
        kept = desk.pii.retention()
    report.give({"days": kept}, f"{kept} days after the last work")


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5):
        raise BadInput("days", f"{text[:40]} is no number of days", hint="0 to 36500")
    return int(text)


@pii.command()
@click.pass_obj
def rewrite(report: Report) -> None:
    """Write tables and log anew, so that the server's files forget as well. Nobody else may be connected.

    The login owns the installation; the log takes a superuser.
    """
    report.give(*_rewritten())


def _rewritten() -> tuple[dict[str, object], str]:
    from debtflow_tui.cli.db import owner_conninfo
    from migrations.rewriting import rewrite
    from services.store.failures import translated

    with translated():
        done = rewrite(owner_conninfo(config.load()))
    words = f"{done.tables} tables and {done.segments} segments of the log were written anew"
    return asdict(done), "\n".join((words, *done.left_undone))


def _rewrite_possible() -> None:
    if not config.load().embedded:
        raise Misconfigured(
            "this server's tables are written anew by its owner, not by who forgets",
            rule="rewrite-owner", hint="forget without --rewrite, then run debtflow pii rewrite as the owner",
        )  # fmt: skip


def _words(done: Forgotten) -> str:
    took = ", ".join(
        f"{count} {what}"
        for count, what in (
            (done.done.contacts, "contacts"), (done.done.lines, "lines of history"),
            (done.done.references, "bank references"), (done.done.rows, "rows of files"),
            (done.done.files, "files redacted"), (done.done.webhooks, "webhooks"),
            (done.done.trail, "values beside the trail"),
        )
        if count
    )  # fmt: skip
    return f"{', '.join(done.accounts)}: forgotten ({took or 'nothing was left'})"
