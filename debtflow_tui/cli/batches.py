"""``debtflow payment batch…``: stacks of payments, from a file or line by line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import fields
from typing import TYPE_CHECKING
from uuid import uuid4

import click

from debtflow_tui.cli import given
from debtflow_tui.cli.lazy import Command
from debtflow_tui.cli.report import DONE, REFUSED, Report, Table, facts
from debtflow_tui.cli.session import repeatable, signed_in
from services.domain.money import Money

if TYPE_CHECKING:
    from debtflow_tui.wiring import Services
    from services.batches.results import Batch, BatchEntry, BatchLine, BatchPosting, Totals

COUNT = click.IntRange(1, 5000)
HASH = click.IntRange(1, 2**63 - 1)
HASH_HELP = "The sum of the account numbers, without check digits."


@click.command(cls=Command)
@click.argument("file", metavar="FILE.csv")
@click.option("--expect-count", required=True, type=COUNT, help="How many payments there must be.")
@click.option("--expect-sum", required=True, metavar="AMOUNT", help="What they must come to.")
@click.option("--hash-total", type=HASH, help=HASH_HELP)
@click.option("--method", default="check", show_default=True, help="Of rows that name none.")
@click.option("--title", default="", help="A name to find the batch by.")
@click.option("--keep", is_flag=True, help="Only key it, to be looked at and posted later.")
@click.option("--dry-run", is_flag=True, help="Do everything, then take it back.")
@click.option("--submission-id", metavar="UUID", help="Posts once, however often it is sent.")
@click.pass_obj
def batch(
    report: Report, file: str, expect_count: int, expect_sum: str, hash_total: int | None, method: str, title: str,
    keep: bool, dry_run: bool, submission_id: str | None,
) -> int:  # fmt: skip
    """Post a file of payments, all against its expected totals; - reads stdin."""
    from services.batches.file import read_file
    from services.batches.results import BatchForm, Totals

    data, _name = given.file(file)
    submission = given.submission(submission_id) or uuid4()
    with repeatable(submission), signed_in() as desk:
        currency = desk.session.currency
        expected = Totals(expect_count, Money.parse(expect_sum, currency, field="expect_sum"), hash_total)
        form = BatchForm(expected, title, submission_id=submission)
        entries = read_file(data, currency, desk.session.today, method=method, submission_id=submission)
        if keep:
            page = desk.batches.keep(form, entries)
            return _say_batch(report, page.batch, page.lines)
        answer = desk.batches.enter(form, entries, dry_run=dry_run)
    return _say_posting(report, answer, dry_run=dry_run)


@click.command("batches", cls=Command)
@click.option("--state", help="keying, second, compared, part_posted, posted, cancelled or unfinished.")
@click.option("--before", type=given.ID, metavar="BATCH", help="Those opened before this one.")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@click.pass_obj
def batches(report: Report, state: str | None, before: int | None, limit: int) -> None:
    """List the batches, newest first."""
    from services.batches.results import BATCH_STATES
    from services.errors import BadInput

    if state not in (None, "unfinished", *BATCH_STATES):
        raise BadInput("state", f"{state} is no state of a batch", hint=", ".join(("unfinished", *BATCH_STATES)))
    with signed_in() as desk:
        found, more = desk.batches.list(state=state, before=before, limit=limit)
    headings = ("BATCH", "TITLE", "STATE", "BY", "LINES", "EXPECTED", "SUM", "EXPECTED", "POSTED", "FAILED")
    rows = [
        (each.id, each.title, each.state, each.opened_by, each.keyed.count, each.expected.count, each.keyed.sum,
         each.expected.sum, each.posted, each.failed)
        for each in found
    ]  # fmt: skip
    report.give({"batches": found, "next": more}, Table(headings, rows, empty="no batches"))


@click.command("batch-open", cls=Command)
@click.option("--expect-count", required=True, type=COUNT, help="How many slips lie in the stack.")
@click.option("--expect-sum", required=True, metavar="AMOUNT", help="What they come to.")
@click.option("--hash-total", type=HASH, help=HASH_HELP)
@click.option("--title", default="", help="A name to find the batch by.")
@click.option("--second-keying", is_flag=True, help="Another operator keys it again, blind, before it is posted.")
@click.option("--submission-id", metavar="UUID", help="Opens once, however often it is sent.")
@click.pass_obj
def batch_open(
    report: Report, expect_count: int, expect_sum: str, hash_total: int | None, title: str, second_keying: bool,
    submission_id: str | None,
) -> int:  # fmt: skip
    """Open a batch to key into."""
    from services.batches.results import BatchForm

    submission = given.submission(submission_id) or uuid4()
    with repeatable(submission), signed_in() as desk:
        expected = _expected(desk, expect_count, expect_sum, hash_total)
        opened = desk.batches.open(BatchForm(expected, title, second_keying, submission))
    return _say_batch(report, opened)


@click.command("batch-key", cls=Command)
@click.argument("number", metavar="BATCH", type=given.ID)
@click.argument("lines", nargs=-1, required=True, metavar="LINE…")
@click.option("--method", default="check", show_default=True, help="Of lines that name none.")
@click.pass_obj
def batch_key(report: Report, number: int, lines: tuple[str, ...], method: str) -> int:
    """Key lines such as "10023-3 250.00 1991" into a batch; - reads them from stdin."""
    typed = [line.strip() for line in sys.stdin if line.strip()] if lines == ("-",) else list(lines)
    with signed_in() as desk:
        page = desk.batches.key(number, _entries(desk, typed, method))
    return _say_batch(report, page.batch, page.lines)


@click.command("batch-amend", cls=Command)
@click.argument("number", metavar="BATCH", type=given.ID)
@click.argument("line", metavar="LINE-NUMBER", type=click.IntRange(1, 2**31 - 1))
@click.argument("typed", metavar="LINE")
@click.option("--method", default="check", show_default=True, help="Where the line names none.")
@click.pass_obj
def batch_amend(report: Report, number: int, line: int, typed: str, method: str) -> int:
    """Replace what a line of a batch says."""
    with signed_in() as desk:
        page = desk.batches.amend(number, line, _entries(desk, [typed], method)[0])
    return _say_batch(report, page.batch, page.lines)


@click.command("batch-drop", cls=Command)
@click.argument("number", metavar="BATCH", type=given.ID)
@click.argument("lines", nargs=-1, required=True, metavar="LINE-NUMBER…")
@click.pass_obj
def batch_drop(report: Report, number: int, lines: tuple[str, ...]) -> int:
    """Take lines out of a batch."""
    with signed_in() as desk:
        page = desk.batches.drop(number, given.rows(lines))
    return _say_batch(report, page.batch, page.lines)


@click.command("batch-expect", cls=Command)
@click.argument("number", metavar="BATCH", type=given.ID)
@click.option("--expect-count", required=True, type=COUNT, help="How many slips lie in the stack.")
@click.option("--expect-sum", required=True, metavar="AMOUNT", help="What they come to.")
@click.option("--hash-total", type=HASH, help=HASH_HELP)
@click.option("--reason", required=True, help="Why it changes.")
@click.pass_obj
def batch_expect(
    report: Report, number: int, expect_count: int, expect_sum: str, hash_total: int | None, reason: str
) -> int:
    """Correct the expected totals of a batch."""
    with signed_in() as desk:
        changed = desk.batches.expect(number, _expected(desk, expect_count, expect_sum, hash_total), reason)
    return _say_batch(report, changed)


@click.command("batch-show", cls=Command)
@click.argument("number", metavar="BATCH", type=given.ID)
@click.option("--only", type=click.Choice(["open", "failed", "posted", "dropped", "flagged"]), help="Those lines only.")
@click.option("--before", type=given.ID, metavar="LINE-NUMBER", help="Lines before this one.")
@click.option("--limit", type=click.IntRange(1, 5000), default=200, show_default=True)
@click.pass_obj
def batch_show(report: Report, number: int, only: str | None, before: int | None, limit: int) -> int:
    """Show a batch, its running difference and its newest lines."""
    with signed_in() as desk:
        page = desk.batches.show(number, before=before, limit=limit, wanted=only)
    _say_batch(report, page.batch, page.lines)
    return DONE


@click.command("batch-post", cls=Command)
@click.argument("number", metavar="BATCH", type=given.ID)
@click.option("--version", type=given.VERSION, help="The batch's version that was looked at.")
@click.option("--dry-run", is_flag=True, help="Do everything, then take it back.")
@click.option("--submission-id", metavar="UUID", help="Posts once, however often it is sent.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def batch_post(
    report: Report, number: int, version: int | None, dry_run: bool, submission_id: str | None, yes: bool
) -> int:
    """Post a batch that agrees with its expected totals."""
    submission = given.submission(submission_id) or uuid4()
    with repeatable(submission), signed_in() as desk:
        if not dry_run:
            report.confirm(f"Post batch {number}?", yes=yes)
        answer = desk.batches.post(number, submission_id=submission, version=version, dry_run=dry_run)
    return _say_posting(report, answer, dry_run=dry_run)


@click.command("batch-cancel", cls=Command)
@click.argument("number", metavar="BATCH", type=given.ID)
@click.option("--reason", required=True, help="Why it is given up.")
@click.pass_obj
def batch_cancel(report: Report, number: int, reason: str) -> None:
    """Give up a batch of which nothing is posted."""
    with signed_in() as desk:
        _say_batch(report, desk.batches.cancel(number, reason))


def _step(name: str, words: str, act: Callable[[Services, int], Batch]) -> Command:
    def run(report: Report, number: int) -> int:
        with signed_in() as desk:
            return _say_batch(report, act(desk, number))

    argument = click.Argument(["number"], metavar="BATCH", type=given.ID)
    return Command(name, callback=click.pass_obj(run), params=[argument], help=words)


batch_hand_over = _step(
    "batch-hand-over", "End the first keying; another operator keys the stack again.",
    lambda desk, number: desk.batches.hand_over(number),
)  # fmt: skip
batch_take = _step(
    "batch-take", "Take over a batch for its second keying.", lambda desk, number: desk.batches.take(number)
)
batch_compare = _step(
    "batch-compare", "End the second keying and compare both.", lambda desk, number: desk.batches.compare(number)
)


@click.command("batch-differences", cls=Command)
@click.argument("number", metavar="BATCH", type=given.ID)
@click.pass_obj
def batch_differences(report: Report, number: int) -> int:
    """Show what the two keyings of a batch do not agree on."""
    with signed_in() as desk:
        found = desk.batches.differences(number)
    rows = [
        (*(_side(side)), *(_side(other)))
        for side, other in ((each.first, each.second) for each in found.differences)
    ]  # fmt: skip
    headings = ("FIRST", "ACCOUNT", "AMOUNT", "REFERENCE", "SECOND", "ACCOUNT", "AMOUNT", "REFERENCE")
    report.give({"differences": found.differences}, Table(headings, rows, empty="both keyings agree"))
    return REFUSED if found.differences else DONE


@click.command("batch-settle", cls=Command)
@click.argument("number", metavar="BATCH", type=given.ID)
@click.option("--first", type=given.ID, metavar="LINE-NUMBER", help="The line of the first keying, if it has one.")
@click.option("--second", type=given.ID, metavar="LINE-NUMBER", help="The line of the second keying, if it has one.")
@click.option("--take", required=True, type=click.Choice(["first", "second"]), help="Which one is right.")
@click.pass_obj
def batch_settle(report: Report, number: int, first: int | None, second: int | None, take: str) -> int:
    """Settle a difference between the two keyings of a batch."""
    from services.batches.results import Choice

    with signed_in() as desk:
        return _say_batch(report, desk.batches.settle(number, [Choice(first, second, take)]))


# ---- what is said ----------------------------------------------------------------------------------------------------


def _expected(desk: Services, count: int, total: str, hashed: int | None) -> Totals:
    from services.batches.results import Totals

    return Totals(count, Money.parse(total, desk.session.currency, field="expect_sum"), hashed)


def _entries(desk: Services, typed: list[str], method: str) -> list[BatchEntry]:
    from services.batches.results import entry_of
    from services.domain.keying import METHODS, read_line
    from services.errors import BadInput

    if method not in METHODS:
        raise BadInput("method", f"{method} is not a method", hint=", ".join(METHODS))
    today, last, read = desk.session.today, None, []
    for text in typed:
        line = read_line(text, desk.session.currency, today, method=METHODS[method], day=today, last=last)
        read.append(entry_of(line))
        last = line.account
    return read


def _side(line: BatchLine | None) -> tuple[object, ...]:
    return (line.line, line.account, line.amount, line.reference) if line else (None, "missing", None, None)


def _head(batch: Batch) -> Table:
    from services.batches.reading import in_words

    stand = "agrees" if batch.agrees else in_words(batch.difference)
    return facts(
        {"batch": batch.id, "title": batch.title, "state": batch.state, "keyed": f"{batch.keyed.count} · "
         f"{batch.keyed.sum}", "expected": f"{batch.expected.count} · {batch.expected.sum}",
         "difference": "keyed blind by somebody else" if batch.hidden else stand,
         "posted": batch.posted or None, "failed": batch.failed or None, "second by": batch.second_by}
    )  # fmt: skip


def _lines(lines: tuple[BatchLine, ...]) -> list[Table | str]:
    if not lines:
        return []
    rows = [
        (each.line, each.account, each.debtor, each.amount, each.method, each.reference, each.state,
         each.receipt or each.message)
        for each in lines
    ]  # fmt: skip
    return ["", Table(("LINE", "ACCOUNT", "DEBTOR", "AMOUNT", "METHOD", "REFERENCE", "STATE", ""), rows)]


def _say_batch(report: Report, batch: Batch, lines: tuple[BatchLine, ...] = ()) -> int:
    document = {entry.name: getattr(batch, entry.name) for entry in fields(batch)}
    report.give({"batch": document, "lines": lines}, _head(batch), *_lines(lines))
    return DONE


def _say_posting(report: Report, answer: BatchPosting, *, dry_run: bool) -> int:
    document = {
        "batch": answer.batch, "submission_id": answer.submission_id, "replayed": answer.replayed,
        "posted": answer.posted, "failed": len(answer.refused), "lines": answer.lines,
    }  # fmt: skip
    report.give(document | ({"dry_run": True} if dry_run else {}), _head(answer.batch), *_lines(answer.lines))
    if dry_run:
        report.say("nothing was posted: this was a dry run")
    return REFUSED if answer.refused else DONE
