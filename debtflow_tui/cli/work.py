"""``debtflow account``, the work: what was said, what changed, who has it now."""

from __future__ import annotations

from uuid import uuid4

import click

from debtflow_tui.cli import given
from debtflow_tui.cli.lazy import Command
from debtflow_tui.cli.report import Report
from debtflow_tui.cli.session import repeatable, signed_in
from services.errors import BadInput


@click.command(cls=Command)
@click.argument("numbers", nargs=-1)
@click.option("--from", "giver", metavar="USER", help="All open accounts of somebody; nobody for those of nobody.")
@click.option("--client", metavar="CODE", help="With --from: only those of a client.")
@click.option("--status", help="With --from: only those in a status.")
@click.option("--to", "people", multiple=True, metavar="USER", help="Who works them from now on; several share.")
@click.option("--team", metavar="NAME", help="With --from: the team that shares them.")
@click.option("--dry-run", is_flag=True, help="With --from: only count.")
@click.pass_obj
def assign(
    report: Report, numbers: tuple[str, ...], giver: str | None, client: str | None, status: str | None,
    people: tuple[str, ...], team: str | None, dry_run: bool,
) -> None:  # fmt: skip
    """Assign accounts to a collector; - reads their numbers from stdin.

    With --from, somebody's accounts go to one or several people, always to who has least and never above a limit.
    """
    if giver is None:
        if not numbers or len(people) != 1 or team or client or status or dry_run:
            raise BadInput("to", "name accounts and one person", hint="or a whole pile: --from USER --to USER")
        wanted = given.accounts(numbers)
        with signed_in() as desk:
            assigned = desk.accounts.assign(wanted, people[0])
        report.give({"assigned": assigned}, f"{assigned} assigned to {people[0]}")
        return
    if numbers:
        raise BadInput("numbers", "name accounts, or --from whom they come, not both")
    with signed_in() as desk:
        deal = desk.assigning.count if dry_run else desk.assigning.give
        found = deal(giver, to=people, team=team, client=client, status=status)
    moved = 0 if found.moved is None else found.moved
    said = {"assigned": moved, "accounts": found.accounts, "room": found.room}
    report.give(said, f"{moved:,} of {found.accounts:,} accounts of {giver} assigned")


@click.command(cls=Command)
@click.argument("number")
@click.argument("text")
@click.option("--submission-id", metavar="UUID", help="Writes once, however often it is sent.")
@click.pass_obj
def note(report: Report, number: str, text: str, submission_id: str | None) -> None:
    """Write a note; - reads it from stdin."""
    wanted, submission = given.account(number), given.submission(submission_id) or uuid4()
    with repeatable(submission), signed_in() as desk:
        written = desk.accounts.note(wanted, given.text(text), submission_id=submission)
    report.give(written, f"noted on {wanted}")


@click.command(cls=Command)
@click.argument("number")
@click.option("--outcome", required=True, help="promise_to_pay, contacted, left_message, no_answer, busy, …")
@click.option("--text", default="", help="What was said.")
@click.option("--promised", metavar="AMOUNT", help="What was promised.")
@click.option("--promised-on", metavar="DATE", help="When it will be paid.")
@click.option("--submission-id", metavar="UUID", help="Writes once, however often it is sent.")
@click.pass_obj
def call(
    report: Report, number: str, outcome: str, text: str, promised: str | None, promised_on: str | None,
    submission_id: str | None,
) -> None:  # fmt: skip
    """Write down a call and how it ended."""
    from services.domain.money import Money

    wanted, submission = given.account(number), given.submission(submission_id) or uuid4()
    with repeatable(submission), signed_in() as desk:
        day = given.coming_day(promised_on, desk.session.today, "promised_on") if promised_on else None
        amount = Money.parse(promised, desk.session.currency, field="promised") if promised else None
        said = given.text(text)
        written = desk.accounts.call(wanted, outcome, said, day, amount, submission_id=submission)
    report.give(written, f"{outcome} on {wanted}")


