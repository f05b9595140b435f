"""``debtflow plan``: propose, make, show, change, hold, release, cancel, run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import click

from debtflow_tui.cli import given
from debtflow_tui.cli.lazy import Group
from debtflow_tui.cli.promise import EVERY
from debtflow_tui.cli.report import Report, Table, facts
from debtflow_tui.cli.session import repeatable, signed_in
from services.domain.money import Money
from services.errors import BadInput, NotFound

if TYPE_CHECKING:
    from debtflow_tui.wiring import Services
    from services.plans.results import Instalment, Plan, PlanChange, PlanForm


@click.group(cls=Group)
def plan() -> None:
    """Payment plans that follow the balance."""


def _shape(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say what a plan looks like."""
    for option in (
        click.option("--grace", type=int, default=3, show_default=True, help="Days after its day that are not late."),
        click.option("--every", default="monthly", show_default=True, help=EVERY),
        click.option("--amount", help="How much each is; or:"),
        click.option("--times", type=int, help="How many there are."),
        click.option("--from", "first_on", required=True, metavar="DATE", help="The first day."),
        click.argument("number"),
    ):
        command = option(command)
    return command


def _form(
    desk: Services, first_on: str, times: int | None, amount: str | None, every: str, grace: int, method: int | None
) -> PlanForm:
    from services.plans.results import PlanForm

    day = given.coming_day(first_on, desk.session.today, "from")
    money = None if amount is None else Money.parse(amount, desk.session.currency)
    return PlanForm(day, every, times, money, grace, method)


@plan.command()
@_shape
@click.pass_obj
def propose(
    report: Report, number: str, first_on: str, times: int | None, amount: str | None, every: str, grace: int
) -> None:
    """Show what a plan would come to; writes nothing."""
    wanted = given.account(number)
    with signed_in() as desk:
        seen = desk.plans.propose(wanted, _form(desk, first_on, times, amount, every, grace, None))
    report.give({"number": wanted, **_fields(seen)}, _schedule(seen.instalments))


@plan.command()
@_shape
@click.option("--method", type=given.ID, help="A saved method that is charged by itself; by hand without it.")
@click.option("--version", type=given.VERSION, help="The account's version that was looked at.")
@click.option("--submission-id", metavar="UUID", help="Makes one plan, however often it is sent.")
@click.pass_obj
def make(
    report: Report, number: str, first_on: str, times: int | None, amount: str | None, every: str, grace: int,
    method: int | None, version: int | None, submission_id: str | None,
) -> None:  # fmt: skip
    """Make a payment plan over all that is owed."""
    wanted, submission = given.account(number), given.submission(submission_id) or uuid4()
    with repeatable(submission), signed_in() as desk:
        form = _form(desk, first_on, times, amount, every, grace, method)
        seen = desk.accounts.version(wanted) if version is None else version
        made = desk.plans.make(wanted, form, version=seen, submission_id=submission)
    _give(report, wanted, made)


@plan.command()
@click.argument("number")
@click.pass_obj
def show(report: Report, number: str) -> None:
    """Show the plan of an account as the balance makes it now."""
    wanted = given.account(number)
    with signed_in() as desk:
        found = _plan(desk, wanted)
    _give(report, wanted, found)


@plan.command()
@click.argument("number")
@click.option("--instalment", "no", type=int, help="The instalment to change, by its number in the table.")
@click.option("--amount", help="Its new amount; the last one takes the difference.")
@click.option("--on", "due_on", metavar="DATE", help="Its new day.")
@click.option("--drop", is_flag=True, help="Drop it.")
@click.option("--add", nargs=2, metavar="DATE AMOUNT", help="Add one; the last gives its amount.")
@click.option("--method", type=given.ID, help="Charge this saved method from now on.")
@click.option("--by-hand", is_flag=True, help="Charge nothing by itself from now on.")
@click.option("--grace", type=int, help="Days after its day that are not late.")
@click.option("--version", type=given.VERSION, help="The plan's version that was looked at.")
@click.pass_obj
def change(report: Report, /, number: str, version: int | None, **asked: Any) -> None:
    """Change one thing about a plan; the last instalment takes what that leaves."""
    wanted = given.account(number)
    with signed_in() as desk:
        what = _change(desk, asked)
        seen = _plan(desk, wanted).version if version is None else version
        changed = desk.plans.change(wanted, what, version=seen)
    _give(report, wanted, changed)


