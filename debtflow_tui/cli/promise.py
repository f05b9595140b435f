"""``debtflow promise``: make, list, cancel, judge."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import click

from debtflow_tui.cli import given
from debtflow_tui.cli.lazy import Group
from debtflow_tui.cli.report import Report, Table, facts
from debtflow_tui.cli.session import repeatable, signed_in
from services.domain.money import Money

if TYPE_CHECKING:
    from services.plans.results import Promise

EVERY = "weekly, two_weeks, monthly or month_end; once by itself."


@click.group(cls=Group)
def promise() -> None:
    """Promises to pay."""


@promise.command()
@click.argument("number")
@click.option("--on", "first_on", required=True, metavar="DATE", help="The day, or the first of several.")
@click.option("--amount", help="How much each time; without it, any payment keeps the promise.")
@click.option("--every", help=EVERY)
@click.option("--times", type=int, default=1, show_default=True, help="How many times in all.")
@click.option("--grace", type=int, default=0, show_default=True, help="Days after it that still count.")
@click.option("--submission-id", metavar="UUID", help="Promises once, however often it is sent.")
@click.pass_obj
def make(
    report: Report, number: str, first_on: str, amount: str | None, every: str | None, times: int, grace: int,
    submission_id: str | None,
) -> None:  # fmt: skip
    """Write down a promise to pay; an open one is replaced."""
    from services.plans.results import PromiseForm

    wanted, submission = given.account(number), given.submission(submission_id) or uuid4()
    with repeatable(submission), signed_in() as desk:
        day = given.coming_day(first_on, desk.session.today, "on")
        money = None if amount is None else Money.parse(amount, desk.session.currency)
        form = PromiseForm(money, day, every or ("once" if times == 1 else "monthly"), times, grace)
        made = desk.promises.make(wanted, form, submission_id=submission)
    report.give(made, *_picture(made))


@promise.command("list")
@click.argument("number")
@click.pass_obj
def list_promises(report: Report, number: str) -> None:
    """List the promises of an account as they stand now, newest first."""
    wanted = given.account(number)
    with signed_in() as desk:
        found = desk.promises.of_account(wanted)
    rows = [
        (each.id, each.first_on, each.amount, each.every, each.times, each.grace_days, each.state, each.by)
        for each in found
    ]
    headings = ("PROMISE", "FROM", "AMOUNT", "EVERY", "TIMES", "GRACE", "STATE", "BY")
    report.give({"number": wanted, "promises": found}, Table(headings, rows, empty="no promise"))


@promise.command()
@click.argument("number")
@click.argument("promise", type=given.ID)
@click.option("--reason", default="", help="Why, in a few words.")
@click.pass_obj
def cancel(report: Report, number: str, promise: int, reason: str) -> None:
    """Take an open promise back."""
    wanted = given.account(number)
    with signed_in() as desk:
        done = desk.promises.cancel(wanted, promise, reason)
    report.give(done, *_picture(done))


@promise.command()
@click.pass_obj
def judge(report: Report) -> None:
    """Write down which promises were kept or broken; the worker does it by itself."""
    with signed_in() as desk:
        judged = desk.promises.judge()
    report.give({"judged": judged}, f"{judged} promises judged")


def _picture(made: Promise) -> list[Table | str]:
    head = {"promise": made.id, "state": made.state, "grace": made.grace_days, "reason": made.reason or None}
    parts = [(part.due_on, part.amount, part.paid, part.state) for part in made.parts]
    return [facts(head), "", Table(("ON", "AMOUNT", "PAID", "STATE"), parts)]