@click.command(cls=Command)
@click.argument("number")
@click.argument("to")
@click.option("--reason", help="Why, where the move needs a reason.")
@click.option("--note", default="", help="A note that goes with it.")
@click.option("--version", type=given.VERSION, help="The version that was looked at; the present one by itself.")
@click.pass_obj
def status(report: Report, number: str, to: str, reason: str | None, note: str, version: int | None) -> None:
    """Move an account to another status."""
    wanted = given.account(number)
    with signed_in() as desk:
        seen = desk.accounts.version(wanted) if version is None else version
        moved = desk.accounts.change_status(wanted, to, version=seen, reason=reason, note=note)
    report.give({"number": wanted, "status": to, "version": moved}, f"{wanted} is {to}")


@click.command("follow-up", cls=Command)
@click.argument("number")
@click.argument("on", metavar="DATE|none")
@click.pass_obj
def follow_up(report: Report, number: str, on: str) -> None:
    """Set the day to come back to an account, or none."""
    wanted = given.account(number)
    with signed_in() as desk:
        day = None if on == "none" else given.coming_day(on, desk.session.today, "follow_up")
        desk.accounts.follow_up(wanted, day)
    report.give({"number": wanted, "follow_up_on": day}, f"follow up {wanted} on {day}" if day else "no follow-up")


@click.command(cls=Command)
@click.argument("number")
@click.argument("level", metavar="0-3")
@click.pass_obj
def priority(report: Report, number: str, level: str) -> None:
    """Set the priority, 0 (highest) to 3."""
    wanted = given.account(number)
    if level not in ("0", "1", "2", "3"):
        raise BadInput("priority", f"{level} is not a priority", hint="0 (highest), 1, 2 or 3")
    with signed_in() as desk:
        desk.accounts.priority(wanted, int(level))
    report.give({"number": wanted, "priority": int(level)}, f"{wanted} has priority {level}")


@click.command(cls=Command)
@click.argument("number")
@click.argument("kind")
@click.option("--note", default="", help="What is known about it.")
@click.option("--lift", metavar="REASON", help="Take the flag away, and why.")
@click.pass_obj
def flag(report: Report, number: str, kind: str, note: str, lift: str | None) -> None:
    """Raise or lift a flag: cease_and_desist, attorney, bankrupt, deceased or dispute."""
    wanted = given.account(number)
    with signed_in() as desk:
        if lift is None:
            desk.accounts.raise_flag(wanted, kind, note)
        else:
            desk.accounts.lift_flag(wanted, kind, lift)
    raised = lift is None
    report.give({"number": wanted, "flag": kind, "raised": raised}, f"{kind} {'raised' if raised else 'lifted'}")


@click.command(cls=Command)
@click.argument("number")
@click.argument("kind")
@click.argument("value")
@click.option("--label", default="", help="Such as work.")
@click.option("--primary", is_flag=True, help="The one to use first.")
@click.option("--id", "contact_id", type=given.ID, help="Change this one instead of adding one.")
@click.pass_obj
def contact(
    report: Report, number: str, kind: str, value: str, label: str, primary: bool, contact_id: int | None
) -> None:
    """Save a phone, email or address of the debtor; its id is in `account show --json`."""
    wanted = given.account(number)
    with signed_in() as desk:
        saved = desk.accounts.save_contact(
            wanted, kind=kind, value=value, label=label, contact_id=contact_id, primary=primary
        )
    report.give(saved, f"{saved.kind} {saved.value} is saved")


@click.command("contact-remove", cls=Command)
@click.argument("number")
@click.argument("contact_id", metavar="ID", type=given.ID)
@click.pass_obj
def contact_remove(report: Report, number: str, contact_id: int) -> None:
    """Take a contact off the account."""
    wanted = given.account(number)
    with signed_in() as desk:
        desk.accounts.remove_contact(wanted, contact_id)
    report.give({"number": wanted, "removed": contact_id}, "removed")