def _change(desk: Services, asked: dict[str, Any]) -> PlanChange:
    from services.plans.results import PlanChange

    changes: list[PlanChange] = []
    currency, today = desk.session.currency, desk.session.today
    if asked["amount"] is not None:
        changes.append(PlanChange("amount", asked["no"], Money.parse(asked["amount"], currency)))
    if asked["due_on"] is not None:
        changes.append(PlanChange("day", asked["no"], due_on=given.coming_day(asked["due_on"], today, "on")))
    if asked["drop"]:
        changes.append(PlanChange("drop", asked["no"]))
    if asked["add"]:
        day, amount = asked["add"]
        money = Money.parse(amount, currency)
        changes.append(PlanChange("add", due_on=given.coming_day(day, today, "add"), amount=money))
    if asked["method"] is not None or asked["by_hand"]:
        changes.append(PlanChange("method", method_id=None if asked["by_hand"] else asked["method"]))
    if asked["grace"] is not None:
        changes.append(PlanChange("grace", grace_days=asked["grace"]))
    if len(changes) != 1:
        raise BadInput("change", "say one change", hint="--amount, --on, --drop, --add, --method, --by-hand or --grace")
    if changes[0].do in ("amount", "day", "drop") and asked["no"] is None:
        raise BadInput("instalment", "say which instalment", hint="--instalment N, as plan show numbers them")
    return changes[0]


def _deed(name: str, words: str) -> None:
    """A command that does something to a plan for a reason."""

    @plan.command(name, help=words)
    @click.argument("number")
    @click.option("--reason", required=True, help="Why, in a few words.")
    @click.option("--version", type=given.VERSION, help="The plan's version that was looked at.")
    @click.pass_obj
    def deed(report: Report, number: str, reason: str, version: int | None) -> None:
        wanted = given.account(number)
        with signed_in() as desk:
            seen = _plan(desk, wanted).version if version is None else version
            done = getattr(desk.plans, name)(wanted, reason, version=seen)
        _give(report, wanted, done)


_deed("hold", "Charge nothing more until the plan is released.")
_deed("release", "Let a held plan go on; what was declined is tried again.")
_deed("cancel", "End a plan; the account goes back to negotiating.")


@plan.command("run")
@click.option("--limit", type=click.IntRange(1, 1_000_000), help="Look at so many instalments at most.")
@click.pass_obj
def run_due(report: Report, limit: int | None) -> None:
    """Settle due instalments: charge, mark what is paid or late; the worker does it by itself."""
    with signed_in() as desk:
        done = desk.plans.run_due(limit)
    report.give({"instalments": done}, f"{done} due instalments looked at")


def _plan(desk: Services, number: str) -> Plan:
    found = desk.plans.show(number)
    if found is None:
        raise NotFound(f"account {number} has no plan", rule="plan", hint="debtflow plan make")
    return found


def _give(report: Report, number: str, found: Plan) -> None:
    head = {
        "account": number, "state": found.state, "on track": found.on_track, "every": found.every,
        "grace": found.grace_days, "reason": found.reason or None, "made": found.made_at, "by": found.by,
        "charged to": None if found.method_id is None else f"saved method {found.method_id}",
        "version": str(found.version),
    }  # fmt: skip
    report.give({"number": number, **_fields(found)}, facts(head), "", _schedule(found.instalments))


def _fields(value: Any) -> dict[str, object]:
    from dataclasses import fields

    return {entry.name: getattr(value, entry.name) for entry in fields(value)}


def _schedule(instalments: tuple[Instalment, ...]) -> Table:
    rows = [(each.no, each.due_on, each.amount, each.paid, each.rest, each.state, each.told) for each in instalments]
    return Table(("NO", "DUE", "AMOUNT", "PAID", "OPEN", "STATE", ""), rows)
