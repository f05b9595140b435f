"""``debtflow audit``: who did what, when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from debtflow_tui.cli.asked import Asked, asking
from debtflow_tui.cli.lazy import Group
from debtflow_tui.cli.report import Report, Table
from debtflow_tui.cli.session import signed_in

if TYPE_CHECKING:
    from debtflow_tui.wiring import Services
    from services.domain.trail import AuditQuery

LOOK_EVERY: Final = 1.0
"""Seconds between two looks while somebody follows."""

ELSEWHERE = {
    "count": ("browse", "Count what a question finds."),
    "life": ("browse", "Show what happened to one entity, or what it was at a moment."),
    "filters": ("browse", "Show, keep and drop questions of yours."),
    "export": ("browse", "Write what a question finds to a file."),
    "seal": ("seals", "Seal what is not sealed yet, and give the digests."),
    "verify": ("seals", "Check the trail against its seals and digests."),
    "prove": ("seals", "Give a proof that an event stood in the trail."),
    "digests": ("seals", "Show how far the seals reach, and the digests."),
    "key": ("seals", "Make a key that digests are signed with."),
    "archive": ("archive", "Months of the trail that have left the database, as files."),
    "checker": ("seals", "Give the script that checks a proof."),
}


@click.group(
    cls=Group, lazy={name: (f"debtflow_tui.cli.{module}:{name}", line) for name, (module, line) in ELSEWHERE.items()}
)
def audit() -> None:
    """Who did what, when."""


@audit.command("list")
@asking
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@click.option("--after", metavar="CURSOR", help="Go on after a page: what it gave as next.")
@click.option("--archive", "archived", is_flag=True, help="List what has left the database instead.")
@click.option("--follow", is_flag=True, help="Stay, and show what is written from now on, a line each.")
@click.pass_obj
def list_events(
    report: Report, asked: Asked, limit: int, after: str | None, follow: bool, archived: bool
) -> None:  # fmt: skip
    """List changes, newest first. A QUERY is written as in the browser: who:ana act:payment.* since:-7d text:refund."""
    from services.audit import brief

    with signed_in() as desk:
        query = asked.of(desk)
        if follow:
            following(report, desk, query)
            return
        page = (desk.archive.events if archived else desk.audit.list)(query, limit=limit, after=after)
        currency = desk.session.currency
    table = Table(
        ("WHEN", "WHO", "ACT", "ENTITY", "WHAT"),
        [(each.at, each.who, each.act, each.entity, brief(each, currency)) for each in page.events],
        empty="nothing was recorded",
    )
    report.give({"events": page.events, "next": page.next}, table)
    if page.next and not report.as_json:
        report.say(f"more: --after {page.next}")


def following(report: Report, desk: Services, query: AuditQuery) -> None:
    """Events as they are committed, oldest first, until somebody ends it; each comes once."""
    import time

    from services.audit import brief

    tail = desk.audit.list(query, limit=1).tail
    while True:
        page = desk.audit.newer(query, tail)
        found = list(page.events)
        while page.next:
            page = desk.audit.newer(query, page.next)
            found += page.events
        tail = page.tail
        for event in reversed(found):
            when = event.at.astimezone().strftime("%H:%M:%S")
            said = brief(event, desk.session.currency)
            report.line(event, f"{when}  {event.who}  {event.act}  {event.entity}  {said}")
        time.sleep(LOOK_EVERY)
