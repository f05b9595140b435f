"""``debtflow audit``: who did what, when."""

from __future__ import annotations

import click

from debtflow_tui.cli.lazy import Group
from debtflow_tui.cli.report import Report, Table
from debtflow_tui.cli.session import signed_in
from services.domain.trail import AuditQuery, parse_audit
from services.errors import BadInput

SEALS = {
    "seal": "Seal what is not sealed yet, and give the digests.",
    "verify": "Check the trail against its seals and digests.",
    "prove": "Give a proof that an event stood in the trail.",
    "digests": "Show how far the seals reach, and the digests.",
    "key": "Make a key that digests are signed with.",
    "checker": "Give the script that checks a proof.",
}


@click.group(cls=Group, lazy={name: (f"debtflow_tui.cli.seals:{name}", line) for name, line in SEALS.items()})
def audit() -> None:
    """Who did what, when."""


@audit.command("list")
@click.argument("query", nargs=-1)
@click.option("--entity", metavar="KIND/REF", help="Such as account/10023-3 or batch/4.")
@click.option("--who", metavar="USER")
@click.option("--act", help="Such as payment.post; * stands for anything.")
@click.option("--since", metavar="TIME", help="Such as -7d, today or 2026-11-01.")
@click.option("--until", metavar="TIME")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@click.option("--after", metavar="CURSOR", help="Go on after a page: what it gave as next.")
@click.pass_obj
def list_events(
    report: Report, query: tuple[str, ...], entity: str | None, who: str | None, act: str | None, since: str | None,
    until: str | None, limit: int, after: str | None,
) -> None:  # fmt: skip
    """List changes, newest first. A QUERY is written as in the browser: who:ana act:payment.* since:-7d."""
    asked = _question(query, {"entity": entity, "who": who, "act": act, "since": since, "until": until})
    from services.audit import brief

    with signed_in() as desk:
        page = desk.audit.list(asked, limit=limit, after=after)
        currency = desk.session.currency
    table = Table(
        ("WHEN", "WHO", "ACT", "ENTITY", "WHAT"),
        [(each.at, each.who, each.act, each.entity, brief(each, currency)) for each in page.events],
        empty="nothing was recorded",
    )
    report.give({"events": page.events, "next": page.next}, table)
    if page.next and not report.as_json:
        report.say(f"more: --after {page.next}")


def _question(query: tuple[str, ...], options: dict[str, str | None]) -> AuditQuery:
    from services.domain.lexer import quoted

    said = " ".join([*query, *(f"{key}:{quoted(value)}" for key, value in options.items() if value is not None)])
    asked = parse_audit(said)
    if asked.notes:
        raise BadInput("query", "; ".join(asked.notes))
    return asked
